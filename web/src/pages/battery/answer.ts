/** The object of /api/battery. */

import type { Column } from "../../api";

export interface Pack {
  id: number;
  label: string;
  first: string;
  last: string | null;
  is_silent: boolean;
  state: string | null;
  full_wh: number | null;
  remaining_wh: number | null;
  charge_pct: number | null;
  temperature_c: number | null;
  discharged_kwh: number | null;
  days: {
    full_wh: Column;
    charge_pct: Column;
    temperature_low_c: Column;
    temperature_mean_c: Column;
    temperature_high_c: Column;
  };
}

export interface Month {
  month: string;
  charged_kwh: number | null;
  discharged_kwh: number | null;
  gained_kwh: number | null;
  covered_ratio: number;
  ratio: number | null;
}

export interface BatteryAnswer {
  timezone: string;
  now: string;
  nominal: { packs: number | null; wh: number | null; words: string | null };
  capacity: { days: string[]; wh: Column; packs: (number | null)[]; latest_wh: number | null; ratio: number | null; words: string };
  trend: {
    start: string | null;
    start_wh: number | null;
    end: string | null;
    end_wh: number | null;
    per_year_wh: number | null;
    words: string;
  };
  warranty: {
    years: number;
    kept_ratio: number;
    start: string | null;
    is_start_known: boolean | null;
    end: string | null;
    start_wh: number | null;
    end_wh: number | null;
    words: string | null;
  };
  cycles: { days: string[]; cycles: Column; recorded: number | null; lifetime: number | null; per_year: number | null; words: string };
  round_trip: { months: Month[]; ratio: number | null; words: string };
  packs: Pack[];
  pack_days: string[];
  imbalance: { pct: Column; latest_pct: number | null; words: string };
}
