/** One day's curves: live points joined on, values under a cursor, hourly means. */

import type { Column, Day, Now, Powers } from "../../api";

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

/** The powers of one slot, as the live reading would give them. */
export function powersAt(curves: Curves, index: number): Powers {
  return {
    solar: curves.solar_w[index] ?? null,
    load: curves.load_w[index] ?? null,
    site: curves.site_w[index] ?? null,
    battery: curves.battery_w[index] ?? null,
  };
}

/** The slot nearest to a time. */
export function nearest(curves: Curves, t: number): number {
  let low = 0;
  let high = curves.t.length - 1;
  while (low < high) {
    const mid = (low + high) >> 1;
    if ((curves.t[mid] ?? 0) < t) low = mid + 1;
    else high = mid;
  }
  const before = curves.t[low - 1];
  const after = curves.t[low];
  return before !== undefined && after !== undefined && t - before < after - t ? low - 1 : low;
}

export interface Hour extends Record<Curve, number | null> {
  start: number;
}

/** Hourly means, for the table; hours without a reading before the last one are kept and empty. */
export function hourly(day: Day): Hour[] {
  const start = Date.parse(day.start) / 1000;
  const end = Date.parse(day.end) / 1000;
  const last = lastFilled(day);
  const rows: Hour[] = [];
  for (let hour = start, i = 0; hour < end && last >= 0 && hour <= (day.t[last] ?? start); hour += 3600) {
    const first = i;
    while (i < day.t.length && (day.t[i] ?? 0) < hour + 3600) i++;
    const mean = (column: Column): number | null => {
      const values = column.slice(first, i).filter((value) => value != null);
      return values.length ? values.reduce((sum, value) => sum + value, 0) / values.length : null;
    };
    rows.push({
      start: hour,
      solar_w: mean(day.solar_w),
      load_w: mean(day.load_w),
      site_w: mean(day.site_w),
      battery_w: mean(day.battery_w),
      charge_app_pct: mean(day.charge_app_pct),
    });
  }
  return rows;
}
