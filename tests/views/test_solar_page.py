"""The Solar page's answers find what was planted: a roof that was off, a weak string, sun held back in an outage."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.views.years import House, clear_w, record, utc

from forebay.clock import SimClock
from forebay.records.spans import SpanKind
from forebay.store import Store
from forebay.store.spans import close_span, open_span
from forebay.views.web.answers import Answers
from forebay.views.web.asked import Asked
from forebay.views.web.battery import battery
from forebay.views.web.series import series
from forebay.views.web.solar import solar

HOUSE = House(
    first=utc(2025, 4, 20),
    days=60,
    strings=3,
    packs=2,
    weak_since=utc(2025, 6, 8),
    roof_off=[(utc(2025, 6, 3), utc(2025, 6, 4)), (utc(2025, 6, 10, 9), utc(2025, 6, 10, 13))],
    gaps=[(utc(2025, 5, 5), utc(2025, 5, 6))],
)


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Store, int]]:
    with Store.open(Path(tmp_path_factory.mktemp("house")) / "years.db") as store:
        yield store, record(store, HOUSE)


def asked(house: tuple[Store, int], last: int = 365) -> Asked:
    store, i = house
    latest = store.latest(i)
    assert latest is not None
    return Asked(store, i, latest.at, last=last)


@pytest.fixture(scope="module")
def answer(house: tuple[Store, int]) -> dict[str, Any]:
    return solar(asked(house))


def test_the_clear_day_is_within_a_tenth_of_the_sky_that_was_clear(answer: dict[str, Any]) -> None:
    clear = dict(zip(answer["days"]["date"], answer["days"]["clear_kwh"], strict=True))
    day = utc(2025, 5, 20)
    true_wh = sum(clear_w(day + timedelta(minutes=15 * n), HOUSE) / 4 for n in range(96))

    assert clear["2025-05-20"] == pytest.approx(true_wh / 1000, rel=0.1)


def test_the_roofs_energy_is_the_counters(house: tuple[Store, int], answer: dict[str, Any]) -> None:
    store, i = house
    latest = store.latest(i)
    assert latest is not None
    assert latest.solar_export_wh is not None

    assert sum(kwh or 0 for kwh in answer["days"]["kwh"]) == pytest.approx(
        (latest.solar_export_wh - 4e6) / 1000, abs=0.5
    )
    assert 0.3 < answer["total"]["ratio"] < 0.95


def test_a_roof_that_was_off_is_listed_with_its_hours_and_nothing_else_is(answer: dict[str, Any]) -> None:
    found = [(one["date"], one["reason"], one["kwh"]) for one in answer["missing"]]

    assert found == [("2025-06-03", "nothing", 0.0), ("2025-06-10", "nothing", 0.0)]
    assert answer["missing"][1]["start"] == "2025-06-10T09:00:00Z"
    assert answer["missing"][1]["end"] == "2025-06-10T13:00:00Z"
    assert answer["missing"][0]["clear_kwh"] > 20


def test_a_day_that_was_not_recorded_is_not_missing_production(answer: dict[str, Any]) -> None:
    assert answer["unseen"] == ["2025-05-05"]


def test_a_string_that_lost_half_its_light_is_told_and_its_sisters_are_not(answer: dict[str, Any]) -> None:
    assert [string["label"] for string in answer["strings"]] == ["String 1", "String 2", "String 3"]
    assert [bool(string["words"]) for string in answer["strings"]] == [False, False, True]
    assert sum(string["share"] for string in answer["strings"]) == pytest.approx(1.0, abs=1e-3)
    assert sum(string["kwh"] for string in answer["strings"]) == pytest.approx(answer["total"]["kwh"], rel=0.08)


def test_the_reason_is_the_outage_where_there_was_one(house: tuple[Store, int]) -> None:
    store, i = house
    span = (utc(2025, 6, 10, 8, 30), utc(2025, 6, 10, 13, 30))
    open_span(store, i, SpanKind.GRID, "SystemIslandedActive", span[0])
    close_span(store, i, SpanKind.GRID, "SystemIslandedActive", span[1])
    open_span(store, i, SpanKind.ALERT, "PVAC_a019_OverTemperature", utc(2025, 6, 3, 5), source="Inverter 1")
    close_span(store, i, SpanKind.ALERT, "PVAC_a019_OverTemperature", utc(2025, 6, 3, 9), source="Inverter 1")

    missing = solar(asked(house))["missing"]

    assert missing[0]["words"] == "The inverter told PVAC_a019_OverTemperature."
    assert missing[1]["reason"] in {"outage", "curtailed"}


def test_sun_held_back_by_a_full_battery_off_the_grid_is_no_fault(tmp_path: Path) -> None:
    outage = (utc(2025, 6, 1, 9), utc(2025, 6, 1, 15))
    held_back = House(first=utc(2025, 5, 1), days=35, outages=[outage], full_wh=2000.0, roof_off=[outage])
    with Store.open(tmp_path / "years.db") as store:
        i = record(store, held_back)
        store.database.write(
            [
                (
                    "UPDATE quarters SET charge_wire_pct_max = 99.9 WHERE start_ms BETWEEN ? AND ?",
                    (int(outage[0].timestamp() * 1000), int(outage[1].timestamp() * 1000)),
                )
            ]
        )
        missing = solar(asked((store, i)))["missing"]

    assert [(one["date"], one["reason"]) for one in missing] == [("2025-06-01", "curtailed")]


def test_a_young_roof_compares_with_nothing(tmp_path: Path) -> None:
    with Store.open(tmp_path / "years.db") as store:
        answer = solar(asked((store, record(store, House(first=utc(2025, 5, 1), days=5)))))

    assert set(answer["days"]["ratio"]) == {None}
    assert answer["missing"] == []
    assert answer["total"]["kwh"] > 0
    assert answer["total"]["ratio"] is None


def test_a_house_without_a_roof_has_none(tmp_path: Path) -> None:
    with Store.open(tmp_path / "years.db") as store:
        answer = solar(asked((store, record(store, House(first=utc(2025, 5, 1), days=3, has_solar=False)))))

    assert answer["has_solar"] is False
    assert answer["days"]["date"] == []
    assert answer["strings"] == []


def test_packs_are_told_side_by_side_with_their_imbalance(house: tuple[Store, int]) -> None:
    answer = battery(asked(house, last=30))

    assert [pack["label"] for pack in answer["packs"]] == ["Pack 1", "Pack 2"]
    assert len(answer["pack_days"]) == 30
    assert all(len(column) == 30 for pack in answer["packs"] for column in pack["days"].values())
    assert 0 < answer["imbalance"]["latest_pct"] < 1
    low, high = (answer["packs"][1]["days"][f"temperature_{side}_c"] for side in ("low", "high"))
    assert all(a is None or a < b for a, b in zip(low, high, strict=True))


def test_curves_of_strings_alone_are_drawn_without_those_of_the_house(house: tuple[Store, int]) -> None:
    store, _ = house
    answers = Answers(store, SimClock(utc(2025, 6, 19)))

    told = series(answers, utc(2025, 6, 1), utc(2025, 6, 8), ["part/3/power_w"], 700)

    known = [watts for watts in told["columns"]["part/3/power_w"] if watts is not None]
    assert len(known) > 100
    assert max(known) > 500
