"""The Grid page's answers: outages with how the house came through, and where voltage and frequency were off."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from tests.views.years import House, record, utc

from forebay.records.parts import PartKey, PartKind, PartReading, Value
from forebay.records.reading import Reading
from forebay.records.reasons import Reason
from forebay.records.site import Site
from forebay.records.spans import SpanKind
from forebay.store import Store
from forebay.store.part_writer import PartWriter
from forebay.store.seal import upkeep
from forebay.store.spans import close_span, open_span
from forebay.views.web.asked import Asked
from forebay.views.web.grid import grid

NIGHT = datetime(2026, 1, 14, 17, tzinfo=UTC)


def asked(store: Store, i: int, site: Site | None = None) -> Asked:
    last = store.latest(i)
    assert last is not None
    return Asked(store, i, last.at + timedelta(seconds=1), site or Site())


def minutes(
    store: Store,
    n: int,
    *,
    load: Callable[[int], float] = lambda _: 500.0,
    volts: Callable[[int], float] = lambda _: 230.0,
    hertz: Callable[[int], float | None] = lambda _: 50.0,
    skip: Callable[[int], bool] = lambda _: False,
) -> int:
    """Record a house minute by minute; minute 0 is the beginning of `NIGHT`."""
    i = store.gateway_id("house")
    store.identify(i, timezone="Europe/Berlin")
    for minute in range(-60, n):
        if not skip(minute):
            reading = Reading(
                at=NIGHT + timedelta(minutes=minute),
                load_power_w=load(minute),
                load_wh=1e6 + 500 * (minute + 60) / 60,
                charge_wire_pct=80 - (minute + 60) * 0.1,
                site_voltage_v=volts(minute),
                site_frequency_hz=hertz(minute),
                grid_state="SystemGridConnected",
            )
            store.append(i, reading)
    return i


def without_grid(store: Store, i: int, start: datetime, end: datetime | None) -> None:
    open_span(store, i, SpanKind.GRID, "SystemIslandedActive", start)
    if end is not None:
        close_span(store, i, SpanKind.GRID, "SystemIslandedActive", end)


def test_an_outage_tells_length_use_and_lowest_charge_and_that_the_house_came_through(store: Store) -> None:
    i = minutes(store, 200)
    without_grid(store, i, NIGHT, NIGHT + timedelta(minutes=90))

    (outage,) = grid(asked(store, i))["outages"]

    assert outage["through"] == "through"
    assert outage["seconds"] == 5400
    assert outage["home_kwh"] == pytest.approx(0.75)
    assert outage["charge_before_app_pct"] == pytest.approx((74 - 5) / 0.95, abs=0.1)
    assert outage["lowest_app_pct"] == pytest.approx((65.1 - 5) / 0.95, abs=0.1)
    assert outage["words"] == "1 h 30 min. The house came through. It used 750 Wh. The charge was never below 63 %."


def test_a_house_that_drew_nothing_went_dark_and_says_so(store: Store) -> None:
    i = minutes(store, 200, load=lambda minute: 0.0 if 30 <= minute < 80 else 500.0)
    without_grid(store, i, NIGHT, NIGHT + timedelta(minutes=90))

    answer = grid(asked(store, i))

    assert answer["outages"][0]["through"] == "dark"
    assert (answer["total"]["through"], answer["total"]["dark"]) == (0, 1)


def test_an_outage_that_was_not_read_is_neither_through_nor_dark(store: Store) -> None:
    i = minutes(store, 200, skip=lambda minute: 10 <= minute < 80)
    store.open_gap(i, NIGHT + timedelta(minutes=9), Reason.UNREACHABLE)
    store.close_gap(i, NIGHT + timedelta(minutes=80))
    without_grid(store, i, NIGHT, NIGHT + timedelta(minutes=90))

    (outage,) = grid(asked(store, i))["outages"]

    assert outage["through"] == "unknown"
    assert outage["unseen_s"] == 71 * 60
    assert outage["home_kwh"] == pytest.approx(0.75)  # the counters saw it


def test_an_outage_that_lasts_has_no_end_and_no_verdict_yet(store: Store) -> None:
    i = minutes(store, 31)
    without_grid(store, i, NIGHT, None)

    (outage,) = grid(asked(store, i))["outages"]

    assert (outage["end"], outage["through"], outage["length_words"]) == (None, "lasts", "30 min")


def test_years_are_told_with_those_that_had_no_outage(store: Store) -> None:
    outages = [(utc(2024, 12, 31, 20), utc(2024, 12, 31, 21)), (utc(2025, 1, 20, 3), utc(2025, 1, 20, 5))]
    i = record(store, House(first=utc(2024, 12, 30), days=40, step_min=60, outages=outages))
    store.append(i, Reading(at=utc(2026, 1, 5)))

    answer = grid(asked(store, i))

    assert [(year["year"], year["count"]) for year in answer["years"]] == [(2024, 1), (2025, 1), (2026, 0)]
    assert answer["years"][1]["seconds"] == 2 * 3600 + 60
    assert [one["start"] for one in answer["outages"]] == ["2025-01-20T03:00:00Z", "2024-12-31T20:00:00Z"]


def test_a_voltage_outside_its_band_is_told_once_with_its_extreme(store: Store) -> None:
    i = minutes(store, 200, volts=lambda minute: {40: 256.0, 41: 259.5, 42: 254.0, 100: 200.0}.get(minute, 230.0))

    answer = grid(asked(store, i))

    found = [(one["quantity"], one["start"], one["extreme"]) for one in answer["excursions"]["list"]]
    assert found == [("voltage", "2026-01-14T18:40:00Z", 200.0), ("voltage", "2026-01-14T17:40:00Z", 259.5)]
    assert answer["excursions"]["list"][1]["words"] == "Voltage above 253.2 V for 2 min, 259.5 V at the farthest."
    assert answer["nominal"] == {
        "voltage_v": pytest.approx(230.0, abs=0.5),
        "is_voltage_learned": True,
        "low_v": pytest.approx(207, abs=1),
        "high_v": pytest.approx(253, abs=1),
        "frequency_hz": 50.0,
        "low_hz": 49.5,
        "high_hz": 50.5,
    }


def test_an_outage_is_no_excursion_of_the_voltage(store: Store) -> None:
    i = minutes(store, 200, volts=lambda minute: 0.0 if 0 <= minute < 90 else 230.0)
    without_grid(store, i, NIGHT, NIGHT + timedelta(minutes=90))

    answer = grid(asked(store, i))

    assert answer["excursions"]["list"] == []
    assert answer["days"]["voltage_low_v"] == [230.0]


def test_the_owners_band_is_the_band(store: Store) -> None:
    i = minutes(store, 100, hertz=lambda minute: 49.85 if minute == 50 else 50.0)

    wide = grid(asked(store, i))
    tight = grid(asked(store, i, Site(frequency_tolerance_hz=0.1, voltage_v=240.0, voltage_tolerance_pct=2.0)))

    assert wide["excursions"]["quarters"] == 0
    assert {one["quantity"] for one in tight["excursions"]["list"]} == {"frequency", "voltage"}
    assert tight["nominal"]["is_voltage_learned"] is False


def test_sealed_days_tell_the_same(store: Store) -> None:
    outages = [(utc(2025, 1, 2, 20), utc(2025, 1, 2, 22))]
    i = record(store, House(first=utc(2025, 1, 1), days=9, outages=outages))
    before = grid(asked(store, i))

    while upkeep(store):
        pass

    assert store.database.rows("SELECT count(*) FROM segments")[0][0] > 0
    assert grid(asked(store, i)) == before


def test_a_gateway_without_voltages_says_so(store: Store) -> None:
    i = store.gateway_id("house")
    store.append(i, Reading(at=NIGHT, load_power_w=300.0))

    answer = grid(asked(store, i))

    assert answer["excursions"]["words"] == "This gateway has not told a voltage or a frequency of the grid."
    assert answer["words"] == "The state of the grid is not known yet."
    assert answer["total"]["words"].startswith("No outage since 14 January 2026")


def test_where_the_grids_meter_tells_no_frequency_the_packs_do(store: Store) -> None:
    i = store.gateway_id("house")
    for minute in range(60):
        hertz = 60.9 if minute == 20 else 60.0
        at = NIGHT + timedelta(minutes=minute)
        store.append(i, Reading(at=at, site_voltage_v=240.0, battery_frequency_hz=hertz))

    answer = grid(asked(store, i))

    assert answer["signals"] == {"voltage": "site_voltage_v", "frequency": "battery_frequency_hz", "lines": []}
    assert answer["nominal"]["frequency_hz"] == 60.0
    assert [one["extreme"] for one in answer["excursions"]["list"]] == [60.9]


def test_each_line_is_drawn_where_a_meter_tells_it(store: Store) -> None:
    i = minutes(store, 10)
    key = PartKey(PartKind.METER, "SYNC1", "switch", "Grid switch")
    values: dict[str, Value] = {"grid_voltage_l1_v": 121.0, "grid_voltage_l2_v": 120.5, "voltage_l1_v": 121.0}
    PartWriter(store, i).append(NIGHT, [PartReading(key, values)])

    (first, second) = grid(asked(store, i))["signals"]["lines"]

    assert (first["label"], second["label"]) == ("Line 1", "Line 2")
    assert first["key"] == "part/1/grid_voltage_l1_v"
