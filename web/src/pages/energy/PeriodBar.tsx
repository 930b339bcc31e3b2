/** Which span is looked at, the way to the one before and after, and what it is compared with. */

import { shiftDate } from "../../format";
import type { Choices } from "../../route";
import { likeAt, periodOf, periodWords, SPANS, stepped, writePeriod, type Period, type Span } from "./periods";

interface PeriodBarProps {
  period: Period;
  today: string;
  /** The first day of the record. */
  first: string;
  vs: string;
  choose: (choices: Choices, isStep?: boolean) => void;
}

export function PeriodBar({ period, today, first, vs, choose }: PeriodBarProps) {
  const go = (to: Period): void => choose(writePeriod(to, today), true);
  const isLast = period.to > today;
  const pick = (span: Span): void => {
    // One stays where one is: of a year its last day, so that today's is found from this year's.
    const inside = period.from <= today && today < period.to ? today : shiftDate(period.to, -1);
    if (span === "range") go({ span, from: period.from < first ? first : period.from, to: period.to > today ? shiftDate(today, 1) : period.to });
    else if (span === "all") go({ span, from: first, to: shiftDate(today, 1) });
    else go(periodOf(span, inside));
  };
  return (
    <div class="period">
      <fieldset class="choice">
        <legend class="unseen">Span</legend>
        {SPANS.map(([span, label]) => (
          <label key={span}>
            <input type="radio" name="span" checked={period.span === span} onChange={() => pick(span)} />
            <span>{label}</span>
          </label>
        ))}
      </fieldset>
      {period.span === "range" ? (
        <div class="dates">
          <label>
            From{" "}
            <input
              type="date"
              value={period.from}
              max={shiftDate(period.to, -1)}
              onChange={({ currentTarget: { value } }) => value && value < period.to && go({ ...period, from: value })}
            />
          </label>
          <label>
            to{" "}
            <input
              type="date"
              value={shiftDate(period.to, -1)}
              min={period.from}
              onChange={({ currentTarget: { value } }) => value && value >= period.from && go({ ...period, to: shiftDate(value, 1) })}
            />
          </label>
        </div>
      ) : null}
      {period.span === "all" ? null : (
        <div class="steps">
          <button type="button" class="quiet" onClick={() => go(stepped(period, -1))} disabled={period.from <= first} aria-label={`Earlier: ${periodWords(stepped(period, -1))}`}>
            <Arrow back />
          </button>
          {period.span === "day" ? (
            <label>
              <span class="unseen">Day</span>
              <input type="date" value={period.from} max={today} onChange={({ currentTarget: { value } }) => value && go(likeAt(period, value))} />
            </label>
          ) : null}
          <button type="button" class="quiet" onClick={() => go(stepped(period, 1))} disabled={isLast} aria-label={`Later: ${periodWords(stepped(period, 1))}`}>
            <Arrow />
          </button>
          <button type="button" class="quiet" onClick={() => go(period.span === "range" ? periodOf("day", today) : periodOf(period.span as "day", today))} disabled={isLast && period.span !== "range"}>
            Today
          </button>
        </div>
      )}
      {period.span === "all" ? null : <Against period={period} vs={vs} choose={choose} />}
    </div>
  );
}

function Against({ period, vs, choose }: Pick<PeriodBarProps, "period" | "vs" | "choose">) {
  const isDate = /^\d/.test(vs);
  return (
    <div class="against">
      <label>
        Compare with{" "}
        <select class="choice-of" value={isDate ? "date" : vs} onChange={({ currentTarget: { value } }) => choose({ vs: value === "date" ? stepped(period, -1).from : value || null })}>
          <option value="">nothing</option>
          <option value="before">the {period.span === "range" ? "days" : period.span} before</option>
          <option value="year">a year before</option>
          <option value="date">a date …</option>
        </select>
      </label>
      {isDate ? (
        <label>
          <span class="unseen">Compare with the {period.span === "range" ? "days from" : `${period.span} of`}</span>
          <input type="date" value={vs} onChange={({ currentTarget: { value } }) => value && choose({ vs: value })} />
        </label>
      ) : null}
    </div>
  );
}

function Arrow({ back = false }: { back?: boolean }) {
  return (
    <svg class="arrow" viewBox="0 0 16 16" aria-hidden="true">
      <path d={back ? "M10 3L5 8L10 13" : "M6 3L11 8L6 13"} />
    </svg>
  );
}
