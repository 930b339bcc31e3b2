"""What the solar inverter within a Powerwall says of itself and of its strings."""

from __future__ import annotations

from forebay.emulator import alerts, readings
from forebay.emulator.device import Device
from forebay.emulator.resources.system import compliance
from forebay.emulator.roof import INVERTER_W, SOLAR_INVERTER_PART, InverterShown
from forebay.wire.vitals import Value, VitalsDevice

_CHASSIS_V = -210.0


def inverter(device: Device, shown: InverterShown, housing: str, root: str) -> list[VitalsDevice]:
    """Return the inverter, its strings and its name-plate."""
    now, seen_s = readings.take(device), int(device.now_s)
    name, git = f"{SOLAR_INVERTER_PART}--{shown.serial}", device.profile.git_hash
    pvac = f"PVAC--{name}"
    return [
        VitalsDevice(
            pvac,
            SOLAR_INVERTER_PART,
            shown.serial,
            "TESLA",
            housing,
            git[:14],
            last_seen_s=seen_s,
            vitals=_pvac(device, now, shown),
            alerts=alerts.solar_alerts(device, shown, "PVAC"),
            ecu_type=296,
        ),
        VitalsDevice(
            f"PVS--{name}",
            SOLAR_INVERTER_PART,
            shown.serial,
            "TESLA",
            pvac,
            git[14:28],
            last_seen_s=seen_s,
            vitals=_pvs(now, shown),
            alerts=alerts.solar_alerts(device, shown, "PVS"),
            ecu_type=297,
        ),
        VitalsDevice(f"TESLA--{name}", "", name, "TESLA", root, git[:14], last_seen_s=seen_s, nameplate_w=INVERTER_W),
    ]


def _line(device: Device, now: readings.Readings) -> tuple[float, float]:
    """Return voltage [V] and frequency [Hz] at the inverter: those of the Powerwalls, none on a dark island."""
    if device.power.dark:
        return 0.0, 0.0
    pack = now.active_packs[0] if now.active_packs else now.packs[0]
    return pack.voltage_v, pack.frequency_hz


def _pvac(device: Device, now: readings.Readings, shown: InverterShown) -> dict[str, Value]:
    volts, hertz = _line(device, now)
    given_w = float(shown.power_w)
    out: dict[str, Value] = {
        "PVAC_Fout": hertz,
        "PVAC_GridState": compliance(device),
        "PVAC_InvState": "INV_Standby" if shown.is_off else "INV_Grid_Connected",
        "PVAC_Iout": round(abs(given_w) / volts, 2) if volts else 0.0,
        "PVAC_LifetimeEnergyPV_Total": float(int(_lifetime_wh(device, shown))),
    }
    for string in shown.strings:
        out[f"PVAC_PVCurrent_{string.letter}"] = string.current_a
    for string in shown.strings:
        out[f"PVAC_PVMeasuredPower_{string.letter}"] = float(string.power_w)
    for string in shown.strings:
        out[f"PVAC_PVMeasuredVoltage_{string.letter}"] = string.voltage_v
    out["PVAC_Pout"] = given_w
    for string in shown.strings:
        out[f"PVAC_PvState_{string.letter}"] = "PV_Disabled" if shown.is_off else "PV_Active"
    return out | {
        "PVAC_Qout": float(round(-0.012 * given_w - 8)) if given_w > 20 else 0.0,
        "PVAC_State": "PVAC_Standby" if shown.is_off else "PVAC_Active",
        "PVAC_VHvMinusChassisDC": _CHASSIS_V,
        "PVAC_VL1Ground": round(now.phase_v[0], 1) if volts else 0.0,
        "PVAC_VL2Ground": round(now.phase_v[1], 1) if volts and len(now.phase_v) > 1 else 0.0,
        "PVAC_Vout": volts,
        "PVI-PowerStatusSetpoint": "off" if shown.is_off else "on",
    }


def _lifetime_wh(device: Device, shown: InverterShown) -> float:
    """Return what the inverter gave so far [Wh]: its part of the roof by size."""
    peaks_w = [string.peak_w for string in device.home.solar]
    own_w = sum(peaks_w[string.number] for string in shown.strings if string.number is not None)
    return device.power.counters.solar_exported * own_w / sum(peaks_w) if own_w else 0.0


def _pvs(now: readings.Readings, shown: InverterShown) -> dict[str, Value]:
    pack = now.active_packs[0] if now.active_packs else now.packs[0]
    return {
        "PVS_EnableOutput": not shown.is_off,
        "PVS_SelfTestState": "PVS_SelfTestOff",
        "PVS_State": "PVS_Idle" if shown.is_off else "PVS_Active",
        **{f"PVS_String{string.letter}_Connected": string.is_connected for string in shown.strings},
        "PVS_vLL": pack.voltage_v,
    }
