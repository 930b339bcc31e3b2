/** Series as the columns of a plot: stacks summed up, bands beside their curves, in the order they are painted. */

import type { Column } from "../api";
import type { Series } from "./types";

export interface Layer {
  series: Series;
  values: Column;
  role: "curve" | "low" | "high";
}

/** The layers of one plot, those painted first in front. Put-away series are left out of stacks. */
export function layersOf(series: readonly Series[], plot: number, isShown: (key: string) => boolean): Layer[] {
  const mine = series.filter((one) => (one.plot ?? 0) === plot);
  const sums = new Map<string, number[]>();
  const stacked: Layer[] = [];
  for (const one of mine) {
    if (one.stack === undefined) continue;
    if (!isShown(one.key)) {
      stacked.push({ series: one, values: one.values.map(() => null), role: "curve" });
      continue;
    }
    const below = sums.get(one.stack) ?? new Array<number>(one.values.length).fill(0);
    const values = one.values.map((value, i) => (value == null ? null : (below[i] ?? 0) + value));
    sums.set(
      one.stack,
      below.map((sum, i) => sum + (one.values[i] ?? 0)),
    );
    stacked.push({ series: one, values, role: "curve" });
  }
  // The tallest is painted first, so that each layer of a stack shows only what it adds.
  const layers = stacked.reverse();
  for (const one of mine) {
    if (one.stack !== undefined) continue;
    if (one.low && one.high) {
      layers.push({ series: one, values: one.high, role: "high" }, { series: one, values: one.low, role: "low" });
    }
    layers.push({ series: one, values: one.values, role: "curve" });
  }
  return layers;
}

/** The index of the last slot in which any series has a value, or -1. */
export function lastFilled(series: readonly Series[], count: number): number {
  // What is only compared with does not count.
  const own = series.filter((one) => one.kind !== "outline");
  for (let i = count - 1; i >= 0; i--) if (own.some((one) => one.values[i] != null)) return i;
  return -1;
}

/** The index of the slot that holds an instant; the first or the last outside. */
export function slotAt(t: readonly number[], at: number): number {
  let low = 0;
  let high = t.length;
  while (low < high) {
    const mid = (low + high) >> 1;
    if ((t[mid] ?? 0) <= at) low = mid + 1;
    else high = mid;
  }
  return Math.max(0, low - 1);
}
