/** Alerts: what is told, since when, by which device, and what it means. */

import { useMemo } from "preact/hooks";

import { Empty, nothingYet, PageHead, Panel, Table, Waiting } from "../../components/Panel";
import type { PageProps } from "../../frame/page";
import { useAnswer } from "../../hooks";
import { moment } from "../common/words";

type Severity = "state" | "notice" | "warning" | "fault";

interface AlertRow {
  kind: "alert" | "problem";
  name: string;
  source: string;
  severity: Severity;
  words: string;
  is_told: boolean;
  start: string;
  end: string | null;
  length_words: string;
  detail: string;
}

interface AlertsAnswer {
  timezone: string;
  now: string;
  start: string;
  words: string;
  present: AlertRow[];
  past: AlertRow[];
  past_count: number;
  kinds: { name: string; severity: Severity; count: number; last: string; words: string }[];
}

const EVERY_MS = 15_000;
const ORDER: readonly Severity[] = ["state", "notice", "warning", "fault"];
const SEVERITIES: Record<Severity, string> = { state: "State", notice: "Notice", warning: "Warning", fault: "Fault" };
const CHOICES: Record<Severity, string> = { state: "everything", notice: "notices and worse", warning: "warnings and worse", fault: "faults alone" };

export function AlertsPage({ ask, route, choose, live }: PageProps) {
  const { answer, problem } = useAnswer<AlertsAnswer>(ask, "alerts", {}, EVERY_MS);
  const least = ORDER.indexOf((route.query["from"] ?? "state") as Severity);
  const device = route.query["of"] ?? "";
  const text = route.query["text"] ?? "";
  const fits = (row: AlertRow): boolean =>
    ORDER.indexOf(row.severity) >= least && (!device || row.source === device) && `${row.name} ${row.words} ${row.detail}`.toLowerCase().includes(text.toLowerCase());
  const devices = useMemo(() => [...new Set([...(answer?.present ?? []), ...(answer?.past ?? [])].map(({ source }) => source))].sort(), [answer]);
  const nothing = nothingYet(live);
  if (nothing) {
    return (
      <>
        <PageHead title="Alerts" />
        <Empty words={nothing.words} advice={nothing.advice} />
      </>
    );
  }
  if (!answer) {
    return (
      <>
        <PageHead title="Alerts" />
        <Waiting problem={problem} what="the alerts" />
      </>
    );
  }
  const present = answer.present.filter(fits);
  const past = answer.past.filter(fits);
  const isFiltered = least > 0 || device !== "" || text !== "";
  return (
    <>
      <PageHead title="Alerts">{answer.words}</PageHead>
      <form class="filters" role="search" aria-label="Which alerts are shown" onSubmit={(event) => event.preventDefault()}>
        <label>
          Show{" "}
          <select class="choice" value={ORDER[least] ?? "state"} onChange={(event) => choose({ from: event.currentTarget.value === "state" ? null : event.currentTarget.value })}>
            {ORDER.map((severity) => (
              <option key={severity} value={severity}>
                {CHOICES[severity]}
              </option>
            ))}
          </select>
        </label>
        <label>
          Of{" "}
          <select class="choice" value={device} onChange={(event) => choose({ of: event.currentTarget.value || null })}>
            <option value="">all devices</option>
            {devices.map((name) => (
              <option key={name} value={name}>
                {name}
              </option>
            ))}
          </select>
        </label>
        <label>
          With{" "}
          <input class="choice" type="search" placeholder="any words" value={text} onInput={(event) => choose({ text: event.currentTarget.value || null })} />
        </label>
      </form>
      <Panel id="present" title="Now">
        {present.length ? <List rows={present} timezone={answer.timezone} /> : <Empty isSmall words={isFiltered && answer.present.length ? "Nothing that is told now fits this choice." : "No device tells anything now."} />}
      </Panel>
      <Panel id="past" title="Before" lead={answer.past_count > answer.past.length ? `The last ${answer.past.length} of ${answer.past_count}.` : undefined}>
        {past.length ? <List rows={past} timezone={answer.timezone} /> : <Empty isSmall words={isFiltered && answer.past.length ? "Nothing of the past fits this choice." : "Nothing was told in the last year that is over."} />}
      </Panel>
      {answer.kinds.length ? (
        <Panel id="kinds" title="How often">
          <Table caption="Every alert of the last year" columns={["Alert", "How bad", "Times", "Last"]} rows={answer.kinds.map(({ name, severity, count, last }) => [<code>{name}</code>, <Badge severity={severity} />, String(count), moment(last, answer.timezone)])} />
        </Panel>
      ) : null}
    </>
  );
}

function List({ rows, timezone }: { rows: readonly AlertRow[]; timezone: string }) {
  return (
    <ul class="alerts">
      {rows.map((row) => (
        <li key={`${row.source} ${row.name} ${row.start}`} class={`is-${row.severity}`}>
          <p class="alert-head">
            <Badge severity={row.severity} />
            <span class="alert-source">{row.source}</span>
            <span class="alert-time">
              {row.end === null ? `since ${moment(row.start, timezone)}, for ${row.length_words}` : `${moment(row.start, timezone)}, for ${row.length_words}`}
            </span>
          </p>
          <p class="alert-words">{row.words}</p>
          <p class="alert-name">
            <code>{row.name}</code>
            {row.detail ? ` ${row.detail}` : ""}
          </p>
        </li>
      ))}
    </ul>
  );
}

/** How bad, as a word and a shape, so that it needs no colour. */
function Badge({ severity }: { severity: Severity }) {
  return (
    <span class={`badge is-${severity}`}>
      <svg viewBox="0 0 16 16" aria-hidden="true">
        {severity === "fault" ? <path d="M8 1.500L15 14.500H1Z" class="full" /> : null}
        {severity === "warning" ? <path d="M8 1.500L15 14.500H1Z" /> : null}
        {severity === "notice" ? <circle cx="8" cy="8" r="5.500" class="full" /> : null}
        {severity === "state" ? <circle cx="8" cy="8" r="5.500" /> : null}
      </svg>
      {SEVERITIES[severity]}
    </span>
  );
}
