/** Numbers, spans and times as the page writes them. */

const NBSP = "\u00a0";
export const NONE = "–";

/** At most three significant digits, and never more than two decimals. */
export function digits(value: number): string {
  const size = Math.abs(value);
  const decimals = size >= 99.95 ? 0 : size >= 9.995 ? 1 : 2;
  const text = size.toFixed(decimals);
  return value < 0 && Number(text) !== 0 ? `−${text}` : text;
}

export interface Measure {
  number: string;
  unit: string;
}

/** A power without its sign: W below one kilowatt, kW above. */
export function power(watts: number | null | undefined): Measure {
  if (watts == null) return { number: NONE, unit: "kW" };
  const size = Math.abs(watts);
  // Ten-watt steps above 100 W would hide nothing an owner acts on, but three digits are the rule.
  if (size < 999.5) return { number: size.toFixed(0), unit: "W" };
  return { number: digits(size / 1000), unit: "kW" };
}

export function powerText(watts: number | null | undefined): string {
  if (watts == null) return "unknown";
  const { number, unit } = power(watts);
  return number + NBSP + unit;
}

export function kwh(value: number | null | undefined): string {
  return value == null ? NONE : digits(Math.max(0, value));
}

export function percent(value: number | null | undefined): string {
  if (value == null) return NONE;
  return (value >= 99.95 ? "100" : Math.max(0, value).toFixed(1)) + NBSP + "%";
}

/** A whole percentage, for numbers that people set. */
export function wholePercent(value: number): string {
  return `${Math.round(value)}${NBSP}%`;
}

/** A span in the two largest units that matter: "40 s", "14 min", "2 h 30 min", "3 days". */
export function span(seconds: number): string {
  const s = Math.max(0, seconds);
  if (s < 60) return `${Math.floor(s)}${NBSP}s`;
  const minutes = Math.floor(s / 60);
  if (minutes < 60) return `${minutes}${NBSP}min`;
  const hours = Math.floor(minutes / 60);
  if (hours >= 48) return `${Math.floor(hours / 24)}${NBSP}days`;
  const rest = minutes % 60;
  return rest ? `${hours}${NBSP}h ${rest}${NBSP}min` : `${hours}${NBSP}h`;
}

/** A span for an estimate, no more exact than the estimate is. */
export function roughSpan(hours: number): string {
  if (hours < 0.75) return span(Math.max(5, Math.round((hours * 60) / 5) * 5) * 60);
  return span(Math.round(hours * 4) * 900);
}

const clocks = new Map<string, Intl.DateTimeFormat>();

function clock(timezone: string, options: Intl.DateTimeFormatOptions, key: string): Intl.DateTimeFormat {
  const id = `${key} ${timezone}`;
  let found = clocks.get(id);
  if (!found) {
    found = new Intl.DateTimeFormat("en-GB", { ...options, timeZone: timezone });
    clocks.set(id, found);
  }
  return found;
}

/** "20:05" at the house. */
export function timeOfDay(ms: number, timezone: string): string {
  return clock(timezone, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" }, "hm").format(ms);
}

/** "20:05:10" at the house. */
export function timeWithSeconds(ms: number, timezone: string): string {
  const options = { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" } as const;
  return clock(timezone, options, "hms").format(ms);
}

/** "Sunday 21 June 2026", of a calendar date, whatever the time zone. */
export function longDate(date: string): string {
  const options = { weekday: "long", day: "numeric", month: "long", year: "numeric" } as const;
  return clock("UTC", options, "date").format(Date.parse(`${date}T12:00:00Z`)).replace(",", "");
}

/** The calendar date so many days later. */
export function shiftDate(date: string, days: number): string {
  const moved = new Date(Date.parse(`${date}T12:00:00Z`) + days * 86_400_000);
  return moved.toISOString().slice(0, 10);
}
