/** The gateways that the server keeps, and those of them that can be looked at together. */

import { useEffect, useState } from "preact/hooks";

import { address, get, Refused } from "./api";

export interface GatewayRow {
  name: string;
  site: string | null;
  /** False for one that the record still has and the settings name no more. */
  is_recorded: boolean;
  /** How its recording stands, in a sentence. */
  words?: string;
}

export interface Together {
  /** "+" or "+SITE": what is asked for. */
  name: string;
  title: string;
  gateways: string[];
}

export interface Gateways {
  gateways: readonly GatewayRow[];
  together: readonly Together[];
}

const NONE: Gateways = { gateways: [], together: [] };

/** The gateways in their order, asked for again whenever the server comes back. */
export function useGateways(isUp: boolean): Gateways {
  const [found, setFound] = useState(NONE);
  useEffect(() => {
    if (!isUp) return;
    get<Gateways>(address("gateways")).then(setFound, (error: unknown) => {
      // Without the list the page shows the first gateway; a server that is away is told by the state line.
      if (error instanceof Refused) setFound(NONE);
    });
  }, [isUp]);
  return found;
}

/** Whether there is anything to choose. */
export const isChoice = ({ gateways, together }: Gateways): boolean => gateways.length + together.length > 1;

/** What one is called in a list: its name, its site where that says more, and whether it is of the past. */
export function titleOf({ name, site, is_recorded }: GatewayRow): string {
  const place = site && site !== name ? `${name} (${site})` : name;
  return is_recorded ? place : `${place}, no longer recorded`;
}
