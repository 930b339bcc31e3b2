"""What the synchronizer says of itself: both sides of the switch to the grid, and the gateway's own clamps."""

from __future__ import annotations

from forebay.emulator import readings
from forebay.emulator.device import Device
from forebay.emulator.metering_state import MeteringState
from forebay.emulator.resources.system import compliance
from forebay.emulator.wiring import InstalledMeter
from forebay.wire.power import MeterType
from forebay.wire.vitals import Value

_NO_PHASE = -256.0
"""An angle to a phase that is not there; captured."""
_PHASES = 3


def values(device: Device, now: readings.Readings) -> dict[str, Value]:
    """Return the values of the synchronizer in their order."""
    return {**_island(device, now), **_meters(device, now), **_SWITCHES}


_SWITCHES: dict[str, Value] = {"SYNC_ExternallyPowered": False, "SYNC_SiteSwitchEnabled": False}


def _island(device: Device, now: readings.Readings) -> dict[str, Value]:
    phases = device.area(MeteringState).wiring.phases
    is_lit = not device.power.dark
    packs_hz = now.active_packs[0].frequency_hz if now.active_packs else now.grid_frequency_hz
    main_hz = round(now.grid_frequency_hz * 100) * 0.01 if device.grid_up else 0.0
    load_hz = round(packs_hz * 100) * 0.01 if is_lit else 0.0
    there = [phase < phases.count for phase in range(_PHASES)]
    volts = [
        (float(round(now.phase_v[phase])), float(round(now.grid_phase_v[phase]))) if there[phase] else (0.0, 0.0)
        for phase in range(_PHASES)
    ]
    is_three = phases.count == _PHASES

    def angle(degrees: float) -> float:
        """Tell an angle between phases in a house of three; else none is known."""
        return degrees if is_three else _NO_PHASE

    out: dict[str, Value] = {}
    for phase, is_there in enumerate(there, 1):
        out[f"ISLAND_FreqL{phase}_Load"] = load_hz if is_there else 0.0
        out[f"ISLAND_FreqL{phase}_Main"] = main_hz if is_there else 0.0
    out |= {
        "ISLAND_GridConnected": not device.islanded,
        "ISLAND_GridState": f"ISLAND_GridState_{compliance(device)}",
        "ISLAND_L1L2PhaseDelta": angle(120.0),
        "ISLAND_L1L3PhaseDelta": angle(-120.0),
        "ISLAND_L1MicrogridOk": is_lit,
        "ISLAND_L2L3PhaseDelta": angle(120.0),
        "ISLAND_L2MicrogridOk": is_lit and there[1],
        "ISLAND_L3MicrogridOk": is_lit and there[2],
    }
    for phase, is_there in enumerate(there, 1):
        out[f"ISLAND_PhaseL{phase}_Main_Load"] = 0.0 if is_there else _NO_PHASE
    out["ISLAND_ReadyForSynchronization"] = is_lit
    for phase, (house_v, grid_v) in enumerate(volts, 1):
        out[f"ISLAND_VL{phase}N_Load"] = house_v
        out[f"ISLAND_VL{phase}N_Main"] = grid_v if device.grid_up else 0.0
    return out


def _meters(device: Device, now: readings.Readings) -> dict[str, Value]:
    meters = device.area(MeteringState).meters.values()
    out: dict[str, Value] = {}
    for name, kind in (("X", MeterType.SYNCHROMETER_X), ("Y", MeterType.SYNCHROMETER_Y)):
        meter = next((meter for meter in meters if meter.type is kind), None)
        out |= _meter(now, name, meter)
    return out


def _meter(now: readings.Readings, name: str, meter: InstalledMeter | None) -> dict[str, Value]:
    clamps = now.clamps[meter.serial] if meter is not None else ()
    out: dict[str, Value] = {}
    for number, letter in enumerate("ABC"):
        clamp = clamps[number] if clamps else None
        out[f"METER_{name}_CT{letter}_I"] = clamp.current_a if clamp else 0.0
        out[f"METER_{name}_CT{letter}_InstReactivePower"] = clamp.reactive_var if clamp else 0.0
        out[f"METER_{name}_CT{letter}_InstRealPower"] = clamp.power_w if clamp else 0.0
    exported_wh = imported_wh = 0.0
    if meter is not None and any(wire.circuit == "site" for wire in meter.wires) and meter.group("site"):
        exported_wh, imported_wh = now.site.exported_wh, now.site.imported_wh
    elif meter is not None and meter.group("solar"):
        # the raw counter of the solar clamps counts what is produced as import (M13)
        exported_wh, imported_wh = now.solar.imported_wh, now.solar.exported_wh
    out[f"METER_{name}_LifetimeEnergyExport"] = float(int(exported_wh))
    out[f"METER_{name}_LifetimeEnergyImport"] = float(int(imported_wh))
    for phase in range(_PHASES):
        out[f"METER_{name}_VL{phase + 1}N"] = round(now.phase_v[phase], 2) if phase < len(now.phase_v) else 0.0
    return out
