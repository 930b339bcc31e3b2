"""Where the charge is going is told by a stated rule, and not at all where nobody can tell."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from tests.views.conftest import MIDNIGHT

from forebay.records.reading import Reading, SlowReading
from forebay.records.spans import SpanKind
from forebay.store import Store
from forebay.store.spans import close_span, open_span
from forebay.views.outlook import Goal, outlook


def recorded(
    store: Store,
    powers: Sequence[float | None],
    *,
    charge: float | None = 50.0,
    reserve: float | None = 24.0,
    grid: str = "SystemGridConnected",
    name: str = "gateway",
    full_wh: float | None = 10_000.0,
) -> int:
    """Record a minute for each power; a pack of 10 kWh."""
    i = store.gateway_id(name)
    store.append_slow(i, SlowReading(at=MIDNIGHT, pack_full_wh=full_wh, reserve_wire_pct=reserve))
    for n, watts in enumerate(powers):
        at = MIDNIGHT + timedelta(minutes=n)
        store.append(i, Reading(at=at, battery_power_w=watts, charge_wire_pct=charge, grid_state=grid))
    return i


def hours(store: Store, i: int) -> float:
    found, reading = outlook(store, i), store.latest(i)
    assert found is not None
    assert found.at is not None
    assert reading is not None
    return (found.at - reading.at) / timedelta(hours=1)


def test_a_charging_battery_is_full_when_what_is_missing_has_come(store: Store) -> None:
    i = recorded(store, [-2000.0] * 20)

    found = outlook(store, i)

    assert found is not None
    assert found.goal is Goal.FULL
    assert hours(store, i) == pytest.approx(2.5)


def test_a_discharging_battery_stops_at_its_reserve(store: Store) -> None:
    i = recorded(store, [1000.0] * 20)

    found = outlook(store, i)

    assert found is not None
    assert found.goal is Goal.RESERVE
    assert hours(store, i) == pytest.approx(2.6)


def test_on_an_island_the_reserve_is_used(store: Store) -> None:
    i = recorded(store, [1000.0] * 20, grid="SystemIslandedActive")

    found = outlook(store, i)

    assert found is not None
    assert found.goal is Goal.EMPTY
    assert hours(store, i) == pytest.approx(4.5)


def test_the_rate_is_that_of_the_last_quarter_of_an_hour(store: Store) -> None:
    i = recorded(store, [4000.0] * 60 + [500.0, 1500.0] * 8)

    assert hours(store, i) == pytest.approx(2.6)


@pytest.mark.parametrize(
    ("powers", "options"),
    [
        ([-2000.0] * 3, {}),  # readings do not reach back
        ([-2000.0] * 20 + [2000.0], {}),  # it has just turned
        ([None] * 20, {}),
        ([-2000.0] * 20, {"charge": None}),
        ([2000.0] * 20, {"reserve": None}),
        ([-150.0] * 20, {"charge": 10.0}),  # two and a half days
    ],
)
def test_nothing_is_said_where_nobody_can_tell(
    store: Store, powers: list[float | None], options: dict[str, Any]
) -> None:
    assert outlook(store, recorded(store, powers, **options)) is None


@pytest.mark.parametrize(
    ("powers", "charge"), [([20.0] * 20, 50.0), ([-800.0] * 20, 99.8), ([800.0] * 20, 24.0), ([800.0] * 20, 20.0)]
)
def test_a_battery_that_has_arrived_is_at_rest(store: Store, powers: list[float | None], charge: float) -> None:
    found = outlook(store, recorded(store, powers, charge=charge))

    assert found is not None
    assert (found.goal, found.at) == (Goal.REST, None)


def test_several_batteries_are_full_when_what_all_of_them_miss_has_come(store: Store) -> None:
    ids = [recorded(store, [-2000.0] * 20), recorded(store, [-500.0] * 20, name="barn", charge=75.0, full_wh=20_000.0)]

    found = outlook(store, *ids)

    assert found is not None
    assert (found.goal, found.power_w) == (Goal.FULL, -2500.0)
    assert found.at == MIDNIGHT + timedelta(minutes=19, hours=(5000 + 5000) / 2500)


def test_several_batteries_give_down_to_what_each_keeps(store: Store) -> None:
    ids = [
        recorded(store, [1000.0] * 20),  # 2,600 Wh above its reserve
        recorded(store, [500.0] * 20, name="barn", grid="SystemIslandedActive"),  # 4,500 Wh: an island keeps nothing
    ]

    found = outlook(store, *ids)

    assert found is not None
    assert found.goal is Goal.RESERVE
    assert found.at is not None
    assert (found.at - MIDNIGHT - timedelta(minutes=19)) / timedelta(hours=1) == pytest.approx(7100 / 1500)


def test_one_that_charges_another_leaves_the_sum_at_rest(store: Store) -> None:
    ids = [recorded(store, [-2000.0] * 20), recorded(store, [2000.0] * 20, name="barn")]

    found = outlook(store, *ids)

    assert found is not None
    assert (found.goal, found.at) == (Goal.REST, None)


@pytest.mark.parametrize("unknown", [{"full_wh": None}, {"charge": None}, {"reserve": None}])
def test_of_several_nothing_is_said_where_one_is_not_known(store: Store, unknown: dict[str, Any]) -> None:
    ids = [recorded(store, [1000.0] * 20), recorded(store, [1000.0] * 20, name="barn", **unknown)]

    assert outlook(store, ids[0]) is not None
    assert outlook(store, *ids) is None


def test_the_grid_is_as_it_is_since_the_last_outage_ended_or_this_one_began(client: Any, store: Store) -> None:
    i = recorded(store, [0.0] * 20)
    never = client.get("/api/now").json()["grid"]["since"]
    open_span(store, i, SpanKind.GRID, "SystemIslandedActive", MIDNIGHT)
    close_span(store, i, SpanKind.GRID, "SystemIslandedActive", MIDNIGHT + timedelta(minutes=4))
    connected = client.get("/api/now").json()["grid"]["since"]
    began = MIDNIGHT + timedelta(minutes=25)
    open_span(store, i, SpanKind.GRID, "SystemIslandedActive", began)
    store.append(i, Reading(at=began, grid_state="SystemIslandedActive"))

    dark = client.get("/api/now").json()["grid"]["since"]

    assert never is None
    assert connected == "2026-06-21T07:04:00Z"
    assert dark == "2026-06-21T07:25:00Z"
