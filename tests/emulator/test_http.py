"""Every row as a raw stranger meets it, without a server in between."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from tests.asked import BODIES, REFUSED, path

from forebay.emulator.device import Device
from forebay.wire import catalogue
from forebay.wire.catalogue import ALL
from forebay.wire.endpoint import Access, Effect, Endpoint, Needs
from forebay.wire.firmware import parse_version

MakeDevice = Callable[..., Device]
MakeGateway = Callable[..., Any]
Row = Endpoint[Any, Any]

FIRMWARES = ("1.40.2", "21.44")
GUARD = {"content-security-policy", "x-content-type-options", "referrer-policy", "cache-control"}
ROWS = [(firmware, row) for firmware in FIRMWARES for row in ALL]
IDS = [f"{firmware}-{row.name}" for firmware, row in ROWS]
FORBIDDEN = b'{"code":403,"error":"Unable to %s to resource","message":"User does not have adequate access rights"}'


def version(firmware: str) -> Any:
    return parse_version(firmware)


def quiet(device: Device) -> None:
    """Let so little power flow that the site master can be stopped without force."""
    device.set_solar_w(0)
    device.set_load_w(300)


@pytest.mark.parametrize(("firmware", "row"), ROWS, ids=IDS)
async def test_a_stranger_is_answered_on_open_rows_and_forbidden_on_all_others(
    gateway: MakeGateway, firmware: str, row: Row
) -> None:
    if not row.offered_by(version(firmware)):
        return
    for headers in ([], [("authorization", "Bearer forged")], [("cookie", "AuthCookie=forged; UserRecord=x")]):
        answer = await gateway(firmware).ask(row.method, row.path, headers, body=b"{}")

        if row.is_public(version(firmware)):
            assert answer.status != 403
        else:
            assert answer.status == 403
            assert answer.body == FORBIDDEN % row.method.encode()


@pytest.mark.parametrize(("firmware", "row"), ROWS, ids=IDS)
async def test_an_expired_token_is_worth_nothing(gateway: MakeGateway, firmware: str, row: Row) -> None:
    if not row.offered_by(version(firmware)) or row.is_public(version(firmware)):
        return
    home = gateway(firmware)
    headers = home.token()
    home.device.clock.jump(86_400)

    assert (await home.ask(row.method, row.path, headers, body=b"{}")).status == 403


@pytest.mark.parametrize(("firmware", "row"), ROWS, ids=IDS)
async def test_a_row_that_a_release_lacks_is_404_or_405(gateway: MakeGateway, firmware: str, row: Row) -> None:
    if row.offered_by(version(firmware)):
        return
    others = {o.method for o in ALL if o.path == row.path and o.offered_by(version(firmware))}
    answer = await gateway(firmware).ask(row.method, row.path)

    assert answer.status == (405 if others else 404)
    if not others:
        assert answer.body == b'{"code":404,"error":"File Not Found","message":"' + row.path.encode() + b'"}'


@pytest.mark.parametrize(("firmware", "row"), ROWS, ids=IDS)
async def test_a_wrong_method_is_405_and_says_which_are_right(gateway: MakeGateway, firmware: str, row: Row) -> None:
    offered = [o for o in ALL if o.path == row.path and o.offered_by(version(firmware))]
    if not offered:
        return
    reads = any(o.method == "GET" and o.effect is Effect.READS for o in offered)
    allowed = sorted({o.method for o in offered} | ({"HEAD"} if reads else set()))
    for method in {"GET", "POST", "DELETE", "PUT", "HEAD", "OPTIONS"} - set(allowed):
        answer = await gateway(firmware).ask(method, row.path)

        assert (answer.status, answer.header("allow")) == (405, ", ".join(allowed))
        assert answer.body == (b"" if method == "HEAD" else b"Method Not Allowed\n")


@pytest.mark.parametrize(("firmware", "row"), ROWS, ids=IDS)
async def test_a_stopped_site_master_answers_502_with_nothing_where_it_is_needed(
    gateway: MakeGateway, firmware: str, row: Row
) -> None:
    at = version(firmware)
    if not row.offered_by(at) or row.effect is not Effect.READS:
        return
    home = gateway(firmware)
    home.device.stop(force=True)
    answer = await home.ask(row.method, path(row), home.token())

    if row.needs.at(at) is Needs.RUNNING:
        assert (answer.status, answer.body) == (502, b"")
        assert answer.headers[:2] == [("cache-control", "no-cache, no-store"), ("content-length", "0")]
        assert answer.names()[2:] == ["date"]
    else:
        assert answer.status == REFUSED.get(row.name, 200)


@pytest.mark.parametrize(("firmware", "row"), ROWS, ids=IDS)
async def test_a_success_has_the_status_and_content_type_of_its_release(
    gateway: MakeGateway, firmware: str, row: Row
) -> None:
    at = version(firmware)
    if not row.offered_by(at) or row is catalogue.LOGIN:
        return
    home = gateway(firmware)
    if row.name.startswith("SITEMASTER_STOP"):
        quiet(home.device)
    if row.needs.at(at) is Needs.STOPPED:
        home.device.stop(force=True)
    mode = "mode" if firmware == "1.40.2" else "real_mode"
    body = b'{"%s":"backup","backup_reserve_percent":24.6,"force":true}' % mode.encode()
    body = body if row is catalogue.SET_OPERATION else BODIES.get(row.name, b"")
    answer = await home.ask(row.method, path(row), home.token(), body=body)

    if row.name in REFUSED:
        assert answer.status == REFUSED[row.name]
        return
    assert answer.status == row.status.at(at)
    kind = row.content_type.at(at)
    assert dict(answer.headers).get("content-type", "") == kind
    expected = ["date"] if answer.status == 204 else ["content-length", "date"]
    # the page brings a content policy besides; tests/emulator/test_page.py
    names = [name for name in answer.names() if row is not catalogue.WEB_PAGE or name not in GUARD]
    assert names == (["content-type", *expected] if kind else expected)
    assert row.reply is type(None) or not kind or answer.body
    assert answer.status == 204 or int(answer.header("content-length")) == len(answer.body)


@pytest.mark.parametrize(("firmware", "row"), ROWS, ids=IDS)
async def test_head_is_get_without_the_body(gateway: MakeGateway, firmware: str, row: Row) -> None:
    if not row.offered_by(version(firmware)) or row.method != "GET" or row.effect is not Effect.READS:
        return
    home = gateway(firmware)
    headers = home.token()
    head, get = [await home.ask(method, path(row), headers) for method in ("HEAD", "GET")]

    assert (head.status, head.headers, head.body) == (get.status, get.headers, b"")


@pytest.mark.parametrize("firmware", FIRMWARES)
async def test_an_owner_may_not_do_what_only_installers_may(gateway: MakeGateway, firmware: str) -> None:
    home = gateway(firmware)
    rows = [row for row in ALL if row.offered_by(version(firmware)) and row.access.at(version(firmware)) > 2]

    assert catalogue.SET_OPERATION in rows
    for row in rows:
        answer = await home.ask(row.method, row.path, home.token(Access.CUSTOMER), body=b"{}")
        assert (answer.status, answer.body) == (403, FORBIDDEN % row.method.encode())


async def test_a_refusal_carries_the_headers_of_a_real_one(gateway: MakeGateway) -> None:
    answer = await gateway().ask("GET", "/api/meters/aggregates")

    assert answer.headers == [
        ("cache-control", "no-cache, no-store"),
        ("content-type", "application/json"),
        ("x-content-type-options", "nosniff"),
        ("content-length", "102"),
        ("date", "Sun, 21 Jun 2026 19:00:03 GMT"),
    ]
