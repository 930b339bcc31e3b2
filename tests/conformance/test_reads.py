"""Every row that reads, asked over TLS by the real client."""

from __future__ import annotations

from typing import Any, get_args, get_origin

import pytest
from tests.asked import REFUSED
from tests.conformance.conftest import Target

from forebay.client.snapshot import MEMBERS
from forebay.errors import NotOffered, WrongState
from forebay.wire import catalogue, vitals
from forebay.wire.endpoint import Effect, Endpoint, Needs
from forebay.wire.faults import BY_KEY, error_for
from forebay.wire.firmware import LOGIN_STOPS_SYSTEM

pytestmark = pytest.mark.asyncio(loop_scope="session")

READS = [row for row in catalogue.ALL if row.effect is Effect.READS and not row.placeholders]
every_row = pytest.mark.parametrize("row", READS, ids=lambda row: row.name)


def allowed(target: Target, row: Endpoint[Any, Any]) -> None:
    """Skip what would stop a real house: there a log-in writes."""
    stops = LOGIN_STOPS_SYSTEM.at(target.version) and not row.is_public(target.version)
    if target.is_real and stops and not target.writable:
        pytest.skip("a log-in stops this gateway's house: needs --allow-writes")


def is_model(value: object, kind: Any) -> bool:
    """Whether a value is of a row's reply type, which may be a list or a union."""
    if get_origin(kind) is list:
        return isinstance(value, list) and all(is_model(item, get_args(kind)[0]) for item in value)
    if get_origin(kind) is dict:
        return isinstance(value, dict) and all(is_model(item, get_args(kind)[1]) for item in value.values())
    if kind is Any:
        return True
    if options := get_args(kind):
        return any(is_model(value, option) for option in options)
    return isinstance(value, kind)


@every_row
async def test_an_offered_row_answers_with_its_model_and_another_is_not_offered(
    target: Target, row: Endpoint[Any, Any]
) -> None:
    allowed(target, row)
    async with target.gateway() as gateway:
        if not row.offered_by(target.version):
            with pytest.raises(NotOffered) as caught:
                await gateway.call(row)
            assert caught.value.path == row.path
            return
        if row.name in REFUSED or row.needs.at(target.version) is Needs.STOPPED:
            with pytest.raises(error_for(REFUSED[row.name]) if row.name in REFUSED else WrongState) as refused:
                await gateway.call(row)
            assert refused.value.status == REFUSED.get(row.name, BY_KEY[row.refusal].status)
            return
        answer = await gateway.call(row)

    assert is_model(answer, row.reply), answer


async def test_status_and_content_type_are_those_of_the_release(target: Target) -> None:
    allowed(target, catalogue.OPERATION)
    async with target.gateway() as gateway:
        for row in READS:
            is_refused = row.name in REFUSED or row.needs.at(target.version) is Needs.STOPPED
            if row.offered_by(target.version) and not is_refused:
                reply = await gateway.request_raw(row)
                assert reply.status == row.status.at(target.version), row
                assert reply.headers.get("content-type", "") == row.content_type.at(target.version), row
                assert "content-encoding" not in reply.headers


async def test_a_snapshot_has_every_row_that_the_release_offers(target: Target) -> None:
    allowed(target, catalogue.OPERATION)
    known = [row for row in READS if row.name in MEMBERS]
    async with target.gateway() as gateway:
        snapshot = await gateway.snapshot(known, allow_login=True)

    missing = {row.name for row in known if not row.offered_by(target.version)}
    assert set(snapshot.missing) == missing
    assert all(isinstance(error, NotOffered) for error in snapshot.missing.values())
    assert snapshot.firmware == target.version


async def test_vitals_are_devices_with_a_parent_or_none(target: Target) -> None:
    if not catalogue.VITALS.offered_by(target.version):
        return
    async with target.gateway() as gateway:
        raw = await gateway.call(catalogue.VITALS)
        devices = await gateway.vitals()

    assert [device.din for device in vitals.decode(raw)] == [device.din for device in devices]
    assert any(device.din.startswith("STSTSM") for device in devices)


async def test_energy_and_power_of_one_reading_agree_with_each_other(target: Target) -> None:
    allowed(target, catalogue.AGGREGATES)
    async with target.gateway() as gateway:
        meters = await gateway.call(catalogue.AGGREGATES)
        charge = await gateway.call(catalogue.STATE_OF_ENERGY)

    assert isinstance(meters.site, type(meters.load))
    assert isinstance(meters.battery, type(meters.load))
    assert isinstance(meters.solar, type(meters.load))
    told_w = [meter.instant_power for meter in (meters.site, meters.battery, meters.solar)]
    produced_w = sum(watts for watts in told_w if watts is not None)
    assert produced_w == pytest.approx(meters.load.instant_power, abs=100 if target.is_real else 1)
    assert 0 <= charge.percentage.value <= 100
