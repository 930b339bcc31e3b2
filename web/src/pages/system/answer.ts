/** The object of /api/system. */

export interface Health {
  state: "good" | "warning" | "bad";
  title: string;
  words: string;
  advice: string | null;
}

export interface SystemAnswer {
  timezone: string;
  now: string;
  start: string;
  end: string;
  forebay: string;
  health: Health[];
  gateway: {
    name: string | null;
    site_name: string | null;
    timezone: string | null;
    firmware: string | null;
    mode_words: string | null;
    update_state: string | null;
    uptime_s: number | null;
    is_vendor_reached: boolean | null;
    first: string | null;
    last: string | null;
    readings: number | null;
  };
  parts: { id: number; kind: string; label: string; mark: string; first: string; last: string | null; is_silent: boolean }[];
  firmware: { version: string; start: string; end: string | null; length_words: string }[];
  gaps: {
    count: number;
    seconds: number;
    recorded_ratio: number | null;
    list: { start: string; end: string | null; length_words: string; words: string; advice: string | null; home_kwh: number | null }[];
  };
  refused: {
    count: number;
    list: { label: string; start: string; end: string; words: string; counted_words: string; step_kwh: number; counted_kwh: number | null }[];
  };
  aside: { at: string; readings: number; first: string; last: string }[];
  store: {
    file: string;
    database_bytes: number;
    archive_bytes: number;
    total_bytes: number;
    free_bytes: number | null;
    backup: { at: string | null; file: string | null; bytes: number | null; words: string };
    months: { month: string; bytes: number; readings: number }[];
  };
  events: { at: string; kind: string; detail: string }[];
}

export interface GatewayListed {
  name: string;
  site: string | null;
  site_name: string | null;
  is_recorded: boolean;
  state: string;
  words: string;
}
