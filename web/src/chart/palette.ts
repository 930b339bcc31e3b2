/** The page's colours as a canvas needs them: resolved, also where the system forces its own. */

import type { Colour } from "./types";

export interface Palette extends Record<Colour, string> {
  rule: string;
  faint: string;
  ground: string;
  font: string;
  /** Pixels of one rem. */
  rem: number;
}

const TOKENS = ["solar", "home", "battery", "grid", "ink", "muted", "rule", "faint", "ground"] as const;

/** Read the colours in force at an element. */
export function readPalette(element: HTMLElement): Palette {
  const style = getComputedStyle(element);
  const ctx = document.createElement("canvas").getContext("2d");
  const found: Record<string, string> = {};
  for (const name of TOKENS) {
    const token = style.getPropertyValue(`--${name}`).trim();
    if (ctx) ctx.fillStyle = token;
    found[name] = ctx && typeof ctx.fillStyle === "string" ? ctx.fillStyle : token;
  }
  const rem = Number.parseFloat(getComputedStyle(document.documentElement).fontSize) || 16;
  return { ...(found as Record<(typeof TOKENS)[number], string>), font: style.fontFamily, rem };
}

/** A colour painted over another with so much strength, as an opaque colour. */
export function mixed(over: string, under: string, strength: number): string {
  const a = parts(over);
  const b = parts(under);
  if (!a || !b) return over;
  return `rgb(${a.map((value, i) => Math.round(value * strength + (b[i] ?? 0) * (1 - strength))).join(" ")})`;
}

function parts(colour: string): number[] | null {
  const hex = /^#([0-9a-f]{6})$/i.exec(colour)?.[1];
  if (hex) return [0, 2, 4].map((at) => Number.parseInt(hex.slice(at, at + 2), 16));
  const numbers = /^rgba?\(([^)]+)\)/.exec(colour)?.[1]?.split(/[\s,/]+/).slice(0, 3).map(Number);
  return numbers?.length === 3 ? numbers : null;
}

/** A colour that lets through what is behind it. */
export function faded(colour: string, strength: number): string {
  const found = parts(colour);
  return found ? `rgb(${found.join(" ")} / ${strength})` : colour;
}
