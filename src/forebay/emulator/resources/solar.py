"""Bodies of the solar inverter's rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from forebay.emulator import readings
from forebay.emulator.alerts import SOLAR_ALERTS, solar_alerts
from forebay.emulator.device import Device
from forebay.emulator.metering_state import MeteringState
from forebay.emulator.resources.system import compliance
from forebay.emulator.roof import INVERTER_W, InverterShown, inverters
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


def _state(device: Device) -> SolarState:
    return device.area(SolarState)


def strings(shown: tuple[InverterShown, ...]) -> list[StringVitals]:
    """Return the inputs of all inverters, counted on from the first one's."""
    inputs = [string for inverter in shown for string in inverter.strings]
    return [
        StringVitals(
            string_id=number,
            connected=string.is_connected,
            measured_voltage=string.voltage_v,
            current=string.current_a,
            measured_power=float(string.power_w),
        )
        for number, string in enumerate(inputs, 1)
    ]


def solar_powerwall(device: Device, _body: None, _parts: Parts) -> SolarPowerwall:
    """Report strings and state of the inverters within the Powerwalls, the strings of all of them together."""
    now, state, shown = readings.take(device), _state(device), inverters(device)
    off = all(inverter.is_off for inverter in shown) if shown else state.is_off(0)
    off = off or not device.running
    power_w = float(sum(inverter.power_w for inverter in shown)) if not off else 0.0
    pack = now.active_packs[0] if now.active_packs else now.packs[0]
    volts, hertz = (0.0, 0.0) if device.power.dark else (pack.voltage_v, pack.frequency_hz)
    return SolarPowerwall(
        pvac_status=PvacStatus(
            state="PVAC_Standby" if off else "PVAC_Active",
            disabled=off,
            disabled_reasons=["PVAC_DisabledByUser"] if off else [],
            grid_state=compliance(device),
            inv_state="INV_Standby" if off else "INV_Grid_Connected",
            v_out=volts,
            f_out=hertz,
            p_out=power_w,
            q_out=-10.0 if shown and not off else 0.0,
            i_out=round(abs(power_w) / volts, 2) if volts else 0.0,
            string_vitals=strings(shown),
        ),
        pvs_status=PvsStatus(
            state="PVS_Idle" if off else "PVS_GridSupporting",
            disabled=off,
            enable_output=not off,
            v_ll=volts,
            self_test_state="PVS_SelfTestOff",
        ),
        pv_power_limit=float(INVERTER_W * max(1, len(shown))),
        power_status_setpoint=state.setpoints[0],
        pvac_alerts=_alerts(device, shown, "PVAC"),
        pvs_alerts=_alerts(device, shown, "PVS"),
    )


def _alerts(device: Device, shown: tuple[InverterShown, ...], kind: str) -> dict[str, Any]:
    """Return whether each known alert is raised by any inverter."""
    raised = {name for inverter in shown for name in solar_alerts(device, inverter, kind)}
    return {row.name: row.name in raised for row in SOLAR_ALERTS if row.kind == kind}


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
