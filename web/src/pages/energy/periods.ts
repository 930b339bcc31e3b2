/** Spans of the site's calendar: a day, week, month, year, or any days; the one before, and what it is compared with. */

import { monthName } from "../../chart/calendar";
import { longDate, shiftDate } from "../../format";

export type Span = "day" | "week" | "month" | "year" | "range" | "all";
export const SPANS: readonly [Span, string][] = [
  ["day", "Day"],
  ["week", "Week"],
  ["month", "Month"],
  ["year", "Year"],
  ["all", "All"],
  ["range", "Dates"],
];

/** Local days [from, to). */
export interface Period {
  span: Span;
  from: string;
  to: string;
}

const parts = (date: string): [number, number, number] => date.split("-").map(Number) as [number, number, number];

/** A date from a year, a month that may run over, and a day that the month may not have. */
function dateOf(year: number, month: number, day: number): string {
  const first = new Date(Date.UTC(2000, month - 1, 1));
  first.setUTCFullYear(year + Math.floor((month - 1) / 12), (((month - 1) % 12) + 12) % 12, 1);
  const last = new Date(first);
  last.setUTCMonth(first.getUTCMonth() + 1, 0);
  first.setUTCDate(Math.min(day, last.getUTCDate()));
  return first.toISOString().slice(0, 10);
}

/** The days from one date to another. */
export const daysBetween = (from: string, to: string): number => Math.round((Date.parse(`${to}T12:00Z`) - Date.parse(`${from}T12:00Z`)) / 86_400_000);

/** The period of a kind that holds a day. */
export function periodOf(span: Exclude<Span, "range" | "all">, day: string): Period {
  const [year, month] = parts(day);
  switch (span) {
    case "day":
      return { span, from: day, to: shiftDate(day, 1) };
    case "week": {
      const weekday = (new Date(`${day}T12:00Z`).getUTCDay() + 6) % 7;
      return { span, from: shiftDate(day, -weekday), to: shiftDate(day, 7 - weekday) };
    }
    case "month":
      return { span, from: dateOf(year, month, 1), to: dateOf(year, month + 1, 1) };
    case "year":
      return { span, from: dateOf(year, 1, 1), to: dateOf(year + 1, 1, 1) };
  }
}

/** The period so many of its own lengths later; "all" stays. */
export function stepped(period: Period, by: number): Period {
  const { span, from, to } = period;
  if (span === "all") return period;
  if (span === "range") {
    const days = daysBetween(from, to) * by;
    return { span, from: shiftDate(from, days), to: shiftDate(to, days) };
  }
  const [year, month, day] = parts(from);
  if (span === "month") return periodOf("month", dateOf(year, month + by, 1));
  if (span === "year") return periodOf("year", dateOf(year + by, 1, 1));
  return periodOf(span, shiftDate(dateOf(year, month, day), by * (span === "week" ? 7 : 1)));
}

/** The same days a year before. */
export function yearBefore({ span, from, to }: Period): Period {
  const [year, month, day] = parts(from);
  if (span === "week") return { span, from: shiftDate(from, -364), to: shiftDate(to, -364) };
  if (span === "month" || span === "year") return periodOf(span, dateOf(year - 1, month, 1));
  const before = dateOf(year - 1, month, day);
  return { span, from: before, to: shiftDate(before, daysBetween(from, to)) };
}

/** A period of the same length and kind that begins with, or holds, a day. */
export function likeAt(period: Period, day: string): Period {
  if (period.span === "range" || period.span === "all") return { span: "range", from: day, to: shiftDate(day, daysBetween(period.from, period.to)) };
  return periodOf(period.span, day);
}

/** "Sunday 21 June 2026", "15 to 21 June 2026", "June 2026", "2026". */
export function periodWords({ span, from, to }: Period): string {
  const last = shiftDate(to, -1);
  const [year, month, day] = parts(from);
  const [lastYear, lastMonth, lastDay] = parts(last);
  if (span === "year") return String(year);
  if (span === "month") return `${longDate(from).split(" ")[2]} ${year}`;
  if (from === last) return longDate(from);
  const end = `${lastDay} ${monthName(lastMonth)} ${lastYear}`;
  if (year !== lastYear) return `${day} ${monthName(month)} ${year} to ${end}`;
  return month === lastMonth ? `${day} to ${end}` : `${day} ${monthName(month)} to ${end}`;
}

/** How long the bars of so many days are. */
export function bucketFor(days: number): "hour" | "day" | "week" | "month" | "year" {
  if (days <= 2) return "hour";
  if (days <= 70) return "day";
  if (days <= 190) return "week";
  if (days <= 3000) return "month";
  return "year";
}

const isDate = (text: string | undefined): text is string => text !== undefined && /^\d{4}-\d{2}-\d{2}$/.test(text) && !Number.isNaN(Date.parse(text));

/** The period that the address names; today's day where it names none. */
export function readPeriod(query: Readonly<Record<string, string>>, today: string, first: string): Period {
  const { span, day, from, to } = query;
  if (span === "all") return { span, from: first < today ? first : today, to: shiftDate(today, 1) };
  if (isDate(from) && isDate(to) && from < to) return { span: "range", from, to };
  const known = span === "week" || span === "month" || span === "year" ? span : "day";
  return periodOf(known, isDate(day) ? day : today);
}

/** What the address says of a period. */
export function writePeriod({ span, from, to }: Period, today: string): Record<string, string | null> {
  if (span === "range") return { span: null, day: null, from, to };
  const holdsToday = from <= today && today < to;
  return { span: span === "day" ? null : span, day: span === "all" || holdsToday ? null : from, from: null, to: null };
}
