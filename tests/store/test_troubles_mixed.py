"""Troubles of counters in any mixture, with gaps and restarts: sums stay within what nobody can know, and add up."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from tests.store.houses import START, Told, record, telling, true_wh

from forebay.emulator.build import build_device
from forebay.emulator.home import Home
from forebay.emulator.resources import meters
from forebay.records.flows import FLOWS
from forebay.records.reading import Reading, fast_reading
from forebay.store import Store
from forebay.store.energy import energy, energy_between
from forebay.store.steps import STUCK_WH, RefusedStep

HOUR_S = 3600.0
UNTIL_S = 12 * HOUR_S
PAIR_WH = 240.0
"""How far off a trouble may leave a sum: what the house may change its power by, twice, within a minute [Wh]."""

Shown = Callable[[float, float, dict[str, float]], float | None]


@dataclass(frozen=True, slots=True)
class Planted:
    """A trouble of one counter. shown: (seconds since it began, truth, its memory) -> what the counter shows."""

    begin_s: float
    kind: str
    shown: Shown
    memory: dict[str, float] = field(default_factory=dict)


def planted(rng: random.Random, begin_s: float) -> Planted:
    """Return a trouble of any kind and length."""
    length_s, up_wh = rng.choice([60, 180, 600, 2400, 7200]), rng.choice([150, 400, 1500, 5000])
    base_wh, rubbish = rng.choice([7e6, -5e5]), [0.0, 5e6, -1.0, 123_456.0]

    def while_(change: Callable[[float], float | None]) -> Shown:
        return lambda t, true, _: change(true) if 0 <= t < length_s else true

    kinds: dict[str, Shown] = {
        "spike": while_(lambda v: v + 5e6),
        "dip": while_(lambda _: 0.0),
        "other value": while_(lambda v: v % 5000),
        "not told": while_(lambda _: None),
        "rubbish": while_(lambda v: rng.choice([*rubbish, v])),
        "small spike": lambda t, true, _: true + up_wh if 0 <= t < 60 else true,
        "reset": lambda t, true, memory: true - memory.setdefault("base", true) if t >= 0 else true,
        "other base": lambda t, true, _: true + base_wh if t >= 0 else true,
        "late": lambda t, true, memory: memory.setdefault("base", true) if 0 <= t < length_s else true,
    }
    kind = rng.choice(sorted(kinds))
    return Planted(begin_s, kind, kinds[kind])


def shown(one: Told, plan: dict[str, list[Planted]]) -> Told:
    counters = dict(one.counters)
    for name, troubles in plan.items():
        for trouble in troubles:
            value = counters[name]
            if value is not None:
                counters[name] = trouble.shown(one.t_s - trouble.begin_s, value, trouble.memory)
    return replace(one, counters=counters)


def unknown_wh(steps: list[RefusedStep]) -> float:
    """Return how much more than its sum a flow may have brought, as the list says [Wh]."""
    return sum(step.most_wh - (step.fill_wh or 0.0) for step in steps if step.most_wh is not None)


@pytest.mark.parametrize("seed", range(12))
def test_any_mixture_of_troubles_leaves_sums_right_and_windows_that_add_up(path: Path, seed: int) -> None:
    rng = random.Random(seed)
    every_s = 60.0 if seed % 4 else 15.0
    plan = {
        flow.name: [planted(rng, begin) for begin in sorted(rng.uniform(1, 11) * HOUR_S for _ in range(1 + seed % 2))]
        for flow in FLOWS
    }
    away_s = rng.uniform(1, 10) * HOUR_S
    back_s = away_s + (rng.choice([200, 1200, 4000]) if seed % 3 == 0 else 0)
    told = [shown(one, plan) for one in telling(UNTIL_S, every_s) if not away_s <= one.t_s < back_s]
    cut = sorted(rng.randrange(len(told)) for _ in range(seed % 3))
    for low, high in pairwise([0, *cut, len(told)]):
        with Store.open(path) as store:
            record(store, told[low:high])

    end_s = told[-1].t_s
    edges = sorted({0.0, end_s, *(rng.uniform(0, end_s) for _ in range(25)), *(900.0 * n for n in range(1, 47))})
    with Store.read(path) as store:
        whole = energy(store, 1, START, START + timedelta(seconds=end_s))
        parts = energy_between(store, 1, [START + timedelta(seconds=t) for t in edges])
        listed = store.refused_steps(1, START, START + timedelta(days=2))
    for flow in FLOWS:
        found, kinds = whole[flow.name].wh or 0.0, [trouble.kind for trouble in plan[flow.name]]
        still_stands = any(one.kind == "late" and one.begin_s + 7200 > end_s for one in plan[flow.name])
        truth_wh, off_wh = true_wh(flow.name, end_s), PAIR_WH * len(kinds) + STUCK_WH * still_stands
        more_wh = unknown_wh([step for step in listed if step.signal == flow.counter])
        assert found - off_wh <= truth_wh <= found + more_wh + off_wh, (flow.name, kinds)
        assert sum(part[flow.name].wh or 0.0 for part in parts) == pytest.approx(found, abs=0.01), (flow.name, kinds)
        near = [trouble.begin_s for trouble in plan[flow.name]]
        for (low_s, high_s), part in zip(pairwise(edges), parts, strict=True):
            is_far = all(high_s < t - 600 or low_s > t + 7800 for t in near) and (high_s < away_s or low_s > back_s)
            if is_far and every_s < 60:
                part_wh = true_wh(flow.name, high_s) - true_wh(flow.name, low_s)
                assert part[flow.name].wh == pytest.approx(part_wh, abs=35), (flow.name, kinds, low_s, high_s)


@pytest.mark.parametrize("every_s", [5, 60, 300])
def test_a_house_that_switches_between_readings_has_no_troubles(store: Store, every_s: int) -> None:
    gateway_id, counted_wh = store.gateway_id("gateway"), 50_000.0
    for number in range(400):
        watts = 5000.0 if 10 <= number % 40 < 30 else 300.0
        at = START + timedelta(seconds=every_s * number)
        store.append(gateway_id, Reading(at=at, load_wh=counted_wh, load_power_w=watts))
        is_kettle = number % 40 in {3, 33}  # no reading sees it
        counted_wh += (11_000 if is_kettle else watts) * every_s / 3600

    assert store.refused_steps(gateway_id, START, START + timedelta(days=9)) == []


def test_an_emulated_house_with_outages_and_a_car_has_no_troubles(store: Store) -> None:
    start = datetime(2026, 6, 14, tzinfo=UTC)
    device, gateway_id = build_device(Home(), start=start, speed=0), store.gateway_id("gateway")
    for number in range(4 * 288):
        store.append(gateway_id, fast_reading(device.now, meters.aggregates(device, None, {})))
        if number % 97 in {50, 56}:
            device.set_grid(number % 97 == 56)
        if number % 151 in {70, 73}:
            device.set_load_w(11_000 if number % 151 == 70 else None)
        device.clock.jump(300)
        device.catch_up()

    assert store.refused_steps(gateway_id, start, start + timedelta(days=9)) == []
