/** The key to the curves: line, name, and the value under the cursor; each curve can be put away. */

import type { Power, Powers } from "../../api";
import { percent, power } from "../../format";
import { STROKES } from "./strokes";
import { direction } from "../../words";

export type Shown = Record<Power, boolean>;

const NAMES: [Power, string, string][] = [
  ["solar", "Solar", "solar"],
  ["load", "Home", "home"],
  ["battery", "Battery", "battery"],
  ["site", "Grid", "grid"],
];

interface LegendProps {
  powers: Powers;
  time: string | null;
  charge: number | null;
  isNow: boolean;
  isEmpty: boolean;
  shown: Shown;
  setShown: (shown: Shown) => void;
}

export function Legend({ powers, time, charge, isNow, isEmpty, shown, setShown }: LegendProps) {
  return (
    <div class="legend">
      <p class="legend-time">
        <span class="legend-label">{isNow ? "Latest" : "At"}</span>
        {isEmpty ? "–" : time}
      </p>
      {NAMES.map(([key, name, colour]) => {
        const { number, unit } = power(powers[key]);
        return (
          <button
            key={key}
            type="button"
            class={`curve-key ${colour}`}
            aria-pressed={shown[key]}
            title={shown[key] ? `Put the curve ${name} away` : `Show the curve ${name}`}
            onClick={() => setShown({ ...shown, [key]: !shown[key] })}
          >
            <span class="curve-name">
              <svg viewBox="0 0 28 8" aria-hidden="true">
                <path d="M0 4H28" stroke-width={STROKES[key].width + 0.6} stroke-dasharray={STROKES[key].dash.join(" ")} />
              </svg>
              {name}
            </span>
            <span class="curve-value">
              {number}
              <span class="unit">{"\u00a0"}{unit}</span>
            </span>
            <span class="curve-word">{direction(key, powers[key])}</span>
          </button>
        );
      })}
      <p class="curve-key charge-key">
        <span class="curve-name">Charge</span>
        <span class="curve-value">{percent(charge)}</span>
        <span class="curve-word">lower curve</span>
      </p>
    </div>
  );
}
