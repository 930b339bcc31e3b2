"""The same energy counted in three ways, by day and flow: counters, integral of the power, a bill; and why they differ.

Every difference is taken apart by the rules of `records/causes.py`, first the causes whose amount is known, then those
that may explain anything up to a bound; what is left is said to be unexplained. Reasons: docs/decisions/0088.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import islice
from math import sqrt
from operator import attrgetter
from zoneinfo import ZoneInfo

from forebay.records.causes import Cause
from forebay.records.flows import FLOWS, Flow
from forebay.records.reasons import Reason
from forebay.records.troubles import BY_POWER, BY_TROUBLE, SPANS, Trouble
from forebay.store.counting import READINGS, refused_steps
from forebay.store.differences import (
    METER_RATIO,
    METER_WH,
    NOTHING_WH,
    Account,
    Billed,
    Bound,
    Difference,
    Explained,
    Line,
    duration_words,
    taken_apart,
)
from forebay.store.energy import Energy, energy_between
from forebay.store.imported import Imported, unread
from forebay.store.integral import Integral, powers_between
from forebay.store.query import day_bounds
from forebay.store.rollup import QUARTER_MS, floor_ms
from forebay.store.shift import by_local_day, find_shift
from forebay.store.state import Gap, from_ms, to_ms
from forebay.store.steps import RefusedStep
from forebay.store.store import Store

_MOST_A_DAY = 3000
"""A bill's intervals may be half a minute long, no less."""


@dataclass(slots=True)
class _Day:
    """What the record knows of one flow on one day."""

    start: datetime
    end: datetime
    counted: Energy | None
    power: Integral
    holes: list[tuple[float, str]] = field(default_factory=list)
    troubles: list[RefusedStep] = field(default_factory=list)
    clock_wh: float = 0.0
    peak_w: float = 0.0

    @property
    def said_wh(self) -> float | None:
        """What the record says [Wh]."""
        if self.counted is not None:
            return self.counted.wh
        return self.power.wh if self.power.known_ms else None


def reconcile(  # noqa: PLR0917 - who is told of it comes last
    store: Store,
    gateway_id: int,
    days: Sequence[date],
    zone: ZoneInfo,
    bill: Sequence[Billed] = (),
    progress: Callable[[str], object] = lambda _: None,
) -> Account:
    """Compare the counters of these local days, which follow each other, with the powers and with a bill.

    progress: is told in words how far it is.
    """
    edges = [day_bounds(day, zone)[0] for day in days] + [day_bounds(days[-1], zone)[1]]
    lines: list[Line] = []
    with store.database.snapshot():
        progress("counters")
        energies = energy_between(store, gateway_id, edges)
        powers = powers_between(
            store, gateway_id, edges, lambda at: progress(f"powers from {at.astimezone(zone):%Y-%m-%d}")
        )
        known = {
            name for (name,) in store.database.rows("SELECT signal FROM counters WHERE gateway_id = ?", (gateway_id,))
        }
        tables = {
            flow.name: [
                _Day(
                    edges[n],
                    edges[n + 1],
                    energies[n][flow.name] if flow.counter in known else None,
                    powers[n][flow.name],
                )
                for n in range(len(days))
            ]
            for flow in FLOWS
        }
        gaps = store.gaps(gateway_id, edges[0], edges[-1])
        for flow in FLOWS:
            progress(flow.label)
            _look_closer(store, gateway_id, flow, tables[flow.name], gaps)
        bill = by_local_day(bill, edges)
        said = {name: [day.said_wh for day in table] for name, table in tables.items()}
        shift, shifted = find_shift(store, gateway_id, edges, said, bill)
    waiting = deque(sorted(bill, key=attrgetter("start")))
    for n, day in enumerate(days):
        while waiting and waiting[0].end <= edges[n]:
            waiting.popleft()
        told = [one for one in islice(waiting, _MOST_A_DAY) if one.start < edges[n + 1]]
        lines += [
            line
            for flow in FLOWS
            if (line := _line(day, flow, tables[flow.name][n], told, shifted.get((n, flow.name), 0.0))) is not None
        ]
    return Account(zone, tuple(lines), shift, tuple(store.refused_steps(gateway_id, edges[0], edges[-1])))


def imported_bill(store: Store, gateway_id: int, days: Sequence[date], zone: ZoneInfo) -> list[Billed]:
    """Return what was imported of these days as a bill, by quarter of an hour; what is not known is left out."""
    bill = []
    with store.database.snapshot():
        imported = Imported(store, gateway_id)
        start_ms = max(to_ms(day_bounds(days[0], zone)[0]), floor_ms(imported.start_ms, QUARTER_MS))
        end_ms = min(to_ms(day_bounds(days[-1], zone)[1]), imported.end_ms)
        for at_ms in range(start_ms, end_ms, QUARTER_MS):
            sums = {flow.name: imported.energy(n, at_ms, at_ms + QUARTER_MS) for n, flow in enumerate(FLOWS)}
            known = {name: wh for name, (wh, known_ms) in sums.items() if 2 * known_ms >= QUARTER_MS}
            if known:
                bill.append(Billed(from_ms(at_ms), from_ms(at_ms + QUARTER_MS), known))
    return bill


# what the record knows


def _look_closer(store: Store, gateway_id: int, flow: Flow, days: Sequence[_Day], gaps: Sequence[Gap]) -> None:
    """Add to each day the spans without power, the counter's troubles and what a wrong clock moved."""
    start, end = days[0].start, days[-1].end
    peak = store.database.rows(
        f"SELECT max({flow.sign} * {flow.power}_{'max' if flow.sign > 0 else 'min'}) FROM quarters"  # noqa: S608
        " WHERE gateway_id = ?",
        (gateway_id,),
    )[0][0]
    steps = refused_steps(store.database, gateway_id, to_ms(start), to_ms(end) + 86_400_000)
    troubles = [step for step in steps if step.signal in {flow.counter, READINGS}]
    holes = unread(store, gateway_id, flow.power, to_ms(start), to_ms(end))
    for day in days:
        low_ms, high_ms = to_ms(day.start), to_ms(day.end)
        day.peak_w = max(0.0, peak or 0.0)
        day.troubles = [step for step in troubles if step.since_ms < high_ms and step.at_ms > low_ms]
        here = [(max(a, low_ms), min(b, high_ms)) for a, b in holes if a < high_ms and b > low_ms]
        if not here or day.counted is None:
            continue
        edges = sorted({ms for span in here for ms in span})
        counted = dict(zip(edges, energy_between(store, gateway_id, [from_ms(ms) for ms in edges]), strict=False))
        for hole in here:
            wh = counted[hole[0]][flow.name].wh or 0.0
            gap = _gap_of(hole, gaps)
            day.holes.append((wh, _hole_words(hole, gap)))
            if gap is not None and gap.reason is Reason.CLOCK_JUMP:
                day.clock_wh += abs(wh)
        day.clock_wh += sum(abs(step.step_wh) for step in day.troubles if step.reason is Trouble.CLOCK)


def _gap_of(hole: tuple[int, int], gaps: Sequence[Gap]) -> Gap | None:
    """Return the gap that has most of a hole, None where none has half of it."""

    def common_ms(gap: Gap) -> int:
        until_ms = hole[1] if gap.end is None else to_ms(gap.end)
        return min(hole[1], until_ms) - max(hole[0], to_ms(gap.start))

    best = max(gaps, key=common_ms, default=None)
    return best if best is not None and 2 * common_ms(best) >= hole[1] - hole[0] else None


def _hole_words(hole: tuple[int, int], gap: Gap | None) -> str:
    length = duration_words((hole[1] - hole[0]) / 1000)
    return f"{length}: {'the power was not told' if gap is None else str(gap.reason)}"


# explaining


def _line(day: date, flow: Flow, known: _Day, bill: Sequence[Billed], shifted_wh: float) -> Line | None:
    said_wh = known.said_wh
    told = [(one, part) for one in bill if flow.name in one.wh and (part := _part(one, known)) > 0]
    bill_wh = sum(one.wh[flow.name] * part for one, part in told) if told else None
    if said_wh is None and bill_wh is None:
        return None
    has_power = known.power.known_ms > 0
    by_power = by_bill = None
    if known.counted is not None and said_wh is not None and has_power:
        by_power = _by_power(known, known.power.wh - said_wh)
    if said_wh is not None and bill_wh is not None:
        by_bill = _by_bill(known, bill_wh - said_wh, told, shifted_wh)
    return Line(day, flow.name, known.counted, known.power.wh if has_power else None, bill_wh, by_power, by_bill)


def _part(one: Billed, day: _Day) -> float:
    """Return which part of an interval lies in a day."""
    common = min(one.end, day.end) - max(one.start, day.start)
    return max(0.0, common / (one.end - one.start))


def _by_power(day: _Day, wh: float) -> Difference:
    exact = [Explained(Cause.GAP, -hole_wh, words) for hole_wh, words in day.holes if abs(hole_wh) > NOTHING_WH]
    meter_wh = max(METER_WH, METER_RATIO["power"] * (day.said_wh or 0.0))
    bounds = [
        *_troubles(day),
        (Cause.CLOCK, -day.clock_wh, day.clock_wh, ""),
        _either(Cause.SPACING, 3 * sqrt(day.power.unsure_wh2), _spacing_words(day)),
        _either(Cause.METER, meter_wh, ""),
    ]
    return taken_apart(wh, exact, bounds)


def _by_bill(day: _Day, wh: float, told: Sequence[tuple[Billed, float]], shifted_wh: float) -> Difference:
    exact = [Explained(Cause.SHIFT, shifted_wh)] if abs(shifted_wh) > NOTHING_WH else []
    length = day.end - day.start
    silent = length - sum((min(one.end, day.end) - max(one.start, day.start) for one, _ in told), timedelta())
    said_wh = day.said_wh or 0.0
    if silent > timedelta(minutes=1):
        words = duration_words(silent.total_seconds())
        exact.append(Explained(Cause.MISSING, -said_wh * (silent / length), words))
    ratio = 1 - (day.counted.covered_ratio if day.counted else day.power.known_ms / (length.total_seconds() * 1000))
    most_wh = day.peak_w * ratio * length.total_seconds() / 3600
    rounding_wh = sum(one.places_wh / 2 for one, _ in told)
    spacing_wh = 0.0 if day.counted else 3 * sqrt(day.power.unsure_wh2)
    bounds = [
        *_troubles(day),
        (Cause.UNCOVERED, 0.0, most_wh, f"{100 * ratio:.1f} % of it"),
        (Cause.CLOCK, -day.clock_wh, day.clock_wh, ""),
        _either(Cause.ROUNDING, rounding_wh, ""),
        _either(Cause.SPACING, spacing_wh, _spacing_words(day)),
        _either(Cause.METER, max(METER_WH, METER_RATIO["bill"] * said_wh), ""),
    ]
    return taken_apart(wh, exact, bounds)


def _either(cause: Cause, wh: float, words: str) -> Bound:
    return cause, -wh, wh, words


def _spacing_words(day: _Day) -> str:
    return f"every {day.power.known_ms / day.power.n / 1000:.0f} s" if day.power.n else ""


def _troubles(day: _Day) -> list[Bound]:
    """Return how far off the sums may be for each trouble of the counter."""
    found: list[Bound] = []
    for step in day.troubles:
        if step.signal == READINGS or step.reason in SPANS - BY_POWER:
            continue  # nothing was lost: its value at both ends is known
        filled_wh = step.fill_wh or 0.0
        most_wh = filled_wh if step.most_wh is None else step.most_wh - filled_wh
        found.append((Cause.TROUBLE, -filled_wh, max(filled_wh, most_wh), BY_TROUBLE[step.reason].words))
    return found
