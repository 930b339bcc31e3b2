/** The four powers and the charge as series of a chart: one colour and one line each, the same on every page. */

import type { Column, Power } from "../api";
import { percent, power } from "../format";
import { STROKES } from "../strokes";
import { direction, phrase } from "../words";
import type { Plot, Series } from "./types";

const NAMES: Record<Power, string> = { solar: "Solar", load: "Home", battery: "Battery", site: "Grid" };
const COLOURS = { solar: "solar", load: "home", battery: "battery", site: "grid" } as const;
/** The signal of /api/series that a power is told as. */
export const SIGNAL_OF: Record<Power, string> = {
  solar: "solar_power_w",
  load: "load_power_w",
  battery: "battery_power_w",
  site: "site_power_w",
};

const kw = (column: Column): Column => column.map((value) => (value == null ? null : value / 1000));

/** One power as a curve [kW]; values and extremes in W. */
export function powerSeries(which: Power, values: Column, low?: Column, high?: Column): Series {
  const { width, dash } = STROKES[which];
  return {
    key: which,
    label: NAMES[which],
    unit: "kW",
    kind: which === "solar" ? "area" : "line",
    colour: COLOURS[which],
    width,
    dash,
    values: kw(values),
    ...(low && high ? { low: kw(low), high: kw(high) } : {}),
    write: (value) => power(value * 1000),
    word: (value) => direction(which, value === null ? null : value * 1000),
    phrase: (value) => phrase(which, value === null ? null : value * 1000),
  };
}

/** The charge on the app's scale [%], in a plot of its own. */
export function chargeSeries(values: Column, plot = 1, low?: Column, high?: Column): Series {
  return {
    key: "charge",
    label: "Charge",
    unit: "%",
    kind: "area",
    colour: "battery",
    values,
    ...(low && high ? { low, high } : {}),
    plot,
    write: (value) => ({ number: percent(value).split("\u00a0")[0] ?? "", unit: "%" }),
    word: () => "lower curve",
    phrase: (value) => `charge ${percent(value)}`,
  };
}

/** Round kilowatts around the values, so that the scale moves seldom. */
export function powerRange(low: number | null, high: number | null): [number, number] {
  const span = (high ?? 0) - Math.min(0, low ?? 0);
  const step = span > 40 ? 10 : span > 16 ? 5 : span > 5 ? 2 : 1;
  const top = Math.max(1, Math.ceil(((high ?? 0) * 1.02) / step) * step);
  const bottom = (low ?? 0) < -0.05 ? Math.floor(((low ?? 0) * 1.02) / step) * step : 0;
  return [bottom, top];
}

export const POWER_PLOT: Plot = { unit: "kW", height: [17, 22], range: powerRange };

/** The plot of the charge, with the reserve where one is kept. */
export function chargePlot(reservePct: number | null): Plot {
  const level = reservePct !== null && reservePct >= 0.5 ? { value: reservePct, label: "reserve" } : null;
  return { unit: "charge %", height: [6.5, 8], range: [0, 100], splits: [0, 50, 100], level };
}
