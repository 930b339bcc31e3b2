import { describe, expect, it } from "vitest";

import { dateOf, dayStart, slotWords, startOfDate, ticks, windowWords, written } from "../src/chart/calendar";
import { rowsOf } from "../src/chart/ChartTable";
import { layersOf, slotAt } from "../src/chart/columns";
import { csvOf, fileName } from "../src/chart/export";
import { neighbours, padded, SeriesCache, type SeriesAnswer } from "../src/chart/seriesCache";
import { slotEnd, type Series } from "../src/chart/types";
import { moved, within, zoomed } from "../src/chart/windows";

const ZONE = "America/Los_Angeles";
const at = (text: string): number => Date.parse(text) / 1000;
const hoursOf = (marks: number[], start: number): number[] => marks.map((t) => (t - start) / 3600);

describe("the calendar of the house", () => {
  it("has days of 23 and 25 hours", () => {
    expect(startOfDate("2026-03-09", ZONE) - startOfDate("2026-03-08", ZONE)).toBe(23 * 3600);
    expect(startOfDate("2026-11-02", ZONE) - startOfDate("2026-11-01", ZONE)).toBe(25 * 3600);
    expect(dayStart(2026, 13, 1, ZONE)).toBe(startOfDate("2027-01-01", ZONE));
  });
  it("knows days that begin at one o'clock", () => {
    const start = startOfDate("2018-11-04", "America/Sao_Paulo");
    expect(written(start, "America/Sao_Paulo")).toBe("2018-11-04T01:00:00-02:00");
  });
  it("marks the same local hours when the clock changes", () => {
    const start = at("2026-03-08T08:00:00Z");
    expect(hoursOf(ticks(start, start + 23 * 3600, 5, ZONE).at, start)).toEqual([0, 5, 11, 17, 23]);
    const autumn = at("2026-11-01T07:00:00Z");
    expect(hoursOf(ticks(autumn, autumn + 25 * 3600, 5, ZONE).at, autumn)).toEqual([0, 7, 13, 19, 25]);
  });
  it("marks an hour that comes twice twice, without a hole", () => {
    for (const [change, zone] of [["2026-11-01T09:00:00Z", ZONE], ["2026-10-25T01:00:00Z", "Europe/Paris"], ["2026-04-04T15:00:00Z", "Australia/Lord_Howe"], ["2026-03-08T10:00:00Z", ZONE]] as const) {
      for (const half of [20, 60, 300, 1800, 5400]) {
        const marks = ticks(at(change) - half, at(change) + half, 6, zone).at;
        const steps = marks.slice(1).map((t, n) => t - marks[n]!);
        expect(new Set(steps).size).toBe(1);
        expect(marks[0]! - (at(change) - half)).toBeLessThan(steps[0]!);
        expect(at(change) + half - marks[marks.length - 1]!).toBeLessThan(steps[0]!);
      }
    }
  });
  it("names the zone of a window over a change of the clock", () => {
    const change = at("2026-10-25T01:00:00Z");
    expect(windowWords({ start: change - 60, end: change + 60 }, "Europe/Paris")).toBe("Sun 25 Oct 2026, 02:59:00 CEST to 02:01:00 CET");
    expect(windowWords({ start: change + 60, end: change + 120 }, "Europe/Paris")).toBe("Sun 25 Oct 2026, 02:01:00 to 02:02:00");
  });
  it("never has more marks than there is room for, at any length, and they are in order", () => {
    for (const zone of [ZONE, "Asia/Kathmandu", "Australia/Lord_Howe", "UTC"]) {
      for (let length = 5; length < 3e9; length *= 1.7) {
        const { at: marks, labels } = ticks(1.75e9 - length, 1.75e9, 9, zone);
        expect(marks.length).toBeLessThanOrEqual(10);
        expect(labels).toHaveLength(marks.length);
        expect([...marks].sort((a, b) => a - b)).toEqual(marks);
        if (length < 1e9) expect(marks.length).toBeGreaterThan(0);
      }
    }
  });
  it("writes seconds, hours, days, months and years as one reads them", () => {
    const day = startOfDate("2026-06-21", ZONE);
    expect(ticks(day + 36_000, day + 36_010, 5, ZONE).labels).toContain("10:00:02");
    expect(ticks(day, day + 86_400, 9, ZONE).labels).toEqual(["21 Jun", "03:00", "06:00", "09:00", "12:00", "15:00", "18:00", "21:00", "22 Jun"]);
    expect(ticks(day, day + 20 * 365 * 86_400, 9, ZONE).labels).toContain("2030");
    expect(slotWords(day + 3600, day + 3660, ZONE, { start: day, end: day + 86_400 })).toBe("01:00");
    expect(slotWords(day + 3600, day + 4500, ZONE, { start: day, end: day + 86_400 })).toBe("01:00 to 01:15");
    expect(slotWords(day, day + 86_400, ZONE, { start: day, end: day + 1e7 })).toBe("Sun 21 Jun 2026");
    expect(slotWords(startOfDate("2026-02-01", ZONE), startOfDate("2026-03-01", ZONE), ZONE, { start: 0, end: 1 })).toBe("February 2026");
    expect(windowWords({ start: day, end: day + 86_400 }, ZONE)).toBe("Sun 21 Jun 2026");
    expect(windowWords({ start: day + 36_000, end: day + 36_010 }, ZONE)).toBe("Sun 21 Jun 2026, 10:00:00 to 10:00:10");
    expect(dateOf(day - 1, ZONE)).toBe("2026-06-20");
  });
});

describe("a window", () => {
  const limits = { start: 0, end: 1000 };
  it("never leaves the limits and never shrinks below five seconds", () => {
    for (const window of [{ start: -500, end: 100 }, { start: 900, end: 5000 }, { start: -9e9, end: 9e9 }, { start: 500, end: 500 }]) {
      const found = within(window, limits);
      expect(found.start).toBeGreaterThanOrEqual(0);
      expect(found.end).toBeLessThanOrEqual(1000);
      expect(found.end - found.start).toBeGreaterThanOrEqual(5);
    }
  });
  it("keeps the instant under the pointer where it is", () => {
    const near = zoomed({ start: 200, end: 600 }, 0.5, 300, limits);
    expect((300 - near.start) / (near.end - near.start)).toBeCloseTo(0.25);
    expect(zoomed(near, 2, 300, limits)).toEqual({ start: 200, end: 600 });
  });
  it("keeps its length when it is moved to the edge", () => {
    expect(moved({ start: 800, end: 900 }, 5, limits)).toEqual({ start: 900, end: 1000 });
  });
});

const series = (key: string, values: (number | null)[], more: Partial<Series> = {}): Series => ({ key, label: key, unit: "kW", kind: "line", colour: "ink", values, ...more });

describe("layers", () => {
  it("stand on one another and are painted from the tallest", () => {
    const stack = [series("a", [1, null], { stack: "up" }), series("b", [2, 3], { stack: "up" })];
    expect(layersOf(stack, 0, () => true).map((layer) => layer.values)).toEqual([[3, 3], [1, null]]);
    expect(layersOf(stack, 0, (key) => key !== "a").map((layer) => layer.values)).toEqual([[2, 3], [null, null]]);
  });
  it("have their extremes in front of them", () => {
    const roles = layersOf([series("a", [1], { low: [0], high: [2] })], 0, () => true).map((layer) => layer.role);
    expect(roles).toEqual(["high", "low", "curve"]);
  });
  it("are found by the slot that holds an instant", () => {
    expect([-5, 0, 59, 60, 500].map((t) => slotAt([0, 60, 120], t))).toEqual([0, 0, 0, 1, 2]);
  });
});

describe("what is taken along", () => {
  const start = startOfDate("2026-06-21", ZONE);
  const drawn = { t: [start, start + 60, start + 120], end: start + 180, step_s: 60 };
  it("has local times with their offset, units, and nothing where nothing was read", () => {
    const text = csvOf(drawn, [series("Solar, roof", [1.5, null, 0.1 + 0.2], { low: [1, null, 0], high: [2, null, 1] })], { start, end: start + 180 }, ZONE);
    expect(text.split("\r\n")).toEqual([
      `from (${ZONE}),to,"Solar, roof [kW]","Solar, roof [kW], lowest","Solar, roof [kW], highest"`,
      "2026-06-21T00:00:00-07:00,2026-06-21T00:01:00-07:00,1.5,1,2",
      "2026-06-21T00:02:00-07:00,2026-06-21T00:03:00-07:00,0.3,0,1",
      "",
    ]);
  });
  it("is what is seen", () => {
    expect(csvOf(drawn, [series("a", [1, 2, 3])], { start: start + 60, end: start + 120 }, ZONE).split("\r\n")).toHaveLength(3);
    expect(fileName("Power of the day", { start, end: start + 1 }, ZONE)).toBe("forebay-power-of-the-day-2026-06-21T00-00-00");
  });
  it("is a table of hours where a day has many slots", () => {
    const t = Array.from({ length: 24 * 60 }, (_, i) => start + 60 * i);
    const day = { t, end: start + 86_400, step_s: 60 };
    const values = t.map((_, i) => (i >= 120 && i < 180 ? null : i < 60 ? i : 1));
    const rows = rowsOf(day, [series("a", values)], { start, end: start + 86_400 }, ZONE, 704);
    expect(rows).toHaveLength(12);
    expect(rows.map((row) => row.values[0]).slice(0, 4)).toEqual([29.5, 1, null, 1]);
  });
});

describe("answers at hand", () => {
  const answer = (end: number, until: string | null): SeriesAnswer => ({ start: "", end: new Date(end * 1000).toISOString(), timezone: "UTC", until, step_s: 60, t: [], columns: {}, low: {}, high: {}, gaps: [] });
  const limits = { start: 0, end: 10_000 };
  it("show a window by the finest that covers it, else by the one that shows most", () => {
    const cache = new SeriesCache();
    const coarse = { asked: { start: 0, end: 10_000 }, density: 10, answer: answer(10_000, null), heardMs: 0 };
    const fine = { asked: { start: 4000, end: 6000 }, density: 2, answer: answer(6000, null), heardMs: 0 };
    expect(cache.best(limits)).toBeNull();
    cache.put(coarse);
    cache.put(fine);
    expect(cache.best({ start: 4500, end: 5500 })).toBe(fine);
    expect(cache.best({ start: 3000, end: 5500 })).toBe(coarse);
    expect(cache.has({ start: 4500, end: 5500 }, 500, null, 0)).toBe(true);
    expect(cache.has({ start: 4500, end: 5500 }, 1000, null, 0)).toBe(false);
  });
  it("are old only where readings may have come since", () => {
    const cache = new SeriesCache();
    cache.put({ asked: { start: 0, end: 100 }, density: 1, answer: answer(100, "1970-01-01T00:01:00Z"), heardMs: 0 });
    expect(cache.has({ start: 0, end: 100 }, 100, 5000, 4000)).toBe(true);
    expect(cache.has({ start: 0, end: 100 }, 100, 5000, 6000)).toBe(false);
    const past = new SeriesCache();
    past.put({ asked: { start: 0, end: 100 }, density: 1, answer: answer(100, "1970-01-01T00:02:00Z"), heardMs: 0 });
    expect(past.has({ start: 0, end: 100 }, 100, 5000, 6e9)).toBe(true);
  });
  it("are asked for with what lies beside them, within the limits", () => {
    expect(padded({ start: 1000, end: 2000 }, limits)).toEqual({ start: 500, end: 2500 });
    expect(padded({ start: 0, end: 10_000 }, limits)).toEqual(limits);
    for (const one of neighbours({ start: 0, end: 100 }, limits)) {
      expect(one.start).toBeGreaterThanOrEqual(0);
      expect(one.end).toBeLessThanOrEqual(10_000);
    }
  });
});

it("slots of the calendar end where the next begins, slots of the clock after their length", () => {
  expect(slotEnd({ t: [0, 600], end: 700, step_s: 60 }, 0)).toBe(60);
  expect(slotEnd({ t: [0, 82_800], end: 169_200, step_s: 86_400 }, 0)).toBe(82_800);
});
