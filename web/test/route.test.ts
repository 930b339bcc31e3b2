import { describe, expect, it } from "vitest";

import { linkTo, parseRoute, writeRoute } from "../src/route";

describe("routes", () => {
  it("come back from the address as they were written", () => {
    for (const route of [
      { page: "now", query: {} },
      { page: "now", query: { day: "2026-06-20" } },
      { page: "now", query: { gateway: "barn" } },
      { page: "now", query: { gateway: "barn & house", day: "2026-06-20" } },
      { page: "energy", query: { from: "2026-01-01", to: "2026-02-01", gateway: "süd #1" } },
    ]) {
      expect(parseRoute(writeRoute(route))).toEqual(route);
    }
  });

  it("are the first page where nothing is said, and where nothing is understood", () => {
    for (const hash of ["", "#", "#day", "#/", "#2026-6-1", "#<script>"]) expect(parseRoute(hash).page).toBe("now");
    expect(parseRoute("#2026-06-20").query).toEqual({ day: "2026-06-20" });
  });

  it("take the gateway along and leave out what is null", () => {
    expect(linkTo("energy", { gateway: "barn" })).toBe("#/energy?gateway=barn");
    expect(linkTo("energy", { gateway: null })).toBe("#/energy");
    expect(linkTo("now")).toBe("#/now");
  });
});
