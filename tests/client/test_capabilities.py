"""What a gateway offers is found out without a login and without a write."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.client.between import Between, device_of

from forebay.client.blocking import BlockingGateway
from forebay.client.capabilities import OFFER_WORDS, PROBES, Offer
from forebay.errors import Unreachable
from forebay.wire import catalogue
from forebay.wire.endpoint import Access, Effect
from forebay.wire.firmware import LOGIN_STOPS_SYSTEM, PROFILES, parse_version

if TYPE_CHECKING:
    from tests.client.conftest import FakeGateway, MakeTls, Meet, Serve

    from forebay.clock import SimClock

LOGIN = "POST /api/login/Basic"


@pytest.mark.parametrize("firmware", [profile.name for profile in PROFILES])
async def test_it_costs_no_login_and_no_write_and_the_house_goes_on(
    make_tls: MakeTls, tmp_path: Path, firmware: str
) -> None:
    version = parse_version(firmware)
    async with Between(device_of(firmware), make_tls()[0]).standing(tmp_path / "certificates") as home:
        before = home.state
        async with home.gateway(tmp_path / "state") as gw:
            found = await gw.capabilities()
        asked = [row for line in home.seen if (row := catalogue.find(*line.split(" "))) is not None]

    assert len(asked) == len(home.seen) <= 1 + len(PROBES)
    assert {row.effect for row in asked} == {Effect.READS}
    assert home.state == before
    assert home.device.running
    assert (found.firmware, found.has_session, found.role, found.may_set_operation) == (version, None, None, None)
    assert found.login_stops_house == LOGIN_STOPS_SYSTEM.at(version)
    assert not found.is_restricted
    assert set(found.rows) == set(catalogue.BY_NAME)
    for row in catalogue.ALL:
        known = found.offers(row)
        if row.offered_by(version):
            assert known is not Offer.ABSENT, row
            assert known is not Offer.ANSWERED or row.is_public(version), row
            assert found.least_role(row) is row.access.at(version)
            assert found.is_open(row) == (row.is_public(version) and known is not Offer.UNKNOWN), row
        else:
            assert known in (Offer.ABSENT, Offer.UNKNOWN), row
            assert not found.is_open(row)


async def test_vitals_islanding_and_updates_are_told_by_release(serve: Serve, meet: Meet) -> None:
    found = {}
    for firmware in ("1.40.2", "21.44", "23.44"):
        async with meet(await serve(firmware=firmware)) as gw:
            found[firmware] = await gw.capabilities()

    assert [found[f].vitals for f in found] == [Offer.ABSENT, Offer.REFUSED, Offer.ABSENT]
    assert [found[f].islanding for f in found] == [Offer.ABSENT, Offer.LISTED, Offer.LISTED]
    assert [found[f].update for f in found] == [Offer.REFUSED] * 3
    assert [found[f].installer_needs_switch for f in found] == [False, True, True]


@pytest.mark.parametrize(
    ("firmware", "user", "role", "may"),
    [
        ("1.40.2", "customer", Access.CUSTOMER, False),
        ("1.40.2", "installer", Access.INSTALLER, True),
        ("21.44", "customer", Access.CUSTOMER, False),
        ("21.44", "installer", Access.INSTALLER, True),
    ],
)
async def test_a_kept_login_tells_what_it_may(
    make_tls: MakeTls, tmp_path: Path, firmware: str, user: str, role: Access, may: bool
) -> None:
    async with Between(device_of(firmware), make_tls()[0]).standing(tmp_path / "certificates") as home:
        async with home.gateway(tmp_path / "state", username=user) as gw:
            await gw.login()
        home.seen.clear()
        async with home.gateway(tmp_path / "state", username=user) as gw:  # another process
            found = await gw.capabilities()

        assert LOGIN not in home.seen
    assert (found.has_session, found.role, found.may_set_operation) == (True, role, may)
    assert found.offers(catalogue.OPERATION) is Offer.ANSWERED
    assert found.is_open(catalogue.SITE_INFO)
    assert found.is_open(catalogue.SET_OPERATION) == (role is Access.INSTALLER)


async def test_a_login_that_has_ended_is_told_and_not_renewed(fake: FakeGateway, meet: Meet) -> None:
    async with meet(fake) as gw:
        await gw.login()
        fake.tokens.clear()
        found = await gw.capabilities()

    assert (found.has_session, found.role) == (False, None)
    assert fake.logins == 1


@pytest.mark.parametrize("status", [404, 403])
async def test_a_restricted_gateway_is_known_by_what_it_refuses(fake: FakeGateway, meet: Meet, status: int) -> None:
    for path in ("/api/status", "/api/operation", "/api/system_status", "/api/devices/vitals"):
        fake.always(path, status)
    fake.always("/api/system/update/status", status)

    async with meet(fake) as gw:
        await gw.login()
        found = await gw.capabilities()

    assert found.is_restricted
    assert (found.firmware, found.told) == (None, None)
    assert found.offers(catalogue.AGGREGATES) is Offer.ANSWERED
    assert found.offers(catalogue.OPERATION) is (Offer.ABSENT if status == 404 else Offer.REFUSED)
    assert found.offers(catalogue.SITE_INFO) is Offer.UNKNOWN
    assert found.least_role(catalogue.SITE_INFO) is None
    assert found.may_set_operation is (False if status == 404 else None)


@pytest.mark.parametrize("logs_in", [True, False])
@pytest.mark.parametrize("status", [404, 403])
async def test_the_emulated_powerwall_3_is_known_too(
    make_tls: MakeTls, tmp_path: Path, status: int, logs_in: bool
) -> None:
    device = device_of("restricted", restricted=status)
    async with (
        Between(device, make_tls()[0]).standing(tmp_path / "certificates") as home,
        home.gateway(tmp_path / "state", username="customer") as gw,
    ):
        if logs_in:
            await gw.login()
        found = await gw.capabilities()

    assert found.is_restricted
    assert found.offers(catalogue.AGGREGATES) is (Offer.ANSWERED if logs_in else Offer.REFUSED)
    assert found.offers(catalogue.GRID_STATUS) is Offer.LISTED
    assert found.may_set_operation is (False if status == 404 else None)


async def test_a_stopped_house_has_its_rows_all_the_same(fake: FakeGateway, meet: Meet) -> None:
    for path in ("/api/meters/aggregates", "/api/system_status", "/api/devices/vitals"):
        fake.always(path, 502)

    async with meet(fake) as gw:
        await gw.login()
        found = await gw.capabilities()

    assert found.vitals is Offer.ANSWERED
    assert not found.is_restricted


async def test_a_gateway_that_is_not_there_is_an_error(fake: FakeGateway, meet: Meet) -> None:
    async with meet(fake) as gw:
        await fake.stop()
        with pytest.raises(Unreachable):
            await gw.capabilities()


async def test_a_script_finds_out_without_await(fake: FakeGateway, state_dir: Path, clock: SimClock) -> None:
    def script() -> None:
        with BlockingGateway("127.0.0.1", "56789", port=fake.port, state_dir=state_dir, clock=clock) as gw:
            assert gw.capabilities().offers(catalogue.STATUS) is Offer.ANSWERED
            plan = gw.reconfigure(mode="backup", dry_run=True)
            assert not plan.is_done

    await asyncio.to_thread(script)


def test_every_offer_has_words() -> None:
    assert set(OFFER_WORDS) == set(Offer)
