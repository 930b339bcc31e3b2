/** What uPlot is told: two plots over one day that share a cursor. */

import uPlot from "uplot";

import type { Day, Power } from "../../api";
import { timeOfDay } from "../../format";
import { drawGaps } from "../../chart/gaps";
import { STROKES } from "./strokes";

export interface Palette {
  solar: string;
  home: string;
  battery: string;
  grid: string;
  ink: string;
  muted: string;
  rule: string;
  faint: string;
  ground: string;
  font: string;
}

export interface ChartSetting {
  width: number;
  rem: number;
  palette: Palette;
  day: () => Day;
  reservePct: () => number | null;
  moved: (index: number | null) => void;
}

const HOUR_S = 3600;

/** The heights of the power plot and of the charge plot. [px] */
export function plotHeights(width: number, rem: number): [number, number] {
  return width > 36 * rem ? [Math.round(22 * rem), Math.round(8 * rem)] : [Math.round(17 * rem), Math.round(6.5 * rem)];
}

/** The options of the power plot and of the charge plot. */
export function chartOptions(setting: ChartSetting): [uPlot.Options, uPlot.Options] {
  const { width, rem, palette } = setting;
  const [powerHeight, chargeHeight] = plotHeights(width, rem);
  const key = "day";
  const shared = {
    width,
    legend: { show: false },
    cursor: {
      sync: { key, setSeries: false },
      drag: { x: false, y: false },
      y: false,
      points: { size: 7, width: 2 },
    },
    padding: [Math.round(rem * 0.75), Math.round(rem * 1.3), 0, 0],
  } satisfies Partial<uPlot.Options>;
  const power: uPlot.Options = {
    ...shared,
    height: powerHeight,
    scales: { x: dayScale(setting), y: { range: (_plot, low, high) => powerRange(low, high) } },
    axes: [timeAxis(setting, false), valueAxis(setting, (value) => `${value}`.replace("-", "−"), undefined)],
    series: [
      {},
      curve("solar", rem, palette.solar, palette.solar + "24"),
      curve("load", rem, palette.home),
      curve("battery", rem, palette.battery),
      curve("site", rem, palette.grid),
    ],
    hooks: {
      drawAxes: [(plot) => drawGaps(plot, setting.day().gaps, palette, true), (plot) => drawLevel(plot, 0, palette.muted, [])],
      draw: [(plot) => drawUnit(plot, "kW", palette, rem)],
      setCursor: [(plot) => setting.moved(plot.cursor.idx ?? null)],
    },
  };
  const charge: uPlot.Options = {
    ...shared,
    height: chargeHeight,
    scales: { x: dayScale(setting), y: { range: [0, 100] } },
    axes: [timeAxis(setting, true), valueAxis(setting, (value) => `${value}`, [0, 50, 100])],
    series: [{}, { stroke: palette.battery, width: (1.75 * rem) / 16, fill: palette.battery + "24", points: { show: false }, scale: "y" }],
    hooks: {
      drawAxes: [
        (plot) => drawGaps(plot, setting.day().gaps, palette, false),
        (plot) => {
          const reserve = setting.reservePct();
          if (reserve !== null && reserve >= 0.5) drawLevel(plot, reserve, palette.muted, [4, 4]);
        },
      ],
      draw: [(plot) => drawUnit(plot, "charge %", palette, rem)],
      setCursor: [(plot) => setting.moved(plot.cursor.idx ?? null)],
    },
  };
  return [power, charge];
}

function curve(power: Power, rem: number, stroke: string, fill?: string): uPlot.Series {
  const { width, dash } = STROKES[power];
  const grown = rem / 16; // lines grow with the type on a large screen
  return { stroke, width: width * grown, dash: dash.map((length) => length * grown), points: { show: false }, scale: "y", ...(fill ? { fill, fillTo: 0 } : {}) };
}

function dayScale(setting: ChartSetting): uPlot.Scale {
  return {
    time: true,
    range: () => [Date.parse(setting.day().start) / 1000, Date.parse(setting.day().end) / 1000],
  };
}

/** Round kilowatts around the values, so that the scale moves seldom. */
function powerRange(low: number | null, high: number | null): uPlot.Range.MinMax {
  const span = (high ?? 0) - Math.min(0, low ?? 0);
  const step = span > 40 ? 10 : span > 16 ? 5 : span > 5 ? 2 : 1;
  const top = Math.max(1, Math.ceil(((high ?? 0) * 1.02) / step) * step);
  const bottom = (low ?? 0) < -0.05 ? Math.floor(((low ?? 0) * 1.02) / step) * step : 0;
  return [bottom, top];
}

function timeAxis(setting: ChartSetting, hasLabels: boolean): uPlot.Axis {
  const { palette, rem, width } = setting;
  const everyHours = width < 26 * rem ? 6 : width < 44 * rem ? 4 : 3;
  return {
    stroke: palette.muted,
    font: `${Math.round(rem * 0.78)}px ${palette.font}`,
    grid: { stroke: palette.faint, width: 1 },
    ticks: { show: false },
    size: hasLabels ? Math.round(rem * 1.6) : Math.round(rem * 0.4),
    gap: Math.round(rem * 0.3),
    splits: (_plot, _axis, low, high) => localHours(low, high, everyHours, setting.day().timezone),
    values: (_plot, splits) =>
      splits.map((t) => {
        if (!hasLabels) return "";
        return t >= Date.parse(setting.day().end) / 1000 - 1 ? "24:00" : timeOfDay(t * 1000, setting.day().timezone);
      }),
  };
}

/** The instants of every n-th local hour; right also on the days when the clock changes. */
export function localHours(start: number, end: number, every: number, timezone: string): number[] {
  const found: number[] = [];
  for (let t = start; t <= end; t += HOUR_S) {
    const [hour, minute] = timeOfDay(t * 1000, timezone).split(":").map(Number);
    if (minute === 0 && (hour ?? 0) % every === 0) found.push(t);
  }
  return found;
}

function valueAxis(setting: ChartSetting, write: (value: number) => string, splits: number[] | undefined): uPlot.Axis {
  const { palette, rem } = setting;
  return {
    stroke: palette.muted,
    font: `${Math.round(rem * 0.78)}px ${palette.font}`,
    grid: { stroke: palette.faint, width: 1 },
    ticks: { show: false },
    size: Math.round(rem * 2.1),
    gap: Math.round(rem * 0.4),
    space: Math.round(rem * 2.6),
    incrs: [1, 2, 5, 10, 20, 50, 100],
    values: (_plot, marks) => marks.map(write),
    ...(splits ? { splits } : {}),
  };
}

function drawLevel(plot: uPlot, value: number, colour: string, dash: number[]): void {
  const { ctx, bbox } = plot;
  const y = Math.round(plot.valToPos(value, "y", true));
  ctx.save();
  ctx.strokeStyle = colour;
  ctx.lineWidth = uPlot.pxRatio;
  ctx.setLineDash(dash.map((length) => length * uPlot.pxRatio));
  ctx.beginPath();
  ctx.moveTo(bbox.left, y);
  ctx.lineTo(bbox.left + bbox.width, y);
  ctx.stroke();
  ctx.restore();
}

function drawUnit(plot: uPlot, unit: string, palette: Palette, rem: number): void {
  const { ctx, bbox } = plot;
  ctx.save();
  ctx.fillStyle = palette.muted;
  ctx.font = `${Math.round(rem * 0.78 * uPlot.pxRatio)}px ${palette.font}`;
  ctx.textBaseline = "top";
  ctx.textAlign = "left";
  ctx.fillText(unit, bbox.left + 6 * uPlot.pxRatio, bbox.top + 2 * uPlot.pxRatio);
  ctx.restore();
}
