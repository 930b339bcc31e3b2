/** The readings of one step: asked for, kept, asked for again after each write. */

import { useCallback, useEffect, useRef, useState } from "preact/hooks";

import { Refusal, type Gateway, type Row } from "./api";
import { readsOf, type Reads, type Step } from "./model";

export interface Reading {
  reads: Reads;
  /** Why a row could not be read, by row. */
  refusals: Readonly<Record<string, string>>;
  /** Whether everything was asked for once. */
  isComplete: boolean;
  again: () => Promise<Reads>;
}

/** Whether the system runs, so that nothing is asked that it must refuse; null where that is not told. */
async function stateOf(gateway: Gateway): Promise<"running" | "stopped" | null> {
  if (!gateway.offers("SITEMASTER") || !gateway.mayCall("SITEMASTER")) return null;
  try {
    return ((await gateway.call("SITEMASTER")) as { running?: boolean }).running === true ? "running" : "stopped";
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return null;
  }
}

const MOVES_MS = 2_000;

export function useReading(gateway: Gateway, step: Step): Reading {
  const [state, setState] = useState<Omit<Reading, "again">>({ reads: {}, refusals: {}, isComplete: false });
  const ended = useRef(false);

  const again = useCallback(async (): Promise<Reads> => {
    const reads: Record<string, Reads[string]> = {};
    const refusals: Record<string, string> = {};
    const state = await stateOf(gateway);
    await Promise.all(
      readsOf(step).map(async (row) => {
        const { needs } = gateway.facts.rows[row] as Row;
        if (state && needs !== "any" && needs !== state) {
          refusals[row] = needs === "running" ? "Not measured while the system is stopped." : "Told only while the system is stopped.";
          return;
        }
        if (!gateway.mayCall(row)) {
          refusals[row] = gateway.needsLogin(row);
          return;
        }
        try {
          reads[row] = await gateway.call(row);
        } catch (error) {
          if (!(error instanceof Refusal)) throw error;
          refusals[row] = error.message;
        }
      }),
    );
    if (!ended.current) setState({ reads, refusals, isComplete: true });
    return reads;
  }, [gateway, step]);

  useEffect(() => {
    ended.current = false;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const round = async (): Promise<void> => {
      if (!document.hidden) await again();
      if (step.moves && !ended.current) timer = setTimeout(() => void round(), MOVES_MS);
    };
    void round();
    return () => {
      ended.current = true;
      clearTimeout(timer);
    };
  }, [again, step]);

  return { ...state, again };
}
