/** What uPlot is told: one plot of a chart, its axes and the way its layers are drawn. */

import uPlot from "uplot";

import type { Gap } from "../api";
import { ticks } from "./calendar";
import type { Layer } from "./columns";
import { drawGaps } from "./gaps";
import { barPaths, drawLevel, drawMarks, drawUnit } from "./paint";
import { faded, mixed, type Palette } from "./palette";
import type { Drawn, Mark, Plot, Series, Window } from "./types";

/** What a plot asks for whenever it draws, so that new values need no new plot. */
export interface Latest {
  drawn: Drawn;
  window: Window;
  timezone: string;
  gaps: readonly Gap[];
  marks: readonly Mark[];
  plots: readonly Plot[];
}

export interface Setting {
  width: number;
  height: number;
  palette: Palette;
  latest: () => Latest;
  /** Which plot of the chart this is, and how many there are. */
  index: number;
  count: number;
}

/** The height of a plot at a width. [px] */
export function heightOf(plot: Plot, width: number, rem: number): number {
  const [narrow, wide] = plot.height ?? [14, 18];
  return Math.round((width > 36 * rem ? wide : narrow) * rem);
}

export function optionsOf(setting: Setting, layers: readonly Layer[]): uPlot.Options {
  const { width, height, palette, latest, index, count } = setting;
  const rem = palette.rem;
  const isLast = index === count - 1;
  const bands: uPlot.Band[] = [];
  layers.forEach(({ role, series }, i) => {
    // uPlot counts from 1: the band lies between this layer and the one after it.
    if (role === "high") bands.push({ series: [i + 1, i + 2], fill: faded(palette[series.colour], 0.22) });
  });
  return {
    width,
    height,
    legend: { show: false },
    cursor: {
      y: false,
      drag: { x: false, y: false, setScale: false },
      // The chart moves the cursor itself: pointer, finger and keys are one.
      bind: { mousedown: none, mouseup: none, click: none, dblclick: none, mousemove: none, mouseleave: none, mouseenter: none },
      points: { show: (_plot, i) => point(layers[i - 1], palette) },
    },
    padding: [Math.round(rem * 0.75), Math.round(rem * 1.3), 0, 0],
    scales: {
      x: { time: false, range: () => [latest().window.start, latest().window.end] },
      y: { range: (_plot, low, high) => rangeOf(latest().plots[index], low, high) },
    },
    axes: [timeAxis(setting, isLast), valueAxis(setting)],
    series: [{}, ...layers.map((layer) => seriesOf(layer, setting))],
    bands,
    hooks: {
      drawAxes: [
        (plot) => drawGaps(plot, latest().gaps, palette, index === 0),
        (plot) => drawLevel(plot, 0, "", palette, []),
        (plot) => {
          const level = latest().plots[index]?.level;
          if (level) drawLevel(plot, level.value, level.label, palette, [4, 4]);
        },
      ],
      draw: [
        (plot) => drawMarks(plot, latest().marks, latest().window, palette),
        (plot) => drawUnit(plot, latest().plots[index]?.unit ?? "", palette),
      ],
    },
  };
}

const none = (): null => null;

function point(layer: Layer | undefined, palette: Palette): HTMLElement {
  const isSeen = layer?.role === "curve" && (layer.series.kind === "line" || layer.series.kind === "area");
  // uPlot asks for an element; what is none of its elements is no point.
  if (!isSeen || !layer) return null as unknown as HTMLElement;
  const dot = document.createElement("div");
  Object.assign(dot.style, {
    width: "7px",
    height: "7px",
    marginLeft: "-3.5px",
    marginTop: "-3.5px",
    background: palette[layer.series.colour],
    boxShadow: `0 0 0 2px ${palette.ground}`,
  });
  return dot;
}

function seriesOf({ series, role }: Layer, setting: Setting): uPlot.Series {
  const { palette, latest } = setting;
  const colour = palette[series.colour];
  const grown = palette.rem / 16; // lines grow with the type on a large screen
  if (role !== "curve") return { scale: "y", width: 0, stroke: "transparent", points: { show: false } };
  const dash = (series.dash ?? []).map((length) => length * grown);
  if (series.kind === "outline") {
    return { scale: "y", width: 1.5 * grown, stroke: colour, dash: dash.length ? dash : [3, 2], points: { show: false }, paths: barPaths(() => latest().drawn) };
  }
  if (series.kind === "bars") {
    return { scale: "y", width: 0, stroke: colour, fill: mixed(colour, palette.ground, series.isPale ? 0.5 : 1), points: { show: false }, paths: barPaths(() => latest().drawn) };
  }
  // What lies behind a stack is another layer of it and must not shine through.
  const fill = series.stack === undefined ? faded(colour, 0.14) : mixed(colour, palette.ground, series.isPale ? 0.45 : 0.85);
  return {
    scale: "y",
    width: (series.width ?? (series.stack === undefined ? 1.5 : 0.5)) * grown,
    stroke: colour,
    dash,
    // A reading with nothing on either side would be drawn as nothing.
    points: { size: 4 * grown, fill: colour, show: (_plot, i) => hasLonely(_plot.data[i]), filter: (plot, i) => lonely(plot.data[i]) },
    ...(series.kind === "area" ? { fill, fillTo: 0 } : {}),
  };
}

type Values = uPlot.AlignedData[number] | undefined;

function lonely(values: Values): number[] {
  const found: number[] = [];
  if (values) for (let i = 0; i < values.length; i++) if (values[i] != null && values[i - 1] == null && values[i + 1] == null) found.push(i);
  return found;
}

const hasLonely = (values: Values): boolean => lonely(values).length > 0;

function rangeOf(plot: Plot | undefined, low: number | null, high: number | null): uPlot.Range.MinMax {
  const range = plot?.range;
  if (typeof range === "function") return range(low, high);
  if (range) return [range[0], range[1]];
  return roundRange(low, high);
}

/** From zero to a round number around the values; the scale moves seldom. */
export function roundRange(low: number | null, high: number | null): [number, number] {
  const top = Math.max(0, high ?? 0);
  const bottom = Math.min(0, low ?? 0);
  const step = roundStep((top - bottom) / 5);
  if (top === 0 && bottom === 0) return [0, 1];
  return [Math.floor((bottom * 1.02) / step + 1e-9) * step, Math.ceil((top * 1.02) / step - 1e-9) * step];
}

/** Around the values and not from zero, for voltages, frequencies and temperatures. */
export function closeRange(least: number): (low: number | null, high: number | null) => [number, number] {
  return (low, high) => {
    if (low === null || high === null) return [0, least];
    const space = Math.max(least - (high - low), (high - low) * 0.1) / 2;
    return [low - space, high + space];
  };
}

function roundStep(about: number): number {
  const decade = 10 ** Math.floor(Math.log10(Math.max(about, 1e-9)));
  return ([1, 2, 5, 10].find((n) => n * decade >= about) ?? 10) * decade;
}

function timeAxis({ palette, width, latest }: Setting, hasLabels: boolean): uPlot.Axis {
  const { rem } = palette;
  const most = Math.max(2, Math.floor(width / (5.4 * rem)));
  const marks = () => ticks(latest().window.start, latest().window.end, most, latest().timezone);
  return {
    stroke: palette.muted,
    font: `${Math.round(rem * 0.78)}px ${palette.font}`,
    grid: { stroke: palette.faint, width: 1 },
    ticks: { show: false },
    size: hasLabels ? Math.round(rem * 1.6) : Math.round(rem * 0.4),
    gap: Math.round(rem * 0.3),
    splits: () => marks().at,
    values: () => (hasLabels ? marks().labels : marks().at.map(() => "")),
  };
}

function valueAxis({ palette, latest, index }: Setting): uPlot.Axis {
  const { rem } = palette;
  const { splits, isMirrored } = latest().plots[index] ?? {};
  return {
    stroke: palette.muted,
    font: `${Math.round(rem * 0.78)}px ${palette.font}`,
    grid: { stroke: palette.faint, width: 1 },
    ticks: { show: false },
    size: Math.round(rem * 2.6),
    gap: Math.round(rem * 0.4),
    space: Math.round(rem * 2.2),
    values: (_plot, marks) => marks.map((value) => `${Number((isMirrored ? Math.abs(value) : value).toPrecision(6))}`.replace("-", "−")),
    ...(splits ? { splits: [...splits] } : {}),
  };
}

/** Whether two sets of series can share a plot: the same layers, drawn the same way. */
export function shapeOf(series: readonly Series[], plots: readonly Plot[]): string {
  return JSON.stringify([
    series.map(({ key, kind, colour, stack, plot, low, dash, isPale }) => [key, kind, colour, stack, plot, low !== undefined, dash, isPale]),
    plots.map(({ unit, height, splits }) => [unit, height, splits]),
  ]);
}
