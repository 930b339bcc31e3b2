"""Counters that move, but not as their power does: in kWh, trembling in one place, falling little by little."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from tests.store.houses import BASE_WH, START, Told, record, telling, true_wh
from tests.store.test_archive import seal_all

from forebay.emulator.build import build_device
from forebay.emulator.home import Home
from forebay.emulator.resources import meters
from forebay.records.flows import FLOWS
from forebay.records.reading import Reading, fast_reading
from forebay.store import Store
from forebay.store.counting import refused_steps
from forebay.store.energy import energy, energy_between

HOUR_S = 3600.0
DAY_S = 24 * HOUR_S
NAMES = [flow.name for flow in FLOWS]
THEN_S = 24_000.0
"""When what goes wrong for a while begins [s]."""
Shown = Callable[[float, float, float], float]
"""(time of day [s], true value, value at THEN_S [Wh]) -> what the counter shows."""


def trembling(t_s: float, _: float, __: float) -> float:
    return 5000.0 + 3 * random.Random(t_s).uniform(-1, 1)


def falling_by(step_wh: float) -> Shown:
    return lambda t, _, __: 9e6 - step_wh * (t // 60)


def falling_for_a_while(t_s: float, true: float, then: float) -> float:
    if t_s < THEN_S:
        return true
    low_wh = then - 30 * min(180.0, (t_s - THEN_S) / 60)
    return low_wh + (0.0 if t_s < THEN_S + 180 * 60 else true - then)


def in_kwh_for_nine_hours(t_s: float, true: float, _: float) -> float:
    return true / 1000 if 5 * HOUR_S <= t_s < 14 * HOUR_S else true


@dataclass(frozen=True, slots=True)
class Case:
    """A way of counting. off_wh: how far off the sum of a day may be [Wh]."""

    name: str
    shown: Shown
    reasons: frozenset[str]
    off_wh: float = 150.0


CASES = (
    Case("in kWh", lambda _, true, __: true / 1000, frozenset({"slow"})),
    Case("in whole kWh", lambda _, true, __: float(true // 1000), frozenset({"slow"}), 300),
    Case("in tenths of a kWh", lambda _, true, __: true // 100 / 10, frozenset({"slow"})),
    Case("in hundredths of a kWh", lambda _, true, __: true // 10 / 100, frozenset({"slow"})),
    Case("in MWh", lambda _, true, __: true / 1e6, frozenset({"slow"})),
    Case("in kWh for nine hours", in_kwh_for_nine_hours, frozenset({"slow", "dip", "reset"}), 400),
    Case("trembling in one place", trembling, frozenset({"slow", "falling"}), 300),
    Case("falling by 1 Wh", falling_by(1), frozenset({"falling", "slow"})),
    Case("falling by 20 Wh", falling_by(20), frozenset({"falling"})),
    Case("falling by 90 Wh", falling_by(90), frozenset({"falling"})),
    Case("falling for three hours, then counting on", falling_for_a_while, frozenset({"falling", "slow"}), 300),
)


def told_as(shown: Shown, until_s: float = DAY_S, every_s: float = 60) -> list[Told]:
    return [
        replace(
            one,
            counters={
                name: shown(one.t_s, value or 0.0, BASE_WH[name] + true_wh(name, THEN_S))
                for name, value in one.counters.items()
            },
        )
        for one in telling(until_s, every_s)
    ]


def at(t_s: float) -> datetime:
    return START + timedelta(seconds=t_s)


def assert_right(store: Store, off_wh: float, until_s: float = DAY_S) -> None:
    """Compare the whole and each quarter of an hour with the truth; parts add up."""
    whole = energy(store, 1, START, at(until_s))
    edges_s = sorted({*(900.0 * n for n in range(int(until_s / 900) + 1)), 12_345.0, 54_321.0})
    parts = energy_between(store, 1, [at(t) for t in edges_s])
    for name in NAMES:
        assert whole[name].wh == pytest.approx(true_wh(name, until_s), abs=off_wh), name
        assert sum(part[name].wh or 0.0 for part in parts) == pytest.approx(whole[name].wh, abs=0.01), name
        for (low_s, high_s), part in zip(pairwise(edges_s), parts, strict=True):
            window_wh = true_wh(name, high_s) - true_wh(name, low_s)
            assert part[name].wh == pytest.approx(window_wh, abs=off_wh), (name, low_s)


def reasons(store: Store) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for step in store.refused_steps(1, START, at(30 * DAY_S)):
        found.setdefault(step.signal, []).append(str(step.reason))
    return found


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_counter_that_does_not_go_with_its_power_is_listed_and_not_summed_hot_and_sealed(
    store: Store, case: Case
) -> None:
    record(store, told_as(case.shown))

    listed = reasons(store)
    assert set(listed) == {flow.counter for flow in FLOWS}
    assert all(set(mine) <= case.reasons and len(mine) <= 3 for mine in listed.values()), listed
    assert_right(store, case.off_wh)
    for day in (1, 2, 3, 4):
        store.append(1, Reading(at=at(day * DAY_S + 7200)))
    seal_all(store)
    assert store.database.rows("SELECT count(*) FROM segments")[0][0] > 0
    assert_right(store, case.off_wh)


@pytest.mark.parametrize("shown", [CASES[0].shown, CASES[1].shown, falling_by(20)])
def test_what_lasts_for_days_is_kept_by_the_day_and_told_as_one(store: Store, shown: Shown) -> None:
    until_s = 3.5 * DAY_S
    record(store, told_as(shown, until_s, 300))

    rows = refused_steps(store.database, 1, 0, 1 << 62)
    assert max(row.at_ms - row.since_ms for row in rows) <= DAY_S * 1000 + 900_000
    assert len(rows) >= 4 * len(FLOWS)
    assert all(len(mine) == 1 for mine in reasons(store).values())
    for row in store.refused_steps(1, START, at(30 * DAY_S)):
        name = next(flow.name for flow in FLOWS if flow.counter == row.signal)
        assert row.fill_wh == pytest.approx(true_wh(name, until_s), rel=0.1)
    for day in range(3):
        for name, found in energy(store, 1, at(day * DAY_S), at((day + 1) * DAY_S)).items():
            truth_wh = true_wh(name, (day + 1) * DAY_S) - true_wh(name, day * DAY_S)
            assert found.wh == pytest.approx(truth_wh, rel=0.03, abs=500), (name, day)


@pytest.mark.parametrize("shown", [CASES[0].shown, falling_by(20)])
def test_what_nobody_saw_of_a_counter_that_is_not_believed_is_not_covered(store: Store, shown: Shown) -> None:
    told = [one for one in told_as(shown) if not 30_000 < one.t_s < 34_000]
    record(store, told)

    edges = [at(t) for t in (0, 28_800, 36_000, DAY_S)]
    for low_s, high_s, found in zip(
        (0, 28_800, 36_000), (28_800, 36_000, DAY_S), energy_between(store, 1, edges), strict=True
    ):
        for name in NAMES:
            truth_wh = true_wh(name, high_s) - true_wh(name, low_s)
            if low_s == 28_800:
                assert found[name].covered_ratio == pytest.approx(1 - 4020 / 7200, abs=0.02)
                assert (found[name].wh or 0.0) <= truth_wh + 150
            else:
                assert found[name].covered_ratio == 1
                assert found[name].wh == pytest.approx(truth_wh, abs=400)
    assert all(step.most_wh is not None for step in store.refused_steps(1, START, at(30 * DAY_S)))


@pytest.mark.parametrize("shown", [CASES[0].shown, CASES[1].shown, CASES[2].shown, falling_by(20)])
def test_a_restart_leaves_a_counter_that_is_not_believed_so(path: Path, shown: Shown) -> None:
    told = told_as(shown)
    for low, high in pairwise([0, 500, 503, 900, len(told)]):
        with Store.open(path) as store:
            record(store, told[low:high])

    with Store.read(path) as store:
        assert_right(store, 400)
        assert all(len(mine) <= 3 for mine in reasons(store).values())


@pytest.mark.parametrize("every_s", [5.0, 60.0, 300.0])
@pytest.mark.parametrize("noise_wh", [0.0, 8.0, 40.0])
def test_a_counter_that_counts_well_is_believed_whatever_its_last_digits_do(
    store: Store, noise_wh: float, every_s: float
) -> None:
    noise = random.Random(7)
    until_s = 1500 * every_s
    quantum_wh = 10.0 if every_s == 5 else 1.0
    record(
        store,
        told_as(
            lambda _, true, __: (true + noise.uniform(-noise_wh, noise_wh)) // quantum_wh * quantum_wh, until_s, every_s
        ),
    )

    assert store.refused_steps(1, START, at(30 * DAY_S)) == []


def test_a_week_of_an_emulated_house_with_noise_has_no_troubles(store: Store) -> None:
    start = datetime(2026, 3, 15, tzinfo=UTC)
    device, gateway_id = build_device(Home(), start=start, speed=0), store.gateway_id("gateway")
    noise = random.Random(1)
    for _ in range(7 * 288):
        reading = fast_reading(device.now, meters.aggregates(device, None, {}))
        told = {flow.counter: getattr(reading, flow.counter) for flow in FLOWS}
        store.append(
            gateway_id,
            replace(reading, **{name: wh + noise.uniform(-5, 5) for name, wh in told.items() if wh is not None}),
        )
        device.clock.jump(300)
        device.catch_up()

    assert store.refused_steps(gateway_id, start, start + timedelta(days=8)) == []
