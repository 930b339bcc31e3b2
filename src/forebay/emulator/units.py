"""Units at the end of key names, and what somebody meant who wrote another one."""

from __future__ import annotations

import re
from collections.abc import Iterable

from msgspec import inspect as look

UNITS: dict[str, tuple[str, float]] = {
    "w": ("power", 1),
    "kw": ("power", 1e3),
    "mw": ("power", 1e6),
    "watts": ("power", 1),
    "wh": ("energy", 1),
    "kwh": ("energy", 1e3),
    "mwh": ("energy", 1e6),
    "v": ("voltage", 1),
    "mv": ("voltage", 1e-3),
    "kv": ("voltage", 1e3),
    "volts": ("voltage", 1),
    "a": ("current", 1),
    "amps": ("current", 1),
    "hz": ("frequency", 1),
    "mhz": ("frequency", 1e-3),
    "khz": ("frequency", 1e3),
    "s": ("time", 1),
    "sec": ("time", 1),
    "seconds": ("time", 1),
    "min": ("time", 60),
    "minutes": ("time", 60),
    "h": ("time", 3600),
    "hours": ("time", 3600),
    "days": ("time", 86_400),
    "deg": ("angle", 1),
    "degrees": ("angle", 1),
    "rad": ("angle", 57.29577951308232),
    "pct": ("share", 1),
    "percent": ("share", 1),
    "ratio": ("share", 100),
    "c": ("temperature", 1),
}
"""The last part of a key's name → what it measures, and how many of the smallest unit here it is."""

_MEANT: dict[str, tuple[tuple[str, float], ...]] = {
    "power": (("kW", 1e3), ("W", 1), ("MW", 1e6)),
    "energy": (("kWh", 1e3), ("Wh", 1), ("MWh", 1e6)),
    "voltage": (("kV", 1e3), ("mV", 1e-3)),
    "frequency": (("kHz", 1e3), ("mHz", 1e-3)),
    "time": (("min", 60), ("s", 1), ("h", 3600)),
    "angle": (("radians", 57.29577951308232),),
    "share": (("as a ratio", 100),),
}
"""What somebody may have meant by a number out of range, the likeliest first."""


_WITH_UNIT = re.compile(r"([-+]?\d+(?:\.\d+)?)\s*([A-Za-z%°]*)")

_LABELS = {"w": "W", "kw": "kW", "wh": "Wh", "kwh": "kWh", "v": "V", "a": "A", "hz": "Hz", "s": "s", "h": "h"} | {
    "minutes": "min", "deg": "°", "pct": "%", "c": "°C"
}  # fmt: skip


def split_unit(key: str) -> tuple[str, str, float] | None:
    """Return the stem of a key, what it measures and its factor; None for a key without a unit."""
    stem, _, unit = key.rpartition("_")
    known = UNITS.get(unit.lower())
    return (stem.lower(), *known) if known else None


def nearest_unit(key: str, known: Iterable[str]) -> str | None:
    """Return the known key that is this one in another unit: peak_w for peak_kw."""
    given = split_unit(key)
    if given is None:
        return None
    return next((name for name in known if (own := split_unit(name)) and own[:2] == given[:2]), None)


def unit_in_words(key: str) -> str:
    """Return the unit of a key as messages show it: " [W]"; "" for a key without one."""
    label = _LABELS.get(key.rpartition("_")[2])
    return f" [{label}]" if label and split_unit(key) else ""


def in_range_hint(key: str, value: float, limits: look.IntType | look.FloatType) -> str:
    """Return what the number would be in the unit of the key, had it been given in another; "" for no idea."""
    own = split_unit(key)
    if own is None:
        return f"; {value:.10g} % is {value / 100:.10g}" if _fits(value / 100, limits) and 1 < value <= 100 else ""
    for unit, factor in _MEANT.get(own[1], ()):
        meant = value * factor / own[2]
        if factor != own[2] and _fits(meant, limits):
            return f"; {value:.10g} {unit} would be {meant:.10g}"
    return ""


def text_hint(key: str, text: str) -> str:
    """Return how a number that was given as a text is written: "13.5 kWh" as 13500; "" for no idea."""
    number = _WITH_UNIT.fullmatch(text.strip())
    if number is None:
        return ""
    value, unit, own = float(number[1]), number[2].lower(), split_unit(key)
    if not unit:
        return "; write the number without quotes"
    measure, factor = UNITS.get({"%": "pct", "°": "deg"}.get(unit, unit), ("", 1.0))
    return f"; write {value * factor / own[2]:.10g}" if own is not None and own[1] == measure else ""


def percent_hint(key: str, value: object) -> str | None:
    """Return what is wrong with a percentage that was given as a ratio; None where nothing is."""
    if not key.endswith("_pct") or isinstance(value, bool) or not isinstance(value, int | float):
        return None
    if not 0 < value < 1:
        return None
    return f"must be 0 or from 1 %, got {value:.10g}; {100 * value:.10g} % is written {100 * value:.10g}"


def _fits(value: float, limits: look.IntType | look.FloatType) -> bool:
    return (
        (limits.ge is None or value >= limits.ge)
        and (limits.gt is None or value > limits.gt)
        and (limits.le is None or value <= limits.le)
        and (limits.lt is None or value < limits.lt)
    )
