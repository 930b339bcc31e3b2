"""What a gateway says on purpose to harm: lines in headers, escape sequences, depth, dates."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from forebay.client.address import parse_address
from forebay.client.explain import SILENCE_S, retry_after_s
from forebay.client.gateway import Gateway
from forebay.client.tls import fetch_certificate
from forebay.errors import ConfigError, GatewayFailed, MalformedReply
from forebay.wire import catalogue

if TYPE_CHECKING:
    from pathlib import Path

    from tests.client.conftest import FakeGateway, MakeTls, Meet, Serve

LOGIN = "/api/login/Basic"
SOE = "/api/system_status/soe"
DEEP = b'{"x":' + b"[" * 2_000


@pytest.mark.parametrize("token", ["a\r\nX-Evil: 1", "a\x00b", "tok\u202een", "A" * 5_000])
async def test_a_token_that_fits_no_header_is_refused_and_not_kept(
    fake: FakeGateway, meet: Meet, state_dir: Path, token: str
) -> None:
    fake.always(LOGIN, 200, {"token": token})

    async with meet(fake) as gw:
        with pytest.raises(MalformedReply, match="can be sent"):
            await gw.call(catalogue.OPERATION)

    assert not any("Evil" in file.read_text() for file in state_dir.glob("session-*.json"))


async def test_a_cookie_that_spells_lines_is_refused(fake: FakeGateway, meet: Meet) -> None:
    fake.always(LOGIN, 200, {}, **{"Set-Cookie": 'AuthCookie="a\\015\\012X-Evil: 1"; Path=/'})

    async with meet(fake) as gw:
        with pytest.raises(MalformedReply, match="can be sent"):
            await gw.call(catalogue.OPERATION)


async def test_depth_is_malformed_and_no_error_of_ours(fake: FakeGateway, meet: Meet) -> None:
    fake.always(SOE, 200, DEEP)
    fake.always("/api/operation", 500, DEEP)

    async with meet(fake) as gw:
        with pytest.raises(MalformedReply, match=SOE):
            await gw.call(catalogue.STATE_OF_ENERGY)
        with pytest.raises(GatewayFailed, match="status 500"):
            await gw.call(catalogue.OPERATION)


async def test_names_in_a_certificate_cannot_write_over_the_fingerprint(make_tls: MakeTls, serve: Serve) -> None:
    fake = await serve(tls=make_tls("powerwall", "\x1b[1A\x1b[2K  SHA-256  aa:bb")[0])

    shown = await fetch_certificate("127.0.0.1", fake.port)

    assert shown.names == ("powerwall", "[1A [2K SHA-256 aa:bb")


@pytest.mark.parametrize(
    "header", ["Wed, 21 Oct 99999999999 07:28:00 GMT", "Wed, 21 Oct 2015 07:28:00 +99999999999999999999"]
)
def test_a_date_outside_the_calendar_is_five_minutes(header: str) -> None:
    assert retry_after_s(header, datetime(2026, 6, 21, tzinfo=UTC)) == SILENCE_S


@pytest.mark.parametrize("host", ["a..b", "a" * 300, "powerwall:0", "gate\udcffway"])
def test_a_host_that_nothing_can_look_up_is_a_wrong_setting(host: str) -> None:
    with pytest.raises(ConfigError, match="gateway host"):
        parse_address(host)


@pytest.mark.parametrize("options", [{"password": "pass\udcff"}, {"username": "\ud800"}])
def test_a_secret_that_is_no_text_is_a_wrong_setting(options: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match="UTF-8") as caught:
        Gateway("powerwall", **options)
    assert "pass\udcff" not in str(caught.value)
