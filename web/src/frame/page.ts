/** What the frame gives to every page. */

import type { Live } from "../live";
import type { Way } from "../route";
import type { Params } from "../api";

export interface PageProps extends Way {
  /** The latest reading, connection and age; changes with each message from the server. */
  live: Live;
  isDark: boolean;
  /** The chosen gateway's name; null for the first. */
  gateway: string | null;
  /** The site's IANA time zone; "UTC" until it is known. */
  timezone: string;
  /** The day of `now` at the site, null until it is known. */
  today: string | null;
  /** Ask the server about the chosen gateway: `ask<Day>("day", { date })`. Rejects with Refused or a network error. */
  ask: Ask;
}

export type Ask = <T>(path: string, params?: Params, signal?: AbortSignal) => Promise<T>;
