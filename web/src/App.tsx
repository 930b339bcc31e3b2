/** The frame: header, navigation, how the recording stands, and the page that was gone to. */

import { useCallback, useEffect, useRef } from "preact/hooks";

import { address, get, type Params } from "./api";
import { LazyPage } from "./frame/LazyPage";
import { StateLine } from "./frame/StateLine";
import { Top } from "./frame/Top";
import { useGateways } from "./gateways";
import { useAnswer, useLive, useTurns } from "./hooks";
import { PAGES } from "./pages";
import { HOME, useRoute } from "./route";
import { useTheme } from "./theme";
import { tabTitle } from "./words";

/** Who looks, as the server knows. */
interface Me {
  role: string;
  can_log_out: boolean;
}

export function App() {
  const { route, choose } = useRoute();
  const gateway = route.query["gateway"] ?? null;
  const live = useLive(gateway);
  const { theme, next, isDark } = useTheme();
  const { now, link } = live;
  const gateways = useGateways(link === "up");
  const state = link === "lost" ? "lost" : (now?.connection.state ?? "connecting");
  const row = PAGES.find((page) => page.name === route.page) ?? PAGES[0];
  // What was told before an import may be told otherwise after it: another `ask` is asked everything anew.
  const imports = useTurns(now?.imports);
  const ask = useCallback(
    <T,>(path: string, params: Params = {}, signal?: AbortSignal) => get<T>(address(path, { ...params, gateway }), 8000, signal),
    [gateway, imports],
  );
  const { answer: me } = useAnswer<Me>(ask, link === "up" ? "me" : null);
  const title = row && row.name !== HOME ? `${row.label} – forebay` : tabTitle(now, link);
  useEffect(() => {
    document.title = title;
  }, [title]);
  const main = useFocusOnArrival(route.page);

  return (
    <div class="page" data-state={state}>
      <a
        class="skip"
        href="#main"
        onClick={(event) => {
          event.preventDefault(); // the address's # names the page
          main.current?.focus();
          main.current?.scrollIntoView();
        }}
      >
        Skip to the content
      </a>
      <Top
        now={now}
        page={row?.name ?? HOME}
        gateways={gateways}
        gateway={gateway}
        chooseGateway={(name) => choose({ gateway: name }, true)}
        theme={theme}
        nextTheme={next}
      />
      <StateLine live={live} state={state} />
      <main id="main" ref={main} tabIndex={-1} class={`on-${row?.name ?? HOME}`}>
        {row ? (
          <LazyPage
            row={row}
            route={route}
            choose={choose}
            live={live}
            isDark={isDark}
            gateway={gateway}
            timezone={now?.timezone ?? "UTC"}
            today={now?.today?.date ?? null}
            ask={ask}
          />
        ) : null}
      </main>
      <footer class="foot">
        {now ? (
          <p>
            {now.firmware ? `Gateway firmware ${now.firmware}. ` : ""}Times are those of {now.timezone.replace(/_/g, " ")}.
          </p>
        ) : null}
        {me?.can_log_out ? (
          <form method="post" action="./logout">
            <button class="quiet">Log out</button>
          </form>
        ) : null}
      </footer>
    </div>
  );
}

/** Move the focus to the content when another page was gone to, so that a screen reader begins there. */
function useFocusOnArrival(page: string) {
  const main = useRef<HTMLElement>(null);
  const last = useRef(page);
  useEffect(() => {
    if (last.current === page) return;
    last.current = page;
    main.current?.focus({ preventScroll: true });
    scrollTo(0, 0);
  }, [page]);
  return main;
}
