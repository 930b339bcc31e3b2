/** The live connection: server-sent events, a watchdog, and the way back after an outage. */

import { address, get, Refused, type Now } from "./api";
import type { Link } from "./words";

export interface Live {
  now: Now | null;
  link: Link;
  /** When the last message came, by this device's clock. [ms] */
  heardMs: number;
}

const SILENCE_MS = 20_000; // the server speaks at least after each reading; comments keep only proxies awake
const RETRY_MS = 3_000;

/** Follow one gateway on the server (null: the first) until the returned function is called; tells every change. */
export function follow(tell: (live: Live) => void, gateway: string | null = null): () => void {
  let live: Live = { now: null, link: "connecting", heardMs: Date.now() };
  let events: EventSource | null = null;
  let probing = false;
  let stopped = false;

  const heard = (now: Now): void => {
    live = { now, link: "up", heardMs: Date.now() };
    tell(live);
  };

  const open = (): void => {
    events?.close();
    events = new EventSource(address("events", { gateway }));
    events.addEventListener("now", (event) => heard(JSON.parse((event as MessageEvent<string>).data) as Now));
    // Whether the stream or the server broke, a question tells.
    events.onerror = () => void probe();
  };

  const probe = async (): Promise<void> => {
    if (probing || stopped) return;
    probing = true;
    try {
      heard(await get<Now>(address("now", { gateway }), 5000));
      if (!events || events.readyState === EventSource.CLOSED) open();
    } catch (error) {
      // The session is over: the page's own address leads to the log-in.
      if (error instanceof Refused && error.status === 401) location.reload();
      else if (!stopped) {
        if (live.link !== "lost") {
          live = { ...live, link: "lost" };
          tell(live);
        }
        events?.close();
      }
    } finally {
      probing = false;
    }
  };

  const watch = setInterval(() => {
    const silentMs = Date.now() - live.heardMs;
    if (live.link === "lost" || silentMs > SILENCE_MS) void probe();
  }, RETRY_MS);
  const awake = (): void => {
    if (!document.hidden && (live.link !== "up" || Date.now() - live.heardMs > RETRY_MS)) void probe();
  };
  document.addEventListener("visibilitychange", awake);
  window.addEventListener("online", awake);
  open();

  return () => {
    stopped = true;
    clearInterval(watch);
    document.removeEventListener("visibilitychange", awake);
    window.removeEventListener("online", awake);
    events?.close();
  };
}
