/** The power-flow diagram as geometry: where each flow runs, how thick, how fast. */

import type { Flow } from "./api";

export type Node = "solar" | "home" | "battery" | "grid";

export interface Point {
  x: number;
  y: number;
}

export const VIEW = { width: 420, height: 420 };
export const RADIUS = 50;
export const NODES: Record<Node, Point> = {
  solar: { x: 210, y: 80 },
  grid: { x: 64, y: 208 },
  home: { x: 356, y: 208 },
  battery: { x: 210, y: 336 },
};

/** Below this a flow is measurement noise and is not drawn. [W] */
export const QUIET_W = 25;

/** One possible flow: from, through a bend, to. Straight flows bend on their own line. */
export interface Route {
  flow: Flow;
  from: Node;
  to: Node;
  start: Point;
  bend: Point;
  end: Point;
}

const SIDE = 22; // how far a curve starts from the middle of its node
const RIM = Math.sqrt(RADIUS ** 2 - SIDE ** 2) + 2;

function curve(flow: Flow, from: Node, to: Node, upright: Node): Route {
  // A curve joins an upper or lower node (upright) with one at the side.
  const side = upright === from ? to : from;
  const u = NODES[upright];
  const s = NODES[side];
  const across = Math.sign(s.x - u.x);
  const along = Math.sign(s.y - u.y);
  const uprightEnd = { x: u.x + across * SIDE, y: u.y + along * RIM };
  const sideEnd = { x: s.x - across * RIM, y: s.y - along * SIDE };
  const bend = { x: uprightEnd.x, y: sideEnd.y };
  return upright === from
    ? { flow, from, to, start: uprightEnd, bend, end: sideEnd }
    : { flow, from, to, start: sideEnd, bend, end: uprightEnd };
}

function straight(flow: Flow, from: Node, to: Node): Route {
  const a = NODES[from];
  const b = NODES[to];
  const length = Math.hypot(b.x - a.x, b.y - a.y);
  const ux = (b.x - a.x) / length;
  const uy = (b.y - a.y) / length;
  const rim = RADIUS + 2;
  const start = { x: a.x + ux * rim, y: a.y + uy * rim };
  const end = { x: b.x - ux * rim, y: b.y - uy * rim };
  return { flow, from, to, start, bend: { x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 }, end };
}

/** In the order they are drawn: the upright line passes over the level one. */
export const ROUTES: readonly Route[] = [
  straight("grid_to_home", "grid", "home"),
  straight("solar_to_battery", "solar", "battery"),
  curve("solar_to_home", "solar", "home", "solar"),
  curve("solar_to_grid", "solar", "grid", "solar"),
  curve("battery_to_home", "battery", "home", "battery"),
  curve("battery_to_grid", "battery", "grid", "battery"),
  curve("grid_to_battery", "grid", "battery", "battery"),
];

/** Lines that are always faintly there; battery and grid share one. */
export const TRACKS: readonly Route[] = ROUTES.filter((route) => route.flow !== "grid_to_battery");

function along(route: Route, share: number): Point {
  const { start, bend, end } = route;
  const rest = 1 - share;
  return {
    x: rest * rest * start.x + 2 * rest * share * bend.x + share * share * end.x,
    y: rest * rest * start.y + 2 * rest * share * bend.y + share * share * end.y,
  };
}

/** The route as an SVG path, cut short at its end by so many units to leave room for the arrow. */
export function pathOf(route: Route, cut = 0): string {
  const { start, bend, end } = route;
  const back = Math.hypot(end.x - bend.x, end.y - bend.y);
  const share = cut / back;
  const tip = { x: end.x + (bend.x - end.x) * share, y: end.y + (bend.y - end.y) * share };
  return `M${round(start.x)} ${round(start.y)}Q${round(bend.x)} ${round(bend.y)} ${round(tip.x)} ${round(tip.y)}`;
}

/** The arrowhead at the end of a route, as an SVG path. */
export function arrowOf(route: Route, width: number): string {
  const { bend, end } = route;
  const angle = Math.atan2(end.y - bend.y, end.x - bend.x);
  const half = arrowHalf(width);
  const length = arrowLength(width);
  const corner = (back: number, aside: number): string => {
    const x = end.x - back * Math.cos(angle) - aside * Math.sin(angle);
    const y = end.y - back * Math.sin(angle) + aside * Math.cos(angle);
    return `${round(x)} ${round(y)}`;
  };
  return `M${corner(0, 0)}L${corner(length, half)}L${corner(length, -half)}Z`;
}

export function arrowLength(width: number): number {
  return 9 + width * 0.45;
}

function arrowHalf(width: number): number {
  return 5 + width * 0.55;
}

const round = (value: number): number => Math.round(value * 10) / 10;

/** The middle of a route. */
export const middle = (route: Route): Point => along(route, 0.5);

/** The power that gets the thickest line: the first of 5, 10, 20, 50, 100 … kW that holds it. [W] */
export function fullScale(largestW: number): number {
  let decade = 1000;
  for (;;) {
    for (const step of [5, 10, 20]) {
      if (largestW <= step * decade) return step * decade;
    }
    decade *= 10;
  }
}

const THICKEST = 20;
const THINNEST = 1.6;

/** Line thickness, proportional to power. [units of the drawing] */
export function thickness(watts: number, fullW: number): number {
  return Math.max(THINNEST, Math.min(1, watts / fullW) * THICKEST);
}

/** Speed of the dashes, proportional to power. [units of the drawing per second] */
export function pace(watts: number, fullW: number): number {
  return Math.max(8, Math.min(1, watts / fullW) * 150);
}
