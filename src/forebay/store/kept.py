"""Local days that are over and sealed, put together once, so that a page of years reads one row for each.

A row holds what is told of a day as floats; it is used only where its bounds are exactly those of the day that is asked
for, so another time zone finds none and is answered from what the rows were made of. Reasons: docs/decisions/0115.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from typing import TYPE_CHECKING, Any

from forebay.store.database import Database, Statement

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

CAPACITY, GRID, SUN = "capacity", "grid", "sun"
"""What full packs held; voltage and frequency; the roof by quarter of an hour of the site's standard time."""

Span = tuple[int, int]


def of_part(part_id: int) -> str:
    """Return under which name the days of a part are kept."""
    return f"part/{part_id}"


@dataclass(frozen=True, slots=True)
class KeptDays:
    """Days that are put together, in order. starts_ms, ends_ms: shape (n,) [ms]. told: shape (n, width)."""

    starts_ms: Array
    ends_ms: Array
    told: Array

    def rows_of(self, days: Sequence[Span]) -> Array:
        """Return which row is that of each of these days [ms], -1 where none is."""
        import numpy as np

        rows = np.full(len(days), -1)
        if len(days) and len(self.starts_ms):
            starts, ends = np.array(days).T
            at = np.minimum(np.searchsorted(self.starts_ms, starts), len(self.starts_ms) - 1)
            is_it = (self.starts_ms[at] == starts) & (self.ends_ms[at] == ends)
            rows[is_it] = at[is_it]
        return rows

    def others(self, start_ms: int, end_ms: int) -> Iterator[Span]:
        """Yield the spans of [start, end) that no row is about, in order."""
        at = start_ms
        for low, high in zip(self.starts_ms.tolist(), self.ends_ms.tolist(), strict=True):
            if at < low:
                yield at, low
            at = max(at, high)
        if at < end_ms:
            yield at, end_ms


def kept_days(database: Database, gateway_id: int, what: str, span: Span, width: int) -> KeptDays:
    """Return the days that lie in a span [ms] and are put together. width: how many numbers are told of each."""
    import numpy as np

    sql = (
        "SELECT start_ms, end_ms, told FROM kept_days"
        " WHERE gateway_id = ? AND what = ? AND start_ms >= ? AND start_ms < ? AND end_ms <= ? ORDER BY start_ms"
    )
    keys = (gateway_id, what, *span, span[1])
    rows = [row for row in database.rows(sql, keys) if len(row[2]) == 8 * width]
    told = np.frombuffer(b"".join(row[2] for row in rows), dtype="<f8").reshape(len(rows), width)
    starts, ends = (np.array([row[n] for row in rows], dtype=np.int64) for n in (0, 1))
    return KeptDays(starts, ends, told)


def runs_of(edges_ms: Sequence[int], wanted: Iterable[int], most: int = 1 << 30) -> Iterator[tuple[int, int]]:
    """Yield wanted days that follow each other as (first, after the last), of one length and at most so many.

    edges_ms: where the days begin, and the end of the last [ms]. wanted: numbers of days, in order.
    """
    lengths = [end - start for start, end in pairwise(edges_ms)]
    for _, group in groupby(enumerate(wanted), lambda pair: (pair[1] - pair[0], lengths[pair[1]])):
        days = [day for _, day in group]
        for first in range(days[0], days[-1] + 1, most):
            yield first, min(first + most, days[-1] + 1)


def keeping(
    gateway_id: int, what: str, timezone: str, days: Sequence[Span], told: Sequence[Array]
) -> Iterator[Statement]:
    """Yield what keeps these days [ms], which follow those that are kept."""
    import numpy as np

    for (start_ms, end_ms), row in zip(days, told, strict=True):
        block = np.asarray(row, dtype="<f8").tobytes()
        yield "INSERT OR REPLACE INTO kept_days VALUES (?, ?, ?, ?, ?)", (gateway_id, what, start_ms, end_ms, block)
    yield "INSERT OR REPLACE INTO kept_until VALUES (?, ?, ?, ?)", (gateway_id, what, timezone, days[-1][1])


def forgetting(gateway_id: int, cut_ms: int) -> Iterator[Statement]:
    """Yield what lets go of the days after a cut, and of the one it is in: what they were made of is no more."""
    yield "DELETE FROM kept_days WHERE gateway_id = ? AND end_ms > ?", (gateway_id, cut_ms)
    sql = (
        "UPDATE kept_until SET until_ms = coalesce((SELECT max(end_ms) FROM kept_days WHERE"
        " gateway_id = kept_until.gateway_id AND what = kept_until.what), 0) WHERE gateway_id = ? AND until_ms > ?"
    )
    yield sql, (gateway_id, cut_ms)


def dropping(gateway_id: int, what: str) -> Iterator[Statement]:
    """Yield what lets go of all that is kept under a name."""
    for table in ("kept_days", "kept_until"):
        yield f"DELETE FROM {table} WHERE gateway_id = ? AND what = ?", (gateway_id, what)  # noqa: S608
