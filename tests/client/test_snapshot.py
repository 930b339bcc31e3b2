"""One reading of a whole gateway, whatever part of it fails."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from forebay.errors import (
    ConfigError,
    LoginRejected,
    MalformedReply,
    NotOffered,
    NotPermitted,
    SiteStopped,
    Unreachable,
)
from forebay.wire import catalogue

if TYPE_CHECKING:
    from tests.client.conftest import FakeGateway, Meet, Serve

    from forebay.clock import SimClock

SOE = "/api/system_status/soe"


async def test_a_snapshot_asks_every_row_once_and_several_at_a_time(fake: FakeGateway, meet: Meet) -> None:
    fake.delay_s = 0.02

    async with meet(fake) as gw:
        snapshot = await gw.snapshot()

    paths = [seen.path for seen in fake.seen]
    assert len(paths) == len(set(paths)) == 9
    assert fake.busiest == 3
    assert snapshot.missing == {}
    assert snapshot.firmware == (21, 44, 0)
    assert snapshot.soe is not None
    assert snapshot.status is not None
    assert snapshot.site_info is not None
    assert snapshot.system_status is not None
    assert snapshot.vitals is None


async def test_a_snapshot_is_stamped_with_the_clock(fake: FakeGateway, meet: Meet, clock: SimClock) -> None:
    async with meet(fake) as gw:
        snapshot = await gw.snapshot([catalogue.STATUS, catalogue.STATUS])

    assert snapshot.began_at == snapshot.ended_at == clock.now()
    assert fake.count("/api/status") == 1
    assert snapshot.status is not None


async def test_a_snapshot_names_what_failed_and_keeps_the_rest(fake: FakeGateway, meet: Meet) -> None:
    fake.always(SOE, 502)
    fake.always("/api/operation", 200, b'{"real_mode":')

    async with meet(fake) as gw:
        snapshot = await gw.snapshot()

    assert {name: type(error) for name, error in snapshot.missing.items()} == {
        "STATE_OF_ENERGY": SiteStopped,
        "OPERATION": MalformedReply,
    }
    assert snapshot.soe is None
    assert snapshot.aggregates is not None


async def test_a_snapshot_does_not_ask_for_what_the_firmware_lacks(serve: Serve, meet: Meet) -> None:
    fake = await serve(firmware="1.40.2")

    async with meet(fake) as gw:
        snapshot = await gw.snapshot([catalogue.SYSTEM_STATUS, catalogue.VITALS, catalogue.STATE_OF_ENERGY])

    assert {name: type(error) for name, error in snapshot.missing.items()} == {
        "SYSTEM_STATUS": NotOffered,
        "VITALS": NotOffered,
    }
    assert [seen.path for seen in fake.seen] == ["/api/status", SOE]


async def test_a_snapshot_makes_no_login_that_would_stop_the_system_unless_asked(serve: Serve, meet: Meet) -> None:
    fake = await serve(firmware="1.40.2")

    async with meet(fake) as gw:
        careful = await gw.snapshot([catalogue.OPERATION, catalogue.SITEMASTER])
        assert isinstance(careful.missing["OPERATION"], NotPermitted)
        assert "stops the power system" in str(careful.missing["OPERATION"])
        assert careful.sitemaster is not None
        assert fake.logins == 0

        asked = await gw.snapshot([catalogue.OPERATION], allow_login=True)
        assert asked.operation is not None
        fake.tokens.clear()
        assert isinstance((await gw.snapshot([catalogue.OPERATION])).missing["OPERATION"], NotPermitted)

    assert fake.logins == 1


async def test_a_snapshot_of_a_restricted_gateway_has_what_it_offers(fake: FakeGateway, meet: Meet) -> None:
    for path in ("/api/status", "/api/system_status", "/api/operation", "/api/sitemaster", "/api/site_info"):
        fake.always(path, 404)

    async with meet(fake) as gw:
        snapshot = await gw.snapshot()

    assert {type(error) for error in snapshot.missing.values()} == {NotOffered}
    assert set(snapshot.missing) == {"STATUS", "SYSTEM_STATUS", "OPERATION", "SITEMASTER", "SITE_INFO"}
    assert fake.count("/api/status") == 2  # once more before the login, which may stop a house
    assert snapshot.aggregates is not None


async def test_a_snapshot_with_a_rejected_password_makes_one_login(fake: FakeGateway, meet: Meet) -> None:
    async with meet(fake, "wrong") as gw:
        for _ in range(3):
            snapshot = await gw.snapshot()

    assert fake.logins == 1
    assert isinstance(snapshot.missing["AGGREGATES"], LoginRejected)
    assert snapshot.status is not None


async def test_a_snapshot_of_nobody_fails_every_row_after_one_try(fake: FakeGateway, meet: Meet) -> None:
    async with meet(fake) as gw:
        await fake.stop()
        snapshot = await gw.snapshot()

    assert len(snapshot.missing) == 8
    assert {type(error) for error in snapshot.missing.values()} == {Unreachable}


async def test_a_snapshot_of_a_gateway_that_has_fallen_silent_ends_in_time(fake: FakeGateway, meet: Meet) -> None:
    async with meet(fake, timeout_s=0.1) as gw:
        await gw.login()
        sent = len(fake.seen)
        fake.delay_s = 5

        began = time.monotonic()
        snapshot = await gw.snapshot()

    assert time.monotonic() - began < 1
    assert len(fake.seen) - sent <= 5
    assert {type(error) for error in snapshot.missing.values()} == {Unreachable}


async def test_a_row_that_writes_cannot_be_part_of_a_snapshot(fake: FakeGateway, meet: Meet) -> None:
    async with meet(fake) as gw:
        with pytest.raises(ConfigError, match="SITEMASTER_STOP"):
            await gw.snapshot([catalogue.SITEMASTER_STOP])

    assert not fake.seen
