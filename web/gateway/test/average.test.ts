// S019: what the page shows is a mean over 250–500 ms.
import { expect, test } from "vitest";

import { Average, LONGEST_MS, SAMPLE_MS, SHORTEST_MS } from "../src/average";

test("a value that swings within the span is shown as its mean", () => {
  const average = new Average();
  for (let at = 0; at <= 1000; at += 50) average.add(at, [(at / 50) % 2 ? 3000 : 1000]);

  expect(average.mean()?.values[0]).toBeCloseTo(2000, 0);
});

test("a span shorter than 250 ms shows nothing yet, and none is longer than 500 ms", () => {
  const average = new Average();
  for (let at = 0; at <= 3000; at += SAMPLE_MS) {
    average.add(at, [1]);
    const spanMs = average.mean()?.spanMs;
    if (at < SHORTEST_MS) expect(spanMs).toBeUndefined();
    else expect(spanMs).toBe(Math.min(at, LONGEST_MS));
  }
});

test("a step is fully shown half a second later, and half of it in the middle", () => {
  const average = new Average();
  for (let at = 0; at <= 1000; at += 10) average.add(at, [at < 1000 ? 0 : 800]);
  for (let at = 1010; at <= 1250; at += 10) average.add(at, [800]);

  expect(average.mean()?.values[0]).toBeCloseTo(400, 0);
  for (let at = 1260; at <= 1500; at += 10) average.add(at, [800]);
  expect(average.mean()?.values[0]).toBeCloseTo(800, 6);
});

test("uneven samples weigh by how long they held", () => {
  const average = new Average();
  average.add(0, [1000]);
  average.add(300, [2000]);
  average.add(400, [2000]);

  expect(average.mean()?.values[0]).toBe(1250);
});

test("slow samples give the mean of what held in the span", () => {
  const average = new Average();
  average.add(0, [1000]);
  average.add(2000, [3000]);

  expect(average.mean()).toEqual({ values: [1000], spanMs: 500, samples: 2 });
});

test("a clock that is set back starts anew", () => {
  const average = new Average();
  average.add(5000, [1]);
  average.add(100, [9]);
  average.add(400, [9]);

  expect(average.mean()?.values[0]).toBe(9);
});
