/** The key to a chart: each series with its line, its value under the cursor and what that means; each can be put away. */

import { digits, NONE } from "../format";
import type { Series } from "./types";

interface ChartKeyProps {
  series: readonly Series[];
  /** "At" or "Latest", and when that is. */
  label: string;
  when: string | null;
  valueOf: (series: Series) => number | null;
  isShown: (key: string) => boolean;
  toggle: (key: string) => void;
}

export function ChartKey({ series, label, when, valueOf, isShown, toggle }: ChartKeyProps) {
  // As wide as the longest name, so that values may change without moving anything.
  const width = Math.max(6.2, 2.6 + 0.47 * Math.max(...series.map((one) => one.label.length)));
  return (
    <div class="legend" style={{ "--key-width": `${width}rem` }}>
      <p class="legend-time">
        <span class="legend-label">{label}</span>{" "}
        {when ?? NONE}
      </p>
      {series.map((one) => {
        const value = valueOf(one);
        const { number, unit } = measureOf(one, value);
        const word = one.word?.(value);
        return (
          <button
            key={one.key}
            type="button"
            class={`curve-key ${one.colour}`}
            aria-pressed={isShown(one.key)}
            title={isShown(one.key) ? `Put ${one.label} away` : `Show ${one.label}`}
            onClick={() => toggle(one.key)}
          >
            <span class="curve-name">
              <Sample series={one} />
              {one.label}
            </span>
            <span class="curve-value">
              {number}
              <span class="unit">{"\u00a0"}{unit}</span>
            </span>
            {word ? <span class="curve-word">{word}</span> : null}
          </button>
        );
      })}
    </div>
  );
}

/** A value as it is written: its size and its unit; the direction is a word of its own where the series has one. */
export function measureOf(series: Series, value: number | null): { number: string; unit: string } {
  if (value === null) return { number: NONE, unit: series.unit };
  return series.write?.(value) ?? { number: digits(series.word ? Math.abs(value) : value), unit: series.unit };
}

/** A series' value as a phrase that stands alone. */
export function phraseOf(series: Series, value: number | null): string {
  if (series.phrase) return series.phrase(value);
  if (value === null) return `${series.label} unknown`;
  const { number, unit } = measureOf(series, value);
  return [`${series.label} ${number}\u00a0${unit}`, series.word?.(value)].filter(Boolean).join(" ");
}

function Sample({ series }: { series: Series }) {
  const { kind, width = 1.5, dash = [], isPale } = series;
  if (kind === "bars" || (kind === "area" && series.stack !== undefined)) {
    return (
      <svg viewBox="0 0 28 8" aria-hidden="true">
        <rect class={isPale ? "pale" : ""} x="0.500" y="-1" width="27" height="10" />
      </svg>
    );
  }
  if (kind === "outline") {
    return (
      <svg viewBox="0 0 28 8" aria-hidden="true">
        <rect class="hollow" x="0.500" y="-1" width="27" height="10" />
      </svg>
    );
  }
  return (
    <svg viewBox="0 0 28 8" aria-hidden="true">
      <path d="M0 4H28" stroke-width={width + 0.6} stroke-dasharray={dash.join(" ")} />
    </svg>
  );
}
