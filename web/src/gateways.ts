/** The gateways that the server records; a server that does not list them has one. */

import { useEffect, useState } from "preact/hooks";

import { get, Refused } from "./api";

export interface GatewayRow {
  name: string;
  site_name?: string | null;
}

/** The gateways in their order, asked for again whenever the server comes back. */
export function useGateways(isUp: boolean): readonly GatewayRow[] {
  const [rows, setRows] = useState<readonly GatewayRow[]>([]);
  useEffect(() => {
    if (!isUp) return;
    get<{ gateways: GatewayRow[] }>("./api/gateways").then(
      (answer) => setRows(answer.gateways),
      (error: unknown) => {
        // Without the list the page shows the first gateway; a server that is away is told by the state line.
        if (error instanceof Refused) setRows([]);
      },
    );
  }, [isUp]);
  return rows;
}
