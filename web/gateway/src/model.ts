/** What a step of the wizard is made of: readings, and actions with fields. Rows of the catalogue by name. */

import type { Json } from "./api";

/** What was last read, by row. */
export type Reads = Readonly<Record<string, Json | undefined>>;

export type Value = string | boolean | boolean[];
export type Values = Record<string, Value>;

export interface Option {
  value: string;
  words: string;
}

/** Where a choice comes from: fixed words, an enumeration of the gateway's, or something it was asked for. */
export type Options = readonly Option[] | { of: string } | ((reads: Reads) => Option[]);

export interface Field {
  name: string;
  label: string;
  kind: "text" | "secret" | "email" | "number" | "choice" | "check" | "flags";
  hint?: string;
  unit?: string;
  options?: Options;
  /** What stands in the field before anybody touches it. */
  initial?: (reads: Reads) => Value | undefined;
  optional?: boolean;
  /** The labels of a row of check boxes. */
  flags?: readonly string[];
  least?: number;
  most?: number;
}

export interface Action {
  row: string;
  /** What the button says: a verb and its object. */
  title: string;
  about?: string;
  fields?: readonly Field[];
  /** Fields that go into the path instead of the body. */
  parts?: readonly string[];
  body?: (values: Values, reads: Reads) => unknown;
  query?: string;
  /** What will happen to the house; asks before it is done. */
  warn?: string;
  /** The name of the file that the reply is saved as; it is no JSON. */
  file?: string;
  /** Whether the reply itself is what one wants to see. */
  showsReply?: boolean;
}

export interface Panel {
  title: string;
  about?: string;
  /** Rows that are read and shown. */
  shows?: readonly string[];
  /** Rows that are read for choices only. */
  needs?: readonly string[];
  actions?: readonly Action[];
}

export interface Step {
  id: string;
  title: string;
  lead: string;
  warning?: string;
  /** Whether what it shows moves by itself and is read every two seconds. */
  moves?: boolean;
  panels: readonly Panel[];
}

// -- short ways to write the tables ---------------------------------------------------------------------------------

export const at = (reads: Reads, row: string, ...path: (string | number)[]): Json | undefined => {
  let found: Json | undefined = reads[row];
  for (const part of path) {
    if (found === null || typeof found !== "object") return undefined;
    found = Array.isArray(found) ? found[Number(part)] : found[String(part)];
  }
  return found;
};

const worded = (value: Json | undefined): Value | undefined =>
  value == null ? undefined : typeof value === "boolean" ? value : typeof value === "object" ? undefined : String(value);

export const from =
  (row: string, ...path: (string | number)[]) =>
  (reads: Reads): Value | undefined =>
    worded(at(reads, row, ...path));

export const listed = (value: Json | undefined): Json[] => (Array.isArray(value) ? value : []);

export const option = (value: string, words = value): Option => ({ value, words });

/** Options from a list of words, or from one member of a list of objects. */
export const optionsOf =
  (row: string, member?: string) =>
  (reads: Reads): Option[] => {
    const words = listed(reads[row]).map((item) => (member ? at({ item }, "item", member) : item));
    return [...new Set(words.filter((word): word is string => typeof word === "string"))].map((word) => option(word));
  };

type Rest = Partial<Omit<Field, "name" | "label" | "kind">>;
export const text = (name: string, label: string, rest: Rest = {}): Field => ({ name, label, kind: "text", ...rest });
export const secret = (name: string, label: string, rest: Rest = {}): Field => ({ name, label, kind: "secret", ...rest });
export const number = (name: string, label: string, rest: Rest = {}): Field => ({ name, label, kind: "number", ...rest });
export const check = (name: string, label: string, rest: Rest = {}): Field => ({ name, label, kind: "check", ...rest });
export const choice = (name: string, label: string, options: Options, rest: Rest = {}): Field => ({
  name,
  label,
  kind: "choice",
  options,
  ...rest,
});

/** The rows a step reads. */
export const readsOf = (step: Step): string[] => [
  ...new Set(step.panels.flatMap((panel) => [...(panel.shows ?? []), ...(panel.needs ?? [])])),
];
