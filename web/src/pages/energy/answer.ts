/** The object of /api/energy, and what is said of it. */

import type { Column, Flow, Quantity } from "../../api";
import { digits, NONE } from "../../format";

export interface EnergyAnswer {
  timezone: string;
  from: string;
  to: string;
  by: string;
  start: string;
  end: string;
  now: string;
  t: number[];
  kwh: Record<Quantity, Column>;
  fed_kwh: Record<Flow, Column>;
  covered: number[];
  imported: number[];
  total: EnergyTotal;
}

export interface EnergyTotal {
  kwh: Record<Quantity, number | null>;
  fed_kwh: Record<Flow, number | null>;
  covered_ratio: number | null;
  imported_ratio: number | null;
  self_sufficiency_pct: number | null;
  self_consumption_pct: number | null;
}

export interface PeaksAnswer {
  timezone: string;
  peaks: Record<Quantity, { w: number; at: string; is_least?: boolean } | null>;
}

export const QUANTITIES: readonly [Quantity, "solar" | "home" | "grid" | "battery", string][] = [
  ["solar", "solar", "from the sun"],
  ["home", "home", "used at home"],
  ["grid_in", "grid", "from the grid"],
  ["grid_out", "grid", "to the grid"],
  ["battery_in", "battery", "to the battery"],
  ["battery_out", "battery", "from the battery"],
];

/** "12 % more than 310 kWh", "as much as 310 kWh"; null where one of them is not known, no more than it where not all is. */
export function compared(value: number | null, before: number | null, isWhole: boolean): string | null {
  if (value === null || before === null) return null;
  const was = `${digits(before)}\u00a0kWh`;
  if (!isWhole) return `${was} then, as far as known`;
  if (before < 0.05) return value < 0.05 ? "none then either" : "none then";
  const percent = Math.round((value / before - 1) * 100);
  if (percent === 0) return `as much as ${was}`;
  return `${Math.abs(percent)}\u00a0% ${percent > 0 ? "more" : "less"} than ${was}`;
}

/** How much of the time the sums account for, where it is not all of it; null where there is nothing to say. */
export function coverage({ covered_ratio: covered, imported_ratio: imported }: EnergyTotal): string | null {
  const said: string[] = [];
  if (covered === null || covered <= 0) return null;
  if (covered < 0.9995) said.push(`The counters and powers account for ${share(covered)} of the time; of the rest the sums hold the least that it was.`);
  if (imported !== null && imported > 0) said.push(`${capital(share(imported))} of the time comes from imported history.`);
  return said.join(" ") || null;
}

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

/** Whether what is compared with is known well enough for a percentage. */
export const isWhole = (total: EnergyTotal): boolean => (total.covered_ratio ?? 0) > 0.98;

function share(ratio: number): string {
  const percent = 100 * ratio;
  if (percent > 99 && percent < 100) return `${Math.floor(percent * 100) / 100}\u00a0%`;
  return percent < 1 ? "less than 1\u00a0%" : `${Math.round(percent)}\u00a0%`;
}

export const kwhText = (value: number | null): string => (value === null ? NONE : `${digits(value)}\u00a0kWh`);
