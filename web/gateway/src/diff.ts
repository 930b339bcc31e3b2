/** What a write changed: two readings compared, in words. */

import type { Json } from "./api";
import { label, rowLabel, valueWords } from "./labels";
import type { Reads } from "./model";

/** Members that move by themselves and say nothing of what was done. */
const RESTLESS = /time(?!zone)|stamp|uptime|instant|energy|frequency|voltage|current|power|percentage|_W$|_V$|_VAR$|_Ws$|_Hz$|progress|Vl\dn/i;

export interface Change {
  what: string;
  before: string;
  after: string;
}

export function words(value: Json | undefined): string {
  if (value === undefined || value === null) return "not told";
  if (typeof value === "boolean") return value ? "yes" : "no";
  if (typeof value === "number") return String(Math.round(value * 1000) / 1000);
  if (typeof value === "string") return value === "" ? "empty" : valueWords(value.trim());
  return Array.isArray(value) && value.length === 0 ? "none" : JSON.stringify(value);
}

function flat(value: Json | undefined, path: string[], into: Map<string, Json | undefined>): void {
  if (Array.isArray(value) ? value.length : value !== null && typeof value === "object") {
    for (const [key, member] of Object.entries(value as object)) flat(member as Json, [...path, key], into);
  } else {
    into.set(path.join("\u0000"), value);
  }
}

/** Everything that differs between two readings, but for what always moves. */
export function changes(before: Reads, after: Reads): Change[] {
  const found: Change[] = [];
  for (const row of Object.keys(after)) {
    const [old, fresh] = [new Map<string, Json | undefined>(), new Map<string, Json | undefined>()];
    flat(before[row], [row], old);
    flat(after[row], [row], fresh);
    for (const key of new Set([...old.keys(), ...fresh.keys()])) {
      const path = key.split("\u0000");
      const name = path.slice(1).filter((part) => !/^\d+$/.test(part)).pop() ?? "";
      const [was, is] = [words(old.get(key)), words(fresh.get(key))];
      if (was === is || RESTLESS.test(name)) continue;
      found.push({ what: name ? label(name) : rowLabel(row), before: was, after: is });
    }
  }
  return found;
}
