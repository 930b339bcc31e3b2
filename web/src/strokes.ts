/** How each curve is drawn: a line of its own kind, so that colour is never alone. */

import type { Power } from "./api";

export interface Stroke {
  width: number;
  dash: number[];
}

export const STROKES: Record<Power, Stroke> = {
  solar: { width: 1.75, dash: [] },
  load: { width: 1.25, dash: [] },
  battery: { width: 1.5, dash: [7, 3] },
  site: { width: 1.5, dash: [2, 2.5] },
};
