/** A mean over the last moments of a value that is sampled now and then.

    Each sample holds until the next one; the mean is weighted by time. The span
    looked back over is never more than `longestMs`, whatever the pace of samples.
*/

export const LONGEST_MS = 500;
export const SHORTEST_MS = 250;

/** How often to sample, so that every mean rests on several samples. [ms] */
export const SAMPLE_MS = 80;

interface Sample {
  atMs: number;
  values: readonly number[];
}

export interface Mean {
  values: number[];
  /** The span that the mean covers. [ms] */
  spanMs: number;
  samples: number;
}

export class Average {
  private samples: Sample[] = [];

  constructor(readonly longestMs = LONGEST_MS) {}

  /** Take in what was read at a moment; a clock that goes back starts anew. */
  add(atMs: number, values: readonly number[]): void {
    const last = this.samples[this.samples.length - 1];
    if (last && atMs < last.atMs) this.clear();
    this.samples.push({ atMs, values });
    const since = atMs - this.longestMs;
    // The newest sample before the span still holds at its begin.
    while (this.samples.length > 1 && (this.samples[1] as Sample).atMs <= since) this.samples.shift();
  }

  clear(): void {
    this.samples = [];
  }

  /** The mean over the span that ends with the newest sample; null before it is SHORTEST_MS long. */
  mean(): Mean | null {
    const first = this.samples[0];
    const last = this.samples[this.samples.length - 1];
    if (!first || !last) return null;
    const since = Math.max(first.atMs, last.atMs - this.longestMs);
    const spanMs = last.atMs - since;
    if (spanMs < SHORTEST_MS) return null;
    const values = last.values.map(() => 0);
    for (let i = 0; i + 1 < this.samples.length; i += 1) {
      const sample = this.samples[i] as Sample;
      const heldMs = (this.samples[i + 1] as Sample).atMs - Math.max(sample.atMs, since);
      sample.values.forEach((value, place) => {
        values[place] = (values[place] as number) + (value * heldMs) / spanMs;
      });
    }
    return { values, spanMs, samples: this.samples.length };
  }
}
