"""Numbers for the terminal: unit and direction in words, three significant digits."""

from __future__ import annotations

from math import floor, log10
from typing import Literal

Point = Literal["site", "battery", "load", "solar"]

STILL_W = 20.0
"""Power below which nothing is said to flow [W]; meters show such rests."""

_DIRECTIONS: dict[str, tuple[str, str, str]] = {
    "site": ("from the grid", "to the grid", "no exchange with the grid"),
    "battery": ("discharging", "charging", "idle"),
    "load": ("used", "used", "nothing used"),
    "solar": ("produced", "drawn by the inverter", "not producing"),
}


def significant(value: float, digits: int = 3) -> str:
    """Return a number with that many significant digits and no exponent."""
    if value == 0:
        return "0"
    places = max(0, digits - 1 - floor(log10(abs(value))))
    text = f"{value:.{places}f}"
    return text


def power(watts: float | None) -> str:
    """Return a power without its sign: "840 W", "2.13 kW", "–" where it is missing."""
    if watts is None:
        return "–"
    size = abs(watts)
    return f"{size:.0f} W" if size < 999.5 else f"{significant(size / 1000)} kW"


def flow(point: Point, watts: float | None) -> str:
    """Return a power with its direction in words: "2.1 kW to the grid"."""
    if watts is None:
        return "not known"
    forth, back, still = _DIRECTIONS[point]
    if abs(watts) < STILL_W:
        return still
    return f"{power(watts)} {forth if watts > 0 else back}"


def energy(watt_hours: float | None) -> str:
    """Return an energy: "840 Wh", "12.3 kWh", "7,190 kWh"."""
    if watt_hours is None:
        return "–"
    if abs(watt_hours) < 999.5:
        return f"{round(watt_hours) or 0} Wh"  # never "-0 Wh"
    kwh = watt_hours / 1000
    return f"{significant(kwh)} kWh" if kwh < 1000 else f"{kwh:,.0f} kWh"


def percent(value: float | None) -> str:
    """Return a percentage with one decimal place."""
    return "–" if value is None else f"{value:.1f} %"


def volts(value: float | None) -> str:
    """Return a voltage; 0 is what a meter says that cannot tell."""
    return "–" if not value else f"{value:.1f} V"


def hertz(value: float | None) -> str:
    """Return a frequency; 0 is what a meter says that cannot tell."""
    return "–" if not value else f"{value:.2f} Hz"


def bar(share: float, width: int = 24) -> str:
    """Return a share of 0–1 as a bar of that width."""
    full = round(min(1.0, max(0.0, share)) * width)
    return "█" * full + "░" * (width - full)
