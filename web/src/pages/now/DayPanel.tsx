/** One day: its energy, its curves, its gaps, and the way to the days before. */

import { useMemo } from "preact/hooks";

import type { Day, Kwh, Quantity } from "../../api";
import { startOfDate } from "../../chart/calendar";
import { kwh, longDate, shiftDate, timeOfDay } from "../../format";
import type { PageProps } from "../../frame/page";
import type { Problem } from "../../hooks";
import type { Live } from "../../live";
import { joinLive, lastFilled } from "./day";
import { DayChart } from "./DayChart";
import { useDay } from "./useDay";

export function DayPanel(props: PageProps) {
  const { live, route, choose: chooseIn, ask, today, timezone } = props;
  const chosen = route.query["day"] ?? null;
  const choose = (day: string | null): void => chooseIn({ day });
  const date = chosen ?? today;
  const isToday = date !== null && date === today;
  const { day, points, problem } = useDay(ask, date, isToday, live);
  const curves = useMemo(() => (day ? joinLive(day, points) : null), [day, points]);
  const totals = (isToday ? live.now?.today?.kwh : null) ?? day?.kwh ?? null;
  const step = (days: number): void => {
    if (!date) return;
    const target = shiftDate(date, days);
    choose(target === today ? null : target);
  };

  return (
    <section class="day" data-today={isToday ? "" : undefined} aria-labelledby="day-title">
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
      {day && curves && date ? (
        <>
          <DayChart {...props} key={`${date} ${props.gateway}`} day={day} curves={curves} isToday={isToday} dayStart={startOfDate(date, timezone)} />
          <Gaps day={day} isEmpty={lastFilled(curves) < 0} isToday={isToday} />
          {problem ? <p class="note">{problem.words} {problem.advice}</p> : null}
        </>
      ) : (
        <p class="blank">{blankSentence(problem, live)}</p>
      )}
    </section>
  );
}

function blankSentence(problem: Problem | null, live: Live): string {
  if (problem) return `${problem.words} ${problem.advice ?? ""}`;
  if (live.link === "lost") return "The day's curves come as soon as forebay answers.";
  if (live.now && !live.now.today?.date) return "The day's curves begin with the first reading.";
  return "Fetching the day's curves …";
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
