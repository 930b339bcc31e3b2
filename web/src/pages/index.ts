/** The pages: one row each, in the order of the navigation. All but the first are fetched when they are gone to. */

import type { ComponentType } from "preact";

import type { PageProps } from "../frame/page";
import { NowPage } from "./now/NowPage";

export interface PageRow {
  /** As in the address: "#/energy". */
  name: string;
  label: string;
  load: () => Promise<ComponentType<PageProps>> | ComponentType<PageProps>;
}

export const PAGES: readonly PageRow[] = [
  { name: "now", label: "Now", load: () => NowPage },
  { name: "energy", label: "Energy", load: () => import("./energy/EnergyPage").then((page) => page.EnergyPage) },
  { name: "battery", label: "Battery", load: () => import("./battery/BatteryPage").then(({ BatteryPage }) => BatteryPage) },
  { name: "solar", label: "Solar", load: () => import("./solar/SolarPage").then(({ SolarPage }) => SolarPage) },
  { name: "grid", label: "Grid", load: () => import("./grid/GridPage").then(({ GridPage }) => GridPage) },
  { name: "alerts", label: "Alerts", load: () => import("./alerts/AlertsPage").then(({ AlertsPage }) => AlertsPage) },
  { name: "system", label: "System", load: () => import("./system/SystemPage").then(({ SystemPage }) => SystemPage) },
];
