/** The live house: aggregates sampled several times in every span, and the rest now and then. */

import { useEffect, useState } from "preact/hooks";

import type { Powers } from "../../src/api";
import { Refusal, type Gateway, type Json } from "./api";
import { Average, SAMPLE_MS } from "./average";
import { isDark, POINTS, powersIn, type State } from "./flow";

export interface Live {
  state: State;
  power: Powers | null;
  /** Charge on the gateway's scale. [%] */
  wirePct: number | null;
  grid: string | null;
  siteName: string | null;
  running: boolean | null;
  /** The span of the mean now shown [ms] and how many samples it rests on. */
  spanMs: number;
  samples: number;
}

const START: Live = {
  state: "asking",
  power: null,
  wirePct: null,
  grid: null,
  siteName: null,
  running: null,
  spanMs: 0,
  samples: 0,
};

const SHOWN_MS = 400; // how often the numbers change; faster cannot be read
const AGAIN_MS = 2_000;
const LEFT_ALONE_MS = 30_000;
const RARE_MS = 10_000;

const STATE_OF: Record<number, State> = { 0: "lost", 401: "login", 403: "login", 429: "busy", 502: "stopped", 503: "busy" };

const asNumber = (value: Json | undefined): number | null => (typeof value === "number" ? value : null);
const asText = (value: Json | undefined): string | null => (typeof value === "string" ? value : null);

/** Follow the house until the page is left. */
export function useHouse(gateway: Gateway): Live {
  const [live, setLive] = useState<Live>(START);
  useEffect(() => follow(gateway, (change) => setLive((old) => ({ ...old, ...change }))), [gateway, gateway.session]);
  return live;
}

function follow(gateway: Gateway, tell: (change: Partial<Live>) => void): () => void {
  let ended = false;
  let grid: string | null = null;
  let isStopped = false;
  const average = new Average();
  let shownMs = 0;

  const sample = async (): Promise<void> => {
    if (ended) return;
    const beganMs = performance.now();
    let nextMs = SAMPLE_MS;
    if (document.hidden) {
      nextMs = AGAIN_MS; // nobody looks: the gateway is left alone
      average.clear();
    } else if (!gateway.mayCall("AGGREGATES")) {
      tell({ state: "login", power: null });
      return; // a log-in begins anew
    } else if (isStopped && !(await isRunning())) {
      nextMs = AGAIN_MS; // a stopped system has nothing to measure, so it is not asked to
    } else {
      isStopped = false;
      try {
        average.add(performance.now(), powersIn(await gateway.call("AGGREGATES")));
        show();
      } catch (error) {
        average.clear();
        const state = error instanceof Refusal ? (STATE_OF[error.status] ?? "lost") : "lost";
        isStopped = state === "stopped";
        nextMs = state === "busy" ? LEFT_ALONE_MS : AGAIN_MS;
        if (state === "login" && gateway.session) gateway.forget();
        if (!ended) tell({ state, ...(state === "stopped" || state === "login" ? { power: null } : {}) });
      }
    }
    if (!ended) setTimeout(() => void sample(), Math.max(0, nextMs - (performance.now() - beganMs)));
  };

  /** Whether the system runs again, as far as that is told without measuring. */
  const isRunning = async (): Promise<boolean> => {
    if (!gateway.offers("SITEMASTER")) return true;
    try {
      const body = (await gateway.call("SITEMASTER")) as Record<string, Json>;
      return body["running"] === true;
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      return true; // the sampling then meets what is wrong, and tells it
    }
  };

  const show = (): void => {
    const mean = average.mean();
    if (ended || !mean || performance.now() - shownMs < SHOWN_MS) return;
    shownMs = performance.now();
    const power = Object.fromEntries(POINTS.map((point, place) => [point, mean.values[place] ?? 0])) as unknown as Powers;
    tell({ power, spanMs: mean.spanMs, samples: mean.samples, state: isDark(power, grid) ? "dark" : "live" });
  };

  const read = async (row: string, take: (body: Record<string, Json>) => Partial<Live>): Promise<void> => {
    if (ended || document.hidden || !gateway.offers(row) || !gateway.mayCall(row)) return;
    try {
      const body = await gateway.call(row);
      if (!ended && body !== null && typeof body === "object" && !Array.isArray(body)) tell(take(body));
    } catch (error) {
      // What the sampling meets, it tells; of these readings only their absence is shown.
      if (!(error instanceof Refusal)) throw error;
    }
  };

  const rest = (): void => {
    if (isStopped) return;
    void read("STATE_OF_ENERGY", (body) => ({ wirePct: asNumber(body["percentage"]) }));
    void read("GRID_STATUS", (body) => ({ grid: (grid = asText(body["grid_status"])) }));
  };
  const rarely = (): void => {
    void read("SITE_NAME", (body) => ({ siteName: asText(body["site_name"]) }));
    void read("SITEMASTER", (body) => ({ running: body["running"] === true }));
  };

  tell({ ...START });
  rarely();
  void sample().then(rest);
  const timers = [setInterval(rest, AGAIN_MS), setInterval(rarely, RARE_MS)];
  return () => {
    ended = true;
    timers.forEach(clearInterval);
  };
}
