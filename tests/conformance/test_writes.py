"""Rows that change the house: sent only when confirmed, and doing what they say.

On a real gateway these tests are skipped without `--allow-writes`.
"""

from __future__ import annotations

import pytest
from tests.asked import BODIES, PARTS, REFUSED
from tests.conformance.conftest import Target

from forebay.client.gateway import Gateway
from forebay.errors import LoginRejected, NotConfirmed, NotPermitted, SiteStopped
from forebay.wire import catalogue
from forebay.wire.endpoint import Effect, Needs
from forebay.wire.firmware import INSTALLER_NEEDS_TOGGLE
from forebay.wire.percent import AppPercent
from forebay.wire.site import Operation, OperationMode, Stop

pytestmark = pytest.mark.asyncio(loop_scope="session")

WRITES = [row for row in catalogue.ALL if row.effect is Effect.WRITES]


async def stop(gateway: Gateway, house: Target) -> None:
    """Stop the house by the row that its release has for it."""
    if catalogue.SITEMASTER_STOP_POST.offered_by(house.version):
        await gateway.call(catalogue.SITEMASTER_STOP_POST, Stop(force=True), confirm=True)
    else:
        await gateway.call(catalogue.SITEMASTER_STOP, confirm=True)


def owner_or_installer(house: Target) -> str:
    """Who may stop the house: its owner, on 1.x the installer."""
    return "customer" if catalogue.SITEMASTER_STOP_POST.offered_by(house.version) else "installer"


@pytest.mark.usefixtures("needs_control")
async def test_no_row_writes_without_a_yes(house: Target) -> None:
    before = await house.state()
    async with house.gateway(username="installer") as gateway:
        for row in WRITES:
            with pytest.raises(NotConfirmed, match=row.name):
                await gateway.call(row)

    assert await house.state() == before


async def test_a_stopped_house_measures_nothing_until_it_is_run_again(house: Target) -> None:
    if not house.is_real:
        await house.calm()
    async with house.gateway(username=owner_or_installer(house)) as gateway:
        await gateway.identify()
        await gateway.login()
        await stop(gateway, house)

        assert not (await gateway.call(catalogue.SITEMASTER)).running
        for row in catalogue.ALL:
            is_asked = row.effect is Effect.READS and not row.placeholders and row.name not in REFUSED
            if not is_asked or not row.offered_by(house.version):
                continue
            if row.needs.at(house.version) is Needs.RUNNING:
                with pytest.raises(SiteStopped) as caught:
                    await gateway.call(row)
                assert (caught.value.path, caught.value.status) == (row.path, 502)
            else:
                await gateway.call(row)

        await gateway.call(catalogue.SITEMASTER_RUN, confirm=True)
        assert (await gateway.call(catalogue.SITEMASTER)).running
        await gateway.call(catalogue.AGGREGATES)


@pytest.mark.usefixtures("needs_control")
async def test_an_owner_may_not_set_the_operation_and_nothing_is_staged(house: Target) -> None:
    await house.calm()
    wish = Operation(real_mode=OperationMode.BACKUP, backup_reserve_percent=AppPercent(100).wire)
    async with house.gateway() as gateway:
        before = await gateway.call(catalogue.OPERATION)
        with pytest.raises(NotPermitted, match="Unable to POST to resource"):
            await gateway.call(catalogue.SET_OPERATION, wish, confirm=True)

        assert await gateway.call(catalogue.OPERATION) == before


@pytest.mark.usefixtures("needs_control")
async def test_an_installer_must_be_at_the_house_where_the_release_wants_it(house: Target) -> None:
    await house.calm()
    async with house.gateway(username="installer") as gateway:
        if INSTALLER_NEEDS_TOGGLE.at(house.version):
            with pytest.raises(LoginRejected, match="require physical access"):
                await gateway.login()
    await house.move("/switch")
    async with house.gateway(username="installer") as gateway:
        await gateway.login(anyway=True)


@pytest.mark.usefixtures("needs_control")
async def test_an_operation_is_shown_when_staged_and_acts_when_completed(house: Target) -> None:
    await house.calm()
    await house.move("/switch")
    async with house.gateway(username="installer") as gateway:
        await gateway.login()
        await house.move("/charge", percent=50)
        await house.move("/load", watts=1000)
        wish = Operation(real_mode=OperationMode.BACKUP, backup_reserve_percent=AppPercent(100).wire)
        echo = await gateway.call(catalogue.SET_OPERATION, wish, confirm=True)
        assert echo.backup_reserve_percent == wish.backup_reserve_percent

        shown = await gateway.call(catalogue.OPERATION)
        assert shown.present_mode is OperationMode.BACKUP
        assert shown.backup_reserve_percent == wish.backup_reserve_percent
        await house.move("/time", advance_s=60)
        discharging = (await gateway.call(catalogue.AGGREGATES)).battery
        assert (await house.state())["mode"] == "self_consumption"

        await gateway.call(catalogue.CONFIG_COMPLETED, confirm=True)
        await house.move("/time", advance_s=60)
        charging = (await gateway.call(catalogue.AGGREGATES)).battery
        assert (await house.state())["mode"] == "backup"

    assert discharging
    assert charging
    assert discharging.instant_power == pytest.approx(1000, abs=50)
    assert charging.instant_power is not None
    assert charging.instant_power < -500


@pytest.mark.usefixtures("needs_control")
async def test_what_is_sent_to_change_the_house_answers_with_the_status_of_the_release(house: Target) -> None:
    await house.calm()
    await house.move("/switch")
    async with house.gateway(username="installer") as gateway:
        await gateway.login()
        for row in WRITES:
            if row.offered_by(house.version) and row.name not in REFUSED:
                reply = await gateway.request_raw(row, BODIES.get(row.name), confirm=True, **PARTS.get(row.name, {}))
                assert reply.status == row.status.at(house.version), row
                assert reply.headers.get("content-type", "") == row.content_type.at(house.version), row
