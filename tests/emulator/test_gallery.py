"""Every home of the gallery is served, lets its owner in, and keeps the laws."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any

import msgspec
import pytest

from forebay.emulator import readings
from forebay.emulator.build import build_device
from forebay.emulator.injection import Injection
from forebay.emulator.library import HOMES, find_home
from forebay.emulator.resources import RESOURCES
from forebay.errors import EmulatorError
from forebay.wire import catalogue
from forebay.wire.endpoint import Poll

OPEN_WHEN_RESTRICTED = {"/api/meters/aggregates", "/api/system_status/soe", "/api/system_status/grid_status"}

Serve = Callable[..., Awaitable[Any]]


def test_there_are_ten_homes_and_each_says_what_it_is_for() -> None:
    assert len(HOMES.names()) == 10
    assert all(len(HOMES.about(name)) > 40 for name in HOMES.names())
    assert {find_home(HOMES.prefix + name).gateway.firmware.split(".")[0] for name in HOMES.names()} >= {
        "1", "20", "21", "22", "23", "restricted"
    }  # fmt: skip


def test_an_unknown_home_is_told_the_like() -> None:
    with pytest.raises(EmulatorError, match=r"did you mean gallery:pair-1\.40\?"):
        find_home("gallery:pair")


@pytest.mark.parametrize("name", HOMES.names())
def test_a_home_of_the_gallery_keeps_the_laws_through_two_days(name: str) -> None:
    device = build_device(find_home(HOMES.prefix + name), start=datetime.fromisoformat("2027-01-09"), speed=0)
    for _ in range(3):
        device.clock.jump(16.4 * 3_600)
        device.catch_up()
        flows, now = device.power.flows, readings.take(device)
        given = flows.site_w + flows.battery_w + flows.solar_w + flows.generator_w
        assert given == pytest.approx(flows.load_w, abs=1e-6)
        assert now.load.power_w >= 0
        assert now.solar.power_w >= -100
        assert 0 <= device.power.level <= 1


@pytest.mark.parametrize("name", HOMES.names())
def test_what_a_home_used_is_told_by_the_meters_that_it_has(name: str) -> None:
    """M08: what aggregates does not show, the house cannot have used."""
    device = build_device(find_home(HOMES.prefix + name), start=datetime.fromisoformat("2027-01-09"), speed=0)
    device.clock.jump(90_000)
    device.catch_up()
    told = msgspec.to_builtins(RESOURCES[catalogue.AGGREGATES](device, None, {}))
    used_wh = 0.0
    for point, sign in (("site", -1), ("solar", 1), ("battery", 1), ("generator", 1)):
        meter = told.get(point, {"energy_exported": 0, "energy_imported": 0})
        used_wh += sign * (meter["energy_exported"] - meter["energy_imported"])

    assert told["load"]["energy_imported"] == pytest.approx(used_wh, rel=1e-12)


@pytest.mark.parametrize("name", HOMES.names())
async def test_a_home_of_the_gallery_lets_its_owner_in_and_answers_what_is_polled(served: Serve, name: str) -> None:
    device = build_device(find_home(HOMES.prefix + name), start=datetime.fromisoformat("2026-06-21T12:00"), speed=0)
    gateway = await served(device=device)
    by_serial = device.profile.name == "1.15"  # knows no user and no other password
    device.stop(force=True)  # as a log-in does on 1.x, where it may be refused
    token = await gateway.token(password=f"S{device.serial}" if by_serial else None)
    device.run()
    device.area(Injection).clear()

    polled = [row for row in catalogue.ALL if row.poll is not Poll.NEVER and not row.placeholders]
    statuses = {}
    for row in polled:
        answer = await gateway.ask("GET", row.path, f"Authorization: Bearer {token}\r\n")
        statuses[row.path] = answer.status
    offered = {row.path for row in polled if row.offered_by(device.version)}
    if device.profile.is_restricted:
        offered &= OPEN_WHEN_RESTRICTED
    assert {path for path, status in statuses.items() if status == 200} == offered
    assert set(statuses.values()) <= {200, 404}
    assert offered >= OPEN_WHEN_RESTRICTED
