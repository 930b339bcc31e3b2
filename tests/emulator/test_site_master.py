"""Stopping, starting, commissioning, what refuses and what is busy; S092–S097, S148, E017–E019, E035, E05, E13."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from tests.conftest import MakeDevice

from forebay.emulator.home import Home, SiteMasterTable
from forebay.emulator.refusal import Refused
from forebay.emulator.verbs import BY_NAME
from forebay.wire import catalogue

MakeGateway = Callable[..., Any]
STOP = b'{"force":true}'
MEASURED = ("meters/aggregates", "meters/site", "system_status", "system_status/soe", "system_status/grid_status")


def home_with(**table: Any) -> Home:
    return msgspec.structs.replace(Home(), sitemaster=SiteMasterTable(**table))


def live(device: Any, seconds: float) -> None:
    device.clock.jump(seconds)
    device.catch_up()


def test_starting_and_stopping_take_their_times(make_device: MakeDevice) -> None:
    device = make_device(home=home_with(start_s=2, stop_s=1))
    seen = []
    device.stop(force=True)
    for _ in range(3):
        seen.append(device.running)
        live(device, 0.5)
    device.run()
    for _ in range(5):
        seen.append(device.running)
        live(device, 0.5)

    assert seen == [True, True, False, False, False, False, False, True]
    assert (device.now - device.sitemaster.since).total_seconds() == 0.5


def test_the_latest_wish_wins(make_device: MakeDevice) -> None:
    device = make_device(home=home_with(start_s=2, stop_s=2))
    device.stop(force=True)
    live(device, 1)
    device.run()
    live(device, 10)
    assert device.running
    device.stop(force=True)
    live(device, 3)
    device.run()
    live(device, 1)
    device.stop(force=True)
    live(device, 10)

    assert not device.running


async def test_what_is_stuck_refuses_to_stop_forced_or_not(gateway: MakeGateway) -> None:
    """S094."""
    home = gateway("21.44", home=home_with(stuck=True))
    answer = await home.ask("POST", "/api/sitemaster/stop", home.token(), body=STOP)

    assert (answer.status, home.device.running) == (500, True)
    assert answer.json == {"code": 500, "error": "Cannot Start Wizard", "message": "Unable to stop sitemaster"}


async def test_a_high_power_flow_refuses_without_force(gateway: MakeGateway) -> None:
    """S094, S07."""
    home = gateway("21.44")
    home.device.set_load_w(6_000)
    home.device.set_solar_w(0)
    told = (await home.ask("GET", "/api/sitemaster", home.token())).json
    gently = await home.ask("POST", "/api/sitemaster/stop", home.token(), body=b'{"force":false}')
    forced = await home.ask("POST", "/api/sitemaster/stop", home.token(), body=STOP)

    assert told["can_reboot"] == "Power flow is too high"
    assert (gently.status, forced.status, home.device.running) == (500, 202, False)


async def test_a_stopped_house_is_not_measured_and_run_brings_it_back(gateway: MakeGateway) -> None:
    """S043, S047, S092, S093, S095, S097."""
    home = gateway("21.44")
    headers = home.token()
    await home.ask("POST", "/api/sitemaster/stop", headers, body=STOP)
    stopped = [(await home.ask("GET", f"/api/{path}", headers)) for path in MEASURED]
    run = await home.ask("GET", "/api/sitemaster/run", headers)
    running = [(await home.ask("GET", f"/api/{path}", headers)).status for path in MEASURED]

    assert {(answer.status, answer.body) for answer in stopped} == {(502, b"")}
    assert (run.status, run.body) == (202, b"")
    assert set(running) == {200}


async def test_powerwalls_that_are_off_are_not_measured_though_the_gateway_runs(gateway: MakeGateway) -> None:
    """S03, S043, S047, S049."""
    home = gateway("1.40.2")
    headers = home.token()
    BY_NAME["sitemaster"].do(home.device, {"powerwalls_on": False})
    off = [
        (await home.ask("GET", f"/api/{path}", headers)).status for path in ("meters/aggregates", "system_status/soe")
    ]
    master = (await home.ask("GET", "/api/sitemaster", headers)).json
    assert home.device.power.flows.battery_w == 0
    BY_NAME["sitemaster"].do(home.device, {"powerwalls_on": True})
    on = await home.ask("GET", "/api/meters/aggregates", headers)

    assert (off, master["running"], on.status) == ([502, 502], True, 200)


async def test_running_for_commissioning_measures_while_the_packs_rest(gateway: MakeGateway) -> None:
    """S148, E035: run ends it, and so does a commit."""
    home = gateway("21.44")
    device, headers = home.device, home.token()
    device.set_load_w(4_000)
    device.set_solar_w(0)
    device.stop(force=True)
    answer = await home.ask("POST", "/api/sitemaster/run_for_commissioning", headers)
    meters = await home.ask("GET", "/api/meters/aggregates", headers)
    resting_w = device.power.flows.battery_w
    await home.ask("GET", "/api/sitemaster/run", headers)
    working_w = device.power.flows.battery_w
    await home.ask("POST", "/api/sitemaster/run_for_commissioning", headers)
    again_w = device.power.flows.battery_w
    await home.ask("GET", "/api/config/completed", headers)

    assert (answer.status, answer.json["running"]) == (200, True)
    assert (meters.status, resting_w, again_w) == (200, 0, 0)
    assert working_w == pytest.approx(4_000, abs=10)
    assert device.power.flows.battery_w == pytest.approx(4_000, abs=10)


async def test_a_busy_configuration_refuses_changes_and_no_reads(gateway: MakeGateway) -> None:
    """E13."""
    home = gateway("21.44")
    headers = home.token()
    BY_NAME["sitemaster"].do(home.device, {"busy_s": 30})
    busy = await home.ask("GET", "/api/config/completed", headers)
    read = await home.ask("GET", "/api/operation", headers)
    live(home.device, 30)
    free = await home.ask("GET", "/api/config/completed", headers)

    words = "current config mode is busy"
    assert (busy.status, busy.json) == (503, {"code": 503, "error": words, "message": words})
    assert (read.status, free.status) == (200, 200)


@pytest.mark.parametrize(("firmware", "busy"), [("1.40.2", False), ("21.44", True)])
async def test_a_commit_may_leave_newer_releases_busy_for_a_while(
    gateway: MakeGateway, firmware: str, busy: bool
) -> None:
    home = gateway(firmware, home=home_with(commit_busy_s=5))
    headers = home.token()
    await home.ask("GET", "/api/config/completed", headers)
    at_once = await home.ask("GET", "/api/config/completed", headers)
    live(home.device, 5)
    later = await home.ask("GET", "/api/config/completed", headers)

    done = catalogue.CONFIG_COMPLETED.status.at(home.device.version)
    assert (at_once.status, later.status) == (503 if busy else done, done)


def test_the_verb_undoes_what_it_did(make_device: MakeDevice) -> None:
    device, verb = make_device(), BY_NAME["sitemaster"]
    for body in ({"run": False}, {"stuck": True}, {"powerwalls_on": False}, {"busy_s": 60}):
        did = verb.do(device, body)
        assert verb.undo is not None
        verb.undo(device, body, did)

    master = device.sitemaster
    assert (master.running, master.stuck, master.powerwalls_on, master.is_busy) == (True, False, True, False)


def test_nothing_starts_while_an_update_is_installed(make_device: MakeDevice) -> None:
    device = make_device()
    device.stop(force=True)
    device.sitemaster.installing = True

    with pytest.raises(Refused, match="busy"):
        device.run()
