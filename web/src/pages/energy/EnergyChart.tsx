/** The energy of any span as bars, and from two days down its power as stacked curves. */

import { useMemo } from "preact/hooks";

import { dateOf, startOfDate } from "../../chart/calendar";
import { TimeChart } from "../../chart/TimeChart";
import type { Drawn, Mark, Window } from "../../chart/types";
import { importedMarks, useSeries } from "../../chart/useSeries";
import { lengthOf } from "../../chart/windows";
import { Waiting } from "../../components/Panel";
import { shiftDate } from "../../format";
import type { Ask } from "../../frame/page";
import { useAnswer } from "../../hooks";
import type { EnergyAnswer } from "./answer";
import { bucketFor, daysBetween, type Period } from "./periods";
import { comparedBars, ENERGY_PLOT, energyBars, NOTE, powerStack, signalsOf, STACK_PLOT, type View } from "./series";

const DAY_S = 86_400;
const CURVES_S = 2.2 * DAY_S;

interface EnergyChartProps {
  ask: Ask;
  period: Period;
  whole: Window;
  /** What is looked at; null is the period. */
  window: Window | null;
  setWindow: (window: Window | null) => void;
  limits: Window;
  timezone: string;
  isDark: boolean;
  view: View;
  /** The energy of the period, at the step of the bars. */
  answer: EnergyAnswer | null;
  /** The energy of what it is compared with, and what that is called. */
  before: EnergyAnswer | null;
  beforeName: string;
}

export function EnergyChart(props: EnergyChartProps) {
  const isCurves = lengthOf(props.window ?? props.whole) <= CURVES_S;
  return isCurves ? <Curves {...props} /> : <Bars {...props} />;
}

function Curves({ ask, whole, window, setWindow, limits, timezone, isDark, view }: EnergyChartProps) {
  const signals = useMemo(() => signalsOf(view), [view]);
  const seen = useSeries({ ask, signals, window: window ?? whole, limits });
  const series = useMemo(() => powerStack(view, seen.answer?.columns ?? {}), [view, seen.answer]);
  const marks = useMemo(() => importedMarks(seen.answer?.imported ?? []), [seen.answer]);
  if (!seen.answer) return <Waiting problem={seen.problem} what="the curves" />;
  return (
    <TimeChart
      title="Power by source"
      timezone={timezone}
      window={window ?? whole}
      limits={limits}
      onWindow={setWindow}
      isFitted={window === null}
      drawn={seen.drawn}
      series={series}
      plots={[STACK_PLOT]}
      gaps={seen.gaps}
      marks={marks}
      isDark={isDark}
      note={seen.problem ? `${seen.problem.words} ${seen.problem.advice ?? ""}` : NOTE[view]}
    />
  );
}

function Bars({ ask, period, whole, window, setWindow, limits, timezone, isDark, view, answer, before, beforeName }: EnergyChartProps) {
  const seen = window ?? whole;
  const days = Math.max(1, Math.round(lengthOf(seen) / DAY_S));
  const by = bucketFor(days);
  const isPeriod = answer !== null && by === answer.by && window === null;
  // Somewhat more than is seen is asked for, in steps that seldom change.
  const from = shiftDate(dateOf(seen.start, timezone), -Math.ceil(days / 2));
  const to = shiftDate(dateOf(seen.end, timezone), Math.ceil(days / 2) + 1);
  const step = Math.max(1, 2 ** Math.floor(Math.log2(days)));
  const origin = period.from;
  const askedFrom = shiftDate(origin, Math.floor(daysBetween(origin, from) / step) * step);
  const askedTo = shiftDate(origin, Math.ceil(daysBetween(origin, to) / step) * step);
  const more = useAnswer<EnergyAnswer>(ask, isPeriod ? null : "energy", { from: onBucket(askedFrom, by), to: onBucket(askedTo, by), by });
  const shown = isPeriod ? answer : (more.answer ?? answer);
  const drawn = useMemo((): Drawn => (shown ? { t: shown.t, end: Date.parse(shown.end) / 1000, step_s: STEPS[shown.by] ?? DAY_S } : NOTHING), [shown]);
  const series = useMemo(() => {
    if (!shown) return [];
    const bars = energyBars(view, { ...shown.kwh, ...shown.fed_kwh });
    return isPeriod && before && view === "fed" ? [...bars, comparedBars(beforeName, aligned(before.kwh.home, shown.t.length))] : bars;
  }, [shown, view, before, beforeName, isPeriod]);
  const marks = useMemo(() => (shown ? importedBars(shown) : []), [shown]);
  if (!shown) return <Waiting problem={more.problem} what="the energy" />;
  return (
    <TimeChart
      title="Energy"
      timezone={timezone}
      window={seen}
      limits={limits}
      onWindow={setWindow}
      isFitted={window === null}
      drawn={drawn}
      series={series}
      plots={[ENERGY_PLOT]}
      marks={marks}
      isDark={isDark}
      note={more.problem ? `${more.problem.words} ${more.problem.advice ?? ""}` : NOTE[view]}
    />
  );
}

const NOTHING: Drawn = { t: [], end: 0, step_s: DAY_S };
const STEPS: Record<string, number> = { quarter: 900, hour: 3600 };

/** The first day of the bucket that holds a day, so that none is cut. */
function onBucket(day: string, by: string): string {
  if (by === "year") return `${day.slice(0, 4)}-01-01`;
  if (by === "month") return `${day.slice(0, 7)}-01`;
  if (by === "week") return shiftDate(day, -((new Date(`${day}T12:00Z`).getUTCDay() + 6) % 7));
  return day;
}

/** The bars one compares with, bar by bar from the first; a month may have a day more. */
function aligned(values: (number | null)[], count: number): (number | null)[] {
  return Array.from({ length: count }, (_, i) => values[i] ?? null);
}

/** Where more than half of a bar comes from an import. */
function importedBars({ t, end, imported }: EnergyAnswer): Mark[] {
  const marks: Mark[] = [];
  imported.forEach((share, i) => {
    if (share <= 0.5) return;
    const start = t[i] ?? 0;
    const until = t[i + 1] ?? Date.parse(end) / 1000;
    const last = marks[marks.length - 1];
    if (last?.end === start) last.end = until;
    else marks.push({ start, end: until, label: "imported" });
  });
  return marks;
}

/** The period as a window of time. */
export function windowOf(period: Period, timezone: string): Window {
  return { start: startOfDate(period.from, timezone), end: startOfDate(period.to, timezone) };
}
