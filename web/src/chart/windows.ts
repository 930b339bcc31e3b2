/** Windows of time: nearer, farther, aside, and never out of what there is. */

import type { Window } from "./types";

/** The least that can be looked at; readings are 5 s apart. [s] */
export const LEAST_S = 5;

export const lengthOf = ({ start, end }: Window): number => end - start;

/** The window moved and shrunk so that it lies within the limits. */
export function within(window: Window, limits: Window): Window {
  const length = Math.min(Math.max(lengthOf(window), LEAST_S), lengthOf(limits));
  const middle = (window.start + window.end) / 2;
  const start = Math.min(Math.max(middle - length / 2, limits.start), limits.end - length);
  return { start, end: start + length };
}

/** The window made so many times as long, around an instant that stays where it is on the screen. */
export function zoomed(window: Window, times: number, around: number, limits: Window): Window {
  const length = Math.min(Math.max(lengthOf(window) * times, LEAST_S), lengthOf(limits));
  const share = Math.min(1, Math.max(0, (around - window.start) / lengthOf(window)));
  const start = around - share * length;
  return within({ start, end: start + length }, limits);
}

/** The window moved by a share of its length. */
export function moved(window: Window, share: number, limits: Window): Window {
  const by = lengthOf(window) * share;
  return within({ start: window.start + by, end: window.end + by }, limits);
}

export const isSame = (a: Window, b: Window): boolean => Math.abs(a.start - b.start) < 0.5 && Math.abs(a.end - b.end) < 0.5;
