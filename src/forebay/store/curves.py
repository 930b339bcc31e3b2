"""Curves of any window at any step: means, and the extremes of each slot, so that no peak is averaged away."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from forebay.errors import StoreError
from forebay.records.signals import FAST, Kind
from forebay.store.imported import Imported
from forebay.store.query import day_bounds
from forebay.store.slots import Window, summed
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
    window = Window(to_ms(start), to_ms(end), step_s * 1000)
    sums = summed(store, gateway_id, window, list(dict.fromkeys(names)))
    first_s = window.start_ms // 1000
    found = Curves(
        step_s,
        [first_s + n * step_s for n in range(window.slots)],
        {name: sums[name].means() for name in names},
        {name: sums[name].lows() for name in names},
        {name: sums[name].highs() for name in names},
    )
    _fill(store, gateway_id, found, window.step_ms)
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
    import numpy as np

    names = list(dict.fromkeys(names))
    parts = list(store.raw(gateway_id).columns(names, to_ms(start), to_ms(end)))
    if not parts:
        return Curves(_USUAL_MS // 1000, [], {name: [] for name in names})
    at_ms = np.concatenate([part["at_ms"] for part in parts])
    apart_ms = np.diff(at_ms)
    usual_ms = int(np.sort(apart_ms)[len(apart_ms) // 2]) if len(apart_ms) else _USUAL_MS
    after = np.flatnonzero(apart_ms > _MISSING * usual_ms)
    columns: dict[str, Column] = {}
    for name in names:
        values = np.insert(np.concatenate([part[name] for part in parts]), after + 1, np.nan)
        column: Column = values.tolist()
        for n in np.flatnonzero(np.isnan(values)).tolist():
            column[n] = None
        columns[name] = column
    t = np.insert(at_ms, after + 1, at_ms[after] + usual_ms) / 1000
    return Curves(max(1, round(usual_ms / 1000)), t.tolist(), columns)


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
