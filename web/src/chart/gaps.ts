/** Times without readings, hatched behind the curves, with the reason where there is room. */

import uPlot from "uplot";

import type { Gap } from "../api";

interface Colours {
  muted: string;
  rule: string;
  ground: string;
  font: string;
}

/** Hatch each gap over the height of the plot. */
export function drawGaps(plot: uPlot, gaps: readonly Gap[], colours: Colours, hasWords: boolean): void {
  const { ctx, bbox } = plot;
  for (const gap of gaps) {
    const from = clamp(plot.valToPos(Date.parse(gap.start) / 1000, "x", true), bbox.left, bbox.left + bbox.width);
    const to = clamp(plot.valToPos(Date.parse(gap.end) / 1000, "x", true), bbox.left, bbox.left + bbox.width);
    if (to - from < uPlot.pxRatio) continue;
    ctx.save();
    ctx.beginPath();
    ctx.rect(from, bbox.top, to - from, bbox.height);
    ctx.clip();
    ctx.fillStyle = colours.ground;
    ctx.fill();
    hatch(ctx, from, bbox.top, to - from, bbox.height, colours.rule);
    if (hasWords) reason(ctx, gap.words, (from + to) / 2, bbox, to - from, colours);
    ctx.restore();
  }
}

const clamp = (value: number, low: number, high: number): number => Math.min(high, Math.max(low, value));

function hatch(ctx: CanvasRenderingContext2D, x: number, y: number, width: number, height: number, colour: string): void {
  const step = 7 * uPlot.pxRatio;
  ctx.strokeStyle = colour;
  ctx.lineWidth = uPlot.pxRatio;
  ctx.beginPath();
  // Lines are anchored to the canvas, so that they stand still while the gap grows.
  const first = Math.floor((x - height) / step) * step;
  for (let at = first; at < x + width; at += step) {
    ctx.moveTo(at, y + height);
    ctx.lineTo(at + height, y);
  }
  ctx.stroke();
}

function reason(ctx: CanvasRenderingContext2D, words: string, x: number, bbox: uPlot.BBox, room: number, colours: Colours): void {
  const size = 12 * uPlot.pxRatio;
  ctx.font = `${size}px ${colours.font}`;
  const text = words.replace(/\.$/, "");
  const width = ctx.measureText(text).width;
  const pad = 4 * uPlot.pxRatio;
  if (width + 2 * pad > room) return;
  const y = bbox.top + size * 1.8;
  ctx.fillStyle = colours.ground;
  ctx.fillRect(x - width / 2 - pad, y - size, width + 2 * pad, size * 2);
  ctx.fillStyle = colours.muted;
  ctx.textAlign = "center";
  ctx.textBaseline = "middle";
  ctx.fillText(text, x, y);
}
