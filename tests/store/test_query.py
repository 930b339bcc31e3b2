"""Windows and days."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forebay.errors import StoreError
from forebay.records.reading import Reading
from forebay.records.reasons import Reason
from forebay.store import Store
from forebay.store.query import day_bounds, fitting_step_s, series, zone

START = datetime(2026, 6, 21, 7, tzinfo=UTC)
ZONES = ("Europe/Paris", "America/Los_Angeles", "Australia/Lord_Howe", "Asia/Kathmandu", "America/Havana", "UTC")


@pytest.mark.parametrize(("day", "hours"), [(date(2026, 3, 29), 23), (date(2026, 10, 25), 25), (date(2026, 6, 21), 24)])
def test_a_day_has_the_hours_of_its_time_zone(day: date, hours: int) -> None:
    start, end = day_bounds(day, ZoneInfo("Europe/Paris"))

    assert end - start == timedelta(hours=hours)


@given(st.dates(date(1980, 1, 1), date(2099, 1, 1)), st.sampled_from(ZONES))
def test_days_join_without_hole_or_overlap(day: date, name: str) -> None:
    tz = ZoneInfo(name)
    start, end = day_bounds(day, tz)

    assert day_bounds(day + timedelta(days=1), tz)[0] == end
    assert timedelta(hours=22) < end - start < timedelta(hours=26)
    assert start.astimezone(tz).date() == day


def test_a_day_outside_the_calendar_is_an_error_in_words() -> None:
    with pytest.raises(StoreError, match="outside the calendar"):
        day_bounds(date.max, ZoneInfo("UTC"))


@pytest.mark.parametrize("name", [None, "", "Mars/Olympus", "../etc/passwd"])
def test_an_unknown_zone_is_utc(name: str | None) -> None:
    assert zone(name).key == "UTC"


def test_slots_hold_means_and_empty_slots_are_none(store: Store) -> None:
    i = store.gateway_id("a")
    for second, power_w in ((0, 100.0), (5, 200.0), (125, -50.0)):
        store.append(i, Reading(at=START + timedelta(seconds=second), site_power_w=power_w))

    curves = series(store, i, START, START + timedelta(minutes=3), step_s=60, signals=["site_power_w", "solar_power_w"])

    assert curves.t == [int(START.timestamp()) + n * 60 for n in range(3)]
    assert curves.columns == {"site_power_w": [150.0, None, -50.0], "solar_power_w": [None, None, None]}


def test_only_gauges_have_a_curve(store: Store) -> None:
    for name in ("load_wh", "grid_state", "firmware", "x; DROP TABLE samples"):
        with pytest.raises(StoreError, match="no curve"):
            series(store, 1, START, START + timedelta(hours=1), step_s=60, signals=[name])


@pytest.mark.parametrize(("every_s", "step_s"), [(5, 60), (30, 60), (60, 300), (180, 300), (400, 600)])
def test_a_curve_is_as_fine_as_its_readings_allow(
    store: Store, record_house: Callable[..., list[Reading]], every_s: float, step_s: int
) -> None:
    record_house(store, START, lambda _: 100.0, until_s=7200, every_s=every_s)

    assert fitting_step_s(store, 1, START, START + timedelta(days=1)) == step_s


def test_a_sparse_morning_decides_over_a_dense_noon(store: Store, record_house: Callable[..., list[Reading]]) -> None:
    record_house(store, START, lambda _: 100.0, until_s=36_000, every_s=180)
    record_house(store, START + timedelta(seconds=36_000), lambda _: 100.0, until_s=7_200, every_s=5)

    assert fitting_step_s(store, 1, START, START + timedelta(days=1)) == 300


def test_a_single_hole_does_not_make_a_curve_coarser(store: Store, record_house: Callable[..., list[Reading]]) -> None:
    record_house(store, START, lambda _: 100.0, until_s=36_000, skip=lambda t: 600 < t < 3_000)

    assert store.gaps(1, START, START + timedelta(days=1)) == []
    assert fitting_step_s(store, 1, START, START + timedelta(days=1)) == 60


def test_a_gap_does_not_make_a_curve_coarser(store: Store, record_house: Callable[..., list[Reading]]) -> None:
    record_house(store, START, lambda _: 100.0, until_s=36_000, skip=lambda t: 600 < t < 35_000)
    store.open_gap(1, START + timedelta(seconds=600), Reason.UNREACHABLE)
    store.close_gap(1, START + timedelta(seconds=35_000))

    assert fitting_step_s(store, 1, START, START + timedelta(days=1)) == 60
