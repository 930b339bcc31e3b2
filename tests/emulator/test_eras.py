"""What differs between releases on the whole gateway: plain http, headers, logins, versions.

Ids are those of behaviour.md: T, A, E, F; S-ids are the founding document's.
"""

from __future__ import annotations

import asyncio
import re
import ssl
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import msgspec
import pytest
from tests.emulator.conftest import Answer, Asked, Serve, parse, trusting

from forebay.emulator.home import GatewayTable, Home, UserTable
from forebay.wire.endpoint import Access

MakeGateway = Callable[..., Asked]
PROFILES = ("1.15", "1.20", "1.40.2", "1.50", "20.49", "21.39", "21.44", "22.36", "23.44")
CORS = {
    "access-control-allow-credentials": "false",
    "access-control-allow-headers": "X-Requested-With, X-HTTP-Method-Override, Content-Type, Accept, Accept-Encoding, "
    "Authorization",
    "access-control-allow-methods": "GET, POST, PUT, DELETE, PATCH, HEAD, OPTIONS",
    "access-control-allow-origin": "*",
    "access-control-max-age": "86400",
}
profiles = pytest.mark.parametrize("firmware", PROFILES)


async def plainly(url: str | None, path: str) -> Answer:
    """Ask over plain http in raw bytes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", urlsplit(url or "").port)
    try:
        writer.write(f"GET {path} HTTP/1.1\r\nHost: powerwall\r\nConnection: close\r\n\r\n".encode())
        return parse(await asyncio.wait_for(reader.read(), 5))
    finally:
        writer.close()


async def protocol(port: int) -> str | None:
    """Shake hands, offering both; return what was chosen."""
    context = trusting()
    context.set_alpn_protocols(["h2", "http/1.1"])
    _, writer = await asyncio.open_connection("127.0.0.1", port, ssl=context)
    tls: ssl.SSLObject = writer.get_extra_info("ssl_object")
    writer.close()
    return tls.selected_alpn_protocol()


async def log_in(home: Asked, **body: Any) -> Answer:
    return await home.ask("POST", "/api/login/Basic", body=msgspec.json.encode(body))


def calm(home: Asked) -> Asked:
    home.device.set_load_w(0)
    home.device.set_solar_w(0)
    return home


# -- T: TLS, names, HTTP


@profiles
async def test_plain_http_answers_on_1_15_and_is_sent_on_later(served: Serve, firmware: str) -> None:
    """T10, T11, S005, E002."""
    gateway = await served(firmware, http_port=0)

    answer = await plainly(gateway.ready.http_url, "/api/system_status/soe")

    if firmware == "1.15":
        assert (answer.status, list(answer.json)) == (200, ["percentage"])
    else:
        url = f"https://powerwall:{gateway.port}/api/system_status/soe"
        assert (answer.status, answer.reason, answer.header("location")) == (301, "Moved Permanently", url)
        assert answer.body == f'<a href="{url}">Moved Permanently</a>.\n\n'.encode()


async def test_an_update_from_1_15_closes_plain_http(served: Serve) -> None:
    """T10, T11."""
    gateway = await served("1.15", http_port=0)
    gateway.device.become("1.40.2")

    assert (await plainly(gateway.ready.http_url, "/api/status")).status == 301


@profiles
async def test_only_1_15_lets_pages_of_other_origins_read_it(gateway: MakeGateway, firmware: str) -> None:
    """T14, T15: on successes, refusals and answers without a body alike."""
    home = calm(gateway(firmware))
    answers = [
        await home.ask("GET", "/api/status"),
        await home.ask("GET", "/api/operation"),
        await home.ask("GET", "/api/nothing"),
        await home.ask("PUT", "/api/status"),
        await home.ask("GET", "/api/logout"),
        await log_in(home, username="customer", password=f"S{home.device.serial}"),
    ]

    for answer in answers:
        sent = {name: value for name, value in answer.headers if name.startswith("access-control")}
        assert sent == (CORS if firmware == "1.15" else {}), answer.status


@profiles
async def test_only_1_15_answers_what_a_browser_asks_before_it_sends_a_token_from_elsewhere(
    gateway: MakeGateway, firmware: str
) -> None:
    """T14: OPTIONS is among the methods that 1.15 allows; without a success no page could send Authorization."""
    home = calm(gateway(firmware))
    asked = await home.ask("OPTIONS", "/api/operation")
    strange = await home.ask("OPTIONS", "/api/nothing")

    assert (asked.status, asked.body) == ((204, b"") if firmware == "1.15" else (405, asked.body))
    assert strange.status == 404


@pytest.mark.parametrize(("firmware", "chosen"), [("1.15", "http/1.1"), ("1.20", "http/1.1"), ("1.40.2", "h2")])
async def test_http_2_is_spoken_from_1_40_on(served: Serve, firmware: str, chosen: str) -> None:
    """T12, T13, T14; an update to 1.40 brings it."""
    gateway = await served(firmware)

    spoken = [await protocol(gateway.port)]
    gateway.device.become("1.40.2")
    assert [*spoken, await protocol(gateway.port)] == [chosen, "h2"]


@profiles
async def test_a_refusal_is_not_to_be_kept_or_guessed_at(gateway: MakeGateway, firmware: str) -> None:
    """T16, E04."""
    answer = await gateway(firmware).ask("GET", "/api/operation")

    assert answer.header("cache-control") == "no-cache, no-store"
    assert answer.header("x-content-type-options") == "nosniff"
    assert (answer.header("content-type"), answer.header("content-length")) == ("application/json", "102")


TEXT, JSON = "text/plain; charset=utf-8", "application/json"


@pytest.mark.parametrize(
    ("firmware", "login", "operation", "completed", "networks"),
    [
        ("1.15", JSON, JSON, None, JSON),
        ("1.40.2", JSON, JSON, None, JSON),
        ("1.50", TEXT, TEXT, TEXT, JSON),
        ("21.44", TEXT, JSON, TEXT, JSON),
        ("23.44", TEXT, JSON, TEXT, TEXT),
    ],
)
async def test_content_types_are_the_releases_own(
    gateway: MakeGateway, firmware: str, login: str, operation: str, completed: str | None, networks: str
) -> None:
    """T17, X02."""
    home = calm(gateway(firmware))
    token, wish = home.token(), b'{"backup_reserve_percent": 24}'
    session = await log_in(home, username="customer", password=f"S{home.device.serial}", force_sm_off=True)
    if session.status != 200:
        session = await log_in(home, username="customer", password=home.device.password)

    assert session.header("content-type") == login
    assert (await home.ask("POST", "/api/operation", token, wish)).header("content-type") == operation
    answer = await home.ask("GET", "/api/config/completed", token)
    assert (answer.header("content-type"), answer.status) == (completed, 200 if completed else 202)
    assert (await home.ask("GET", "/api/networks", token)).header("content-type") == networks
    assert (await home.ask("GET", "/api/meters/aggregates", token)).status in (200, 502)


# -- A: login, tokens, roles


@pytest.mark.parametrize("username", ["", "customer", "installer", "anybody"])
@pytest.mark.parametrize("firmware", ["1.15", "1.20", "1.40.2", "1.50"])
async def test_the_founding_documents_login_opens_any_user_name_on_1_x(
    gateway: MakeGateway, firmware: str, username: str
) -> None:
    """A01, A02, A04, A07, S024, S025, S105, S107."""
    home = calm(gateway(firmware))
    home.device.toggle_switch()

    answer = await log_in(home, username=username, password=f"S{home.device.serial}", force_sm_off=False)

    told = answer.json
    token = told.pop("token")
    assert list(told) == ["email", "firstname", "lastname", "roles", "provider"]
    assert told["email"] == ("" if firmware == "1.50" else None)
    assert told["roles"] == ["Provider_Engineer"]
    assert (told["firstname"], told["lastname"], told["provider"]) == ("Tesla", "Energy", "Basic")
    assert re.fullmatch(r"[\w-]{86}==", token)


@pytest.mark.parametrize("firmware", ["20.49", "21.44", "23.44"])
async def test_from_20_49_on_an_owner_logs_in_by_name(gateway: MakeGateway, firmware: str) -> None:
    """A05, A06, A15, X09."""
    home = gateway(firmware)

    by_serial = await log_in(home, username="", password=f"S{home.device.serial}")
    answer = await log_in(home, username="customer", password=home.device.serial[-5:], email="me@example.com")

    assert by_serial.status == 401
    assert (answer.json["roles"], answer.json["email"]) == (["Home_Owner"], "me@example.com")
    assert re.fullmatch(r"2026-06-21T12:00:0\d(\.\d+)?-07:00", answer.json["loginTime"])
    assert home.device.running


@pytest.mark.parametrize(("firmware", "status"), [("1.15", 401), ("1.20", 200), ("1.40.2", 200), ("1.50", 200)])
async def test_customer_and_installer_have_their_own_passwords_from_1_20_on(
    gateway: MakeGateway, firmware: str, status: int
) -> None:
    """A04."""
    home = calm(gateway(firmware))
    home.device.toggle_switch()

    owner = await log_in(home, username="customer", password=home.device.password, force_sm_off=True)
    installer = await log_in(home, username="installer", password=home.device.installer_password, force_sm_off=True)

    assert (owner.status, installer.status) == (status, status)
    if status == 200:
        assert (owner.json["roles"], installer.json["roles"]) == (["Home_Owner"], ["Provider_Engineer"])


async def test_a_password_that_was_chosen_opens_1_15_too(gateway: MakeGateway) -> None:
    """A01: the gateway's own, S and serial, goes on to."""
    home = gateway("1.15", home=Home(gateway=GatewayTable(password="chosen")))

    statuses = [
        (await log_in(home, username="customer", password=word)).status
        for word in ("chosen", f"S{home.device.serial}", home.device.serial[-5:], "")
    ]

    assert statuses == [200, 200, 401, 401]


@profiles
@pytest.mark.parametrize("force", [False, True])
async def test_a_login_stops_the_house_on_1_x_and_a_busy_one_may_refuse(
    gateway: MakeGateway, firmware: str, force: bool
) -> None:
    """A13, A14, A15, E05, S094, S103: 1.15 never asks, 1.20 and 1.40 want force, later ones do not stop."""
    home = gateway(firmware)
    home.device.set_load_w(8_000)
    home.device.set_solar_w(0)
    old = firmware in ("1.15", "1.20", "1.40.2")
    password = f"S{home.device.serial}" if old else home.device.password

    answer = await log_in(home, username="customer", password=password, force_sm_off=force)

    if firmware in ("1.20", "1.40.2") and not force:
        assert (answer.status, home.device.running) == (500, True)
        assert answer.body == b'{"code":500,"error":"Cannot Start Wizard","message":"Unable to stop sitemaster"}'
    else:
        assert (answer.status, home.device.running) == (200, not old)


@profiles
async def test_a_wrong_password_is_refused_in_the_releases_words(gateway: MakeGateway, firmware: str) -> None:
    """E01, E03."""
    answer = await log_in(gateway(firmware), username="customer", password="wrong")

    words = "Invalid Credentials" if firmware in ("1.15", "1.20") else "bad credentials"
    assert answer.body == b'{"code":401,"error":"%s","message":"Login Error"}' % words.encode()


@profiles
async def test_a_login_sets_both_cookies_from_1_37_on(gateway: MakeGateway, firmware: str) -> None:
    """A07, A08, A11: the first profile after 1.37 is 1.40.2."""
    home = calm(gateway(firmware))
    password = f"S{home.device.serial}" if firmware == "1.15" else home.device.password

    answer = await log_in(home, username="customer", password=password, force_sm_off=True)

    cookies = [value for name, value in answer.headers if name == "set-cookie"]
    if firmware in ("1.15", "1.20"):
        assert cookies == []
    else:
        assert cookies[0] == f"AuthCookie={answer.json['token']}; Path=/"
        assert re.fullmatch(r"UserRecord=\S+; Path=/", cookies[1])


@profiles
async def test_an_installer_must_toggle_the_switch_from_1_50_on(gateway: MakeGateway, firmware: str) -> None:
    """A16, A17, E14."""
    home = calm(gateway(firmware))
    wants = PROFILES.index(firmware) >= PROFILES.index("1.50")
    old = {"password": f"S{home.device.serial}"} if firmware == "1.15" else {}
    body = {"username": "installer", "password": home.device.installer_password, "force_sm_off": True, **old}

    at_once = await log_in(home, **body)
    if wants:
        assert at_once.status == 401
        assert at_once.json["error"] == "roles [Provider_Engineer] require physical access"
        assert (await home.ask("GET", "/api/auth/toggle/supported")).json == {"toggle_auth_supported": True}
        who = b'{"username": "installer", "email": ""}'
        assert (await home.ask("POST", "/api/auth/toggle/start")).status == 202
        assert (await home.ask("POST", "/api/auth/toggle/login", body=who)).status == 417
        home.device.toggle_switch()
        answer = await home.ask("POST", "/api/auth/toggle/login", body=who)
        assert answer.json["roles"] == ["Provider_Engineer"]
        assert (await log_in(home, **body)).status == 200
        home.device.stop(force=True)
        assert (await home.ask("GET", "/api/auth/toggle/supported")).json == {"toggle_auth_supported": False}
    else:
        assert at_once.status == 200
        assert (await home.ask("GET", "/api/auth/toggle/supported")).status == 404


@pytest.mark.parametrize(
    ("username", "role"),
    [("engineer", "Tesla_Engineer"), ("kiosk", "Kiosk_Viewer"), ("admin", "Provider_Engineer"), ("nan", "Home_Owner")],
)
async def test_users_get_the_role_that_their_name_has(gateway: MakeGateway, username: str, role: str) -> None:
    """A18."""
    home = gateway("21.44", home=Home(users=(UserTable(name=username, password="open"),)))
    home.device.toggle_switch()

    answer = await log_in(home, username=username, password="open")

    assert answer.json["roles"] == [role]
    token = [("authorization", f"Bearer {answer.json['token']}")]
    reads = await home.ask("GET", "/api/operation", token)
    assert reads.status == (403 if username == "kiosk" else 200)


async def test_too_many_logins_are_throttled_where_a_setting_says_how_many(gateway: MakeGateway) -> None:
    """A10, A23, E13: right ones too; without the setting any number is fine."""
    limited = gateway("21.44", home=Home(gateway=GatewayTable(login_limit=3)))
    free = gateway("21.44")
    body = {"username": "customer", "password": limited.device.password}

    statuses = [(await log_in(limited, **body)).status for _ in range(5)]
    throttled = await log_in(limited, **body)
    limited.device.clock.jump(301)

    assert statuses == [200, 200, 200, 429, 429]
    assert throttled.json["error"] == "Api Limit reached for this endpoint"
    assert (await log_in(limited, **body)).status == 200
    assert {(await log_in(free, **body)).status for _ in range(50)} == {200}


@profiles
async def test_an_owner_may_read_stop_run_and_island_but_not_change_the_operation(
    gateway: MakeGateway, firmware: str
) -> None:
    """A19: before 1.37 an owner may do that too, and before 20.49 only an installer stops and completes."""
    new, token = PROFILES.index(firmware) >= PROFILES.index("20.49"), Access.CUSTOMER
    home = calm(gateway(firmware))

    async def status(method: str, path: str, body: bytes = b"") -> int:
        return (await home.ask(method, path, home.token(token), body)).status

    assert await status("GET", "/api/operation") == 200
    changed = await status("POST", "/api/operation", b'{"backup_reserve_percent": 24}')
    assert changed == (200 if firmware in ("1.15", "1.20") else 403)
    assert await status("GET", "/api/config/completed") in (200, 202) or firmware in ("1.20", "1.40.2", "1.50")
    assert await status("GET", "/api/sitemaster/run") == 202
    if new:
        assert await status("POST", "/api/v2/islanding/mode", b'{"island_mode": "backup"}') == 200
        assert await status("POST", "/api/sitemaster/stop", b'{"force": true}') == 202
    else:
        assert await status("GET", "/api/sitemaster/stop") == (202 if firmware == "1.15" else 403)
