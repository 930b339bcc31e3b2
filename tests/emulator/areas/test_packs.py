"""Islands made on purpose, examinations of the Powerwalls, and the gateway's own setting up."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from tests.conftest import MakeDevice

from forebay.emulator.device import Device
from forebay.emulator.home import Grid, Home
from forebay.emulator.packs_state import AUTOCONFIG_S, DETECTION_S, SCAN_S, UPDATE_S
from forebay.emulator.refusal import Refused
from forebay.emulator.resources import RESOURCES
from forebay.wire import catalogue
from forebay.wire.endpoint import Endpoint, Needs
from forebay.wire.faults import BY_KEY
from forebay.wire.packs import Islanding, IslandMode, PhaseUse, PhaseUses

OFF, ON = Islanding(island_mode=IslandMode.OFF_GRID), Islanding(island_mode=IslandMode.ON_GRID)


def ask(device: Device, row: Endpoint[Any, Any], body: Any = None) -> Any:
    return RESOURCES[row](device, body, {})


def advance(device: Device, seconds: float) -> None:
    device.clock.jump(seconds)
    device.catch_up()


def grid(device: Device) -> str:
    return str(ask(device, catalogue.GRID_STATUS).grid_status)


@pytest.fixture
def device(make_device: MakeDevice) -> Device:
    return make_device("21.44")


def test_an_island_on_purpose_comes_and_goes_within_twenty_seconds(device: Device) -> None:
    assert ask(device, catalogue.ISLANDING, OFF) == OFF
    seen = [grid(device)]
    advance(device, 20)
    seen.append(grid(device))
    site_w = ask(device, catalogue.AGGREGATES).site.instant_power
    assert ask(device, catalogue.ISLANDING, ON) == ON
    seen.append(grid(device))
    advance(device, 20)
    seen.append(grid(device))

    assert seen == ["SystemTransitionToIsland", "SystemIslandedActive", "SystemTransitionToGrid", "SystemGridConnected"]
    assert site_w == 0


def test_an_island_on_purpose_is_no_outage(device: Device) -> None:
    ask(device, catalogue.ISLANDING, OFF)
    advance(device, 20)

    assert device.grid_up
    assert ask(device, catalogue.GRID_FAULTS) == []


def test_an_outage_neither_ends_nor_begins_an_island_made_on_purpose(device: Device) -> None:
    ask(device, catalogue.ISLANDING, OFF)
    advance(device, 20)
    device.set_grid(False)
    device.set_grid(True)
    advance(device, 300)
    assert grid(device) == "SystemIslandedActive"

    device.set_grid(False)
    ask(device, catalogue.ISLANDING, ON)
    advance(device, 300)
    assert grid(device) == "SystemIslandedActive"
    device.set_grid(True)
    advance(device, 300)
    assert grid(device) == "SystemGridConnected"


def test_an_unknown_island_mode_is_refused(device: Device) -> None:
    with pytest.raises(Refused, match="bad_value"):
        ask(device, catalogue.ISLANDING, Islanding(island_mode=IslandMode("moon")))

    assert grid(device) == "SystemGridConnected"


def test_the_status_of_the_packs_needs_a_stopped_house_on_1_x_only() -> None:
    """S134: 409, to the letter."""
    row = catalogue.PACK_STATUS
    fault = BY_KEY[row.refusal]

    assert (row.needs.at((1, 40, 2)), row.needs.at((21, 44, 0))) == (Needs.STOPPED, Needs.ANY)
    assert (fault.status, fault.error, fault.message) == (
        409,
        "Sitemaster is current running",
        "Sitemaster is current running",
    )


@pytest.mark.parametrize("firmware", ["1.40.2", "21.44"])
def test_running_for_commissioning_runs(make_device: MakeDevice, firmware: str) -> None:
    """S148."""
    device = make_device(firmware)
    device.stop(force=True)

    assert ask(device, catalogue.RUN_FOR_COMMISSIONING).running
    assert ask(device, catalogue.SITEMASTER).running


@pytest.mark.parametrize(
    ("row", "flag", "lasts_s", "words"),
    [
        (catalogue.SCAN_PACKS, "enumerating", SCAN_S, "Enumeration in progress"),
        (catalogue.UPDATE_PACKS, "updating", UPDATE_S, "Block Update in progress"),
        (catalogue.DETECT_PHASES, "running_phase_detection", DETECTION_S, "Yes"),
    ],
)
def test_an_examination_is_told_while_it_lasts(
    device: Device, row: Endpoint[Any, Any], flag: str, lasts_s: float, words: str
) -> None:
    device.set_load_w(0)
    device.set_solar_w(0)
    ask(device, row)
    during = [getattr(ask(device, told), flag) for told in (catalogue.PACK_STATUS, catalogue.POWERWALLS)]
    kept = ask(device, catalogue.SITEMASTER).can_reboot
    advance(device, lasts_s + 1)
    after = [getattr(ask(device, told), flag) for told in (catalogue.PACK_STATUS, catalogue.POWERWALLS)]

    assert (during, after) == ([True, True], [False, False])
    assert (kept, ask(device, catalogue.SITEMASTER).can_reboot) == (words, "Yes")


def test_only_a_home_with_phases_tells_how_they_are_used(make_device: MakeDevice) -> None:
    home = msgspec.structs.replace(Home(), grid=Grid(voltage_v=230.0, frequency_hz=50.0, phases="three"))
    device = make_device("21.44", home=home)
    first = ask(device, catalogue.PHASE_USAGES)
    assert (first.phase2, first.phase3) == (PhaseUse.BACKED_UP, PhaseUse.NOT_BACKED_UP)  # two Powerwalls
    assert min(first.Vl1n, first.Vl2n, first.Vl3n) > 200
    wish = PhaseUses(phase1=PhaseUse.BACKED_UP, phase2=PhaseUse.NOT_BACKED_UP, phase3=PhaseUse.NOT_CONFIGURED)
    ask(device, catalogue.SET_PHASE_USAGES, wish)
    told = ask(device, catalogue.PHASE_USAGES)

    assert told.phase2 is PhaseUse.NOT_BACKED_UP
    assert told.Vl2n == pytest.approx(230, abs=15)
    assert told.Vl3n == 0
    with pytest.raises(Refused, match="no_phases"):
        ask(make_device("21.44"), catalogue.SET_PHASE_USAGES, wish)


@pytest.mark.parametrize(("connected", "end"), [(True, "complete"), (False, "no_internet")])
def test_the_gateway_sets_itself_up(device: Device, connected: bool, end: str) -> None:
    device.set_connected(connected)
    ask(device, catalogue.AUTOCONFIG_RUN)
    begun = ask(device, catalogue.AUTOCONFIG)
    advance(device, AUTOCONFIG_S + 1)
    ended = ask(device, catalogue.AUTOCONFIG)

    assert (str(begun.status), begun.running) == ("starting", True)
    assert (str(ended.status), ended.running, ended.retry_possible) == (end, False, not connected)


def test_setting_up_can_be_cancelled_and_tried_again(device: Device) -> None:
    ask(device, catalogue.AUTOCONFIG_RUN)
    ask(device, catalogue.AUTOCONFIG_CANCEL)
    advance(device, AUTOCONFIG_S + 1)
    cancelled = ask(device, catalogue.AUTOCONFIG)
    ask(device, catalogue.AUTOCONFIG_RETRY)
    advance(device, AUTOCONFIG_S + 1)

    assert (str(cancelled.status), cancelled.retry_possible) == ("cancelled", True)
    assert str(ask(device, catalogue.AUTOCONFIG).status) == "complete"


def test_no_powerwall_has_an_inverter_of_its_own(device: Device) -> None:
    assert ask(device, catalogue.PACKAGE_NUMBERS).pvi_sub_package_numbers == [None] * len(device.home.packs)
