/** One day: its energy, its curves, its gaps, and the way to the days before. */

import { useMemo, useState } from "preact/hooks";

import type { Day, Kwh, Quantity } from "../../api";
import { Chart } from "./Chart";
import { joinLive, lastFilled, powersAt, type Curves } from "./day";
import { DayTable } from "./DayTable";
import { kwh, longDate, shiftDate, timeOfDay } from "../../format";
import type { PageProps } from "../../frame/page";
import { useDay } from "./useDay";
import { Legend, type Shown } from "./Legend";
import type { Live } from "../../live";

export function DayPanel({ live, isDark, route, choose: chooseIn, ask, today }: PageProps) {
  const chosen = route.query["day"] ?? null;
  const choose = (day: string | null): void => chooseIn({ day });
  const date = chosen ?? today;
  const isToday = date !== null && date === today;
  const { day, points, problem } = useDay(ask, date, isToday, live);
  const [cursor, setCursor] = useState<number | null>(null);
  const [shown, setShown] = useState<Shown>({ solar: true, load: true, battery: true, site: true });
  const [hasTable, setHasTable] = useState(false);
  const curves = useMemo(() => (day ? joinLive(day, points) : null), [day, points]);
  const totals = (isToday ? live.now?.today?.kwh : null) ?? day?.kwh ?? null;
  const step = (days: number): void => {
    if (!date) return;
    const target = shiftDate(date, days);
    setCursor(null);
    choose(target === today ? null : target);
  };

  return (
    <section class="day" id="day" data-today={isToday ? "" : undefined} aria-labelledby="day-title" tabIndex={-1}>
      <div class="day-head">
        <h2 id="day-title">
          {isToday || !date ? "Today" : longDate(date)}
          {isToday && date ? <span class="date">{longDate(date)}</span> : null}
        </h2>
        <div class="day-steps">
          {!isToday && today ? (
            <button type="button" class="quiet" onClick={() => choose(null)}>
              Today
            </button>
          ) : null}
          <button type="button" class="quiet" onClick={() => step(-1)} disabled={!date} aria-label="Day before">
            <Arrow back />
          </button>
          <button type="button" class="quiet" onClick={() => step(1)} disabled={!date || isToday} aria-label="Day after">
            <Arrow />
          </button>
        </div>
      </div>
      <Totals kwhOf={totals} />
      {day && curves ? (
        <>
          <Legend
            powers={legendPowers(curves, cursor, isToday, live)}
            time={cursorTime(curves, cursor, day)}
            charge={curves.charge_app_pct[cursor ?? lastFilled(curves)] ?? null}
            isNow={cursor === null && isToday}
            isEmpty={cursor === null && lastFilled(curves) < 0}
            shown={shown}
            setShown={setShown}
          />
          <Chart
            day={day}
            curves={curves}
            shown={shown}
            cursor={cursor}
            setCursor={setCursor}
            isDark={isDark}
            reservePct={isToday ? (live.now?.operation?.reserve_app_pct ?? null) : null}
          />
          <p class="note">
            Above zero: production, use, discharging, from the grid. Below zero: charging, to the grid.
          </p>
          <Gaps day={day} isEmpty={lastFilled(curves) < 0} isToday={isToday} />
          {problem ? <p class="note">{problem.words} {problem.advice}</p> : null}
          <button type="button" class="quiet" aria-expanded={hasTable} aria-controls="hours" onClick={() => setHasTable(!hasTable)}>
            {hasTable ? "Hide the hourly table" : "Show as an hourly table"}
          </button>
          <div id="hours">{hasTable ? <DayTable day={day} /> : null}</div>
        </>
      ) : (
        <p class="blank">{blankSentence(problem, live)}</p>
      )}
    </section>
  );
}

function blankSentence(problem: { words: string; advice: string | null } | null, live: Live): string {
  if (problem) return `${problem.words} ${problem.advice ?? ""}`;
  if (live.link === "lost") return "The day's curves come as soon as forebay answers.";
  if (live.now && !live.now.today?.date) return "The day's curves begin with the first reading.";
  return "Fetching the day's curves …";
}

function cursorTime(curves: Curves, cursor: number | null, day: Day): string | null {
  const t = curves.t[cursor ?? lastFilled(curves)];
  return t === undefined ? null : timeOfDay(t * 1000, day.timezone);
}

function legendPowers(curves: Curves, cursor: number | null, isToday: boolean, live: Live) {
  if (cursor !== null) return powersAt(curves, cursor);
  if (isToday && live.link === "up" && live.now?.power_w && live.now.connection.state === "live") return live.now.power_w;
  return powersAt(curves, lastFilled(curves));
}

const QUANTITIES: [Quantity, string, string][] = [
  ["solar", "solar", "from the sun"],
  ["home", "home", "used at home"],
  ["grid_in", "grid", "from the grid"],
  ["grid_out", "grid", "to the grid"],
  ["battery_in", "battery", "to the battery"],
  ["battery_out", "battery", "from the battery"],
];

function Totals({ kwhOf }: { kwhOf: Kwh | null }) {
  return (
    <dl class="totals">
      {QUANTITIES.map(([quantity, colour, words]) => (
        <div key={quantity} class={colour}>
          <dt>{words}</dt>
          <dd>
            {kwh(kwhOf?.[quantity])}
            <span class="unit">{"\u00a0"}kWh</span>
          </dd>
        </div>
      ))}
    </dl>
  );
}

const MOST_GAPS = 4;

function Gaps({ day, isEmpty, isToday }: { day: Day; isEmpty: boolean; isToday: boolean }) {
  if (isEmpty && !day.gaps.length) {
    return <p class="note">{isToday ? "Nothing has been recorded today yet." : "Nothing was recorded on this day."}</p>;
  }
  if (!day.gaps.length) return null;
  const time = (text: string): string => timeOfDay(Date.parse(text), day.timezone);
  const more = day.gaps.length - MOST_GAPS;
  return (
    <ul class="gaps" aria-label="Times without readings">
      {day.gaps.slice(-MOST_GAPS).map((gap) => (
        <li key={gap.start}>
          <span class="hatch" aria-hidden="true" />
          No readings from {time(gap.start)} to {time(gap.end)}. {gap.words}
        </li>
      ))}
      {more > 0 ? <li>And {more} earlier, hatched above.</li> : null}
    </ul>
  );
}

function Arrow({ back = false }: { back?: boolean }) {
  return (
    <svg class="arrow" viewBox="0 0 16 16" aria-hidden="true">
      <path d={back ? "M10 3L5 8L10 13" : "M6 3L11 8L6 13"} />
    </svg>
  );
}
