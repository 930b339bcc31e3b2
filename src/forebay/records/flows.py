"""Six energy flows, and what feeds what at an instant.

The rule of the split: solar serves the home first, then the battery, then the
grid; the battery serves what is left of the home, then the grid; the grid
brings the rest.
"""

from __future__ import annotations

from collections.abc import Mapping
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


def share_out(totals: Mapping[str, float], seen: Split) -> Split:
    """Return what fed what in a window [Wh], such that the parts add up to what the counters say.

    totals: energy of solar, grid_in, grid_out, battery_in and battery_out, by name of the flow [Wh].
    seen: the split as the powers say; only its proportions count.

    The battery's charge comes from sun and grid as the powers saw it, what went to the grid from sun and battery
    likewise, within what the counters leave possible; the home takes the rest of all three. So the home is here
    what solar, grid and battery leave over, as in `split`. Where counters contradict each other by a meter's error,
    parts stay positive and the home's sum bears the difference.
    """
    solar, grid_in, battery_out = (max(0.0, totals[name]) for name in ("solar", "grid_in", "battery_out"))
    grid_out, battery_in = max(0.0, totals["grid_out"]), max(0.0, totals["battery_in"])
    charged = seen.solar_to_battery + seen.grid_to_battery
    sent = seen.solar_to_grid + seen.battery_to_grid
    by_sun = battery_in * (seen.solar_to_battery / charged if charged else 1.0)
    for_the_grid = max(0.0, grid_out - battery_out)  # that much only the sun can have sent
    solar_battery = min(max(by_sun, battery_in - grid_in), battery_in, max(0.0, solar - for_the_grid))
    by_roof = grid_out * (seen.solar_to_grid / sent if sent else 1.0)
    solar_grid = min(max(by_roof, grid_out - battery_out), grid_out, solar - solar_battery)
    grid_battery, battery_grid = battery_in - solar_battery, grid_out - solar_grid
    return Split(
        solar_to_home=solar - solar_battery - solar_grid,
        solar_to_battery=solar_battery,
        solar_to_grid=solar_grid,
        battery_to_home=max(0.0, battery_out - battery_grid),
        battery_to_grid=battery_grid,
        grid_to_home=max(0.0, grid_in - grid_battery),
        grid_to_battery=grid_battery,
    )


def split_of(reading: Reading) -> Split | None:
    """Return what feeds what at a reading, None where battery or grid are unknown.

    A house without a solar meter has no solar.
    """
    if reading.battery_power_w is None or reading.site_power_w is None:
        return None
    return split(reading.solar_power_w or 0.0, reading.battery_power_w, reading.site_power_w)
