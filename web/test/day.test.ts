import { describe, expect, it } from "vitest";

import type { Day } from "../src/api";
import { joinLive, lastFilled, type LivePoint } from "../src/pages/now/day";

const START = Date.parse("2026-06-21T00:00:00Z") / 1000;

function day(values: (number | null)[]): Day {
  return {
    date: "2026-06-21", timezone: "UTC", start: "2026-06-21T00:00:00Z", end: "2026-06-22T00:00:00Z", step_s: 60,
    t: values.map((_, i) => START + 60 * i),
    solar_w: values, load_w: values, site_w: values, battery_w: values, charge_app_pct: values,
    gaps: [], kwh: { solar: 0, home: 0, grid_in: 0, grid_out: 0, battery_in: 0, battery_out: 0 },
  };
}

const point = (t: number): LivePoint => ({ t, solar_w: 5, load_w: 5, site_w: 5, battery_w: 5, charge_app_pct: 5 });

describe("a day", () => {
  it("gets live points behind its last reading only", () => {
    const joined = joinLive(day([1, 2, null, null]), [point(START + 30), point(START + 90)]);
    expect(joined.t).toEqual([START, START + 60, START + 90]);
    expect(joined.solar_w).toEqual([1, 2, 5]);
  });
  it("keeps a silence as a gap", () => {
    const joined = joinLive(day([1]), [point(START + 3600)]);
    expect(joined.load_w).toEqual([1, null, 5]);
  });
  it("takes no point of another day", () => {
    expect(joinLive(day([1]), [point(START + 86_400), point(START - 1)]).t).toHaveLength(1);
  });
  it("that is empty has no last reading", () => {
    expect(lastFilled(day([null, null]))).toBe(-1);
  });
});
