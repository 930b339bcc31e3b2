"""Readings summed up by slots of any length: how many knew a signal, their sum and extremes.

Quarters of an hour and minutes are used where the slots are made of whole ones, the raw readings else. All three say
the same; a test compares them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from forebay.store.raw import Raw, sealed_until
from forebay.store.rollup import BUCKETS, MINUTE_MS, floor_ms

if TYPE_CHECKING:
    import numpy as np

    from forebay.store.store import Store

    Array = np.ndarray[Any, Any]


@dataclass(slots=True)
class Sums:
    """One signal: arrays of one length, a place for each slot. low and high are infinite where nothing is known."""

    count: Array
    total: Array
    low: Array
    high: Array

    def means(self) -> list[float | None]:
        """Return the mean of each slot, None where nothing is known."""
        import numpy as np

        return _with_none(self.total / np.maximum(self.count, 1), self.count)

    def lows(self) -> list[float | None]:
        """Return the least of each slot, None where nothing is known."""
        return _with_none(self.low, self.count)

    def highs(self) -> list[float | None]:
        """Return the greatest of each slot, None where nothing is known."""
        return _with_none(self.high, self.count)


def _with_none(values: Array, count: Array) -> list[float | None]:
    import numpy as np

    found: list[float | None] = values.tolist()
    for slot in np.flatnonzero(count == 0).tolist():
        found[slot] = None
    return found


@dataclass(frozen=True, slots=True)
class Window:
    """A span and the slots in it [ms]; the last one is shorter where the step does not divide the span."""

    start_ms: int
    end_ms: int
    step_ms: int

    @property
    def slots(self) -> int:
        """How many slots there are."""
        return -((self.start_ms - self.end_ms) // self.step_ms)


def summed(store: Store, gateway_id: int, window: Window, names: Sequence[str]) -> dict[str, Sums]:
    """Return what each slot of a window sums up to, by name of the gauge. The names must be those of gauges."""
    import numpy as np

    found = {
        name: Sums(
            np.zeros(window.slots), np.zeros(window.slots), *(np.full(window.slots, x) for x in (np.inf, -np.inf))
        )
        for name in names
    }
    left = [(window.start_ms, window.end_ms)] if found else []
    with store.database.snapshot():
        sealed_ms = sealed_until(store.database, gateway_id, "samples") or 0
        for table, length_ms in reversed(BUCKETS.items()):
            if left and window.step_ms % length_ms == 0 and window.start_ms % length_ms == 0:
                # of what is sealed the readings themselves are read faster than its minutes
                since_ms = sealed_ms if length_ms == MINUTE_MS else 0
                left = _add_buckets(store, gateway_id, (table, since_ms), window, found, left)
        for low_ms, high_ms in left:
            for part in store.raw(gateway_id).columns(names, low_ms, high_ms):
                add_readings(found, (part["at_ms"] - window.start_ms) // window.step_ms, part)
    return found


def _add_buckets(  # noqa: PLR0917 - what it adds to comes last
    store: Store,
    gateway_id: int,
    bucket: tuple[str, int],
    window: Window,
    found: dict[str, Sums],
    spans: Sequence[tuple[int, int]],
) -> list[tuple[int, int]]:
    """Add what a table of buckets tells of the spans, from a time on; return what is left of them."""
    import numpy as np

    table, since_ms = bucket
    length_ms = BUCKETS[table]
    first_ms, until_ms = covered(store, gateway_id, table, length_ms)
    first_ms = max(first_ms, since_ms + -since_ms % length_ms)
    single = window.step_ms == length_ms
    plain = "{0}_n, {0}_sum, {0}_min, {0}_max" if single else "sum({0}_n), sum({0}_sum), min({0}_min), max({0}_max)"
    sql = (
        f"SELECT (start_ms - ?) / ?, {', '.join(map(plain.format, found))} FROM {table}"  # noqa: S608
        f" WHERE gateway_id = ? AND start_ms >= ? AND start_ms < ?{'' if single else ' GROUP BY 1'}"
    )
    rest: list[tuple[int, int]] = []
    for low_ms, high_ms in spans:
        from_ms, to_end_ms = max(low_ms, first_ms), min(floor_ms(high_ms, length_ms), until_ms)
        if from_ms >= to_end_ms:
            rest.append((low_ms, high_ms))
            continue
        rows = store.database.rows(sql, (window.start_ms, window.step_ms, gateway_id, from_ms, to_end_ms))
        if rows:
            slot, *values = (np.array(column, dtype=np.float64) for column in zip(*rows, strict=True))
            for number, sums in enumerate(found.values()):
                _add_sums(sums, slot.astype(np.int64), *values[4 * number : 4 * number + 4])
        rest += [span for span in ((low_ms, from_ms), (to_end_ms, high_ms)) if span[0] < span[1]]
    return rest


def _add_sums(sums: Sums, slot: Array, count: Array, total: Array, *extremes: Array) -> None:
    """Add what other sums say of some slots, each of which is named once; NaN is nothing."""
    import numpy as np

    low, high = extremes
    sums.count[slot] += count
    sums.total[slot] += np.nan_to_num(total)
    sums.low[slot] = np.fmin(sums.low[slot], low)
    sums.high[slot] = np.fmax(sums.high[slot], high)


def add_readings(found: Mapping[str, Sums], slot: Array, part: Mapping[str, Array]) -> None:
    """Add readings in order of time to what their slots sum up to; slot: the one of each."""
    import numpy as np

    begins = np.flatnonzero(np.diff(slot, prepend=slot[0] - 1))
    named, lengths = slot[begins], np.diff(begins, append=len(slot))
    for name, sums in found.items():
        values = part[name]
        if len(begins) == len(slot):  # each reading has a slot of its own
            _add_sums(sums, named, (~np.isnan(values)).astype(np.float64), values, values, values)
            continue
        unknown = np.isnan(values)
        if unknown.any():
            count = np.add.reduceat((~unknown).astype(np.float64), begins)
            total = np.add.reduceat(np.where(unknown, 0.0, values), begins)
        else:
            count, total = lengths, np.add.reduceat(values, begins)
        _add_sums(sums, named, count, total, np.fmin.reduceat(values, begins), np.fmax.reduceat(values, begins))


def covered(store: Store, gateway_id: int, table: str, length_ms: int) -> tuple[int, int]:
    """Return the span that a table of buckets covers without a hole [ms]; empty where it has none."""
    first_ms, last_ms = (
        store.database.rows(f"SELECT {of}(start_ms) FROM {table} WHERE gateway_id = ?", (gateway_id,))[0][0]  # noqa: S608
        for of in ("min", "max")
    )
    return (0, 0) if first_ms is None else (first_ms, last_ms + length_ms)


def times(raw: Raw, start_ms: int, end_ms: int) -> Array:
    """Return when there were readings in [start, end) [ms], in order."""
    import numpy as np

    parts = [part["at_ms"] for part in raw.columns((), start_ms, end_ms)]
    return np.concatenate(parts) if parts else np.empty(0, dtype=np.int64)
