import { describe, expect, it } from "vitest";

import { digits, kwh, percent, power, powerText, roughSpan, shiftDate, span, timeOfDay } from "../src/format";

describe("numbers", () => {
  it("have at most three significant digits and two decimals", () => {
    expect([0, 0.3333, 1.005, 9.994, 9.996, 12.34, 99.94, 99.96, 1234].map(digits)).toEqual([
      "0.00", "0.33", "1.00", "9.99", "10.0", "12.3", "99.9", "100", "1234",
    ]);
  });
  it("write a minus sign, and none before zero", () => {
    expect(digits(-1.5)).toBe("−1.50");
    expect(digits(-0.001)).toBe("0.00");
  });
  it("show small powers in W and large ones in kW, without their sign", () => {
    expect(power(-370)).toEqual({ number: "370", unit: "W" });
    expect(power(999.6)).toEqual({ number: "1.00", unit: "kW" });
    expect(powerText(-2100)).toBe("2.10\u00a0kW");
  });
  it("never turn a missing value into zero", () => {
    expect(power(null).number).toBe("–");
    expect(powerText(undefined)).toBe("unknown");
    expect(kwh(null)).toBe("–");
    expect(percent(null)).toBe("–");
  });
});

describe("times", () => {
  it("are spans in words", () => {
    expect([5, 65, 3600, 9000, 200_000].map(span)).toEqual(["5\u00a0s", "1\u00a0min", "1\u00a0h", "2\u00a0h 30\u00a0min", "2\u00a0days"]);
    expect(roughSpan(2.6)).toBe("2\u00a0h 30\u00a0min");
    expect(roughSpan(0.2)).toBe("10\u00a0min");
  });
  it("are the house's own", () => {
    expect(timeOfDay(Date.parse("2026-06-22T03:05:00Z"), "America/Los_Angeles")).toBe("20:05");
  });
  it("step over the end of a month", () => {
    expect(shiftDate("2026-03-01", -1)).toBe("2026-02-28");
  });
});
