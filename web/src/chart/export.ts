/** What is seen, taken along: as CSV at its own step, or as a picture with title and key. Made in the browser. */

import type uPlot from "uplot";

import { written, windowWords } from "./calendar";
import type { Palette } from "./palette";
import { slotEnd, type Drawn, type Series, type Window } from "./types";

/** The visible slots as comma-separated values; empty where nothing was read. */
export function csvOf(drawn: Drawn, series: readonly Series[], window: Window, timezone: string): string {
  const columns: [string, (number | null)[]][] = [];
  for (const one of series) {
    const name = one.unit ? `${one.label} [${one.unit}]` : one.label;
    columns.push([name, one.isBelow ? one.values.map((value) => (value == null ? null : Math.abs(value))) : one.values]);
    if (one.low && one.high) columns.push([`${name}, lowest`, one.low], [`${name}, highest`, one.high]);
  }
  const lines = [[`from (${timezone})`, "to", ...columns.map(([name]) => name)].map(quoted).join(",")];
  drawn.t.forEach((t, i) => {
    const end = slotEnd(drawn, i);
    if (end <= window.start || t >= window.end) return;
    const values = columns.map(([, column]) => numeral(column[i]));
    if (drawn.step_s < 86_400 && values.every((value) => value === "")) return;
    lines.push([written(t, timezone), written(end, timezone), ...values].join(","));
  });
  return `${lines.join("\r\n")}\r\n`;
}

const quoted = (text: string): string => (/[",\n]/.test(text) ? `"${text.replace(/"/g, '""')}"` : text);
/** Seven digits hold whatever a meter tells, and no rounding noise of the arithmetic. */
const numeral = (value: number | null | undefined): string => (value == null ? "" : String(Number(value.toPrecision(7))));

/** A file's name: "forebay-energy-2026-06-21T00-00-00". */
export function fileName(title: string, window: Window, timezone: string): string {
  const name = title.toLowerCase().replace(/[^a-z0-9]+/g, "-");
  return `forebay-${name}-${written(window.start, timezone).slice(0, 19).replace(/:/g, "-")}`;
}

/** Hand a file to the browser. */
export function save(content: Blob, name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(content);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

interface Picture {
  plots: readonly uPlot[];
  series: readonly Series[];
  title: string;
  window: Window;
  timezone: string;
  palette: Palette;
}

/** The chart as it stands, with its title, what it spans and its key, on the page's ground. */
export function pictureOf({ plots, series, title, window, timezone, palette }: Picture): HTMLCanvasElement {
  const first = plots[0]?.ctx.canvas;
  const ratio = first && plots[0] ? first.width / plots[0].width : 1;
  const rem = palette.rem * ratio;
  const pad = rem;
  const width = Math.max(first?.width ?? 0, 20 * rem) + 2 * pad;
  const canvas = document.createElement("canvas");
  const ctx = canvas.getContext("2d");
  if (!ctx) return canvas;
  const rows = keyRows(ctx, series, width - 2 * pad, rem, palette);
  const head = pad + 1.5 * rem + 1.4 * rem + rows.length * 1.5 * rem + 0.5 * rem;
  canvas.width = Math.ceil(width);
  canvas.height = Math.ceil(head + plots.reduce((sum, plot) => sum + plot.ctx.canvas.height, 0) + pad);
  ctx.fillStyle = palette.ground;
  ctx.fillRect(0, 0, canvas.width, canvas.height);
  ctx.textBaseline = "middle";
  ctx.fillStyle = palette.ink;
  ctx.font = `600 ${1.1 * rem}px ${palette.font}`;
  ctx.fillText(title, pad, pad + 0.7 * rem);
  ctx.fillStyle = palette.muted;
  ctx.font = `${0.85 * rem}px ${palette.font}`;
  ctx.fillText(`${windowWords(window, timezone)}, times of ${timezone.replace(/_/g, " ")}`, pad, pad + 2.1 * rem);
  rows.forEach((row, line) => {
    const y = pad + (3.6 + 1.5 * line) * rem;
    for (const { one, x } of row) drawKey(ctx, one, pad + x, y, rem, palette);
  });
  let top = head;
  for (const plot of plots) {
    ctx.drawImage(plot.ctx.canvas, pad, top);
    top += plot.ctx.canvas.height;
  }
  return canvas;
}

function keyRows(ctx: CanvasRenderingContext2D, series: readonly Series[], room: number, rem: number, palette: Palette) {
  ctx.font = `${0.85 * rem}px ${palette.font}`;
  const rows: { one: Series; x: number }[][] = [[]];
  let x = 0;
  for (const one of series) {
    const width = 2.4 * rem + ctx.measureText(`${one.label} [${one.unit}]`).width + 1.4 * rem;
    if (x + width > room && x > 0) {
      rows.push([]);
      x = 0;
    }
    rows[rows.length - 1]?.push({ one, x });
    x += width;
  }
  return rows;
}

function drawKey(ctx: CanvasRenderingContext2D, one: Series, x: number, y: number, rem: number, palette: Palette): void {
  ctx.save();
  ctx.strokeStyle = ctx.fillStyle = palette[one.colour];
  ctx.lineWidth = ((one.width ?? 1.5) * rem) / 14;
  ctx.setLineDash((one.dash ?? []).map((length) => (length * rem) / 16));
  if (one.isPale) ctx.globalAlpha = 0.5;
  if (one.kind === "bars" || one.stack !== undefined) ctx.fillRect(x, y - 0.35 * rem, 1.8 * rem, 0.7 * rem);
  else if (one.kind === "outline") ctx.strokeRect(x, y - 0.35 * rem, 1.8 * rem, 0.7 * rem);
  else {
    ctx.beginPath();
    ctx.moveTo(x, y);
    ctx.lineTo(x + 1.8 * rem, y);
    ctx.stroke();
  }
  ctx.restore();
  ctx.fillStyle = palette.ink;
  ctx.font = `${0.85 * rem}px ${palette.font}`;
  ctx.fillText(`${one.label} [${one.unit}]`, x + 2.3 * rem, y);
}
