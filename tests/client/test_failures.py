"""What the client makes of refusals, odd answers and lost connections."""

from __future__ import annotations

import socket
import time
from typing import TYPE_CHECKING

import pytest
from aiohttp import web

from forebay.client.gateway import Gateway
from forebay.errors import (
    Advice,
    GatewayBusy,
    GatewayError,
    GatewayFailed,
    MalformedReply,
    NotOffered,
    NotYet,
    SiteStopped,
    Unreachable,
    WrongState,
)
from forebay.wire import catalogue

if TYPE_CHECKING:
    from pathlib import Path

    from tests.client.conftest import FakeGateway, MakeTls, Meet, Serve, ServeBytes

    from forebay.clock import SimClock

SOE = "/api/system_status/soe"


@pytest.mark.parametrize(
    ("status", "kind", "advice"),
    [
        (400, GatewayFailed, Advice.REPORT),
        (404, NotOffered, Advice.SKIP),
        (405, NotOffered, Advice.SKIP),
        (409, WrongState, Advice.SKIP),
        (417, NotYet, Advice.RETRY),
        (500, GatewayFailed, Advice.REPORT),
        (502, SiteStopped, Advice.RETRY),
        (503, GatewayBusy, Advice.RETRY),
        (301, GatewayFailed, Advice.REPORT),
    ],
)
async def test_a_refusal_has_its_class_path_status_advice_and_the_gateways_words(
    fake: FakeGateway, meet: Meet, status: int, kind: type[GatewayError], advice: Advice
) -> None:
    fake.always(SOE, status, {"code": status, "error": "its cause", "message": "what failed"})

    async with meet(fake) as gw:
        with pytest.raises(kind, match="what failed: its cause") as caught:
            await gw.call(catalogue.STATE_OF_ENERGY)

    assert type(caught.value) is kind
    assert (caught.value.path, caught.value.status, caught.value.advice) == (SOE, status, advice)


async def test_an_error_in_a_body_of_status_200_is_an_error(fake: FakeGateway, meet: Meet) -> None:
    fake.always(SOE, 200, {"code": 502, "error": "down", "message": "Sitemaster"})

    async with meet(fake) as gw:
        with pytest.raises(SiteStopped):
            await gw.call(catalogue.STATE_OF_ENERGY)


async def test_a_redirect_is_not_followed(serve: Serve, fake: FakeGateway, meet: Meet) -> None:
    other = await serve()
    place = f"https://127.0.0.1:{other.port}{SOE}"
    fake.always(SOE, 302, b"", Location=place)

    async with meet(fake) as gw:
        with pytest.raises(GatewayFailed, match="redirects are not followed"):
            await gw.call(catalogue.STATE_OF_ENERGY)

    assert not other.seen


async def test_a_missing_member_names_its_path(fake: FakeGateway, meet: Meet) -> None:
    fake.always("/api/meters/aggregates", 200, {"site": {"energy_exported": 1, "energy_imported": 2}})

    async with meet(fake) as gw:
        with pytest.raises(MalformedReply, match=r"/api/meters/aggregates: .*instant_power.*\$\.site"):
            await gw.call(catalogue.AGGREGATES)


async def test_unknown_words_and_members_pass(fake: FakeGateway, meet: Meet) -> None:
    fake.always("/api/system_status/grid_status", 200, {"grid_status": "SystemDreaming", "dream": [1, 2]})

    async with meet(fake) as gw:
        state = (await gw.call(catalogue.GRID_STATUS)).grid_status

    assert str(state) == "SystemDreaming"
    assert not state.is_known


async def test_json_is_read_whatever_its_content_type(fake: FakeGateway, meet: Meet) -> None:
    fake.always(SOE, 200, {"percentage": 7}, **{"Content-Type": "text/plain; charset=utf-8"})

    async with meet(fake) as gw:
        assert (await gw.call(catalogue.STATE_OF_ENERGY)).percentage.value == 7


async def test_an_answer_cut_short_of_its_length_is_a_lost_connection(fake: FakeGateway, meet: Meet) -> None:
    async def cut(request: web.Request) -> web.StreamResponse:
        reply = web.StreamResponse(headers={"Content-Length": "500"})
        await reply.prepare(request)
        await reply.write(b'{"percentage"')
        assert request.transport is not None
        request.transport.close()
        return reply

    fake.answers[SOE] = cut
    async with meet(fake) as gw:
        with pytest.raises(Unreachable, match="in the middle of its answer"):
            await gw.call(catalogue.STATE_OF_ENERGY)


async def test_a_complete_answer_of_half_a_document_is_malformed(fake: FakeGateway, meet: Meet) -> None:
    fake.always(SOE, 200, b'{"percentage"')

    async with meet(fake) as gw:
        with pytest.raises(MalformedReply, match=SOE):
            await gw.call(catalogue.STATE_OF_ENERGY)


async def test_an_answer_without_end_is_not_read_to_its_end(
    fake: FakeGateway, meet: Meet, clock: SimClock, state_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("forebay.client.session.BODY_MAX", 1 << 20)
    fake.always(SOE, 200, b"7" * (2 << 20))

    async with meet(fake) as gw:
        with pytest.raises(MalformedReply, match="longer than 1 MiB"):
            await gw.call(catalogue.STATE_OF_ENERGY)


async def test_a_gateway_that_hangs_is_unreachable_in_bounded_time(fake: FakeGateway, meet: Meet) -> None:
    fake.delay_s = 30

    began = time.monotonic()
    async with meet(fake, timeout_s=0.1) as gw:
        with pytest.raises(Unreachable, match="did not answer in time"):
            await gw.identify()

    assert time.monotonic() - began < 1


async def test_what_is_not_http_is_malformed(make_tls: MakeTls, serve_bytes: ServeBytes, meet: Meet) -> None:
    tls, _ = make_tls()
    port = await serve_bytes(b"\x16\x03 garbage\r\n\r\n", tls=tls)

    async with meet(port) as gw:
        with pytest.raises(MalformedReply, match="not HTTP"):
            await gw.identify()


async def test_a_refused_port_and_an_unknown_name_are_told_apart(
    fake: FakeGateway, meet: Meet, clock: SimClock, state_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await fake.stop()

    async with meet(fake) as gw:
        with pytest.raises(Unreachable, match=f"refused the connection on port {fake.port}"):
            await gw.identify()

    def unknown(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    async with Gateway("no-such-host.invalid", fingerprint="00" * 32, clock=clock, state_dir=state_dir) as gw:
        with pytest.raises(Unreachable, match=r"no address is known for the name 'no-such-host\.invalid'"):
            await gw.identify()
