import { describe, expect, test } from "vitest";

import type { BatteryAnswer } from "../src/pages/battery/answer";
import { capacitySeries, everyDay, spread, straight } from "../src/pages/battery/capacity";
import { bytes, count, measured, moment, monthWords, nextMonth, ratioWords, shortDate } from "../src/pages/common/words";

const NBSP = "\u00a0";

describe("days of a record", () => {
  test("none is left out, also at the end of February and of the year", () => {
    expect(everyDay("2024-02-27", "2024-03-01")).toEqual(["2024-02-27", "2024-02-28", "2024-02-29", "2024-03-01"]);
    expect(everyDay("2025-12-31", "2026-01-01")).toEqual(["2025-12-31", "2026-01-01"]);
  });

  test("values of some days stand on their days, the others are empty", () => {
    expect(spread(["2026-01-01", "2026-01-02", "2026-01-03"], ["2026-01-03", "2026-01-01"], [3, 1])).toEqual([1, null, 3]);
  });

  test("a straight line ends where it ends", () => {
    const days = everyDay("2026-01-01", "2026-01-05");
    expect(straight(days, "2026-01-02", 10, "2026-01-04", 30)).toEqual([null, 10, 20, 30, null]);
  });
});

describe("curves of the capacity", () => {
  const answer = {
    capacity: { days: ["2026-01-01", "2026-01-03"], wh: [13_500, 13_400], packs: [1, 1], latest_wh: 13_400, ratio: 0.99, words: "" },
    trend: { start: null, start_wh: null, end: null, end_wh: null, per_year_wh: null, words: "" },
    warranty: { years: 10, kept_ratio: 0.7, start: "2026-01-01", is_start_known: false, end: "2036-01-01", start_wh: 13_500, end_wh: 9450, words: "" },
  } as unknown as BatteryAnswer;

  test("a young record has no trend, and its warranty's line begins at the nominal energy", () => {
    const series = capacitySeries(everyDay("2026-01-01", "2026-01-03"), answer);
    expect(series.map(({ key }) => key)).toEqual(["capacity", "warranty"]);
    expect(series[0]?.values).toEqual([13.5, null, 13.4]);
    expect(series[1]?.values[0]).toBe(13.5);
  });
});

describe("words", () => {
  test("times are those of the site, with their date", () => {
    expect(moment("2026-02-11T03:31:00Z", "America/Los_Angeles")).toBe("10 Feb 2026 19:31");
    expect(moment(null, "UTC")).toBe("–");
  });

  test("dates and months are words", () => {
    expect(shortDate("2026-06-21")).toBe("21 Jun 2026");
    expect(monthWords("2026-06")).toBe("Jun 2026");
    expect(nextMonth("2026-12")).toBe("2027-01-01");
    expect(nextMonth("2024-02")).toBe("2024-03-01");
  });

  test("numbers carry their unit, nothing is 0 and the unknown stays unknown", () => {
    expect(measured(0, "kWh")).toBe(`0${NBSP}kWh`);
    expect(measured(3.456, "kWh")).toBe(`3.46${NBSP}kWh`);
    expect(measured(57.96, "%")).toBe(`58.0${NBSP}%`);
    expect(measured(100, "%")).toBe(`100${NBSP}%`);
    expect(measured(null, "%")).toBeNull();
    expect(ratioWords(0.896)).toBe("90");
    expect(ratioWords(0.017)).toBe("1.7");
    expect(ratioWords(null)).toBeNull();
  });

  test("sizes take the unit that fits", () => {
    expect(bytes(0)).toBe(`0${NBSP}B`);
    expect(bytes(92_100_000)).toBe(`92.1${NBSP}MB`);
    expect(bytes(78_500_000_000)).toBe(`78.5${NBSP}GB`);
    expect(bytes(null)).toBeNull();
    expect(count(18_921_600)).toBe("18\u202f921\u202f600");
  });
});
