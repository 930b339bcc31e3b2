/** Readings as sentences. */

import type { Flow, Now, Power } from "./api";
import { powerText, roughSpan, timeOfDay, wholePercent } from "./format";
import { QUIET_W } from "./flows";

export type Link = "connecting" | "up" | "lost";

const quiet = (watts: number): boolean => Math.abs(watts) < QUIET_W;

/** What a power does, in a word: its direction. */
export function direction(power: Power, watts: number | null | undefined): string {
  if (watts == null) return "no reading";
  switch (power) {
    case "solar":
      return quiet(watts) ? "no sun" : "producing";
    case "load":
      return "using";
    case "battery":
      return quiet(watts) ? "at rest" : watts > 0 ? "discharging" : "charging";
    case "site":
      return quiet(watts) ? "at rest" : watts > 0 ? "from the grid" : "to the grid";
  }
}

/** One power as a phrase that stands alone: "Battery charging at 1.30 kW". */
export function phrase(power: Power, watts: number | null | undefined, islanded = false): string {
  if (power === "site" && islanded) return "The grid is down";
  if (watts == null) {
    return { solar: "Solar unknown", load: "Home unknown", battery: "Battery unknown", site: "Grid unknown" }[power];
  }
  switch (power) {
    case "solar":
      return quiet(watts) ? "Solar not producing" : `Solar producing ${powerText(watts)}`;
    case "load":
      return `Home using ${powerText(watts)}`;
    case "battery":
      return quiet(watts) ? "Battery at rest" : `Battery ${direction(power, watts)} at ${powerText(watts)}`;
    case "site":
      return quiet(watts) ? "Nothing to or from the grid" : `${powerText(watts)} ${direction(power, watts)}`;
  }
}

const SOURCES: Record<string, string> = { solar: "solar", battery: "the battery", grid: "the grid" };
const SINKS: Record<string, string> = { home: "the home", battery: "the battery", grid: "the grid" };

/** One flow as a phrase: "840 W from solar to the home". */
export function flowPhrase(flow: Flow, watts: number): string {
  const [from, to] = flow.split("_to_") as [string, string];
  return `${powerText(watts)} from ${SOURCES[from]} to ${SINKS[to]}`;
}

function join(parts: string[]): string {
  if (parts.length < 2) return parts.join("");
  return `${parts.slice(0, -1).join(", ")} and ${parts[parts.length - 1]}`;
}

const isOn = (now: Pick<Now, "flow_w">, flow: Flow): boolean => (now.flow_w?.[flow] ?? 0) >= QUIET_W;

export function isIslanded(now: Pick<Now, "grid">): boolean {
  return (now.grid?.state ?? "").startsWith("SystemIsland");
}

const RUN = "running the house";
const CHARGE = "charging the battery";
const FEED = "feeding the grid";

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

/** Who does what: sources that share the house first, then what each does besides. */
function clauses(doing: [string, string[]][]): string {
  const runners = doing.filter(([, verbs]) => verbs.includes(RUN));
  if (runners.length < 2) return join(doing.map(([source, verbs]) => `${source} is ${join(verbs)}`));
  const besides = doing
    .map(([source, verbs]): [string, string[]] => [source, verbs.filter((verb) => verb !== RUN)])
    .filter(([, verbs]) => verbs.length)
    .map(([source, verbs]) => `${source} is ${join(verbs)}`);
  return join([`${join(runners.map(([source]) => source))} are ${RUN}`, ...besides]);
}

/** How the house is now, in one sentence without numbers, so that it changes only when something does. */
export function houseSentence(now: Pick<Now, "flow_w" | "grid">): string {
  const doing: [string, string[]][] = [];
  const note = (source: string, flows: [Flow, string][]): void => {
    const verbs = flows.filter(([flow]) => isOn(now, flow)).map(([, verb]) => verb);
    if (verbs.length) doing.push([source, verbs]);
  };
  note("the sun", [
    ["solar_to_home", RUN],
    ["solar_to_battery", CHARGE],
    ["solar_to_grid", FEED],
  ]);
  note("the battery", [
    ["battery_to_home", RUN],
    ["battery_to_grid", FEED],
  ]);
  note("the grid", [
    ["grid_to_home", RUN],
    ["grid_to_battery", CHARGE],
  ]);
  const sentence = capital(doing.length ? `${clauses(doing)}.` : "hardly any power flows.");
  return isIslanded(now) ? `The grid is down. ${sentence}` : sentence;
}

export interface Headline {
  title: string;
  advice: string | null;
}

/** The first thing the page says. */
export function headline(now: Now | null, link: Link): Headline {
  if (link === "lost") {
    return {
      title: "forebay does not answer.",
      advice:
        "The page tries again every few seconds and goes on by itself. " +
        "If it stays so, see whether forebay is still running on its machine, and this device on its network.",
    };
  }
  if (!now) return { title: "Asking forebay for the latest reading …", advice: null };
  const { state, words, advice } = now.connection;
  if (state === "live") return { title: houseSentence(now), advice };
  if (state === "waiting") return { title: words || "Waiting for the first reading.", advice };
  return { title: words, advice };
}

/** The state of the connection in a word or two, for the line that is always in sight. */
export function stateWord(now: Now | null, link: Link): string {
  if (link === "lost") return "Server not answering";
  if (!now) return "Connecting";
  return { live: now.connection.words, stale: "Stale", down: "No readings", waiting: "Waiting" }[now.connection.state];
}

/** Where the charge is going, as the server reckons it; null where nobody can tell. */
export function chargeOutlook(now: Now): string | null {
  const { outlook, operation } = now;
  if (!outlook?.goal) return null;
  if (outlook.goal === "rest" || outlook.at === null) return "At rest.";
  const hours = (Date.parse(outlook.at) - Date.parse(now.at ?? now.now)) / 3_600_000;
  const at = roundedTo(Date.parse(outlook.at), hours < 2 ? 5 : 15);
  const when = `in about ${roughSpan(hours)} at this rate, around ${timeOfDay(at, now.timezone)}.`;
  const reserve = operation?.reserve_app_pct;
  switch (outlook.goal) {
    case "full":
      return `Full ${when}`;
    case "reserve":
      return `${reserve == null ? "At its reserve" : `At its reserve of ${wholePercent(reserve)}`} ${when}`;
    case "empty":
      return `Empty ${when}`;
  }
}

/** The nearest round time. [ms] */
const roundedTo = (ms: number, minutes: number): number => Math.round(ms / (minutes * 60_000)) * minutes * 60_000;

/** What the browser's tab says: charge first, then what the battery or the grid does. */
export function tabTitle(now: Now | null, link: Link): string {
  if (link === "lost") return "No answer – forebay";
  const charge = now?.charge?.app_pct;
  if (!now || charge == null) return "forebay";
  if (now.connection.state !== "live") return `${wholePercent(charge)}, old – forebay`;
  const battery = now.power_w?.battery;
  const doing = battery == null || quiet(battery) ? "at rest" : `${direction("battery", battery)} ${powerText(battery)}`;
  return `${wholePercent(charge)} ${doing} – forebay`;
}
