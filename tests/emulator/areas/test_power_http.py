"""Meters, the switch, updates and Powerwalls over HTTP: bodies, roles, cookies, another release."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from tests.asked import BODIES, PARTS, REFUSED, path

from forebay.emulator.home import UpdatesTable
from forebay.emulator.updates_state import UpdatesState
from forebay.wire import catalogue
from forebay.wire.catalogue import access, clamps, metering, packs, updates
from forebay.wire.endpoint import Access, Effect, Endpoint, Needs

Row = Endpoint[Any, Any]
MakeGateway = Callable[..., Any]

_TIMES = UpdatesTable()
CHECK_S, DOWNLOAD_S, STAGE_S = _TIMES.check_s, _TIMES.download_s, _TIMES.stage_s
INSTALL_S, RESTART_S = _TIMES.install_s, _TIMES.restart_s

NEW = (21, 44, 0)
ROWS = [row for area in (access, clamps, metering, packs, updates) for row in area.ROWS]
TAKE_A_BODY = [row for row in ROWS if row.body is not type(None)]
FOR_INSTALLERS = [row for row in ROWS if row.access.at(NEW) is Access.INSTALLER and row.offered_by(NEW)]


def names(rows: list[Row]) -> list[str]:
    return [row.name for row in rows]


@pytest.mark.parametrize("row", TAKE_A_BODY, ids=names(TAKE_A_BODY))
@pytest.mark.parametrize(
    ("body", "error", "message"),
    [
        (b"", "unexpected end of JSON input", "Unable to unmarshal body"),
        (b" \n", "unexpected end of JSON input", "Unable to unmarshal body"),
        (b'"moon"', "Bad Request", "Bad Request"),
    ],
)
async def test_a_bad_body_is_400_in_the_tables_words(
    gateway: MakeGateway, row: Row, body: bytes, error: str, message: str
) -> None:
    home = gateway("21.44")
    answer = await home.ask(row.method, path(row), home.token(), body=body)

    assert (answer.status, answer.json) == (400, {"code": 400, "error": error, "message": message})


@pytest.mark.parametrize("row", FOR_INSTALLERS, ids=names(FOR_INSTALLERS))
async def test_an_owner_may_not_change_the_installation(gateway: MakeGateway, row: Row) -> None:
    home = gateway("21.44")
    answer = await home.ask(row.method, path(row), home.token(Access.CUSTOMER), body=BODIES.get(row.name, b""))

    assert answer.status == 403
    assert answer.json["error"] == f"Unable to {row.method} to resource"


async def test_a_login_by_the_switch_sets_the_cookies_and_opens(gateway: MakeGateway) -> None:
    home = gateway("21.44")
    body = BODIES["TOGGLE_LOGIN"]
    assert (await home.ask("POST", "/api/auth/toggle/login", body=body)).status == 400
    assert (await home.ask("POST", "/api/auth/toggle/start")).status == 202
    waiting = await home.ask("POST", "/api/auth/toggle/login", body=body)
    assert (waiting.status, waiting.json["message"]) == (417, "Not toggled yet")
    home.device.toggle_switch()
    answer = await home.ask("POST", "/api/auth/toggle/login", body=body)

    token = answer.json["token"]
    assert answer.json["roles"] == ["Provider_Engineer"]
    assert f"AuthCookie={token}; Path=/" in [value for name, value in answer.headers if name == "set-cookie"]
    opened = await home.ask("POST", "/api/powerwalls/scan", [("cookie", f"AuthCookie={token}")])
    assert (opened.status, opened.json["enumerating"]) == (200, True)


async def test_packs_answer_on_1_40_only_while_stopped(gateway: MakeGateway) -> None:
    """S134."""
    home = gateway("1.40.2")
    running = await home.ask("GET", "/api/powerwalls/status", home.token())
    home.device.stop(force=True)
    stopped = await home.ask("GET", "/api/powerwalls/status", home.token())

    words = "Sitemaster is current running"
    assert (running.status, running.json) == (409, {"code": 409, "error": words, "message": words})
    assert (stopped.status, "phase_detection_not_available" in stopped.json) == (200, False)


async def test_the_forms_with_get_that_only_the_readme_lists_are_405(gateway: MakeGateway) -> None:
    home = gateway("21.44")
    for name in ("phase_detection", "update"):
        answer = await home.ask("GET", f"/api/powerwalls/{name}", home.token())
        assert (answer.status, answer.header("allow")) == (405, "POST")


async def test_an_installed_update_brings_the_rows_of_its_release(gateway: MakeGateway) -> None:
    """S075: a gateway of 1.40.2 answers as one of 21.44 afterwards, every row of it."""
    home = gateway("1.40.2")
    device = home.device
    headers = home.token()
    assert (await home.ask("GET", "/api/system_status", headers)).status == 404
    updates_of_it = device.area(UpdatesState)
    updates_of_it.offer("21.44")
    updates_of_it.upgrade_itself(60)
    device.clock.jump(60 + CHECK_S + DOWNLOAD_S + STAGE_S + INSTALL_S + RESTART_S)
    assert (await home.ask("GET", "/api/system_status", headers)).status == 403  # the restart ended the session
    headers = home.token()
    assert (await home.ask("GET", "/api/system_status", headers)).status == 200

    for row in catalogue.ALL:
        asked = row.effect is Effect.READS and row.offered_by(NEW) and row.needs.at(NEW) is not Needs.STOPPED
        if asked and row.name not in PARTS and row.name not in REFUSED:
            answer = await home.ask(row.method, path(row), headers)
            assert answer.status == row.status.at(NEW), row
    assert len((await home.ask("GET", "/api/meters", headers)).json) == 2  # the new one measures by itself
    told = json.loads((await home.ask("GET", "/api/status")).body)
    assert told["version"].startswith("21.44 ")
