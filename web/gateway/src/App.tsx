/** The gateway's page: power flow, login, wizard, each with an address of its own. */

import { useEffect, useRef, useState } from "preact/hooks";

import { useTheme } from "../../src/theme";
import type { Drafts } from "./Act";
import { connect, Refusal, type Gateway } from "./api";
import { FlowPage } from "./FlowPage";
import { LoginPage } from "./LoginPage";
import { Wizard } from "./Wizard";

const AGAIN_MS = 2_000;
const LOOK_MS = 15_000; // an update brings other rows

/** The parts of the address behind "#/". */
function usePlace(): string[] {
  const read = (): string[] => location.hash.replace(/^#?\/?/, "").split("/");
  const [place, setPlace] = useState(read);
  useEffect(() => {
    const changed = (): void => setPlace(read());
    addEventListener("hashchange", changed);
    return () => removeEventListener("hashchange", changed);
  }, []);
  return place;
}

/** The gateway once it answers, and why it does not so far; a new one when it has become another release. */
function useGateway(): { gateway: Gateway | null; problem: string } {
  const [state, setState] = useState<{ gateway: Gateway | null; problem: string }>({ gateway: null, problem: "" });
  const [, setSessions] = useState(0);
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let known: Gateway | null = null;
    const ask = async (): Promise<void> => {
      try {
        const gateway = document.hidden && known ? known : await connect();
        if (JSON.stringify(gateway.facts) !== JSON.stringify(known?.facts)) {
          gateway.onSession(() => setSessions((count) => count + 1));
          setState({ gateway, problem: "" });
          known = gateway;
        }
      } catch (error) {
        // A page that once stood stays: its own parts say that the gateway does not answer.
        const problem = error instanceof Refusal ? error.message : "The gateway does not answer. The page tries again by itself.";
        if (!known) setState({ gateway: null, problem });
      }
      timer = setTimeout(() => void ask(), known ? LOOK_MS : AGAIN_MS);
    };
    void ask();
    return () => clearTimeout(timer);
  }, []);
  return state;
}

export function App() {
  const { gateway, problem } = useGateway();
  const [page = "", more = ""] = usePlace();
  const drafts = useRef<Drafts>(new Map());
  useEffect(() => {
    document.title = { login: "Log in – Gateway", wizard: "Wizard – Gateway" }[page] ?? "Power flow – Gateway";
  }, [page]);
  if (!gateway) {
    return (
      <main class="sheet" id="main">
        <h1>{problem || "Asking the gateway …"}</h1>
      </main>
    );
  }
  const isIn = gateway.session !== null;
  return (
    <>
      <a class="skip" href="#main" onClick={skip}>
        Skip to the content
      </a>
      <Header gateway={gateway} page={page} />
      <main class="sheet" id="main" tabIndex={-1}>
        {page === "login" || (page === "wizard" && !isIn) ? (
          <LoginPage gateway={gateway} drafts={drafts.current} then={afterLogin(page, more)} />
        ) : page === "wizard" ? (
          <Wizard gateway={gateway} stepId={more} drafts={drafts.current} />
        ) : (
          <FlowPage gateway={gateway} />
        )}
      </main>
      <footer class="sheet foot">
        <p>An emulated gateway: no real house is behind it, and it has no connection to any manufacturer. Firmware {gateway.facts.firmware}.</p>
      </footer>
    </>
  );
}

const skip = (event: Event): void => {
  event.preventDefault();
  document.getElementById("main")?.focus();
};

const afterLogin = (page: string, more: string): string =>
  page === "wizard" ? `#/wizard/${more}` : more === "flow" ? "#/" : `#/wizard/${more || "welcome"}`;

function Header({ gateway, page }: { gateway: Gateway; page: string }) {
  const { theme, next } = useTheme();
  const { session } = gateway;
  return (
    <header class="sheet top">
      <a class="brand" href="#/">
        <svg class="mark" viewBox="0 0 24 24" aria-hidden="true">
          <path d="M3 10c2-2.4 4-2.4 6 0s4 2.4 6 0M3 16c2-2.4 4-2.4 6 0s4 2.4 6 0M19.500 4v16" />
        </svg>
        Gateway
      </a>
      <span class="site">{session ? `Logged in as ${session.user || "installer"}` : ""}</span>
      <nav class="links" aria-label="Parts of the page">
        {page !== "" && <a href="#/">Power flow</a>}
        {session ? page !== "wizard" && <a href="#/wizard/welcome">Wizard</a> : page !== "login" && <a href="#/login">Login</a>}
      </nav>
      <button type="button" class="quiet theme" onClick={next}>
        Colours: <span>{theme}</span>
      </button>
    </header>
  );
}
