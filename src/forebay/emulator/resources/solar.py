"""Bodies of the solar inverter's rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from forebay.emulator import readings
from forebay.emulator.device import Device
from forebay.emulator.metering_state import MeteringState
from forebay.emulator.solar_state import SolarState
from forebay.wire import catalogue
from forebay.wire.endpoint import Endpoint
from forebay.wire.model import Accepted
from forebay.wire.solar import (
    PackChoice,
    Power,
    PowerChoice,
    PowerStatus,
    PvacStatus,
    PvsStatus,
    SolarPowerwall,
    StringVitals,
)

Parts = Mapping[str, str]

_DARK_V = 10.3
"""What a string shows at night [V]; from the published example."""
_LIT_V = 290.0
_LIMIT_W = 7_600.0
"""What one inverter may feed [W]."""


def _state(device: Device) -> SolarState:
    return device.area(SolarState)


def strings(device: Device) -> list[StringVitals]:
    """Return the strings of the Powerwalls' inverters, which share what the sun gives by their size."""
    if all(pack.model != "plus" for pack in device.home.packs):
        return []
    solar_w = max(0.0, readings.take(device).solar.power_w)
    whole_w = sum(string.peak_w for string in device.home.solar) or 1.0
    told = []
    for number, string in enumerate(device.home.solar, 1):
        power_w = solar_w * string.peak_w / whole_w
        volts = _LIT_V if power_w > 1 else _DARK_V
        told.append(
            StringVitals(
                string_id=number,
                connected=power_w > 1,
                measured_voltage=volts,
                current=round(power_w / volts, 2) if power_w > 1 else 0.0,
                measured_power=round(power_w, 1) if power_w > 1 else 0.0,
            )
        )
    return told


def solar_powerwall(device: Device, _body: None, _parts: Parts) -> SolarPowerwall:
    """Report strings and state of the inverter within the Powerwall."""
    now, state = readings.take(device), _state(device)
    off = state.is_off(0) or not device.running
    found = strings(device)
    power_w = now.solar.power_w if found and not off else 0.0
    volts, hertz = now.packs[0].voltage_v, now.packs[0].frequency_hz
    return SolarPowerwall(
        pvac_status=PvacStatus(
            state="PVAC_Standby" if off else "PVAC_Active",
            disabled=off,
            disabled_reasons=["PVAC_DisabledByUser"] if off else [],
            grid_state="Grid_Uncompliant" if device.islanded else "Grid_Compliant",
            inv_state="INV_Standby" if off else "INV_Grid_Connected",
            v_out=volts,
            f_out=hertz,
            p_out=power_w,
            q_out=-10.0 if found and not off else 0.0,
            i_out=round(abs(power_w) / volts, 2) if volts else 0.0,
            string_vitals=found,
        ),
        pvs_status=PvsStatus(
            state="PVS_Idle" if off else "PVS_GridSupporting",
            disabled=off,
            enable_output=not off,
            v_ll=volts,
            self_test_state="PVS_SelfTestOff",
        ),
        pv_power_limit=_LIMIT_W,
        power_status_setpoint=state.setpoints[0],
        pvac_alerts={},
        pvs_alerts={},
    )


def power_status(device: Device, _body: None, _parts: Parts) -> PowerStatus:
    """Report whether every inverter is switched on."""
    on = all(setpoint is Power.ON for setpoint in _state(device).setpoints)
    return PowerStatus(power_status_setpoint=Power.ON if on else Power.OFF)


def power_status_of(device: Device, _body: None, parts: Parts) -> PowerStatus:
    """Report whether the inverter of one Powerwall is switched on."""
    state = _state(device)
    return PowerStatus(power_status_setpoint=state.setpoints[state.counted(parts["n"])])


def set_power(device: Device, body: PowerChoice, _parts: Parts) -> Accepted:
    """Switch the inverter of a Powerwall."""
    state = _state(device)
    state.switch(state.number_of(body), body.pvi_power_status)
    return Accepted()


def reset(device: Device, body: PackChoice, _parts: Parts) -> Accepted:
    """Restart the inverter of a Powerwall."""
    state = _state(device)
    state.restart(state.number_of(body))
    return Accepted()


def reset_all(device: Device, _body: None, _parts: Parts) -> Accepted:
    """Restart every inverter."""
    state = _state(device)
    for number in range(len(state.setpoints)):
        state.restart(number)
    return Accepted()


def reset_one(device: Device, _body: None, parts: Parts) -> Accepted:
    """Restart the inverter of the Powerwall with a number."""
    state = _state(device)
    state.restart(state.counted(parts["t"]))
    return Accepted()


def use_inverter_meter(device: Device, _body: None, _parts: Parts) -> Accepted:
    """Measure the sun by the inverters."""
    device.area(MeteringState).use_inverter_meter(True)
    return Accepted()


RESOURCES: dict[Endpoint[Any, Any], Callable[[Device, Any, Parts], Any]] = {
    catalogue.SOLAR_POWERWALL: solar_powerwall,
    catalogue.PV_POWER: power_status,
    catalogue.PV_POWER_OF: power_status_of,
    catalogue.SET_PV_POWER: set_power,
    catalogue.RESET_PV: reset,
    catalogue.RESET_PV_READ: reset_all,
    catalogue.RESET_PV_OF: reset_one,
    catalogue.USE_INVERTER_METER: use_inverter_meter,
}
"""What answers the rows of the solar inverter."""
