"""What the record tells of the battery's age: its capacity by day, what went through it, what came back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from forebay.records.ageing import round_trip_ratio, weighted_median
from forebay.store.energy import energy_between
from forebay.store.kept import CAPACITY, kept_days, runs_of
from forebay.store.query import day_bounds, day_edges
from forebay.store.state import from_ms, to_ms
from forebay.store.store import Store

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

COVERED = 0.95
"""How much of a month must be accounted for to tell its round trip."""
NEAR_S = 6 * 3600
"""How far from a month's edge the packs' energy may have been read [s]."""
CAPACITY_WIDTH = 3
_DAYS_AT_ONCE = 31


@dataclass(frozen=True, slots=True)
class CapacityDay:
    """What full packs held on a local day: the median of that day's readings [Wh].

    packs: how many there were, the median too; None where the gateway did not tell.
    """

    day: date
    full_wh: float
    packs: int | None
    n: int


@dataclass(frozen=True, slots=True)
class RoundTrip:
    """What went into the packs in a window and what came back [Wh].

    gained_wh: how much more they held at its end. ratio: None where it cannot be told.
    covered_ratio: the part of the window that the energies account for, 0-1.
    """

    start: datetime
    end: datetime
    charged_wh: float | None
    discharged_wh: float | None
    gained_wh: float | None
    covered_ratio: float
    ratio: float | None


def slow_bounds(store: Store, gateway_id: int) -> tuple[datetime, datetime] | None:
    """Return the times of the first and the last slow reading, None where there is none."""
    sql = (
        "SELECT min(t), max(u) FROM (SELECT min(at_ms) AS t, max(at_ms) AS u FROM slow_samples WHERE gateway_id = ?"
        " UNION ALL SELECT min(start_ms), max(end_ms) FROM segments WHERE gateway_id = ? AND kind = 'slow_samples')"
    )
    low, high = store.database.rows(sql, (gateway_id, gateway_id))[0]
    return None if low is None else (from_ms(low), from_ms(high))


def capacity_days(store: Store, gateway_id: int, start: datetime, end: datetime, tz: ZoneInfo) -> list[CapacityDay]:
    """Return the capacity of each local day of [start, end) that has one, in order.

    Values are counted to the watt-hour, so that a day kept in two places has one median.
    """
    if end <= start:
        return []
    first, last = (at.astimezone(tz).date() for at in (start, end))
    edges_ms = day_edges(first, (last - first).days + 1, tz)
    low_ms, high_ms = to_ms(start), to_ms(end)
    kept = kept_days(store.database, gateway_id, CAPACITY, (low_ms, high_ms), CAPACITY_WIDTH)
    rows = kept.rows_of(list(pairwise(edges_ms)))
    found = {n: kept.told[row] for n, row in enumerate(rows.tolist()) if row >= 0}
    for begin, until in runs_of(edges_ms, (rows < 0).nonzero()[0].tolist(), _DAYS_AT_ONCE):
        run_ms = [max(low_ms, edges_ms[begin]), *edges_ms[begin + 1 : until], min(high_ms, edges_ms[until])]
        if run_ms[0] < run_ms[-1]:
            found |= {begin + n: row for n, row in enumerate(capacities_to_keep(store, gateway_id, run_ms))}
    return [
        CapacityDay(first + timedelta(days=n), wh, None if packs != packs else int(packs), int(count))  # noqa: PLR0124
        for n, (wh, packs, count) in ((n, found[n].tolist()) for n in sorted(found))
        if count
    ]


def capacities_to_keep(store: Store, gateway_id: int, edges_ms: Sequence[int]) -> Array:
    """Return the capacity, the number of packs and how many readings told them, of the spans between the edges.

    shape (n, 3); NaN where nothing was told. Raises StoreError.
    """
    import numpy as np

    edges = np.array(edges_ms)
    parts: list[tuple[Array, Array, Array]] = []
    raw = store.raw(gateway_id, "slow_samples")
    for chunk in raw.columns(("pack_full_wh", "pack_count"), edges_ms[0], edges_ms[-1]):
        told = ~np.isnan(chunk["pack_full_wh"])
        day = np.searchsorted(edges, chunk["at_ms"][told], side="right") - 1
        parts.append((day, np.floor(chunk["pack_full_wh"][told] + 0.5), chunk["pack_count"][told]))
    found = np.full((len(edges_ms) - 1, CAPACITY_WIDTH), np.nan)
    found[:, 2] = 0
    if not parts:
        return found
    days, full_wh, packs = (np.concatenate(column) for column in zip(*parts, strict=True))
    for day in np.unique(days).tolist():
        of_day = days == day
        found[day] = _middle(full_wh[of_day]), _middle(packs[of_day]), of_day.sum()
    return found


def _middle(values: Array) -> float:
    """Return the median of the values that are known, NaN where none is."""
    import numpy as np

    each, counts = np.unique(values[~np.isnan(values)], return_counts=True)
    return weighted_median(list(zip(each.tolist(), counts.tolist(), strict=True))) if len(each) else np.nan


def months_between(first: date, last: date, tz: ZoneInfo) -> list[datetime]:
    """Return the starts of the local months from that of `first` to the one after `last`, in UTC."""
    edges, year, month = [], first.year, first.month
    while (year, month) <= (last.year, last.month):
        edges.append(day_bounds(date(year, month, 1), tz)[0])
        year, month = (year + 1, 1) if month == 12 else (year, month + 1)
    return [*edges, day_bounds(date(year, month, 1), tz)[0]]


def round_trips(store: Store, gateway_id: int, edges: Sequence[datetime]) -> list[RoundTrip]:
    """Return what went into the packs and came back in each window between neighbouring edges.

    What they held at an edge is the slow reading nearest to it, within `NEAR_S`.
    """
    if len(edges) < 2:
        return []
    held = _held_at(store, gateway_id, edges)
    found = []
    for i, ((start, end), window) in enumerate(
        zip(pairwise(edges), energy_between(store, gateway_id, edges), strict=True)
    ):
        charged, discharged = window["battery_in"], window["battery_out"]
        before, after = held[i], held[i + 1]
        gained = None if before is None or after is None else after - before
        covered = min(charged.covered_ratio, discharged.covered_ratio)
        ratio = None
        if charged.wh is not None and discharged.wh is not None and gained is not None and covered >= COVERED:
            ratio = round_trip_ratio(charged.wh, discharged.wh, gained)
        found.append(RoundTrip(start, end, charged.wh, discharged.wh, gained, covered, ratio))
    return found


def _held_at(store: Store, gateway_id: int, edges: Sequence[datetime]) -> list[float | None]:
    import numpy as np

    raw = store.raw(gateway_id, "slow_samples")
    held: list[float | None] = []
    for edge in edges:
        at = to_ms(edge)
        nearest: tuple[int, float] | None = None
        for chunk in raw.columns(("pack_remaining_wh",), at - NEAR_S * 1000, at + NEAR_S * 1000):
            told = ~np.isnan(chunk["pack_remaining_wh"])
            away = np.abs(chunk["at_ms"][told] - at)
            if len(away) and (nearest is None or away.min() < nearest[0]):
                nearest = int(away.min()), float(chunk["pack_remaining_wh"][told][away.argmin()])
        held.append(None if nearest is None else nearest[1])
    return held
