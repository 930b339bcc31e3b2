/** Energy: any span of the calendar, what fed what, how it compares, and its peaks. */

import "./energy.css";

import { useEffect, useMemo, useState } from "preact/hooks";

import { dateOf, dayWords, clockWords } from "../../chart/calendar";
import type { Window } from "../../chart/types";
import { Empty, Figures, PageHead, Panel, Table, Waiting, type FigureRow } from "../../components/Panel";
import { useExtent } from "../../extent";
import { digits, percent, power, shiftDate } from "../../format";
import type { PageProps } from "../../frame/page";
import { useAnswer } from "../../hooks";
import { compared, coverage, isWhole, kwhText, QUANTITIES, type EnergyAnswer, type EnergyTotal, type PeaksAnswer } from "./answer";
import { EnergyChart, windowOf } from "./EnergyChart";
import { PeriodBar } from "./PeriodBar";
import { bucketFor, daysBetween, likeAt, periodWords, readPeriod, stepped, yearBefore, type Period } from "./periods";
import { VIEWS, type View } from "./series";

const FRESH_MS = 30_000;

export function EnergyPage(props: PageProps) {
  const { today, live } = props;
  if (today === null) {
    const words = live.link === "lost" ? "The energy comes as soon as forebay answers." : "The energy begins with the first reading.";
    return (
      <>
        <PageHead title="Energy" />
        <Empty words={words} />
      </>
    );
  }
  return <Known {...props} today={today} />;
}

function Known({ route, choose, ask, today, timezone, isDark, gateway }: PageProps & { today: string }) {
  const limits = useExtent(ask, useMemo(() => windowOf({ span: "day", from: today, to: shiftDate(today, 1) }, timezone), [today, timezone]));
  const first = dateOf(limits.start, timezone);
  const period = readPeriod(route.query, today, first);
  const { from, to } = period;
  const by = bucketFor(daysBetween(from, to));
  const holdsNow = from <= today && today < to;
  const { answer, problem } = useAnswer<EnergyAnswer>(ask, "energy", { from, to, by }, holdsNow ? FRESH_MS : null);
  const other = otherPeriod(route.query["vs"], period);
  const beforeTo = other && holdsNow ? sameProgress(period, other, today) : other?.to;
  const before = useAnswer<EnergyAnswer>(ask, other ? "energy" : null, { from: other?.from, to: other?.to, by }).answer;
  const beforeSoFar = useAnswer<EnergyAnswer>(ask, other && beforeTo !== other.to ? "energy" : null, { from: other?.from, to: beforeTo, by: "all" }).answer;
  const view: View = route.query["show"] === "flows" ? "flows" : "fed";
  const whole = useMemo(() => windowOf(period, timezone), [from, to, timezone]);
  const [window, setWindow] = useState<Window | null>(null);
  useEffect(() => setWindow(null), [from, to, gateway]);
  const reach = useMemo(() => ({ start: Math.min(limits.start, whole.start), end: Math.max(limits.end, whole.end) }), [limits, whole]);
  const against = (beforeSoFar ?? before)?.total ?? null;

  return (
    <>
      <PageHead title="Energy">{answer ? sentence(answer.total, period, holdsNow) : null}</PageHead>
      <PeriodBar period={period} today={today} first={first} vs={route.query["vs"] ?? ""} choose={choose} />
      {answer ? (
        <>
          <Figures label={`Energy, ${periodWords(period)}`} rows={figures(answer.total, against)} />
          {other ? <p class="note">Compared with {otherWords(other, beforeTo)}{against && !isWhole(against) ? ", of which not all is recorded" : ""}.</p> : null}
          {coverage(answer.total) ? <p class="note">{coverage(answer.total)}</p> : null}
        </>
      ) : (
        <Waiting problem={problem} what="the energy" />
      )}
      <Panel
        id="over-time"
        title={periodWords(period)}
        actions={
          <fieldset class="choice">
            <legend class="unseen">What the chart shows</legend>
            {VIEWS.map(([name, label]) => (
              <label key={name}>
                <input type="radio" name="show" checked={view === name} onChange={() => choose({ show: name === "fed" ? null : name })} />
                <span>{label}</span>
              </label>
            ))}
          </fieldset>
        }
      >
        <EnergyChart
          ask={ask}
          period={period}
          whole={whole}
          window={window}
          setWindow={setWindow}
          limits={reach}
          timezone={timezone}
          isDark={isDark}
          view={view}
          answer={answer}
          before={before}
          beforeName={other ? `Home, ${periodWords(other)}` : ""}
        />
      </Panel>
      {answer ? <Shares total={answer.total} against={against} /> : null}
      <Peaks {...{ ask, from, to, timezone, holdsNow }} />
    </>
  );
}

/** What a period is compared with; null for nothing. */
function otherPeriod(vs: string | undefined, period: Period): Period | null {
  if (!vs || period.span === "all") return null;
  if (vs === "before") return stepped(period, -1);
  if (vs === "year") return yearBefore(period);
  return /^\d{4}-\d{2}-\d{2}$/.test(vs) ? likeAt(period, vs) : null;
}

/** The end of what is compared with a period that is not over: as many days of it, today counted as one. */
function sameProgress(period: Period, other: Period, today: string): string {
  const end = shiftDate(other.from, daysBetween(period.from, today) + 1);
  return end < other.to ? end : other.to;
}

function otherWords(other: Period, until: string | undefined): string {
  if (until === undefined || until === other.to) return periodWords(other);
  return periodWords({ span: "range", from: other.from, to: until });
}

function sentence({ kwh, fed_kwh: fed, self_sufficiency_pct: own }: EnergyTotal, period: Period, holdsNow: boolean): string {
  const whenWords = whenOf(period, holdsNow);
  if (kwh.home === null) return `Nothing is known of the energy ${whenWords}.`;
  const used = `The home used ${kwhText(kwh.home)} ${whenWords}`;
  if (own === null || fed.grid_to_home === null) return `${used}.`;
  if (own >= 99.95) return `${used}, all of it from sun and battery.`;
  if (own <= 0.05) return `${used}, all of it from the grid.`;
  return `${used}, ${own > 99 || own < 1 ? own.toFixed(1) : Math.round(own)}\u00a0% of it without the grid.`;
}

/** "today", "on Saturday 20 June 2026", "so far in June 2026", "from 15 to 21 Jun 2026". */
function whenOf(period: Period, holdsNow: boolean): string {
  const words = periodWords(period);
  if (period.to === shiftDate(period.from, 1)) return holdsNow ? "today" : `on ${words}`;
  const isNamed = period.span === "month" || period.span === "year";
  return `${holdsNow && period.span !== "all" ? "so far " : ""}${isNamed ? "in" : "from"} ${words}`;
}

function figures(total: EnergyTotal, against: EnergyTotal | null): FigureRow[] {
  return QUANTITIES.map(([name, colour, label]) => ({
    label,
    value: total.kwh[name] === null ? null : digits(total.kwh[name] ?? 0),
    unit: "kWh",
    colour,
    words: against ? compared(total.kwh[name], against.kwh[name], isWhole(against)) : null,
  }));
}

function Shares({ total, against }: { total: EnergyTotal; against: EnergyTotal | null }) {
  const was = (value: number | null | undefined): string | null => (against && value != null ? `${percent(value)} then` : null);
  const rows: FigureRow[] = [
    {
      label: "Self-sufficiency",
      value: total.self_sufficiency_pct === null ? null : digits(total.self_sufficiency_pct),
      unit: "%",
      words: was(against?.self_sufficiency_pct) ?? "of the home's use was not drawn from the grid",
    },
    {
      label: "Self-consumption",
      value: total.self_consumption_pct === null ? null : digits(total.self_consumption_pct),
      unit: "%",
      words: was(against?.self_consumption_pct) ?? "of the sun's energy stayed here",
    },
  ];
  return (
    <Panel id="shares" title="What fed what">
      <Figures rows={rows} label="Shares" />
      <Table caption="From where to where, in kWh" columns={["From", "To the home", "To the battery", "To the grid", "Together"]} rows={fedRows(total)} />
    </Panel>
  );
}

function fedRows({ fed_kwh: fed }: EnergyTotal): (string | null)[][] {
  const row = (name: string, cells: (number | null | undefined)[]): (string | null)[] => {
    const known = cells.filter((value) => value != null);
    return [name, ...cells.map((value) => (value == null ? null : digits(value))), known.length ? digits(known.reduce((sum, value) => sum + value, 0)) : null];
  };
  return [
    row("Sun", [fed.solar_to_home, fed.solar_to_battery, fed.solar_to_grid]),
    row("Battery", [fed.battery_to_home, undefined, fed.battery_to_grid]),
    row("Grid", [fed.grid_to_home, fed.grid_to_battery, undefined]),
  ];
}

function Peaks({ ask, from, to, timezone, holdsNow }: Pick<PageProps, "ask" | "timezone"> & { from: string; to: string; holdsNow: boolean }) {
  const { answer, problem } = useAnswer<PeaksAnswer>(ask, "peaks", { from, to }, holdsNow ? FRESH_MS : null);
  const rows = QUANTITIES.map(([name, colour, label]): FigureRow => {
    const peak = answer?.peaks[name] ?? null;
    const { number, unit } = power(peak?.w);
    const at = peak ? Date.parse(peak.at) / 1000 : 0;
    return { label, colour, value: peak ? number : null, unit, words: peak ? `${peak.is_least ? "or more, " : ""}${dayWords(at, timezone)}, ${clockWords(at, timezone, false)}` : answer ? "none" : null };
  });
  return (
    <Panel id="peaks" title="Peaks" lead="The highest power of each flow among the readings, and when it was.">
      {answer ? <Figures rows={rows} label="Peaks" /> : <Empty isSmall words={problem ? `${problem.words} ${problem.advice ?? ""}` : "Looking for the peaks …"} />}
    </Panel>
  );
}
