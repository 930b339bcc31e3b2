"""Six energy flows, and what feeds what at an instant.

The rule of the split: solar serves the home first, then the battery, then the
grid; the battery serves what is left of the home, then the grid; the grid
brings the rest.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from forebay.records.reading import Reading


@dataclass(frozen=True, slots=True)
class Flow:
    """One flow of energy.

    counter: the signal that counts it. power: the signal it is the integral of,
    taken where `sign` times the power is positive.
    """

    name: str
    label: str
    counter: str
    power: str
    sign: Literal[1, -1] = 1


FLOWS: tuple[Flow, ...] = (
    Flow("solar", "Solar produced", "solar_export_wh", "solar_power_w"),
    Flow("home", "Used by the home", "load_wh", "load_power_w"),
    Flow("grid_in", "Drawn from the grid", "site_import_wh", "site_power_w"),
    Flow("grid_out", "Sent to the grid", "site_export_wh", "site_power_w", -1),
    Flow("battery_in", "Charged", "battery_charge_wh", "battery_power_w", -1),
    Flow("battery_out", "Discharged", "battery_discharge_wh", "battery_power_w"),
)


@dataclass(frozen=True, slots=True)
class Split:
    """Which power goes from where to where [W]; none is negative."""

    solar_to_home: float
    solar_to_battery: float
    solar_to_grid: float
    battery_to_home: float
    battery_to_grid: float
    grid_to_home: float
    grid_to_battery: float


def split(solar_w: float, battery_w: float, site_w: float) -> Split:
    """Return what feeds what.

    solar_w + production, battery_w + discharging, site_w + drawn from the
    grid [W]. The home is what these three leave over, so that the parts of
    solar, of the battery and of the grid add up exactly; it differs from the
    load told by the gateway by the meters' error, a few W (M09).
    """
    solar, discharge, charge = max(0.0, solar_w), max(0.0, battery_w), max(0.0, -battery_w)
    home = max(0.0, solar + battery_w + site_w)
    solar_home = min(solar, home)
    solar_battery = min(solar - solar_home, charge)
    battery_home = min(discharge, home - solar_home)
    return Split(
        solar_to_home=solar_home,
        solar_to_battery=solar_battery,
        solar_to_grid=solar - solar_home - solar_battery,
        battery_to_home=battery_home,
        battery_to_grid=discharge - battery_home,
        grid_to_home=home - solar_home - battery_home,
        grid_to_battery=charge - solar_battery,
    )


def split_of(reading: Reading) -> Split | None:
    """Return what feeds what at a reading, None where battery or grid are unknown.

    A house without a solar meter has no solar.
    """
    if reading.battery_power_w is None or reading.site_power_w is None:
        return None
    return split(reading.solar_power_w or 0.0, reading.battery_power_w, reading.site_power_w)
