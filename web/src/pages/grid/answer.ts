/** The object of /api/grid. */

import type { Column } from "../../api";

export type Through = "through" | "dark" | "empty" | "unknown" | "lasts";

export interface Outage {
  start: string;
  end: string | null;
  seconds: number;
  length_words: string;
  through: Through;
  home_kwh: number | null;
  charge_before_app_pct: number | null;
  lowest_app_pct: number | null;
  lowest_home_w: number | null;
  words: string;
}

export interface Excursion {
  quantity: "voltage" | "frequency";
  start: string;
  end: string;
  extreme: number;
  unit: string;
  words: string;
}

export interface GridAnswer {
  timezone: string;
  now: string;
  start: string;
  end: string;
  state: string | null;
  words: string;
  nominal: {
    voltage_v: number | null;
    is_voltage_learned: boolean;
    low_v: number | null;
    high_v: number | null;
    frequency_hz: number | null;
    low_hz: number | null;
    high_hz: number | null;
  };
  signals: { voltage: string; frequency: string; lines: { key: string; label: string }[] };
  days: {
    date: string[];
    voltage_low_v: Column;
    voltage_mean_v: Column;
    voltage_high_v: Column;
    frequency_low_hz: Column;
    frequency_mean_hz: Column;
    frequency_high_hz: Column;
  };
  excursions: { quarters: number; list: Excursion[]; words: string };
  outages: Outage[];
  years: { year: number; count: number; seconds: number; longest_s: number; words: string }[];
  total: { count: number; seconds: number; longest_s: number; through: number; dark: number; words: string };
}
