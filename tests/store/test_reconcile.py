"""Counters, powers and a bill are compared by day and flow, and each difference is explained by what was planted."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from tests.store.houses import START, Told, record, telling, true_wh

from forebay.records.causes import BECAUSE, BY_CAUSE, Cause
from forebay.records.flows import FLOWS
from forebay.records.reasons import Reason
from forebay.store import Store
from forebay.store.differences import Account, Billed, Line, duration_words, total_of
from forebay.store.query import day_bounds
from forebay.store.reconcile import reconcile

PARIS, UTC_ZONE = ZoneInfo("Europe/Paris"), ZoneInfo("UTC")
DAY_S = 86_400.0
N_DAYS = 5
DAYS = [date(2026, 6, 21) + timedelta(days=n) for n in range(N_DAYS)]
NAMES = [flow.name for flow in FLOWS]


def at(t_s: float) -> datetime:
    return START + timedelta(seconds=t_s)


def seconds(at: datetime) -> float:
    return (at - START).total_seconds()


def recorded(store: Store, *, skip: tuple[float, float] | None = None, every_s: float = 60.0) -> None:
    told: list[Told] = list(telling(N_DAYS * DAY_S + 7200, every_s))
    if skip is None:
        record(store, told)
        return
    record(store, [one for one in told if one.t_s < skip[0]])
    last = store.latest(1)
    assert last is not None
    store.open_gap(1, last.at, Reason.RECORDER_OFF)
    rest = [one for one in told if one.t_s >= skip[1]]
    store.close_gap(1, at(rest[0].t_s))
    record(store, rest)


def bill_of(
    days: Sequence[date], *, zone: ZoneInfo = UTC_ZONE, shift_s: float = 0.0, ratio: float = 1.0, places_wh: float = 0.0
) -> list[Billed]:
    """Return an honest bill of another meter, whose days may begin later."""
    out = []
    for day in days:
        start, end = day_bounds(day, zone)
        low_s, high_s = (max(0.0, seconds(edge) + shift_s) for edge in (start, end))
        wh = {name: ratio * (true_wh(name, high_s) - true_wh(name, low_s)) for name in NAMES}
        if places_wh:
            wh = {name: round(value / places_wh) * places_wh for name, value in wh.items()}
        out.append(Billed(start, end, wh, places_wh))
    return out


def line(account: Account, day: date, flow: str) -> Line:
    return next(one for one in account.lines if (one.day, one.flow) == (day, flow))


def causes(account: Account) -> set[Cause]:
    return {
        part.cause
        for one in account.lines
        for difference in (one.by_power, one.by_bill)
        if difference is not None
        for part in difference.explained
    }


def is_explained(account: Account) -> bool:
    return all(d is None or d.is_explained for one in account.lines for d in (one.by_power, one.by_bill))


def test_a_clean_record_and_an_honest_bill_agree(store: Store) -> None:
    recorded(store)
    account = reconcile(store, 1, DAYS, UTC_ZONE, bill_of(DAYS))

    assert len(account.lines) == N_DAYS * len(FLOWS)
    assert is_explained(account)
    assert causes(account) <= {Cause.SPACING}
    for one in account.lines:
        low_s = seconds(day_bounds(one.day, UTC_ZONE)[0])
        truth_wh = true_wh(one.flow, low_s + DAY_S) - true_wh(one.flow, low_s)
        assert one.counted is not None
        assert one.counted.wh == pytest.approx(truth_wh, abs=0.01)
        assert one.power_wh == pytest.approx(truth_wh, rel=0.01, abs=50)
        assert one.bill_wh == pytest.approx(truth_wh)


def test_an_outage_is_found_with_its_length_its_reason_and_its_energy(store: Store) -> None:
    recorded(store, skip=(30_000, 30_000 + 44 * 60))
    account = reconcile(store, 1, DAYS, UTC_ZONE)

    for name in NAMES:
        found = line(account, DAYS[0], name).by_power
        assert found is not None
        assert found.is_explained
        missed_wh = true_wh(name, 30_000 + 44 * 60) - true_wh(name, 29_940)
        gaps = [part for part in found.explained if part.cause is Cause.GAP]
        assert sum(part.wh for part in gaps) == pytest.approx(-missed_wh, abs=0.01)
        assert {part.detail for part in gaps} <= {"45 min: recorder_off"}
    assert is_explained(account)
    assert {
        one.day for one in account.lines if one.by_power and any(p.cause is Cause.GAP for p in one.by_power.explained)
    } == {DAYS[0]}


def test_an_outage_over_midnight_is_shared_between_its_days(store: Store) -> None:
    recorded(store, skip=(DAY_S - 3000, DAY_S + 3000))
    account = reconcile(store, 1, DAYS, UTC_ZONE)

    assert is_explained(account)
    for name in NAMES:
        total = total_of(account.lines, name)
        assert total is not None
        assert total.by_power is not None
        missed_wh = true_wh(name, DAY_S + 3000) - true_wh(name, DAY_S - 3060)
        found_wh = sum(part.wh for part in total.by_power.explained if part.cause is Cause.GAP)
        assert found_wh == pytest.approx(-missed_wh, abs=2.0)


@pytest.mark.parametrize("shift_h", [-7, -2, -0.5, 2, 8])
def test_a_bill_whose_days_begin_at_another_hour_is_seen_through(store: Store, shift_h: float) -> None:
    recorded(store)
    days = DAYS[1:-1]
    account = reconcile(store, 1, days, UTC_ZONE, bill_of(days, shift_s=shift_h * 3600))

    assert account.shift == timedelta(hours=shift_h)
    assert is_explained(account)
    assert causes(account) >= {Cause.SHIFT}


def test_a_bill_in_utc_is_laid_over_the_sites_days(store: Store) -> None:
    recorded(store)
    days = DAYS[1:-1]
    account = reconcile(store, 1, days, PARIS, bill_of(days, zone=UTC_ZONE))

    assert account.shift == timedelta(hours=2)
    assert is_explained(account)
    assert all(one.bill_wh is not None for one in account.lines)


@pytest.mark.parametrize(
    ("bill", "cause"),
    [
        (lambda: bill_of(DAYS, ratio=1.015), Cause.METER),
        (lambda: bill_of(DAYS, places_wh=1000.0), Cause.ROUNDING),
    ],
)
def test_another_meters_class_and_rounding_explain(
    store: Store, bill: Callable[[], list[Billed]], cause: Cause
) -> None:
    recorded(store)
    account = reconcile(store, 1, DAYS, UTC_ZONE, bill())

    assert is_explained(account)
    assert account.shift == timedelta()
    assert cause in causes(account)


def test_hours_that_a_bill_leaves_out_are_told(store: Store) -> None:
    recorded(store)
    hours = [at(3600 * n) for n in range(24 * N_DAYS)]
    bill = [
        Billed(
            start,
            start + timedelta(hours=1),
            {"home": true_wh("home", seconds(start) + 3600) - true_wh("home", seconds(start))},
        )
        for start in hours
        if start.day != 23 or start.hour != 9
    ]
    account = reconcile(store, 1, DAYS, UTC_ZONE, bill)

    found = line(account, date(2026, 6, 23), "home").by_bill
    assert found is not None
    assert (found.explained[0].cause, found.explained[0].detail) == (Cause.MISSING, "1 h")
    others = [one.by_bill for one in account.lines if one.by_bill and one.day != date(2026, 6, 23)]
    assert all(abs(one.wh) < 0.01 for one in others)
    assert len(others) == N_DAYS - 1


def test_what_was_not_planted_stays_unexplained(store: Store) -> None:
    recorded(store)
    bill = bill_of(DAYS)
    bill[2] = replace(bill[2], wh={**bill[2].wh, "grid_in": bill[2].wh["grid_in"] + 5000})
    account = reconcile(store, 1, DAYS, UTC_ZONE, bill)

    wrong = [one for one in account.lines if one.by_bill and not one.by_bill.is_explained]
    assert [(one.day, one.flow) for one in wrong] == [(DAYS[2], "grid_in")]
    found = wrong[0].by_bill
    assert found is not None
    assert found.wh == pytest.approx(5000, abs=1)
    assert 4000 < found.left_wh < 5000


def test_a_power_that_lies_is_not_explained_away(store: Store) -> None:
    for one in telling(N_DAYS * DAY_S, 60):
        reading = one.reading()
        half = DAY_S < one.t_s < 2 * DAY_S
        store.append(
            store.gateway_id("gateway"),
            replace(reading, load_power_w=(reading.load_power_w or 0) * (0.5 if half else 1)),
        )
    account = reconcile(store, 1, DAYS, UTC_ZONE)

    wrong = {(one.day, one.flow) for one in account.lines if one.by_power and not one.by_power.is_explained}
    assert wrong == {(DAYS[1], "home")}


def test_a_counter_reset_while_nobody_looked_bounds_what_the_bill_may_say(store: Store) -> None:
    told = [one for one in telling(N_DAYS * DAY_S, 60) if not 30_000 <= one.t_s < 37_200]
    base = true_wh("home", 33_000)
    begun = [
        replace(one, counters=one.counters | {"home": true_wh("home", one.t_s) - base}) if one.t_s >= 37_200 else one
        for one in told
    ]
    record(store, begun)
    account = reconcile(store, 1, DAYS, UTC_ZONE, bill_of(DAYS))

    found = line(account, DAYS[0], "home").by_bill
    assert found is not None
    assert found.wh == pytest.approx(base - true_wh("home", 29_940), abs=1)
    assert found.is_explained
    assert found.explained[0].cause is Cause.TROUBLE
    assert is_explained(account)


def test_a_flow_without_a_counter_is_compared_by_its_power(store: Store) -> None:
    record(store, (replace(one, counters=one.counters | {"solar": None}) for one in telling(N_DAYS * DAY_S, 60)))
    account = reconcile(store, 1, DAYS, UTC_ZONE, bill_of(DAYS))

    found = line(account, DAYS[1], "solar")
    assert found.counted is None
    assert found.by_power is None
    assert found.by_bill is not None
    assert is_explained(account)


def test_days_before_the_record_are_left_to_the_bill(store: Store) -> None:
    recorded(store)
    before = [date(2026, 6, 19), date(2026, 6, 20), *DAYS]
    account = reconcile(store, 1, before, UTC_ZONE, bill_of(DAYS))

    assert {one.day for one in account.lines} == set(DAYS)


def test_every_cause_has_words_and_a_rule() -> None:
    assert set(BY_CAUSE) == set(Cause)
    assert [row.cause for row in BECAUSE] == list(Cause)


@pytest.mark.parametrize(
    ("length_s", "words"), [(44 * 60, "44 min"), (140 * 60, "2 h 20 min"), (7200, "2 h"), (50 * 3600, "2 days 2 h")]
)
def test_lengths_are_told_as_one_would_say_them(length_s: float, words: str) -> None:
    assert duration_words(length_s) == words
