/** How the recording stands, in sight on every page: a shape, a word, the age of what is shown, the hour. */

import { timeOfDay, timeWithSeconds, span } from "../format";
import { houseTime, useTick } from "../hooks";
import type { Live } from "../live";
import { stateWord } from "../words";

export function StateLine({ live, state }: { live: Live; state: string }) {
  const { now, link, heardMs } = live;
  useTick(now !== null);
  return (
    <section class="state" aria-label="How the recording stands">
      <StateMark state={state} />
      <span class="state-word">{stateWord(now, link)}</span>
      {now?.at && state !== "live" ? <span class="age">{ageSentence(live)}</span> : null}
      {now && (state === "live" || state === "waiting") ? (
        <span class="clock">
          {timeOfDay(houseTime(now, heardMs), now.timezone)}
          {now.speed === 1 ? "" : `, emulated time, ${Number(now.speed.toPrecision(3))}×`}
        </span>
      ) : null}
    </section>
  );
}

function ageSentence({ now, link, heardMs }: Live): string {
  if (!now?.at) return "";
  const at = Date.parse(now.at);
  const when = timeWithSeconds(at, now.timezone);
  // A server that is gone says nothing about the hour at the house, only how long it has been silent.
  const age = link === "lost" ? (Date.now() - heardMs) / 1000 : (houseTime(now, heardMs) - at) / 1000;
  return `The values are those of ${when}, ${span(age)} old.`;
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
