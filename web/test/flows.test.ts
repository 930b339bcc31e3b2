import { describe, expect, it } from "vitest";

import { arrowOf, fullScale, NODES, pace, pathOf, RADIUS, ROUTES, thickness } from "../src/flows";

describe("a flow", () => {
  it("is as thick and as fast as its power", () => {
    expect(thickness(4000, 5000)).toBeCloseTo(2 * thickness(2000, 5000));
    expect(pace(4000, 5000)).toBeCloseTo(2 * pace(2000, 5000));
    expect(thickness(1e6, 5000)).toBe(thickness(5000, 5000));
    expect(thickness(30, 5000)).toBeGreaterThan(1);
  });
  it("starts and ends at the rim of its nodes", () => {
    for (const route of ROUTES) {
      for (const [point, node] of [[route.start, NODES[route.from]], [route.end, NODES[route.to]]] as const) {
        const distance = Math.hypot(point.x - node.x, point.y - node.y);
        expect(distance).toBeGreaterThanOrEqual(RADIUS - 1);
        expect(distance).toBeLessThan(RADIUS + 4);
      }
      expect(pathOf(route, 8)).not.toContain("NaN");
      expect(arrowOf(route, 8)).not.toContain("NaN");
    }
  });
  it("is drawn to a round scale that holds the largest", () => {
    expect([0, 4999, 5001, 15_000, 40_000, 60_000].map(fullScale)).toEqual([5000, 5000, 10_000, 20_000, 50_000, 100_000]);
  });
});
