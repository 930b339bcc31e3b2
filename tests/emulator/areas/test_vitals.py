"""Vitals of homes of every kind agree with what the other rows tell at the same instant."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.emulator.houses import KINDS, PHASE_KINDS, Kind, PhaseKind, ask, flow, home, made
from tests.emulator.test_laws import build

from forebay.emulator import alerts
from forebay.emulator.device import Device
from forebay.emulator.home import Home, PackTable, SolarString
from forebay.emulator.resources.vitals import devices
from forebay.wire import catalogue, vitals
from forebay.wire.solar import Power, PowerChoice
from forebay.wire.vitals import VitalsDevice

ROOF = tuple(
    SolarString(peak_w=peak_w, facing_deg=facing)
    for peak_w, facing in ((4_000, 180), (3_000, 90), (2_500, 270), (2_500, 265), (1_800, 180))
)
TWO_INVERTERS = Home(
    packs=(PackTable(model="plus"), PackTable(charge_pct=70), PackTable(model="plus", charge_pct=30)), solar=ROOF
)


def told(device: Device) -> dict[str, list[VitalsDevice]]:
    """What comes over the wire, by kind."""
    found: dict[str, list[VitalsDevice]] = {}
    for one in vitals.decode(ask(device, catalogue.VITALS)):
        found.setdefault(one.kind, []).append(one)
    return found


def raised(device: Device) -> set[str]:
    return {alert for of_kind in told(device).values() for one in of_kind for alert in one.alerts}


def number(one: VitalsDevice, name: str) -> float:
    value = one.vitals[name]
    assert isinstance(value, float)
    return value


@settings(max_examples=60)
@given(
    st.sampled_from(KINDS),
    st.sampled_from(PHASE_KINDS),
    st.floats(0, 20_000),
    st.floats(0, 9_000),
    st.floats(0, 100),
    st.booleans(),
    st.booleans(),
)
def test_vitals_agree_with_aggregates_and_charge(
    kind: Kind, phases: PhaseKind, load_w: float, solar_w: float, charge_pct: float, grid_up: bool, disabled: bool
) -> None:
    """E064: METER_X and METER_Y, TEPINV, TEPOD, PVAC, PVS, TESYNC."""
    device = made(kind, phases)
    device.set_charge_pct(charge_pct)
    device.set_pack_enabled(1, not disabled)
    flow(device, load_w, solar_w)
    device.set_grid(grid_up)
    device.clock.jump(3)
    device.catch_up()
    found, now = told(device), ask(device, catalogue.AGGREGATES)
    (sync,) = found["TESYNC"]

    inverted = [number(one, "PINV_Pout") * 1000 for one in found["TEPINV"]]
    assert sum(inverted) == pytest.approx(now.battery.instant_power, abs=1e-6)
    if disabled:
        assert inverted[1] == 0
    pods = found["TEPOD"][:1] if disabled else found["TEPOD"]
    energy, full = (
        sum(number(one, f"POD_nom_{name}") for one in pods) for name in ("energy_remaining", "full_pack_energy")
    )
    assert 100 * energy / full == pytest.approx(ask(device, catalogue.STATE_OF_ENERGY).percentage.value, rel=1e-12)
    system = ask(device, catalogue.SYSTEM_STATUS)
    assert (system.nominal_energy_remaining, system.nominal_full_pack_energy) == (energy, full)
    if kind != "neurio":
        site = sum(number(sync, f"METER_X_CT{letter}_InstRealPower") for letter in "ABC")
        generator_w = ask(device, catalogue.AGGREGATES).generator.instant_power
        own_w = generator_w / 2 if phases == "split" else generator_w if phases == "single" else 0.0
        assert site == pytest.approx(now.site.instant_power + own_w, abs=1)  # the generator's clamp is one of these
        solar = sum(number(sync, f"METER_Y_CT{letter}_InstRealPower") for letter in "ABC")
        scale = 2 if phases == "split" else 1
        assert solar * scale == (0 if kind == "pvac" else now.solar.instant_power)
    for one in found.get("PVAC", []):
        (strings,) = [pvs for pvs in found["PVS"] if pvs.parent_din == one.din]
        powers = [number(one, f"PVAC_PVMeasuredPower_{letter}") for letter in "ABCD"]
        assert sum(powers) == number(one, "PVAC_Pout") == now.solar.instant_power
        for letter, power_w in zip("ABCD", powers, strict=True):
            volts, amps = (number(one, f"PVAC_PV{name}_{letter}") for name in ("MeasuredVoltage", "Current"))
            assert volts * amps == pytest.approx(power_w, abs=0.006 * volts + 0.1) or volts < 11
            assert strings.vitals[f"PVS_String{letter}_Connected"] or power_w == 0
    assert sync.vitals["ISLAND_GridConnected"] is (not device.islanded) is (now.site.instant_power != 0 or grid_up)
    wired = {"split": 2, "single": 1, "three": 3}[phases]
    for phase in (1, 2, 3):
        assert (number(sync, f"ISLAND_VL{phase}N_Main") > 0) == (phase <= wired and grid_up)
        assert (number(sync, f"METER_X_VL{phase}N") > 0) == (phase <= wired)


def test_every_device_has_its_parent_and_its_own_name() -> None:
    device = build("21.44", 3, 19, TWO_INVERTERS)
    found = devices(device)
    names = [one.din for one in found]

    assert len(set(names)) == len(names)
    assert {one.parent_din for one in found} <= {*names, ""}
    assert [one.kind for one in found if not one.parent_din] == ["STSTSM"]
    kinds = {kind: sum(one.kind == kind for one in found) for kind in {one.kind for one in found}}
    assert kinds == {
        "STSTSM": 1, "TESYNC": 1, "TETHC": 3, "TEPOD": 3, "TEPINV": 3, "PVAC": 2, "PVS": 2, "TESLA": 3,
    }  # fmt: skip


def test_two_inverters_share_five_strings() -> None:
    device = build("21.44", 3, 19, TWO_INVERTERS)
    found = told(device)
    solar_w = ask(device, catalogue.AGGREGATES).solar.instant_power
    first, second = found["PVAC"]
    connected = [[pvs.vitals[f"PVS_String{letter}_Connected"] for letter in "ABCD"] for pvs in found["PVS"]]

    assert solar_w > 3_000
    assert number(first, "PVAC_Pout") + number(second, "PVAC_Pout") == solar_w
    assert connected == [[True] * 4, [True, False, False, False]]
    assert number(second, "PVAC_PVMeasuredVoltage_B") == -2.5  # as captured of an input without a string
    east, west = (number(first, f"PVAC_PVMeasuredPower_{letter}") for letter in "BC")
    assert east / 3_000 > west / 2_500  # it is noon in California by summer time: the sun stands in the east still


def test_a_string_that_fails_gives_nothing_and_is_told() -> None:
    device = build("21.44", 3, 19, TWO_INVERTERS)
    before_w = ask(device, catalogue.AGGREGATES).solar.instant_power
    lost_w = number(told(device)["PVAC"][0], "PVAC_PVMeasuredPower_A")
    device.world.set_strings_out({0})
    device.settle()
    pvac, pvs = told(device)["PVAC"][0], told(device)["PVS"][0]

    assert ask(device, catalogue.AGGREGATES).solar.instant_power == pytest.approx(before_w - lost_w, abs=2)
    assert (number(pvac, "PVAC_PVMeasuredPower_A"), pvs.vitals["PVS_StringA_Connected"]) == (0, False)
    assert "PVS_a017_MciStringA" in pvs.alerts
    told_too = ask(device, catalogue.SOLAR_POWERWALL)
    assert told_too.pvs_alerts["PVS_a017_MciStringA"] is True
    assert told_too.pvac_status.string_vitals[0].connected is False


def test_an_inverter_that_is_switched_off_feeds_nothing() -> None:
    """E098."""
    device = build("21.44", 3, 19, TWO_INVERTERS)
    before_w = ask(device, catalogue.AGGREGATES).solar.instant_power
    first_w = number(told(device)["PVAC"][0], "PVAC_Pout")
    din = told(device)["TETHC"][0].din.removeprefix("TETHC--")
    ask(device, catalogue.SET_PV_POWER, PowerChoice(battery_din=din, pvi_power_status=Power.OFF))
    pvac = told(device)["PVAC"][0]

    assert ask(device, catalogue.AGGREGATES).solar.instant_power == pytest.approx(before_w - first_w, abs=2)
    assert (pvac.vitals["PVI-PowerStatusSetpoint"], pvac.vitals["PVAC_State"]) == ("off", "PVAC_Standby")
    assert "PVAC_a014_PVS_disabled_relay" in pvac.alerts
    ask(device, catalogue.SET_PV_POWER, PowerChoice(battery_din=din, pvi_power_status=Power.ON))
    assert ask(device, catalogue.AGGREGATES).solar.instant_power == pytest.approx(before_w, abs=2)


@pytest.mark.parametrize("hour", [7, 19])
def test_solar_powerwall_tells_what_the_vitals_tell(hour: int) -> None:
    """E110: by night and by day."""
    device = build("23.44", 3, hour, TWO_INVERTERS)
    body = ask(device, catalogue.SOLAR_POWERWALL)
    solar_w = ask(device, catalogue.AGGREGATES).solar.instant_power

    assert body.pvac_status.p_out == solar_w
    given_w = sum(string.measured_power for string in body.pvac_status.string_vitals)
    assert given_w == max(0, solar_w)
    assert len(body.pvac_status.string_vitals) == 8


def test_a_neurio_tells_of_each_clamp() -> None:
    device = made("neurio", "split", generator=False)
    flow(device, 6_000, 2_000)
    (neurio,) = told(device)["NEURIO"]

    assert neurio.vitals["NEURIO_CT3_Location"] == "solar"
    assert number(neurio, "NEURIO_CT3_InstRealPower") == pytest.approx(2_000, abs=0.01)
    assert neurio.meter_location == (1, 4)
    assert "TESLA" not in told(device)


@pytest.mark.evidence
def test_names_and_kinds_are_those_of_the_captured_reply(evidence: Path) -> None:
    """PVAC, PVS and NEURIO too."""
    captured = json.loads((evidence / "other" / "api-devices-vitals.json").read_text())
    facts = {"Parent", "firmwareVersion", "lastCommunicationTime", "manufacturer", "partNumber", "serialNumber"}
    known: dict[str, dict[str, str]] = {}
    for din, values in captured.items():
        said = {name: type(value).__name__ for name, value in values.items() if name not in facts}
        known.setdefault(din.partition("--")[0], {}).update(said)
    for home_, phases in ((TWO_INVERTERS, "split"), (home("neurio", "three"), "three")):
        for one in devices(build("21.44", 1, 19, home_)):
            said = {name: type(value).__name__ for name, value in one.vitals.items()}
            if one.kind == "NEURIO":
                said = {name: kind for name, kind in said.items() if name.startswith("NEURIO_CT0")}
            assert list(said.items()) == sorted(said.items()) or one.kind not in {"PVAC", "PVS"}
            assert said == known[one.kind], (one.kind, phases)


# -- alerts --------------------------------------------------------------------


def house(**changes: object) -> Device:
    return build("21.44", 3, 19, msgspec.structs.replace(TWO_INVERTERS, **changes))


def test_an_outage_raises_its_alerts_and_ends_them() -> None:
    device = house()
    assert {"SystemConnectedToGrid"} <= raised(device)
    device.set_grid(False)
    device.clock.jump(30)
    device.catch_up()
    during = raised(device)
    device.set_grid(True)
    device.clock.jump(1)
    device.catch_up()
    returning = raised(device)
    device.clock.jump(600)
    device.catch_up()
    after = raised(device)

    assert {"GridFaultContactorTrip", "UnscheduledIslandContactorOpen", "SYNC_a038_DoOpenArguments"} <= during
    assert "SystemConnectedToGrid" not in during
    assert "SYNC_a046_DoCloseArguments" in returning
    assert "SystemConnectedToGrid" in after
    assert not {"GridFaultContactorTrip", "SYNC_a038_DoOpenArguments"} & after


def test_an_island_made_on_purpose_is_called_scheduled() -> None:
    device = house()
    device.leave_grid()
    device.clock.jump(60)
    device.catch_up()

    assert "ScheduledIslandContactorOpen" in raised(device)
    assert not {"UnscheduledIslandContactorOpen", "GridFaultContactorTrip"} & raised(device)


def test_full_empty_disabled_and_curtailed_packs_say_so() -> None:
    device = house()
    device.set_charge_pct(100)
    assert {"POD_w110_SW_EOC", "RealPowerAvailableLimited"} <= raised(device)
    device.set_charge_pct(50)
    assert not {"POD_w110_SW_EOC", "RealPowerAvailableLimited", "BatteryFault"} & raised(device)
    device.set_pack_enabled(1, False)
    assert {"BatteryFault", "ExcessiveVoltageDrop", "POD_w024_HW_Fault_Asserted", "THC_w042_POD_MIA"} <= raised(device)
    device.set_pack_enabled(1, True)
    device.set_charge_pct(100)
    device.set_load_w(200)
    device.set_grid(False)
    device.clock.jump(60)
    device.catch_up()
    assert "PVAC_a012_inv_AC_overfrequency" in raised(device)
    assert ask(device, catalogue.AGGREGATES).solar.instant_power == pytest.approx(
        200, abs=100
    )  # the packs take in what they draw themselves


def test_meters_that_are_gone_are_missed() -> None:
    device = made("synchrometer", "split", generator=False)
    assert not {"SiteMeterComms", "SolarMeterComms"} & raised(device)
    for meter in ask(device, catalogue.METERS):
        ask(device, catalogue.REMOVE_THIS_METER, serial=meter.serial)

    assert {"SiteMeterComms", "SolarMeterComms"} <= raised(device)


def test_no_two_rows_have_one_name() -> None:
    names = [row.name for row in (*alerts.SYSTEM_ALERTS, *alerts.SYNC_ALERTS)]
    names += [row.name for row in alerts.PACK_ALERTS] + [row.name for row in alerts.SOLAR_ALERTS]

    assert len(set(names)) == len(names)
