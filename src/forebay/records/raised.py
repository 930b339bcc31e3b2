"""What the gateway complains of, from its words into ours: alerts of each device, and problems of the installation."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass

from forebay.records.parts import PartKey, PartKind
from forebay.wire.solar import SolarPowerwall
from forebay.wire.system import GridFault, SystemStatus
from forebay.wire.testing import Problems
from forebay.wire.vitals import VitalsDevice

GATEWAY = "Gateway"
"""Whose an alert is that belongs to no part."""
_NAMED = ("name", "alert_name", "title", "type", "id")
_WORDED = ("message", "description", "words", "detail")
_LONGEST = 200
"""How much of a problem of unknown form is kept."""


@dataclass(frozen=True, slots=True)
class Raised:
    """Something that is raised now. key: the part that it is about, None is the gateway. since_ms: where it is told."""

    name: str
    key: PartKey | None = None
    detail: str = ""
    since_ms: int | None = None


def of_vitals(devices: Iterable[VitalsDevice]) -> list[Raised]:
    """Return the alerts of all devices of a message; those within a pack are the pack's."""
    heard = list(devices)
    by_din = {device.din: device for device in heard}
    return [Raised(name, _key(device, by_din)) for device in heard for name in device.alerts]


def _key(device: VitalsDevice, by_din: dict[str, VitalsDevice]) -> PartKey | None:
    parent = by_din.get(device.parent_din)
    match device.kind:
        case "TETHC":
            return PartKey(PartKind.PACK, device.serial_number)
        case "TEPOD" | "TEPINV" if parent is not None:
            return PartKey(PartKind.PACK, parent.serial_number)
        case "PVAC":
            return PartKey(PartKind.INVERTER, device.serial_number)
        case "PVS":
            return PartKey(PartKind.INVERTER, device.serial_number if parent is None else parent.serial_number)
        case "TESYNC":
            return PartKey(PartKind.METER, device.serial_number, "switch")
        case _:
            return None


def of_grid_faults(faults: Iterable[GridFault]) -> list[Raised]:
    """Return the alerts of /api/system_status/grid_faults, with what was measured."""
    return [
        Raised(
            fault.alert_name,
            PartKey(PartKind.PACK, fault.ecu_package_serial_number),
            _measured(fault.decoded_alert),
            fault.timestamp,
        )
        for fault in faults
    ]


def _measured(decoded: str) -> str:
    """Return what a decoded alert measured, such as "57.207 Hz"; nothing where it has another form."""
    try:
        members = json.loads(decoded)
        return ", ".join(f"{m['value']:g} {m['units']}" for m in members if "units" in m)
    except (ValueError, TypeError, KeyError):
        return ""


def of_packs(status: SystemStatus) -> list[Raised]:
    """Return why packs are switched off."""
    return [
        Raised(reason, PartKey(PartKind.PACK, block.PackageSerialNumber))
        for block in status.battery_blocks
        for reason in block.disabled_reasons
    ]


def of_solar(solar: SolarPowerwall) -> list[Raised]:
    """Return the alerts of the solar inverters, which /api/solar_powerwall tells all together."""
    told = [alerts for alerts in (solar.pvac_alerts, solar.pvs_alerts) if isinstance(alerts, dict)]
    return [
        Raised(name, PartKey(PartKind.INVERTER))
        for alerts in told
        for name, is_raised in alerts.items()
        if is_raised is True
    ]


def of_problems(problems: Problems) -> list[Raised]:
    """Return the problems of the installation; the form of one is unknown, so what can be read of it is kept."""
    found = []
    for problem in problems.problems:
        if isinstance(problem, dict):
            name = next((str(problem[key]) for key in _NAMED if problem.get(key)), "unnamed")
            detail = next((str(problem[key]) for key in _WORDED if problem.get(key)), "")
            found.append(Raised(name[:_LONGEST], None, detail[:_LONGEST]))
        elif problem:
            found.append(Raised(str(problem)[:_LONGEST]))
    return found
