"""The strings and inverters of a roof: what each made, its share, and whether it makes less than it used to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from itertools import pairwise
from statistics import median
from typing import Any

from forebay.records.parts import PartKind
from forebay.records.spans import SpanKind
from forebay.store.part_days import PartDay, part_days
from forebay.store.parts import Part, key_of, latest, parts
from forebay.store.query import day_edges
from forebay.store.spans import open_spans
from forebay.views.web.asked import Asked, iso, rounded

RECENT_DAYS = 7
"""The days whose share is compared with the usual one."""
WEAK = 0.7
"""A string that makes less than this part of its usual share is told."""
_ENOUGH_WH = 500.0
_FEWEST_DAYS = 21


def strings(asked: Asked, start: datetime, end: datetime) -> dict[str, Any]:
    """Return the strings and inverters of /api/solar, for local days from start to end. Raises StoreError."""
    if asked.gateway_id is None:
        return {"strings": [], "inverters": []}
    found = parts(asked.store, asked.gateway_id, PartKind.STRING)
    tz = asked.tz
    first = start.astimezone(tz).date()
    n_days = ((end - timedelta(minutes=1)).astimezone(tz).date() - first).days + 1
    ids = [part.id for part in found]
    by_part = part_days(asked.store, asked.gateway_id, ids, first, n_days, tz=tz, signals=["power_w"]) if ids else {}
    days = [first + timedelta(days=n) for n in range(n_days)]
    made = {part.id: _made(asked, by_part[key_of(part.id, "power_w")], days) for part in found}
    present = latest(asked.store, asked.gateway_id, ids)
    total = sum(wh for each in made.values() for wh in each if wh is not None)
    return {
        "strings": [
            {
                **_head(asked, part),
                "power_w": rounded(_number(present, part, "power_w")),
                "voltage_v": rounded(_number(present, part, "voltage_v")),
                "is_connected": _flag(present, part, "connected"),
                "kwh": rounded(sum(wh for wh in made[part.id] if wh is not None) / 1000, 1),
                "share": rounded(sum(wh or 0.0 for wh in made[part.id]) / total, 4) if total else None,
                "days": {
                    "date": [day.isoformat() for day in days],
                    "kwh": [None if wh is None else rounded(wh / 1000, 2) for wh in made[part.id]],
                },
                "words": _words(part, made, days),
            }
            for part in found
        ],
        "inverters": _inverters(asked, asked.gateway_id),
    }


def _made(asked: Asked, by_day: Mapping[date, PartDay], days: Sequence[date]) -> list[float | None]:
    """Return the energy of each day from the mean of its powers [Wh]; nobody counts the energy of a string."""
    edges_ms = day_edges(days[0], len(days), asked.tz)
    return [
        None if told is None else max(0.0, told.mean) * (end_ms - start_ms) / 3_600_000
        for told, (start_ms, end_ms) in zip(map(by_day.get, days), pairwise(edges_ms), strict=True)
    ]


def _words(part: Part, made: Mapping[int, Sequence[float | None]], days: Sequence[date]) -> str | None:
    """Say that a string makes a smaller share than usual; None where it does not."""
    shares: list[float] = []
    for n in range(len(days) - 1):  # without today
        each = [wh[n] for wh in made.values()]
        own = made[part.id][n]
        whole = sum(wh for wh in each if wh is not None)
        if own is not None and whole >= _ENOUGH_WH:
            shares.append(own / whole)
    if len(shares) < _FEWEST_DAYS:
        return None
    recent, before = median(shares[-RECENT_DAYS:]), median(shares[:-RECENT_DAYS])
    if recent >= WEAK * before:
        return None
    return (
        f"{part.label} makes {100 * recent:.0f} % of the roof, usually {100 * before:.0f} %:"
        " shade, dirt, or a fault of this string."
    )


def _inverters(asked: Asked, gateway_id: int) -> list[dict[str, Any]]:
    found = parts(asked.store, gateway_id, PartKind.INVERTER)
    present = latest(asked.store, gateway_id, [part.id for part in found])
    alerts = open_spans(asked.store, gateway_id, (SpanKind.ALERT,))
    return [
        {
            **_head(asked, part),
            "state": _text(present, part, "state"),
            "power_w": rounded(_number(present, part, "power_w")),
            "voltage_v": rounded(_number(present, part, "voltage_v")),
            "frequency_hz": rounded(_number(present, part, "frequency_hz"), 2),
            "alerts": [span.name for span in alerts if span.source == part.label],
        }
        for part in found
    ]


def _head(asked: Asked, part: Part) -> dict[str, Any]:
    silent = part.last is None or asked.now - part.last > timedelta(days=1)
    return {
        "id": part.id,
        "label": part.label,
        "first": iso(part.first),
        "last": iso(part.last),
        "is_silent": silent,
    }


Present = Mapping[int, tuple[datetime, Mapping[str, Any]]]


def _value(present: Present, part: Part, name: str) -> Any:
    return present[part.id][1].get(name) if part.id in present else None


def _number(present: Present, part: Part, name: str) -> float | None:
    value = _value(present, part, name)
    return value if isinstance(value, int | float) else None


def _flag(present: Present, part: Part, name: str) -> bool | None:
    value = _value(present, part, name)
    return None if value is None else bool(value)


def _text(present: Present, part: Part, name: str) -> str | None:
    value = _value(present, part, name)
    return value if isinstance(value, str) else None
