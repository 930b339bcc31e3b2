import { describe, expect, it } from "vitest";

import { compared, coverage, type EnergyTotal } from "../src/pages/energy/answer";
import { bucketFor, likeAt, periodOf, periodWords, readPeriod, stepped, writePeriod, yearBefore, type Period } from "../src/pages/energy/periods";
import { energyBars, powerStack, ROWS } from "../src/pages/energy/series";

const TODAY = "2026-06-21";
const NB = "\u00a0";

describe("a period", () => {
  it("holds the day it was made for, from Monday, from the first", () => {
    expect(periodOf("week", TODAY)).toEqual({ span: "week", from: "2026-06-15", to: "2026-06-22" });
    expect(periodOf("month", "2026-12-31")).toEqual({ span: "month", from: "2026-12-01", to: "2027-01-01" });
    expect(periodOf("year", TODAY)).toEqual({ span: "year", from: "2026-01-01", to: "2027-01-01" });
  });
  it("steps by its own length and back again", () => {
    for (const span of ["day", "week", "month", "year"] as const) {
      let period: Period = periodOf(span, "2024-02-29");
      for (let n = 0; n < 30; n++) {
        const next = stepped(period, 1);
        expect(next.from).toBe(period.to);
        expect(stepped(next, -1)).toEqual(period);
        period = next;
      }
    }
    expect(stepped({ span: "range", from: "2026-06-01", to: "2026-06-11" }, -1)).toEqual({ span: "range", from: "2026-05-22", to: "2026-06-01" });
  });
  it("has the same a year before, with the weekdays where it is a week", () => {
    expect(yearBefore(periodOf("month", TODAY)).from).toBe("2025-06-01");
    expect(yearBefore(periodOf("day", "2024-02-29")).from).toBe("2023-02-28");
    expect(new Date(yearBefore(periodOf("week", TODAY)).from).getUTCDay()).toBe(1);
  });
  it("is written into the address and read from it", () => {
    const periods: Period[] = [periodOf("day", "2026-06-20"), periodOf("month", "2025-01-05"), { span: "range", from: "2026-01-03", to: "2026-02-01" }, periodOf("week", TODAY)];
    for (const period of periods) {
      const query = Object.fromEntries(Object.entries(writePeriod(period, TODAY)).filter((pair): pair is [string, string] => pair[1] !== null));
      expect(readPeriod(query, TODAY, "2024-01-01")).toEqual(period);
    }
    expect(readPeriod({}, TODAY, TODAY)).toEqual(periodOf("day", TODAY));
    expect(readPeriod({ from: "nonsense", to: "2026-01-01", day: "2026-99-99" }, TODAY, TODAY).from).toBe(TODAY);
    expect(readPeriod({ span: "all" }, TODAY, "2024-03-01")).toEqual({ span: "all", from: "2024-03-01", to: "2026-06-22" });
  });
  it("is told as one says it", () => {
    expect(periodWords(periodOf("month", TODAY))).toBe("June 2026");
    expect(periodWords(periodOf("week", TODAY))).toBe("15 to 21 Jun 2026");
    expect(periodWords({ span: "range", from: "2025-12-30", to: "2026-01-03" })).toBe("30 Dec 2025 to 2 Jan 2026");
    expect(likeAt(periodOf("month", TODAY), "2020-02-10")).toEqual(periodOf("month", "2020-02-01"));
  });
  it("has a readable number of bars at any length", () => {
    for (const days of [3, 7, 31, 60, 120, 365, 800, 3650, 20_000]) {
      const length = { hour: 1 / 24, day: 1, week: 7, month: 30.4, year: 365 }[bucketFor(days)];
      expect(days / length).toBeLessThanOrEqual(100);
      expect(days / length).toBeGreaterThan(2);
    }
  });
});

describe("a comparison", () => {
  it("says more, less, as much, and nothing where nothing is known", () => {
    expect(compared(112, 100, true)).toBe(`12${NB}% more than 100${NB}kWh`);
    expect(compared(80, 100, true)).toBe(`20${NB}% less than 100${NB}kWh`);
    expect(compared(100.2, 100, true)).toBe(`as much as 100${NB}kWh`);
    expect(compared(5, 0, true)).toBe("none then");
    expect(compared(null, 5, true)).toBeNull();
    expect(compared(5, 2, false)).toBe(`2.00${NB}kWh then, as far as known`);
  });
  it("says how much of the time is accounted for", () => {
    const total = { covered_ratio: 0.9, imported_ratio: 0 } as EnergyTotal;
    expect(coverage(total)).toContain(`90${NB}%`);
    expect(coverage({ ...total, covered_ratio: 1 })).toBeNull();
    expect(coverage({ ...total, covered_ratio: 0.99991, imported_ratio: 0.5 })).toBe(`50${NB}% of the time comes from imported history.`);
  });
});

describe("stacks", () => {
  it("have everything above zero or below, and are told without a sign", () => {
    const bars = energyBars("fed", { solar_to_home: [2], solar_to_grid: [3] });
    expect(bars.find((one) => one.key === "solar_to_grid")?.values).toEqual([-3]);
    expect(bars.find((one) => one.key === "solar_to_grid")?.phrase?.(-3)).toBe(`Solar to grid 3.00${NB}kWh`);
    expect(bars).toHaveLength(ROWS.fed.length);
  });
  it("take a direction of a power as a flow of its own", () => {
    const stack = powerStack("flows", { site_power_w: [500, -700, null], battery_power_w: [], load_power_w: [], solar_power_w: [] });
    expect(stack.find((one) => one.key === "grid_in")?.values).toEqual([0.5, 0, null]);
    expect(stack.find((one) => one.key === "grid_out")?.values).toEqual([0, -0.7, null]);
  });
});
