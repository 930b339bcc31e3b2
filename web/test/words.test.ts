import { describe, expect, it } from "vitest";

import type { Flow, Now } from "../src/api";
import { chargeOutlook, headline, houseSentence, phrase, tabTitle } from "../src/words";

const NO_FLOW: Record<Flow, number> = {
  solar_to_home: 0, solar_to_battery: 0, solar_to_grid: 0, battery_to_home: 0, battery_to_grid: 0, grid_to_home: 0, grid_to_battery: 0,
};

function house(flows: Partial<Record<Flow, number>>, more: Partial<Now> = {}): Now {
  return {
    at: "2026-06-21T20:05:10Z", now: "2026-06-21T20:05:12Z", speed: 1, timezone: "UTC", site_name: null, firmware: null,
    connection: { state: "live", since: null, words: "Live, last reading 2 s ago.", advice: null },
    power_w: { solar: 3000, load: 800, battery: -2000, site: -200 },
    flow_w: { ...NO_FLOW, ...flows },
    charge: { app_pct: 61.2, wire_pct: 63.1, remaining_wh: 8500, full_wh: 13500 },
    grid: { state: "SystemGridConnected", words: "Grid connected" },
    operation: { mode: "self_consumption", words: "Self-powered", reserve_app_pct: 20 },
    today: null,
    ...more,
  };
}

describe("the headline", () => {
  it("says who runs the house", () => {
    expect(houseSentence(house({ solar_to_home: 800, solar_to_battery: 2000, solar_to_grid: 200 }))).toBe(
      "The sun is running the house, charging the battery and feeding the grid.",
    );
    expect(houseSentence(house({ solar_to_home: 300, battery_to_home: 500 }))).toBe("The sun and the battery are running the house.");
    expect(houseSentence(house({ solar_to_home: 300, grid_to_home: 500, grid_to_battery: 900 }))).toBe(
      "The sun and the grid are running the house and the grid is charging the battery.",
    );
    expect(houseSentence(house({}))).toBe("Hardly any power flows.");
  });
  it("puts an outage of the grid first", () => {
    const dark = house({ battery_to_home: 500 }, { grid: { state: "SystemIslandedActive", words: "Off grid" } });
    expect(houseSentence(dark)).toBe("The grid is down. The battery is running the house.");
  });
  it("says what to do when something is wrong", () => {
    const down = house({}, { connection: { state: "down", since: null, words: "The gateway does not answer.", advice: "Look at it." } });
    expect(headline(down, "up")).toEqual({ title: "The gateway does not answer.", advice: "Look at it." });
    expect(headline(down, "lost").title).toBe("forebay does not answer.");
    expect(headline(null, "connecting").title).toContain("Asking");
  });
});

describe("phrases", () => {
  it("carry number, unit and direction", () => {
    expect(phrase("site", -2100)).toBe("2.10\u00a0kW to the grid");
    expect(phrase("battery", -1300)).toBe("Battery charging at 1.30\u00a0kW");
    expect(phrase("battery", 4)).toBe("Battery at rest");
    expect(phrase("load", null)).toBe("Home unknown");
  });
  it("tell how long the charge lasts at this rate", () => {
    const going = (goal: "full" | "reserve" | "empty" | "rest", at: string | null): string | null =>
      chargeOutlook(house({}, { at: "2026-06-21T20:00:00Z", timezone: "America/Los_Angeles", outlook: { goal, at, power_w: 1 } }));
    expect(going("full", "2026-06-21T22:29:26Z")).toBe("Full in about 2\u00a0h 30\u00a0min at this rate, around 15:30.");
    expect(going("reserve", "2026-06-21T20:41:00Z")).toBe("At its reserve of 20\u00a0% in about 40\u00a0min at this rate, around 13:40.");
    expect(going("empty", "2026-06-21T22:00:00Z")).toMatch(/^Empty in about 2\u00a0h at this rate/);
    expect(going("rest", null)).toBe("At rest.");
  });
  it("say nothing of where the charge is going when nobody can tell", () => {
    expect(chargeOutlook(house({}, { outlook: null }))).toBeNull();
  });
  it("title the tab with the charge", () => {
    expect(tabTitle(house({}), "up")).toBe("61\u00a0% charging 2.00\u00a0kW – forebay");
  });
});
