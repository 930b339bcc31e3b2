/** Now: what the house does on one side, the day on the other. */

import type { Live } from "../../live";
import type { PageProps } from "../../frame/page";
import { FlowDiagram } from "../../FlowDiagram";
import { clockWords, dateOf, dayWords } from "../../chart/calendar";
import { wholePercent } from "../../format";
import { useCalm } from "../../hooks";
import { Gateways } from "./Gateways";
import { headline } from "../../words";
import { ChargePanel } from "./ChargePanel";
import { DayPanel } from "./DayPanel";

export function NowPage(props: PageProps) {
  const { live } = props;
  const { now, link } = live;
  const state = link === "lost" ? "lost" : (now?.connection.state ?? "connecting");
  const isCurrent = state === "live";
  return (
    <>
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
      {now?.gateways ? <Gateways now={now} ask={props.ask} /> : null}
      <DayPanel {...props} />
    </>
  );
}

function Headline({ live: { now, link }, state }: { live: Live; state: string }) {
  const { title, advice } = headline(now, link);
  const calm = useCalm(advice && state !== "live" ? `${title} ${advice}` : title, 3000);
  return (
    <div class="headline">
      <h1>{title}</h1>
      {advice ? <p class="advice">{withCode(advice)}</p> : null}
      <p class="unseen" role="status">
        {calm}
      </p>
    </div>
  );
}

/** Advice with its `commands` set as such. */
function withCode(text: string) {
  return text.split("`").map((part, i) => (i % 2 ? <code key={i}>{part}</code> : part));
}

function Facts({ live: { now } }: { live: Live }) {
  const reserve = now?.operation?.reserve_app_pct;
  return (
    <dl class="fact-list">
      <div>
        <dt>Grid</dt>
        <dd>
          {now?.grid?.words ?? "not known yet"}
          {now?.grid?.since ? <span class="since"> since {sinceWords(now.grid.since, now.timezone, now.now)}</span> : null}
        </dd>
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

/** "14:05" of today, "Fri 12 Jun 2026, 14:05" of another day. */
function sinceWords(since: string, timezone: string, now: string): string {
  const at = Date.parse(since) / 1000;
  const clock = clockWords(at, timezone, false);
  return dateOf(at, timezone) === dateOf(Date.parse(now) / 1000, timezone) ? clock : `${dayWords(at, timezone)}, ${clock}`;
}
