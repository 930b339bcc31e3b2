/** What is painted besides curves: bars of calendar length, levels, marks, units. */

import uPlot from "uplot";

import type { Palette } from "./palette";
import { slotEnd, type Drawn, type Mark, type Window } from "./types";

/** Bars from the start to the end of their slots, whatever the slots' lengths. */
export function barPaths(drawn: () => Drawn): uPlot.Series.PathBuilder {
  return (plot, seriesIndex, first, last) => {
    const values = plot.data[seriesIndex] ?? [];
    const slots = drawn();
    const path = new Path2D();
    const zero = plot.valToPos(0, "y", true);
    for (let i = Math.max(0, first - 1); i <= Math.min(values.length - 1, last + 1); i++) {
      const value = values[i];
      const start = slots.t[i];
      if (value == null || start === undefined) continue;
      const left = plot.valToPos(start, "x", true);
      const width = plot.valToPos(slotEnd(slots, i), "x", true) - left;
      const space = Math.min(width * 0.16, 10 * uPlot.pxRatio);
      const top = plot.valToPos(value, "y", true);
      path.rect(left + space / 2, Math.min(zero, top), Math.max(width - space, uPlot.pxRatio), Math.abs(top - zero));
    }
    return { stroke: path, fill: path };
  };
}

/** A level line, named at its right end. */
export function drawLevel(plot: uPlot, value: number, label: string, palette: Palette, dash: readonly number[]): void {
  const { ctx, bbox } = plot;
  const y = Math.round(plot.valToPos(value, "y", true));
  if (y < bbox.top || y > bbox.top + bbox.height) return;
  ctx.save();
  ctx.strokeStyle = palette.muted;
  ctx.lineWidth = uPlot.pxRatio;
  ctx.setLineDash(dash.map((length) => length * uPlot.pxRatio));
  ctx.beginPath();
  ctx.moveTo(bbox.left, y);
  ctx.lineTo(bbox.left + bbox.width, y);
  ctx.stroke();
  if (label) write(plot, label, bbox.left + bbox.width - 4 * uPlot.pxRatio, y - 3 * uPlot.pxRatio, palette, "right", "bottom");
  ctx.restore();
}

/** The unit in the plot's upper left corner. */
export function drawUnit(plot: uPlot, unit: string, palette: Palette): void {
  write(plot, unit, plot.bbox.left + 6 * uPlot.pxRatio, plot.bbox.top + 2 * uPlot.pxRatio, palette, "left", "top", true);
}

function write(plot: uPlot, text: string, x: number, y: number, palette: Palette, align: CanvasTextAlign, base: CanvasTextBaseline, isBoxed = false): void {
  const { ctx } = plot;
  ctx.save();
  ctx.fillStyle = palette.muted;
  ctx.font = `${Math.round(palette.rem * 0.78 * uPlot.pxRatio)}px ${palette.font}`;
  ctx.textAlign = align;
  ctx.textBaseline = base;
  if (isBoxed && text) {
    const pad = 3 * uPlot.pxRatio; // a bar may stand behind it, which no rim round the letters keeps apart
    ctx.fillStyle = palette.ground;
    ctx.fillRect(x - pad, y, ctx.measureText(text).width + 2 * pad, palette.rem * uPlot.pxRatio);
    ctx.fillStyle = palette.muted;
  }
  ctx.strokeStyle = palette.ground;
  ctx.lineWidth = 3 * uPlot.pxRatio;
  ctx.lineJoin = "round";
  ctx.strokeText(text, x, y);
  ctx.fillText(text, x, y);
  ctx.restore();
}

/** What happened, as a line or a shaded span, with its words where there is room. */
export function drawMarks(plot: uPlot, marks: readonly Mark[], window: Window, palette: Palette): void {
  const { ctx, bbox } = plot;
  let freeFrom = bbox.left;
  for (const mark of marks) {
    const end = mark.end === null ? window.end : (mark.end ?? mark.start);
    if (mark.start > window.end || end < window.start) continue;
    const from = Math.max(bbox.left, plot.valToPos(mark.start, "x", true));
    const to = Math.min(bbox.left + bbox.width, plot.valToPos(end, "x", true));
    ctx.save();
    ctx.fillStyle = palette.ink;
    if (to - from > 2 * uPlot.pxRatio) {
      ctx.globalAlpha = 0.09;
      ctx.fillRect(from, bbox.top, to - from, bbox.height);
      ctx.globalAlpha = 1;
    }
    ctx.strokeStyle = palette.ink;
    ctx.lineWidth = uPlot.pxRatio;
    ctx.setLineDash([uPlot.pxRatio, 3 * uPlot.pxRatio]);
    ctx.beginPath();
    if (mark.start >= window.start) {
      ctx.moveTo(from, bbox.top);
      ctx.lineTo(from, bbox.top + bbox.height);
    }
    ctx.stroke();
    ctx.restore();
    ctx.font = `${Math.round(palette.rem * 0.78 * uPlot.pxRatio)}px ${palette.font}`;
    const width = ctx.measureText(mark.label).width + 8 * uPlot.pxRatio;
    if (from >= freeFrom && from + width < bbox.left + bbox.width) {
      write(plot, mark.label, from + 4 * uPlot.pxRatio, bbox.top + bbox.height - 4 * uPlot.pxRatio, palette, "left", "bottom");
      freeFrom = from + width;
    }
  }
}
