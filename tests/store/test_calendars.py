"""Days, months and years are those of the site's calendar: they follow each other, add up, and need no migration."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forebay.records.reading import Reading
from forebay.store import Store
from forebay.store.energy import Energy, energy, energy_between, energy_of_days
from forebay.store.query import day_bounds, site_zone

ZONES = {
    "Europe/Paris": "an hour, at two and three",
    "America/New_York": "an hour, west of Greenwich",
    "America/St_Johns": "half an hour off",
    "Asia/Kathmandu": "three quarters off",
    "Pacific/Chatham": "three quarters off, and an hour",
    "Australia/Lord_Howe": "a change of half an hour",
    "Africa/Cairo": "a change at midnight",
    "Asia/Beirut": "a change at midnight",
    "America/Havana": "midnight comes twice",
    "America/Asuncion": "a change at midnight, in the south",
    "Pacific/Kiritimati": "a day ahead",
    "Etc/GMT+12": "a day behind",
}
START = datetime(2023, 12, 1, tzinfo=UTC)
N_SLOTS = 430 * 48
SLOT_S = 1800


def slot_w(number: int) -> float:
    return 200.0 + number * 2_654_435_761 % 2**32 / 2**32 * 3000.0


SUMS = [0.0]
for _n in range(N_SLOTS):
    SUMS.append(SUMS[-1] + slot_w(_n) / 2)


def true_wh(at: datetime) -> float:
    """Return what the house has used since the start [Wh]; its power changes every half an hour."""
    number, rest_s = divmod((at - START).total_seconds(), SLOT_S)
    return SUMS[int(number)] + slot_w(int(number)) * rest_s / 3600


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """A year and a bit of a house, read every half an hour."""
    with Store.open(tmp_path_factory.mktemp("house") / "forebay.db") as store:
        gateway_id = store.gateway_id("gateway")
        for number in range(N_SLOTS):
            at = START + timedelta(seconds=number * SLOT_S)
            store.append(gateway_id, Reading(at=at, load_power_w=slot_w(number), load_wh=5e6 + SUMS[number]))
        yield store


def wh(found: Energy) -> float:
    assert found.wh is not None
    assert found.covered_ratio == 1
    return found.wh


@pytest.mark.parametrize("name", ZONES)
def test_local_days_follow_each_other_and_are_as_long_as_clocks_say(name: str) -> None:
    zone, lengths = ZoneInfo(name), set()
    day = date(2023, 12, 31)
    _, before = day_bounds(day, zone)
    while day < date(2025, 1, 2):
        day += timedelta(days=1)
        start, end = day_bounds(day, zone)
        assert start == before
        assert start.astimezone(zone).date() == day
        assert (end - timedelta(microseconds=1)).astimezone(zone).date() == day
        lengths.add((end - start) / timedelta(hours=1))
        before = end

    changes = {"Australia/Lord_Howe": {23.5, 24, 24.5}}.get(name, {23, 24, 25})
    still = name in {"Asia/Kathmandu", "Pacific/Kiritimati", "Etc/GMT+12"}
    assert lengths == ({24} if still else changes)


def test_a_day_that_an_island_left_out_has_no_energy(house: Store) -> None:
    start, end = day_bounds(date(2011, 12, 30), ZoneInfo("Pacific/Apia"))

    assert start == end
    assert energy(house, 1, start, end) == {}
    days = energy_of_days(house, 1, date(2011, 12, 31), 3, ZoneInfo("Pacific/Apia"))
    assert next(iter(days.values()))["home"].wh is None


@given(name=st.sampled_from(sorted(ZONES)), month=st.integers(1, 12))
@settings(max_examples=14, deadline=None)
def test_days_are_right_and_add_up_to_the_month_in_every_zone(house: Store, name: str, month: int) -> None:
    zone = ZoneInfo(name)
    last = (date(2024, month, 28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
    days = energy_of_days(house, 1, last, last.day, zone)

    assert list(days) == [date(2024, month, n + 1) for n in range(last.day)]
    for day, flows in days.items():
        start, end = day_bounds(day, zone)
        assert wh(flows["home"]) == pytest.approx(true_wh(end) - true_wh(start), abs=0.01), day
    start, end = day_bounds(date(2024, month, 1), zone)[0], day_bounds(last, zone)[1]
    month_wh = wh(energy(house, 1, start, end)["home"])
    assert sum(wh(flows["home"]) for flows in days.values()) == pytest.approx(month_wh, abs=0.01)


@pytest.mark.parametrize("name", ["Asia/Kathmandu", "Africa/Cairo", "Australia/Lord_Howe", "Europe/Paris"])
def test_months_add_up_to_the_year(house: Store, name: str) -> None:
    zone = ZoneInfo(name)
    edges = [day_bounds(date(2024, month, 1), zone)[0] for month in range(1, 13)]
    edges.append(day_bounds(date(2025, 1, 1), zone)[0])
    months = energy_between(house, 1, edges)

    year_wh = wh(energy(house, 1, edges[0], edges[-1])["home"])
    assert sum(wh(month["home"]) for month in months) == pytest.approx(year_wh, abs=0.01)
    assert year_wh == pytest.approx(true_wh(edges[-1]) - true_wh(edges[0]), abs=0.01)


def test_another_time_zone_moves_the_days_and_nothing_in_the_file(house: Store) -> None:
    def all_rows() -> list[object]:
        tables = ("samples", "quarters", "minutes", "counters", "refused_steps", "segments")
        return [house.database.rows(f"SELECT count(*) FROM {table}") for table in tables]

    day, found, before = date(2024, 6, 15), {}, all_rows()
    for name in ("Europe/Paris", "Asia/Kathmandu", "America/New_York"):
        house.identify(1, timezone=name)
        zone = site_zone(house, 1)
        assert zone.key == name
        start, end = day_bounds(day, zone)
        found[name] = wh(energy_of_days(house, 1, day, 1, zone)[day]["home"])
        assert found[name] == pytest.approx(true_wh(end) - true_wh(start), abs=0.01)
    assert len(set(found.values())) == 3
    assert all_rows() == before


def test_midnights_of_many_zones_in_one_question_are_each_right(house: Store) -> None:
    rng = random.Random(7)
    zones = [ZoneInfo(name) for name in ZONES]
    first = date(2024, 1, 10)
    edges = sorted({day_bounds(first + timedelta(days=rng.randrange(340)), rng.choice(zones))[0] for _ in range(60)})
    for (start, end), window in zip(pairwise(edges), energy_between(house, 1, edges), strict=True):
        assert wh(window["home"]) == pytest.approx(true_wh(end) - true_wh(start), abs=0.01)
