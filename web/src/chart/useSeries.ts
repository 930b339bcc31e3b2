/** The curves of a window, as fine as the screen: what is at hand at once, what is finer as soon as it comes. */

import { useEffect, useMemo, useRef, useState } from "preact/hooks";

import type { Gap } from "../api";
import type { Ask } from "../frame/page";
import { problemOf, type Problem } from "../hooks";
import { drawnOf, neighbours, padded, SeriesCache, type SeriesAnswer } from "./seriesCache";
import type { Drawn, Mark, Window } from "./types";
import { lengthOf } from "./windows";

export interface Seen {
  /** Null until something of the window is at hand. */
  answer: SeriesAnswer | null;
  drawn: Drawn;
  gaps: readonly Gap[];
  problem: Problem | null;
  /** Whether a finer answer is on its way. */
  isWaiting: boolean;
}

interface Question {
  ask: Ask;
  /** As in /api/series: "solar_power_w", "part/3/voltage_v". */
  signals: readonly string[];
  /** Null asks nothing. */
  window: Window | null;
  limits: Window;
  /** How many points the window has room for. */
  points?: number;
  /** How old what may still grow can be; null where nothing grows. [ms] */
  freshMs?: number | null;
}

const EMPTY: Drawn = { t: [], end: 0, step_s: 60 };
const NO_GAPS: readonly Gap[] = [];
const PAUSE_MS = 40; // a turn of the wheel is many events
const IDLE_MS = 180;
const RETRY_MS = 5000;

export function useSeries({ ask, signals, window, limits, points = 700, freshMs = 15_000 }: Question): Seen {
  const names = signals.join(",");
  const cache = useMemo(() => new SeriesCache(), [ask, names]);
  const [, setCount] = useState(0);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [isWaiting, setWaiting] = useState(false);
  const flights = useRef(new Map<string, AbortController>());
  const again = (): void => setCount((count) => count + 1);

  const fetchSpan = useMemo(
    () =>
      (span: Window, howMany: number): Promise<void> => {
        const id = `${names} ${span.start} ${span.end} ${howMany}`;
        if (flights.current.has(id)) return Promise.resolve();
        const stop = new AbortController();
        flights.current.set(id, stop);
        const params = { start: span.start, end: span.end, points: howMany, signals: names };
        return ask<SeriesAnswer>("series", params, stop.signal)
          .then((answer) => cache.put({ asked: span, density: lengthOf(span) / howMany, answer, heardMs: Date.now() }))
          .finally(() => flights.current.delete(id));
      },
    [ask, names, cache],
  );
  useEffect(() => () => flights.current.forEach((stop) => stop.abort()), [cache]);

  const start = window?.start ?? 0;
  const end = window?.end ?? 0;
  useEffect(() => {
    if (!window || !names) return undefined;
    const seen = { start, end };
    let isWanted = true;
    const timers: number[] = [];
    const later = (afterMs: number, what: () => void): void => void timers.push(globalThis.setTimeout(what, afterMs) as unknown as number);
    const look = (target: Window, maxAgeMs = freshMs): Promise<void> | null => {
      if (cache.has(target, points, maxAgeMs, Date.now())) return null;
      const span = padded(target, limits);
      return fetchSpan(span, Math.max(1, Math.ceil((points * lengthOf(span)) / lengthOf(target))));
    };
    const settle = (): void => {
      if (!isWanted) return;
      // Where one is likely to go next is fetched ahead; if that fails, it is asked for when one goes there.
      later(IDLE_MS, () => neighbours(seen, limits).forEach((one) => void look(one, null)?.catch(() => undefined)));
      // What may still grow is asked for again while it is looked at.
      if (freshMs !== null) later(freshMs, () => (document.hidden ? settle() : refresh()));
    };
    const refresh = (): void => {
      const flight = look(seen);
      if (!flight) {
        setWaiting(false);
        settle();
        return;
      }
      setWaiting(true);
      flight.then(
        () => {
          if (!isWanted) return;
          setProblem(null);
          setWaiting(false);
          again();
          settle();
        },
        (error: unknown) => {
          if (!isWanted) return;
          setProblem(problemOf(error));
          setWaiting(false);
          later(RETRY_MS, refresh);
        },
      );
    };
    // The first answer is awaited as it is; on the way through windows only where one rests.
    if (cache.best(seen) === null) refresh();
    else later(PAUSE_MS, refresh);
    return () => {
      isWanted = false;
      timers.forEach((timer) => clearTimeout(timer));
    };
  }, [cache, start, end, limits.start, limits.end, points, freshMs]);

  const best = window ? cache.best(window) : null;
  const drawn = useMemo(() => (best ? drawnOf(best.answer) : EMPTY), [best]);
  return { answer: best?.answer ?? null, drawn, gaps: best?.answer.gaps ?? NO_GAPS, problem, isWaiting };
}

/** The spans of which only an import tells, as marks on a chart. */
export const importedMarks = (spans: readonly { start: string; end: string }[]): Mark[] =>
  spans.map(({ start, end }) => ({ start: Date.parse(start) / 1000, end: Date.parse(end) / 1000, label: "imported" }));
