/** Where one is: the page and its choices, kept behind the address's # so that any path and any server will do. */

import { useCallback, useEffect, useState } from "preact/hooks";

export interface Route {
  page: string;
  query: Readonly<Record<string, string>>;
}

/** The page without a name in the address. */
export const HOME = "now";
const DATE = /^\d{4}-\d{2}-\d{2}$/;

/** Read "#/energy?from=2026-06-01"; "#2026-06-20" is that day on the first page, whatever else is that page. */
export function parseRoute(hash: string): Route {
  const [path = "", query = ""] = hash.replace(/^#/, "").split("?", 2);
  const choices = Object.fromEntries(new URLSearchParams(query));
  if (DATE.test(path)) return { page: HOME, query: { ...choices, day: path } };
  const named = /^\/([a-z]+)\/?$/.exec(path);
  return { page: named?.[1] ?? HOME, query: choices };
}

/** Write a route as the address's end; the first page without choices is "". */
export function writeRoute({ page, query }: Route): string {
  const choices = new URLSearchParams(query);
  let path = `/${page}`;
  if (page === HOME) {
    path = choices.get("day") ?? "";
    choices.delete("day");
    if (!path && choices.size) path = "/now";
  }
  const rest = choices.size ? `?${choices}` : "";
  return path || rest ? `#${path}${rest}` : "";
}

/** The address of a page, for a link; the chosen gateway goes along. */
export function linkTo(page: string, query: Record<string, string | null | undefined> = {}): string {
  return writeRoute({ page, query: kept(query) }) || "#/now";
}

export type Choices = Record<string, string | null | undefined>;

function kept(choices: Choices): Record<string, string> {
  return Object.fromEntries(Object.entries(choices).filter((pair): pair is [string, string] => pair[1] != null));
}

export interface Way {
  route: Route;
  /** Change some choices of this page; null takes one away. A step that one would want to go back from is `kept`. */
  choose: (choices: Choices, isStep?: boolean) => void;
}

/** The route, following the address, and how to change its choices. */
export function useRoute(): Way {
  const [route, setRoute] = useState(() => parseRoute(location.hash));
  useEffect(() => {
    const changed = (): void => setRoute(parseRoute(location.hash));
    addEventListener("hashchange", changed);
    addEventListener("popstate", changed);
    return () => {
      removeEventListener("hashchange", changed);
      removeEventListener("popstate", changed);
    };
  }, []);
  const choose = useCallback((choices: Choices, isStep = false) => {
    const old = parseRoute(location.hash);
    const next = { page: old.page, query: kept({ ...old.query, ...choices }) };
    const address = writeRoute(next) || location.pathname + location.search;
    if (isStep) history.pushState(null, "", address);
    else history.replaceState(null, "", address);
    setRoute(next);
  }, []);
  return { route, choose };
}
