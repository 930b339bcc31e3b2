/** Small hooks: the live connection, a ticking clock, the chosen day, a calm announcement. */

import { useCallback, useEffect, useRef, useState } from "preact/hooks";

import { get, Refused, type Day, type Now } from "./api";
import { livePoint, type LivePoint } from "./day";
import { follow, type Live } from "./live";

export function useLive(): Live {
  const [live, setLive] = useState<Live>({ now: null, link: "connecting", heardMs: Date.now() });
  useEffect(() => follow(setLive), []);
  return live;
}

/** Draw again every so often while `on`. */
export function useTick(on: boolean, everyMs = 1000): void {
  const [, setCount] = useState(0);
  useEffect(() => {
    if (!on) return undefined;
    const timer = setInterval(() => setCount((count) => count + 1), everyMs);
    return () => clearInterval(timer);
  }, [on, everyMs]);
}

/** A sentence for screen readers that follows `text` only once it has held still. */
export function useCalm(text: string, afterMs: number): string {
  const [calm, setCalm] = useState("");
  useEffect(() => {
    const timer = setTimeout(() => setCalm(text), afterMs);
    return () => clearTimeout(timer);
  }, [text, afterMs]);
  return calm;
}

const isDate = (text: string): boolean => /^\d{4}-\d{2}-\d{2}$/.test(text);
const dateInAddress = (): string | null => (isDate(location.hash.slice(1)) ? location.hash.slice(1) : null);

/** The day being looked at, null for today; kept in the address so that it can be sent to someone. */
export function useChosenDay(): [string | null, (date: string | null) => void] {
  const [date, setDate] = useState(dateInAddress);
  useEffect(() => {
    const changed = (): void => setDate(dateInAddress());
    addEventListener("hashchange", changed);
    return () => removeEventListener("hashchange", changed);
  }, []);
  const choose = useCallback((chosen: string | null) => {
    history.replaceState(null, "", chosen ? `#${chosen}` : location.pathname + location.search);
    setDate(chosen);
  }, []);
  return [date, choose];
}

export interface DayView {
  day: Day | null;
  points: readonly LivePoint[];
  problem: { words: string; advice: string | null } | null;
}

const REFRESH_MS = 15_000;

/** The curves of a day: fetched at most every 15 s, with live readings joined on between. */
export function useDay(date: string | null, isToday: boolean, live: Live): DayView {
  const [view, setView] = useState<DayView>({ day: null, points: [], problem: null });
  const askedMs = useRef(0);
  const wanted = useRef<string | null>(null);

  const ask = useCallback((wantedDate: string): void => {
    askedMs.current = Date.now();
    get<Day>(`./api/day?date=${wantedDate}`)
      .then((day) => {
        if (wanted.current === wantedDate) setView((old) => ({ day, points: keepNewer(old.points, day), problem: null }));
      })
      .catch((error: unknown) => {
        if (wanted.current !== wantedDate) return;
        const problem =
          error instanceof Refused
            ? { words: error.message, advice: error.advice }
            : { words: "The curves could not be fetched.", advice: "The page tries again by itself." };
        setView((old) => ({ ...old, problem }));
      });
  }, []);

  useEffect(() => {
    if (date === wanted.current || date === null) return;
    wanted.current = date;
    setView({ day: null, points: [], problem: null });
    ask(date);
  }, [date, ask]);

  useEffect(() => {
    if (live.link !== "up" || date === null) return;
    const point = isToday && live.now ? livePoint(live.now) : null;
    if (point) setView((old) => addPoint(old, point));
    const isOld = Date.now() - askedMs.current >= REFRESH_MS;
    if (isOld && !document.hidden && (isToday || view.problem)) ask(date);
    // Each message from the server is the clock here; the view itself must not be.
  }, [live.heardMs, live.link]);

  return view;
}

function addPoint(view: DayView, point: LivePoint): DayView {
  const last = view.points[view.points.length - 1];
  if (last && point.t <= last.t) return view;
  return { ...view, points: [...view.points, point] };
}

function keepNewer(points: readonly LivePoint[], day: Day): readonly LivePoint[] {
  const last = day.t[day.t.length - 1] ?? 0;
  // The server's last slot may still be filling; what lies in it or behind it stays.
  return points.filter((point) => point.t > last - day.step_s);
}

/** The hour at the house now, running on between messages. [ms] */
export function houseTime(now: Now, heardMs: number): number {
  return Date.parse(now.now) + (Date.now() - heardMs) * now.speed;
}
