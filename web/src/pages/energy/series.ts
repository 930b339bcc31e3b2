/** Energy as bars and power as stacked curves: what came in above zero, where it went below. */

import type { Column, Flow, Quantity } from "../../api";
import type { Colour, Plot, Series } from "../../chart/types";
import { digits, power } from "../../format";

export type View = "fed" | "flows";
export const VIEWS: readonly [View, string][] = [
  ["fed", "What fed what"],
  ["flows", "Six flows"],
];

interface Row {
  key: Flow | Quantity;
  label: string;
  colour: Colour;
  isPale?: boolean;
  isBelow?: boolean;
}

/** Above zero what the home used, by where it came from; below zero what went elsewhere. */
const FED: readonly Row[] = [
  { key: "solar_to_home", label: "Solar to home", colour: "solar" },
  { key: "battery_to_home", label: "Battery to home", colour: "battery" },
  { key: "grid_to_home", label: "Grid to home", colour: "grid" },
  { key: "solar_to_battery", label: "Solar to battery", colour: "battery", isPale: true, isBelow: true },
  { key: "grid_to_battery", label: "Grid to battery", colour: "battery", isBelow: true },
  { key: "solar_to_grid", label: "Solar to grid", colour: "grid", isPale: true, isBelow: true },
  { key: "battery_to_grid", label: "Battery to grid", colour: "grid", isBelow: true },
];

/** Above zero what came, below zero what went; both are the same but for the meters' error. */
const FLOWS: readonly Row[] = [
  { key: "solar", label: "From the sun", colour: "solar" },
  { key: "battery_out", label: "From the battery", colour: "battery" },
  { key: "grid_in", label: "From the grid", colour: "grid" },
  { key: "home", label: "Used at home", colour: "home", isBelow: true },
  { key: "battery_in", label: "To the battery", colour: "battery", isPale: true, isBelow: true },
  { key: "grid_out", label: "To the grid", colour: "grid", isPale: true, isBelow: true },
];

export const ROWS: Record<View, readonly Row[]> = { fed: FED, flows: FLOWS };
export const NOTE: Record<View, string> = {
  fed: "Above zero: what the home used, by where it came from. Below zero: what went into the battery and to the grid.",
  flows: "Above zero: what came from sun, battery and grid. Below zero: where it went.",
};

const signed = (column: Column, isBelow: boolean | undefined): Column => (isBelow ? column.map((value) => (value == null ? null : value ? -value : 0)) : column);

/** Bars of energy [kWh]. */
export function energyBars(view: View, columns: Partial<Record<Flow | Quantity, Column>>): Series[] {
  return ROWS[view].map((row) => ({
    key: row.key,
    label: row.label,
    unit: "kWh",
    kind: "bars",
    colour: row.colour,
    ...(row.isPale ? { isPale: true } : {}),
    stack: row.isBelow ? "below" : "above",
    ...(row.isBelow ? { isBelow: true } : {}),
    values: signed(columns[row.key] ?? [], row.isBelow),
    write: (value) => ({ number: digits(Math.abs(value)), unit: "kWh" }),
    phrase: (value) => `${row.label} ${value === null ? "unknown" : `${digits(Math.abs(value))}\u00a0kWh`}`,
  }));
}

/** What the home used in the period one compares with, bar by bar. */
export function comparedBars(label: string, values: Column): Series {
  return {
    key: "compared",
    label,
    unit: "kWh",
    kind: "outline",
    colour: "ink",
    values,
    write: (value) => ({ number: digits(Math.abs(value)), unit: "kWh" }),
    phrase: (value) => `${label} ${value === null ? "unknown" : `${digits(value)}\u00a0kWh`}`,
  };
}

const POWERS: Record<Quantity, [string, 1 | -1]> = {
  solar: ["solar_power_w", 1],
  home: ["load_power_w", 1],
  grid_in: ["site_power_w", 1],
  grid_out: ["site_power_w", -1],
  battery_in: ["battery_power_w", -1],
  battery_out: ["battery_power_w", 1],
};

/** What /api/series is asked for the stacked curves. */
export function signalsOf(view: View): string[] {
  return view === "fed" ? FED.map((row) => row.key) : [...new Set(Object.values(POWERS).map(([signal]) => signal))];
}

/** Stacked curves of power [kW]. */
export function powerStack(view: View, columns: Record<string, Column>): Series[] {
  const columnOf = (key: Flow | Quantity): Column => {
    if (view === "fed") return columns[key] ?? [];
    const [signal, sign] = POWERS[key as Quantity];
    return (columns[signal] ?? []).map((value) => (value == null ? null : Math.max(0, sign * value)));
  };
  return ROWS[view].map((row) => ({
    key: row.key,
    label: row.label,
    unit: "kW",
    kind: "area",
    colour: row.colour,
    ...(row.isPale ? { isPale: true } : {}),
    stack: row.isBelow ? "below" : "above",
    ...(row.isBelow ? { isBelow: true } : {}),
    values: signed(columnOf(row.key), row.isBelow).map((value) => (value == null ? null : value / 1000)),
    write: (value) => power(value * 1000),
    phrase: (value) => `${row.label} ${value === null ? "unknown" : `${power(value * 1000).number}\u00a0${power(value * 1000).unit}`}`,
  }));
}

export const ENERGY_PLOT: Plot = { unit: "kWh", height: [19, 24], isMirrored: true };
export const STACK_PLOT: Plot = { unit: "kW", height: [19, 24], isMirrored: true };
