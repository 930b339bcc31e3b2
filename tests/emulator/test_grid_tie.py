"""Outages, islands, curtailment by frequency, darkness and starting again; S055–S058, E010, E016, E109."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from tests.conftest import FIRMWARES, MakeDevice

from forebay.emulator import readings
from forebay.emulator.device import Device
from forebay.emulator.home import Grid, Home
from forebay.emulator.resources import RESOURCES
from forebay.wire import alerts, catalogue
from forebay.wire.endpoint import Endpoint
from forebay.wire.installation import OffGrid
from forebay.wire.system import GridState

MakeGateway = Callable[..., Any]
DARK_START = "2026-06-22T04:00:00"  # nine in the evening at the home


def ask(device: Device, row: Endpoint[Any, Any], body: Any = None) -> Any:
    return RESOURCES[row](device, body, {})


def live(device: Device, seconds: float) -> None:
    device.clock.jump(seconds)
    device.catch_up()


def states(device: Device, seconds: float, step_s: float = 0.5) -> list[str]:
    """Return the states that the gateway tells, each once, over some time."""
    told = [str(ask(device, catalogue.GRID_STATUS).grid_status)]
    for _ in range(round(seconds / step_s)):
        live(device, step_s)
        now = str(ask(device, catalogue.GRID_STATUS).grid_status)
        if now != told[-1]:
            told.append(now)
    return told


def over_frequencies(device: Device) -> int:
    faults = ask(device, catalogue.GRID_FAULTS)
    return sum(fault.alert_name == "PINV_a007_vfCheckOverFrequency" for fault in faults)


def solar_limit_w(device: Device) -> float:
    limit_w: float = ask(device, catalogue.SYSTEM_STATUS).solar_real_power_limit
    return limit_w


@pytest.mark.parametrize("firmware", FIRMWARES)
def test_an_outage_and_its_end_go_through_their_states(make_device: MakeDevice, firmware: str) -> None:
    """S056, S057, S058."""
    device = make_device(firmware)
    device.set_grid(False)
    out = states(device, 5)
    device.set_grid(True)
    back = states(device, 65)

    assert out == ["SystemTransitionToIsland", "SystemIslandedActive"]
    assert back == ["SystemTransitionToGrid", "SystemGridConnected"]


def test_the_times_of_the_transitions_are_settings(make_device: MakeDevice) -> None:
    home = msgspec.structs.replace(Home(), grid=Grid(island_s=30, reconnect_s=300, leave_s=3, rejoin_s=4))
    device = make_device(home=home)
    device.set_grid(False)
    assert states(device, 29.5) == ["SystemTransitionToIsland"]
    assert states(device, 0.5) == ["SystemTransitionToIsland", "SystemIslandedActive"]
    device.set_grid(True)
    assert states(device, 299.5) == ["SystemTransitionToGrid"]
    assert states(device, 0.5) == ["SystemTransitionToGrid", "SystemGridConnected"]
    device.leave_grid()
    assert states(device, 3) == ["SystemTransitionToIsland", "SystemIslandedReady", "SystemIslandedActive"]
    device.rejoin_grid()
    assert states(device, 4) == ["SystemTransitionToGrid", "SystemGridConnected"]


def test_an_island_made_on_purpose_is_up_within_twenty_seconds_and_back_as_fast(make_device: MakeDevice) -> None:
    device = make_device()
    device.leave_grid()
    out = states(device, 20)
    shown = ask(device, catalogue.SYSTEM_STATUS)
    faults = ask(device, catalogue.GRID_FAULTS)
    device.rejoin_grid()
    back = states(device, 20)

    assert out == ["SystemTransitionToIsland", "SystemIslandedReady", "SystemIslandedActive"]
    assert back == ["SystemTransitionToGrid", "SystemGridConnected"]
    assert str(shown.system_island_state) == "SystemIslandedActive"
    assert {block.pinv_state for block in shown.battery_blocks} == {"PINV_GridForming"}
    assert all(block.off_grid for block in shown.battery_blocks)
    assert faults == []


def test_an_island_made_on_purpose_that_runs_empty_goes_back_to_the_grid(make_device: MakeDevice) -> None:
    """The mode is called intentional_reconnect_failsafe."""
    device = make_device(start=DARK_START)
    device.leave_grid()
    live(device, 10)
    device.set_load_w(3_000)
    device.set_charge_pct(5.3)
    live(device, 120)

    assert device.grid_state is GridState.CONNECTED
    assert not device.tie.off_grid_wanted
    assert device.power.flows.load_w > 2_900


def test_an_outage_during_an_island_on_purpose_keeps_the_house_alone_until_the_grid_is_back(
    make_device: MakeDevice,
) -> None:
    device = make_device()
    device.leave_grid()
    live(device, 10)
    device.set_grid(False)
    device.rejoin_grid()
    live(device, 60)
    told = [device.grid_state]
    device.set_grid(True)
    live(device, 61)
    told.append(device.grid_state)

    assert told == [GridState.ISLANDED, GridState.CONNECTED]


def test_a_site_without_a_grid_is_an_island_for_good(make_device: MakeDevice) -> None:
    """E109."""
    device = make_device()
    ask(device, catalogue.SET_OFF_GRID, OffGrid(offgrid=True))
    live(device, 3_600)
    told = [device.grid_state]
    device.set_grid(False)
    device.set_grid(True)
    live(device, 120)
    told.append(device.grid_state)
    assert ask(device, catalogue.GRID_FAULTS) == []
    ask(device, catalogue.SET_OFF_GRID, OffGrid(offgrid=False))
    live(device, 61)
    told.append(device.grid_state)

    assert told == [GridState.ISLANDED, GridState.ISLANDED, GridState.CONNECTED]


def test_a_home_without_a_grid_lives_alone_from_its_first_instant(make_device: MakeDevice) -> None:
    """E109, by HOME.toml."""
    device = make_device(home=msgspec.structs.replace(Home(), grid=Grid(present=False)))
    seen = [(device.islanded, device.grid_up, device.power.flows.site_w)]
    device.set_grid(False)
    device.set_grid(True)
    live(device, 7 * 86_400)
    seen.append((device.islanded, device.grid_up, device.power.flows.site_w))

    assert seen == [(True, False, 0), (True, False, 0)]
    assert device.power.counters.site_imported == pytest.approx(make_device().power.counters.site_imported)


def test_a_dark_island_sleeps_and_spends_nothing(make_device: MakeDevice) -> None:
    device = make_device(start=DARK_START)
    device.set_charge_pct(4)
    device.set_grid(False)
    live(device, 60)
    before_wh = device.power.energy_wh
    live(device, 6 * 3_600)

    assert device.power.dark
    assert device.power.energy_wh == before_wh


def test_a_full_island_raises_its_frequency_until_the_sun_fits(make_device: MakeDevice) -> None:
    device = make_device()
    device.set_charge_pct(100)
    device.set_solar_w(6_000)
    device.set_load_w(1_500)
    before, limits = readings.take(device), [solar_limit_w(device)]
    device.set_grid(False)
    live(device, 10)
    full = readings.take(device)
    limits.append(solar_limit_w(device))
    device.set_load_w(7_000)
    live(device, 10)
    hungry = readings.take(device)
    limits.append(solar_limit_w(device))

    share = full.solar.power_w / 6_000
    assert before.packs[0].frequency_hz == pytest.approx(60, abs=0.05)
    assert full.packs[0].frequency_hz == pytest.approx(60.5 + (1 - share) * 2, abs=0.02)
    assert full.solar.power_w == pytest.approx(1_500, abs=60)
    assert hungry.packs[0].frequency_hz == pytest.approx(60, abs=0.02)
    assert hungry.solar.power_w == pytest.approx(6_000, abs=1)
    assert limits == [-1, pytest.approx(full.solar.power_w, abs=1), -1]


def test_the_frequency_of_a_full_island_shows_in_the_meters_of_1_40(make_device: MakeDevice) -> None:
    device = make_device("1.40.2")
    device.set_charge_pct(100)
    device.set_solar_w(6_000)
    device.set_load_w(500)
    device.set_grid(False)
    live(device, 10)
    told = ask(device, catalogue.AGGREGATES)

    assert told.solar.frequency > 62
    assert told.load.frequency > 62
    assert told.solar.instant_power < 600


def test_a_house_in_the_dark_has_neither_frequency_nor_voltage(make_device: MakeDevice) -> None:
    device = make_device(start=DARK_START)
    device.set_charge_pct(1)
    device.set_grid(False)
    live(device, 10)
    now, told = readings.take(device), ask(device, catalogue.AGGREGATES)

    assert device.power.dark
    assert {(pack.frequency_hz, pack.voltage_v) for pack in now.packs} == {(0.0, 0.0)}
    assert [told.load.instant_average_voltage, told.battery.instant_average_voltage, *now.phase_v] == [0.0] * 4
    assert min(now.grid_phase_v) > 100  # what the utility will bring


def test_grid_faults_grow_with_each_outage_and_are_gone_after_a_day(make_device: MakeDevice) -> None:
    """E016, S091: one alert of each Powerwall for each outage."""
    device = make_device()
    lengths = [len(ask(device, catalogue.GRID_FAULTS))]
    for _ in range(3):
        device.set_grid(False)
        live(device, 120)
        device.set_grid(True)
        live(device, 120)
        lengths.append(len(ask(device, catalogue.GRID_FAULTS)))
    live(device, 86_400)

    assert lengths == [0, 2, 4, 6]
    assert ask(device, catalogue.GRID_FAULTS) == []


def test_a_fault_tells_the_same_in_both_of_its_forms(make_device: MakeDevice) -> None:
    """F06, F09, F10."""
    device = make_device()
    began_ms = int(device.now_s * 1000)
    device.set_grid(False)
    (fault, _) = ask(device, catalogue.GRID_FAULTS)
    told = {member["name"]: member["value"] for member in json.loads(fault.decoded_alert)}

    assert fault.timestamp == began_ms
    assert told["PINV_alertID"] == fault.alert_name == "PINV_a006_vfCheckUnderFrequency"
    assert 56 < told["PINV_a006_frequency"] < 58
    assert fault.alert_raw == alerts.raw(fault.alert_name, told["PINV_a006_frequency"])
    assert fault.alert_raw > 2**53


@pytest.mark.parametrize(
    ("name", "frequency_hz", "raw"),
    [
        ("PINV_a006_vfCheckUnderFrequency", 57.207, 432406325129904128),
        ("PINV_a007_vfCheckOverFrequency", 60.937, 504624507995029504),
    ],
)
def test_the_raw_form_is_that_of_captured_alerts(name: str, frequency_hz: float, raw: int) -> None:
    assert alerts.raw(name, frequency_hz) == raw


def test_an_alert_of_another_form_is_named() -> None:
    with pytest.raises(ValueError, match="SYNC_a001"):
        alerts.raw("SYNC_a001_SW_App_Boot", 60)


def test_holding_the_sun_back_is_told_once_for_each_time(make_device: MakeDevice) -> None:
    device = make_device()
    device.set_charge_pct(100)
    device.set_solar_w(6_000)
    device.set_load_w(500)
    device.set_grid(False)
    live(device, 600)
    counts = [over_frequencies(device)]
    for load_w in (7_000, 500, 7_000, 500):
        device.set_load_w(load_w)
        live(device, 60)
        counts.append(over_frequencies(device))
    device.set_load_w(7_000)
    live(device, 660)
    device.set_load_w(500)
    device.set_charge_pct(100)
    live(device, 60)

    assert counts == [1, 1, 1, 1, 1]
    assert over_frequencies(device) == 2


def test_an_island_keeps_its_last_five_percent_and_goes_dark(make_device: MakeDevice) -> None:
    device = make_device(start=DARK_START)
    device.set_charge_pct(8)
    device.set_load_w(2_000)
    device.set_solar_w(0)
    device.set_grid(False)
    live(device, 3_000)

    assert device.power.dark
    assert device.power.level == pytest.approx(0.05, abs=0.003)
    assert device.grid_state is GridState.FAULTED


def test_a_dark_island_tries_each_hour_of_the_day_and_starts_when_the_sun_is_back(make_device: MakeDevice) -> None:
    device = make_device(start=DARK_START)
    device.set_charge_pct(6)
    device.set_load_w(600)
    device.set_grid(False)
    live(device, 3_600)
    assert device.power.dark
    seen: list[tuple[int, str]] = []
    for _ in range(16 * 12):
        live(device, 300)
        state = str(device.grid_state)
        if not seen or seen[-1][1] != state:
            seen.append((device.world.local(device.now_s).hour, state))

    assert seen[0][1] == "SystemMicroGridFaulted"
    assert seen[-1][1] == "SystemIslandedActive"
    assert device.tie.tries >= 2
    assert 7 <= seen[-1][0] <= 11
    assert device.power.level > 0.05
    assert device.power.flows.load_w == pytest.approx(600)


def test_an_attempt_serves_the_house_from_the_margin_and_gives_up_without_sun(make_device: MakeDevice) -> None:
    device = make_device(start="2026-06-22T16:00:00")  # nine in the morning
    device.set_solar_w(0)
    device.set_load_w(900)
    device.set_charge_pct(4)
    device.set_grid(False)
    live(device, 10)
    assert device.power.dark
    live(device, 3_600)
    seen = [(device.grid_state, device.power.flows.load_w)]
    live(device, 300)
    seen.append((device.grid_state, device.power.flows.load_w))

    assert seen == [(GridState.ISLAND_READY, 900), (GridState.FAULTED, 0)]


def test_a_truly_empty_island_waits_for_somebody(make_device: MakeDevice) -> None:
    device = make_device()
    device.set_solar_w(0)
    device.set_charge_pct(0)
    device.set_grid(False)
    live(device, 20_000)
    told = [device.grid_state]
    device.set_charge_pct(50)
    told.append(device.grid_state)

    assert tuple(told) == (GridState.WAITS_FOR_USER, GridState.ISLANDED)


def test_the_return_of_the_grid_lights_a_dark_house(make_device: MakeDevice) -> None:
    device = make_device(start=DARK_START)
    device.set_charge_pct(2)
    device.set_grid(False)
    live(device, 100)
    device.set_grid(True)
    live(device, 61)

    assert (device.grid_state, device.power.dark) == (GridState.CONNECTED, False)
    assert device.power.flows.load_w > 0


@pytest.mark.parametrize("firmware", FIRMWARES)
def test_a_release_tells_only_the_states_that_it_knows(make_device: MakeDevice, firmware: str) -> None:
    device = make_device(firmware, start=DARK_START)
    device.set_charge_pct(2)
    device.set_grid(False)
    live(device, 100)
    told = str(ask(device, catalogue.GRID_STATUS).grid_status)

    assert told == {"1.40.2": "SystemIslandedActive", "21.44": "SystemMicroGridFaulted"}[firmware]


async def test_going_off_grid_over_http_shows_in_the_rows(gateway: MakeGateway) -> None:
    home = gateway("21.44")
    headers = home.token()
    body = b'{"island_mode":"intentional_reconnect_failsafe"}'
    answer = await home.ask("POST", "/api/v2/islanding/mode", headers, body=body)
    home.device.clock.jump(20)
    state = await home.ask("GET", "/api/system_status/grid_status", headers)
    meters = await home.ask("GET", "/api/meters/aggregates", headers)

    assert answer.json == {"island_mode": "intentional_reconnect_failsafe"}
    assert state.json["grid_status"] == "SystemIslandedActive"
    assert meters.json["site"]["instant_power"] == 0
