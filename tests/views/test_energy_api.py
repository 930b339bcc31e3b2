"""Energy in buckets of the site's calendar adds up, says what it does not know, and answers wrong questions."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from tests.views.conftest import MIDNIGHT

from forebay.clock import SimClock
from forebay.records.reading import Reading
from forebay.store import Store
from forebay.views.web.energy import By, edges_of, shares

ZONE = ZoneInfo("America/Los_Angeles")
FLOWS = ("solar", "home", "grid_in", "grid_out", "battery_in", "battery_out")


def ask(client: Any, query: str) -> dict[str, Any]:
    reply = client.get(f"/api/energy?{query}")
    assert reply.status_code == 200, reply.text
    told: dict[str, Any] = reply.json()
    return told


@pytest.fixture
def spring(store: Store, clock: SimClock) -> int:
    """Record five weeks around the day of 23 hours, one reading a quarter, with steady powers."""
    i = store.gateway_id("gateway")
    store.identify(i, timezone="America/Los_Angeles")
    start = datetime(2026, 2, 16, tzinfo=ZONE).astimezone(UTC)
    for n in range(35 * 96):
        hours = n / 4
        store.append(
            i,
            Reading(
                at=start + timedelta(hours=hours),
                solar_power_w=2000.0,
                load_power_w=1500.0,
                battery_power_w=-200.0,
                site_power_w=-300.0,
                solar_export_wh=2000 * hours,
                load_wh=1500 * hours,
                battery_charge_wh=200 * hours,
                battery_discharge_wh=0.0,
                site_export_wh=300 * hours,
                site_import_wh=0.0,
            ),
        )
    clock.advance((start + timedelta(days=35) - clock.now()).total_seconds())
    return i


@pytest.mark.parametrize("by", [str(by) for by in By])
def test_buckets_of_every_length_add_up_to_the_same(client: Any, spring: int, by: str) -> None:
    told = ask(client, f"from=2026-02-18&to=2026-03-18&by={by}")

    hours = 28 * 24 - 1
    assert told["total"]["kwh"]["solar"] == pytest.approx(2 * hours, abs=0.01)
    for group in ("kwh", "fed_kwh"):
        for name, column in told[group].items():
            assert len(column) == len(told["t"])
            assert sum(column) == pytest.approx(told["total"][group][name], abs=0.01 * len(column))
    assert told["covered"] == [1.0] * len(told["t"])
    assert told["total"]["covered_ratio"] == 1.0


def test_a_day_of_23_hours_has_the_energy_of_23_hours(client: Any, spring: int) -> None:
    told = ask(client, "from=2026-03-07&to=2026-03-10")

    assert told["kwh"]["home"] == pytest.approx([36.0, 34.5, 36.0], abs=0.002)
    assert [b - a for a, b in zip(told["t"], told["t"][1:], strict=False)] == [86_400, 82_800]


def test_weeks_begin_on_monday_and_months_on_their_first() -> None:
    weeks = [edge.astimezone(ZONE).date() for edge in edges_of(date(2026, 6, 3), date(2026, 6, 17), By.WEEK, ZONE)]
    months = [edge.astimezone(ZONE).date() for edge in edges_of(date(2025, 12, 5), date(2026, 3, 1), By.MONTH, ZONE)]

    assert weeks == [date(2026, 6, 3), date(2026, 6, 8), date(2026, 6, 15), date(2026, 6, 17)]
    assert months == [date(2025, 12, 5), date(2026, 1, 1), date(2026, 2, 1), date(2026, 3, 1)]


def test_what_fed_what_and_the_shares_follow_from_it(client: Any, spring: int) -> None:
    told = ask(client, "from=2026-03-01&to=2026-03-02")["total"]

    assert told["fed_kwh"]["solar_to_home"] == pytest.approx(36.0, abs=0.01)
    assert told["fed_kwh"]["solar_to_battery"] == pytest.approx(4.8, abs=0.01)
    assert told["self_sufficiency_pct"] == 100.0
    assert told["self_consumption_pct"] == 85.0


def test_energy_drawn_to_charge_the_battery_is_not_ones_own() -> None:
    kwh = dict.fromkeys(FLOWS, 1.0)
    fed = dict.fromkeys(
        ("solar_to_home", "solar_to_battery", "solar_to_grid", "battery_to_home", "battery_to_grid"), 0.0
    )

    told = shares(kwh, {**fed, "battery_to_home": 6.0, "grid_to_home": 4.0, "grid_to_battery": 3.0})

    assert told == {"self_sufficiency_pct": 30.0, "self_consumption_pct": None}


def test_what_was_not_recorded_is_null_and_counts_as_not_covered(client: Any, spring: int) -> None:
    told = ask(client, "from=2026-02-12&to=2026-02-20")

    assert told["kwh"]["solar"][:4] == [None] * 4
    assert told["covered"][:5] == [0.0] * 4 + [1.0]
    assert told["total"]["covered_ratio"] == 0.5
    assert told["total"]["kwh"]["solar"] == pytest.approx(4 * 48, abs=0.01)


def test_what_is_still_to_come_is_not_missing(client: Any, record_morning: Callable[[], int]) -> None:
    record_morning()

    told = ask(client, "from=2026-06-21&to=2026-06-23")

    assert told["kwh"]["home"] == [10.92, None]
    assert told["total"]["covered_ratio"] == pytest.approx(1.0, abs=0.001)


def test_an_empty_record_has_no_energy(client: Any) -> None:
    told = ask(client, "from=2026-06-21&to=2026-06-22")

    assert told["kwh"]["solar"] == [None]
    assert told["total"]["self_sufficiency_pct"] is None


def test_several_gateways_are_added(client: Any, store: Store, record_morning: Callable[[], int]) -> None:
    record_morning()
    i = store.gateway_id("barn")
    store.identify(i, timezone="America/Los_Angeles")
    for hours in range(14):
        at = MIDNIGHT + timedelta(hours=hours)
        store.append(i, Reading(at=at, load_power_w=100.0, load_wh=100.0 * hours, site_import_wh=100.0 * hours))

    told = ask(client, "from=2026-06-21&to=2026-06-22&gateway=%2B")

    assert told["total"]["kwh"]["home"] == pytest.approx(10.92 + 1.3, abs=0.001)


def test_the_peak_is_the_highest_reading_and_its_instant(client: Any, store: Store) -> None:
    i = store.gateway_id("gateway")
    store.identify(i, timezone="America/Los_Angeles")
    peaks = {1234: 9000.0, 3000: 8999.0, 3599: -4000.0}
    for n in range(3600):
        watts = peaks.get(n, 100.0)
        store.append(i, Reading(at=MIDNIGHT + timedelta(seconds=5 * n), load_power_w=abs(watts), site_power_w=watts))

    told = client.get("/api/peaks?from=2026-06-21&to=2026-06-22").json()["peaks"]

    assert told["home"] == {"w": 9000.0, "at": "2026-06-21T08:42:50Z"}
    assert told["grid_in"]["w"] == 9000.0
    assert told["grid_out"] == {"w": 4000.0, "at": "2026-06-21T11:59:55Z"}
    assert told["solar"] is None
    assert told["battery_in"] is None


@pytest.mark.parametrize(
    "query",
    [
        "energy",
        "energy?from=2026-06-21",
        "energy?from=2026-06-22&to=2026-06-22",
        "energy?from=2026-06-22&to=2026-06-21",
        "energy?from=0001-01-01&to=0001-01-03",
        "energy?from=2026-01-01&to=9999-12-31",
        "energy?from=1900-01-01&to=2200-01-01",
        "energy?from=2026-01-01&to=2027-01-01&by=quarter",
        "energy?from=2026-01-01&to=2027-01-01&by=fortnight",
        "peaks?from=june&to=july",
    ],
)
def test_wrong_questions_about_days_are_refused_in_words(client: Any, query: str) -> None:
    reply = client.get(f"/api/{query}")

    assert reply.status_code == 400
    assert set(reply.json()) == {"error", "advice"}
