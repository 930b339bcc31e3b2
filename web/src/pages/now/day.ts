/** One day's curves with the live points joined on. */

import type { Column, Day, Now } from "../../api";

export const CURVES = ["solar_w", "load_w", "site_w", "battery_w", "charge_app_pct"] as const;
export type Curve = (typeof CURVES)[number];

/** A reading that came after the day was last fetched. */
export interface LivePoint extends Record<Curve, number | null> {
  t: number;
}

export interface Curves extends Record<Curve, Column> {
  t: number[];
}

/** The live reading as a point of a curve; null when it is none. */
export function livePoint(now: Now): LivePoint | null {
  if (now.connection.state !== "live" || !now.at || !now.power_w) return null;
  const { solar, load, site, battery } = now.power_w;
  return {
    t: Date.parse(now.at) / 1000,
    solar_w: solar,
    load_w: load,
    site_w: site,
    battery_w: battery,
    charge_app_pct: now.charge?.app_pct ?? null,
  };
}

/** The index of the last slot that holds a reading, or -1. */
export function lastFilled(day: Curves): number {
  for (let i = day.t.length - 1; i >= 0; i--) {
    if (CURVES.some((curve) => day[curve][i] != null)) return i;
  }
  return -1;
}

/** The fetched day with the live points behind its last reading; a silence between them stays a gap. */
export function joinLive(day: Day, points: readonly LivePoint[]): Curves {
  const end = lastFilled(day) + 1;
  const joined: Curves = {
    t: day.t.slice(0, end),
    solar_w: day.solar_w.slice(0, end),
    load_w: day.load_w.slice(0, end),
    site_w: day.site_w.slice(0, end),
    battery_w: day.battery_w.slice(0, end),
    charge_app_pct: day.charge_app_pct.slice(0, end),
  };
  const from = Date.parse(day.start) / 1000;
  const to = Date.parse(day.end) / 1000;
  for (const point of points) {
    const last = joined.t[joined.t.length - 1] ?? from - 1;
    if (point.t < from || point.t >= to || point.t <= last) continue;
    if (joined.t.length && point.t - last > 4 * day.step_s) {
      joined.t.push(last + day.step_s);
      for (const curve of CURVES) joined[curve].push(null);
    }
    joined.t.push(point.t);
    for (const curve of CURVES) joined[curve].push(point[curve]);
  }
  return joined;
}
