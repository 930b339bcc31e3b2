"""The packs of a battery side by side: energy, charge, imbalance, temperatures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from forebay.records.parts import PartKind
from forebay.store.part_days import PartDay, part_days
from forebay.store.parts import Part, key_of, latest, parts
from forebay.views.web.asked import Asked, iso, rounded

UNEVEN_PCT = 10.0
"""Packs whose charges differ by more on the day's mean are told [%]."""
_SIGNALS = ("full_wh", "charge_pct", "temperature_c", "discharged_wh")

Days = Mapping[str, Mapping[date, PartDay]]


def packs(asked: Asked) -> dict[str, Any]:
    """Return the packs of /api/battery with their last days. Raises StoreError."""
    found = [] if asked.gateway_id is None else parts(asked.store, asked.gateway_id, PartKind.PACK)
    if asked.gateway_id is None or not found:
        words = "The gateway has not told anything of single packs."
        return {"packs": [], "pack_days": [], "imbalance": {"pct": [], "latest_pct": None, "words": words}}
    start, end = asked.window
    tz = asked.tz
    first = start.astimezone(tz).date()
    days = [first + timedelta(days=n) for n in range((end.astimezone(tz).date() - first).days)]
    ids = [part.id for part in found]
    told = part_days(asked.store, asked.gateway_id, ids, first, len(days), tz=tz, signals=list(_SIGNALS))
    present = latest(asked.store, asked.gateway_id, ids)
    return {
        "packs": [_pack(asked, part, present.get(part.id), told, days) for part in found],
        "pack_days": [day.isoformat() for day in days],
        "imbalance": _imbalance(found, told, days),
    }


def _pack(asked: Asked, part: Part, present: Any, told: Days, days: Sequence[date]) -> dict[str, Any]:
    values: Mapping[str, Any] = {} if present is None else present[1]
    full, remaining = values.get("full_wh"), values.get("remaining_wh")

    def column(name: str, what: str, digits: int) -> list[float | None]:
        by_day = told.get(key_of(part.id, name), {})
        return [rounded(getattr(by_day[day], what), digits) if day in by_day else None for day in days]

    counted = [by.counted_wh for by in told.get(key_of(part.id, "discharged_wh"), {}).values()]
    known = [wh for wh in counted if wh is not None]
    return {
        "id": part.id,
        "label": part.label,
        "first": iso(part.first),
        "last": iso(part.last),
        "is_silent": part.last is None or asked.now - part.last > timedelta(days=1),
        "state": values.get("state"),
        "full_wh": rounded(full),
        "remaining_wh": rounded(remaining),
        "charge_pct": rounded(100 * remaining / full) if full and remaining is not None else None,
        "temperature_c": rounded(values.get("temperature_c")),
        "discharged_kwh": rounded(sum(known) / 1000, 1) if known else None,
        "days": {
            "full_wh": column("full_wh", "mean", 0),
            "charge_pct": column("charge_pct", "mean", 1),
            "temperature_low_c": column("temperature_c", "low", 1),
            "temperature_mean_c": column("temperature_c", "mean", 1),
            "temperature_high_c": column("temperature_c", "high", 1),
        },
    }


def _imbalance(found: Sequence[Part], told: Days, days: Sequence[date]) -> dict[str, Any]:
    """Return by day the highest minus the lowest of the packs' mean charges; None where one alone was read."""
    apart: list[float | None] = []
    for day in days:
        charges = [told.get(key_of(part.id, "charge_pct"), {}).get(day) for part in found]
        known = [one.mean for one in charges if one is not None]
        apart.append(max(known) - min(known) if len(known) > 1 else None)
    latest_pct = next((pct for pct in reversed(apart) if pct is not None), None)
    words = "One pack has nothing to be uneven with."
    if latest_pct is not None:
        words = f"The packs' charges are within {max(latest_pct, 0.1):.1f} % of each other."
        if latest_pct > UNEVEN_PCT:
            words = (
                f"The packs are uneven: their charges differ by {latest_pct:.0f} %. If it lasts, tell your installer."
            )
    elif len(found) > 1:
        words = "The packs' charges have not been read on the same day yet."
    return {"pct": [rounded(pct, 1) for pct in apart], "latest_pct": rounded(latest_pct, 1), "words": words}
