"""Counters that reset, jump, drop, stop, are swapped or come late: kept out of the sums, listed with their reason."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from tests.store.houses import BASE_WH, START, Told, record, telling, true_wh
from tests.store.test_archive import seal_all

from forebay.records.flows import FLOWS
from forebay.records.reading import Reading, SlowReading
from forebay.records.troubles import BY_TROUBLE, Trouble
from forebay.store import Store
from forebay.store.energy import Energy, energy, energy_between

HOUR_S = 3600.0
DAY_S = 24 * HOUR_S
EVERY_S = 60.0
NAMES = [flow.name for flow in FLOWS]
COUNTER = {flow.name: flow.counter for flow in FLOWS}


def begin_s(number: int) -> float:
    """The flows have their trouble one after the other: at 02:20, 05:20 … 17:20."""
    return (2 + 3 * number) * HOUR_S + 1200


@dataclass(frozen=True, slots=True)
class Case:
    """A trouble.

    change: (seconds since it began, true value, value at its begin) -> what the counter shows [Wh].
    reasons: what is listed. off_wh: how far the day may be off [Wh]. inside_wh: how far a quarter near it may.
    silent_s: readings are missing from this long before it began until this long after, (0, 0): none.
    """

    name: str
    change: Callable[[float, float, float], float | None]
    reasons: tuple[str, ...]
    off_wh: float = 0.01
    inside_wh: float = 150.0
    silent_s: tuple[float, float] = (0.0, 0.0)
    is_unsure: bool = False


def for_s(length_s: float, shown: Callable[[float], float | None]) -> Callable[[float, float, float], float | None]:
    """Show something else for this long, and the truth before and after."""
    return lambda t, true, _: shown(true) if 0 <= t < length_s else true


def from_then(shown: Callable[[float, float], float]) -> Callable[[float, float, float], float | None]:
    """Show something else for ever."""
    return lambda t, true, then: shown(true, then) if t >= 0 else true


def garbage(t: float, true: float, _: float) -> float:
    return {0.0: 5e6, 60.0: 0.0, 120.0: -1.0, 180.0: 12.5}.get(t, true)


SPIKE, DIP, OFF = (lambda v: v + 5e6), (lambda _: 0.0), (lambda _: None)
PAIR_WH = 150.0
"""What the powers of two readings a minute apart may be off by [Wh]: the house changes its power once within."""

CASES = (
    Case("reset", from_then(lambda v, then: v - then), ("reset",), PAIR_WH),
    Case("drop to zero for one reading", for_s(60, DIP), ("dip",)),
    Case("drop to zero for 23 minutes", for_s(23 * 60, DIP), ("dip",)),
    Case("drop to zero, counting on, and back", for_s(1500, lambda v: v % 1000 / 100), ("dip",)),
    Case("drop by 300 Wh for one reading", for_s(60, lambda v: v - 300), ("dip",)),
    Case("spike of 5,000 kWh", for_s(60, SPIKE), ("spike",)),
    Case("spike of 5,000 kWh for 40 minutes", for_s(2400, SPIKE), ("spike",)),
    Case("spike of 1.5 kWh, which a house could make", for_s(60, lambda v: v + 1500), ("spike",)),
    Case("jump of 5,000 kWh that stays", from_then(lambda v, _: v + 5e6), ("jump",), PAIR_WH),
    Case("fall that stays", from_then(lambda v, _: v - 900_000), ("drop",), PAIR_WH),
    Case("last digits that tremble", lambda t, v, _: v - 10 * (t // 60 % 3 == 1), (), 10.01, 70),
    Case("not told for four hours", for_s(4 * HOUR_S, OFF), ()),
    Case("standing still, then caught up", lambda t, v, then: then if 0 <= t < 5400 else v, ("late",)),
    Case(
        "standing still, and never caught up",
        lambda t, v, then: v if t < 0 else then + max(0, v - then - 3000),
        ("stuck",),
        3100,
        3100,
    ),
    Case("garbage for four readings", garbage, ("spike",)),
    Case(
        "reset, and a spike soon after",
        lambda t, v, then: v if t < 0 else v - then + 5e6 * (t == 600),
        ("reset", "spike"),
        PAIR_WH,
    ),
    Case(
        "spike on the first reading after an outage", for_s(60, SPIKE), ("spike",), silent_s=(2700, 0), inside_wh=1500
    ),
    Case(
        "zero on the last readings before an outage", for_s(180, DIP), ("dip",), silent_s=(-120, 2700), inside_wh=1500
    ),
    Case("reset while nobody looked", from_then(lambda v, then: v - then), ("reset",), 9000, 9000, (1800, 900), True),
    Case("fall while nobody looked", from_then(lambda v, _: v - 900_000), ("drop",), 9000, 9000, (1800, 900), True),
    Case("jump while nobody looked", from_then(lambda v, _: v + 5e6), ("jump",), 9000, 9000, (1800, 900), True),
)


def told_with(case: Case, until_s: float = DAY_S) -> list[Told]:
    """Return what a gateway tells whose six counters have this trouble, one after the other."""
    out = []
    then = {name: BASE_WH[name] + true_wh(name, begin_s(n)) for n, name in enumerate(NAMES)}
    for one in telling(until_s, EVERY_S):
        counters = dict(one.counters)
        since = [one.t_s - begin_s(n) for n in range(len(NAMES))]
        if any(-case.silent_s[0] <= t < case.silent_s[1] and any(case.silent_s) for t in since):
            continue
        for n, name in enumerate(NAMES):
            value = counters[name]
            assert value is not None
            counters[name] = case.change(since[n], value, then[name])
        out.append(replace(one, counters=counters))
    return out


def at(t_s: float) -> datetime:
    return START + timedelta(seconds=t_s)


def windows_of(store: Store, edges_s: Sequence[float]) -> list[dict[str, Energy]]:
    return energy_between(store, 1, [at(t) for t in edges_s])


def assert_right(store: Store, case: Case) -> None:
    """Compare the day, each hour and odd windows with the truth, and their sums with each other."""
    whole = energy(store, 1, START, at(DAY_S))
    edges_s = sorted({*(900.0 * n for n in range(97)), *(begin_s(n) + d for n in range(6) for d in (-1, 31, 650, 1e3))})
    parts = windows_of(store, edges_s)
    for n, name in enumerate(NAMES):
        truth_wh = true_wh(name, DAY_S)
        assert whole[name].wh == pytest.approx(truth_wh, abs=case.off_wh), name
        assert sum(part[name].wh or 0.0 for part in parts) == pytest.approx(whole[name].wh, abs=1e-3), name
        assert (whole[name].covered_ratio == 1) is not case.is_unsure, name
        for (low_s, high_s), part in zip(pairwise(edges_s), parts, strict=True):
            near = range(6) if any(case.silent_s) else [n]
            is_far = all(high_s < begin_s(m) - HOUR_S or low_s > begin_s(m) + 5 * HOUR_S for m in near)
            off_wh = 10.01 if is_far and not case.reasons else 35.0 if is_far else case.inside_wh
            window_wh = true_wh(name, high_s) - true_wh(name, low_s)
            if part[name].wh is None:
                assert case.is_unsure
                assert not is_far
                continue
            assert part[name].wh == pytest.approx(window_wh, abs=off_wh), (name, low_s, high_s)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_counters_trouble_is_kept_out_and_listed_hot_and_sealed(store: Store, case: Case) -> None:
    record(store, told_with(case))

    listed = store.refused_steps(1, START, at(2 * DAY_S))
    for n, name in enumerate(NAMES):
        mine = [step for step in listed if step.signal == COUNTER[name]]
        assert tuple(step.reason for step in mine) == case.reasons, (name, mine)
        for step in mine:
            assert abs((step.at_ms - START.timestamp() * 1000) / 1000 - begin_s(n)) <= 5 * HOUR_S
            assert step.size_wh
            assert (step.most_wh is not None) is case.is_unsure
    assert_right(store, case)
    for day in (1, 2, 3, 4):
        store.append(1, Reading(at=at(day * DAY_S + 7200)))
    seal_all(store)
    assert store.raw(1).database.rows("SELECT count(*) FROM segments")[0][0] > 0
    assert_right(store, case)


def healthy(low_s: float, high_s: float, every_s: float = EVERY_S) -> list[Told]:
    return [one for one in telling(high_s, every_s) if one.t_s >= low_s]


def with_base(told: Sequence[Told], base_wh: dict[str, float]) -> list[Told]:
    """Let counters go on from another value."""
    return [
        replace(one, counters={n: None if v is None else v + base_wh.get(n, 0.0) for n, v in one.counters.items()})
        for one in told
    ]


def reasons(store: Store) -> set[tuple[str, str]]:
    return {(step.signal, str(step.reason)) for step in store.refused_steps(1, START, at(10 * DAY_S))}


def assert_day(store: Store, until_s: float, off_wh: float) -> None:
    for name, found in energy(store, 1, START, at(until_s)).items():
        assert found.wh == pytest.approx(true_wh(name, until_s), abs=off_wh), name


@pytest.mark.parametrize("base_wh", [7_000_000.0, -900_000.0])
def test_a_swapped_meter_is_told_by_both_its_counters(store: Store, base_wh: float) -> None:
    swapped = with_base(healthy(6060, 4 * HOUR_S), {"grid_in": base_wh, "grid_out": base_wh + 50_000})
    record(store, [*healthy(0, 6000), *swapped])

    assert reasons(store) == {("site_import_wh", "swap"), ("site_export_wh", "swap")}
    assert_day(store, 4 * HOUR_S, PAIR_WH)


@pytest.mark.parametrize("is_first", [True, False])
def test_counters_that_begin_anew_with_another_firmware_say_so(store: Store, is_first: bool) -> None:
    zero = {name: -BASE_WH[name] - true_wh(name, 6300) for name in NAMES}
    record(store, healthy(0, 6000))
    store.append_slow(1, SlowReading(at=at(5990), firmware="23.44.0"))
    after = with_base(healthy(6360, 4 * HOUR_S), zero)
    if is_first:
        store.append_slow(1, SlowReading(at=at(6350), firmware="24.4.0"))
    record(store, after[:1])
    store.append_slow(1, SlowReading(at=at(6365), firmware="24.4.0"))
    record(store, after[1:])

    assert reasons(store) == {(flow.counter, "firmware") for flow in FLOWS}
    for step in store.refused_steps(1, START, at(DAY_S)):
        name = next(flow.name for flow in FLOWS if flow.counter == step.signal)
        lost_wh = true_wh(name, 6360) - true_wh(name, 6000)
        assert step.fill_wh is not None
        assert step.most_wh is not None
        assert step.fill_wh - 1e-6 <= lost_wh <= step.most_wh + 1e-6


@pytest.mark.parametrize("back_s", [300.0, HOUR_S, 366 * DAY_S])
@pytest.mark.parametrize("is_told", [True, False])
def test_a_clock_that_is_set_back_loses_no_energy(path: Path, back_s: float, is_told: bool) -> None:
    real = [0.0]
    until_s = 6000 + min(back_s, 3 * HOUR_S) + HOUR_S
    with Store.open(path, real_s=lambda: real[0]) as store:
        for one in telling(until_s, EVERY_S):
            real[0] = one.t_s
            if one.t_s > 6000 and is_told and one.t_s - EVERY_S <= 6000:
                store.log_event(1, at(one.t_s - back_s), "clock_jump", "The clock went back.")
            record(store, [replace(one, at_s=one.t_s - back_s if one.t_s > 6000 else None)])
        if back_s > DAY_S:  # the clock is set right again
            record(store, healthy(until_s + EVERY_S, until_s + 2 * HOUR_S))
            until_s += 2 * HOUR_S
            assert_day(store, until_s, PAIR_WH)
            return

        low_s, high_s = 0.0, until_s - back_s
        for name, found in energy(store, 1, at(low_s), at(high_s)).items():
            assert found.wh == pytest.approx(true_wh(name, until_s), abs=0.01), name
        assert {reason for _, reason in reasons(store)} <= {"clock", "out_of_order"}


@pytest.mark.parametrize("ahead_s", [300.0, HOUR_S, 366 * DAY_S])
def test_a_clock_that_is_set_forward_loses_no_energy(store: Store, ahead_s: float) -> None:
    record(store, (replace(one, at_s=one.t_s + ahead_s if one.t_s > 6000 else None) for one in telling(12_000, 60)))

    for name, found in energy(store, 1, START, at(12_000 + ahead_s)).items():
        assert found.wh == pytest.approx(true_wh(name, 12_000), abs=0.01), name


def test_readings_that_come_twice_or_late_change_nothing_and_are_listed(store: Store) -> None:
    told = healthy(0, 6000)
    record(store, [*told[:50], told[49], told[49], *told[50:80], *told[20:40], *told[80:]])

    assert_day(store, 6000, 1e-6)
    left = [step for step in store.refused_steps(1, START, at(DAY_S))]
    assert [(step.signal, step.reason, step.detail) for step in left] == [
        ("readings", "duplicate", "2 readings"),
        ("readings", "out_of_order", "20 readings"),
    ]


@pytest.mark.parametrize(
    ("change", "reason"),
    [(SPIKE, "spike"), (DIP, "dip"), (lambda _: BASE_WH["home"] + true_wh("home", 5940), "late")],
)
def test_a_counter_that_comes_back_after_a_restart_was_only_away(
    path: Path, change: Callable[[float], float], reason: str
) -> None:
    told = [
        replace(one, counters=one.counters | {"home": change(one.counters["home"] or 0.0)})
        if 6000 <= one.t_s < 9000
        else one
        for one in telling(12_000, EVERY_S)
    ]
    for low, high in ((0, 120), (120, 160), (160, 201)):
        with Store.open(path) as store:
            record(store, told[low:high])
    with Store.read(path) as store:
        assert reasons(store) == {("load_wh", reason)}
        assert_day(store, 12_000, 0.01)


def test_a_counter_that_never_moves_is_no_counter(store: Store) -> None:
    record(store, (replace(one, counters=dict.fromkeys(NAMES, 0.0)) for one in telling(DAY_S, EVERY_S)))

    assert {reason for _, reason in reasons(store)} == {"stuck"}
    assert len(reasons(store)) == len(FLOWS)
    for name, found in energy(store, 1, START, at(DAY_S)).items():
        assert found.wh == pytest.approx(true_wh(name, DAY_S), rel=0.01, abs=250), name


def test_a_counter_that_is_told_every_other_reading_and_zero_between_is_not_believed(store: Store) -> None:
    told = list(telling(DAY_S, 10))
    record(store, (one if n % 2 else replace(one, counters=dict.fromkeys(NAMES, 0.0)) for n, one in enumerate(told)))

    assert "stuck" in {reason for _, reason in reasons(store)}
    for name, found in energy(store, 1, START, at(DAY_S)).items():
        assert found.wh == pytest.approx(true_wh(name, DAY_S), rel=0.02, abs=500), name


def test_a_house_of_power_alone_is_summed_by_power_hot_and_sealed(store: Store) -> None:
    record(store, (replace(one, counters=dict.fromkeys(NAMES)) for one in telling(DAY_S, 10)))
    windows = [at(n * 5000) for n in range(18)]
    before = energy_between(store, 1, windows)
    for day in (1, 2, 3, 4):
        store.append(1, Reading(at=at(day * DAY_S + 7200)))
    seal_all(store)

    for (low_s, high_s), hot, sealed in zip(
        pairwise(range(0, 90_000, 5000)), before, energy_between(store, 1, windows), strict=True
    ):
        for name in NAMES:
            assert hot[name].wh == pytest.approx(true_wh(name, high_s) - true_wh(name, low_s), abs=40)
            assert hot[name].covered_ratio == sealed[name].covered_ratio == 1
            assert sealed[name].wh == pytest.approx(hot[name].wh, abs=0.01)


def test_counters_that_appear_later_take_over_from_power(store: Store) -> None:
    told = (replace(one, counters=dict.fromkeys(NAMES)) if one.t_s < 30_000 else one for one in telling(60_000, 10))
    record(store, told)

    assert_day(store, 60_000, 120)
    assert reasons(store) == set()


def test_every_trouble_has_words() -> None:
    assert set(BY_TROUBLE) == set(Trouble)
    assert all(row.words and row.counted for row in BY_TROUBLE.values())
