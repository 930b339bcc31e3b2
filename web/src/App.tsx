/** The page: what the house does now on one side, the day on the other. */

import { useEffect } from "preact/hooks";

import { ChargePanel } from "./ChargePanel";
import { DayPanel } from "./DayPanel";
import { FlowDiagram } from "./FlowDiagram";
import { timeOfDay, timeWithSeconds, span, wholePercent } from "./format";
import { houseTime, useCalm, useLive, useTick } from "./hooks";
import type { Live } from "./live";
import { useTheme, type Theme } from "./theme";
import { headline, stateWord, tabTitle } from "./words";

export function App() {
  const live = useLive();
  const { theme, next, isDark } = useTheme();
  const { now, link } = live;
  const state = link === "lost" ? "lost" : (now?.connection.state ?? "connecting");
  const isCurrent = state === "live";
  const title = tabTitle(now, link);
  useEffect(() => {
    document.title = title;
  }, [title]);

  return (
    <div class="page" data-state={state}>
      <a class="skip" href="#day">
        Skip to the day
      </a>
      <header class="top">
        <p class="brand">
          <Mark />
          forebay
        </p>
        <p class="site">{now?.site_name}</p>
        <ThemeButton theme={theme} next={next} />
      </header>
      <main>
        <Headline live={live} state={state} />
        <section class="live" aria-labelledby="live-title">
          <h2 id="live-title" class="unseen">
            Power now
          </h2>
          <FlowDiagram now={now} isCurrent={isCurrent} />
          <div class="facts">
            <ChargePanel now={now} isCurrent={isCurrent} />
            <Facts live={live} />
          </div>
        </section>
        <DayPanel live={live} isDark={isDark} />
      </main>
      <footer class="foot">
        {now ? (
          <p>
            {now.firmware ? `Gateway firmware ${now.firmware}. ` : ""}Times are those of {now.timezone.replace(/_/g, " ")}.
          </p>
        ) : null}
      </footer>
    </div>
  );
}

function Headline({ live, state }: { live: Live; state: string }) {
  const { now, link, heardMs } = live;
  const { title, advice } = headline(now, link);
  useTick(now !== null);
  const calm = useCalm(advice && state !== "live" ? `${title} ${advice}` : title, 3000);
  return (
    <>
      <div class="headline">
        <h1>{title}</h1>
        {advice ? <p class="advice">{withCode(advice)}</p> : null}
      </div>
      <p class="unseen" role="status">
        {calm}
      </p>
      <div class="state">
        <StateMark state={state} />
        <span class="state-word">{stateWord(now, link)}</span>
        {now?.at && state !== "live" ? <span class="age">{ageSentence(live)}</span> : null}
        {now && (state === "live" || state === "waiting") ? (
          <span class="clock">
            {timeOfDay(houseTime(now, heardMs), now.timezone)}
            {now.speed === 1 ? "" : `, emulated time, ${Number(now.speed.toPrecision(3))}×`}
          </span>
        ) : null}
      </div>
    </>
  );
}

/** Advice with its `commands` set as such. */
function withCode(text: string) {
  return text.split("`").map((part, i) => (i % 2 ? <code key={i}>{part}</code> : part));
}

function ageSentence({ now, link, heardMs }: Live): string {
  if (!now?.at) return "";
  const at = Date.parse(now.at);
  const when = timeWithSeconds(at, now.timezone);
  // A server that is gone says nothing about the hour at the house, only how long it has been silent.
  const age = link === "lost" ? (Date.now() - heardMs) / 1000 : (houseTime(now, heardMs) - at) / 1000;
  return `The values are those of ${when}, ${span(age)} old.`;
}

function Facts({ live: { now } }: { live: Live }) {
  const reserve = now?.operation?.reserve_app_pct;
  return (
    <dl class="fact-list">
      <div>
        <dt>Grid</dt>
        <dd>{now?.grid?.words ?? "not known yet"}</dd>
      </div>
      <div>
        <dt>Mode</dt>
        <dd>{now?.operation?.words ?? "not known yet"}</dd>
      </div>
      <div>
        <dt>Reserve</dt>
        <dd>{reserve == null ? "not known yet" : reserve < 0.5 ? "none kept for outages" : `${wholePercent(reserve)} kept for outages`}</dd>
      </div>
    </dl>
  );
}

function ThemeButton({ theme, next }: { theme: Theme; next: () => void }) {
  const words = { auto: "auto", light: "light", dark: "dark" }[theme];
  return (
    <button type="button" class="quiet theme" onClick={next} title="Change between light, dark and the system's choice">
      Colours: <span>{words}</span>
    </button>
  );
}

/** The state as a shape, so that it needs no colour: full, half, empty, crossed. */
function StateMark({ state }: { state: string }) {
  return (
    <svg class="state-mark" viewBox="0 0 16 16" aria-hidden="true">
      {state === "live" ? <circle cx="8" cy="8" r="6" class="full" /> : null}
      {state === "stale" ? (
        <>
          <circle cx="8" cy="8" r="6" />
          <path d="M8 2a6 6 0 0 1 0 12Z" class="full" />
        </>
      ) : null}
      {state === "waiting" || state === "connecting" ? <circle cx="8" cy="8" r="6" /> : null}
      {state === "down" || state === "lost" ? <path d="M3 3l10 10M13 3L3 13" /> : null}
    </svg>
  );
}

function Mark() {
  return (
    <svg class="mark" viewBox="0 0 24 24" aria-hidden="true">
      <path d="M3 10c2-2.4 4-2.400 6 0s4 2.400 6 0M3 16c2-2.400 4-2.400 6 0s4 2.400 6 0M19.500 4v16" />
    </svg>
  );
}
