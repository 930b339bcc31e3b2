"""Sealing: days that are over move from the database into Parquet files, months of days into one file.

The file is durable before the database says that it counts, and the rows leave
the database in the same transaction, so a crash at any point loses nothing and
doubles nothing. Of `samples` the readings next to each quarter of an hour stay,
so that counters at any quarter are at hand without a file.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import groupby
from typing import TYPE_CHECKING, Any

from forebay.errors import StoreError
from forebay.records.signals import COUNTERS, Held
from forebay.store.archive import HELD
from forebay.store.keep import keep_days
from forebay.store.raw import COLUMNS, Raw, Segment, Table, sealed_until, segments
from forebay.store.rollup import QUARTER_MS
from forebay.store.state import from_ms
from forebay.store.store import Store

if TYPE_CHECKING:
    import numpy as np

DAY_MS = 86_400_000
HOT_MS = 2 * 3_600_000
"""How long after a day's end its readings stay in the database; a file is read faster."""
HOT_PARTS_MS = 0
"""The same of parts, which are many."""
HOT_MINUTES_MS = 10 * DAY_MS
"""How long minutes stay put together; older ones are made from the raw readings when asked for."""
ORPHAN_S = 3600.0
"""How long after it was written or joined a file that no segment names is taken away [s]: nobody can still read it."""

_DAY = re.compile(r"-(\d{4}-\d{2})-\d{2}(?:\.\d+)?\.parquet$")


def every_series(store: Store, gateway_id: int) -> list[Raw]:
    """Return all that is sealed of a gateway: its readings, and two series of each of its parts."""
    sql = "SELECT id FROM parts WHERE gateway_id = ? ORDER BY id"
    parts = [row[0] for row in store.database.rows(sql, (gateway_id,))]
    tables: list[tuple[Table, int | None]] = [("samples", None), ("slow_samples", None)]
    tables += [(table, part) for part in parts for table in ("part_samples", "part_quarters")]
    return [store.raw(gateway_id, table, part) for table, part in tables]


def upkeep(store: Store) -> int:
    """Seal what is due of every gateway and put together the days that are sealed, one step each.

    Returns how many steps were done, 0 when nothing was due.

    Raises StoreError when a file cannot be read or written, once everything else is done that was due; the readings
    are where they were then.
    """
    done, failed = 0, None
    for gateway in store.gateways():
        for raw in every_series(store, gateway.id):
            try:
                done += _seal_next_day(store, raw) or _join_next_month(store, raw)
            except StoreError as exc:
                failed = failed or exc
        try:
            done += keep_days(store, gateway.id)
        except StoreError as exc:
            failed = failed or exc
    if done:
        return done
    _sweep(store)
    if failed is not None:
        raise failed
    return 0


def seal_next_day(store: Store, gateway_id: int, table: Table, part_id: int | None = None) -> bool:
    """Whether a day was due and is sealed now."""
    return _seal_next_day(store, store.raw(gateway_id, table, part_id))


def _seal_next_day(store: Store, raw: Raw) -> bool:
    database, table = store.database, raw.table
    until_ms = sealed_until(database, raw.gateway_id, raw.series)
    where, keys = raw.where
    low, high = database.rows(
        f"SELECT min(at_ms), max(at_ms) FROM {table} WHERE {where} AND at_ms >= ?",  # noqa: S608
        (*keys, until_ms or 0),
    )[0]
    if low is None:
        return False
    start_ms = low - low % DAY_MS
    end_ms = start_ms + DAY_MS
    if end_ms + (HOT_MS if raw.part_id is None else HOT_PARTS_MS) > high:
        return False
    start_ms = low if until_ms is None else until_ms  # days without a reading belong to the next one
    where += " AND at_ms >= ? AND at_ms < ?"
    span = (*keys, start_ms, end_ms)
    names = COLUMNS[table]
    rows = database.rows(
        f"SELECT at_ms, {', '.join(names)} FROM {table} WHERE {where} ORDER BY at_ms",  # noqa: S608
        span,
    )
    columns = arrays(names, rows)
    file = _free_name(store, raw, f"{from_ms(low):%Y-%m-%d}")
    size, digest = store.archive.write(file, columns if raw.part_id is None else _told(columns))
    statements: list[tuple[str, tuple[Any, ...]]] = [
        (
            "INSERT INTO segments VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (raw.gateway_id, raw.series, start_ms, end_ms, file, len(rows), size, digest),
        )
    ]
    if table == "samples":
        kept = _kept(columns)
        kept[0] |= until_ms is None  # the very first reading stays: since when there are any is asked often
        gone = (~kept).nonzero()[0]
        times = columns["at_ms"][gone].tolist()
        sql = "DELETE FROM samples WHERE gateway_id = ? AND at_ms = ?"
        statements += [(sql, (raw.gateway_id, at)) for at in times]
        sql = "DELETE FROM minutes WHERE gateway_id = ? AND start_ms < ?"
        statements.append((sql, (raw.gateway_id, end_ms - HOT_MINUTES_MS)))
    else:
        statements.append((f"DELETE FROM {table} WHERE {where}", span))  # noqa: S608
    database.write_at_once(statements)
    return True


def _told(columns: dict[str, np.ndarray[Any, Any]]) -> dict[str, np.ndarray[Any, Any]]:
    """Return the columns without those of which nothing is known: a string has no temperature."""
    import numpy as np

    def is_told(values: np.ndarray[Any, Any]) -> bool:
        if isinstance(values, np.ma.MaskedArray):
            return bool((~np.ma.getmaskarray(values)).any())
        return any(v is not None for v in values) if values.dtype == object else not bool(np.isnan(values).all())

    return {name: values for name, values in columns.items() if is_told(values)}


def arrays(names: Sequence[str], rows: Sequence[Sequence[Any]]) -> dict[str, np.ndarray[Any, Any]]:
    """Return rows as columns, the time first; a REAL that is not known is NaN."""
    import numpy as np

    given = list(zip(*rows, strict=True)) if rows else [()] * (len(names) + 1)
    columns: dict[str, np.ndarray[Any, Any]] = {"at_ms": np.array(given[0], dtype=np.int64)}
    for name, values in zip(names, given[1:], strict=True):
        held = HELD[name]
        if held is Held.REAL:
            columns[name] = np.array(values, dtype=np.float64)
        elif held is Held.INTEGER:
            unknown = [value is None for value in values]
            columns[name] = np.ma.masked_array([value or 0 for value in values], unknown, dtype=np.int64)
        else:
            columns[name] = np.array(values, dtype=object)
    return columns


def _kept(columns: dict[str, np.ndarray[Any, Any]]) -> np.ndarray[Any, Any]:
    """Mark the readings that stay: for each counter the last before and the first after every quarter of an hour."""
    import numpy as np

    at = columns["at_ms"]
    kept = np.zeros(len(at), dtype=bool)
    for counter in COUNTERS:
        known = (~np.isnan(columns[counter.name])).nonzero()[0]
        if not len(known):
            continue
        quarter = at[known] // QUARTER_MS
        turns = (quarter[1:] != quarter[:-1]).nonzero()[0]
        kept[known[[0, -1]]] = True
        kept[known[turns]] = True
        kept[known[turns + 1]] = True
    return kept


def _free_name(store: Store, raw: Raw, when: str) -> str:
    """Return the name of a new file, never of one that counts: a month that a wrong clock ended goes on later."""
    stem, n = f"{raw.gateway_id}/{raw.series.replace('/', '-')}-{when}", 1
    file = f"{stem}.parquet"
    while store.database.rows("SELECT 1 FROM segments WHERE file = ?", (file,)):
        n += 1
        file = f"{stem}.{n}.parquet"
    return file


def _month_of(segment: Segment) -> str:
    """Return the month of a day's file, "" of a month's."""
    match = _DAY.search(segment.file)
    return match[1] if match else ""


def _join_next_month(store: Store, raw: Raw) -> bool:
    """Whether a month was complete and is one file now; its days stay on disk until nobody reads them."""
    database, gateway_id, series = store.database, raw.gateway_id, raw.series
    until_ms = sealed_until(database, gateway_id, series)
    if until_ms is None:
        return False
    days = [s for s in segments(database, gateway_id, series, 0, until_ms) if _month_of(s)]
    for month, group in groupby(days, _month_of):
        parts = list(group)
        year, number = (int(word) for word in month.split("-"))
        begin = datetime(year, number, 1, tzinfo=UTC)
        after = (begin + timedelta(days=32)).replace(day=1)
        if until_ms < after.timestamp() * 1000:
            return False
        file = _free_name(store, raw, month)
        size, digest = store.archive.join(file, [part.file for part in parts])
        n = sum(len(part["at_ms"]) for part in store.archive.columns([file], ()))
        if n != sum(part.n for part in parts):
            raise StoreError(f"{store.archive.path(file)}: has {n} readings, not those of its days; the days stay")
        removed = "DELETE FROM segments WHERE gateway_id = ? AND kind = ? AND start_ms >= ? AND start_ms < ?"
        for part in parts:
            os.utime(store.archive.path(part.file))  # it is now that their last readers begin
        row = (gateway_id, series, parts[0].start_ms, parts[-1].end_ms, file, n, size, digest)
        database.write_at_once(
            [
                (removed, (gateway_id, series, parts[0].start_ms, parts[-1].end_ms)),
                ("INSERT INTO segments VALUES (?, ?, ?, ?, ?, ?, ?, ?)", row),
            ]
        )
        return True
    return False


def _sweep(store: Store) -> None:
    """Take away files that no segment names: days that became a month, and what a crash left."""
    folder = store.archive.folder
    if not folder.is_dir():
        return
    named = {row[0] for row in store.database.rows("SELECT file FROM segments")}
    for path in folder.rglob("*.parquet*"):
        if path.relative_to(folder).as_posix() not in named and time.time() - path.stat().st_mtime > ORPHAN_S:
            path.unlink(missing_ok=True)
