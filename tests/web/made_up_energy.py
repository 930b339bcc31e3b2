"""The energy of the made-up house: as /api/energy and /api/peaks would tell it."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise
from typing import Any

from tests.web.made_up import FIRST, TODAY, ZONE, iso, midnight, now_at

KWH = {"solar": 30.0, "home": 20.0, "grid_in": 4.0, "grid_out": 12.0, "battery_in": 8.0, "battery_out": 6.0}
"""An ordinary day."""
FED = {
    "solar_to_home": 10.0,
    "solar_to_battery": 8.0,
    "solar_to_grid": 12.0,
    "battery_to_home": 6.0,
    "battery_to_grid": 0.0,
    "grid_to_home": 4.0,
    "grid_to_battery": 0.0,
}


def edges_of(first: date, end: date, by: str) -> list[date]:
    """Return the days on which buckets begin, and the end."""
    edges, day = [first], first
    while by != "all":
        if by == "day" or by == "hour":
            day += timedelta(days=1)
        elif by == "week":
            day += timedelta(days=7 - day.weekday())
        elif by == "month":
            day = (day.replace(day=1) + timedelta(days=32)).replace(day=1)
        else:
            day = day.replace(year=day.year + 1, month=1, day=1)
        if day >= end:
            break
        edges.append(day)
    return [*edges, end]


def energy(params: dict[str, str]) -> dict[str, Any]:
    """Return /api/energy: each recorded day the same, May a fifth more; 2024 comes from an import."""
    first, end, by = date.fromisoformat(params["from"]), date.fromisoformat(params["to"]), params["by"]
    edges = edges_of(first, end, by)
    sums: dict[str, list[float | None]] = {name: [] for name in (*KWH, *FED)}
    covered, imported = [], []
    for start, until in pairwise(edges):
        days = [start + timedelta(days=n) for n in range((until - start).days)]
        known = [day for day in days if FIRST <= day <= TODAY]
        weight = sum(1.2 if day.month == 5 else 1.0 for day in known)
        for name, value in (KWH | FED).items():
            sums[name].append(round(value * weight, 3) if known else None)
        covered.append(len(known) / len(days))
        imported.append(sum(day.year == 2024 for day in known) / len(days))
    totals = {n: (round(sum(v for v in c if v is not None), 3) if any(c) else None) for n, c in sums.items()}
    passed = [day for day in (first + timedelta(days=n) for n in range((end - first).days)) if day <= TODAY]
    return {
        "timezone": ZONE,
        "from": params["from"],
        "to": params["to"],
        "by": by,
        "start": iso(midnight(first)),
        "end": iso(midnight(end)),
        "now": now_at()["now"],
        "t": [midnight(day) for day in edges[:-1]],
        "kwh": {name: sums[name] for name in KWH},
        "fed_kwh": {name: sums[name] for name in FED},
        "covered": covered,
        "imported": imported,
        "total": {
            "kwh": {name: totals[name] for name in KWH},
            "fed_kwh": {name: totals[name] for name in FED},
            "covered_ratio": sum(day >= FIRST for day in passed) / len(passed) if passed else None,
            "imported_ratio": sum(day >= FIRST and day.year == 2024 for day in passed) / len(passed)
            if passed
            else None,
            "self_sufficiency_pct": 80.0 if totals["home"] else None,
            "self_consumption_pct": 60.0 if totals["home"] else None,
        },
    }


def peaks(params: dict[str, str]) -> dict[str, Any]:
    """Return /api/peaks: at noon of the first day."""
    at = iso(midnight(date.fromisoformat(params["from"])) + 12 * 3600)
    found: dict[str, Any] = {name: {"w": 4321.0, "at": at} for name in KWH}
    return {"timezone": ZONE, "from": params["from"], "to": params["to"], "peaks": {**found, "grid_in": None}}
