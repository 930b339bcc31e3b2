"""Outages are put together from the gateway's states, and dark is told from what the home drew."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from forebay.records.outages import (
    FAULTED,
    LEAVING,
    RETURNING,
    Outage,
    Passage,
    Through,
    came_through,
    outages,
)

ISLAND = "SystemIslandedActive"
T = datetime(2026, 1, 14, 17, tzinfo=UTC)
HOUR = timedelta(hours=1)


def test_leaving_island_and_return_are_one_outage() -> None:
    states = [
        (LEAVING, T, T + timedelta(seconds=1)),
        (ISLAND, T + timedelta(seconds=1), T + HOUR),
        (RETURNING, T + HOUR, T + HOUR + timedelta(seconds=60)),
    ]

    assert outages(states) == [Outage(T, T + HOUR + timedelta(seconds=60), (LEAVING, ISLAND, RETURNING))]


def test_two_outages_of_a_night_stay_two_and_one_that_lasts_has_no_end() -> None:
    states = [(ISLAND, T, T + HOUR), (ISLAND, T + 2 * HOUR, None)]

    assert [(one.start, one.end) for one in outages(states)] == [(T, T + HOUR), (T + 2 * HOUR, None)]


def test_a_synchronisation_alone_is_no_outage() -> None:
    assert outages([(RETURNING, T, T + timedelta(seconds=30))]) == []


@pytest.mark.parametrize(
    ("passage", "expected"),
    [
        (Passage(720, 0, 0, 240, 31.0), Through.THROUGH),
        (Passage(720, 0, 15, 0.0, 31.0), Through.THROUGH),  # three readings of nothing are the meters
        (Passage(720, 0, 600, 0.0, 0.0), Through.DARK),
        (Passage(720, 0, 0, 240, 0.0), Through.EMPTY),
        (Passage(100, 1800, 0, 240, 31.0), Through.UNKNOWN),
        (Passage(0, 0, 0, None, None), Through.UNKNOWN),
        (Passage(100, 1800, 600, 0.0, 0.0), Through.DARK),
    ],
)
def test_how_a_house_came_through(passage: Passage, expected: Through) -> None:
    assert came_through(Outage(T, T + HOUR, (ISLAND,)), passage) is expected


def test_a_fault_of_the_own_supply_is_dark_and_an_outage_that_lasts_is_not_judged_yet() -> None:
    seen = Passage(720, 0, 0, 240, 31.0)

    assert came_through(Outage(T, T + HOUR, (ISLAND, FAULTED)), seen) is Through.DARK
    assert came_through(Outage(T, None, (ISLAND,)), seen) is Through.LASTS
