"""What the founding document says of control, login and operation, word for word against release 1.40.2."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from tests.asked import BODIES, path
from tests.document.conftest import bearer, login
from tests.emulator.conftest import Asked

from forebay.wire import catalogue
from forebay.wire.endpoint import Access

OLD = (1, 40, 2)
CLOSED = [row for row in catalogue.ALL if row.offered_by(OLD) and not row.is_public(OLD)]


async def operation(house: Asked, header: list[tuple[str, str]], **changes: Any) -> Any:
    answer = await house.ask("POST", "/api/operation", header, body=json.dumps(changes).encode())
    assert answer.status == 200
    return answer.json


@pytest.mark.parametrize("row", CLOSED, ids=[row.name for row in CLOSED])
async def test_all_other_rows_refuse_a_stranger(house: Asked, row: Any) -> None:
    """S059, S100."""
    answer = await house.ask(row.method, path(row), body=BODIES.get(row.name, b""))

    assert answer.status == 403
    assert list(answer.json) == ["code", "error", "message"]


@pytest.mark.parametrize("path", ["system/update/status", "sitemaster/stop", "sitemaster/run", "config/completed"])
async def test_what_the_document_marks_as_needing_a_login_does(house: Asked, path: str) -> None:
    """S059, S092, S095, S098."""
    assert (await house.ask("GET", f"/api/{path}")).status == 403


async def test_an_update_status_says_that_there_is_nothing_to_do(house: Asked) -> None:
    """S059, S060, S061, S062, S072."""
    answer = await house.ask("GET", "/api/system/update/status", await bearer(house))
    now_ms = int(house.device.now.timestamp() * 1000)

    assert answer.body == (b'{"state":"/update_failed","info":{"status":["nonactionable"]},"current_time":%d}' % now_ms)


async def test_stop_rests_everything_and_run_wakes_it(house: Asked) -> None:
    """S092, S093, S095, S096, S097: what rests is neither measured nor moved."""
    header = await bearer(house)
    house.device.set_load_w(3_000)
    house.device.catch_up()
    stopped = await house.ask("GET", "/api/sitemaster/stop", header)
    energy_wh = house.device.power.energy_wh
    house.device.clock.jump(600)
    dark = await house.ask("GET", "/api/meters/aggregates")

    assert (stopped.status, dark.status) == (202, 502)
    assert house.device.power.flows.battery_w == 0
    assert house.device.power.energy_wh == pytest.approx(energy_wh, abs=20)  # only the packs' own idle draw
    started = await house.ask("GET", "/api/sitemaster/run", header)
    assert (started.status, started.body) == (202, b"")
    assert (await house.ask("GET", "/api/meters/aggregates")).status == 200


async def test_a_system_that_cannot_be_stopped_now_says_so(house: Asked) -> None:
    """S094: here because the house is an island."""
    header = await bearer(house)
    house.device.set_grid(False)
    house.device.clock.jump(5)
    answer = await house.ask("GET", "/api/sitemaster/stop", header)

    assert answer.status == 500
    assert answer.body == b'{"code":500,"error":"Cannot Start Wizard","message":"Unable to stop sitemaster"}'


async def test_a_login_stops_the_house_until_run(house: Asked) -> None:
    """S103, S096."""
    assert (await house.ask("GET", "/api/meters/aggregates")).status == 200
    answer = await login(house)

    assert answer.status == 200
    assert (await house.ask("GET", "/api/meters/aggregates")).status == 502
    assert (await house.ask("GET", "/api/sitemaster")).json["running"] is False


@pytest.mark.parametrize("user", ["", "anybody", "customer"])
async def test_a_login_is_asked_and_answered_as_documented(house: Asked, user: str) -> None:
    """S024, S025, S102, S105, S106, S107."""
    answer = await login(house, username=user)
    said = answer.json

    assert list(said) == ["email", "firstname", "lastname", "roles", "token", "provider"]
    assert (said["email"], said["firstname"], said["lastname"]) == (None, "Tesla", "Energy")
    assert (said["roles"], said["provider"]) == (["Provider_Engineer"], "Basic")
    assert re.fullmatch(r"[A-Za-z0-9_-]{86}==", said["token"])


async def test_the_example_serial_opens_the_example_gateway(gateway: Callable[..., Asked], make_home: Any) -> None:
    """S105: serial T123456789, so the password is ST123456789."""
    house = gateway("1.40.2", home=make_home(serial="T123456789"))
    body = b'{"username":"","password":"ST123456789","force_sm_off":true}'

    assert (await house.ask("POST", "/api/login/Basic", body=body)).status == 200
    assert (await house.ask("POST", "/api/login/Basic", body=body.replace(b"ST1", b"T1"))).status == 401


async def test_operation_tells_mode_and_reserve_to_the_letter(house: Asked) -> None:
    """S111, S115, S116."""
    header = await bearer(house)
    await operation(house, header, mode="self_consumption", backup_reserve_percent=15)
    assert (await house.ask("GET", "/api/config/completed", header)).status == 202
    answer = await house.ask("GET", "/api/operation", header)

    assert answer.body == b'{"mode":"self_consumption","backup_reserve_percent":15}'


async def test_a_setting_is_echoed_and_waits_for_its_commit(house: Asked) -> None:
    """S113, S114, S117, S118, S098, S099: what curl -d sends under a form's content type."""
    header = await bearer(house)
    form = [*header, ("content-type", "application/x-www-form-urlencoded")]
    sent = b'{"mode":"backup","backup_reserve_percent":24.6}'
    echoed = await house.ask("POST", "/api/operation", form, body=sent)
    mode_before = house.device.setting.mode
    committed = await house.ask("GET", "/api/config/completed", header)

    assert (echoed.status, echoed.body) == (200, sent)
    assert (mode_before, committed.status, committed.body) == ("self_consumption", 202, b"")
    assert house.device.setting.mode == "backup"
    assert (await house.ask("GET", "/api/operation", header)).body == sent


@pytest.mark.parametrize("mode", ["self_consumption", "backup", "autonomous"])
async def test_the_valid_modes_are_taken(house: Asked, mode: str) -> None:
    """S119, S120, S121."""
    assert (await operation(house, await bearer(house), mode=mode, backup_reserve_percent=20))["mode"] == mode


async def test_aggregation_is_not_supported(house: Asked) -> None:
    """S122."""
    header = await bearer(house)
    body = b'{"mode":"scheduler","backup_reserve_percent":24}'
    answer = await house.ask("POST", "/api/operation", header, body=body)
    await house.ask("GET", "/api/config/completed", header)

    assert (answer.status, answer.json["error"]) == (500, "Unsupported mode")
    assert (await house.ask("GET", "/api/operation", header)).json["mode"] == "self_consumption"


@pytest.mark.parametrize("limit", ["absent", None, 5])
async def test_the_export_limit_may_be_left_out(house: Asked, limit: Any) -> None:
    """S124."""
    more = {} if limit == "absent" else {"max_pv_export_power_kW": limit}
    said = await operation(house, await bearer(house), mode="self_consumption", backup_reserve_percent=24, **more)

    assert (said["mode"], said["backup_reserve_percent"]) == ("self_consumption", 24)


@pytest.mark.parametrize(
    ("path", "body", "member"),
    [
        ("emailed", b"", "emailed_registration"),
        (
            "legal",
            b'{"marketing":true,"privacy_notice":true,"limited_warranty":true,"grid_services":true}',
            "marketing",
        ),
    ],
)
async def test_the_registration_is_written_as_the_list_at_the_end_says(
    house: Asked, path: str, body: bytes, member: str
) -> None:
    """S161, S162: what is sent is taken, and the legal one is echoed."""
    header = house.token(Access.CUSTOMER)
    answer = await house.ask("POST", f"/api/customer/registration/{path}", header, body=body)
    where = "/api/customer" if path == "emailed" else "/api/customer/registration"

    assert answer.status in (200, 202)
    assert (await house.ask("GET", where, header)).json[member] is True
    if body:
        assert answer.json == json.loads(body)
