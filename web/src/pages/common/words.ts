/** Dates, sizes and lengths as these pages write them. */

import { digits, shiftDate } from "../../format";

const NBSP = "\u00a0";
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/** "11 Feb 2026 04:31" at the site; "–" where there is none. */
export function moment(iso: string | null, timezone: string): string {
  if (!iso) return "–";
  const format = new Intl.DateTimeFormat("en-GB", {
    day: "numeric",
    month: "short",
    year: "numeric",
    hour: "2-digit",
    minute: "2-digit",
    hourCycle: "h23",
    timeZone: timezone,
  });
  return format.format(Date.parse(iso)).replace(",", "");
}

/** "21 Jun 2026" of a calendar date. */
export function shortDate(date: string): string {
  const [year = "", month = "1", day = "1"] = date.split("-");
  return `${Number(day)} ${MONTHS[Number(month) - 1] ?? ""} ${year}`;
}

/** "Jun 2026" of "2026-06". */
export function monthWords(month: string): string {
  const [year = "", number = "1"] = month.split("-");
  return `${MONTHS[Number(number) - 1] ?? ""} ${year}`;
}

/** The first day of the month after. */
export function nextMonth(month: string): string {
  return `${shiftDate(`${month}-28`, 4).slice(0, 7)}-01`;
}

/** "93 %" of a ratio; one decimal below ten. */
export function ratioWords(ratio: number | null | undefined): string | null {
  if (ratio == null) return null;
  const value = ratio * 100;
  return `${Math.abs(value) >= 9.95 ? value.toFixed(0) : value.toFixed(1)}`;
}

/** A number, its unit; null where it is not known. */
export function measured(value: number | null | undefined, unit: string): string | null {
  return value == null ? null : short(value, unit) + NBSP + unit;
}

/** Three digits; a share of a hundred with one decimal, and nothing at all as 0. */
function short(value: number, unit: string): string {
  if (value === 0) return "0";
  return unit === "%" ? value.toFixed(Math.abs(value) >= 99.95 ? 0 : 1) : digits(value);
}

/** A number with its three digits; null where it is not known. */
export function number(value: number | null | undefined): string | null {
  return value == null ? null : short(value, "");
}

/** "92.1 MB". */
export function bytes(size: number | null): string | null {
  if (size === null) return null;
  for (const [unit, of] of [
    ["GB", 1e9],
    ["MB", 1e6],
    ["kB", 1e3],
  ] as const) {
    if (size >= of) return digits(size / of) + NBSP + unit;
  }
  return `${size}${NBSP}B`;
}

/** A whole count with thin spaces: "18 921 600". */
export function count(value: number | null): string | null {
  return value === null ? null : String(value).replace(/\B(?=(\d{3})+(?!\d))/g, "\u202f");
}
