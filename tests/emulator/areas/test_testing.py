"""Connectivity, ping and inverter tests by the home's own time; log and problems.

S156, S157, S158, S159, S160, S174.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest

from forebay.emulator.testing_state import GatewayLog
from forebay.wire.endpoint import Access
from forebay.wire.testing import LogLevel

MakeGateway = Callable[..., Any]

CONN = "/api/system/networks/conn_tests"
TESTING = "/api/system/testing"
NAMES = ["Config Syncer Test", "Gle GET Test", "Hermes Status Test", "Synergy Data Test"]
RUNNING = {"results": None, "timestamp": "0001-01-01T00:00:00Z"}
STAMP = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{1,9}[+-]\d\d:\d\d"


async def ask(home: Any, method: str, path: str, body: Any = None) -> Any:
    return await home.ask(method, path, home.token(), body=b"" if body is None else json.dumps(body).encode())


async def checks(home: Any) -> list[tuple[str, str]]:
    body = (await ask(home, "GET", CONN)).json
    return [(check["name"], check["status"]) for check in body["checks"]]


async def test_1_40_says_null_while_the_test_runs_and_then_four_results(gateway: MakeGateway) -> None:
    home = gateway("1.40.2")
    assert (await ask(home, "GET", CONN)).json == RUNNING
    for method in ("POST", "POST", "GET"):
        assert (await ask(home, method, CONN)).json == RUNNING

    home.device.clock.jump(20)
    done = (await ask(home, "POST", CONN)).json
    assert list(done) == ["results", "timestamp"]
    assert done["results"] == {name: {"pass": True, "error": ""} for name in NAMES}
    assert re.fullmatch(STAMP, done["timestamp"])
    assert (await ask(home, "GET", CONN)).json == done
    home.device.clock.jump(300)
    assert (await ask(home, "POST", CONN)).json == RUNNING


async def test_1_40_names_what_cannot_be_reached(gateway: MakeGateway) -> None:
    home = gateway("1.40.2")
    home.device.set_connected(False)
    await ask(home, "POST", CONN)
    home.device.clock.jump(20)
    results = (await ask(home, "GET", CONN)).json["results"]

    assert {name: result["pass"] for name, result in results.items()} == {name: name == NAMES[1] for name in NAMES}
    assert all(result["pass"] == (result["error"] == "") for result in results.values())


async def test_checks_appear_one_by_one(gateway: MakeGateway) -> None:
    home = gateway()
    first, second, third = "Network device", "IP address", "Tesla and internet connectivity"
    assert await checks(home) == [(first, "not_run")]
    groups = (await ask(home, "POST", CONN)).json
    assert [(group["name"], group["checks"][0]["status"]) for group in groups] == [
        ("CAN bus", "not_run"),
        ("Meter communication", "not_run"),
        ("Network connection", "scheduled"),
    ]

    seen = []
    for _ in range(24):
        home.device.clock.jump(0.5)
        if (now := await checks(home)) not in seen:
            seen.append(now)
    assert seen == [
        [(first, "running")],
        [(first, "pass"), (second, "running")],
        [(first, "pass"), (second, "pass"), (third, "running")],
        [(first, "pass"), (second, "pass"), (third, "pass")],
    ]
    body = (await ask(home, "GET", CONN)).json
    assert all(re.fullmatch(STAMP, check[end]) for check in body["checks"] for end in ("start_time", "end_time"))


async def test_a_way_cut_to_the_maker_fails_the_last_check(gateway: MakeGateway) -> None:
    home = gateway()
    home.device.set_connected(False)
    await ask(home, "POST", CONN)
    home.device.clock.jump(20)
    *passed, last = (await ask(home, "GET", CONN)).json["checks"]

    assert [check["status"] for check in passed] == ["pass", "pass"]
    assert (last["status"], last["message"]) == ("fail", "Unable to reach Tesla")


async def test_without_a_network_there_is_nothing_to_check_but_the_device(gateway: MakeGateway) -> None:
    home = gateway()
    for adapter in ("wifi0", "rpine0"):
        await ask(home, "DELETE", f"/api/networks/{adapter}/disconnect")
    await ask(home, "POST", CONN)
    home.device.clock.jump(20)

    assert await checks(home) == [("Network device", "fail")]


@pytest.mark.parametrize("firmware", ["1.40.2", "21.44"])
@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_a_ping_is_an_error_of_which_nothing_is_told(gateway: MakeGateway, firmware: str, method: str) -> None:
    answer = await ask(gateway(firmware), method, "/api/system/networks/ping_test")

    assert answer.body == b'{"Error":{}}'


@pytest.mark.parametrize("firmware", ["1.40.2", "21.44"])
async def test_the_wizards_log_is_kept_and_bad_entries_are_refused(gateway: MakeGateway, firmware: str) -> None:
    home = gateway(firmware)
    answer = await ask(home, "POST", "/api/logging", {"level": "WARN", "log": "hello", "trace": "at line 1"})

    assert answer.json == {}
    (entry,) = home.device.area(GatewayLog).entries
    assert (entry.level, entry.log) == (LogLevel.WARN, "hello")
    assert (await ask(home, "POST", "/api/logging", {"level": "WARN"})).status == 400
    cut_off = await home.ask("POST", "/api/logging", home.token(), body=b'{"level"')
    assert cut_off.json["message"] == "Unable to unmarshal body"
    for number in range(500):
        await ask(home, "POST", "/api/logging", {"level": "TRACE", "log": str(number)})
    assert home.device.area(GatewayLog).entries[-1].log == "499"
    assert len(home.device.area(GatewayLog).entries) == 200


async def test_there_are_no_problems_and_before_2020_no_such_list(gateway: MakeGateway) -> None:
    assert (await ask(gateway(), "GET", "/api/troubleshooting/problems")).body == b'{"problems":[]}'
    assert (await ask(gateway("1.40.2"), "GET", "/api/troubleshooting/problems")).status == 404


async def test_1_40_still_tells_the_test_of_its_commissioning(gateway: MakeGateway) -> None:
    body = (await ask(gateway("1.40.2"), "GET", TESTING)).json

    assert (body["running"], body["status"], body["hysteresis"]) == (False, "TestPassed", 0.05)
    assert body["charge_tests"] == [0, -1000, -2000, -1000, 0]
    assert [len(step) for step in body["meter_results"]] == [2] * 5
    assert list(body["meter_results"][0][0]) == ["Power", "CT", "Serial", "Type"]


async def test_the_inverter_test_goes_through_its_stages_and_charges_at_the_meter(gateway: MakeGateway) -> None:
    home = gateway()
    assert (await ask(home, "GET", TESTING)).json["status"] == "TestNotRun"
    home.device.stop(force=True)
    assert (await ask(home, "POST", f"{TESTING}/PINV_TEST")).json == {}
    assert home.device.running

    seen, steps = [], []
    for _ in range(40):
        body = (await ask(home, "GET", TESTING)).json
        assert body["running"] == (body["status"] != "TestPassed")
        seen.append(body["status"])
        steps.append(len(body["meter_results"] or []))
        home.device.clock.jump(2)
    assert list(dict.fromkeys(seen)) == ["TestInitializing", "TestStartingSM", "TestRunning", "TestPassed"]
    assert list(dict.fromkeys(steps)) == [0, 1, 2, 3, 4, 5]
    totals = [sum(clamp["Power"] for clamp in step) for step in body["meter_results"]]
    assert totals[2] - totals[0] == pytest.approx(2000, abs=60)
    assert totals[1] - totals[4] == pytest.approx(1000, abs=60)


async def test_the_packs_do_what_the_inverter_test_says_and_go_back_to_their_setting(gateway: MakeGateway) -> None:
    """E119, C03: 0, -1000, -2000, -1000, 0 W of charging, whatever sun and house do."""
    home = gateway()
    home.device.set_load_w(700)
    home.device.set_solar_w(4_000)
    await ask(home, "POST", f"{TESTING}/PINV_TEST")
    home.device.clock.jump(15 + 6)
    powers = []
    for _ in range(5):
        powers.append((await ask(home, "GET", "/api/meters/aggregates")).json)
        home.device.clock.jump(12)
    after = (await ask(home, "GET", "/api/meters/aggregates")).json
    results = (await ask(home, "GET", TESTING)).json["meter_results"]

    assert [told["battery"]["instant_power"] for told in powers] == [0, -1000, -2000, -1000, 0]
    shown_w = [sum(clamp["Power"] for clamp in step) for step in results]
    assert shown_w == pytest.approx([told["site"]["instant_power"] for told in powers], abs=40)
    assert after["battery"]["instant_power"] == pytest.approx(-3_300, abs=60)


async def test_a_cancelled_inverter_test_leaves_the_packs_alone(gateway: MakeGateway) -> None:
    home = gateway()
    home.device.set_load_w(700)
    home.device.set_solar_w(4_000)
    await ask(home, "POST", f"{TESTING}/PINV_TEST")
    home.device.clock.jump(15 + 30)
    during = (await ask(home, "GET", "/api/meters/aggregates")).json["battery"]["instant_power"]
    await ask(home, "DELETE", TESTING)
    after = [(await ask(home, "GET", "/api/meters/aggregates")).json["battery"]["instant_power"]]
    home.device.clock.jump(12)
    after.append((await ask(home, "GET", "/api/meters/aggregates")).json["battery"]["instant_power"])

    assert during == -2_000
    assert after == pytest.approx([-3_300] * 2, abs=60)


async def test_a_running_test_is_not_begun_twice_and_can_be_cancelled(gateway: MakeGateway) -> None:
    home = gateway()
    await ask(home, "POST", f"{TESTING}/PINV_TEST")
    again = await ask(home, "POST", f"{TESTING}/PINV_TEST")
    assert (again.status, again.json["error"]) == (400, "PinvTestStartResponseNotIdle")

    home.device.clock.jump(40)
    assert (await ask(home, "DELETE", TESTING)).status == 204
    canceled = (await ask(home, "GET", TESTING)).json
    assert (canceled["running"], canceled["status"]) == (False, "TestCanceled")
    home.device.clock.jump(3600)
    assert (await ask(home, "GET", TESTING)).json == canceled
    assert (await ask(home, "DELETE", TESTING)).status == 204
    assert (await ask(home, "POST", f"{TESTING}/PINV_TEST")).status == 200


async def test_an_outage_fails_the_test_and_without_a_grid_none_begins(gateway: MakeGateway) -> None:
    home = gateway()
    await ask(home, "POST", f"{TESTING}/PINV_TEST")
    home.device.clock.jump(30)
    home.device.set_grid(False)
    home.device.clock.jump(60)
    failed = (await ask(home, "GET", TESTING)).json
    refused = await ask(home, "POST", f"{TESTING}/PINV_TEST")

    assert (failed["running"], failed["status"]) == (False, "TestFailed")
    assert failed["error"]
    assert (refused.status, refused.json["error"]) == (400, "PinvTestStartResponseGridUncompliant")


async def test_the_inverter_test_is_the_installers(gateway: MakeGateway) -> None:
    home = gateway()
    owner = home.token(Access.CUSTOMER)

    assert (await home.ask("POST", f"{TESTING}/PINV_TEST", owner)).status == 403
    assert (await home.ask("DELETE", TESTING, owner)).status == 403
    assert (await home.ask("GET", TESTING, owner)).status == 200
