/** Wheel, drag, pinch and double click on a chart, as changes of its window. */

import type { Window } from "./types";
import { lengthOf, moved, within, zoomed } from "./windows";

export interface Surface {
  /** The instant at a place of the screen. */
  timeAt: (clientX: number) => number;
  window: () => Window;
  limits: () => Window;
  /** What is being selected, while it is; null when it is done. */
  select: (from: number | null, to: number | null) => void;
  zoom: (window: Window) => void;
  fit: () => void;
  point: (clientX: number | null) => void;
}

const WHEEL_STEP = 1.0022; // per pixel of the wheel: a notch of 100 px is a quarter
const LEAST_DRAG_PX = 6;
const SCROLL_REST_MS = 350;

/** Listen on the element until the returned function is called. */
export function listen(element: HTMLElement, surface: Surface): () => void {
  const fingers = new Map<number, number>();
  let drag: { x: number; isPan: boolean; window: Window } | null = null;
  let pinch: { middle: number; gap: number; window: Window } | null = null;
  let scrolledMs = -Infinity;

  const wheel = (event: WheelEvent): void => {
    // A scroll that began elsewhere and came over the chart goes on; with Ctrl (or two fingers) it always zooms.
    if (!event.ctrlKey && event.timeStamp - scrolledMs < SCROLL_REST_MS) {
      scrolledMs = event.timeStamp;
      return;
    }
    const window = surface.window();
    const limits = surface.limits();
    const pixels = event.deltaMode === 1 ? 33 : event.deltaMode === 2 ? 400 : 1;
    if (Math.abs(event.deltaX) > Math.abs(event.deltaY)) {
      if (lengthOf(window) >= lengthOf(limits)) return;
      event.preventDefault();
      surface.zoom(moved(window, (event.deltaX * pixels) / element.clientWidth, limits));
      return;
    }
    const amount = event.deltaY * pixels * (event.ctrlKey ? 4 : 1);
    // Nothing lies beyond the limits: there the page scrolls on.
    if (amount > 0 && lengthOf(window) >= lengthOf(limits) && !event.ctrlKey) return;
    event.preventDefault();
    surface.zoom(zoomed(window, WHEEL_STEP ** amount, surface.timeAt(event.clientX), limits));
  };

  const down = (event: PointerEvent): void => {
    if (event.pointerType === "touch") {
      fingers.set(event.pointerId, event.clientX);
      if (fingers.size === 2) pinch = { ...spread(fingers), window: surface.window() };
      else surface.point(event.clientX);
      return;
    }
    if (event.button !== 0) return;
    element.setPointerCapture(event.pointerId);
    drag = { x: event.clientX, isPan: event.shiftKey, window: surface.window() };
  };

  const move = (event: PointerEvent): void => {
    if (fingers.has(event.pointerId)) {
      fingers.set(event.pointerId, event.clientX);
      if (pinch && fingers.size === 2) pinched(pinch);
      else surface.point(event.clientX);
      return;
    }
    surface.point(event.clientX);
    if (!drag) return;
    if (drag.isPan) {
      const share = (drag.x - event.clientX) / element.clientWidth;
      surface.zoom(moved(drag.window, share, surface.limits()));
    } else if (Math.abs(event.clientX - drag.x) >= LEAST_DRAG_PX) surface.select(drag.x, event.clientX);
  };

  const pinched = (from: { middle: number; gap: number; window: Window }): void => {
    const { middle, gap } = spread(fingers);
    const rect = element.getBoundingClientRect();
    const at = from.window.start + ((from.middle - rect.left) / rect.width) * lengthOf(from.window);
    const nearer = zoomed(from.window, from.gap / Math.max(gap, 1), at, surface.limits());
    surface.zoom(moved(nearer, (from.middle - middle) / rect.width, surface.limits()));
  };

  const up = (event: PointerEvent): void => {
    if (fingers.delete(event.pointerId)) {
      if (fingers.size < 2) pinch = null;
      return;
    }
    if (drag && !drag.isPan && Math.abs(event.clientX - drag.x) >= LEAST_DRAG_PX && event.type === "pointerup") {
      const [from, to] = [surface.timeAt(drag.x), surface.timeAt(event.clientX)].sort((a, b) => a - b) as [number, number];
      surface.zoom(within({ start: from, end: to }, surface.limits()));
    }
    drag = null;
    surface.select(null, null);
  };

  const leave = (event: PointerEvent): void => {
    if (event.pointerType !== "touch" && !drag) surface.point(null);
  };
  const scrolled = (event: Event): void => {
    scrolledMs = event.timeStamp;
  };
  const twice = (): void => surface.fit();

  const heard: [string, EventListener][] = [
    ["pointerdown", down as EventListener],
    ["pointermove", move as EventListener],
    ["pointerup", up as EventListener],
    ["pointercancel", up as EventListener],
    ["pointerleave", leave as EventListener],
    ["dblclick", twice],
  ];
  for (const [name, listener] of heard) element.addEventListener(name, listener);
  element.addEventListener("wheel", wheel, { passive: false });
  document.addEventListener("scroll", scrolled, { passive: true });
  return () => {
    for (const [name, listener] of heard) element.removeEventListener(name, listener);
    element.removeEventListener("wheel", wheel);
    document.removeEventListener("scroll", scrolled);
  };
}

function spread(fingers: ReadonlyMap<number, number>): { middle: number; gap: number } {
  const [a = 0, b = 0] = [...fingers.values()];
  return { middle: (a + b) / 2, gap: Math.abs(a - b) };
}
