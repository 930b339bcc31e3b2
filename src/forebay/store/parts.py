"""Packs, strings, inverters and meters: which there are and were, what each told last, and its curves.

Curves come from quarters of an hour where those tell them exactly, else from the raw readings; both are kept for ever.
What a day says as a whole is in part_days.py.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from forebay.errors import NoSuchPart, StoreError
from forebay.records.parts import BY_PART_NAME, PART_NAMES, ROLLED, PartKind, Value
from forebay.store.rollup import QUARTER_MS, floor_ms
from forebay.store.slots import Sums, Window
from forebay.store.state import from_ms, to_ms
from forebay.store.store import Store

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

RATIOS: dict[str, tuple[str, str, float]] = {"charge_pct": ("remaining_wh", "full_wh", 100.0)}
"""What is not kept but reckoned of two signals that are: name -> (of what, by what, times what)."""

OFFERED: dict[PartKind, tuple[str, ...]] = {
    kind: (
        *(s.name for s in ROLLED if kind in s.of),
        *(name for name, (of, _, _) in RATIOS.items() if kind in BY_PART_NAME[of].of),
    )
    for kind in PartKind
}
"""Kind of part -> the signals of which a curve can be drawn."""


@dataclass(frozen=True, slots=True)
class Part:
    """A pack, string, inverter or meter, from its first to its last reading.

    number: counts the parts of its kind at this gateway from 1, in the order in which they came. label: its name for
    people, such as "Pack 1". serial_hash: of its serial number, shortened; "" where it was not told. place: which of
    several at one device. last: the last reading, None where there is none yet.
    """

    id: int
    kind: PartKind
    number: int
    label: str
    serial_hash: str
    first: datetime
    last: datetime | None
    place: str = ""


def parts(store: Store, gateway_id: int, kind: PartKind | str | None = None) -> list[Part]:
    """Return the parts that a gateway has or had, in order of kind and number."""
    sql = (
        "SELECT id, kind, number, label, serial_hash, place, first_ms, max(last_ms, coalesce((SELECT max(at_ms)"
        " FROM part_samples WHERE gateway_id = parts.gateway_id AND part_id = parts.id), last_ms))"
        " FROM parts WHERE gateway_id = ? ORDER BY number"
    )
    order = list(PartKind)
    found = [
        Part(id_, PartKind(k), number, label, serial_hash, from_ms(first), from_ms(last), place)
        for id_, k, number, label, serial_hash, place, first, last in store.database.rows(sql, (gateway_id,))
        if kind is None or k == kind
    ]
    return sorted(found, key=lambda part: (order.index(part.kind), part.number))


@dataclass(frozen=True, slots=True)
class PartSeries:
    """Arrays of one length, by `part/ID/name`.

    t: start of each slot, seconds since 1970 UTC. columns: means, low and high: extremes of the slot; None is a slot
    without a reading. Of a reckoned signal the extremes are those of its means in the slot.
    """

    step_s: int
    t: list[float]
    columns: dict[str, list[float | None]] = field(default_factory=dict)
    low: dict[str, list[float | None]] = field(default_factory=dict)
    high: dict[str, list[float | None]] = field(default_factory=dict)


def latest(store: Store, gateway_id: int, part_ids: Sequence[int]) -> dict[int, tuple[datetime, dict[str, Value]]]:
    """Return the last reading of each part: when, and what is known by name of the signal."""
    sql = (
        f"SELECT at_ms, {', '.join(PART_NAMES)} FROM part_samples"  # noqa: S608
        " WHERE gateway_id = ? AND part_id = ? ORDER BY at_ms DESC LIMIT 1"
    )
    found: dict[int, tuple[datetime, dict[str, Value]]] = {}
    for part_id in part_ids:
        for at_ms, *values in store.database.rows(sql, (gateway_id, part_id)):
            known = {name: v for name, v in zip(PART_NAMES, values, strict=True) if v is not None}
            found[part_id] = (from_ms(at_ms), known)
    return found


def key_of(part_id: int, name: str) -> str:
    """Return the name of a part's signal among all that can be drawn."""
    return f"part/{part_id}/{name}"


def part_series(
    store: Store,
    gateway_id: int,
    part_ids: Sequence[int],
    start: datetime,
    end: datetime,
    *,
    step_s: int,
    signals: Sequence[str],
) -> PartSeries:
    """Return means and extremes of the parts' signals over the slots of [start, end); the last may be shorter.

    A signal that a part of that kind does not tell is left out for it.
    Raises StoreError for a part that is not there, and for a signal of which no curve can be drawn.
    """
    if step_s <= 0 or start >= end:
        raise StoreError("the window is empty: it must end after it begins, in steps of a second or more")
    window = Window(to_ms(start), to_ms(end), step_s * 1000)
    first_s = window.start_ms // 1000
    found = PartSeries(step_s, [float(first_s + n * step_s) for n in range(window.slots)])
    for part in known_parts(store, gateway_id, part_ids):
        for name, sums in summed(store, gateway_id, part, wanted(part, signals), window).items():
            key = key_of(part.id, name)
            found.columns[key], found.low[key], found.high[key] = sums.means(), sums.lows(), sums.highs()
    return found


def part_readings(
    store: Store, gateway_id: int, part_ids: Sequence[int], start: datetime, end: datetime, *, signals: Sequence[str]
) -> PartSeries:
    """Return the parts' signals of [start, end) as they were read; what a part did not tell at a time is None.

    step_s: what lies between readings as a rule. Extremes are left out. Raises as `part_series`.
    """
    import numpy as np

    at: set[int] = set()
    told: dict[str, dict[int, float]] = {}
    for part in known_parts(store, gateway_id, part_ids):
        names = wanted(part, signals)
        columns = of_what(names)
        told |= {key_of(part.id, name): {} for name in names}
        for chunk in store.raw(gateway_id, "part_samples", part.id).columns(columns, to_ms(start), to_ms(end)):
            times = chunk["at_ms"].tolist()
            at.update(times)
            for name in names:
                of, by, factor = RATIOS.get(name, (name, None, 1.0))
                with np.errstate(divide="ignore", invalid="ignore"):
                    values = chunk[of] if by is None else factor * chunk[of] / chunk[by]
                known = {ms: value for ms, value in zip(times, values.tolist(), strict=True) if math.isfinite(value)}
                told[key_of(part.id, name)] |= known
    every = sorted(at)
    apart = sorted(after - before for before, after in pairwise(every))
    step_s = max(1, round(apart[len(apart) // 2] / 1000)) if apart else 1
    columns_of = {key: [values.get(ms) for ms in every] for key, values in told.items()}
    return PartSeries(step_s, [ms / 1000 for ms in every], columns_of)


def known_parts(store: Store, gateway_id: int, part_ids: Sequence[int]) -> list[Part]:
    """Return parts by their ids. Raises NoSuchPart where there is none of one."""
    there = {part.id: part for part in parts(store, gateway_id)}
    for part_id in part_ids:
        if part_id not in there:
            raise NoSuchPart(f"part {part_id}: there is none of this number; there are {sorted(there) or 'no parts'}")
    return [there[part_id] for part_id in dict.fromkeys(part_ids)]


def wanted(part: Part, signals: Sequence[str]) -> list[str]:
    """Return those of the signals that such a part tells. Raises StoreError for one of which no curve can be drawn."""
    every = {name for names in OFFERED.values() for name in names}
    for name in signals:
        if name not in every:
            raise StoreError(f"{name}: no curve can be drawn of this signal of a part; there are {sorted(every)}")
    return [name for name in dict.fromkeys(signals) if name in OFFERED[part.kind]]


def summed(store: Store, gateway_id: int, part: Part, names: Sequence[str], window: Window) -> dict[str, Sums]:
    """Return what the slots of a window sum up to, by signal."""
    sums = columns_summed(store, gateway_id, part, of_what(names), window)
    return {name: reckoned(sums, name) for name in names}


def of_what(names: Sequence[str]) -> list[str]:
    """Return the columns that these signals are made of."""
    return list(dict.fromkeys(c for name in names for c in (RATIOS[name][:2] if name in RATIOS else (name,))))


def reckoned(sums: Mapping[str, Sums], name: str) -> Sums:
    """Return a signal of what its columns sum up to."""
    return _ratio(sums, *RATIOS[name]) if name in RATIOS else sums[name]


def columns_summed(
    store: Store, gateway_id: int, part: Part, columns: Sequence[str], window: Window
) -> dict[str, Sums]:
    """Return what the slots of a window sum up to, by column: from quarters of an hour where those tell it exactly."""
    import numpy as np

    nothing, endless = np.zeros(window.slots), np.full(window.slots, np.inf)
    sums = {c: Sums(nothing.copy(), nothing.copy(), endless.copy(), -endless) for c in columns}
    turn_ms = window.start_ms
    if not window.step_ms % QUARTER_MS and not window.start_ms % QUARTER_MS and part.last is not None:
        rolled_ms = min(floor_ms(window.end_ms, QUARTER_MS), floor_ms(to_ms(part.last), QUARTER_MS))
        turn_ms = max(window.start_ms, rolled_ms)
    rolled = [f"{column}_{how}" for column in columns for how in ("n", "sum", "min", "max")]
    for chunk in store.raw(gateway_id, "part_quarters", part.id).columns(rolled, window.start_ms, turn_ms):
        for column, one in sums.items():
            n, total, low, high = (chunk[f"{column}_{how}"] for how in ("n", "sum", "min", "max"))
            _add(one, (chunk["at_ms"] - window.start_ms) // window.step_ms, np.nan_to_num(n), total, (low, high))
    for chunk in store.raw(gateway_id, "part_samples", part.id).columns(columns, turn_ms, window.end_ms):
        for column, one in sums.items():
            values = chunk[column]
            known = (~np.isnan(values)).astype(np.float64)
            _add(one, (chunk["at_ms"] - window.start_ms) // window.step_ms, known, values, (values, values))
    return sums


def _add(sums: Sums, slot: Array, count: Array, total: Array, extremes: tuple[Array, Array]) -> None:
    """Add what is told in order of time; slot: the one of each. NaN is nothing."""
    import numpy as np

    begins = np.flatnonzero(np.diff(slot, prepend=slot[0] - 1))
    to = slot[begins]
    low, high = extremes
    sums.count[to] += np.add.reduceat(count, begins)
    sums.total[to] += np.add.reduceat(np.nan_to_num(total), begins)
    sums.low[to] = np.fmin(sums.low[to], np.fmin.reduceat(low, begins))
    sums.high[to] = np.fmax(sums.high[to], np.fmax.reduceat(high, begins))


def _ratio(sums: Mapping[str, Sums], of: str, by: str, times: float) -> Sums:
    """Return what is reckoned of two means, as the only reading of its slot."""
    import numpy as np

    over, under = sums[of], sums[by]
    known = (over.count > 0) & (under.count > 0) & (under.total > 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = times * (over.total / over.count) / (under.total / under.count)
    count = np.where(known, over.count, 0.0)
    ratio = np.where(known, ratio, 0.0)
    return Sums(count, ratio * count, ratio, ratio)
