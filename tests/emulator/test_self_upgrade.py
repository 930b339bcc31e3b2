"""The gateway that upgrades itself: S059–S072 in one night, S075, A25."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import msgspec
import pytest
from tests.conftest import MakeDevice

from forebay.emulator.build import build_device
from forebay.emulator.device import Device
from forebay.emulator.home import Home, SiteMasterTable, UpdatesTable
from forebay.emulator.home_file import checked
from forebay.emulator.refusal import Refused
from forebay.emulator.resources import RESOURCES
from forebay.emulator.updates_state import UpdatesState
from forebay.errors import EmulatorError
from forebay.wire import catalogue
from forebay.wire.system import UpdateState

MakeGateway = Callable[..., Any]
START = datetime.fromisoformat("2026-06-22T11:00:00")


def built(**table: Any) -> Device:
    """Return a home that begins at eleven in the morning, local time."""
    home = msgspec.structs.replace(Home(), updates=UpdatesTable(**table))
    return build_device(home, start=START, speed=0)


def live(device: Device, seconds: float) -> None:
    device.clock.jump(seconds)
    device.catch_up()


def state(device: Device) -> UpdateState:
    return device.area(UpdatesState).state


def test_an_upgrade_of_its_own_goes_through_the_states_of_the_document() -> None:
    """S063, S064, S066, S067, S069: what waits for nobody is not seen as downloaded (S068)."""
    device = built(available="22.1.1", upgrade_at=datetime.fromisoformat("2026-06-22T12:00:00"))
    seen: list[str] = []
    for _ in range(1_160):
        live(device, 4)
        told = str(RESOURCES[catalogue.UPDATE_STATUS](device, None, {}).state)
        if not seen or seen[-1] != told:
            seen.append(told)
    live(device, 60)
    done = RESOURCES[catalogue.UPDATE_STATUS](device, None, {})

    assert seen == ["/update_succeeded", "/clear_update_status", "/download", "/update_staged", "/update_unknown"]
    assert (str(done.state), done.info.status) == ("/update_succeeded", ["nonactionable"])


def test_an_upgrade_at_noon_stops_the_battery_for_fifteen_minutes() -> None:
    """S075: scripted in HOME.toml."""
    device = built(available="22.1.1", upgrade_at=datetime.fromisoformat("2026-06-22T12:00:00"))
    stopped_s, flows = 0, []
    for _ in range(2 * 360):
        live(device, 10)
        if not device.running:
            stopped_s += 10
            flows.append(device.power.flows.battery_w)

    assert stopped_s == pytest.approx(900, abs=10)
    assert set(flows) == {0.0}
    assert device.home.gateway.firmware == "22.1.1"
    assert device.running
    assert (device.now - device.booted_at).total_seconds() < 3_600


def test_an_upgrade_at_a_random_hour_is_the_same_for_the_same_seed() -> None:
    """S075."""
    hours = []
    for seed in (1, 1, 2):
        home = msgspec.structs.replace(Home(), updates=UpdatesTable(available="22.1.1", upgrades_itself=True))
        device = build_device(home, start=START, speed=0, seed=seed)
        live(device, 86_400)
        hours.append(device.booted_at)

    assert hours[0] == hours[1] != hours[2]
    assert all(1 <= hour.astimezone(Home().zone).hour <= 5 for hour in hours)


def test_the_times_of_an_update_are_settings() -> None:
    table = {"check_s": 10, "download_s": 20, "stage_s": 30, "install_s": 40, "restart_s": 50}
    device = built(available="22.1.1", **table)
    device.area(UpdatesState).install()
    seen = []
    for seconds in table.values():
        live(device, seconds - 0.5)
        seen.append(state(device))
        live(device, 0.5)

    assert seen == [
        UpdateState.CHECKING,
        UpdateState.DOWNLOADING,
        UpdateState.STAGED,
        UpdateState.STAGED,
        UpdateState.UNKNOWN_STATE,
    ]
    assert state(device) is UpdateState.SUCCEEDED


async def test_the_restart_ends_the_sessions_and_a_house_is_502_meanwhile(gateway: MakeGateway) -> None:
    home = gateway("21.44", home=msgspec.structs.replace(Home(), updates=UpdatesTable(available="22.1.1")))
    device, headers = home.device, home.token()
    device.area(UpdatesState).install()
    live(device, 4 + 60 + 60)
    during = [(await home.ask("GET", f"/api/{path}", headers)) for path in ("meters/aggregates", "system_status/soe")]
    run = await home.ask("GET", "/api/sitemaster/run", headers)
    live(device, 900)
    after = await home.ask("GET", "/api/meters/aggregates", headers)
    again = await home.ask("GET", "/api/meters/aggregates", home.token())

    assert {(answer.status, answer.body) for answer in during} == {(502, b"")}
    assert (run.status, after.status, again.status) == (503, 403, 200)


@pytest.mark.parametrize("reverts", [True, False])
async def test_an_update_may_revert_the_passwords(gateway: MakeGateway, reverts: bool) -> None:
    """A25."""
    table = UpdatesTable(available="22.1.1", reverts_passwords=reverts, ends_sessions=False)
    home = gateway("21.44", home=msgspec.structs.replace(Home(), updates=table))
    device, headers = home.device, home.token()
    device.password = "my own"
    device.area(UpdatesState).install()
    live(device, 4 + 60 + 60 + 900)
    kept = await home.ask("GET", "/api/meters/aggregates", headers)

    assert device.password == (device.serial[-5:] if reverts else "my own")
    assert kept.status == 200


def test_a_house_that_will_not_stop_is_not_updated(make_device: MakeDevice) -> None:
    """S070."""
    home = msgspec.structs.replace(
        Home(), updates=UpdatesTable(available="22.1.1"), sitemaster=SiteMasterTable(stuck=True)
    )
    device = make_device(home=home)
    device.area(UpdatesState).install()
    live(device, 3_600)
    told = RESOURCES[catalogue.UPDATE_STATUS](device, None, {})

    assert (str(told.state), told.info.status, device.running) == ("/update_failed", ["ignoring"], True)
    assert device.home.gateway.firmware == "21.44"


def test_a_house_that_prepares_an_update_says_so_and_needs_force_to_stop(make_device: MakeDevice) -> None:
    """S07."""
    device = make_device(home=msgspec.structs.replace(Home(), updates=UpdatesTable(available="22.1.1")))
    device.area(UpdatesState).install()
    live(device, 4 + 60 + 30)
    told = device.can_reboot
    with pytest.raises(Refused, match="cannot_stop"):
        device.stop(force=False)
    live(device, 30)
    stopped = device.can_reboot
    live(device, 900 + 60)

    assert (told, stopped) == ("Site Package Update in progress", "")
    assert device.can_reboot in ("Yes", "Power flow is too high")


def test_an_upgrade_that_was_due_before_the_home_began_does_not_happen() -> None:
    device = built(available="22.1.1", upgrade_at=datetime.fromisoformat("2026-06-22T10:00:00"))
    live(device, 86_400)

    assert device.home.gateway.firmware == "21.44"


@pytest.mark.parametrize(
    ("table", "key"),
    [
        (UpdatesTable(available="banana"), "updates.available"),
        (UpdatesTable(upgrades_itself=True), "updates.upgrades_itself"),
        (UpdatesTable(upgrade_at=START), "updates.upgrade_at"),
        (UpdatesTable(available="22.1", upgrade_at=datetime(1900, 1, 1)), "updates.upgrade_at"),  # noqa: DTZ001
        (UpdatesTable(available="22.1", upgrade_at=START.astimezone()), "updates.upgrade_at"),
    ],
)
def test_an_update_that_cannot_be_is_named(table: UpdatesTable, key: str) -> None:
    with pytest.raises(EmulatorError, match=f"^home.toml: {key}: "):
        checked(msgspec.structs.replace(Home(), updates=table), "home.toml")
