/** Battery: how much it still holds, how hard it works, what comes back, and its packs side by side. */

import { useMemo } from "preact/hooks";

import type { Plot, Series } from "../../chart/types";
import { Empty, Figures, nothingYet, PageHead, Panel, Table, Waiting } from "../../components/Panel";
import type { PageProps } from "../../frame/page";
import { digits } from "../../format";
import { useAnswer } from "../../hooks";
import { DatedChart } from "../common/DatedChart";
import { measured, monthWords, nextMonth, number, ratioWords, shortDate } from "../common/words";
import type { BatteryAnswer, Month } from "./answer";
import { capacitySeries, everyDay } from "./capacity";
import { Packs } from "./Packs";

const EVERY_MS = 600_000;
const CYCLES: readonly Plot[] = [{ unit: "cycles", height: [9, 11] }];
const RATIOS: readonly Plot[] = [{ unit: "%", height: [9, 11], range: [50, 100] }];

export function BatteryPage(props: PageProps) {
  const { answer, problem } = useAnswer<BatteryAnswer>(props.ask, "battery", {}, EVERY_MS);
  const nothing = nothingYet(props.live);
  if (nothing) {
    return (
      <>
        <PageHead title="Battery" />
        <Empty words={nothing.words} advice={nothing.advice} />
      </>
    );
  }
  if (!answer) {
    return (
      <>
        <PageHead title="Battery" />
        <Waiting problem={problem} what="what the battery told" />
      </>
    );
  }
  return (
    <>
      <PageHead title="Battery">{answer.capacity.words}</PageHead>
      <Figures rows={figures(answer)} label="The battery in numbers" />
      <Capacity answer={answer} isDark={props.isDark} />
      <Packs answer={answer} {...props} />
      <Cycles answer={answer} isDark={props.isDark} />
      <RoundTrip answer={answer} isDark={props.isDark} />
    </>
  );
}

function figures({ capacity, nominal, cycles, round_trip, trend }: BatteryAnswer) {
  return [
    { label: "Full packs hold", value: number(kilo(capacity.latest_wh)), unit: "kWh", words: nominal.words ?? "", colour: "battery" as const },
    { label: "Of the nominal energy", value: ratioWords(capacity.ratio), unit: "%", words: trend.per_year_wh === null ? "no trend yet" : perYear(trend.per_year_wh) },
    { label: "Full cycles", value: cycles.lifetime === null ? number(cycles.recorded) : number(cycles.lifetime), words: cycles.lifetime === null ? "in this record" : "since its meter began to count" },
    { label: "Comes back", value: ratioWords(round_trip.ratio), unit: "%", words: "of what goes in" },
  ];
}

const perYear = (wh: number): string => `${wh < 0 ? "loses" : "gains"} ${digits(Math.abs(wh) / 1000)}\u00a0kWh a year`;

const kilo = (wh: number | null): number | null => (wh === null ? null : wh / 1000);

function Capacity({ answer, isDark }: { answer: BatteryAnswer; isDark: boolean }) {
  const { capacity, warranty, trend, nominal, timezone } = answer;
  const first = capacity.days[0];
  const days = useMemo(() => (first ? everyDay(first, capacity.days[capacity.days.length - 1] ?? first) : []), [capacity]);
  const series = useMemo(() => capacitySeries(days, answer), [days, answer]);
  const plots = useMemo((): readonly Plot[] => [capacityPlot(nominal.wh, warranty.end_wh)], [nominal.wh, warranty.end_wh]);
  return (
    <Panel id="capacity" title="Capacity" lead={`${trend.words} ${warranty.words ?? ""}`}>
      {days.length ? (
        <>
          <DatedChart title="Capacity of the full packs" timezone={timezone} dates={days} series={series} plots={plots} isDark={isDark} />
          <p class="note">
            {`The usual warranty keeps ${Math.round(warranty.kept_ratio * 100)} % after ${warranty.years} years, here from ${warranty.start ? shortDate(warranty.start) : "the first day"}`}
            {warranty.is_start_known ? ". " : ", the first day of the record; the settings can name the true one. "}
            Your papers say what yours promises.
          </p>
        </>
      ) : (
        <Empty words={capacity.words} advice="It is asked for every minute; firmware that offers no system status does not tell it." />
      )}
    </Panel>
  );
}

/** From a little below the warranty's end to a little above the nominal energy, so that a loss looks as large as it is. */
function capacityPlot(nominalWh: number | null, endWh: number | null): Plot {
  const top = (nominalWh ?? 13_500) / 1000;
  const floor = (endWh ?? top * 700) / 1000;
  return {
    unit: "kWh",
    height: [13, 18],
    range: (low, high) => [Math.min(floor * 0.97, (low ?? floor) * 0.98), Math.max(top * 1.03, (high ?? top) * 1.01)],
  };
}

function Cycles({ answer: { cycles, timezone }, isDark }: { answer: BatteryAnswer; isDark: boolean }) {
  const series = useMemo((): Series[] => [{ key: "cycles", label: "Cycles a day", unit: "cycles", kind: "bars", colour: "battery", values: cycles.cycles }], [cycles]);
  return (
    <Panel id="cycles" title="Cycles" lead={cycles.words}>
      {cycles.days.length ? (
        <DatedChart title="Full cycles by day" timezone={timezone} dates={cycles.days} series={series} plots={CYCLES} shownDays={90} isDark={isDark} note="A cycle is the nominal energy, discharged." />
      ) : null}
    </Panel>
  );
}

function RoundTrip({ answer: { round_trip, timezone }, isDark }: { answer: BatteryAnswer; isDark: boolean }) {
  const { months } = round_trip;
  const told = months.some((month) => month.ratio !== null);
  const dates = useMemo(() => months.map(({ month }) => `${month}-01`), [months]);
  const series = useMemo((): Series[] => {
    const values = months.map(({ ratio }) => (ratio === null ? null : ratio * 100));
    return [{ key: "ratio", label: "Came back", unit: "%", kind: "bars", colour: "battery", values }];
  }, [months]);
  const last = months[months.length - 1];
  return (
    <Panel id="round-trip" title="Round trip" lead={round_trip.words}>
      {told && last ? (
        <DatedChart
          title="What came back of what went in"
          timezone={timezone}
          dates={dates}
          after={nextMonth(last.month)}
          days={30}
          series={series}
          plots={RATIOS}
          isDark={isDark}
          note="Discharged energy as a part of the charged, after taking off what the packs hold more at the month's end."
        />
      ) : null}
      {months.length ? <Table caption="Round trip by month, the last twelve" columns={["Month", "Charged", "Discharged", "Held more at its end", "Came back"]} rows={months.slice(-12).reverse().map(monthRow)} /> : null}
    </Panel>
  );
}

function monthRow(month: Month) {
  const covered = month.covered_ratio < 0.95 ? `only ${ratioWords(month.covered_ratio)} % of it is known` : null;
  return [
    monthWords(month.month),
    measured(month.charged_kwh, "kWh"),
    measured(month.discharged_kwh, "kWh"),
    measured(month.gained_kwh, "kWh"),
    month.ratio === null ? (covered ?? "too little passed to tell") : `${ratioWords(month.ratio)}\u00a0%`,
  ];
}
