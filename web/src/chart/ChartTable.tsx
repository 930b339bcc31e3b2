/** The chart as a table: for whoever cannot or would rather not see the curves. */

import { Table } from "../components/Panel";
import { NONE } from "../format";
import { slotWords, ticks } from "./calendar";
import { measureOf } from "./ChartKey";
import { slotEnd, type Drawn, type Series, type Window } from "./types";

const MOST_ROWS = 25;

interface ChartTableProps {
  title: string;
  drawn: Drawn;
  series: readonly Series[];
  window: Window;
  timezone: string;
  /** The last slot with a value; what comes after it is left out. */
  last: number;
  firstColumn: string;
}

interface Row {
  start: number;
  end: number;
  values: (number | null)[];
}

export function ChartTable({ title, drawn, series, window, timezone, last, firstColumn }: ChartTableProps) {
  const rows = rowsOf(drawn, series, window, timezone, last);
  if (!rows.length) return <p class="note">There is nothing in this span yet.</p>;
  const isMean = rows.length && (rows[0]?.end ?? 0) - (rows[0]?.start ?? 0) > drawn.step_s;
  return (
    <Table
      caption={isMean ? `${title}, means` : title}
      columns={[firstColumn, ...series.map((one) => one.label)]}
      rows={rows.map((row) => [slotWords(row.start, row.end, timezone, window), ...series.map((one, i) => <Cell series={one} value={row.values[i] ?? null} />)])}
    />
  );
}

function Cell({ series, value }: { series: Series; value: number | null }) {
  if (value === null) return <>{NONE}</>;
  const { number, unit } = measureOf(series, value);
  const word = series.word?.(value);
  return (
    <>
      {number}&nbsp;{unit}
      {word ? <span class="word"> {word}</span> : null}
    </>
  );
}

/** The slots themselves where they are few, else means of rounder ones; to the last one with a value. */
export function rowsOf(drawn: Drawn, series: readonly Series[], window: Window, timezone: string, last: number): Row[] {
  const inside: number[] = [];
  for (let i = 0; i <= last; i++) if (slotEnd(drawn, i) > window.start && (drawn.t[i] ?? 0) < window.end) inside.push(i);
  if (inside.length <= MOST_ROWS || drawn.step_s >= 86_400) {
    return inside.map((i) => ({ start: drawn.t[i] ?? 0, end: slotEnd(drawn, i), values: series.map((one) => one.values[i] ?? null) }));
  }
  const marks = ticks(window.start, window.end, MOST_ROWS - 1, timezone).at;
  const edges = [window.start, ...marks.filter((at) => at > window.start && at < window.end), window.end];
  const rows: Row[] = [];
  let next = 0;
  for (let n = 0; n + 1 < edges.length; n++) {
    const from = next;
    const end = edges[n + 1] ?? 0;
    while (next < inside.length && (drawn.t[inside[next] ?? 0] ?? 0) < end) next++;
    if (next === from && next >= inside.length) break;
    const slots = inside.slice(from, next);
    rows.push({ start: edges[n] ?? 0, end, values: series.map((one) => mean(slots.map((i) => one.values[i]))) });
  }
  return rows;
}

function mean(values: (number | null | undefined)[]): number | null {
  const known = values.filter((value) => value != null);
  return known.length ? known.reduce((sum, value) => sum + value, 0) / known.length : null;
}
