/** The curves of the capacity: what was told, the trend through it, and the warranty's line. */

import type { Column } from "../../api";
import type { Series } from "../../chart/types";
import { shiftDate } from "../../format";
import type { BatteryAnswer } from "./answer";

/** Every day from the first to the last, also those without a value. */
export function everyDay(first: string, last: string): string[] {
  const days: string[] = [];
  for (let day = first; day <= last; day = shiftDate(day, 1)) days.push(day);
  return days;
}

/** Values of some days, set among all days. */
export function spread(days: readonly string[], some: readonly string[], values: Column): Column {
  const known = new Map(some.map((day, i) => [day, values[i] ?? null]));
  return days.map((day) => known.get(day) ?? null);
}

/** A straight line between two days, null outside of them. */
export function straight(days: readonly string[], from: string, fromValue: number, to: string, toValue: number): Column {
  const start = Date.parse(from);
  const length = Date.parse(to) - start;
  return days.map((day) => {
    const share = length > 0 ? (Date.parse(day) - start) / length : 0;
    return share < 0 || share > 1 ? null : fromValue + share * (toValue - fromValue);
  });
}

export function capacitySeries(days: readonly string[], { capacity, trend, warranty }: BatteryAnswer): Series[] {
  const kwh = (column: Column): Column => column.map((wh) => (wh === null ? null : wh / 1000));
  const found: Series[] = [
    { key: "capacity", label: "Full packs", unit: "kWh", kind: "line", colour: "battery", width: 1.6, values: kwh(spread(days, capacity.days, capacity.wh)) },
  ];
  if (trend.start && trend.end && trend.start_wh !== null && trend.end_wh !== null) {
    found.push({
      key: "trend",
      label: "Trend",
      unit: "kWh",
      kind: "line",
      colour: "ink",
      width: 1.6,
      dash: [7, 4],
      values: kwh(straight(days, trend.start, trend.start_wh, trend.end, trend.end_wh)),
    });
  }
  if (warranty.start && warranty.end && warranty.start_wh !== null && warranty.end_wh !== null) {
    found.push({
      key: "warranty",
      label: "Usual warranty",
      unit: "kWh",
      kind: "line",
      colour: "muted",
      width: 1.4,
      dash: [2, 4],
      values: kwh(straight(days, warranty.start, warranty.start_wh, warranty.end, warranty.end_wh)),
    });
  }
  return found;
}
