"""What the typed gateway sends, shares, refuses and returns."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from typing import TYPE_CHECKING, Any, assert_type

import pytest
from aiohttp import web

from forebay.errors import (
    ConfigError,
    MalformedReply,
    NotConfirmed,
    Unreachable,
)
from forebay.wire import catalogue, vitals
from forebay.wire.endpoint import Access, Effect, Endpoint
from forebay.wire.firmware import always
from forebay.wire.percent import WirePercent
from forebay.wire.power import Aggregates
from forebay.wire.site import Operation, OperationMode, Stop
from forebay.wire.system import StateOfEnergy
from forebay.wire.vitals import VitalsDevice

if TYPE_CHECKING:
    from tests.client.conftest import FakeGateway, Meet, Serve


SOE = "/api/system_status/soe"
WRITES = [row for row in catalogue.ALL if row.effect is Effect.WRITES]


async def test_a_row_gives_its_own_model(fake: FakeGateway, meet: Meet) -> None:
    async with meet(fake) as gw:
        charge = await gw.call(catalogue.STATE_OF_ENERGY)
        assert_type(charge, StateOfEnergy)
        assert_type(await gw.call(catalogue.AGGREGATES), Aggregates)

    assert charge.percentage == WirePercent(42.5)


@pytest.mark.parametrize("row", WRITES, ids=lambda row: row.name)
async def test_a_row_that_writes_is_never_sent_without_a_yes(
    fake: FakeGateway, meet: Meet, row: Endpoint[Any, Any]
) -> None:
    async with meet(fake) as gw:
        with pytest.raises(NotConfirmed, match=row.name):
            await gw.call(row)
        with pytest.raises(NotConfirmed, match=row.name):
            await gw.request_raw(row)

    assert not fake.seen


async def test_a_confirmed_write_sends_its_body_once(fake: FakeGateway, meet: Meet) -> None:
    fake.always("/api/operation", 200, {"real_mode": "backup", "backup_reserve_percent": 100})
    wish = Operation(real_mode=OperationMode.BACKUP, backup_reserve_percent=WirePercent(100.0))

    async with meet(fake) as gw:
        answer = await gw.call(catalogue.SET_OPERATION, wish, confirm=True)
        await gw.call(catalogue.SITEMASTER_STOP_POST, Stop(force=True), confirm=True)

    assert answer.present_mode is OperationMode.BACKUP
    assert fake.seen[-1].json == {"force": True}
    sent = [seen for seen in fake.seen if seen.path == "/api/operation"]
    assert [seen.json for seen in sent] == [{"real_mode": "backup", "backup_reserve_percent": 100}]


async def test_an_empty_acceptance_is_none_where_others_answer_with_a_model(serve: Serve, meet: Meet) -> None:
    fake = await serve(firmware="1.40.2")

    async with meet(fake) as gw:
        assert await gw.call(catalogue.CONFIG_COMPLETED, confirm=True) is None


@pytest.mark.parametrize("row", [catalogue.SITEMASTER_RUN, catalogue.AGGREGATES], ids=lambda row: row.name)
async def test_a_write_is_not_repeated_when_the_connection_breaks(
    fake: FakeGateway, meet: Meet, row: Endpoint[Any, Any]
) -> None:
    async def hang_up(request: web.Request) -> web.StreamResponse:
        assert request.transport is not None
        request.transport.abort()
        return web.Response()

    fake.answers[row.path] = hang_up
    async with meet(fake) as gw:
        with pytest.raises(Unreachable, match="closed the connection before it had answered"):
            await gw.call(row, confirm=True)

    assert fake.count(row.path) == (1 if row.writes else 2)


async def test_the_raw_answer_has_status_headers_and_bytes(fake: FakeGateway, meet: Meet) -> None:
    async with meet(fake) as gw:
        reply = await gw.request_raw(catalogue.STATE_OF_ENERGY)

    assert (reply.status, reply.body) == (200, b'{"percentage": 42.5}')
    assert reply.headers["content-type"].startswith("application/json")


async def test_parts_of_a_path_are_filled_in_and_escaped(fake: FakeGateway, meet: Meet) -> None:
    row = Endpoint[None, StateOfEnergy](
        name="OF_ONE",
        spec="E000",
        method="GET",
        path="/api/meters/{serial}/soe",
        body=type(None),
        reply=StateOfEnergy,
        summary="",
        source="this test",
        access=always(Access.PUBLIC),
    )
    fake.always("/api/meters/a%2F..%2Fb/soe", 200, {"percentage": 1})

    async with meet(fake) as gw:
        assert (await gw.call(row, serial="a/../b")).percentage.value == 1
        with pytest.raises(ConfigError, match="serial"):
            await gw.call(row)


async def test_identical_reads_at_the_same_time_are_sent_once(fake: FakeGateway, meet: Meet) -> None:
    fake.delay_s = 0.02
    async with meet(fake) as gw:
        answers = await asyncio.gather(*(gw.call(catalogue.STATE_OF_ENERGY) for _ in range(8)))
        assert fake.count(SOE) == 1

        await gw.call(catalogue.STATE_OF_ENERGY)

    assert fake.count(SOE) == 2
    assert len({id(answer) for answer in answers}) == 8


async def test_a_shared_read_outlives_the_caller_who_began_it(fake: FakeGateway, meet: Meet) -> None:
    async with meet(fake) as gw:
        await gw.identify()
        fake.delay_s = 0.05
        first = asyncio.create_task(gw.call(catalogue.REGISTRATION))
        await asyncio.sleep(0.02)
        second = asyncio.create_task(gw.call(catalogue.REGISTRATION))
        await asyncio.sleep(0)
        first.cancel()

        assert (await second).registered

    assert fake.count("/api/customer/registration") == 1


async def test_no_more_requests_run_at_once_than_allowed(fake: FakeGateway, meet: Meet) -> None:
    fake.delay_s = 0.01
    rows = [row for row in catalogue.ALL if row.effect is Effect.READS and row is not catalogue.VITALS]

    async with meet(fake) as gw:
        await asyncio.gather(*(gw.call(row) for row in rows), return_exceptions=True)

    assert fake.busiest == 3


async def test_vitals_come_as_devices(fake: FakeGateway, meet: Meet) -> None:
    device = VitalsDevice(din="STSTSM--1232100-00-E--TG0123", vitals={"STSTSM-Location": "Gateway"}, alerts=("Grid",))
    fake.always("/api/devices/vitals", 200, vitals.encode([device]))

    async with meet(fake) as gw:
        assert await gw.vitals() == [device]
        assert (await gw.snapshot([catalogue.VITALS])).vitals == [device]


async def test_a_status_without_a_version_is_malformed(fake: FakeGateway, meet: Meet) -> None:
    body = {"start_time": "", "up_time_seconds": "1s", "is_new": False, "version": "dev", "git_hash": ""}
    fake.always("/api/status", 200, body)

    async with meet(fake) as gw:
        with pytest.raises(MalformedReply, match="not a firmware version: 'dev'"):
            await gw.call(catalogue.OPERATION)


async def test_a_firmware_update_is_noticed_by_reading_the_status(fake: FakeGateway, meet: Meet) -> None:
    async with meet(fake) as gw:
        await gw.identify()
        fake.firmware = "23.44.1 abcdef01"
        await gw.snapshot([catalogue.STATUS])
        assert gw.firmware == (23, 44, 1)


async def test_a_gateway_is_used_inside_its_block_only(fake: FakeGateway, meet: Meet) -> None:
    with pytest.raises(RuntimeError, match="async with"):
        await meet(fake).identify()


def test_importing_the_package_loads_neither_http_nor_models() -> None:
    script = "import forebay, sys; assert not {'aiohttp', 'msgspec', 'cryptography', 'asyncio'} & set(sys.modules)"

    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr


def test_the_package_offers_its_public_names() -> None:
    import forebay

    assert set(forebay.__all__) <= set(dir(forebay))
    for name in forebay.__all__:
        assert getattr(forebay, name)
    with pytest.raises(AttributeError, match="nothing"):
        _ = forebay.nothing
