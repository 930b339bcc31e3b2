/** The small parts that every page is made of: a section, figures, a table, a sentence where there is nothing yet. */

import type { ComponentChildren, RefObject } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";

import { NONE } from "../format";
import type { Problem } from "../hooks";
import type { Live } from "../live";

interface PanelProps {
  title: string;
  /** Unique on the page: names the section. */
  id: string;
  /** A sentence below the title. */
  lead?: ComponentChildren;
  /** Buttons at the title's end. */
  actions?: ComponentChildren;
  children: ComponentChildren;
}

export function Panel({ title, id, lead, actions, children }: PanelProps) {
  return (
    <section class="panel" aria-labelledby={`${id}-title`}>
      <div class="panel-head">
        <h2 id={`${id}-title`}>{title}</h2>
        {actions ? <div class="panel-actions">{actions}</div> : null}
      </div>
      {lead ? <p class="lead">{lead}</p> : null}
      {children}
    </section>
  );
}

export interface FigureRow {
  label: string;
  /** Written by format.ts; null where it is not known. */
  value: string | null;
  unit?: string;
  /** What it means, in words: direction, share, when. */
  words?: ComponentChildren;
  colour?: "solar" | "home" | "battery" | "grid";
}

/** Numbers side by side, each with its unit and its meaning in words. */
export function Figures({ rows, label }: { rows: readonly FigureRow[]; label?: string }) {
  return (
    <dl class="figures" aria-label={label}>
      {rows.map((row) => (
        <div key={row.label} class={row.colour}>
          <dt>{row.label}</dt>
          <dd>
            {row.value ?? NONE}
            {row.unit && row.value !== null ? <span class="unit">{"\u00a0"}{row.unit}</span> : null}
          </dd>
          {row.words ? <dd class="figure-words">{row.words}</dd> : null}
        </div>
      ))}
    </dl>
  );
}

interface TableProps {
  caption: string;
  columns: readonly string[];
  /** The first cell of each row is its name. */
  rows: readonly (readonly ComponentChildren[])[];
}

/** Where a frame that is too wide for its place stands: what is left of it, and what is right, out of sight. */
function useHidden(frame: RefObject<HTMLDivElement | null>): { left: boolean; right: boolean } {
  const [hidden, setHidden] = useState({ left: false, right: false });
  useEffect(() => {
    const one = frame.current;
    if (!one) return undefined;
    const look = (): void => {
      const left = one.scrollLeft > 1;
      const right = one.scrollLeft + one.clientWidth < one.scrollWidth - 1;
      setHidden((old) => (old.left === left && old.right === right ? old : { left, right }));
    };
    look();
    const watch = new ResizeObserver(look);
    watch.observe(one);
    if (one.firstElementChild) watch.observe(one.firstElementChild);
    one.addEventListener("scroll", look, { passive: true });
    return () => {
      watch.disconnect();
      one.removeEventListener("scroll", look);
    };
  }, [frame]);
  return hidden;
}

/** A table that scrolls inside its own frame where it is too wide; its edge then fades, and the keyboard reaches it. */
export function Table({ caption, columns, rows }: TableProps) {
  const frame = useRef<HTMLDivElement>(null);
  const { left, right } = useHidden(frame);
  const scrolls = left || right ? { role: "region" as const, "aria-label": `${caption}, scrolls sideways`, tabIndex: 0 } : {};
  return (
    <div class={`table-box${left ? " more-left" : ""}${right ? " more-right" : ""}`}>
      <div class="table-frame" ref={frame} {...scrolls}>
        <table>
          <caption>{caption}</caption>
          <thead>
            <tr>
              {columns.map((column) => (
                <th key={column} scope="col">
                  {column}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map(([name, ...cells], i) => (
              <tr key={i}>
                <th scope="row">{name}</th>
                {cells.map((cell, j) => (
                  <td key={j}>{cell ?? NONE}</td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </div>
  );
}

/** What stands where there is nothing to show: what is the case, and what to do. */
export function Empty({ words, advice = null, isSmall = false }: { words: string; advice?: string | null; isSmall?: boolean }) {
  return (
    <div class={isSmall ? "empty small" : "empty"}>
      <p>{words}</p>
      {advice ? <p>{advice}</p> : null}
    </div>
  );
}

/** The sentence while an answer is awaited, or why there is none. */
export function Waiting({ problem, what }: { problem: Problem | null; what: string }) {
  return problem ? <Empty words={problem.words} advice={problem.advice} /> : <Empty words={`Fetching ${what} …`} />;
}

/** Why there is nothing to show before the first reading; null from then on. */
export function nothingYet({ now }: Live): { words: string; advice: string | null } | null {
  return now && now.at === null && now.connection.state === "waiting" ? now.connection : null;
}

/** The first line of a page: its title, and one sentence that answers the owner's question. */
export function PageHead({ title, children }: { title: string; children?: ComponentChildren }) {
  return (
    <div class="headline">
      <h1>{title}</h1>
      {children ? <p class="advice">{children}</p> : null}
    </div>
  );
}
