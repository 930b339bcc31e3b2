"""The gate: every row, at every profile, to everybody, held against lists written by hand (A19–A22, E11, E12).

Nothing here is read from the catalogue but which rows there are, and what a row of a release says of its success.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from tests import asked
from tests.emulator.conftest import Asked

from forebay.emulator.home import GatewayTable, Home
from forebay.wire import catalogue
from forebay.wire.endpoint import Access, Effect, Endpoint, Needs
from forebay.wire.faults import BY_KEY

MakeGateway = Callable[..., Asked]
PROFILES = ("1.15", "1.20", "1.40.2", "1.50", "20.49", "21.39", "21.44", "22.36", "23.44")
OLD, NEW = PROFILES[:4], PROFILES[4:]
profiles = pytest.mark.parametrize("firmware", PROFILES)

ALWAYS_OPEN = {"/api/status", "/api/customer/registration", "/api/login/Basic", "/api/logout"}
SWITCH = {"/api/auth/toggle/supported", "/api/auth/toggle/start", "/api/auth/toggle/login"}
OPEN_NEW = ALWAYS_OPEN | SWITCH | {"/api/legal/radio", "/api/password/change", "/api/password/reset"}  # A20
OPEN_OLD = ALWAYS_OPEN | {  # A21
    "/api/meters/aggregates",
    "/api/meters/site",
    "/api/meters/solar",
    "/api/system_status/soe",
    "/api/system_status/grid_status",
    "/api/system_status/grid_faults",
    "/api/sitemaster",
    "/api/powerwalls",
    "/api/site_info",
    "/api/site_info/site_name",
}
OPEN_1_15 = OPEN_OLD | {  # A22
    "/api/system/update/status",
    "/api/sitemaster/run",
    "/api/sitemaster/stop",
    "/api/config/completed",
}
PAGE = {"/"}

OLD_ONLY = {  # the README says 404 of these from 20.49 on; X01
    "GET /api/sitemaster/stop",
    "GET /api/site_info/grid_codes",
    "POST /api/customer/registration/skip",
    "POST /api/customer/registration/emailed",
    "POST /api/networks/wifi_scan",
    "POST /api/networks/{interface}/disable",
    "POST /api/networks/{interface}/enable",
    "GET /api/system/networks",
    "GET /api/networks/wifi_security_types",
}
IN_BOTH = {  # what the founding document names and 20.49 still has
    "GET /",
    "GET /api/meters/aggregates",
    "GET /api/meters/site",
    "GET /api/meters/solar",
    "GET /api/system_status/soe",
    "GET /api/sitemaster",
    "GET /api/powerwalls",
    "GET /api/customer/registration",
    "GET /api/system_status/grid_status",
    "GET /api/system/update/status",
    "GET /api/site_info",
    "GET /api/site_info/site_name",
    "GET /api/status",
    "GET /api/logout",
    "GET /api/system_status/grid_faults",
    "GET /api/sitemaster/run",
    "GET /api/config/completed",
    "POST /api/login/Basic",
    "GET /api/operation",
    "POST /api/operation",
    "GET /api/powerwalls/status",
    "GET /api/solars",
    "GET /api/solars/brands",
    "GET /api/solars/brands/{brand}",
    "GET /api/generators",
    "GET /api/customer",
    "GET /api/config",
    "GET /api/generators/disconnect_types",
    "GET /api/meters",
    "GET /api/installer",
    "POST /api/sitemaster/run_for_commissioning",
    "GET /api/installer/companies",
    "POST /api/networks",
    "POST /api/system/networks/conn_tests",
    "GET /api/system/networks/conn_tests",
    "GET /api/system/networks/ping_test",
    "POST /api/system/networks/ping_test",
    "POST /api/logging",
    "POST /api/customer/registration/legal",
    "GET /api/networks",
    "POST /api/meters/{serial}/verify",
    "GET /api/meters/readings",
    "GET /api/system/testing",
}
NEVER = {  # X12, X15
    "GET /api/powerwalls/phase_detection",
    "GET /api/powerwalls/update",
    "GET /api/solar_powerwall/reset",
    "GET /api/{endpoint}",
}
BOUNDED = {  # first and last profile
    "GET /api/devices/vitals": ("20.49", "22.36"),
    "GET /api/solar_powerwall": ("23.44", "23.44"),
    "GET /tedapi/din": ("23.44", "23.44"),
    "GET /api/auth/toggle/supported": ("1.50", "23.44"),
    "POST /api/auth/toggle/start": ("1.50", "23.44"),
    "POST /api/auth/toggle/login": ("1.50", "23.44"),
    "DELETE /api/auth/toggle/login": ("1.50", "23.44"),
}
"""Every other row begins at 20.49 and stays."""

STOPS_1_X = {"/api/powerwalls/status"}
NEEDS_STOPPED = {"/api/synchrometer/ct_voltage_references/options"}
NEEDS_RUNNING = {  # S02
    "/api/meters/aggregates",
    "/api/meters/site",
    "/api/meters/solar",
    "/api/system_status/soe",
    "/api/system_status",
    "/api/system_status/grid_status",
    "/api/system_status/grid_faults",
    "/api/devices/vitals",
    "/api/v2/islanding/mode",
}


def key(row: Endpoint[Any, Any]) -> str:
    return f"{row.method} {row.path}"


def is_offered(row: Endpoint[Any, Any], firmware: str) -> bool:
    """Whether a release has a row, by the lists above."""
    if key(row) in NEVER:
        return False
    if key(row) in IN_BOTH:
        return True
    if key(row) in OLD_ONLY:
        return firmware in OLD
    first, last = BOUNDED.get(key(row), ("20.49", "23.44"))
    return PROFILES.index(first) <= PROFILES.index(firmware) <= PROFILES.index(last)


def is_open(path: str, firmware: str) -> bool:
    """Whether a release answers strangers, by the lists above."""
    if firmware in NEW:
        return path in OPEN_NEW | PAGE
    opened = OPEN_1_15 if firmware == "1.15" else OPEN_OLD
    return path in opened | PAGE | (SWITCH if firmware == "1.50" else set())


def good_body(row: Endpoint[Any, Any], home: Asked) -> bytes:
    if row is catalogue.LOGIN:
        return b'{"username": "customer", "password": "%s", "force_sm_off": true}' % home.device.password.encode()
    return asked.BODIES.get(row.name, b"")


@profiles
async def test_an_offered_row_answers_an_engineer_as_it_says_and_another_is_not_there(
    gateway: MakeGateway, firmware: str
) -> None:
    for row in catalogue.ALL:
        home = gateway(firmware)
        home.device.set_load_w(0)  # else the system is too busy to be stopped
        home.device.set_solar_w(0)
        body, path = good_body(row, home), asked.path(row)
        here = [other for other in catalogue.ALL if is_offered(other, firmware) and other.pattern.fullmatch(path)]
        if row is catalogue.LOGIN and firmware == "1.15":
            body = b'{"username": "", "password": "S%s"}' % home.device.serial.encode()

        answer = await home.ask(row.method, path, home.token(Access.ENGINEER), body)

        if not is_offered(row, firmware):
            assert answer.status == (405 if here else 404), (firmware, row)
        elif row.name in asked.REFUSED and row is not catalogue.LOCAL_DEVICE:
            assert answer.status == asked.REFUSED[row.name], (firmware, row)
        elif row.path in NEEDS_STOPPED or (row.path in STOPS_1_X and firmware in OLD):
            assert answer.status == BY_KEY[row.refusal].status, (firmware, row)
        else:
            version = home.device.version
            assert answer.status == row.status.at(version), (firmware, row, answer.body)
            assert (answer.header("content-type") or "") == row.content_type.at(version), (firmware, row)


@profiles
async def test_what_needs_a_running_system_is_an_empty_502_and_the_rest_answers_while_stopped(
    gateway: MakeGateway, firmware: str
) -> None:
    """S02–S05, S043, S047, S134."""
    for row in catalogue.ALL:
        if not is_offered(row, firmware) or row.effect is not Effect.READS or row.name in asked.REFUSED:
            continue
        home = gateway(firmware)
        home.device.stop(force=True)

        answer = await home.ask(row.method, asked.path(row), home.token(Access.ENGINEER))

        if row.path in NEEDS_RUNNING:
            assert (answer.status, answer.body, answer.header("content-type")) == (502, b"", None), (firmware, row)
        else:
            assert answer.status == 200, (firmware, row)
        assert (row.needs.at(home.device.version) is Needs.RUNNING) == (row.path in NEEDS_RUNNING), row


@profiles
async def test_a_stranger_gets_what_is_open_and_a_403_of_the_rest(gateway: MakeGateway, firmware: str) -> None:
    """A20, A21, A22, E04, S031, S059, S092, S095, S098, S100."""
    for row in catalogue.ALL:
        if not is_offered(row, firmware):
            continue
        home = gateway(firmware)

        answer = await home.ask(row.method, asked.path(row), body=good_body(row, home))

        if is_open(row.path, firmware):
            assert answer.status not in (401, 403) or row is catalogue.LOGIN, (firmware, row)
        else:
            assert answer.status == 403, (firmware, row)
            assert answer.json["error"] == f"Unable to {row.method} to resource"


@profiles
async def test_a_405_names_every_method_that_the_path_takes(gateway: MakeGateway, firmware: str) -> None:
    """E12; what a browser asks before a request from elsewhere, 1.15 answers (T14)."""
    home = gateway(firmware)
    token = home.token(Access.ENGINEER)
    refused = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "TRACE", *(() if firmware == "1.15" else ("OPTIONS",))}
    taken: dict[str, set[str]] = {}
    for row in catalogue.ALL:
        if is_offered(row, firmware):
            also = {"HEAD"} if row.effect is Effect.READS else set()
            taken.setdefault(row.path, set()).update({row.method}, also)
    for row in catalogue.ALL:
        methods = taken.get(row.path)
        if methods is None:
            continue
        for method in refused - methods:
            answer = await home.ask(method, asked.path(row), token)
            assert answer.status == 405, (firmware, method, row)
            assert set((answer.header("allow") or "").split(", ")) == methods, (firmware, method, row)


async def test_the_lists_name_rows_that_there_are() -> None:
    """A row that is renamed leaves no dead entry here, and the four lists do not overlap."""
    known = {key(row) for row in catalogue.EVERY}
    lists = (OLD_ONLY, IN_BOTH, NEVER, set(BOUNDED))

    assert set().union(*lists) <= known
    assert sum(map(len, lists)) == len(set().union(*lists))


@pytest.mark.parametrize("status", [404, 403])
async def test_a_restricted_gateway_keeps_its_four_paths_and_their_405(gateway: MakeGateway, status: Any) -> None:
    home = gateway("restricted", home=Home(gateway=GatewayTable(restricted=status)))
    home.device.set_load_w(0)
    token = home.token(Access.ENGINEER)
    kept = {"/api/meters/aggregates", "/api/system_status/soe", "/api/system_status/grid_status", "/api/login/Basic"}
    for row in catalogue.ALL:
        answer = await home.ask(row.method, asked.path(row), token, good_body(row, home))
        if row.path in kept or row is catalogue.LOCAL_DEVICE:
            assert answer.status == 200, row
        else:
            assert answer.status == (status if is_offered(row, "23.44") else answer.status), row
            assert answer.status in (404, status), row
    assert (await home.ask("DELETE", "/api/login/Basic")).header("allow") == "POST"
