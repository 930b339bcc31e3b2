"""The dashboard's API is as docs/reference/dashboard-api.md says."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from forebay.clock import SimClock
from forebay.records.reading import Reading
from forebay.records.reasons import Reason
from forebay.records.tempo import Tempo
from forebay.store import Store
from forebay.store.state import Connection

MIDNIGHT = datetime(2026, 6, 21, 7, tzinfo=UTC)
CONTRACT = Path(__file__).parents[2] / "docs" / "reference" / "dashboard-api.md"


def examples() -> dict[str, Any]:
    """Return the objects printed in the contract by their heading; those of questions with blanks ("…") are not."""
    found = re.findall(
        r"^## GET ([^\s?]+)(?:\?[^\s…]*)?\n(?:(?!^## ).)*?```json\n(.*?)```",
        CONTRACT.read_text(),
        re.DOTALL | re.MULTILINE,
    )
    return {path: json.loads(text) for path, text in found}


def shape(value: Any) -> Any:
    """Return the names of an object, without its values."""
    return {name: shape(member) for name, member in value.items()} if isinstance(value, dict) else None


@pytest.mark.parametrize("path", sorted(examples()))
def test_objects_have_the_names_of_the_contract_in_their_order(
    client: Any, record_morning: Callable[[], int], path: str
) -> None:
    empty = client.get(path).json()
    record_morning()
    full = client.get(path).json()

    expected = shape(examples()[path])
    assert shape(full) == expected
    assert shape(empty) == expected
    assert list(full) == list(expected)


def test_now_before_the_first_reading_waits_and_knows_no_value(client: Any) -> None:
    now = client.get("/api/now").json()

    assert now["connection"]["state"] == "waiting"
    for group in ("power_w", "flow_w", "charge", "grid", "operation"):
        assert set(now[group].values()) == {None}
    assert now["at"] is None
    assert set(now["today"]["kwh"].values()) == {None}


def test_now_is_the_example_of_the_contract(client: Any, record_morning: Callable[[], int]) -> None:
    record_morning()

    now = client.get("/api/now").json()

    example = examples()["/api/now"]
    for group in ("power_w", "flow_w", "grid", "firmware", "site_name", "timezone"):
        assert now[group] == example[group], group
    assert now["at"] == "2026-06-21T20:00:00Z"
    assert now["now"] == "2026-06-21T20:00:02Z"
    assert now["connection"] == {
        "state": "live",
        "since": "2026-06-21T07:00:00Z",
        "words": "Live, last reading 2 s ago.",
        "advice": None,
    }
    assert now["charge"] == {"app_pct": 61.16, "wire_pct": 63.1, "remaining_wh": 8500, "full_wh": 13500}
    assert now["operation"] == {"mode": "self_consumption", "words": "Self-powered", "reserve_app_pct": 20.0}
    assert now["today"] == {
        "date": "2026-06-21",
        "kwh": {
            "solar": 41.73,
            "home": 10.92,
            "grid_in": 0.0,
            "grid_out": 4.81,
            "battery_in": 26.0,
            "battery_out": 0.0,
        },
    }


def test_a_silent_recorder_is_stale_and_says_what_to_do(
    client: Any, record_morning: Callable[[], int], clock: SimClock
) -> None:
    record_morning()
    clock.advance(14)
    assert client.get("/api/now").json()["connection"]["state"] == "live"
    clock.advance(200)

    connection = client.get("/api/now").json()["connection"]

    assert connection["state"] == "stale"
    assert connection["words"] == "The last reading is 4 min old."
    assert connection["advice"]


def test_a_gateway_that_is_away_is_down_in_the_recorders_words(
    client: Any, record_morning: Callable[[], int], store: Store
) -> None:
    i = record_morning()
    store.set_connection(i, Connection("down", MIDNIGHT, "It is off.", "Switch it on.", Reason.STOPPED))

    now = client.get("/api/now").json()

    assert now["connection"]["state"] == "down"
    assert (now["connection"]["words"], now["connection"]["advice"]) == ("It is off.", "Switch it on.")
    assert now["power_w"]["solar"] == 3210.0


def test_an_emulated_clock_is_told_with_its_speed(
    client: Any, record_morning: Callable[[], int], store: Store, clock: SimClock
) -> None:
    i = record_morning()
    then = datetime(2026, 6, 21, 20, tzinfo=UTC)
    clock.advance(1e7)
    store.set_tempo(i, Tempo("gateway", 60.0, then, clock.now()))
    clock.advance(0.5)

    now = client.get("/api/now").json()

    assert (now["speed"], now["now"]) == (60.0, "2026-06-21T20:00:30Z")
    assert now["connection"]["state"] == "live"
    assert now["today"]["date"] == "2026-06-21"


def test_a_day_has_aligned_arrays_with_null_where_nothing_was_read(
    client: Any, record_morning: Callable[[], int], store: Store
) -> None:
    i = record_morning()
    store.open_gap(i, MIDNIGHT + timedelta(minutes=300), Reason.UNREACHABLE)
    store.close_gap(i, MIDNIGHT + timedelta(minutes=344))

    day = client.get("/api/day?date=2026-06-21").json()

    assert (day["start"], day["end"]) == ("2026-06-21T07:00:00Z", "2026-06-22T07:00:00Z")
    names = ("solar_w", "load_w", "site_w", "battery_w", "charge_app_pct")
    assert {len(day[name]) for name in names} == {len(day["t"])} == {86_400 // day["step_s"]}
    assert day["t"][0] == MIDNIGHT.timestamp()
    assert day["solar_w"][0] == 3210.0
    slot = 320 * 60 // day["step_s"]
    assert day["solar_w"][slot] is None
    assert day["solar_w"][-1] is None
    assert day["gaps"] == [
        {
            "start": "2026-06-21T12:00:00Z",
            "end": "2026-06-21T12:44:00Z",
            "reason": "unreachable",
            "words": "The gateway did not answer.",
        }
    ]
    assert day["kwh"]["home"] == 10.92


def test_the_default_day_is_that_of_the_site(client: Any, record_morning: Callable[[], int]) -> None:
    record_morning()

    assert client.get("/api/day").json() == client.get("/api/day?date=2026-06-21").json()


def test_days_are_oldest_first_and_end_today(client: Any, record_morning: Callable[[], int]) -> None:
    record_morning()

    days = client.get("/api/days?last=3").json()

    assert days["timezone"] == "America/Los_Angeles"
    assert [day["date"] for day in days["days"]] == ["2026-06-19", "2026-06-20", "2026-06-21"]
    assert days["days"][-1]["kwh"]["solar"] == 41.73
    assert set(days["days"][0]["kwh"].values()) == {None}
    assert len(client.get("/api/days").json()["days"]) == 14


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/api/day?date=yesterday", 400),
        ("/api/day?date=0001-01-01", 400),
        ("/api/day?date=9999-12-31", 400),
        ("/api/days?last=0", 400),
        ("/api/days?last=-1", 400),
        ("/api/days?last=many", 400),
        ("/api/days?last=99999999999999", 400),
        ("/api/other", 404),
        ("/api/now/", 404),
    ],
)
def test_wrong_questions_are_answered_with_error_and_advice(client: Any, path: str, status: int) -> None:
    reply = client.get(path)

    assert reply.status_code == status
    assert set(reply.json()) == {"error", "advice"}


def test_a_store_that_fails_is_told_as_such(client: Any, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    store.database.rows("SELECT 1")
    store.close()

    reply = client.get("/api/now")

    assert reply.status_code == 503
    assert set(reply.json()) == {"error", "advice"}


def test_a_full_day_of_readings_every_five_seconds_is_drawn_by_the_minute(
    client: Any, store: Store, clock: SimClock
) -> None:
    i = store.gateway_id("gateway")
    store.identify(i, timezone="America/Los_Angeles")
    for n in range(17_280):
        values: dict[str, Any] = {
            "solar_power_w": 1.0,
            "load_power_w": 2.0,
            "battery_power_w": 0.5,
            "site_power_w": 0.5,
        }
        counters: dict[str, Any] = dict.fromkeys(
            ("solar_export_wh", "load_wh", "site_import_wh", "site_export_wh", "battery_charge_wh"), n / 100
        )
        at = MIDNIGHT + timedelta(seconds=5 * n)
        store.append(i, Reading(at=at, battery_discharge_wh=n / 50, charge_wire_pct=50.0, **values, **counters))
    client.get("/api/now")

    day = client.get("/api/day?date=2026-06-21").json()

    assert day["step_s"] == 60
    assert len(day["t"]) == 1440
