/** Answers of /api/series at hand: which of them shows a window best, and whether it is fine enough. */

import type { Column, Gap } from "../api";
import type { Drawn, Window } from "./types";
import { lengthOf, within } from "./windows";

/** What the server says. */
export interface SeriesAnswer {
  start: string;
  end: string;
  timezone: string;
  /** The last reading of the record; what is asked for after it may yet come. */
  until: string | null;
  step_s: number;
  t: number[];
  columns: Record<string, Column>;
  low: Record<string, Column>;
  high: Record<string, Column>;
  gaps: Gap[];
  /** Of which only an import tells. */
  imported?: { start: string; end: string }[];
}

export interface Kept {
  asked: Window;
  /** Seconds of the window for each point that was asked for: how fine it is. */
  density: number;
  answer: SeriesAnswer;
  heardMs: number;
}

const MOST = 48;

/** The answers to one question about one gateway, for any window. */
export class SeriesCache {
  private kept: Kept[] = [];

  put(one: Kept): void {
    this.kept = [one, ...this.kept.filter((old) => !(covers(one, old.asked) && one.density === old.density))].slice(0, MOST);
  }

  /** The finest answer that covers the window; else the one that shows most of it; null where none shows any. */
  best(window: Window): Kept | null {
    const whole = this.kept.filter((one) => covers(one, window));
    if (whole.length) return whole.reduce((a, b) => (b.density < a.density ? b : a));
    let found: Kept | null = null;
    let most = 0;
    for (const one of this.kept) {
      const shared = Math.min(one.asked.end, window.end) - Math.max(one.asked.start, window.start);
      if (shared > most * 1.001) [found, most] = [one, shared];
    }
    return found;
  }

  /** Whether an answer at hand shows the window as fine as one asked for it would, and is not too old. */
  has(window: Window, points: number, freshMs: number | null, nowMs: number): boolean {
    const least = lengthOf(window) / points;
    return this.kept.some((one) => covers(one, window) && one.density <= least * 1.05 && !isStale(one, freshMs, nowMs));
  }
}

function covers(one: Kept, window: Window): boolean {
  return one.asked.start <= window.start + 0.5 && one.asked.end >= window.end - 0.5;
}

/** Whether readings may have come since that belong into the answer. */
function isStale({ asked, answer, heardMs }: Kept, freshMs: number | null, nowMs: number): boolean {
  if (freshMs === null || nowMs - heardMs < freshMs) return false;
  return answer.until === null || Date.parse(answer.until) / 1000 < asked.end;
}

/** What is asked for a window: half as much again on each side, so that a step aside is there already. */
export function padded(window: Window, limits: Window): Window {
  const length = lengthOf(window);
  const start = Math.max(Math.min(limits.start, window.start), window.start - length / 2);
  const end = Math.min(Math.max(limits.end, window.end), window.end + length / 2);
  return { start: Math.floor(start), end: Math.ceil(end) };
}

/** The windows that one is likely to go to next: nearer around the middle, farther, aside. */
export function neighbours(window: Window, limits: Window): Window[] {
  const length = lengthOf(window);
  const middle = (window.start + window.end) / 2;
  const found = [
    { start: middle - length / 8, end: middle + length / 8 },
    { start: middle - length * 2, end: middle + length * 2 },
    { start: window.start - length, end: window.end - length },
    { start: window.start + length, end: window.end + length },
  ];
  return found.map((one) => within(one, limits));
}

export const drawnOf = (answer: SeriesAnswer): Drawn => ({
  t: answer.t,
  step_s: answer.step_s,
  end: answer.step_s < 86_400 ? Math.max(Date.parse(answer.end) / 1000, (answer.t[answer.t.length - 1] ?? 0) + 1) : (answer.t[answer.t.length - 1] ?? 0) + 86_400,
});
