/** Grid: whether it is there, when it was away and how the house came through, its voltage and frequency. */

import { useMemo } from "preact/hooks";

import type { Mark, Plot, Series } from "../../chart/types";
import { Empty, Figures, nothingYet, PageHead, Panel, Table, Waiting } from "../../components/Panel";
import type { PageProps } from "../../frame/page";
import { digits, span } from "../../format";
import { useAnswer } from "../../hooks";
import { DASHES, lastDays, SignalChart } from "../common/DatedChart";
import { measured, moment, number } from "../common/words";
import type { GridAnswer, Outage, Through } from "./answer";

const EVERY_MS = 60_000;
const volts = (value: number) => ({ number: value.toFixed(1), unit: "V" });
const hertz = (value: number) => ({ number: value.toFixed(3), unit: "Hz" });
const THROUGH: Record<Through, string> = {
  through: "came through",
  dark: "went dark",
  empty: "ran empty, still had power",
  unknown: "not known",
  lasts: "on its own now",
};

export function GridPage(props: PageProps) {
  const { answer, problem } = useAnswer<GridAnswer>(props.ask, "grid", {}, EVERY_MS);
  const nothing = nothingYet(props.live);
  if (nothing) {
    return (
      <>
        <PageHead title="Grid" />
        <Empty words={nothing.words} advice={nothing.advice} />
      </>
    );
  }
  if (!answer) {
    return (
      <>
        <PageHead title="Grid" />
        <Waiting problem={problem} what="what the grid did" />
      </>
    );
  }
  return (
    <>
      <PageHead title="Grid">{`${answer.words.replace(/\.$/, "")}. ${answer.total.words}`}</PageHead>
      <Figures rows={figures(answer)} label="The grid in numbers" />
      <Outages answer={answer} />
      <Quality answer={answer} {...props} />
    </>
  );
}

function figures({ total, nominal, excursions, outages }: GridAnswer) {
  const lowest = outages.reduce<number | null>((least, one) => (one.lowest_app_pct === null ? least : Math.min(least ?? 100, one.lowest_app_pct)), null);
  return [
    { label: "Outages", value: String(total.count), words: total.count ? `${span(total.seconds)} in all` : "none recorded", colour: "grid" as const },
    { label: "Came through", value: total.count ? String(total.through) : null, words: total.dark ? `dark in ${total.dark}` : "" },
    { label: "Lowest charge in an outage", value: number(lowest), unit: "%", words: "", colour: "battery" as const },
    { label: "Usual voltage", value: nominal.voltage_v === null ? null : nominal.voltage_v.toFixed(1), unit: "V", words: nominal.frequency_hz === null ? "" : `${digits(nominal.frequency_hz)}\u00a0Hz` },
    { label: "Outside the limits", value: String(excursions.quarters), unit: excursions.quarters === 1 ? "quarter of an hour" : "quarters of an hour", words: "in the last year" },
  ];
}

function Outages({ answer: { outages, years, total, timezone } }: { answer: GridAnswer }) {
  const dates = useMemo(() => years.map(({ year }) => `${year}-01-01`), [years]);
  return (
    <Panel id="outages" title="Outages" lead={total.words}>
      {outages.length ? (
        <>
          <Table caption="Outages, the newest first" columns={["Since", "For", "The house", "It used", "Charge before", "Lowest charge"]} rows={outages.map((one) => outageRow(one, timezone))} />
          {dates.length > 1 ? <Table caption="By year" columns={["Year", "Outages", "In all", "The longest"]} rows={[...years].reverse().map(({ year, count, seconds, longest_s }) => [String(year), count ? String(count) : "none", count ? span(seconds) : null, count ? span(longest_s) : null])} /> : null}
        </>
      ) : (
        <Empty isSmall words="The grid has not been away since the record began." />
      )}
    </Panel>
  );
}

function outageRow(one: Outage, timezone: string) {
  return [
    moment(one.start, timezone),
    one.length_words,
    <span class={`verdict is-${one.through}`}>{THROUGH[one.through]}</span>,
    measured(one.home_kwh, "kWh"),
    measured(one.charge_before_app_pct, "%"),
    measured(one.lowest_app_pct, "%"),
  ];
}

function Quality({ answer, ask, isDark, today }: PageProps & { answer: GridAnswer }) {
  const { nominal, excursions, outages, timezone } = answer;
  const shown = useMemo(() => lastDays(today, timezone, 2), [today, timezone]);
  const plots = useMemo(
    (): readonly Plot[] => [
      { unit: "V", height: [9, 11], range: around(nominal.low_v, nominal.high_v, 10) },
      { unit: "Hz", height: [8, 9], range: around(nominal.low_hz, nominal.high_hz, 0.1) },
      ...(answer.signals.lines.length ? [{ unit: "V", height: [8, 9] as const, range: near }] : []),
    ],
    [nominal, answer.signals.lines.length],
  );
  const names = JSON.stringify(answer.signals);
  const signals = useMemo(() => curvesOf(answer.signals), [names]);
  const marks = useMemo(
    (): Mark[] => outages.map(({ start, end, length_words }) => ({ start: Date.parse(start) / 1000, end: end === null ? null : Date.parse(end) / 1000, label: `Grid away for ${length_words}` })),
    [outages],
  );
  const limits =
    nominal.low_v === null || nominal.high_v === null
      ? ""
      : `Limits: ${digits(nominal.low_v)} to ${digits(nominal.high_v)} V${nominal.is_voltage_learned ? ", 10 % around the usual voltage" : ""}${nominal.low_hz === null || nominal.high_hz === null ? "" : `, ${nominal.low_hz} to ${nominal.high_hz} Hz`}. The settings change them.`;
  return (
    <Panel id="quality" title="Voltage and frequency" lead={excursions.words}>
      {nominal.voltage_v === null && nominal.frequency_hz === null ? null : (
        <SignalChart title="Voltage and frequency of the grid" timezone={timezone} ask={ask} signals={signals} plots={plots} marks={marks} shown={shown} isDark={isDark} note={limits} />
      )}
      {excursions.list.length ? <Table caption="Outside the limits, the newest first" columns={["Since", "What"]} rows={excursions.list.map((one) => [moment(one.start, timezone), <span class="long">{one.words}</span>])} /> : null}
    </Panel>
  );
}

/** Voltage and frequency, and below them each line where a meter tells it. */
function curvesOf({ voltage, frequency, lines }: GridAnswer["signals"]): Omit<Series, "values">[] {
  return [
    { key: voltage, label: lines.length ? "Voltage, all lines" : "Voltage", unit: "V", kind: "line", colour: "grid", plot: 0, write: volts },
    { key: frequency, label: frequency === "site_frequency_hz" ? "Frequency" : "Frequency, at the packs", unit: "Hz", kind: "line", colour: "grid", dash: [5, 3], plot: 1, write: hertz },
    ...lines.map(({ key, label }, i): Omit<Series, "values"> => ({ key, label, unit: "V", kind: "line", colour: "ink", dash: DASHES[i % DASHES.length] ?? [], plot: 2, write: volts })),
  ];
}

/** The limits and a little more; what is outside widens the scale, but the nothing of an outage does not. */
function around(low: number | null, high: number | null, room: number): NonNullable<Plot["range"]> {
  return (least, most) => {
    const floor = (low ?? least ?? 0) - room;
    return [least !== null && least > floor / 2 ? Math.min(floor, least) : floor, Math.max((high ?? most ?? 1) + room, most ?? -Infinity)];
  };
}

/** The lines' own scale: a tenth above and below what is seen, and not down to the nothing of an outage. */
const near: NonNullable<Plot["range"]> = (least, most) => {
  const top = (most ?? 120) * 1.05;
  return [least !== null && least > top / 2 ? least * 0.95 : top * 0.8, top];
};
