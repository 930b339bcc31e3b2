/** Small hooks: the live connection, an answer of the server, a ticking clock, a calm announcement. */

import { useEffect, useRef, useState } from "preact/hooks";

import { Refused, type Now, type Params } from "./api";
import type { Ask } from "./frame/page";
import { follow, type Live } from "./live";

/** The latest of one gateway; null is the first. */
export function useLive(gateway: string | null): Live {
  const [live, setLive] = useState<Live>({ now: null, link: "connecting", heardMs: Date.now() });
  useEffect(() => {
    // What another gateway said must not stand under this one's name.
    setLive((old) => (old.now ? { now: null, link: "connecting", heardMs: Date.now() } : old));
    return follow(setLive, gateway);
  }, [gateway]);
  return live;
}

/** Draw again every so often while `on`. */
export function useTick(on: boolean, everyMs = 1000): void {
  const [, setCount] = useState(0);
  useEffect(() => {
    if (!on) return undefined;
    const timer = setInterval(() => setCount((count) => count + 1), everyMs);
    return () => clearInterval(timer);
  }, [on, everyMs]);
}

/** A sentence for screen readers that follows `text` only once it has held still. */
export function useCalm(text: string, afterMs: number): string {
  const [calm, setCalm] = useState("");
  useEffect(() => {
    const timer = setTimeout(() => setCalm(text), afterMs);
    return () => clearTimeout(timer);
  }, [text, afterMs]);
  return calm;
}

/** How often a value has become another one since it was first known. */
export function useTurns(value: string | undefined): number {
  const turns = useRef(0);
  const last = useRef(value);
  if (value !== undefined && value !== last.current) {
    if (last.current !== undefined) turns.current += 1;
    last.current = value;
  }
  return turns.current;
}

/** The hour at the house now, running on between messages. [ms] */
export function houseTime(now: Now, heardMs: number): number {
  return Date.parse(now.now) + (Date.now() - heardMs) * now.speed;
}

export interface Problem {
  words: string;
  advice: string | null;
}

/** An error as the page tells it. */
export function problemOf(error: unknown): Problem {
  if (error instanceof Refused) return { words: error.message, advice: error.advice };
  return { words: "forebay did not answer.", advice: "The page tries again by itself." };
}

export interface Answered<T> {
  /** The last answer to this very question; null until it is there. */
  answer: T | null;
  problem: Problem | null;
}

const RETRY_MS = 5000;

/** Ask a question whenever it changes, again every so often, and again after an error. path null asks nothing. */
export function useAnswer<T>(ask: Ask, path: string | null, params: Params = {}, everyMs: number | null = null): Answered<T> {
  const question = path === null ? null : JSON.stringify([path, params]);
  const [told, setTold] = useState<Answered<T> & { question: string | null; asked: Ask | null }>({ answer: null, problem: null, question: null, asked: null });
  useEffect(() => {
    if (path === null) return undefined;
    const stop = new AbortController();
    let timer = 0;
    const again = (afterMs: number | null): void => {
      if (afterMs !== null) timer = window.setTimeout(() => (document.hidden ? again(afterMs) : go()), afterMs);
    };
    const go = (): void => {
      ask<T>(path, params, stop.signal).then(
        (answer) => {
          setTold({ answer, problem: null, question, asked: ask });
          again(everyMs);
        },
        (error: unknown) => {
          if (stop.signal.aborted) return;
          const isSame = (old: { question: string | null; asked: Ask | null }): boolean => old.question === question && old.asked === ask;
          setTold((old) => ({ answer: isSame(old) ? old.answer : null, problem: problemOf(error), question, asked: ask }));
          again(error instanceof Refused ? everyMs : RETRY_MS);
        },
      );
    };
    go();
    return () => {
      stop.abort();
      clearTimeout(timer);
    };
  }, [ask, question, everyMs]);
  // What was said of another question, or of another gateway, must not stand under this one's name.
  return told.question === question && told.asked === ask ? told : { answer: null, problem: null };
}
