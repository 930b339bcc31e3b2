"""Several gateways of a record: each by its name, and together with sums and a charge weighted by capacity."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from forebay.clock import SimClock
from forebay.records.reading import Reading, SlowReading
from forebay.records.reasons import Reason
from forebay.records.tempo import Tempo
from forebay.store import Store
from forebay.store.state import Connection
from forebay.views.web import build

MIDNIGHT = datetime(2026, 6, 21, 7, tzinfo=UTC)
FLOWS = ("solar", "home", "grid_in", "grid_out", "battery_in", "battery_out")


@pytest.fixture
def barn(store: Store, clock: SimClock, record_morning: Callable[[], int]) -> int:
    """A second gateway beside that of the morning: twice the capacity, no sun, on an island."""
    record_morning()
    i = store.gateway_id("barn")
    store.identify(i, site_name="Barn", timezone="America/Los_Angeles")
    for minute in range(13 * 60 + 1):
        reading = Reading(
            at=MIDNIGHT + timedelta(minutes=minute),
            load_power_w=500.0,
            battery_power_w=500.0,
            site_power_w=0.0,
            load_wh=500 * minute / 60,
            battery_discharge_wh=500 * minute / 60,
            battery_charge_wh=0.0,
            site_import_wh=0.0,
            site_export_wh=0.0,
            charge_wire_pct=90.5,
            grid_state="SystemIslandedActive",
        )
        store.append(i, reading)
    at = MIDNIGHT + timedelta(hours=13)
    store.append_slow(i, SlowReading(at=at, pack_full_wh=27_000.0, pack_remaining_wh=24_300.0, firmware="23.44.0"))
    store.set_tempo(i, Tempo("system", 1.0, clock.now(), clock.now()))
    store.set_connection(i, Connection("live", MIDNIGHT))
    return i


def test_each_gateway_is_told_by_its_name_and_the_first_without(client: Any, barn: int) -> None:
    assert client.get("/api/now?gateway=barn").json()["power_w"]["load"] == 500.0
    assert client.get("/api/now").json()["power_w"]["load"] == 840.0
    assert client.get("/api/day?gateway=barn").json()["kwh"]["home"] == pytest.approx(6.5)
    assert client.get("/api/days?last=2&gateway=barn").json()["days"][-1]["kwh"]["home"] == pytest.approx(6.5)


@pytest.mark.parametrize("path", ["now", "day", "days", "events"])
def test_an_unknown_name_is_refused_with_those_that_are_known(client: Any, barn: int, path: str) -> None:
    reply = client.get(f"/api/{path}?gateway=shed")

    assert reply.status_code == 404
    assert "'shed'" in reply.json()["error"]
    assert "gateway, barn" in reply.json()["error"]


def test_together_powers_add_and_the_charge_is_weighted_by_capacity(client: Any, barn: int) -> None:
    one, other, both = (client.get(f"/api/now?gateway={name}").json() for name in ("gateway", "barn", "%2B"))

    assert both["power_w"] == {"solar": 3210.0, "load": 1340.0, "battery": -1500.0, "site": -370.0}
    assert both["charge"]["full_wh"] == 40_500
    assert both["charge"]["remaining_wh"] == 32_800
    weighted = (one["charge"]["app_pct"] * 13_500 + other["charge"]["app_pct"] * 27_000) / 40_500
    assert both["charge"]["app_pct"] == pytest.approx(weighted, abs=0.01)
    assert both["charge"]["app_pct"] != pytest.approx(
        (one["charge"]["app_pct"] + other["charge"]["app_pct"]) / 2, abs=1
    )
    assert both["flow_w"]["battery_to_home"] == 500.0
    assert both["grid"]["words"] == "gateway: Grid connected; barn: Grid down, the home runs on its own"
    assert both["missing"] == []
    assert both["firmware"] is None


def test_together_the_peak_is_that_of_the_sum_and_the_time_that_of_all_packs(
    client: Any, store: Store, barn: int
) -> None:
    days = "from=2026-06-21&to=2026-06-22"
    one, other, both = (
        client.get(f"/api/peaks?{days}&gateway={name}").json()["peaks"] for name in ("gateway", "barn", "%2B")
    )

    one_now = client.get("/api/now?gateway=gateway").json()

    assert one["home"]["w"] + other["home"]["w"] >= both["home"]["w"] >= max(one["home"]["w"], other["home"]["w"])
    assert both["solar"] == one["solar"], "a gateway without sun takes nothing away"
    now = client.get("/api/now?gateway=%2B").json()
    missing_wh = 40_500 - (13_500 * one_now["charge"]["wire_pct"] + 27_000 * 90.5) / 100
    hours = (datetime.fromisoformat(now["outlook"]["at"]) - datetime.fromisoformat(now["at"])) / timedelta(hours=1)
    assert now["outlook"]["goal"] == "full"
    assert now["outlook"]["power_w"] == now["power_w"]["battery"] == -1500.0
    assert hours == pytest.approx(missing_wh / 1500, abs=0.01)


def test_together_energies_are_the_sums(client: Any, barn: int) -> None:
    for path in ("now?", "day?", "days?last=1&"):
        one, other, both = (client.get(f"/api/{path}gateway={name}").json() for name in ("gateway", "barn", "%2B"))
        found = [
            reply["today"]["kwh"] if "now" in path else reply["days"][0]["kwh"] if "days" in path else reply["kwh"]
            for reply in (one, other, both)
        ]
        for flow in FLOWS:
            assert found[2][flow] == pytest.approx((found[0][flow] or 0.0) + (found[1][flow] or 0.0), abs=0.002)


def test_together_a_slot_of_half_a_sum_is_no_slot(client: Any, store: Store, barn: int) -> None:
    store.open_gap(1, MIDNIGHT + timedelta(minutes=300), Reason.UNREACHABLE)
    store.close_gap(1, MIDNIGHT + timedelta(minutes=344))
    day = client.get("/api/day?gateway=%2B").json()

    per_slot = day["step_s"] // 60
    assert day["load_w"][100 // per_slot] == 1340.0
    assert day["load_w"][320 // per_slot] is None
    assert day["solar_w"][100 // per_slot] == 3210.0, "a gateway without sun takes nothing away"
    assert [gap["words"] for gap in day["gaps"]] == ["gateway: The gateway did not answer."]


def test_together_the_worst_state_is_told_and_the_silent_are_left_out(client: Any, store: Store, barn: int) -> None:
    store.set_connection(barn, Connection("down", MIDNIGHT, "The gateway did not answer.", "Is it on?"))
    both = client.get("/api/now?gateway=%2B").json()

    assert both["connection"]["state"] == "down"
    assert both["connection"]["words"] == "1 of 2 gateways is live. barn: The gateway did not answer."
    assert both["connection"]["advice"] == "Is it on?"
    assert both["missing"] == ["barn"]
    assert both["power_w"]["load"] == 840.0


def test_what_there_is_to_choose(store: Store, clock: SimClock, static: Path, make_client: Any, barn: int) -> None:
    store.gateway_id("formerly")
    app = build(
        store,
        clock=clock,
        static_dir=static,
        gateways=("barn", "gateway", "shed"),
        sites={"barn": "Farm", "gateway": "Farm", "shed": "Hill"},
    )
    listing = make_client(app).get("/api/gateways").json()

    assert [(one["name"], one["is_recorded"], one["state"]) for one in listing["gateways"]] == [
        ("barn", True, "live"),
        ("gateway", True, "live"),
        ("shed", True, "waiting"),
        ("formerly", False, "waiting"),
    ]
    assert listing["together"] == [
        {"name": "+", "title": "All gateways", "gateways": ["barn", "gateway", "shed"]},
        {"name": "+Farm", "title": "Farm", "gateways": ["barn", "gateway"]},
    ]


def test_one_gateway_has_nothing_to_be_added_to(client: Any, record_morning: Callable[[], int]) -> None:
    record_morning()

    assert client.get("/api/gateways").json()["together"] == []
    assert client.get("/api/now?gateway=%2B").status_code == 404
