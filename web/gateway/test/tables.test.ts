// The tables behind the wizard: bodies, grid codes, what changed. S018, S116, S124–S132, S135.
import { expect, test } from "vitest";

import { changes } from "../src/diff";
import { appPercent, isDark, powersIn, split, wirePercent } from "../src/flow";
import { label } from "../src/labels";
import { gridLines } from "../src/steps/site";
import { operationBody } from "../src/steps/system";

test("what flows out of the sources is what flows into the sinks", () => {
  for (const solar of [0, 800, 4200]) {
    for (const load of [0, 300, 2500]) {
      for (const battery of [-3000, -100, 0, 900]) {
        const site = load - solar - battery;
        const flow = split({ solar, load, battery, site });
        expect(flow.solar_to_home + flow.battery_to_home + flow.grid_to_home).toBeCloseTo(load);
        expect(flow.solar_to_home + flow.solar_to_battery + flow.solar_to_grid).toBeCloseTo(solar);
        expect(flow.solar_to_grid + flow.battery_to_grid).toBeCloseTo(Math.max(0, -site));
        expect(flow.solar_to_battery + flow.grid_to_battery).toBeCloseTo(Math.max(0, -battery));
      }
    }
  }
});

test("a house is dark only off the grid and with nothing flowing", () => {
  const still = { solar: 0, load: 0, battery: 0, site: 0 };

  expect(isDark(still, "SystemIslandedActive")).toBe(true);
  expect(isDark(still, "SystemGridConnected")).toBe(false);
  expect(isDark(still, null)).toBe(false);
  expect(isDark({ ...still, load: 400 }, "SystemIslandedActive")).toBe(false);
});

test("the app's percent and the gateway's are each other's inverse", () => {
  for (const app of [0, 5, 20, 21, 80, 100]) expect(appPercent(wirePercent(app))).toBeCloseTo(app);
  expect(wirePercent(20)).toBe(24);
});

test("an operation goes out under the name that came in, on the gateway's scale", () => {
  const values = { mode: "backup", reserve: "20", max_pv_export_power_kW: "" };

  expect(operationBody(values, { OPERATION: { mode: "backup" } })).toEqual({
    mode: "backup",
    backup_reserve_percent: 24,
    max_pv_export_power_kW: null,
  });
  expect(operationBody({ ...values, max_pv_export_power_kW: "2.5" }, { OPERATION: { real_mode: "backup" } })).toEqual({
    real_mode: "backup",
    backup_reserve_percent: 24,
    max_pv_export_power_kW: 2.5,
  });
});

test("grid regions are read with quoted cells and stars", () => {
  const csv = 'grid_code,country,state,distributor,utility,retailer,standard\nC1,"United States",*,*,"A, B and ""C""",*,UL\n';

  expect(gridLines(csv)).toEqual([
    { grid_code: "C1", country: "United States", state: "*", distributor: "*", utility: 'A, B and "C"', retailer: "*", region: "UL" },
  ]);
});

test("what changed is told, and what always moves is not", () => {
  const before = { SITE_NAME: { site_name: "A", timezone: "Asia/Tokyo" }, STATUS: { up_time_seconds: "1s", commission_count: 9 } };
  const after = { SITE_NAME: { site_name: "B", timezone: "Asia/Tokyo" }, STATUS: { up_time_seconds: "2s", commission_count: 10 } };

  expect(changes(before, after)).toEqual([
    { what: "Site name", before: "A", after: "B" },
    { what: "Commissionings so far", before: "9", after: "10" },
  ]);
  expect(changes({ NETWORKS: [] }, { NETWORKS: [{ name: "x" }] }).map((change) => change.after)).toContain("x");
});

test("names become words with their unit, and serial numbers stay", () => {
  expect(label("nominal_system_power_kW")).toBe("Nominal system power [kW]");
  expect(label("lastTeslaConnected")).toBe("Last tesla connected");
  expect(label("TSY19153704424synchrometerX")).toBe("TSY19153704424synchrometerX");
});

test("a house without solar has none, and no other number is made up", () => {
  const point = { instant_power: 5 };

  expect(powersIn({ site: point, battery: point, load: point })).toEqual([0, 5, 5, 5]);
  for (const body of [{}, null, { site: point, load: point }, { site: point, battery: {}, load: point }]) {
    expect(() => powersIn(body)).toThrow(TypeError);
  }
});
