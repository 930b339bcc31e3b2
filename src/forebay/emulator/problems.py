"""What is wrong with an installation, as rows: where it belongs, what is said of it, and when it holds.

The captured lists are empty, so the form of an entry is our own; categories
are those of the gateway's checks.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from forebay.emulator.alerts import lacks
from forebay.emulator.device import Device
from forebay.emulator.metering_state import MeteringState
from forebay.emulator.networks_state import NetworksState
from forebay.emulator.roof import Roof


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that an installer should look at. holds: whether it is so now."""

    name: str
    category: str
    words: str
    holds: Callable[[Device], bool]


def _has_unread_meter(device: Device) -> bool:
    return any(not meter.connected for meter in device.area(MeteringState).meters.values())


def _has_no_maker(device: Device) -> bool:
    return not device.area(NetworksState).reaches_maker


def _has_inverter_off(device: Device) -> bool:
    roof = device.area(Roof)
    return any(roof.is_off(pack) for pack in roof.inverters)


def _has_string_out(device: Device) -> bool:
    return bool(device.world.overrides.strings_out)


def _solar_counts_wrong(device: Device) -> bool:
    return device.power.sight.solar.solar < 0


def _site_counts_wrong(device: Device) -> bool:
    return device.power.sight.site.source < 0


# fmt: off
PROBLEMS: tuple[Problem, ...] = (
    Problem("BatteryFault", "InternalComms", "A Powerwall does not take part", lambda home: bool(home.power.disabled)),
    Problem("SiteMeterComms", "Metering", "No meter measures the grid connection", lacks("site")),
    Problem("SolarMeterComms", "Metering", "No meter measures the solar system", lacks("solar")),
    Problem("MeterNotConnected", "Metering", "A meter is installed and cannot be read", _has_unread_meter),
    Problem("SiteMeterInverted", "Wiring", "The site meter counts backwards", _site_counts_wrong),
    Problem("SolarMeterInverted", "Wiring", "The solar meter counts backwards", _solar_counts_wrong),
    Problem("PvStringOut", "Wiring", "A string of panels gives nothing", _has_string_out),
    Problem("PvInverterOff", "Config", "A solar inverter is switched off", _has_inverter_off),
    Problem("NoConnection", "Network", "The maker's servers cannot be reached", _has_no_maker),
    Problem("GridOutage", "Grid", "The utility is not there", lambda home: not home.grid_up),
)
"""In the order in which they are told."""
# fmt: on


def present(device: Device) -> list[dict[str, str]]:
    """Return what is wrong now."""
    return [{"name": row.name, "category": row.category, "message": row.words} for row in PROBLEMS if row.holds(device)]
