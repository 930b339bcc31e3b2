"""Curves of any window at any step: means, and the extremes of each slot, so that no peak is averaged away."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from forebay.errors import StoreError
from forebay.records.signals import FAST, Kind
from forebay.store.imported import Imported
from forebay.store.query import day_bounds
from forebay.store.rollup import BUCKETS, floor_ms
from forebay.store.state import to_ms
from forebay.store.store import Store

GAUGES: tuple[str, ...] = tuple(s.name for s in FAST if s.kind is Kind.GAUGE)
"""The signals of the house that a curve can be drawn of."""

Column = list[float | None]

_USUAL_MS = 5000
_MISSING = 3
"""So many times the usual distance between two readings, and one is missing."""


@dataclass(frozen=True, slots=True)
class Curves:
    """Arrays of one length, by signal.

    step_s: length of a slot [s]; of readings as they are, what lies between them as a rule. t: start of each slot,
    seconds since 1970 UTC. columns: means; low, high: extremes, empty where the readings are told as they are. None
    is a slot without a reading of which nothing was imported either. imported: the numbers of the slots of which only
    an import tells, rising.
    """

    step_s: int
    t: list[float]
    columns: dict[str, Column] = field(default_factory=dict)
    low: dict[str, Column] = field(default_factory=dict)
    high: dict[str, Column] = field(default_factory=dict)
    imported: list[int] = field(default_factory=list)


def curves(
    store: Store, gateway_id: int, start: datetime, end: datetime, *, step_s: int, names: Sequence[str]
) -> Curves:
    """Return the slots of [start, end); the last one may be shorter.

    Quarters of an hour and minutes are used where the slots are made of whole ones, the raw readings else.
    Raises StoreError for a signal of which no curve can be drawn.
    """
    checked(names)
    start_ms, end_ms, step_ms = to_ms(start), to_ms(end), step_s * 1000
    n_slots = -((start_ms - end_ms) // step_ms)
    found = _empty(step_s, [start_ms // 1000 + n * step_s for n in range(n_slots)], names)
    counts = {name: [0] * n_slots for name in names}
    if not names:  # slots alone, to put the curves of parts into
        return found
    with store.database.snapshot():
        for rows in _summed(store, gateway_id, (start_ms, end_ms, step_ms), names):
            for slot_ms, *values in rows:
                _add(found, counts, (slot_ms - start_ms) // step_ms, names, values)
    for name in names:
        column = found.columns[name]
        for slot, n in enumerate(counts[name]):
            if n:
                column[slot] = (column[slot] or 0.0) / n
    _fill(store, gateway_id, found, step_ms)
    return found


def _fill(store: Store, gateway_id: int, found: Curves, step_ms: int) -> None:
    """Put what was imported into the slots without a reading."""
    imported = Imported(store, gateway_id)
    slots_ms = [int(at * 1000) for at in found.t]
    if not slots_ms or not imported.touches(slots_ms[0], slots_ms[-1] + step_ms):
        return
    filled: set[int] = set()
    for name, column in found.columns.items():
        empty = [n for n, value in enumerate(column) if value is None]
        told = imported.curve([slots_ms[n] for n in empty], step_ms, name)
        for n, value in zip(empty, told, strict=True):
            column[n] = value
            if value is not None:
                filled.add(n)
    found.imported.extend(sorted(filled))


def day_curves(store: Store, gateway_id: int, first: date, days: int, *, tz: ZoneInfo, names: Sequence[str]) -> Curves:
    """Return the local days from `first` on, each of its own length: 23, 24 or 25 hours. Raises as `curves`."""
    whole = _empty(86_400, [], names)
    for start, end, length_s in runs(first, days, tz):
        run = curves(store, gateway_id, start, end, step_s=length_s, names=names)
        whole.imported.extend(len(whole.t) + n for n in run.imported)
        whole.t.extend(run.t)
        for of, to in ((run.columns, whole.columns), (run.low, whole.low), (run.high, whole.high)):
            for name in names:
                to[name].extend(of[name])
    return whole


def readings(store: Store, gateway_id: int, start: datetime, end: datetime, *, names: Sequence[str]) -> Curves:
    """Return the readings of [start, end) as they are, and an empty slot where some are missing.

    What lies three times as far apart as readings do there as a rule has an empty slot between. Raises as `curves`.
    """
    checked(names)
    select = f"SELECT at_ms, {', '.join(names)} FROM {{table}} ORDER BY at_ms"  # noqa: S608 - names are checked
    rows = [row for part in store.raw(gateway_id).ask(select, to_ms(start), to_ms(end)) for row in part]
    apart_ms = sorted(after[0] - before[0] for before, after in pairwise(rows))
    usual_ms = apart_ms[len(apart_ms) // 2] if apart_ms else _USUAL_MS
    found = Curves(max(1, round(usual_ms / 1000)), [], {name: [] for name in names})
    last_ms: int | None = None
    for at_ms, *values in rows:
        if last_ms is not None and at_ms - last_ms > _MISSING * usual_ms:
            found.t.append((last_ms + usual_ms) / 1000)
            for name in names:
                found.columns[name].append(None)
        found.t.append(at_ms / 1000)
        for name, value in zip(names, values, strict=True):
            found.columns[name].append(None if value is None else float(value))
        last_ms = at_ms
    return found


def checked(names: Sequence[str]) -> None:
    """Raise StoreError, naming it, for a signal of which no curve can be drawn."""
    for name in names:
        if name not in GAUGES:
            raise StoreError(f"{name}: no curve can be drawn of this; there are {', '.join(GAUGES)}")


def runs(first: date, days: int, tz: ZoneInfo) -> Iterator[tuple[datetime, datetime, int]]:
    """Yield runs of local days of one length: start, end and the length of their days [s]."""
    begun: tuple[datetime, datetime, int] | None = None
    for n in range(days):
        start, end = day_bounds(first + timedelta(days=n), tz)
        length_s = int((end - start).total_seconds())
        if begun is not None and begun[2] != length_s:
            yield begun
            begun = None
        begun = (start if begun is None else begun[0], end, length_s)
    if begun is not None:
        yield begun


def _empty(step_s: int, t: list[Any], names: Sequence[str]) -> Curves:
    def nothing() -> dict[str, Column]:
        return {name: [None] * len(t) for name in names}

    return Curves(step_s, t, nothing(), nothing(), nothing())


def _add(found: Curves, counts: dict[str, list[int]], slot: int, names: Sequence[str], values: Sequence[Any]) -> None:
    """Add counts, sums and extremes of one slot; a slot's parts may come from several places."""
    for name, n, total, low, high in zip(names, values[::4], values[1::4], values[2::4], values[3::4], strict=True):
        if not n:
            continue
        counts[name][slot] += n
        column, lows, highs = found.columns[name], found.low[name], found.high[name]
        column[slot] = (column[slot] or 0.0) + total
        least, most = lows[slot], highs[slot]
        lows[slot] = low if least is None else min(least, low)
        highs[slot] = high if most is None else max(most, high)


def _summed(
    store: Store, gateway_id: int, window_ms: tuple[int, int, int], names: Sequence[str]
) -> Iterator[list[tuple[Any, ...]]]:
    """Yield (start of slot, then count, sum, least, greatest of each signal) from the coarsest exact tables."""
    start_ms, end_ms, step_ms = window_ms
    left = [(start_ms, end_ms)]
    slot = f"{start_ms % step_ms}"
    for table, length_ms in reversed(BUCKETS.items()):
        if step_ms % length_ms or start_ms % length_ms:
            continue
        rest: list[tuple[int, int]] = []
        first_ms, until_ms = _covered(store, gateway_id, table, length_ms)
        parts = ", ".join(f"sum({n}_n), sum({n}_sum), min({n}_min), max({n}_max)" for n in names)
        for low_ms, high_ms in left:
            from_ms, to_end_ms = max(low_ms, first_ms), min(floor_ms(high_ms, length_ms), until_ms)
            if from_ms >= to_end_ms:
                rest.append((low_ms, high_ms))
                continue
            sql = (
                f"SELECT start_ms - (start_ms - {slot}) % {step_ms}, {parts} FROM {table}"  # noqa: S608
                " WHERE gateway_id = ? AND start_ms >= ? AND start_ms < ? GROUP BY 1"
            )
            yield store.database.rows(sql, (gateway_id, from_ms, to_end_ms))
            rest += [span for span in ((low_ms, from_ms), (to_end_ms, high_ms)) if span[0] < span[1]]
        left = rest
    parts = ", ".join(f"count({n}), sum({n}), min({n}), max({n})" for n in names)
    select = f"SELECT at_ms - (at_ms - {slot}) % {step_ms} AS slot, {parts} FROM {{table}} GROUP BY 1"  # noqa: S608
    for low_ms, high_ms in left:
        yield from store.raw(gateway_id).ask(select, low_ms, high_ms)


def _covered(store: Store, gateway_id: int, table: str, length_ms: int) -> tuple[int, int]:
    """Return the span that a table of buckets covers [ms]; empty where it has none."""
    ends = [
        store.database.rows(f"SELECT {of}(start_ms) FROM {table} WHERE gateway_id = ?", (gateway_id,))[0][0]  # noqa: S608
        for of in ("min", "max")
    ]
    return (0, 0) if ends[0] is None else (ends[0], ends[1] + length_ms)
