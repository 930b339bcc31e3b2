"""The firmware update: seven states, three reasons, and a battery that stops for fifteen minutes."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from tests.conftest import MakeDevice

from forebay.emulator.device import Device
from forebay.emulator.home import UpdatesTable
from forebay.emulator.refusal import Refused
from forebay.emulator.resources import RESOURCES
from forebay.emulator.updates_state import UpdatesState
from forebay.emulator.verb_kinds import BadRequest
from forebay.emulator.verbs import VERBS
from forebay.wire import catalogue, gotime
from forebay.wire.endpoint import Endpoint

_TIMES = UpdatesTable()
CHECK_S, DOWNLOAD_S, STAGE_S = _TIMES.check_s, _TIMES.download_s, _TIMES.stage_s
INSTALL_S, RESTART_S = _TIMES.install_s, _TIMES.restart_s

(OFFER,) = [verb for verb in VERBS if verb.path == "/update"]


def ask(device: Device, row: Endpoint[Any, Any]) -> Any:
    return RESOURCES[row](device, None, {})


def advance(device: Device, seconds: float) -> None:
    device.clock.jump(seconds)
    device.catch_up()


def status(device: Device) -> tuple[str, list[str]]:
    told = ask(device, catalogue.UPDATE_STATUS)
    return str(told.state), told.info.status


@pytest.fixture
def device(make_device: MakeDevice) -> Device:
    return make_device("21.44")


@pytest.mark.parametrize(("firmware", "state"), [("1.40.2", "/update_failed"), ("21.44", "/update_succeeded")])
def test_at_rest_there_is_nothing_to_do(make_device: MakeDevice, firmware: str, state: str) -> None:
    """S060, S061, S072."""
    assert status(make_device(firmware)) == (state, ["nonactionable"])


def test_the_clock_of_the_status_is_true_time_in_milliseconds(device: Device) -> None:
    """S062."""
    assert ask(device, catalogue.UPDATE_STATUS).current_time == int(device.now_s * 1000)


def test_a_check_without_anything_new_fails_with_nothing_to_do(device: Device) -> None:
    """S063, S065."""
    ask(device, catalogue.CHECK_UPDATE)
    begun = status(device)
    advance(device, CHECK_S)

    assert begun == ("/clear_update_status", [])
    assert status(device) == ("/update_failed", ["nonactionable"])


def test_a_check_without_a_way_to_the_maker_is_an_error(device: Device) -> None:
    """S071."""
    device.set_connected(False)
    ask(device, catalogue.CHECK_UPDATE)
    advance(device, CHECK_S)

    assert status(device) == ("/update_failed", ["error"])
    with pytest.raises(Refused, match="busy"):
        ask(device, catalogue.UPDATE_URGENCY)


def test_a_check_during_an_outage_is_ignored(device: Device) -> None:
    """S070."""
    device.set_grid(False)
    ask(device, catalogue.CHECK_UPDATE)
    advance(device, CHECK_S)

    assert status(device) == ("/update_failed", ["ignoring"])


def test_an_update_goes_through_its_states_and_stops_the_battery_for_fifteen_minutes(device: Device) -> None:
    """S064, S066, S067, S068, S069."""
    OFFER.act(device, {"available": "22.1.1"})
    assert str(ask(device, catalogue.UPDATE_URGENCY).urgency) == "FIRMWARE_UPDATE_URGENCY_OPTIONAL"
    ask(device, catalogue.CHECK_UPDATE)
    advance(device, CHECK_S)
    loading = ask(device, catalogue.UPDATE_STATUS)
    assert str(loading.state) == "/download"
    assert loading.estimated_bytes_per_second > 0
    assert loading.start_time == int(device.now_s * 1000)
    ask(device, catalogue.CHECK_UPDATE)
    assert status(device) == ("/download", ["ignoring"])
    advance(device, DOWNLOAD_S)
    assert status(device)[0] == "/update_downloaded"

    ask(device, catalogue.INSTALL_UPDATE)
    assert status(device)[0] == "/update_staged"
    assert ask(device, catalogue.SITEMASTER).running
    advance(device, STAGE_S)
    assert not ask(device, catalogue.SITEMASTER).running
    with pytest.raises(Refused, match="busy"):
        device.run()
    advance(device, INSTALL_S - 1)
    assert (device.running, ask(device, catalogue.STATUS).version[:5]) == (False, "21.44")
    advance(device, 1)
    assert ask(device, catalogue.SITEMASTER).running
    assert status(device)[0] == "/update_unknown"
    advance(device, RESTART_S)

    assert status(device) == ("/update_succeeded", ["nonactionable"])
    told = ask(device, catalogue.STATUS)
    assert told.version.startswith("22.1.1 ")
    assert 0 < gotime.seconds(told.up_time_seconds) <= RESTART_S
    assert str(ask(device, catalogue.UPDATE_URGENCY).urgency) == "FIRMWARE_UPDATE_URGENCY_NONE"


def test_installing_fetches_first_what_was_not_downloaded(device: Device) -> None:
    OFFER.act(device, {"available": "22.1.1"})
    ask(device, catalogue.INSTALL_UPDATE)
    advance(device, CHECK_S + DOWNLOAD_S + STAGE_S + INSTALL_S + RESTART_S)

    assert device.home.gateway.firmware == "22.1.1"


def test_a_gateway_upgrades_itself_at_the_hour_it_was_told(device: Device) -> None:
    """S075: also when nobody asks meanwhile, and by whole minutes."""
    OFFER.act(device, {"available": "22.1.1", "upgrade_after_s": 7200})
    advance(device, 7200 + CHECK_S + DOWNLOAD_S + STAGE_S)
    assert not device.running

    advance(device, 6 * 3600)
    assert (device.running, device.home.gateway.firmware) == (True, "22.1.1")


def test_a_gateway_that_nobody_tells_upgrades_itself_at_night(device: Device) -> None:
    """S075."""
    OFFER.act(device, {"available": "22.1.1", "upgrade_after_s": None})
    stopped_at = None
    for _ in range(24 * 12):
        advance(device, 300)
        if not device.running:
            stopped_at = stopped_at or device.now.astimezone(device.home.zone)
    assert stopped_at is not None

    assert timedelta(hours=1) <= timedelta(hours=stopped_at.hour, minutes=stopped_at.minute) <= timedelta(hours=5.2)
    assert device.home.gateway.firmware == "22.1.1"


def test_an_update_that_lost_its_way_to_the_maker_is_an_error(device: Device) -> None:
    OFFER.act(device, {"available": "22.1.1"})
    ask(device, catalogue.CHECK_UPDATE)
    advance(device, CHECK_S + 1)
    device.set_connected(False)
    advance(device, DOWNLOAD_S)

    assert status(device) == ("/update_failed", ["error"])


@pytest.mark.parametrize("version", ["moon", "1.2"])
def test_a_version_that_is_none_is_not_offered(device: Device, version: str) -> None:
    with pytest.raises(BadRequest, match="available"):
        OFFER.act(device, {"available": version})

    assert device.area(UpdatesState).newer is None


def test_an_older_version_is_nothing_new(device: Device) -> None:
    OFFER.act(device, {"available": "20.49"})
    ask(device, catalogue.CHECK_UPDATE)
    advance(device, CHECK_S)

    assert status(device) == ("/update_failed", ["nonactionable"])
