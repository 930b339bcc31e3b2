/** What a chart is told: curves or bars over time, all in the unit they are drawn in. */

import type { Column } from "../api";

/** A span of time, seconds since 1970 UTC. */
export interface Window {
  start: number;
  end: number;
}

export type Colour = "solar" | "home" | "battery" | "grid" | "ink" | "muted";

export interface Series {
  /** Unique in the chart; the name under which it is put away and exported. */
  key: string;
  label: string;
  /** As printed after the number: "kW". */
  unit: string;
  /** "outline" is a bar without filling, for what the filled ones are compared with. */
  kind: "line" | "area" | "bars" | "outline";
  colour: Colour;
  values: Column;
  /** The extremes within each slot, drawn as a band behind the curve. */
  low?: Column;
  high?: Column;
  /** Series of one stack stand on one another, the first nearest to zero. A stack is all above or all below zero. */
  stack?: string;
  /** Which of the plots below each other; the first by default. */
  plot?: number;
  dash?: readonly number[];
  width?: number;
  /** The values are negative because they are drawn below zero; told and exported they are not. */
  isBelow?: boolean;
  /** A lighter filling, to tell two series of one colour apart. */
  isPale?: boolean;
  /** Told ahead of time: what it says of the time to come is not the last value. */
  isAhead?: boolean;
  /** The value with its unit, without its sign; three digits by default. */
  write?: (value: number) => { number: string; unit: string };
  /** What the value does, in a word or two: "to the grid". */
  word?: (value: number | null) => string;
  /** The value as a phrase for a screen reader: "Battery charging at 1.30 kW". */
  phrase?: (value: number | null) => string;
}

export interface Plot {
  unit: string;
  /** Height [rem], on a narrow and on a wide screen. */
  height?: readonly [number, number];
  /** The scale; by default from zero to a round number around what is seen. */
  range?: readonly [number, number] | ((low: number | null, high: number | null) => [number, number]);
  splits?: readonly number[];
  /** Both directions are sizes: the axis has no minus. */
  isMirrored?: boolean;
  /** A level that means something, such as the reserve. */
  level?: { value: number; label: string } | null;
}

/** Something that happened: at an instant, or from then to then; end null while it lasts. */
export interface Mark {
  start: number;
  end?: number | null;
  label: string;
}

/** What is drawn: slots of time and what is known of each. */
export interface Drawn {
  /** Start of each slot, rising. */
  t: readonly number[];
  /** End of the last slot. */
  end: number;
  /** Length of the slots; of calendar slots that of an ordinary one. [s] */
  step_s: number;
}

/** The end of a slot. */
export function slotEnd(drawn: Drawn, index: number): number {
  const t = drawn.t[index] ?? drawn.end;
  const next = drawn.t[index + 1] ?? drawn.end;
  // Slots of clock time may be left out where nothing was read; those of the calendar are never.
  return drawn.step_s < 86_400 ? Math.min(next, t + drawn.step_s) : next;
}

/** The middle of a slot, where its mean is drawn. */
export const slotMiddle = (drawn: Drawn, index: number): number => ((drawn.t[index] ?? 0) + slotEnd(drawn, index)) / 2;
