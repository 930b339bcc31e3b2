/** What the server says: the types of docs/reference/dashboard-api.md, and how to ask. */

export type ConnectionState = "waiting" | "live" | "stale" | "down";
export type Quantity = "solar" | "home" | "grid_in" | "grid_out" | "battery_in" | "battery_out";
export type Kwh = Record<Quantity, number | null>;
export type Flow =
  | "solar_to_home"
  | "solar_to_battery"
  | "solar_to_grid"
  | "battery_to_home"
  | "battery_to_grid"
  | "grid_to_home"
  | "grid_to_battery";
export type Power = "solar" | "load" | "battery" | "site";

/** Powers in W: site + from the grid, battery + discharging, load + use, solar + production. */
export type Powers = Record<Power, number | null>;

export interface Now {
  at: string | null;
  now: string;
  speed: number;
  /** Changes when something was imported or taken away. */
  imports?: string;
  timezone: string;
  site_name: string | null;
  firmware: string | null;
  connection: { state: ConnectionState; since: string | null; words: string; advice: string | null };
  power_w: Powers | null;
  flow_w: Record<Flow, number | null> | null;
  charge: {
    app_pct: number | null;
    wire_pct: number | null;
    remaining_wh: number | null;
    full_wh: number | null;
  } | null;
  /** Where the charge is going at the mean power of the last 15 minutes; all null where nobody can tell. */
  outlook?: { goal: "full" | "reserve" | "empty" | "rest" | null; at: string | null; power_w: number | null } | null;
  grid: { state: string | null; words: string | null; since?: string | null } | null;
  operation: { mode: string | null; words: string | null; reserve_app_pct: number | null } | null;
  today: { date: string | null; kwh: Kwh | null } | null;
  /** Of several gateways together: which, and which of them are not heard now and left out. */
  gateways?: string[];
  missing?: string[];
}

export type Column = (number | null)[];

export interface Gap {
  start: string;
  end: string;
  reason: string;
  words: string;
}

export interface Day {
  date: string;
  timezone: string;
  start: string;
  end: string;
  step_s: number;
  t: number[];
  solar_w: Column;
  load_w: Column;
  site_w: Column;
  battery_w: Column;
  charge_app_pct: Column;
  gaps: Gap[];
  kwh: Kwh;
}

/** The server answered, and refused; `message` and `advice` are its own words. */
export class Refused extends Error {
  constructor(
    message: string,
    readonly advice: string | null,
    readonly status = 0,
  ) {
    super(message);
  }
}

export type Params = Record<string, string | number | null | undefined>;

/** A relative address of the API with its question; what is null is left out. */
export function address(path: string, params: Params = {}): string {
  const asked = Object.entries(params).filter(([, value]) => value != null);
  const query = new URLSearchParams(asked.map(([name, value]) => [name, String(value)])).toString();
  return `./api/${path}${query ? `?${query}` : ""}`;
}

/** Give the JSON at a relative address; throws Refused with the server's words, or a network error. */
export async function get<T>(at: string, timeoutMs = 8000, signal?: AbortSignal): Promise<T> {
  const limit = AbortSignal.timeout(timeoutMs);
  const reply = await fetch(at, { signal: signal ? AbortSignal.any([limit, signal]) : limit, cache: "no-store" });
  if (reply.ok) return (await reply.json()) as T;
  const body = (await reply.json().catch(() => null)) as { error?: string; advice?: string } | null;
  throw new Refused(body?.error ?? `The server answered ${reply.status}.`, body?.advice ?? null, reply.status);
}
