"""The Battery page's answers find what was planted into a recorded house."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from tests.views.years import House, record, utc

from forebay.records.ageing import Warranty
from forebay.records.reading import SlowReading
from forebay.records.site import Site
from forebay.store import Store
from forebay.store.ageing import capacity_days
from forebay.store.seal import upkeep
from forebay.views.web.asked import Asked
from forebay.views.web.battery import battery

BERLIN = ZoneInfo("Europe/Berlin")


def slow_years(store: Store, days: int, wh_on: dict[int, float] | None = None, packs: int = 1) -> int:
    """Record one capacity a day: 13.5 kWh less 1 Wh a day, or what `wh_on` says."""
    i = store.gateway_id("house")
    store.identify(i, timezone="Europe/Berlin")
    for n in range(days):
        at = datetime(2020, 1, 1, 12, tzinfo=UTC) + timedelta(days=n)
        wh = (wh_on or {}).get(n, packs * (13_500.0 - n))
        store.append_slow(i, SlowReading(at=at, pack_full_wh=wh, pack_count=packs))
    return i


def asked(store: Store, i: int, site: Site | None = None) -> Asked:
    slow = store.latest_slow(i)
    assert slow is not None
    return Asked(store, i, slow.at, site or Site())


def test_capacity_is_the_median_of_the_day_so_one_wrong_reading_changes_nothing(store: Store) -> None:
    i = store.gateway_id("house")
    noon = datetime(2026, 6, 21, 10, tzinfo=UTC)
    for n, wh in enumerate([13_000.0, 13_010.0, 40.0, 13_020.0, 13_005.0]):
        store.append_slow(i, SlowReading(at=noon + timedelta(minutes=n), pack_full_wh=wh, pack_count=1))

    days = capacity_days(store, i, noon, noon + timedelta(hours=1), BERLIN)

    assert [(day.day, day.full_wh, day.packs, day.n) for day in days] == [(date(2026, 6, 21), 13_005.0, 1, 5)]


@pytest.mark.parametrize("day", [date(2026, 3, 29), date(2026, 10, 25)])
def test_a_day_of_23_or_25_hours_has_its_own_capacity(store: Store, day: date) -> None:
    i = store.gateway_id("house")
    midnight = datetime(day.year, day.month, day.day, tzinfo=BERLIN).astimezone(UTC)
    after = (datetime(day.year, day.month, day.day, tzinfo=BERLIN) + timedelta(days=1)).astimezone(UTC)
    ends = {midnight - timedelta(minutes=1): 1.0, midnight: 2.0, after - timedelta(minutes=1): 2.0, after: 3.0}
    for at, wh in ends.items():
        store.append_slow(i, SlowReading(at=at, pack_full_wh=13_000.0 + wh))

    days = capacity_days(store, i, midnight - timedelta(days=9), after + timedelta(days=9), BERLIN)

    assert [(d.day - day, d.full_wh - 13_000) for d in days] == [
        (timedelta(days=-1), 1.0),
        (timedelta(0), 2.0),
        (timedelta(days=1), 3.0),
    ]


def test_days_in_the_archive_have_the_capacities_they_had_before(store: Store) -> None:
    i = store.gateway_id("house")
    first = datetime(2026, 3, 25, tzinfo=UTC)
    for n in range(40 * 10):
        at = first + timedelta(minutes=37 * n)
        store.append_slow(i, SlowReading(at=at, pack_full_wh=13_500.0 - n % 7 - n / 3, pack_count=2))
    end = first + timedelta(days=40)
    before = capacity_days(store, i, first, end, BERLIN)

    while upkeep(store):
        pass

    assert store.database.rows("SELECT count(*) FROM segments WHERE kind = 'slow_samples'")[0][0] > 0
    assert capacity_days(store, i, first, end, BERLIN) == before


def test_a_fading_pack_is_told_with_its_pace_its_spread_and_the_warranty(store: Store) -> None:
    i = slow_years(store, 3 * 365)

    answer = battery(asked(store, i))

    assert answer["trend"]["per_year_wh"] == pytest.approx(-365.25, abs=0.5)
    assert answer["trend"]["low_per_year_wh"] <= answer["trend"]["per_year_wh"] <= answer["trend"]["high_per_year_wh"]
    assert answer["capacity"]["ratio"] == pytest.approx((13_500 - 3 * 365 + 1) / 13_500, abs=1e-4)
    assert answer["warranty"]["start"] == "2020-01-01"
    assert answer["warranty"]["is_start_known"] is False
    assert answer["warranty"]["end"] == "2030-01-01"
    assert answer["warranty"]["end_wh"] == 9_450
    assert "9.85 kWh will be left" in answer["warranty"]["words"]


def test_a_pack_below_the_promise_is_told_so(store: Store) -> None:
    i = slow_years(store, 200, {n: 9_000.0 for n in range(100, 200)})

    assert battery(asked(store, i))["warranty"]["words"].startswith("Less is left than a usual warranty promises")


def test_the_owners_dates_and_promise_replace_the_usual_ones(store: Store) -> None:
    i = slow_years(store, 200)
    site = Site(commissioned=date(2018, 5, 1), pack_nominal_wh=14_000, warranty=Warranty(15, 0.6))

    answer = battery(asked(store, i, site))

    assert answer["nominal"]["wh"] == 14_000
    assert (answer["warranty"]["start"], answer["warranty"]["is_start_known"]) == ("2018-05-01", True)
    assert answer["warranty"]["end"] == "2033-05-01"
    assert answer["warranty"]["end_wh"] == 8_400


def test_a_pack_that_was_added_is_no_growth_and_one_that_is_silent_no_loss(store: Store) -> None:
    i = store.gateway_id("house")
    for n in range(800):
        packs = 1 if n < 300 or n in {500, 501} else 2
        at = datetime(2020, 1, 1, 12, tzinfo=UTC) + timedelta(days=n)
        store.append_slow(i, SlowReading(at=at, pack_full_wh=packs * (13_500.0 - n), pack_count=packs))

    answer = battery(asked(store, i))

    assert answer["nominal"]["packs"] == 2
    assert answer["trend"]["start"] == "2020-10-27"
    assert answer["trend"]["per_year_wh"] == pytest.approx(-2 * 365.25, abs=1)


def test_a_young_record_says_when_its_trend_begins(store: Store) -> None:
    i = slow_years(store, 10)

    answer = battery(asked(store, i))

    assert answer["trend"]["per_year_wh"] is None
    assert answer["trend"]["words"] == "The trend begins on 29 June 2020, after half a year of capacities."
    assert answer["cycles"]["days"] == []


def test_cycles_and_round_trip_are_those_of_the_house(tmp_path: Path) -> None:
    with Store.open(tmp_path / "years.db") as store:
        i = record(store, House(first=utc(2025, 4, 30, 22), days=64, efficiency=0.88, packs=2))
        latest = store.latest(i)
        assert latest is not None
        answer = battery(Asked(store, i, latest.at))

        assert answer["round_trip"]["ratio"] == pytest.approx(0.88, abs=0.004)
        assert [month["month"] for month in answer["round_trip"]["months"]] == ["2025-05", "2025-06", "2025-07"]
        assert answer["round_trip"]["months"][-1]["ratio"] is None  # three days are no month
        discharged_wh = (latest.battery_discharge_wh or 0) - 6e5
        assert answer["cycles"]["recorded"] == pytest.approx(discharged_wh / 27_000, abs=0.06)
        assert answer["cycles"]["lifetime"] == pytest.approx((latest.battery_discharge_wh or 0) / 27_000, abs=0.06)
        assert sum(each or 0 for each in answer["cycles"]["cycles"]) == pytest.approx(
            answer["cycles"]["recorded"], abs=0.1
        )


def test_a_month_with_a_long_hole_in_its_stored_energy_tells_no_ratio(tmp_path: Path) -> None:
    with Store.open(tmp_path / "years.db") as store:
        hole = (utc(2025, 5, 30), utc(2025, 6, 2))
        i = record(store, House(first=utc(2025, 4, 30, 22), days=64, gaps=[hole]))
        latest = store.latest(i)
        assert latest is not None
        months = battery(Asked(store, i, latest.at))["round_trip"]["months"]

    assert [month["ratio"] for month in months] == [None, None, None]
    assert months[0]["gained_kwh"] is None
    assert months[0]["charged_kwh"] > 0
