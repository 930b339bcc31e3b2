"""What packs and strings told by local day, from days that are kept, and else from what those are made of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from forebay.records.parts import BY_PART_NAME, PartKind
from forebay.records.signals import Kind
from forebay.store.kept import kept_days, of_part, runs_of
from forebay.store.parts import Part, columns_summed, key_of, known_parts, of_what, reckoned, wanted
from forebay.store.query import day_edges
from forebay.store.slots import Sums, Window
from forebay.store.store import Store

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

KEPT: dict[PartKind, tuple[str, ...]] = {
    PartKind.PACK: ("full_wh", "remaining_wh", "temperature_c", "discharged_wh"),
    PartKind.STRING: ("power_w",),
}
"""Kind of part -> the signals whose days are kept: those that pages show for years."""
_SUMS = ("count", "total", "low", "high")


@dataclass(frozen=True, slots=True)
class PartDay:
    """A signal of a part on a day: how many readings knew it, mean, least, greatest.

    counted_wh: of a counter, what it counted since the last reading before the day, or since the first one there is;
    None for other signals, and where the counter fell.
    """

    n: int
    mean: float
    low: float
    high: float
    counted_wh: float | None = None


def part_days(
    store: Store,
    gateway_id: int,
    part_ids: Sequence[int],
    first: date,
    days: int,
    *,
    tz: ZoneInfo,
    signals: Sequence[str],
) -> dict[str, dict[date, PartDay]]:
    """Return the parts' signals by local day, for `days` days from `first`; days without a reading are left out.

    Raises StoreError as `part_series`.
    """
    found: dict[str, dict[date, PartDay]] = {}
    edges_ms = day_edges(first, days, tz)
    dates = [first + timedelta(days=n) for n in range(days)]
    for part in known_parts(store, gateway_id, part_ids):
        names = wanted(part, signals)
        sums = _with_kept(store, gateway_id, part, of_what(names), edges_ms)
        for name in names:
            found[key_of(part.id, name)] = _days(name, reckoned(sums, name), dates)
    return found


def _days(name: str, sums: Sums, dates: Sequence[date]) -> dict[date, PartDay]:
    signal = BY_PART_NAME.get(name)
    is_counter = signal is not None and signal.kind is Kind.COUNTER
    columns = [column.tolist() for column in (sums.count, sums.total, sums.low, sums.high)]
    by_day: dict[date, PartDay] = {}
    last: float | None = None
    for day, count, total, low, high in zip(dates, *columns, strict=True):
        if count:
            before = low if last is None else last
            counted = high - before if is_counter and high >= before else None
            by_day[day] = PartDay(int(count), total / count, low, high, counted)
            last = high
    return by_day


def _with_kept(
    store: Store, gateway_id: int, part: Part, columns: Sequence[str], edges_ms: Sequence[int]
) -> dict[str, Sums]:
    """Return what the days sum up to, by column."""
    import numpy as np

    n, names = len(edges_ms) - 1, KEPT.get(part.kind, ())
    sums = {c: Sums(np.zeros(n), np.zeros(n), np.full(n, np.inf), np.full(n, -np.inf)) for c in columns}
    missing = np.arange(n)
    if names and all(column in names for column in columns):
        kept = kept_days(
            store.database, gateway_id, of_part(part.id), (edges_ms[0], edges_ms[-1]), len(names) * len(_SUMS)
        )
        rows = kept.rows_of(list(pairwise(edges_ms)))
        is_kept, missing = np.flatnonzero(rows >= 0), np.flatnonzero(rows < 0)
        for column, one in sums.items():
            at = len(_SUMS) * names.index(column)
            for number, what in enumerate(_SUMS):
                getattr(one, what)[is_kept] = kept.told[rows[is_kept], at + number]
    for first, end in runs_of(edges_ms, missing.tolist()):
        window = Window(edges_ms[first], edges_ms[end], edges_ms[first + 1] - edges_ms[first])
        for column, some in columns_summed(store, gateway_id, part, columns, window).items():
            for what in _SUMS:
                getattr(sums[column], what)[first:end] = getattr(some, what)
    return sums


def days_to_keep(store: Store, gateway_id: int, part: Part, edges_ms: Sequence[int]) -> Array:
    """Return what is kept of days of one length, shape (n, width); see `KEPT`. Raises StoreError."""
    import numpy as np

    window = Window(edges_ms[0], edges_ms[-1], edges_ms[1] - edges_ms[0])
    names = KEPT[part.kind]
    sums = columns_summed(store, gateway_id, part, names, window)
    return np.column_stack([getattr(sums[name], what) for name in names for what in _SUMS])
