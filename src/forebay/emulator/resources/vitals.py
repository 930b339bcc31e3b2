"""Body of /api/devices/vitals: every device with what it measures.

Names and kinds of the values follow the one decoded reply that is public;
values agree with the other rows at the same instant. What a disabled
Powerwall or an inverter that is off says of itself is unverified.
"""

from __future__ import annotations

from collections.abc import Mapping

from forebay.emulator import alerts, readings, roof
from forebay.emulator.device import Device
from forebay.emulator.metering_state import MeteringState
from forebay.emulator.readings import GATEWAY_PART
from forebay.emulator.resources import vitals_solar, vitals_sync
from forebay.emulator.resources.system import INVERTER_PART, compliance, din, grid_faults, pack_part
from forebay.wire.vitals import Value, VitalsDevice, encode

_SYNC_PART = "1493315-01-F"
_FAULTS_KEPT_MS = 3_600_000
"""How long an inverter tells of what it saw on the grid [ms]; unverified."""
LOCATIONS = {"site": 1, "solar": 4}
"""Numbers of the places that a meter measures; the first from a published reply, the second unverified."""


def vitals(device: Device, _body: None, _parts: Mapping[str, str]) -> bytes:
    """Report gateway, synchronizer, meters and, for each Powerwall, housing, cells and inverters."""
    return encode(devices(device))


def devices(device: Device) -> list[VitalsDevice]:
    """Return every device of the home, the gateway first."""
    now = readings.take(device)
    seen_s = int(device.now_s)
    git = device.profile.git_hash[:14]
    root = f"STSTSM--{din(device)}"
    found = [
        VitalsDevice(
            root,
            GATEWAY_PART,
            device.serial,
            "TESLA",
            "",
            f"2021-11-02-g{git[:10]}",
            last_seen_s=seen_s,
            vitals={"STSTSM-Location": "Gateway"},
            alerts=alerts.system_alerts(device),
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
            vitals=vitals_sync.values(device, now),
            alerts=alerts.system_alerts(device, alerts.SYNC_ALERTS),
            ecu_type=259,
        ),
    ]
    inverters = {inverter.pack: inverter for inverter in roof.inverters(device)}
    for index, shown in enumerate(now.packs):
        housing = f"TETHC--{pack_part(device, index)}--{device.pack_serials[index]}"
        found += _pack(device, index, shown, root, seen_s)
        if index in inverters:
            found += vitals_solar.inverter(device, inverters[index], housing, root)
    return found + _meters(device, now, root, seen_s)


def _meters(device: Device, now: readings.Readings, root: str, seen_s: int) -> list[VitalsDevice]:
    """Tell of Neurios, and of the gateway's own meter where it measures the site."""
    metering = device.area(MeteringState)
    found = []
    if any(not meter.is_neurio for meter in metering.measuring("site")):
        own, place = device.sync_serial, (LOCATIONS["site"],)
        found.append(VitalsDevice(f"TESLA--{own}", "", own, "TESLA", root, last_seen_s=seen_s, meter_location=place))
    for meter in metering.meters.values():
        if not meter.is_neurio or not meter.connected:
            continue
        values: dict[str, Value] = {}
        kinds = []
        for number, clamp in enumerate(now.clamps[meter.serial]):
            group = next((group for group in meter.groups if group.valid[number]), None)
            if group is not None:
                values[f"NEURIO_CT{number}_InstRealPower"] = clamp.power_w * group.scale
                values[f"NEURIO_CT{number}_Location"] = group.kind
                kinds.append(group.kind)
        found.append(
            VitalsDevice(
                f"NEURIO--{meter.serial}",
                "",
                meter.serial,
                "NEURIO",
                root,
                "1.6.1-Tesla",
                last_seen_s=seen_s,
                vitals=values,
                meter_location=tuple(LOCATIONS[kind] for kind in dict.fromkeys(kinds) if kind in LOCATIONS),
            )
        )
    return found


def _pack(device: Device, index: int, shown: readings.PackShown, root: str, seen_s: int) -> list[VitalsDevice]:
    part, serial, git = pack_part(device, index), device.pack_serials[index], device.profile.git_hash[:14]
    housing, inner = f"TETHC--{part}--{serial}", serial[::-1]
    state = "THC_STATE_AUTONOMOUSCONTROL" if shown.enabled else "THC_STATE_FAULT"
    thc: dict[str, Value] = {"THC_AmbientTemp": _ambient_c(device, index), "THC_State": state}
    faults = tuple(
        dict.fromkeys(
            fault.alert_name
            for fault in grid_faults(device, None, {})
            if fault.ecu_package_serial_number == serial and device.now_s * 1000 - fault.timestamp < _FAULTS_KEPT_MS
        )
    )
    parts: list[tuple[str, dict[str, Value], tuple[str, ...], int]] = [
        ("TEPOD", _pod(device, index, shown), alerts.pack_alerts(device, index, "TEPOD"), 226),
        ("TEPINV", _pinv(device, shown), faults, 253),
    ]
    return [
        VitalsDevice(
            housing,
            part,
            serial,
            "TESLA",
            root,
            git,
            last_seen_s=seen_s,
            vitals=thc,
            alerts=alerts.pack_alerts(device, index, "TETHC"),
            ecu_type=224,
        ),
        *(
            VitalsDevice(
                f"{kind}--{INVERTER_PART}--{inner}",
                INVERTER_PART,
                inner,
                "TESLA",
                housing,
                git,
                last_seen_s=seen_s,
                vitals=values,
                alerts=raised,
                ecu_type=ecu,
            )
            for kind, values, raised, ecu in parts
        ),
    ]


def _ambient_c(device: Device, index: int) -> float:
    hour = device.world.local(device.now_s).hour
    return 15.5 + 0.5 * index + 0.5 * round(8 - abs(hour - 14) * 0.7)


def _pod(device: Device, index: int, shown: readings.PackShown) -> dict[str, Value]:
    pack, works = device.power.packs[index], shown.enabled
    full = pack.energy_wh >= pack.spec.full_wh - 1
    return {
        "POD_ActiveHeating": False,
        "POD_CCVhold": False,
        "POD_ChargeComplete": full,
        "POD_ChargeRequest": False,
        "POD_DischargeComplete": shown.energy_wh <= 0,
        "POD_PermanentlyFaulted": False,
        "POD_PersistentlyFaulted": not works,
        "POD_available_charge_power": float(round(pack.spec.charge_limit_w(pack.energy_wh) * 1.4)) if works else 0.0,
        "POD_available_dischg_power": pack.spec.power_w * 2.4 if works else 0.0,
        "POD_enable_line": works,
        "POD_nom_energy_remaining": float(shown.energy_wh),
        "POD_nom_energy_to_be_charged": float(shown.full_wh - shown.energy_wh),
        "POD_nom_full_pack_energy": float(shown.full_wh),
        "POD_state": "POD_ACTIVE" if works else "POD_FAULT",
    }


def _pinv(device: Device, shown: readings.PackShown) -> dict[str, Value]:
    islanded, works = device.islanded, shown.enabled
    volts = shown.voltage_v if works else 0.0
    hertz = shown.frequency_hz if works else 0.0
    state = "PINV_GridForming" if islanded else "PINV_GridFollowing"
    return {
        "PINV_EnergyCharged": float(shown.charged_wh),
        "PINV_EnergyDischarged": float(shown.discharged_wh),
        "PINV_Fout": hertz,
        "PINV_GridState": compliance(device),
        "PINV_HardwareEnableLine": works,
        "PINV_PllFrequency": hertz,
        "PINV_PllLocked": works,
        "PINV_Pout": shown.power_w / 1000,
        "PINV_PowerLimiter": "PWRLIM_POD_Power_Limit",
        "PINV_Qout": shown.reactive_var / 1000,
        "PINV_ReadyForGridForming": works,
        "PINV_State": state if works else "PINV_Init",
        "PINV_VSplit1": round(volts / 2, 1),
        "PINV_VSplit2": round(volts / 2, 1),
        "PINV_Vout": volts,
    }
