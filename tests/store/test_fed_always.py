"""What fed what adds up to the six flows in every window: over gaps, troubles, without a roof, and imported."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.store.houses import START, Told, record, telling, true_wh
from tests.store.test_archive import seal_all
from tests.store.test_imported import candidate, flows

from forebay.records.flows import Split, share_out
from forebay.records.reading import Reading
from forebay.store import Store
from forebay.store import fed as fed_module
from forebay.store.energy import Energy, energy_between
from forebay.store.fed import PARTS, fed_between
from forebay.store.imports import add

HOUR_S = 3600.0
UNTIL_S = 20 * HOUR_S
FED_BY = {
    "solar": ("solar_to_home", "solar_to_battery", "solar_to_grid"),
    "grid_in": ("grid_to_home", "grid_to_battery"),
    "battery_out": ("battery_to_home", "battery_to_grid"),
    "grid_out": ("solar_to_grid", "battery_to_grid"),
    "battery_in": ("solar_to_battery", "grid_to_battery"),
    "home": ("solar_to_home", "battery_to_home", "grid_to_home"),
}
"""Flow -> the parts that it is the sum of."""


def assert_adds_up(parts: Split, window: dict[str, Energy], home_wh: float) -> None:
    """Hold the parts against the counters; the home is what solar, grid and battery leave over."""
    assert all(getattr(parts, part) >= 0 for part in PARTS)
    totals = {name: found.wh or 0.0 for name, found in window.items()}
    for name, of in FED_BY.items():
        if name != "home":
            assert sum(getattr(parts, part) for part in of) == pytest.approx(totals[name], abs=0.05), name
    left_wh = totals["solar"] + totals["grid_in"] + totals["battery_out"] - totals["grid_out"] - totals["battery_in"]
    told_wh = sum(getattr(parts, part) for part in FED_BY["home"])
    assert told_wh == pytest.approx(left_wh, abs=0.05)
    assert told_wh == pytest.approx(totals["home"], abs=home_wh)


def clean(told: Iterable[Told]) -> list[Told]:
    return list(told)


def with_gaps(told: Iterable[Told]) -> list[Told]:
    return [one for one in told if not (3.2 * HOUR_S < one.t_s < 4.1 * HOUR_S or 9 * HOUR_S < one.t_s < 9.3 * HOUR_S)]


def with_troubles(told: Iterable[Told]) -> list[Told]:
    """Solar spikes, the grid's counter falls to zero for a while, the battery's is silent for two hours."""
    out = []
    for one in told:
        counters = dict(one.counters)
        if 2 * HOUR_S <= one.t_s < 2.02 * HOUR_S:
            counters["solar"] = (counters["solar"] or 0) + 5e6
        if 5 * HOUR_S <= one.t_s < 5.4 * HOUR_S:
            counters["grid_in"] = 0.0
        if 8 * HOUR_S <= one.t_s < 10 * HOUR_S:
            counters["battery_in"] = counters["battery_out"] = None
        if one.t_s >= 12 * HOUR_S:
            counters["grid_out"] = (counters["grid_out"] or 0) - 900_000.0
        out.append(replace(one, counters=counters))
    return out


HOUSES: dict[str, tuple[Callable[[Iterable[Told]], list[Told]], float]] = {
    "clean": (clean, 0.05),
    "with gaps": (with_gaps, 0.05),
    "with troubles": (with_troubles, 500.0),
}
"""House -> what happens to it, and how far its home's counter may be from what the others leave over [Wh]."""


@pytest.fixture(scope="module", params=[*HOUSES, "clean, sealed", "with troubles, sealed", "imported in between"])
def house(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Store, float]]:
    name = request.param.split(",")[0]
    change, home_wh = HOUSES.get(name, (with_gaps, 0.05))
    with Store.open(tmp_path_factory.mktemp("house") / "forebay.db") as store:
        told = change(telling(UNTIL_S, 60))
        if name == "imported in between":
            told = [one for one in told if one.t_s < 6 * HOUR_S or one.t_s > 14 * HOUR_S]
            told = [replace(one, counters=dict.fromkeys(one.counters)) for one in told]
            step = timedelta(minutes=5)
            intervals = [
                flows(**{flow: true_wh(flow, s + 300) - true_wh(flow, s) for flow in told[0].counters})
                for s in range(int(6 * HOUR_S), int(14 * HOUR_S), 300)
            ]
            add(store, store.gateway_id("gateway"), [candidate(START + timedelta(hours=6), step, intervals)], START)
            home_wh = 60.0
        record(store, told)
        if request.param.endswith("sealed"):
            for day in range(1, 5):
                store.append(1, Reading(at=START + timedelta(days=day, hours=12)))
            seal_all(store)
        yield store, home_wh


@given(cuts=st.lists(st.integers(1, int(UNTIL_S) - 1), min_size=1, max_size=6, unique=True))
@settings(max_examples=12, deadline=None)
def test_what_fed_what_adds_up_in_every_window(house: tuple[Store, float], cuts: list[int]) -> None:
    store, home_wh = house
    edges = [START + timedelta(seconds=s) for s in (0, *sorted(cuts), int(UNTIL_S) - 60)]
    edges = sorted(set(edges))
    windows = energy_between(store, 1, edges)

    for (start, end), parts, window in zip(pairwise(edges), fed_between(store, 1, edges), windows, strict=True):
        assert parts is not None, (start, end)
        assert_adds_up(parts, window, home_wh)


def test_a_house_without_a_roof_is_fed_by_grid_and_battery(store: Store) -> None:
    for one in telling(6 * HOUR_S, 60):
        reading = replace(one, counters=one.counters | {"solar": None}).reading()
        store.append(store.gateway_id("gateway"), replace(reading, solar_power_w=None))
    edges = [START, START + timedelta(hours=0.4), START + timedelta(hours=6)]
    parts = fed_between(store, 1, edges)[0]

    assert parts is not None
    assert parts.solar_to_home == parts.solar_to_battery == parts.solar_to_grid == 0
    grid_wh, battery_wh = true_wh("grid_in", 0.4 * HOUR_S), true_wh("battery_out", 0.4 * HOUR_S)
    assert parts.grid_to_home + parts.grid_to_battery == pytest.approx(grid_wh, abs=0.05)
    assert parts.battery_to_home + parts.battery_to_grid == pytest.approx(battery_wh, abs=0.05)


@pytest.mark.parametrize(
    "defect",
    [
        lambda parts: replace(parts, solar_to_home=parts.solar_to_home * 1.001),
        lambda parts: replace(parts, battery_to_home=parts.battery_to_home + 1.0),
        lambda parts: replace(parts, grid_to_battery=parts.solar_to_battery, solar_to_battery=parts.grid_to_battery),
        lambda parts: replace(parts, grid_to_home=0.0),
        lambda parts: replace(parts, solar_to_grid=parts.solar_to_grid - 1.0),
    ],
)
def test_a_rule_that_does_not_add_up_is_found(
    store: Store, monkeypatch: pytest.MonkeyPatch, defect: Callable[[Split], Split]
) -> None:
    record(store, telling(8 * HOUR_S, 60))
    edges = [START, START + timedelta(hours=8)]
    (window,) = energy_between(store, 1, edges)
    monkeypatch.setattr(fed_module, "share_out", lambda totals, seen: defect(share_out(totals, seen)))
    (parts,) = fed_between(store, 1, edges)

    assert parts is not None
    with pytest.raises(AssertionError):
        assert_adds_up(parts, window, 0.01)
