"""Setting readings aside whose time was wrong: out of the record, not out of the file.

They were dated by a clock that was ahead. Kept where they are they would stand for a time that is still to
come, and nothing could be recorded until then. Reasons: docs/decisions/0097.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from forebay.store.database import Statement
from forebay.store.kept import forgetting
from forebay.store.raw import COLUMNS, Table, segments
from forebay.store.rollup import BUCKETS, floor_ms
from forebay.store.state import from_ms, to_ms
from forebay.store.store import Store

_FOR_EVER_MS = 2**62


def set_aside(store: Store, gateway_id: int, cut: datetime) -> int:
    """Take what is dated later than `cut` out of the record; return how many fast readings that were.

    All of it happens or nothing. Raises StoreError.
    """
    database, cut_ms = store.database, to_ms(cut)
    statements: list[Statement] = []
    for (series,) in database.rows("SELECT DISTINCT kind FROM segments WHERE gateway_id = ?", (gateway_id,)):
        statements += _unsealed(store, gateway_id, series, cut_ms)
    for table, names in COLUMNS.items():
        has_part = table.startswith("part_")
        kind = "? || part_id" if has_part else "?"
        told = ", ".join(f"'{name}', {name}" for name in names)
        where = "WHERE gateway_id = ? AND at_ms > ?"
        if table != "part_quarters":  # they are made of the others
            put = f"SELECT gateway_id, {kind}, at_ms, ?, json_object({told}) FROM {table} {where}"  # noqa: S608
            values = (f"{table}/" if has_part else table, cut_ms, gateway_id, cut_ms)
            statements.append((f"INSERT OR IGNORE INTO set_aside {put}", values))
        statements.append((f"DELETE FROM {table} {where}", (gateway_id, cut_ms)))  # noqa: S608
    for bucket, length_ms in {**BUCKETS, "fed": BUCKETS["quarters"]}.items():
        sql = f"DELETE FROM {bucket} WHERE gateway_id = ? AND start_ms >= ?"  # noqa: S608
        statements.append((sql, (gateway_id, floor_ms(cut_ms, length_ms))))
    statements += forgetting(gateway_id, cut_ms)
    database.flush(60.0)
    sql = "SELECT count(*), min(at_ms), max(at_ms) FROM samples WHERE gateway_id = ? AND at_ms > ?"
    n, first_ms, last_ms = database.rows(sql, (gateway_id, cut_ms))[0]
    database.write_at_once([*statements, *_notes(gateway_id, cut_ms)])
    store.forget(gateway_id, cut_ms, 0 if not n else last_ms - first_ms)
    return int(n)


def _notes(gateway_id: int, cut_ms: int) -> Iterator[Statement]:
    """Give what was written down of that time an end at the cut, or none at all."""
    later = (gateway_id, cut_ms)
    yield "DELETE FROM counters WHERE gateway_id = ? AND first_ms > ?", later
    yield "DELETE FROM refused_steps WHERE gateway_id = ? AND at_ms > ?", later
    yield "DELETE FROM gaps WHERE gateway_id = ? AND start_ms > ?", later
    # a gap that ends there goes on until the next reading
    yield "UPDATE gaps SET end_ms = NULL WHERE gateway_id = ? AND end_ms >= ?", later
    yield "DELETE FROM spans WHERE gateway_id = ? AND start_ms > ? AND end_ms IS NOT NULL", later
    yield "UPDATE OR REPLACE spans SET start_ms = ? WHERE gateway_id = ? AND start_ms > ?", (cut_ms, *later)
    yield "UPDATE spans SET end_ms = ? WHERE gateway_id = ? AND end_ms > ?", (cut_ms, *later)
    yield "UPDATE parts SET last_ms = ? WHERE gateway_id = ? AND last_ms > ?", (cut_ms, *later)
    yield "UPDATE parts SET first_ms = ? WHERE gateway_id = ? AND first_ms > ?", (cut_ms, *later)


def _unsealed(store: Store, gateway_id: int, series: str, cut_ms: int) -> Iterator[Statement]:
    """Bring back what is sealed in a file together with the time after the cut, so that it can be parted."""
    name, _, part = series.partition("/")
    table = cast("Table", name)
    names = COLUMNS[table]
    keys = (gateway_id, int(part)) if part else (gateway_id,)
    key_names = "gateway_id, part_id" if part else "gateway_id"
    marks = ", ".join("?" * (len(keys) + 1 + len(names)))
    into = f"INSERT OR IGNORE INTO {table} ({key_names}, at_ms, {', '.join(names)}) VALUES ({marks})"  # noqa: S608
    for segment in segments(store.database, gateway_id, series, cut_ms, _FOR_EVER_MS):
        select = f"SELECT at_ms, {', '.join(names)} FROM {{table}} ORDER BY at_ms"  # noqa: S608
        for rows in store.archive.ask([segment.file], select, names):
            yield from ((into, (*keys, *row)) for row in rows)
        sql = "DELETE FROM segments WHERE gateway_id = ? AND kind = ? AND start_ms = ?"
        yield sql, (gateway_id, series, segment.start_ms)


@dataclass(frozen=True, slots=True)
class Aside:
    """Fast readings that were set aside at once: how many, of what time by their clock, and when that was set right."""

    cut: datetime
    readings: int
    first: datetime
    last: datetime


def all_aside(store: Store, gateway_id: int) -> list[Aside]:
    """Return what of a gateway is set aside, in the order in which it was."""
    sql = (
        "SELECT cut_ms, count(*), min(at_ms), max(at_ms) FROM set_aside"
        " WHERE gateway_id = ? AND kind = 'samples' GROUP BY cut_ms ORDER BY cut_ms"
    )
    rows = store.database.rows(sql, (gateway_id,))
    return [Aside(from_ms(cut), n, from_ms(first), from_ms(last)) for cut, n, first, last in rows]


def aside(store: Store, gateway_id: int) -> int:
    """Return how many fast readings of a gateway are set aside."""
    sql = "SELECT count(*) FROM set_aside WHERE gateway_id = ? AND kind = 'samples'"
    return int(store.database.rows(sql, (gateway_id,))[0][0])
