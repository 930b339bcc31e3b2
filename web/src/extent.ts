/** From when to when there is a record. */

import { useMemo } from "preact/hooks";

import { startOfDate } from "./chart/calendar";
import type { Window } from "./chart/types";
import type { Ask } from "./frame/page";
import { useAnswer } from "./hooks";

export interface Extent {
  timezone: string;
  first: string | null;
  until: string | null;
  now: string;
  /** The day of `now` at the site. */
  today: string;
}

/** The days of the record, from the first to the end of today; `least` lies within, and is all there is until they are known. */
export function useExtent(ask: Ask, least: Window): Window {
  const { answer } = useAnswer<Extent>(ask, "extent");
  return useMemo(() => {
    if (!answer) return least;
    const first = answer.first ? Date.parse(answer.first) / 1000 : least.start;
    const today = startOfDate(answer.today, answer.timezone);
    return { start: Math.min(least.start, first), end: Math.max(least.end, today + 86_400) };
  }, [answer, least.start, least.end]);
}
