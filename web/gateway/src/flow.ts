/** The four powers as a house: who feeds whom, and what state it is in, in the gateway's words. */

import type { Flow, Powers } from "../../src/api";
import type { Drawn } from "../../src/FlowDiagram";
import { houseSentence } from "../../src/words";
import type { Json } from "./api";

export type State = "asking" | "live" | "login" | "stopped" | "dark" | "busy" | "lost";

export const POINTS = ["solar", "load", "battery", "site"] as const;

/** The powers in a body of /api/meters/aggregates, in the order of POINTS; a house without solar has 0 there. [W]

    Throws TypeError where another point is missing: no number is made up.
*/
export function powersIn(body: Json): number[] {
  const meters = body as Record<string, { instant_power?: number } | undefined>;
  return POINTS.map((point) => {
    const watts = meters[point]?.instant_power ?? (point === "solar" ? 0 : null);
    if (typeof watts !== "number") throw new TypeError(`${point} is missing`);
    return watts;
  });
}

/** Who feeds whom: the sun feeds the home first, then the battery, then the grid. [W] */
export function split(power: Powers): Record<Flow, number> {
  const solar = Math.max(0, power.solar ?? 0);
  const load = Math.max(0, power.load ?? 0);
  const battery = power.battery ?? 0;
  const site = power.site ?? 0;
  const solarHome = Math.min(solar, load);
  const solarBattery = Math.min(solar - solarHome, Math.max(0, -battery));
  const batteryHome = Math.min(Math.max(0, battery), load - solarHome);
  return {
    solar_to_home: solarHome,
    solar_to_battery: solarBattery,
    solar_to_grid: Math.min(solar - solarHome - solarBattery, Math.max(0, -site)),
    battery_to_home: batteryHome,
    battery_to_grid: Math.min(Math.max(0, battery) - batteryHome, Math.max(0, -site)),
    grid_to_home: Math.min(Math.max(0, site), load - solarHome - batteryHome),
    grid_to_battery: Math.min(Math.max(0, site), Math.max(0, -battery) - solarBattery),
  };
}

/** The app's percentage of the gateway's: the app hides the lowest 5 %. */
export const appPercent = (wire: number): number => Math.min(100, Math.max(0, (wire - 5) / 0.95));
export const wirePercent = (app: number): number => Math.round((0.95 * app + 5) * 1e9) / 1e9;

const GRID: Record<string, string> = {
  SystemGridConnected: "Connected",
  SystemIslandedActive: "Down: the Powerwall carries the home",
  SystemTransitionToGrid: "Back, the system is getting in step with it",
  SystemTransitionToIsland: "Being left",
  SystemIslandedReady: "Down: the Powerwall is ready to carry the home",
  SystemMicroGridFaulted: "Down: the home's own grid has failed",
  SystemWaitForUser: "Down: the system waits for somebody to act",
};

/** The grid's state in words; a word nobody knows is shown as it is. */
export const gridWords = (status: string | null): string => (status ? (GRID[status] ?? status) : "unknown");

/** Whether a house on an island has run dry: nothing flows and nothing can. */
export function isDark(power: Powers, grid: string | null): boolean {
  const still = POINTS.every((point) => Math.abs(power[point] ?? 0) < 1);
  return still && grid !== null && grid !== "SystemGridConnected";
}

export function drawnOf(power: Powers | null, wirePct: number | null, grid: string | null): Drawn | null {
  if (!power) return null;
  return {
    power_w: power,
    flow_w: split(power),
    charge: wirePct === null ? null : { app_pct: appPercent(wirePct), wire_pct: wirePct, remaining_wh: null, full_wh: null },
    grid: { state: grid, words: gridWords(grid) },
  };
}

const TITLES: Record<Exclude<State, "live">, string> = {
  asking: "Asking the gateway …",
  login: "Log in to see the power flow.",
  stopped: "The system is stopped.",
  dark: "The home is dark: the grid is down and the Powerwall is empty.",
  busy: "The gateway wants to be left alone for a moment.",
  lost: "The gateway does not answer.",
};

const ADVICE: Record<State, string | null> = {
  asking: null,
  live: null,
  login: "This release shows its readings only to somebody who has logged in; the customer's login is enough.",
  stopped:
    "The Powerwall neither charges nor discharges, and solar, grid, Powerwall and home are not measured. " +
    "Log in and run the system to start it again.",
  dark: "It starts again by itself when the grid is back, or when the sun gives more than the home needs.",
  busy: "It was asked too often. The page tries again by itself in half a minute.",
  lost: "The page tries again every two seconds and goes on by itself. See whether the gateway has power and this device is on its network.",
};

/** The first thing the page says: a title, and what to do where something is to be done. */
export function headline(state: State, drawn: Drawn | null): { title: string; advice: string | null } {
  if (state !== "live") return { title: TITLES[state], advice: ADVICE[state] };
  return { title: drawn ? gatewayWords(houseSentence(drawn)) : "", advice: null };
}

/** The dashboard's sentence in the gateway's words: Powerwall and home. */
const gatewayWords = (sentence: string): string =>
  sentence.replace(/\b([Tt]he) battery/g, "$1 Powerwall").replaceAll("the house", "the home");
