/** The curves of a day; looked into, they become those of any window of the record. */

import { useMemo, useState } from "preact/hooks";

import type { Day } from "../../api";
import { chargePlot, chargeSeries, POWER_PLOT, powerSeries, SIGNAL_OF } from "../../chart/powers";
import { TimeChart } from "../../chart/TimeChart";
import type { Drawn, Series, Window } from "../../chart/types";
import { importedMarks, useSeries, type Seen } from "../../chart/useSeries";
import type { PageProps } from "../../frame/page";
import { useExtent } from "../../extent";
import type { Curves } from "./day";

const SIGNALS = [...Object.values(SIGNAL_OF), "charge_app_pct"];

interface DayChartProps extends PageProps {
  day: Day;
  curves: Curves;
  isToday: boolean;
  dayStart: number;
}

export function DayChart({ day, curves, isToday, ask, live, isDark, timezone }: DayChartProps) {
  const whole = useMemo(() => ({ start: Date.parse(day.start) / 1000, end: Date.parse(day.end) / 1000 }), [day.start, day.end]);
  const [window, setWindow] = useState<Window | null>(null);
  const extent = useExtent(ask, whole);
  const seen = useSeries({ ask, signals: SIGNALS, window, limits: extent });
  const isDay = window === null || seen.answer === null;
  const drawn = useMemo((): Drawn => (isDay ? { t: curves.t, end: endOf(curves, day), step_s: day.step_s } : seen.drawn), [isDay, curves, day, seen.drawn]);
  const series = useMemo(() => (isDay ? daySeries(curves) : seenSeries(seen)), [isDay, curves, seen.answer]);
  const reserve = isToday ? (live.now?.operation?.reserve_app_pct ?? null) : null;
  const marks = useMemo(() => (isDay ? [] : importedMarks(seen.answer?.imported ?? [])), [isDay, seen.answer]);
  const plots = useMemo(() => [POWER_PLOT, chargePlot(reserve)], [reserve]);
  return (
    <TimeChart
      title={isDay ? "Power of the day" : "Power"}
      timezone={timezone}
      window={window ?? whole}
      limits={extent}
      onWindow={setWindow}
      isFitted={window === null}
      drawn={drawn}
      series={series}
      plots={plots}
      gaps={isDay ? day.gaps : seen.gaps}
      marks={marks}
      isDark={isDark}
      isNow={isToday && isDay}
      note={seen.problem && window ? `${seen.problem.words} ${seen.problem.advice ?? ""}` : "Above zero: production, use, discharging, from the grid. Below zero: charging, to the grid."}
      tableName="From"
    />
  );
}

const endOf = (curves: Curves, day: Day): number => (curves.t[curves.t.length - 1] ?? Date.parse(day.start) / 1000) + day.step_s;

function daySeries(curves: Curves): Series[] {
  return [
    powerSeries("solar", curves.solar_w),
    powerSeries("load", curves.load_w),
    powerSeries("battery", curves.battery_w),
    powerSeries("site", curves.site_w),
    chargeSeries(curves.charge_app_pct),
  ];
}

/** The curves of /api/series, with the extremes of their slots where those were put together. */
export function seenSeries({ answer }: Seen): Series[] {
  const { columns = {}, low = {}, high = {} } = answer ?? {};
  const made = (["solar", "load", "battery", "site"] as const).map((which) => {
    const name = SIGNAL_OF[which];
    return powerSeries(which, columns[name] ?? [], low[name], high[name]);
  });
  const charge = "charge_app_pct";
  return [...made, chargeSeries(columns[charge] ?? [], 1, low[charge], high[charge])];
}
