"""Putting days together that are over and sealed (kept.py): which are due, and what is told of each."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from forebay.errors import StoreError
from forebay.store.ageing import capacities_to_keep
from forebay.store.database import Statement
from forebay.store.grid import grid_to_keep
from forebay.store.kept import CAPACITY, GRID, SUN, dropping, keeping, of_part, runs_of
from forebay.store.part_days import KEPT, days_to_keep
from forebay.store.parts import Part, parts
from forebay.store.production import standard_offset, sun_to_keep
from forebay.store.query import day_edges, site_zone
from forebay.store.raw import sealed_until
from forebay.store.rollup import QUARTER_MS
from forebay.store.state import from_ms
from forebay.store.store import Store

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

AT_ONCE = 31
"""How many days of one thing are put together in one step."""
_DAY_MS = 86_400_000


@dataclass(frozen=True, slots=True)
class Subject:
    """One thing whose days are kept. of: the sealed series that tells which are over. told: what is kept of some days.

    is_by_sun: whether its days are those of standard time all year.
    """

    what: str
    of: str
    told: Callable[[Sequence[int]], Array]
    is_by_sun: bool = False


def subjects(store: Store, gateway_id: int) -> list[Subject]:
    """Return all whose days are kept of a gateway."""

    def of(part: Part) -> Subject:
        what, series = of_part(part.id), f"part_quarters/{part.id}"
        return Subject(what, series, lambda edges_ms: days_to_keep(store, gateway_id, part, edges_ms))

    def only(make: Callable[[Store, int, Sequence[int]], Array]) -> Callable[[Sequence[int]], Array]:
        return lambda edges_ms: make(store, gateway_id, edges_ms)

    return [
        Subject(CAPACITY, "slow_samples", only(capacities_to_keep)),
        Subject(GRID, "samples", only(grid_to_keep)),
        Subject(SUN, "samples", only(sun_to_keep), is_by_sun=True),
        *(of(part) for part in parts(store, gateway_id) if part.kind in KEPT),
    ]


def keep_days(store: Store, gateway_id: int) -> int:
    """Put together what is due of a gateway, some days of each thing; return of how many things.

    Raises StoreError when a file cannot be read, once everything else is done that was due; the days of that thing
    are told from what they are made of, as before.
    """
    tz = site_zone(store, gateway_id)
    statements: list[Statement] = []
    done, failed = 0, None
    for subject in subjects(store, gateway_id):
        try:
            found = list(_due(store, gateway_id, subject, tz))
        except StoreError as exc:
            failed = failed or exc
            continue
        statements += found
        done += bool(found)
    if statements:
        store.database.write_at_once(statements)
    if failed is not None and not done:
        raise failed
    return done


def _due(store: Store, gateway_id: int, subject: Subject, tz: ZoneInfo) -> Iterator[Statement]:
    database, what = store.database, subject.what
    sealed_ms = sealed_until(database, gateway_id, subject.of)
    if sealed_ms is None:
        return
    sql = "SELECT timezone, until_ms FROM kept_until WHERE gateway_id = ? AND what = ?"
    rows = database.rows(sql, (gateway_id, what))
    until_ms = rows[0][1] if rows and rows[0][0] == tz.key else 0
    if rows and rows[0][0] != tz.key:
        yield from dropping(gateway_id, what)
    if not until_ms:
        sql = "SELECT min(start_ms) FROM segments WHERE gateway_id = ? AND kind = ?"
        until_ms = database.rows(sql, (gateway_id, subject.of))[0][0]
    edges_ms = _edges_from(until_ms, subject, tz)
    edges_ms = [edge_ms for n, edge_ms in enumerate(edges_ms) if not n or edge_ms <= sealed_ms]
    if len(edges_ms) < 2 or any(edge_ms % QUARTER_MS for edge_ms in edges_ms):  # quarters do not make such days
        return
    yield from keeping(gateway_id, what, tz.key, list(pairwise(edges_ms)), _told(subject, edges_ms))


def _told(subject: Subject, edges_ms: Sequence[int]) -> list[Array]:
    """Return what is kept of each of these days."""
    days = range(len(edges_ms) - 1)
    return [row for first, end in runs_of(edges_ms, days) for row in subject.told(edges_ms[first : end + 1])]


def wrong_days(store: Store, gateway_id: int) -> Iterator[tuple[str, int]]:
    """Yield the days that do not say what they are made of: of what, and when they begin [ms]. Raises StoreError."""
    import numpy as np

    for subject in subjects(store, gateway_id):
        sql = "SELECT start_ms, end_ms, told FROM kept_days WHERE gateway_id = ? AND what = ? ORDER BY start_ms"
        rows = store.database.rows(sql, (gateway_id, subject.what))
        for first in range(0, len(rows), AT_ONCE):
            some = rows[first : first + AT_ONCE]
            told = _told(subject, [*(row[0] for row in some), some[-1][1]])
            for (start_ms, _, block), right in zip(some, told, strict=True):
                kept = np.frombuffer(block, dtype="<f8") if len(block) % 8 == 0 else np.empty(0)
                if kept.shape != right.shape or not np.allclose(kept, right, rtol=1e-9, atol=1e-6, equal_nan=True):
                    yield subject.what, start_ms


def _edges_from(at_ms: int, subject: Subject, tz: ZoneInfo) -> list[int]:
    """Return the edges of the next days from the one that holds an instant on."""
    if not subject.is_by_sun:
        return day_edges(from_ms(at_ms).astimezone(tz).date(), AT_ONCE, tz)
    offset_ms = int(standard_offset(tz, from_ms(at_ms).year).total_seconds()) * 1000
    start_ms = at_ms - (at_ms + offset_ms) % _DAY_MS
    return [start_ms + n * _DAY_MS for n in range(AT_ONCE + 1)]
