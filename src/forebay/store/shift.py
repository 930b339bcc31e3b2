"""A bill whose days begin at another hour than the site's: found by trying, told only if most days then agree."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise

from forebay.store.differences import METER_RATIO, METER_WH, Billed
from forebay.store.energy import energy_between
from forebay.store.store import Store

_STEP = timedelta(minutes=30)
_SHIFTS = sorted((_STEP * n for n in range(-28, 29) if n), key=abs)
_MANY_RATIO = 0.8
"""A bill's day is taken to begin at another hour if that explains at least this part of its days."""
_SHORTEST, _LONGEST = timedelta(hours=22, minutes=30), timedelta(hours=25, minutes=30)

Moved = Mapping[tuple[int, str], float]
"""What an hour moves from one day to the other, by number of the day and name of the flow [Wh]."""


def by_local_day(bill: Sequence[Billed], edges: Sequence[datetime]) -> list[Billed]:
    """Return a bill with each interval that is as long as a day laid over the local day it has most of."""
    days = list(pairwise(edges))
    out = []
    for one in bill:
        if not _SHORTEST <= one.end - one.start <= _LONGEST or (one.start, one.end) in days:
            out.append(one)
            continue
        best = max(days, key=lambda day: min(one.end, day[1]) - max(one.start, day[0]))
        if min(one.end, best[1]) - max(one.start, best[0]) > timedelta(hours=11, minutes=30):
            out.append(replace(one, start=best[0], end=best[1]))
    return out


def find_shift(
    store: Store,
    gateway_id: int,
    edges: Sequence[datetime],
    said_wh: Mapping[str, Sequence[float | None]],
    bill: Sequence[Billed],
) -> tuple[timedelta, Moved]:
    """Return by how much a bill's days begin later than the local ones, and what that moves.

    edges: of the local days. said_wh: what the record says of each, by flow; None is not known. A bill of intervals
    that are no days is not shifted.
    """
    days = list(pairwise(edges))
    told = {(one.start, one.end): one for one in bill}
    if not bill or any(pair not in days for pair in told if pair[1] > edges[0] and pair[0] < edges[-1]):
        return timedelta(), {}
    asked = [
        (n, name, wh, told[day].wh[name], told[day].places_wh)
        for name, values in said_wh.items()
        for n, (day, wh) in enumerate(zip(days, values, strict=True))
        if wh is not None and day in told and name in told[day].wh
    ]

    def near(moved: Moved) -> tuple[int, float]:
        n_near, off_wh = 0, 0.0
        for n, name, wh, billed_wh, places_wh in asked:
            there_wh = wh + moved.get((n, name), 0.0)
            off_wh += abs(billed_wh - there_wh)
            n_near += abs(billed_wh - there_wh) <= max(METER_WH, METER_RATIO["bill"] * there_wh) + places_wh / 2
        return n_near, -off_wh

    enough = _MANY_RATIO * len(asked)
    if len(days) < 3 or near({})[0] >= enough:
        return timedelta(), {}
    sums = _sums(store, gateway_id, edges, said_wh)
    best: tuple[tuple[int, float], timedelta, Moved] = ((-1, 0.0), timedelta(), {})
    for shift in _SHIFTS:
        moved = {
            (n, name): (table[high + shift] - table[low + shift]) - (table[high] - table[low])
            for name, table in sums.items()
            for n, (low, high) in enumerate(days)
        }
        if near(moved) > best[0]:
            best = (near(moved), shift, moved)
    return best[1:] if best[0][0] >= enough else (timedelta(), {})


def _sums(
    store: Store, gateway_id: int, edges: Sequence[datetime], flows: Mapping[str, object]
) -> dict[str, dict[datetime, float]]:
    """Return what each flow has brought until each moment at which a day may begin [Wh]."""
    grid = sorted({edge + shift for edge in edges for shift in (timedelta(), *_SHIFTS)})
    sums: dict[str, dict[datetime, float]] = {name: {grid[0]: 0.0} for name in flows}
    for (before, at), window in zip(pairwise(grid), energy_between(store, gateway_id, grid), strict=True):
        for name, table in sums.items():
            table[at] = table[before] + (window[name].wh or 0.0)
    return sums
