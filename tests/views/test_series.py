"""Curves of any window agree with the readings, hide no peak, and answer wrong questions in words."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from tests.views.conftest import MIDNIGHT

from forebay.records.reading import Reading, SlowReading
from forebay.records.reasons import Reason
from forebay.store import Store
from forebay.store.curves import curves, day_curves
from forebay.views.web.series import step_for

ZONE = ZoneInfo("America/Los_Angeles")


def ask(client: Any, start: datetime, end: datetime, signals: str = "solar_power_w", **more: Any) -> dict[str, Any]:
    params = {"start": int(start.timestamp()), "end": int(end.timestamp()), "signals": signals, **more}
    reply = client.get("/api/series?" + "&".join(f"{name}={value}" for name, value in params.items()))
    assert reply.status_code == 200, reply.text
    told: dict[str, Any] = reply.json()
    return told


@pytest.fixture
def noisy(store: Store) -> tuple[int, list[tuple[datetime, float]]]:
    """Six hours of readings every 5 s that no smoothing would leave alone."""
    i = store.gateway_id("gateway")
    store.identify(i, timezone="America/Los_Angeles")
    dice = random.Random(7)
    told = [(MIDNIGHT + timedelta(seconds=5 * n), round(dice.uniform(-5000, 5000), 1)) for n in range(6 * 720)]
    for at, watts in told:
        store.append(i, Reading(at=at, solar_power_w=watts, charge_wire_pct=50.0))
    return i, told


@pytest.mark.parametrize(("points", "step_s"), [(1000, 60), (100, 300), (30, 900), (6, 3600), (2, 10_800)])
def test_each_slot_is_the_mean_and_the_extremes_of_its_readings(
    client: Any, noisy: tuple[int, list[tuple[datetime, float]]], points: int, step_s: int
) -> None:
    told = ask(client, MIDNIGHT, MIDNIGHT + timedelta(hours=6), points=points)

    assert told["step_s"] == step_s
    assert len(told["t"]) == len(told["columns"]["solar_power_w"]) == 6 * 3600 / step_s
    for slot, t in enumerate(told["t"]):
        inside = [watts for at, watts in noisy[1] if t <= at.timestamp() < t + step_s]
        assert told["columns"]["solar_power_w"][slot] == pytest.approx(sum(inside) / len(inside), abs=0.051)
        assert told["low"]["solar_power_w"][slot] == min(inside)
        assert told["high"]["solar_power_w"][slot] == max(inside)


def test_a_window_of_seconds_has_the_readings_themselves(
    client: Any, noisy: tuple[int, list[tuple[datetime, float]]]
) -> None:
    start = MIDNIGHT + timedelta(hours=2)

    told = ask(client, start, start + timedelta(seconds=30))

    assert told["columns"]["solar_power_w"] == [
        watts for at, watts in noisy[1] if 0 <= (at - start).total_seconds() < 30
    ]
    assert told["low"] == {}
    assert told["t"][1] - told["t"][0] == 5


def test_a_missing_reading_leaves_a_hole_in_the_readings(client: Any, store: Store) -> None:
    i = store.gateway_id("gateway")
    for second in (0, 5, 10, 60, 65):
        store.append(i, Reading(at=MIDNIGHT + timedelta(seconds=second), solar_power_w=1.0))

    told = ask(client, MIDNIGHT, MIDNIGHT + timedelta(seconds=90))

    assert told["columns"]["solar_power_w"] == [1.0, 1.0, 1.0, None, 1.0, 1.0]
    assert told["t"] == sorted(told["t"])


def test_readings_that_are_a_minute_apart_are_told_as_they_are(client: Any, record_morning: Callable[[], int]) -> None:
    record_morning()

    told = ask(client, MIDNIGHT, MIDNIGHT + timedelta(minutes=10))

    assert told["columns"]["solar_power_w"] == [3210.0] * 10
    assert told["step_s"] == 60


def test_days_are_those_of_the_site_also_where_they_have_23_hours(store: Store) -> None:
    i = store.gateway_id("gateway")
    start = datetime(2026, 3, 7, tzinfo=ZONE).astimezone(UTC)
    for quarter in range(4 * 24 * 3):
        at = start + timedelta(minutes=15 * quarter)
        store.append(i, Reading(at=at, solar_power_w=float(at.astimezone(ZONE).day)))

    told = day_curves(store, i, date(2026, 3, 7), 3, tz=ZONE, names=["solar_power_w"])

    assert told.columns["solar_power_w"][:3] == [7.0, 8.0, 9.0]
    assert told.low["solar_power_w"] == told.high["solar_power_w"] == [7.0, 8.0, 9.0]
    assert [later - at for at, later in zip(told.t, told.t[1:], strict=False)] == [86_400, 82_800]


def test_slots_begin_at_round_local_times(client: Any, noisy: tuple[int, list[tuple[datetime, float]]]) -> None:
    start = MIDNIGHT + timedelta(hours=1, minutes=7, seconds=13)

    told = ask(client, start, start + timedelta(hours=4), points=20)

    assert told["step_s"] == 900
    assert told["t"][0] == (MIDNIGHT + timedelta(hours=1)).timestamp()


def test_the_charge_is_told_on_the_apps_scale(client: Any, noisy: tuple[int, list[tuple[datetime, float]]]) -> None:
    told = ask(client, MIDNIGHT, MIDNIGHT + timedelta(hours=1), "charge_app_pct,charge_wire_pct", points=10)

    assert set(told["columns"]["charge_app_pct"]) == {round((50 - 5) / 0.95, 2)}
    assert set(told["high"]["charge_wire_pct"]) == {50.0}


def test_a_gap_is_told_and_one_too_short_to_be_seen_is_not(
    client: Any, record_morning: Callable[[], int], store: Store
) -> None:
    i = record_morning()
    store.open_gap(i, MIDNIGHT + timedelta(minutes=300), Reason.UNREACHABLE)
    store.close_gap(i, MIDNIGHT + timedelta(minutes=344))

    near = ask(client, MIDNIGHT, MIDNIGHT + timedelta(days=1))
    far = ask(client, MIDNIGHT - timedelta(days=300), MIDNIGHT + timedelta(days=1))

    assert [gap["words"] for gap in near["gaps"]] == ["The gateway did not answer."]
    assert far["gaps"] == []
    assert far["step_s"] == 21_600
    assert near["until"] == "2026-06-21T20:00:00Z"


def test_an_empty_record_has_no_curve(client: Any) -> None:
    told = ask(client, MIDNIGHT, MIDNIGHT + timedelta(days=1))

    assert (told["t"], told["columns"]) == ([], {"solar_power_w": []})


def test_several_gateways_are_added_where_all_of_them_were_read(client: Any, store: Store) -> None:
    for name, full_wh, watts, pct in (("house", 10_000.0, 100.0, 24.0), ("barn", 30_000.0, 20.0, 62.0)):
        i = store.gateway_id(name)
        store.identify(i, timezone="America/Los_Angeles")
        store.append_slow(i, SlowReading(at=MIDNIGHT, pack_full_wh=full_wh))
        for n in range(30 if name == "house" else 15):
            at = MIDNIGHT + timedelta(seconds=20 * n)
            store.append(i, Reading(at=at, solar_power_w=watts, charge_wire_pct=pct))

    told = ask(client, MIDNIGHT, MIDNIGHT + timedelta(minutes=10), "solar_power_w,charge_app_pct", gateway="%2B")

    assert told["step_s"] == 60
    assert told["columns"]["solar_power_w"] == [120.0] * 5 + [None] * 5
    assert told["columns"]["charge_app_pct"][:5] == [pytest.approx((20 + 3 * 60) / 4)] * 5


@pytest.mark.parametrize(("points", "step_s"), [(1000, 5), (20, 300), (8, 900), (2, 3600)])
def test_what_fed_what_adds_up_in_every_slot(client: Any, store: Store, points: int, step_s: int) -> None:
    i = store.gateway_id("gateway")
    store.identify(i, timezone="America/Los_Angeles")
    for n in range(1500):
        solar, battery, site = (3000.0, -2000.0, 100.0) if n % 2 else (0.0, 500.0, -100.0)
        at = MIDNIGHT + timedelta(seconds=5 * n)
        store.append(i, Reading(at=at, solar_power_w=solar, battery_power_w=battery, site_power_w=site))

    names = (
        "solar_to_home",
        "solar_to_battery",
        "solar_to_grid",
        "battery_to_home",
        "grid_to_battery",
        "solar_power_w",
    )
    told = ask(client, MIDNIGHT, MIDNIGHT + timedelta(hours=2), ",".join(names), points=points)

    assert told["step_s"] == step_s
    columns = told["columns"]
    for slot, solar_w in enumerate(columns["solar_power_w"]):
        parts = [columns[f"solar_to_{to}"][slot] for to in ("home", "battery", "grid")]
        assert sum(parts) == pytest.approx(solar_w, abs=0.2)
    if step_s >= 900:  # at full resolution the battery fed the home half of the time
        assert columns["battery_to_home"][0] == pytest.approx(200.0)
        assert columns["grid_to_battery"][0] == pytest.approx(50.0)


def test_the_extent_is_from_the_first_to_the_last_reading(client: Any, record_morning: Callable[[], int]) -> None:
    empty = client.get("/api/extent").json()
    record_morning()

    told = client.get("/api/extent").json()

    assert (empty["first"], empty["until"]) == (None, None)
    assert (told["first"], told["until"]) == ("2026-06-21T07:00:00Z", "2026-06-21T20:00:00Z")
    assert told["today"] == "2026-06-21"


@pytest.mark.parametrize("length_s", [5, 60, 3600, 86_400, 86_400 * 31, 86_400 * 366, 86_400 * 3660])
def test_no_window_has_many_more_points_than_were_asked_for(length_s: int) -> None:
    for points in (100, 1000, 2000):
        step_s = step_for(length_s, points)
        assert length_s / step_s <= max(points * 3, 3660)


def test_parts_of_a_slot_from_several_places_are_put_together(
    store: Store, noisy: tuple[int, list[tuple[datetime, float]]]
) -> None:
    """The last quarter is not complete, so the last hour is made of quarters and of readings."""
    i, told = noisy
    store.append(i, Reading(at=MIDNIGHT + timedelta(hours=6, minutes=20), solar_power_w=9000.0))

    found = curves(store, i, MIDNIGHT, MIDNIGHT + timedelta(hours=7), step_s=3600, names=["solar_power_w"])

    assert found.high["solar_power_w"][6] == 9000.0
    assert found.columns["solar_power_w"][5] == pytest.approx(sum(w for _, w in told[5 * 720 :]) / 720)


@pytest.mark.parametrize(
    "query",
    [
        "",
        "start=1&end=2",
        "start=2&end=1&signals=solar_power_w",
        "start=yesterday&end=2&signals=solar_power_w",
        "start=2026-06-21T00:00:00&end=2026-06-22T00:00:00&signals=solar_power_w",
        "start=nan&end=2&signals=solar_power_w",
        "start=0&end=1e300&signals=solar_power_w",
        "start=0&end=60&signals=grid_state",
        "start=0&end=60&signals=solar_power_w;DROP",
        "start=0&end=60&signals=solar_power_w&points=0",
        "start=0&end=60&signals=solar_power_w&points=1e9",
        "start=0&end=60&signals=solar_power_w&points=000001000000000",
        "start=0&end=60&signals=solar_power_w&points=000001" + "0" * 5000,
        "start=0001-01-01T00:00:00Z&end=0001-02-01T00:00:00Z&signals=solar_power_w",
        "start=9999-12-30T00:00:00Z&end=9999-12-31T23:59:00Z&signals=solar_power_w",
        "start=0&end=60&signals=part//",
        "start=0&end=60&signals=part/1/nothing",
        "start=0&end=60&signals=part/1" + "0" * 5000 + "/power_w",
        "start=0&end=60&signals=part/%D9%A3/power_w",
    ],
)
def test_wrong_questions_about_a_window_are_refused_in_words(client: Any, query: str) -> None:
    reply = client.get(f"/api/series?{query}")

    assert reply.status_code == 400
    assert set(reply.json()) == {"error", "advice"}


@pytest.mark.parametrize(("apart_s", "step_s"), [(60, 300), (430, 900), (900, 900), (1700, 1800), (3600, 3600)])
def test_readings_that_are_far_apart_are_drawn_as_a_line_and_not_as_dots(
    client: Any, store: Store, apart_s: int, step_s: int
) -> None:
    i = store.gateway_id("gateway")
    for n in range(86_400 // apart_s):
        store.append(i, Reading(at=MIDNIGHT + timedelta(seconds=7 + n * apart_s), solar_power_w=float(n)))

    told = ask(client, MIDNIGHT, MIDNIGHT + timedelta(days=1), points=300)

    assert told["step_s"] == step_s
    column = told["columns"]["solar_power_w"]
    assert sum(value is None for value in column) <= 2


def test_a_part_that_is_not_there_is_not_found(client: Any, noisy: tuple[int, list[tuple[datetime, float]]]) -> None:
    start = int(MIDNIGHT.timestamp())
    reply = client.get(f"/api/series?start={start}&end={start + 600}&signals=part/9999/power_w")

    assert reply.status_code == 404
    assert "part 9999: there is none of this number" in reply.json()["error"]
