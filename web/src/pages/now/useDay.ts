/** The curves of a day and what came since. */

import { useCallback, useEffect, useRef, useState } from "preact/hooks";

import type { Day } from "../../api";
import type { Ask } from "../../frame/page";
import { problemOf, type Problem } from "../../hooks";
import type { Live } from "../../live";
import { livePoint, type LivePoint } from "./day";

export interface DayView {
  day: Day | null;
  points: readonly LivePoint[];
  problem: Problem | null;
}

const REFRESH_MS = 15_000;

/** The curves of a day: fetched at most every 15 s, with live readings joined on between. */
export function useDay(ask: Ask, date: string | null, isToday: boolean, live: Live): DayView {
  const [view, setView] = useState<DayView>({ day: null, points: [], problem: null });
  const askedMs = useRef(0);
  const wanted = useRef<string | null>(null);

  const fetchDay = useCallback((wantedDate: string): void => {
    askedMs.current = Date.now();
    ask<Day>("day", { date: wantedDate })
      .then((day) => {
        if (wanted.current === wantedDate) setView((old) => ({ day, points: keepNewer(old.points, day), problem: null }));
      })
      .catch((error: unknown) => {
        if (wanted.current !== wantedDate) return;
        setView((old) => ({ ...old, problem: problemOf(error) }));
      });
  }, [ask]);

  useEffect(() => {
    wanted.current = date;
    setView({ day: null, points: [], problem: null });
    if (date !== null) fetchDay(date);
  }, [date, fetchDay]);

  useEffect(() => {
    if (live.link !== "up" || date === null) return;
    const point = isToday && live.now ? livePoint(live.now) : null;
    if (point) setView((old) => addPoint(old, point));
    const isOld = Date.now() - askedMs.current >= REFRESH_MS;
    if (isOld && !document.hidden && (isToday || view.problem)) fetchDay(date);
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
