/** Solar: what the roof made, beside what it makes under a clear sky, when it made nothing, and its strings. */

import { useMemo, useState } from "preact/hooks";

import { TimeChart } from "../../chart/TimeChart";
import type { Plot, Series, Window } from "../../chart/types";
import { Empty, Figures, nothingYet, PageHead, Panel, Table, Waiting } from "../../components/Panel";
import type { PageProps } from "../../frame/page";
import { power } from "../../format";
import { useAnswer } from "../../hooks";
import { DatedChart } from "../common/DatedChart";
import { measured, moment, number, ratioWords, shortDate } from "../common/words";
import type { Missing, SolarAnswer } from "./answer";
import { Strings } from "./Strings";

const EVERY_MS = 300_000;
const POWER: readonly Plot[] = [{ unit: "kW", height: [11, 14] }];
const ENERGY: readonly Plot[] = [{ unit: "kWh", height: [11, 15] }];
const LAST: readonly [string, string][] = [
  ["365", "last year"],
  ["730", "last two years"],
  ["3660", "last ten years"],
];

export function SolarPage(props: PageProps) {
  const last = props.route.query["last"] ?? "365";
  const { answer, problem } = useAnswer<SolarAnswer>(props.ask, "solar", { last }, EVERY_MS);
  const nothing = nothingYet(props.live);
  if (nothing) {
    return (
      <>
        <PageHead title="Solar" />
        <Empty words={nothing.words} advice={nothing.advice} />
      </>
    );
  }
  if (!answer) {
    return (
      <>
        <PageHead title="Solar" />
        <Waiting problem={problem} what="what the roof made" />
      </>
    );
  }
  if (!answer.has_solar) {
    return (
      <>
        <PageHead title="Solar" />
        <Empty words="No solar power has been recorded here." advice="If there is a roof, its meter does not tell the gateway anything: look at the meters in the gateway's set-up." />
      </>
    );
  }
  return (
    <>
      <PageHead title="Solar">{headline(answer)}</PageHead>
      <label class="period">
        Look back upon the{" "}
        <select class="choice" value={last} onChange={(event) => props.choose({ last: event.currentTarget.value === "365" ? null : event.currentTarget.value })}>
          {LAST.map(([value, label]) => (
            <option key={value} value={value}>
              {label}
            </option>
          ))}
        </select>
      </label>
      <Figures rows={figures(answer)} label="The roof in numbers" />
      <Today answer={answer} isDark={props.isDark} />
      <Days answer={answer} isDark={props.isDark} />
      <MissingDays answer={answer} />
      <Strings answer={answer} {...props} />
    </>
  );
}

function headline({ total, strings, missing }: SolarAnswer): string {
  const weak = strings.find(({ words }) => words)?.words;
  if (weak) return weak;
  const latest = missing[missing.length - 1];
  const fault = latest && latest.reason !== "curtailed" && latest.reason !== "outage" ? ` Last missing on ${shortDate(latest.date)}.` : "";
  return total.words + fault;
}

function figures({ total, days, missing }: SolarAnswer) {
  const best = days.kwh.reduce<number>((most, kwh) => Math.max(most, kwh ?? 0), 0);
  const at = days.date[days.kwh.indexOf(best)];
  return [
    { label: "Produced", value: total.kwh === null ? null : String(Math.round(total.kwh)), unit: "kWh", words: `in ${total.days} days`, colour: "solar" as const },
    { label: "Of clear skies", value: ratioWords(total.ratio), unit: "%", words: total.ratio === null ? "not known before ten days" : "clouds, snow, dirt and faults took the rest" },
    { label: "Best day", value: best ? number(best) : null, unit: "kWh", words: at ? shortDate(at) : "" },
    { label: "Missing production", value: String(missing.length), unit: missing.length === 1 ? "time" : "times", words: missing.length ? "listed below" : "none found" },
  ];
}

const kilo = (values: readonly (number | null)[]): (number | null)[] => values.map((value) => (value === null ? null : value / 1000));
const write = (kilowatts: number) => power(kilowatts * 1000);

function Today({ answer: { today, timezone }, isDark }: { answer: SolarAnswer; isDark: boolean }) {
  const window = useMemo((): Window => ({ start: today.t[0] ?? 0, end: (today.t[today.t.length - 1] ?? 0) + 900 }), [today.t[0]]);
  const [seen, setSeen] = useState<Window | null>(null);
  const drawn = useMemo(() => ({ t: today.t, end: window.end, step_s: 900 }), [today.t, window.end]);
  const series = useMemo(
    (): Series[] => [
      { key: "solar", label: "Solar", unit: "kW", kind: "area", colour: "solar", width: 2, values: kilo(today.solar_w), write },
      { key: "clear", label: "Clear day", unit: "kW", kind: "line", colour: "ink", dash: [4, 4], values: kilo(today.clear_w), write, isAhead: true },
    ],
    [today],
  );
  if (!today.date) return null;
  const isKnown = today.clear_w.some((watts) => watts !== null);
  return (
    <Panel id="today" title="Today, beside a clear day">
      <TimeChart
        title="Solar power beside a clear day"
        timezone={timezone}
        window={seen ?? window}
        limits={window}
        onWindow={setSeen}
        isFitted={seen === null}
        drawn={drawn}
        series={series}
        plots={POWER}
        isDark={isDark}
        note={isKnown ? "By quarter of an hour." : "The clear day is learned from the roof itself; it takes ten days with readings."}
        tableName="From"
      />
    </Panel>
  );
}

function Days({ answer: { days, rule, timezone }, isDark }: { answer: SolarAnswer; isDark: boolean }) {
  const series = useMemo(
    (): Series[] => [
      { key: "made", label: "Produced", unit: "kWh", kind: "bars", colour: "solar", values: days.kwh },
      { key: "clear", label: "Clear day", unit: "kWh", kind: "outline", colour: "ink", values: days.clear_kwh },
    ],
    [days],
  );
  return (
    <Panel id="days" title="Days" lead={rule}>
      <DatedChart title="Energy from the roof by day" timezone={timezone} dates={days.date} series={series} plots={ENERGY} shownDays={60} isDark={isDark} />
    </Panel>
  );
}

function MissingDays({ answer: { missing, unseen, timezone } }: { answer: SolarAnswer }) {
  return (
    <Panel id="missing" title="Missing production" lead="Days far below a clear one, and hours in which a high sun gave nothing.">
      {missing.length ? (
        <Table caption="When production was missing, the newest first" columns={["Day", "From", "For", "Made", "A clear day makes", "What it may be"]} rows={[...missing].reverse().map((one) => missingRow(one, timezone))} />
      ) : (
        <Empty isSmall words="No production was missing on the days that can be compared." />
      )}
      {unseen.length ? (
        <p class="note">
          Not judged, because less than half of the day was recorded: {unseen.slice(-8).map(shortDate).join(", ")}
          {unseen.length > 8 ? `, and ${unseen.length - 8} before` : ""}.
        </p>
      ) : null}
    </Panel>
  );
}

function missingRow(one: Missing, timezone: string) {
  const from = moment(one.start, timezone).split(" ").pop();
  return [shortDate(one.date), from, one.length_words, measured(one.kwh, "kWh"), measured(one.clear_kwh, "kWh"), <span class="long">{one.words}</span>];
}
