/** The site's own calendar: instants of its days and months, marks for an axis, and how a time is written. */

const DAY_S = 86_400;
const formats = new Map<string, Intl.DateTimeFormat>();

function format(timezone: string, key: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const id = `${key} ${timezone}`;
  let found = formats.get(id);
  if (!found) {
    found = new Intl.DateTimeFormat("en-GB", { ...options, timeZone: timezone });
    formats.set(id, found);
  }
  return found;
}

export interface Local {
  year: number;
  /** 1–12 */
  month: number;
  day: number;
  hour: number;
  minute: number;
  second: number;
}

/** A UTC instant on the clock and calendar of a place. [s since 1970] */
export function local(t: number, timezone: string): Local {
  const options = { year: "numeric", month: "numeric", day: "numeric", hour: "numeric", minute: "numeric", second: "numeric", hourCycle: "h23" } as const;
  const found: Record<string, number> = {};
  for (const { type, value } of format(timezone, "parts", options).formatToParts(t * 1000)) found[type] = Number(value);
  return found as unknown as Local;
}

/** How far the place's clock is ahead of UTC at an instant. [s] */
export function offset(t: number, timezone: string): number {
  const { year, month, day, hour, minute, second } = local(t, timezone);
  return Date.UTC(year, month - 1, day, hour, minute, second) / 1000 - Math.floor(t);
}

/** The instant at which a local day begins; months and days may run over. [s since 1970] */
export function dayStart(year: number, month: number, day: number, timezone: string): number {
  const asUtc = Date.UTC(year, month - 1, day) / 1000;
  const guess = asUtc - offset(asUtc, timezone);
  const better = asUtc - offset(guess, timezone);
  // Where midnight itself is left out by a change of the clock, the day begins at the first instant there is.
  return offset(better, timezone) === offset(guess, timezone) ? better : Math.max(better, guess);
}

/** "2026-06-21", the local date of an instant. */
export function dateOf(t: number, timezone: string): string {
  const { year, month, day } = local(t, timezone);
  return `${String(year).padStart(4, "0")}-${two(month)}-${two(day)}`;
}

const two = (value: number): string => String(value).padStart(2, "0");

/** The instant at which a written date begins at the place. */
export function startOfDate(date: string, timezone: string): number {
  const [year = 0, month = 1, day = 1] = date.split("-").map(Number);
  return dayStart(year, month, day, timezone);
}

const HOUR_S = 3600;
type Unit = "clock" | "day" | "month" | "year";
/** Distances between marks: [unit, how many, about how long in seconds]. */
const DISTANCES: readonly [Unit, number, number][] = [
  ...[1, 2, 5, 10, 15, 30].map((n): [Unit, number, number] => ["clock", n, n]),
  ...[1, 2, 5, 10, 15, 30].map((n): [Unit, number, number] => ["clock", n * 60, n * 60]),
  ...[1, 2, 3, 6, 12].map((n): [Unit, number, number] => ["clock", n * HOUR_S, n * HOUR_S]),
  ["day", 1, DAY_S],
  ["day", 2, 2 * DAY_S],
  ["day", 7, 7 * DAY_S],
  ["day", 14, 14 * DAY_S],
  ["month", 1, 30 * DAY_S],
  ["month", 2, 61 * DAY_S],
  ["month", 3, 91 * DAY_S],
  ["month", 6, 182 * DAY_S],
  ["year", 1, 365 * DAY_S],
  ["year", 2, 730 * DAY_S],
  ["year", 5, 1826 * DAY_S],
  ["year", 10, 3652 * DAY_S],
];

export interface Ticks {
  at: number[];
  labels: string[];
}

/** Round local times in [start, end], at most so many, and what is written at each. */
export function ticks(start: number, end: number, most: number, timezone: string): Ticks {
  const [unit, count] = DISTANCES.find(([, , about]) => (end - start) / about <= most) ?? (["year", 20] as const);
  const at = unit === "clock" ? clockMarks(start, end, count, timezone) : calendarMarks(start, end, unit, count, timezone);
  return { at, labels: at.map((t) => label(t, unit, count, timezone)) };
}

function clockMarks(start: number, end: number, every: number, timezone: string): number[] {
  const found: number[] = [];
  if ((offset(end, timezone) - offset(start, timezone)) % every === 0) {
    // Round stays round across a change of the clock, and an hour that comes twice has its marks twice.
    const ahead = offset(start, timezone);
    for (let t = Math.ceil((start + ahead) / every) * every - ahead; t <= end; t += every) found.push(t);
    return found;
  }
  // A step lands on round local times; where the clock changes on the way, the next one is set right again.
  let t = start + offset(start, timezone);
  t = Math.ceil(t / every) * every;
  for (let guard = 0; guard < 200; guard++) {
    let instant = t - offset(t - offset(start, timezone), timezone);
    const last = found[found.length - 1];
    if (last !== undefined && instant <= last) instant = last + every;
    if (instant > end) break;
    if (instant >= start) found.push(instant);
    t += every;
  }
  return found;
}

function calendarMarks(start: number, end: number, unit: Unit, count: number, timezone: string): number[] {
  const found: number[] = [];
  const { year, month, day } = local(start, timezone);
  for (let n = 0; n < 400; n++) {
    let instant: number;
    if (unit === "day" && count === 1) instant = dayStart(year, month, day + n, timezone);
    else if (unit === "day") {
      // Every second, seventh … day of the month, so that the marks stand still while one pans.
      const monthOf = month + Math.floor(n / 15);
      const dayOf = 1 + (n % 15) * count;
      const length = new Date(Date.UTC(year, monthOf, 0)).getUTCDate();
      if (dayOf > length - count / 2 && dayOf > 1) continue;
      instant = dayStart(year, monthOf, dayOf, timezone);
    } else if (unit === "month") instant = dayStart(year, Math.floor((month - 1) / count) * count + 1 + n * count, 1, timezone);
    else instant = dayStart(Math.floor(year / count) * count + n * count, 1, 1, timezone);
    if (instant > end) break;
    if (instant >= start) found.push(instant);
  }
  return found;
}

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
export const monthName = (month: number): string => MONTHS[month - 1] ?? "";

function label(t: number, unit: Unit, count: number, timezone: string): string {
  const { year, month, day, hour, minute, second } = local(t, timezone);
  const name = monthName(month);
  if (unit === "year") return String(year);
  if (unit === "month") return month === 1 ? String(year) : name;
  if (unit === "day" || (hour === 0 && minute === 0 && second === 0)) return unit === "day" && day === 1 && month === 1 ? String(year) : `${day} ${name}`;
  return count < 60 ? `${two(hour)}:${two(minute)}:${two(second)}` : `${two(hour)}:${two(minute)}`;
}

/** A slot as one reads it: "14:05", "Sun 21 Jun, 14:05", "Sun 21 Jun 2026", "June 2026"; shorter where the window says the rest. */
export function slotWords(start: number, end: number, timezone: string, window: { start: number; end: number }): string {
  const length = end - start;
  if (length > 300 * DAY_S) return String(local(start + DAY_S, timezone).year);
  if (length > 26 * DAY_S) return format(timezone, "month", { month: "long", year: "numeric" }).format((start + DAY_S) * 1000);
  if (length > DAY_S * 1.1) return `${dayWords(start, timezone)} to ${dayWords(end - 1, timezone)}`;
  if (length > DAY_S * 0.9) return dayWords(start, timezone);
  const clock = length < 60 ? clockWords(start, timezone, true) : clockWords(start, timezone, false);
  const spanned = length > 300 ? `${clock} to ${clockWords(end, timezone, false)}` : clock;
  return window.end - window.start <= 1.1 * DAY_S && dateOf(window.start, timezone) === dateOf(window.end - 1, timezone)
    ? spanned
    : `${dayWords(start, timezone)}, ${spanned}`;
}

/** "Sun 21 Jun 2026" */
export function dayWords(t: number, timezone: string): string {
  return format(timezone, "day", { weekday: "short", day: "numeric", month: "short", year: "numeric" }).format(t * 1000).replace(/,/g, "");
}

/** "14:05" or "14:05:10" */
export function clockWords(t: number, timezone: string, hasSeconds: boolean): string {
  const { hour, minute, second } = local(t, timezone);
  return hasSeconds ? `${two(hour)}:${two(minute)}:${two(second)}` : `${two(hour)}:${two(minute)}`;
}

/** The same with the zone's name, "01:53 CEST", for a time that may come twice. */
function zonedWords(t: number, timezone: string, hasSeconds: boolean): string {
  const parts = format(timezone, "zone", { hour: "numeric", timeZoneName: "short" }).formatToParts(t * 1000);
  return `${clockWords(t, timezone, hasSeconds)} ${parts.find(({ type }) => type === "timeZoneName")?.value ?? ""}`;
}

/** "2026-06-21T14:05:00-07:00", for machines and people both. */
export function written(t: number, timezone: string): string {
  const ahead = offset(t, timezone);
  const text = new Date((Math.floor(t) + ahead) * 1000).toISOString().slice(0, 19);
  const minutes = Math.round(Math.abs(ahead) / 60);
  return `${text}${ahead < 0 ? "-" : "+"}${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
}

/** A window in words: "Sun 21 Jun 2026", "21 Jun 2026, 14:00:00 to 14:00:30". */
export function windowWords(window: { start: number; end: number }, timezone: string): string {
  const { start, end } = window;
  const isWhole = [start, end].every((t) => clockWords(t, timezone, true) === "00:00:00");
  const first = dayWords(start, timezone);
  const last = dayWords(end - 1, timezone);
  if (isWhole) return first === last ? first : `${first} to ${last}`;
  const hasSeconds = end - start < 600;
  if (dateOf(start, timezone) === dateOf(end - 1, timezone)) {
    const words = offset(start, timezone) === offset(end, timezone) ? clockWords : zonedWords;
    return `${first}, ${words(start, timezone, hasSeconds)} to ${words(end, timezone, hasSeconds)}`;
  }
  return `${first}, ${clockWords(start, timezone, false)} to ${dayWords(end, timezone)}, ${clockWords(end, timezone, false)}`;
}
