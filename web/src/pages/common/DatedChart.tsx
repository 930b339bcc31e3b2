/** A chart of values that are told by day or month, and one of signals that goes down to the single reading. */

import { useMemo, useState } from "preact/hooks";

import { startOfDate } from "../../chart/calendar";
import { TimeChart } from "../../chart/TimeChart";
import type { Drawn, Mark, Plot, Series, Window } from "../../chart/types";
import { useSeries } from "../../chart/useSeries";
import { useExtent } from "../../extent";
import type { PageProps } from "../../frame/page";
import { shiftDate } from "../../format";

const DAY_S = 86_400;

interface Common {
  title: string;
  timezone: string;
  plots: readonly Plot[];
  isDark: boolean;
  marks?: readonly Mark[];
  note?: string;
}

interface DatedProps extends Common {
  /** First day of each slot, rising: "2026-06-21". */
  dates: readonly string[];
  /** The day after the last slot; by default the next one. */
  after?: string;
  /** How many days a slot has, about. */
  days?: number;
  series: readonly Series[];
  /** How many of the last days are shown at first; all by default. */
  shownDays?: number;
}

export function DatedChart({ dates, after, days = 1, series, shownDays, timezone, ...rest }: DatedProps) {
  const drawn = useMemo((): Drawn => {
    const t = dates.map((date) => startOfDate(date, timezone));
    const last = dates[dates.length - 1];
    return { t, end: last ? startOfDate(after ?? shiftDate(last, days), timezone) : 0, step_s: days * DAY_S };
  }, [dates, after, days, timezone]);
  const limits = useMemo((): Window => ({ start: drawn.t[0] ?? 0, end: Math.max(drawn.end, (drawn.t[0] ?? 0) + DAY_S) }), [drawn]);
  const fitted = useMemo((): Window => {
    if (!shownDays) return limits;
    return { start: Math.max(limits.start, limits.end - shownDays * DAY_S), end: limits.end };
  }, [limits, shownDays]);
  const [window, setWindow] = useState<Window | null>(null);
  return (
    <TimeChart
      {...rest}
      timezone={timezone}
      window={window ?? fitted}
      limits={limits}
      onWindow={setWindow}
      isFitted={window === null}
      drawn={drawn}
      series={series}
      tableName={days > 1 ? "Month" : "Day"}
    />
  );
}

interface SignalProps extends Common {
  /** Each named as in /api/series, without its values. */
  signals: readonly Omit<Series, "values" | "low" | "high">[];
  ask: PageProps["ask"];
  /** What is shown at first. */
  shown: Window;
}

/** Curves of signals in any window of the record. */
export function SignalChart({ signals, ask, shown, note, ...rest }: SignalProps) {
  const [window, setWindow] = useState<Window | null>(null);
  const limits = useExtent(ask, shown);
  const names = useMemo(() => signals.map((one) => one.key), [signals]);
  const seen = useSeries({ ask, signals: names, window: window ?? shown, limits });
  const series = useMemo(
    () =>
      signals.map((one): Series => {
        const { columns = {}, low = {}, high = {} } = seen.answer ?? {};
        const made: Series = { ...one, values: columns[one.key] ?? [] };
        const [least, most] = [low[one.key], high[one.key]];
        if (least) made.low = least;
        if (most) made.high = most;
        return made;
      }),
    [signals, seen.answer],
  );
  return (
    <TimeChart
      {...rest}
      window={window ?? shown}
      limits={limits}
      onWindow={setWindow}
      isFitted={window === null}
      drawn={seen.drawn}
      series={series}
      gaps={seen.gaps}
      note={seen.problem ? `${seen.problem.words} ${seen.problem.advice ?? ""}` : note}
      tableName="From"
    />
  );
}

/** The last days up to the end of today at the site. */
export function lastDays(today: string | null, timezone: string, days: number): Window {
  const end = today ? startOfDate(shiftDate(today, 1), timezone) : Math.ceil(Date.now() / 1000 / 3600) * 3600;
  return { start: end - days * DAY_S, end };
}

/** Dashes that tell several lines of one colour apart. */
export const DASHES: readonly (readonly number[])[] = [[], [6, 3], [2, 3], [9, 3, 2, 3], [1, 2], [12, 4]];
