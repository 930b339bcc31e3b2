"""What the devices of a home complain of, as rows: the name, whose it is, and when.

Names are those that public lists of alerts have (pypowerwall's reference and
replies that others published); when a real gateway raises each is unverified.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from forebay.emulator.device import Device
from forebay.emulator.installation_state import InstallationState
from forebay.emulator.metering_state import MeteringState
from forebay.emulator.roof import InverterShown
from forebay.wire.site import OperationMode
from forebay.wire.system import GridState

FULL, EMPTY = 0.9985, 0.002
"""Charge (0–1) from which a pack counts as full, or as empty."""
BOOTED_S = 3_600.0
"""How long it is told that something started anew [s]."""
RESERVE_NEAR = 0.01
"""How near to its reserve a pack counts as having reached it, 0–1."""


@dataclass(frozen=True, slots=True)
class Alert:
    """An alert of the whole system. holds: whether it is raised now."""

    name: str
    holds: Callable[[Device], bool]


@dataclass(frozen=True, slots=True)
class PackAlert:
    """An alert of one Powerwall. kind: which of its devices tells it."""

    name: str
    kind: str
    holds: Callable[[Device, int], bool]


@dataclass(frozen=True, slots=True)
class SolarAlert:
    """An alert of a solar inverter, PVAC, or of its strings, PVS."""

    name: str
    kind: str
    holds: Callable[[Device, InverterShown], bool]


def _is_full(device: Device) -> bool:
    return device.power.level >= FULL and bool(device.power.active)


def _is_cut_off(device: Device) -> bool:
    """Whether nobody wanted the island."""
    return device.islanded and not device.tie.off_grid_wanted and not device.tie.is_site_without_grid


def _is_held_back(device: Device) -> bool:
    return device.power.sun_share < FULL and device.power.flows.solar_w >= 0


def _rests_at_reserve(device: Device) -> bool:
    power, reserve = device.power, device.setting.reserve.value / 100
    wants = device.setting.mode is OperationMode.SELF_CONSUMPTION and not device.islanded
    return wants and power.level <= reserve + RESERVE_NEAR and power.flows.battery_w <= 0 < power.flows.site_w


def lacks(kind: str) -> Callable[[Device], bool]:
    """Return whether nothing measures the site, or the sun of a home that has some."""

    def is_missing(device: Device) -> bool:
        metering = device.area(MeteringState)
        if kind == "solar" and (metering.inverter_counts or not device.home.solar):
            return False
        return not metering.measuring(kind)

    return is_missing


def _since_boot_s(device: Device) -> float:
    return (device.now - device.booted_at).total_seconds()


def _is_out(place: int) -> Callable[[Device, InverterShown], bool]:
    def is_out(_: Device, inverter: InverterShown) -> bool:
        string = inverter.strings[place]
        return string.number is not None and not string.is_connected

    return is_out


# fmt: off
SYSTEM_ALERTS: tuple[Alert, ...] = (
    Alert("SystemConnectedToGrid", lambda device: device.grid_state is GridState.CONNECTED),
    Alert("ScheduledIslandContactorOpen", lambda device: device.islanded and device.tie.off_grid_wanted),
    Alert("UnscheduledIslandContactorOpen", _is_cut_off),
    Alert("GridFaultContactorTrip", lambda device: device.islanded and not device.grid_up),
    Alert("WaitForUserNoInvertersReady", lambda device: device.grid_state is GridState.WAITS_FOR_USER),
    Alert("RealPowerAvailableLimited", _is_full),
    Alert("SelfConsumptionReservedLimit", _rests_at_reserve),
    Alert("SolarChargeOnlyLimited", lambda device: device.power.refilling and not device.home.grid.charging),
    Alert("BackfeedLimited", lambda device: not device.islanded and device.running and _is_held_back(device)),
    Alert("BatteryFault", lambda device: bool(device.power.disabled)),
    Alert("ExcessiveVoltageDrop", lambda device: "DisabledExcessiveVoltageDrop" in device.power.disabled.values()),
    Alert("SiteMeterComms", lacks("site")),
    Alert("SolarMeterComms", lacks("solar")),
    Alert("GridCodesWrite", lambda device: device.area(InstallationState).grid_code is not None),
    Alert("FWUpdateSucceeded", lambda device: device.booted_at.timestamp() > device.started_s),
)
"""Alerts of the gateway, STSTSM."""

SYNC_ALERTS: tuple[Alert, ...] = (
    Alert("SYNC_a001_SW_App_Boot", lambda device: _since_boot_s(device) < BOOTED_S),
    Alert("SYNC_a020_LoadsDropped", lambda device: device.power.dark),
    Alert("SYNC_a038_DoOpenArguments", lambda device: device.islanded and device.grid_state is not GridState.TO_GRID),
    Alert("SYNC_a046_DoCloseArguments", lambda device: device.grid_state is GridState.TO_GRID),
)
"""Alerts of the synchronizer, TESYNC."""

PACK_ALERTS: tuple[PackAlert, ...] = (
    PackAlert("POD_w110_SW_EOC", "TEPOD", lambda device, index: device.power.packs[index].level >= FULL),
    PackAlert("POD_w105_SW_EOD", "TEPOD", lambda device, index: device.power.packs[index].level <= EMPTY),
    PackAlert("POD_w024_HW_Fault_Asserted", "TEPOD", lambda device, index: index in device.power.disabled),
    PackAlert("THC_w042_POD_MIA", "TETHC", lambda device, index: index in device.power.disabled),
)
"""Alerts of a Powerwall; what its inverter tells of the grid is in GRID_FAULTS."""

SOLAR_ALERTS: tuple[SolarAlert, ...] = (
    SolarAlert("PVAC_a012_inv_AC_overfrequency", "PVAC", lambda device, _: device.islanded and _is_held_back(device)),
    SolarAlert("PVAC_a014_PVS_disabled_relay", "PVAC", lambda _, inverter: inverter.is_off),
    SolarAlert("PVS_a017_MciStringA", "PVS", _is_out(0)),
    SolarAlert("PVS_a018_MciStringB", "PVS", _is_out(1)),
    SolarAlert("PVS_a019_MciStringC", "PVS", _is_out(2)),
    SolarAlert("PVS_a020_MciStringD", "PVS", _is_out(3)),
    SolarAlert("PVS_a059_MciOpen", "PVS", lambda _, inverter: not any(string.power_w for string in inverter.strings)),
    SolarAlert("PVS_a060_MciClose", "PVS", lambda _, inverter: any(string.power_w for string in inverter.strings)),
)
"""Alerts of a solar inverter and its strings."""
# fmt: on


def system_alerts(device: Device, rows: tuple[Alert, ...] = SYSTEM_ALERTS) -> tuple[str, ...]:
    """Return the names of what is raised now."""
    return tuple(row.name for row in rows if row.holds(device))


def pack_alerts(device: Device, index: int, kind: str) -> tuple[str, ...]:
    """Return what one device of a Powerwall raises now."""
    return tuple(row.name for row in PACK_ALERTS if row.kind == kind and row.holds(device, index))


def solar_alerts(device: Device, inverter: InverterShown, kind: str) -> tuple[str, ...]:
    """Return what a solar inverter or its strings raise now."""
    return tuple(row.name for row in SOLAR_ALERTS if row.kind == kind and row.holds(device, inverter))
