/** System: whether the recording is well, of which gateways and parts, what is missing, and where it is kept. */

import { useMemo } from "preact/hooks";

import type { Plot, Series } from "../../chart/types";
import { Empty, Figures, PageHead, Panel, Table, Waiting } from "../../components/Panel";
import type { PageProps } from "../../frame/page";
import { span } from "../../format";
import { useAnswer } from "../../hooks";
import { linkTo } from "../../route";
import { DatedChart } from "../common/DatedChart";
import { bytes, count, measured, moment, nextMonth } from "../common/words";
import type { GatewayListed, Health, SystemAnswer } from "./answer";

const EVERY_MS = 30_000;
const SIZES: readonly Plot[] = [{ unit: "MB", height: [9, 11] }];

export function SystemPage({ ask, isDark }: PageProps) {
  const { answer, problem } = useAnswer<SystemAnswer>(ask, "system", {}, EVERY_MS);
  const listed = useAnswer<{ gateways: GatewayListed[] }>(ask, "gateways", {}, EVERY_MS).answer;
  if (!answer) {
    return (
      <>
        <PageHead title="System" />
        <Waiting problem={problem} what="how the recording is" />
      </>
    );
  }
  return (
    <>
      <PageHead title="System">{headline(answer.health)}</PageHead>
      <HealthList health={answer.health} />
      <Gateway answer={answer} listed={listed?.gateways ?? []} />
      <Gaps answer={answer} />
      <Refused answer={answer} />
      <Aside answer={answer} />
      <Store answer={answer} isDark={isDark} />
      <Events answer={answer} />
    </>
  );
}

function headline(health: readonly Health[]): string {
  const worst = health[0];
  if (!worst || worst.state === "good") return "Everything is as it should be.";
  return worst.advice ? `${worst.words} ${worst.advice}` : worst.words;
}

const STATES = { good: "Well", warning: "Look at this", bad: "Wrong" } as const;

function HealthList({ health }: { health: readonly Health[] }) {
  return (
    <Panel id="health" title="Health">
      <ul class="health">
        {health.map((one) => (
          <li key={one.title} class={`is-${one.state}`}>
            <svg viewBox="0 0 16 16" aria-hidden="true">
              {one.state === "good" ? <path d="M3 8.500L6.500 12L13 4.500" /> : null}
              {one.state === "warning" ? <path d="M8 2L14.500 14H1.500ZM8 6.500V10" /> : null}
              {one.state === "bad" ? <path d="M3 3l10 10M13 3L3 13" /> : null}
            </svg>
            <p>
              <span class="health-title">
                {one.title}
                <span class="unseen">: {STATES[one.state]}.</span>
              </span>
              {one.words}
              {one.advice ? <span class="health-advice"> {one.advice}</span> : null}
            </p>
          </li>
        ))}
      </ul>
    </Panel>
  );
}

function Gateway({ answer, listed }: { answer: SystemAnswer; listed: readonly GatewayListed[] }) {
  const { gateway, parts, firmware, timezone, forebay } = answer;
  const facts: [string, string | null][] = [
    ["Gateway", gateway.name],
    ["Site", gateway.site_name],
    ["Time zone", (gateway.timezone ?? timezone).replace(/_/g, " ")],
    ["Firmware", gateway.firmware],
    ["Mode", gateway.mode_words],
    ["Running for", gateway.uptime_s === null ? null : span(gateway.uptime_s)],
    ["Firmware update", gateway.update_state?.replace(/^\//, "").replace(/_/g, " ") ?? null],
    ["Recorded since", gateway.first ? moment(gateway.first, timezone) : null],
    ["Readings", count(gateway.readings)],
    ["forebay", forebay],
  ];
  return (
    <Panel id="gateway" title="Gateway">
      <dl class="fact-list wide">
        {facts.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value ?? "not told yet"}</dd>
          </div>
        ))}
      </dl>
      {listed.length > 1 ? (
        <Table
          caption="All gateways of this record"
          columns={["Gateway", "Site", "How it is"]}
          rows={listed.map((one) => [<a href={linkTo("system", { gateway: one.name })}>{one.name}</a>, one.site ?? one.site_name, <span class="long">{one.is_recorded ? one.words : "No longer recorded."}</span>])}
        />
      ) : null}
      {parts.length ? (
        <Table
          caption="Its parts; the mark tells two of one kind apart without a serial number"
          columns={["Part", "Mark", "First heard of", "Last heard of"]}
          rows={parts.map((part) => [part.label, part.mark ? <code>{part.mark}</code> : null, moment(part.first, timezone), part.is_silent ? `${moment(part.last, timezone)}, silent since` : moment(part.last, timezone)])}
        />
      ) : null}
      {firmware.length ? <Table caption="Firmware, the newest first" columns={["Version", "Since", "For"]} rows={firmware.map((one) => [one.version, moment(one.start, timezone), one.end ? one.length_words : `${one.length_words}, until now`])} /> : null}
    </Panel>
  );
}

function Gaps({ answer: { gaps, gateway, start, timezone } }: { answer: SystemAnswer }) {
  const ratio = gaps.recorded_ratio;
  const isYoung = gateway.first !== null && Date.parse(start) <= Date.parse(gateway.first);
  const share = ratio === null ? "" : ` ${ratio > 0.99995 ? "All" : `${(100 * ratio).toFixed(2)} %`} of the ${isYoung ? "time since the record began" : "last year"} was recorded.`;
  return (
    <Panel id="gaps" title="Times without readings" lead={`${gaps.count ? `${gaps.count} ${gaps.count === 1 ? "gap" : "gaps"}, ${span(gaps.seconds)} in all.` : "No gap."}${share} No energy is lost in a gap: the gateway's counters went on.`}>
      {gaps.list.length ? (
        <Table
          caption="Gaps, the newest first"
          columns={["Since", "For", "The home used", "Why"]}
          rows={gaps.list.map((gap) => [moment(gap.start, timezone), gap.end ? gap.length_words : `${gap.length_words}, and lasts`, measured(gap.home_kwh, "kWh"), <span class="long">{gap.words.split(" The counters")[0]}</span>])}
        />
      ) : null}
    </Panel>
  );
}

function Refused({ answer: { refused, timezone } }: { answer: SystemAnswer }) {
  return (
    <Panel id="refused" title="Kept out of the sums" lead="Steps of counters that no house can make, and readings that came twice.">
      {refused.list.length ? (
        <Table
          caption="What was kept out, the newest first"
          columns={["Until", "Counter", "Its step", "Counted instead", "What happened"]}
          rows={refused.list.map((one) => [moment(one.end, timezone), one.label, measured(one.step_kwh, "kWh"), one.counted_kwh === null ? "nothing that can be told" : measured(one.counted_kwh, "kWh"), <span class="long">{`${one.words}; counted: ${one.counted_words}`}</span>])}
        />
      ) : (
        <Empty isSmall words="No counter did anything strange." />
      )}
    </Panel>
  );
}

function Aside({ answer: { aside, timezone } }: { answer: SystemAnswer }) {
  if (!aside.length) return null;
  return (
    <Panel id="aside" title="Set aside" lead="Readings that a clock which was ahead had dated. They are kept in the file, and are no part of the record; the gateway's counters went on.">
      <Table
        caption="What was set aside, the newest first"
        columns={["From", "Readings", "Dated until"]}
        rows={aside.map((one) => [moment(one.at, timezone), count(one.readings), moment(one.last, timezone)])}
      />
    </Panel>
  );
}

function Store({ answer: { store, timezone }, isDark }: { answer: SystemAnswer; isDark: boolean }) {
  const { months } = store;
  const dates = useMemo(() => months.map(({ month }) => `${month}-01`), [months]);
  const series = useMemo((): Series[] => [{ key: "bytes", label: "Put away", unit: "MB", kind: "bars", colour: "ink", values: months.map((month) => month.bytes / 1e6) }], [months]);
  const last = months[months.length - 1];
  return (
    <Panel id="store" title="Store" lead={`Everything is in ${store.file} and the folder beside it, on this computer alone.`}>
      <Figures
        label="The store in numbers"
        rows={[
          { label: "In all", value: bytes(store.total_bytes), words: "of all gateways" },
          { label: "Database", value: bytes(store.database_bytes), words: "the last days, and sums for ever" },
          { label: "Archive", value: bytes(store.archive_bytes), words: months.length ? `every reading of ${months.length} ${months.length === 1 ? "month" : "months"}` : "begins after three days" },
          { label: "Free on the disk", value: bytes(store.free_bytes), words: "" },
          { label: "Last backup", value: store.backup.at ? moment(store.backup.at, timezone).slice(0, -6) : "never", words: store.backup.at ? `into ${store.backup.file}, ${bytes(store.backup.bytes)}` : store.backup.words.replace("Never. ", "") },
        ]}
      />
      {last && months.length > 1 ? <DatedChart title="Size of the archive by month" timezone={timezone} dates={dates} after={nextMonth(last.month)} days={30} series={series} plots={SIZES} isDark={isDark} /> : null}
    </Panel>
  );
}

function Events({ answer: { events, timezone } }: { answer: SystemAnswer }) {
  if (!events.length) return null;
  return (
    <Panel id="events" title="What happened to the recording">
      <Table caption="The newest first" columns={["When", "What"]} rows={events.map((event) => [moment(event.at, timezone), <span class="long">{event.detail}</span>])} />
    </Panel>
  );
}
