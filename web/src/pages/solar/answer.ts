/** The object of /api/solar. */

import type { Column } from "../../api";

export interface Missing {
  date: string;
  start: string;
  end: string;
  length_words: string;
  kwh: number | null;
  clear_kwh: number | null;
  reason: "curtailed" | "outage" | "inverter" | "nothing" | "little";
  words: string;
}

export interface StringRow {
  id: number;
  label: string;
  last: string | null;
  is_silent: boolean;
  power_w: number | null;
  voltage_v: number | null;
  is_connected: boolean | null;
  kwh: number | null;
  share: number | null;
  days: { date: string[]; kwh: Column };
  words: string | null;
}

export interface InverterRow {
  id: number;
  label: string;
  last: string | null;
  is_silent: boolean;
  state: string | null;
  power_w: number | null;
  voltage_v: number | null;
  frequency_hz: number | null;
  alerts: string[];
}

export interface SolarAnswer {
  timezone: string;
  now: string;
  start: string;
  end: string;
  has_solar: boolean;
  days: { date: string[]; kwh: Column; clear_kwh: Column; ratio: Column; seen_ratio: (number | null)[] };
  total: { kwh: number | null; clear_kwh: number | null; ratio: number | null; days: number; words: string };
  today: { date: string | null; t: number[]; solar_w: Column; clear_w: Column };
  missing: Missing[];
  unseen: string[];
  rule: string;
  strings: StringRow[];
  inverters: InverterRow[];
}
