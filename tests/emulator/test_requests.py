"""Logins, bodies, paths and time, asked of the application without a server in between."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from forebay.emulator.body import BODY_LIMIT_BYTES
from forebay.emulator.device import Device
from forebay.emulator.home import GatewayTable, Home
from forebay.emulator.refusal import Refused
from forebay.emulator.routes import Dialect, Routes
from forebay.errors import EmulatorError
from forebay.wire.catalogue import ALL
from forebay.wire.endpoint import Access, Effect, Endpoint

MakeGateway = Callable[..., Any]


def quiet(device: Device) -> None:
    """Let so little power flow that the site master can be stopped without force."""
    device.set_solar_w(0)
    device.set_load_w(300)


async def test_strangers_get_401_where_the_home_says_so(gateway: MakeGateway) -> None:
    home = gateway(home=Home(gateway=GatewayTable(missing_login_status=401)))

    answer = await home.ask("GET", "/api/meters/aggregates")
    assert (answer.status, msgspec.json.decode(answer.body)["code"]) == (401, 401)
    answer = await home.ask("POST", "/api/operation", home.token(Access.CUSTOMER), body=b"{}")
    assert answer.status == 403


@pytest.mark.parametrize("path", ['/api/"x"', "/api/<b>&", "/api/\x00é", "/api/status/", "//api/status", "/{e}", "*"])
async def test_an_unknown_path_is_404_and_named_safely(gateway: MakeGateway, path: str) -> None:
    answer = await gateway().ask("GET", path)

    assert answer.status == 404
    assert msgspec.json.decode(answer.body) == {"code": 404, "error": "File Not Found", "message": path}
    assert b"<" not in answer.body


async def test_the_date_follows_the_gateways_own_clock(gateway: MakeGateway) -> None:
    home = gateway()
    before = await home.ask("GET", "/api/status")
    home.device.clock.jump(86_400)

    assert before.header("date") == "Sun, 21 Jun 2026 19:00:03 GMT"
    assert (await home.ask("GET", "/api/status")).header("date") == "Mon, 22 Jun 2026 19:00:03 GMT"


async def test_the_same_seed_start_and_requests_give_the_same_bytes(gateway: MakeGateway) -> None:
    async def life() -> list[Any]:
        home = gateway()
        login = b'{"username":"customer","password":"%s"}' % home.device.password.encode()
        token = (await home.ask("POST", "/api/login/Basic", body=login)).body
        bearer = [("authorization", f"Bearer {msgspec.json.decode(token)['token']}")]
        said: list[Any] = [token]
        for _ in range(5):
            home.device.clock.jump(17.3)
            said += [await home.ask("GET", row.path, bearer) for row in ALL if row.effect is Effect.READS]
        return said

    assert await life() == await life()


async def test_a_reading_changes_with_the_home_and_is_not_served_stale(gateway: MakeGateway) -> None:
    home = gateway("1.40.2")
    before = await home.ask("GET", "/api/system_status/soe")
    assert (await home.ask("GET", "/api/system_status/soe")).body == before.body
    home.device.set_charge_pct(77)

    after = msgspec.json.decode((await home.ask("GET", "/api/system_status/soe")).body)
    assert after["percentage"] == pytest.approx(77, abs=0.01)


async def test_a_login_of_21_44_sets_both_cookies_and_a_logout_unsets_one(gateway: MakeGateway) -> None:
    home = gateway()
    login = f"username=customer&password={home.device.password}&email=a%40b&clientInfo=timezone".encode()
    answer = await home.ask("POST", "/api/login/Basic", body=login)
    body = msgspec.json.decode(answer.body)
    cookies = [value for name, value in answer.headers if name == "set-cookie"]

    assert (answer.status, answer.header("content-type")) == (200, "text/plain; charset=utf-8")
    assert list(body) == ["email", "firstname", "lastname", "roles", "token", "provider", "loginTime"]
    assert cookies[0] == f"AuthCookie={body['token']}; Path=/"
    assert cookies[1].startswith("UserRecord=")
    twice = f"AuthCookie={body['token']}; AuthCookie={body['token']}"
    assert (await home.ask("GET", "/api/operation", [("cookie", twice)])).status == 200
    out = await home.ask("GET", "/api/logout", [("cookie", twice)])
    assert out.headers[0] == ("set-cookie", "AuthCookie=; Path=/; Max-Age=0")
    assert (await home.ask("GET", "/api/operation", [("cookie", twice)])).status == 403


async def test_a_logout_without_or_with_a_wrong_token_is_204_with_a_date_only(
    gateway: MakeGateway,
) -> None:
    for headers in ([], [("authorization", "Bearer wrong")]):
        answer = await gateway("1.40.2").ask("GET", "/api/logout", headers)
        assert (answer.status, answer.names(), answer.body) == (204, ["date"], b"")


async def test_the_founding_documents_login_works_word_for_word(gateway: MakeGateway) -> None:
    home = gateway("1.40.2", home=Home(gateway=GatewayTable(serial="T123456789")))
    quiet(home.device)
    answer = await home.ask(
        "POST",
        "/api/login/Basic",
        [("content-type", "application/json")],
        b'{"username":"","password":"ST123456789","force_sm_off":false}',
    )
    token = msgspec.json.decode(answer.body)["token"]

    start = b'{"email":null,"firstname":"Tesla","lastname":"Energy","roles":["Provider_Engineer"],"token":"'
    assert answer.body == start + token.encode() + b'","provider":"Basic"}'
    assert not home.device.running


@pytest.mark.parametrize("body", [b"", b"{", b"nonsense", b"\xff\xfe"])
async def test_broken_json_is_400_in_the_gateways_words(gateway: MakeGateway, body: bytes) -> None:
    expected = b'{"code":400,"error":"unexpected end of JSON input","message":"Unable to unmarshal body"}'
    home = gateway()
    for path in ("/api/login/Basic", "/api/operation"):
        answer = await home.ask("POST", path, home.token(), body=body)
        assert (answer.status, answer.body) == (400, expected)


async def test_json_is_read_whatever_the_content_type_says(gateway: MakeGateway) -> None:
    home = gateway()
    for kind in ("application/x-www-form-urlencoded", "text/plain", "application/json", "nonsense"):
        body = b'{"real_mode":"backup","backup_reserve_percent":24.6}'
        answer = await home.ask("POST", "/api/operation", [("content-type", kind), *home.token()], body)
        assert answer.status == 200, kind


async def test_a_value_of_the_wrong_type_is_400(gateway: MakeGateway) -> None:
    home = gateway()
    answer = await home.ask("POST", "/api/operation", home.token(), b'{"backup_reserve_percent":"much"}')

    assert answer.status == 400


async def test_a_body_longer_than_the_limit_is_413_and_not_kept(gateway: MakeGateway) -> None:
    chunks = [b" " * 4096] * (BODY_LIMIT_BYTES // 4096) + [b"x"]

    assert (await gateway().ask("POST", "/api/login/Basic", body=chunks)).status == 413


async def test_an_error_of_ours_is_a_500_that_says_so_and_lands_in_the_log(
    gateway: MakeGateway, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    home = gateway()
    monkeypatch.setattr(home.device, "catch_up", lambda: 1 / 0)
    answer = await home.ask("GET", "/api/status")

    assert (answer.status, msgspec.json.decode(answer.body)["error"]) == (500, "the emulator failed")
    assert "ZeroDivisionError" in caplog.text


async def test_a_firmware_that_changes_while_running_changes_what_is_offered(gateway: MakeGateway) -> None:
    home = gateway("1.40.2")
    assert (await home.ask("GET", "/api/devices/vitals")).status == 404
    home.device.become("21.44")

    assert (await home.ask("GET", "/api/devices/vitals")).status == 403


def test_a_row_that_nothing_answers_cannot_be_served() -> None:
    with pytest.raises(EmulatorError, match="STATUS: nothing answers GET /api/status"):
        Routes(Dialect((21, 44, 0)), resources={})


def test_a_path_with_placeholders_gives_its_parts() -> None:
    row = Endpoint[None, None](
        name="VERIFY",
        spec="E0",
        method="GET",
        path="/api/meters/{serial}/verify",
        body=type(None),
        reply=type(None),
        summary="",
        source="test",
    )
    routes = Routes(Dialect((21, 44, 0)), {row: lambda *_: None}, [row])

    assert routes.find("GET", "/api/meters/OBB1/verify") == (
        routes.find("GET", "/api/meters/x/verify")[0],
        {"serial": "OBB1"},
    )
    with pytest.raises(Refused):
        routes.find("GET", "/api/meters/a/b/verify")


async def test_a_hundred_requests_at_once_see_one_home(gateway: MakeGateway) -> None:
    home = gateway("1.40.2")
    answers = await asyncio.gather(*(home.ask("GET", "/api/meters/aggregates") for _ in range(100)))

    assert len({answer.body for answer in answers}) == 1
