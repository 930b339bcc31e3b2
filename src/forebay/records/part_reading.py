"""What the gateway tells of its parts, from its words into ours: the only crossing between wire models and parts.

What is not told, cannot be measured (a frequency of 0) or is too old is left out, and never 0.
Source of the names: the one published reply of the vitals, and vitals.md.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from forebay.records.parts import PartKey, PartKind, PartReading, Value
from forebay.wire.power import CachedReadings, SiteMeter
from forebay.wire.solar import SolarPowerwall
from forebay.wire.system import BatteryBlock, SystemStatus
from forebay.wire.vitals import VitalsDevice

LETTERS = "ABCD"
"""The strings of an inverter."""
STALE_S = 60
"""A device that was heard so long before the newest one of the same message is not measured now [s]."""
_NO_PHASE = -256.0
"""The angle of a line that is not there; captured."""


@dataclass(frozen=True, slots=True)
class VitalRow:
    """A value of the vitals and the signal that it is.

    device: type of the device that tells it. times: what it is multiplied by.
    """

    device: str
    vital: str
    signal: str
    times: float = 1.0


# fmt: off
PACK_VITALS: tuple[VitalRow, ...] = (
    VitalRow("TEPINV", "PINV_Pout", "power_w", 1000),
    VitalRow("TEPINV", "PINV_Qout", "reactive_power_var", 1000),
    VitalRow("TEPINV", "PINV_Vout", "voltage_v"),
    VitalRow("TEPINV", "PINV_VSplit1", "voltage_l1_v"),
    VitalRow("TEPINV", "PINV_VSplit2", "voltage_l2_v"),
    VitalRow("TEPINV", "PINV_Fout", "frequency_hz"),
    VitalRow("TEPINV", "PINV_EnergyCharged", "charged_wh"),
    VitalRow("TEPINV", "PINV_EnergyDischarged", "discharged_wh"),
    VitalRow("TEPINV", "PINV_State", "state"),
    VitalRow("TEPINV", "PINV_PowerLimiter", "limiter"),
    VitalRow("TEPINV", "PINV_HardwareEnableLine", "enabled"),
    VitalRow("TEPOD", "POD_nom_full_pack_energy", "full_wh"),
    VitalRow("TEPOD", "POD_nom_energy_remaining", "remaining_wh"),
    VitalRow("TEPOD", "POD_available_charge_power", "available_charge_w"),
    VitalRow("TEPOD", "POD_available_dischg_power", "available_discharge_w"),
    VitalRow("TEPOD", "POD_state", "cell_state"),
    VitalRow("TEPOD", "POD_ActiveHeating", "heating"),
    VitalRow("TETHC", "THC_AmbientTemp", "temperature_c"),
    VitalRow("TETHC", "THC_State", "housing_state"),
)
"""A pack is a housing (TETHC) with its cells (TEPOD) and their inverter (TEPINV)."""

INVERTER_VITALS: tuple[VitalRow, ...] = (
    VitalRow("PVAC", "PVAC_Pout", "power_w"),
    VitalRow("PVAC", "PVAC_Qout", "reactive_power_var"),
    VitalRow("PVAC", "PVAC_Vout", "voltage_v"),
    VitalRow("PVAC", "PVAC_Iout", "current_a"),
    VitalRow("PVAC", "PVAC_VL1Ground", "voltage_l1_v"),
    VitalRow("PVAC", "PVAC_VL2Ground", "voltage_l2_v"),
    VitalRow("PVAC", "PVAC_Fout", "frequency_hz"),
    VitalRow("PVAC", "PVAC_LifetimeEnergyPV_Total", "produced_wh"),
    VitalRow("PVAC", "PVAC_Fan_Speed_Actual_RPM", "fan_rpm"),  # unverified: by name from clients, in no published reply
    VitalRow("PVAC", "PVAC_State", "state"),
    VitalRow("PVAC", "PVI-PowerStatusSetpoint", "enabled"),
)

STRING_VITALS: tuple[VitalRow, ...] = (
    VitalRow("PVAC", "PVAC_PVMeasuredPower_{}", "power_w"),
    VitalRow("PVAC", "PVAC_PVMeasuredVoltage_{}", "voltage_v"),
    VitalRow("PVAC", "PVAC_PVCurrent_{}", "current_a"),
    VitalRow("PVAC", "PVAC_PvState_{}", "state"),
    VitalRow("PVS", "PVS_String{}_Connected", "connected"),
)
"""The braces are the letter of the string."""

LINES: tuple[tuple[int, str], ...] = ((1, "A"), (2, "B"), (3, "C"))
"""Number of a line and the letter of its clamp."""
METER_VITALS: tuple[VitalRow, ...] = (
    *(VitalRow("TESYNC", f"METER_{{}}_CT{ct}_InstRealPower", f"power_l{n}_w") for n, ct in LINES),
    *(VitalRow("TESYNC", f"METER_{{}}_CT{ct}_I", f"current_l{n}_a") for n, ct in LINES),
    *(VitalRow("TESYNC", f"METER_{{}}_VL{n}N", f"voltage_l{n}_v") for n, _ in LINES),
    VitalRow("TESYNC", "METER_{}_LifetimeEnergyImport", "imported_wh"),
    VitalRow("TESYNC", "METER_{}_LifetimeEnergyExport", "exported_wh"),
)
"""The braces are X or Y, the two meters within a gateway."""

SWITCH_VITALS: tuple[VitalRow, ...] = (
    *(VitalRow("TESYNC", f"ISLAND_VL{n}N_Load", f"voltage_l{n}_v") for n, _ in LINES),
    *(VitalRow("TESYNC", f"ISLAND_VL{n}N_Main", f"grid_voltage_l{n}_v") for n, _ in LINES),
    VitalRow("TESYNC", "ISLAND_FreqL1_Load", "frequency_hz"),
    VitalRow("TESYNC", "ISLAND_FreqL1_Main", "grid_frequency_hz"),
    VitalRow("TESYNC", "ISLAND_GridState", "state"),
)
"""Both sides of the switch to the grid: the house's and the grid's."""
# fmt: on

_LONGEST = 80
"""How much of a word is kept; the longest known has 27 characters."""
_SWITCHED = {"on": 1, "off": 0}
_CIRCUITS = {"site": "Grid meter", "solar": "Solar meter"}


def _value(signal: str, value: object, times: float = 1.0) -> Value:
    """Return a value of the wire as it is kept; None where it tells nothing."""
    if isinstance(value, str):
        return _SWITCHED.get(value) if signal == "enabled" else value[:_LONGEST] or None
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, int | float) and math.isfinite(value):
        number = round(float(value) * times, 6)  # thousands of a kW are whole W
        return None if signal.endswith("frequency_hz") and not number else number
    return None


def _picked(rows: Iterable[VitalRow], devices: Mapping[str, VitalsDevice], which: str = "") -> dict[str, Value]:
    found: dict[str, Value] = {}
    for row in rows:
        device = devices.get(row.device)
        value = _value(row.signal, device.vitals.get(row.vital.format(which)), row.times) if device else None
        if value is not None:
            found[row.signal] = value
    return found


def _sum_w(values: Mapping[str, Value]) -> dict[str, Value]:
    powers = [v for n, _ in LINES if isinstance(v := values.get(f"power_l{n}_w"), float)]
    return {"power_w": sum(powers)} if powers else {}


def of_vitals(devices: Iterable[VitalsDevice]) -> list[PartReading]:
    """Return the parts of one message. A place to which nothing is connected is marked so."""
    heard = list(devices)
    newest_s = max((device.last_seen_s for device in heard), default=0)
    fresh = [device for device in heard if not device.last_seen_s or newest_s - device.last_seen_s < STALE_S]
    found: list[PartReading] = []
    for device in fresh:
        below = {child.kind: child for child in fresh if child.parent_din == device.din}
        if device.kind == "TETHC":
            key = PartKey(PartKind.PACK, device.serial_number)
            found.append(PartReading(key, _picked(PACK_VITALS, below | {device.kind: device})))
        elif device.kind == "PVAC":
            both = below | {device.kind: device}
            key = PartKey(PartKind.INVERTER, device.serial_number)
            found.append(PartReading(key, _picked(INVERTER_VITALS, both)))
            found += [_string(device.serial_number, letter, _picked(STRING_VITALS, both, letter)) for letter in LETTERS]
        elif device.kind == "TESYNC":
            found += _synchronizer(device)
        elif device.kind == "NEURIO":
            found += _neurio(device)
    return [reading for reading in found if reading.values]


def _string(serial: str, place: str, values: dict[str, Value]) -> PartReading:
    is_there = bool(values.get("connected", 1)) or bool(values.get("power_w"))
    return PartReading(PartKey(PartKind.STRING, serial, place, f"String {place}"), values, is_there)


def _synchronizer(device: VitalsDevice) -> list[PartReading]:
    own, told = {device.kind: device}, device.vitals
    switch = _picked(SWITCH_VITALS, own)
    lines = [n for n, _ in LINES if _is_line(told, n)]
    found = [PartReading(PartKey(PartKind.METER, device.serial_number, "switch", "Grid switch"), _of(lines, switch))]
    for name in "XY":
        values = _of(lines, _picked(METER_VITALS, own, name))
        is_there = any(v for signal, v in values.items() if not signal.startswith("voltage"))
        key = PartKey(PartKind.METER, device.serial_number, name, f"Meter {name}")
        found.append(PartReading(key, values | _sum_w(values), is_there))
    return found


def _is_line(told: Mapping[str, object], n: int) -> bool:
    """Whether the house has this line: the angle of one that is missing is no angle, and nothing is measured on it."""
    names = (f"ISLAND_VL{n}N_Load", f"ISLAND_VL{n}N_Main", f"METER_X_VL{n}N", f"METER_Y_VL{n}N")
    return told.get(f"ISLAND_PhaseL{n}_Main_Load") != _NO_PHASE or any(told.get(name) for name in names)


def _of(lines: list[int], values: dict[str, Value]) -> dict[str, Value]:
    missing = tuple(f"_l{n}_" for n, _ in LINES if n not in lines)
    return {name: value for name, value in values.items() if not any(mark in name for mark in missing)}


def _neurio(device: VitalsDevice) -> list[PartReading]:
    """Return a part for each circuit that the clamps of a meter are on."""
    circuits: dict[str, list[float]] = {}
    for number in range(4):
        watts, circuit = (device.vitals.get(f"NEURIO_CT{number}_{what}") for what in ("InstRealPower", "Location"))
        if isinstance(watts, int | float) and isinstance(circuit, str):
            circuits.setdefault(circuit, []).append(float(watts))
    found = []
    for circuit, powers in circuits.items():
        values: dict[str, Value] = {"power_w": sum(powers)}
        values |= {f"power_l{n}_w": watts for (n, _), watts in zip(LINES, powers, strict=False)}
        found.append(PartReading(_meter_key(device.serial_number, circuit), values))
    return found


def _meter_key(serial: str, circuit: str) -> PartKey:
    return PartKey(PartKind.METER, serial, circuit, _CIRCUITS.get(circuit, f"Meter of {circuit}"))


def of_system_status(status: SystemStatus) -> list[PartReading]:
    """Return the packs of /api/system_status; of one that is switched off, what is null there is left out."""
    return [PartReading(PartKey(PartKind.PACK, b.PackageSerialNumber), _block(b)) for b in status.battery_blocks]


def _block(block: BatteryBlock) -> dict[str, Value]:
    told = {
        "power_w": block.p_out,
        "reactive_power_var": block.q_out,
        "voltage_v": block.v_out,
        "frequency_hz": block.f_out,
        "full_wh": block.nominal_full_pack_energy,
        "remaining_wh": block.nominal_energy_remaining,
        "charged_wh": block.energy_charged,
        "discharged_wh": block.energy_discharged,
        "state": block.pinv_state,
        "enabled": not block.disabled_reasons,
    }
    return {name: value for name, raw in told.items() if (value := _value(name, raw)) is not None}


def of_solar_powerwall(solar: SolarPowerwall) -> list[PartReading]:
    """Return the inverter and the strings of /api/solar_powerwall, whose serial numbers it does not tell.

    Strings count from 1 through all inverters, four each. Nothing where there is no string.
    """
    inverter, strings = solar.pvac_status, solar.pvac_status.string_vitals
    if not strings:
        return []
    told = {
        "power_w": inverter.p_out,
        "reactive_power_var": inverter.q_out,
        "voltage_v": inverter.v_out,
        "current_a": inverter.i_out,
        "frequency_hz": inverter.f_out,
        "state": inverter.state,
        "enabled": str(solar.power_status_setpoint),
    }
    found = [PartReading(PartKey(PartKind.INVERTER), _known(told))]
    for string in strings:
        which, letter = divmod(string.string_id - 1, len(LETTERS))
        values = {
            "power_w": string.measured_power,
            "voltage_v": string.measured_voltage,
            "current_a": string.current,
            "connected": string.connected,
        }
        found.append(_string("", LETTERS[letter] + (str(which + 1) if which else ""), _known(values)))
    return found


def of_meters(meters: Iterable[SiteMeter] | None) -> list[PartReading]:
    """Return the meters of /api/meters/site or of /api/meters/solar; null is none."""
    found: dict[PartKey, PartReading] = {}
    for meter in meters or ():
        key = _meter_key(meter.connection.device_serial, meter.location)
        if key not in found:  # the first of a circuit counted it (M13)
            found[key] = PartReading(key, _known(_cached(meter.Cached_readings)))
    return list(found.values())


def _cached(told: CachedReadings) -> dict[str, object]:
    currents = (told.i_a_current, told.i_b_current, told.i_c_current)
    values: dict[str, object] = {
        "power_w": told.instant_power,
        "reactive_power_var": told.instant_reactive_power,
        "frequency_hz": told.frequency,
        "imported_wh": told.energy_imported,
        "exported_wh": told.energy_exported,
    }
    for n, letter in LINES:
        values[f"voltage_l{n}_v"] = getattr(told, f"v_l{n}n")
        values[f"power_l{n}_w"] = getattr(told, f"real_power_{letter.lower()}")
        # zeros in every captured reply: no current is measured so
        values[f"current_l{n}_a"] = currents[n - 1] if any(currents) else None
    return values


def _known(told: Mapping[str, object]) -> dict[str, Value]:
    return {name: value for name, raw in told.items() if (value := _value(name, raw)) is not None}
