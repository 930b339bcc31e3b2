/** The day's curves on a canvas, with a cursor that mouse, finger and arrow keys move. */

import { useEffect, useMemo, useRef } from "preact/hooks";
import uPlot from "uplot";

import type { Day } from "../../api";
import { chartOptions, plotHeights, type Palette } from "./chartOptions";
import { lastFilled, nearest, powersAt, type Curves } from "./day";
import { percent, timeOfDay } from "../../format";
import type { Shown } from "./Legend";
import { phrase } from "../../words";

interface ChartProps {
  day: Day;
  curves: Curves;
  shown: Shown;
  cursor: number | null;
  setCursor: (index: number | null) => void;
  isDark: boolean;
  reservePct: number | null;
}

export function Chart({ day, curves, shown, cursor, setCursor, isDark, reservePct }: ChartProps) {
  const frame = useRef<HTMLDivElement>(null);
  const plots = useRef<uPlot[]>([]);
  const data = useMemo(() => plotData(curves), [curves]);
  // uPlot reads these when it draws, so that new values need no new plots.
  const latest = useRef({ day, data, reservePct, setCursor });
  latest.current = { day, data, reservePct, setCursor };

  useEffect(() => {
    const element = frame.current;
    if (!element) return undefined;
    const make = (): void => {
      plots.current.forEach((plot) => plot.destroy());
      const { width, rem } = measure(element);
      const options = chartOptions({
        width,
        rem,
        palette: readPalette(element),
        day: () => latest.current.day,
        reservePct: () => latest.current.reservePct,
        moved: (index) => latest.current.setCursor(index),
      });
      plots.current = options.map((option, i) => new uPlot(option, latest.current.data[i], element));
    };
    make();
    const watcher = new ResizeObserver(() => {
      const { width, rem } = measure(element);
      const first = plots.current[0];
      if (first && first.width !== width) plots.current.forEach((plot, i) => plot.setSize({ width, height: plotHeights(width, rem)[i] ?? 0 }));
    });
    watcher.observe(element);
    return () => {
      watcher.disconnect();
      plots.current.forEach((plot) => plot.destroy());
      plots.current = [];
    };
  }, [isDark, day.date, day.timezone]);

  useEffect(() => {
    plots.current.forEach((plot, i) => {
      const columns = data[i];
      if (columns && plot.data !== columns) plot.setData(columns);
    });
  }, [data, day, reservePct]);

  useEffect(() => {
    const power = plots.current[0];
    if (!power) return;
    [shown.solar, shown.load, shown.battery, shown.site].forEach((show, i) => {
      if (power.series[i + 1]?.show !== show) power.setSeries(i + 1, { show });
    });
  }, [shown, isDark, day.date]);

  const moveTo = (index: number | null): void => {
    const t = index === null ? undefined : curves.t[index];
    for (const plot of plots.current) {
      const left = t === undefined ? -10 : plot.valToPos(t, "x");
      plot.setCursor({ left, top: t === undefined ? -10 : 10 }, false);
    }
    setCursor(index);
  };

  const pressed = (event: KeyboardEvent): void => {
    const last = lastFilled(curves);
    if (last < 0) return;
    const from = cursor ?? last;
    const at = curves.t[from] ?? 0;
    const minutes = { ArrowLeft: -5, ArrowDown: -5, ArrowRight: 5, ArrowUp: 5, PageDown: -60, PageUp: 60 }[event.key];
    if (minutes !== undefined) {
      const aim = nearest(curves, at + minutes * 60);
      // One slot at least, even where slots are wider apart than the step.
      moveTo(Math.min(last, Math.max(0, aim === from ? from + Math.sign(minutes) : aim)));
    } else if (event.key === "Home") moveTo(0);
    else if (event.key === "End") moveTo(last);
    else if (event.key === "Escape") moveTo(null);
    else return;
    event.preventDefault();
  };

  const index = cursor ?? Math.max(0, lastFilled(curves));
  return (
    <div
      ref={frame}
      class="chart"
      role="slider"
      tabIndex={0}
      aria-label="Curves of the day. Arrow keys move by five minutes, page keys by an hour."
      aria-valuemin={0}
      aria-valuemax={Math.max(0, lastFilled(curves))}
      aria-valuenow={index}
      aria-valuetext={valueText(curves, index, day.timezone)}
      onKeyDown={pressed}
      onBlur={() => moveTo(null)}
    />
  );
}

/** What the curves say at one instant, for a screen reader. */
function valueText(curves: Curves, index: number, timezone: string): string {
  const t = curves.t[index];
  if (t === undefined) return "No readings";
  const { solar, load, battery, site } = powersAt(curves, index);
  const time = timeOfDay(t * 1000, timezone);
  if (load === null && site === null) return `${time}: no reading`;
  const charge = percent(curves.charge_app_pct[index]);
  return `${time}: ${[phrase("solar", solar), phrase("load", load), phrase("battery", battery), phrase("site", site)].join(", ")}, charge ${charge}`;
}

type Columns = uPlot.AlignedData;

function plotData(curves: Curves): [Columns, Columns] {
  const kw = (column: (number | null)[]): (number | null)[] => column.map((value) => (value === null ? null : value / 1000));
  return [
    [curves.t, kw(curves.solar_w), kw(curves.load_w), kw(curves.battery_w), kw(curves.site_w)],
    [curves.t, curves.charge_app_pct],
  ];
}

function measure(element: HTMLElement): { width: number; rem: number } {
  const rem = Number.parseFloat(getComputedStyle(document.documentElement).fontSize) || 16;
  return { width: Math.max(200, Math.floor(element.clientWidth)), rem };
}

/** The page's own colours, as a canvas needs them. */
function readPalette(element: HTMLElement): Palette {
  const style = getComputedStyle(element);
  const token = (name: string): string => style.getPropertyValue(name).trim();
  return {
    solar: token("--solar"),
    home: token("--home"),
    battery: token("--battery"),
    grid: token("--grid"),
    ink: token("--ink"),
    muted: token("--muted"),
    rule: token("--rule"),
    faint: token("--faint"),
    ground: token("--ground"),
    font: style.fontFamily,
  };
}
