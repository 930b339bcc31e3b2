"""Body of /api/devices/vitals: every device with what it measures.

Names and kinds of the values follow the one decoded reply that is public;
values agree with the meters' rows at the same instant.
"""

from __future__ import annotations

from collections.abc import Mapping

from forebay.emulator import readings
from forebay.emulator.device import Device
from forebay.emulator.readings import GATEWAY_PART
from forebay.emulator.resources.system import INVERTER_PART, din, pack_part
from forebay.wire.vitals import Value, VitalsDevice, encode

_SYNC_PART = "1493315-01-F"
_NO_PHASE = -256.0


def vitals(device: Device, _body: None, _parts: Mapping[str, str]) -> bytes:
    """Report gateway, synchronizer and, for each Powerwall, housing, cells and inverter."""
    now = readings.take(device)
    seen_s = int(device.now_s)
    git = device.profile.git_hash[:14]
    root = f"STSTSM--{din(device)}"
    devices = [
        VitalsDevice(
            root,
            GATEWAY_PART,
            device.serial,
            "TESLA",
            "",
            f"2021-11-02-g{git[:10]}",
            last_seen_s=seen_s,
            vitals={"STSTSM-Location": "Gateway"},
            ecu_type=207,
        ),
        VitalsDevice(
            f"TESYNC--{_SYNC_PART}--{device.sync_serial}",
            _SYNC_PART,
            device.sync_serial,
            "TESLA",
            root,
            git,
            last_seen_s=seen_s,
            vitals=_sync(device, now),
            ecu_type=259,
        ),
    ]
    for index, shown in enumerate(now.packs):
        part, serial = pack_part(device, index), device.pack_serials[index]
        housing = f"TETHC--{part}--{serial}"
        inner = serial[::-1]
        devices.append(
            VitalsDevice(
                housing,
                part,
                serial,
                "TESLA",
                root,
                git,
                last_seen_s=seen_s,
                vitals={"THC_AmbientTemp": _ambient_c(device, index), "THC_State": "THC_STATE_AUTONOMOUSCONTROL"},
                ecu_type=224,
            )
        )
        for kind, values, ecu in (("TEPOD", _pod(device, index, shown), 226), ("TEPINV", _pinv(device, shown), 253)):
            devices.append(
                VitalsDevice(
                    f"{kind}--{INVERTER_PART}--{inner}",
                    INVERTER_PART,
                    inner,
                    "TESLA",
                    housing,
                    git,
                    last_seen_s=seen_s,
                    vitals=values,
                    ecu_type=ecu,
                )
            )
    return encode(devices)


def _ambient_c(device: Device, index: int) -> float:
    hour = device.world.local(device.now_s).hour
    return 15.5 + 0.5 * index + 0.5 * round(8 - abs(hour - 14) * 0.7)


def _sync(device: Device, now: readings.Readings) -> dict[str, Value]:
    main_v = 0.0 if not device.grid_up else float(round(now.leg_v))
    load_v = 0.0 if device.power.dark else float(round(now.leg_v))
    main_hz = 0.0 if not device.grid_up else round(now.grid_frequency_hz * 100) * 0.01
    load_hz = round(now.packs[0].frequency_hz * 100) * 0.01
    connected = not device.islanded
    half_w, half_var = now.site.power_w / 2, now.site.reactive_var / 2
    out: dict[str, Value] = {}
    for leg in (1, 2, 3):
        out[f"ISLAND_FreqL{leg}_Load"] = load_hz if leg < 3 else 0.0
        out[f"ISLAND_FreqL{leg}_Main"] = main_hz if leg < 3 else 0.0
    out |= {
        "ISLAND_GridConnected": connected,
        "ISLAND_GridState": f"ISLAND_GridState_Grid_{'Compliant' if device.grid_up else 'Uncompliant'}",
        "ISLAND_L1L2PhaseDelta": _NO_PHASE,
        "ISLAND_L1L3PhaseDelta": _NO_PHASE,
        "ISLAND_L1MicrogridOk": True,
        "ISLAND_L2L3PhaseDelta": _NO_PHASE,
        "ISLAND_L2MicrogridOk": True,
        "ISLAND_L3MicrogridOk": False,
        "ISLAND_PhaseL1_Main_Load": 0.0,
        "ISLAND_PhaseL2_Main_Load": 0.0,
        "ISLAND_PhaseL3_Main_Load": _NO_PHASE,
        "ISLAND_ReadyForSynchronization": True,
    }
    for leg in (1, 2, 3):
        out[f"ISLAND_VL{leg}N_Load"] = load_v if leg < 3 else 0.0
        out[f"ISLAND_VL{leg}N_Main"] = main_v if leg < 3 else 0.0
    out |= _meter(
        "X", half_w, half_var, now.leg_v, exported=now.site.exported_wh, imported=now.site.imported_wh, two_legs=True
    )
    # the raw counter of the solar clamps counts what is produced as import (M13)
    solar = now.solar
    out |= _meter(
        "Y",
        solar.power_w,
        solar.reactive_var,
        now.leg_v,
        exported=solar.imported_wh,
        imported=solar.exported_wh,
        two_legs=False,
    )
    out |= {"SYNC_ExternallyPowered": False, "SYNC_SiteSwitchEnabled": False}
    return out


def _meter(
    name: str, real_w: float, reactive_var: float, leg_v: float, *, exported: float, imported: float, two_legs: bool
) -> dict[str, Value]:
    out: dict[str, Value] = {}
    for clamp in ("A", "B", "C"):
        wired = clamp == "A" or (clamp == "B" and two_legs)
        out[f"METER_{name}_CT{clamp}_I"] = abs(real_w) / leg_v if wired and leg_v else 0.0
        out[f"METER_{name}_CT{clamp}_InstReactivePower"] = float(round(reactive_var)) if wired else 0.0
        out[f"METER_{name}_CT{clamp}_InstRealPower"] = real_w if wired else 0.0
    out[f"METER_{name}_LifetimeEnergyExport"] = float(int(exported))
    out[f"METER_{name}_LifetimeEnergyImport"] = float(int(imported))
    for leg in (1, 2, 3):
        out[f"METER_{name}_VL{leg}N"] = round(leg_v, 2) if leg < 3 else 0.0
    return out


def _pod(device: Device, index: int, shown: readings.PackShown) -> dict[str, Value]:
    pack = device.power.packs[index]
    full = pack.energy_wh >= pack.spec.full_wh - 1
    return {
        "POD_ActiveHeating": False,
        "POD_CCVhold": False,
        "POD_ChargeComplete": full,
        "POD_ChargeRequest": False,
        "POD_DischargeComplete": shown.energy_wh <= 0,
        "POD_PermanentlyFaulted": False,
        "POD_PersistentlyFaulted": False,
        "POD_available_charge_power": float(round(pack.spec.charge_limit_w(pack.energy_wh) * 1.4)),
        "POD_available_dischg_power": pack.spec.power_w * 2.4,
        "POD_enable_line": True,
        "POD_nom_energy_remaining": float(shown.energy_wh),
        "POD_nom_energy_to_be_charged": float(shown.full_wh - shown.energy_wh),
        "POD_nom_full_pack_energy": float(shown.full_wh),
        "POD_state": "POD_ACTIVE",
    }


def _pinv(device: Device, shown: readings.PackShown) -> dict[str, Value]:
    islanded = device.islanded
    return {
        "PINV_EnergyCharged": float(shown.charged_wh),
        "PINV_EnergyDischarged": float(shown.discharged_wh),
        "PINV_Fout": shown.frequency_hz,
        "PINV_GridState": "Grid_Uncompliant" if islanded else "Grid_Compliant",
        "PINV_HardwareEnableLine": True,
        "PINV_PllFrequency": shown.frequency_hz,
        "PINV_PllLocked": True,
        "PINV_Pout": shown.power_w / 1000,
        "PINV_PowerLimiter": "PWRLIM_POD_Power_Limit",
        "PINV_Qout": shown.reactive_var / 1000,
        "PINV_ReadyForGridForming": True,
        "PINV_State": "PINV_GridForming" if islanded else "PINV_GridFollowing",
        "PINV_VSplit1": round(shown.voltage_v / 2, 1),
        "PINV_VSplit2": round(shown.voltage_v / 2, 1),
        "PINV_Vout": shown.voltage_v,
    }
