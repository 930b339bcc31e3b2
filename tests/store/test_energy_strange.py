"""Counters that are silent for long, or wrong a thousand times: sums stay right, and are asked for in no time."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from tests.store.test_archive import START, seal_all

from forebay.records.reading import Reading
from forebay.store import Store
from forebay.store.energy import energy_between

DAY_S = 86_400


def told(store: Store, seed: int, *, days: float, every_s: float, spikes: float = 0.0) -> None:
    """Record a house whose solar counter is silent for stretches, and whose load counter jumps and comes back."""
    rng, gateway_id, known_until_s, is_known = random.Random(seed), store.gateway_id("gateway"), 0.0, True
    for number in range(int(days * DAY_S / every_s)):
        t = number * every_s
        if t >= known_until_s:
            is_known, known_until_s = not is_known, t + rng.uniform(0.01, 1.2) * DAY_S
        power_w, counted = 900.0 + 600 * (number % 3), 5e6 + t / 3.6
        known: dict[str, Any] = {"solar_export_wh": counted if is_known else None, "load_wh": counted}
        if rng.random() < spikes:
            known["load_wh"] += 5e6
        at = START + timedelta(seconds=t)
        store.append(gateway_id, Reading(at=at, solar_power_w=power_w, load_power_w=power_w, **known))


def sums(windows: Sequence[dict[str, Any]]) -> list[tuple[float, float]]:
    return [(round(w[name].wh or 0, 3), round(w[name].covered_ratio, 6)) for w in windows for name in ("solar", "home")]


@pytest.mark.parametrize("seed", range(4))
def test_many_windows_at_once_are_what_each_is_alone_also_when_sealed(store: Store, seed: int) -> None:
    told(store, seed, days=6, every_s=200, spikes=0.01)
    rng = random.Random(seed)
    odd = [START + timedelta(seconds=rng.uniform(-0.1, 6.1) * DAY_S) for _ in range(30)]
    even = [START + timedelta(seconds=900 * rng.randrange(-9, 96 * 6)) for _ in range(30)]
    edges = sorted({*odd, *even})

    def alone() -> list[tuple[float, float]]:
        return sums([window for pair in pairwise(edges) for window in energy_between(store, 1, pair)])

    before = sums(energy_between(store, 1, edges))
    assert before == alone()
    seal_all(store)
    assert sums(energy_between(store, 1, edges)) == alone()
    for first, second in zip(before, sums(energy_between(store, 1, edges)), strict=True):
        assert first == pytest.approx(second, abs=0.02)


def test_a_counter_that_fell_silent_is_looked_for_once(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    gateway_id = store.gateway_id("gateway")
    for number in range(400):
        at = START + timedelta(hours=number)
        solar: dict[str, Any] = {"solar_export_wh": 7.0} if number < 9 else {}
        store.append(gateway_id, Reading(at=at, load_wh=number * 10.0, load_power_w=10.0, **solar))
    asked: list[str] = []
    rows = store.database.rows

    def counting(sql: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        asked.append(sql)
        return rows(sql, parameters)

    monkeypatch.setattr(store.database, "rows", counting)
    found = energy_between(store, gateway_id, [START + timedelta(hours=number) for number in range(20, 390)])

    assert [window["home"].wh for window in found] == [10.0] * 369
    assert len([sql for sql in asked if "solar_export_wh IS NOT NULL" in sql]) == 2


def test_a_year_of_a_meter_that_jumps_every_hour_is_summed_without_its_jumps(store: Store) -> None:
    gateway_id = store.gateway_id("gateway")
    store.append(gateway_id, Reading(at=START, load_wh=1e6, load_power_w=1000.0))
    for number in range(1, 365 * 24):
        at = START + timedelta(hours=number)
        for offset_s, jump_wh in ((-60, 0.0), (0, 5e6), (60, 0.0)):
            counted = 1e6 + (number + offset_s / 3600) * 1000 + jump_wh
            store.append(gateway_id, Reading(at=at + timedelta(seconds=offset_s), load_wh=counted, load_power_w=1000.0))
    edges = [START + timedelta(days=number) for number in range(1, 365)]
    found = energy_between(store, gateway_id, edges)

    assert [window["home"].wh for window in found] == pytest.approx([24_000.0] * 363)
