"""The highest power of each flow: of one gateway, and of several together, whose powers are added instant by instant.

The peak of a sum is not the sum of the peaks, which are seldom at the same time. A quarter of an hour cannot hold more
than its gateways' peaks added, so quarters are looked into from the most promising on, until none promises more.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from forebay.store.raw import Raw
from forebay.store.rollup import QUARTER_MS, floor_ms
from forebay.store.state import from_ms, to_ms
from forebay.store.store import Store

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

FLOWS: dict[str, tuple[str, int]] = {
    "solar": ("solar_power_w", 1),
    "home": ("load_power_w", 1),
    "grid_in": ("site_power_w", 1),
    "grid_out": ("site_power_w", -1),
    "battery_in": ("battery_power_w", -1),
    "battery_out": ("battery_power_w", 1),
}
"""Flow -> the signal of its power, and the sign of that while it flows."""
MOST_LOOKS = 500
"""So many quarters of an hour are looked into for a sum; of what is found then it is said that it may be more."""
_ROUNDED_W = 0.01
"""How much a power in a file may differ from what was put together of it before."""
_NEAR = 2.0
"""Readings of two gateways are at one time within so many of their spacings."""


@dataclass(frozen=True, slots=True)
class Peak:
    """The highest power of a flow [W, positive] and when. is_least: whether not every quarter was looked into."""

    power_w: float
    at: datetime
    is_least: bool = False


def peaks(store: Store, gateway_ids: Sequence[int], start: datetime, end: datetime) -> dict[str, Peak | None]:
    """Return the highest power of each flow in [start, end); None where there was none.

    Of several gateways only times count of which all have a reading that tell such a power in this window at all.
    Raises StoreError.
    """
    span = to_ms(start), to_ms(end)
    tables = {i: _most(store, i, span) for i in gateway_ids}
    found: dict[str, Peak | None] = {}
    for number, flow in enumerate(FLOWS):
        told = {i: _told(table, number) for i, table in tables.items()}
        found[flow] = _highest(store, {i: one for i, one in told.items() if one}, FLOWS[flow], span)
    return found


def _most(store: Store, gateway_id: int, span: tuple[int, int]) -> Array:
    """Return when each quarter of an hour begins and what each flow is at most in it, shape (n, 1 + flows).

    NaN where nothing is known.
    """
    import numpy as np

    columns = ", ".join(f"{signal}_{'max' if sign > 0 else 'min'}" for signal, sign in FLOWS.values())
    sql = f"SELECT start_ms, {columns} FROM quarters WHERE gateway_id = ? AND start_ms >= ? AND start_ms < ?"  # noqa: S608
    rows = store.database.rows(sql, (gateway_id, floor_ms(span[0], QUARTER_MS), span[1]))
    latest = store.latest(gateway_id)
    if latest is not None:  # the quarter of the last reading is not put together yet
        open_ms = floor_ms(to_ms(latest.at), QUARTER_MS)
        columns = ", ".join(f"{'max' if sign > 0 else 'min'}({signal})" for signal, sign in FLOWS.values())
        sql = f"SELECT ?, {columns} FROM samples WHERE gateway_id = ? AND at_ms >= ? AND at_ms < ?"  # noqa: S608
        if open_ms < span[1] and open_ms + QUARTER_MS > span[0]:
            rows += store.database.rows(sql, (open_ms, gateway_id, open_ms, open_ms + QUARTER_MS))
    table = np.array(rows, dtype=np.float64).reshape(len(rows), 1 + len(FLOWS))
    table[:, 1:] *= [sign for _, sign in FLOWS.values()]
    return table


def _told(table: Array, number: int) -> dict[int, float]:
    """Return what a flow is at most, by the start of the quarter, where it is known."""
    import numpy as np

    known = table[~np.isnan(table[:, 1 + number])]
    return dict(zip(known[:, 0].astype(np.int64).tolist(), known[:, 1 + number].tolist(), strict=True))


def _highest(
    store: Store, told: Mapping[int, Mapping[int, float]], of: tuple[str, int], span: tuple[int, int]
) -> Peak | None:
    if not told:
        return None
    each = list(told.values())
    common = set(each[0]).intersection(*each[1:])
    promising = sorted(((sum(one[at] for one in each), at) for at in common), key=lambda pair: (-pair[0], pair[1]))
    best: tuple[float, int] | None = None
    for looks, (most_w, quarter_ms) in enumerate(promising):
        if most_w <= 0 or (best is not None and most_w <= best[0] + _ROUNDED_W * len(each)):
            break
        if looks >= MOST_LOOKS:
            return None if best is None else Peak(best[0], from_ms(best[1]), is_least=True)
        within = max(span[0], quarter_ms), min(span[1], quarter_ms + QUARTER_MS)
        seen = _within([store.raw(i) for i in told], of, within)
        if seen is not None and (best is None or (seen[0], -seen[1]) > (best[0], -best[1])):
            best = seen
    return None if best is None or best[0] <= 0 else Peak(best[0], from_ms(best[1]))


def _within(raws: Sequence[Raw], of: tuple[str, int], span: tuple[int, int]) -> tuple[float, int] | None:
    """Return the highest sum of the flow in a span and when it was first; None where not all have a reading."""
    import numpy as np

    signal, sign = of
    lines: list[tuple[Array, Array]] = []
    for raw in raws:
        times, watts = [], []
        for part in raw.columns((signal,), *span):
            known = ~np.isnan(part[signal])
            times.append(part["at_ms"][known])
            watts.append(part[signal][known])
        if not sum(map(len, times)):
            return None
        lines.append((np.concatenate(times), np.concatenate(watts)))
    instants = np.unique(np.concatenate([times for times, _ in lines]))
    total = np.zeros(len(instants))
    for line in lines:
        total += _at(instants, *line)
    if np.isnan(total).all():
        return None
    best = int(np.nanargmax(sign * total))
    return float(sign * total[best]), int(instants[best])


def _at(instants: Array, times: Array, watts: Array) -> Array:
    """Return the reading that is nearest to each instant, NaN where none is near."""
    import numpy as np

    nearest, near_ms = np.zeros(len(instants), dtype=int), float(QUARTER_MS)
    if len(times) > 1:
        after = np.clip(np.searchsorted(times, instants), 1, len(times) - 1)
        nearest = after - (instants - times[after - 1] <= times[after] - instants)
        near_ms = _NEAR * float(np.median(np.diff(times)))
    return np.where(np.abs(times[nearest] - instants) <= near_ms, watts[nearest], np.nan)
