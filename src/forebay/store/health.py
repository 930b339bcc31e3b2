"""How the record itself is: how much of the time it holds, how much room it takes, how long the disk will do."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from forebay.errors import StoreError
from forebay.store.state import from_ms, to_ms
from forebay.store.store import Store


@dataclass(frozen=True, slots=True)
class Room:
    """What the record takes on its disk [bytes]. free: what is left there; None where the disk does not tell.

    months: of the archive, by its month: (bytes, readings).
    """

    database: int
    archive: int
    free: int | None
    months: dict[str, tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Extent:
    """What the record holds of one gateway. readings: how many raw ones; sealed_until: None where nothing is sealed."""

    first: datetime | None
    last: datetime | None
    readings: int
    sealed_until: datetime | None


def room(store: Store) -> Room:
    """Return what the record takes. Raises StoreError where its files cannot be looked at."""
    path = store.database.path
    try:
        database = sum(p.stat().st_size for p in (path, Path(f"{path}-wal")) if p.exists())
        free = shutil.disk_usage(path.parent).free
    except OSError as exc:
        raise StoreError(f"{path}: {exc.strerror or exc}") from exc
    month = "strftime('%Y-%m', start_ms / 1000, 'unixepoch')"
    rows = store.database.rows(f"SELECT {month}, sum(bytes), sum(n) FROM segments GROUP BY 1 ORDER BY 1")  # noqa: S608
    months = {month: (size, n) for month, size, n in rows}
    return Room(database, sum(size for size, _ in months.values()), free, months)


def extent(store: Store, gateway_id: int) -> Extent:
    """Return what the record holds of a gateway."""
    sealed = "SELECT min(start_ms), max(end_ms), sum(n) FROM segments WHERE gateway_id = ? AND kind = 'samples'"
    first_ms, until_ms, n = store.database.rows(sealed, (gateway_id,))[0]
    hot = "SELECT min(at_ms), max(at_ms), count(*) FROM samples WHERE gateway_id = ? AND at_ms >= ?"
    hot_first, last_ms, hot_n = store.database.rows(hot, (gateway_id, until_ms or 0))[0]
    kept = "SELECT min(at_ms) FROM samples WHERE gateway_id = ?"  # what stays of sealed days knows the very first
    kept_first = store.database.rows(kept, (gateway_id,))[0][0]
    begins = [ms for ms in (kept_first, hot_first, first_ms if kept_first is None else None) if ms is not None]
    ends = [ms for ms in (last_ms, until_ms if last_ms is None else None) if ms is not None]
    return Extent(
        from_ms(min(begins)) if begins else None,
        from_ms(max(ends)) if ends else None,
        (n or 0) + hot_n,
        None if until_ms is None else from_ms(until_ms),
    )


def recorded_ratio(store: Store, gateway_id: int, start: datetime, end: datetime) -> float | None:
    """Return which part of [start, end) has readings, by the gaps that were noted; None for a window of no length."""
    length_s = (end - start).total_seconds()
    if length_s <= 0:
        return None
    lost_s = sum(
        (min(gap.end or end, end) - max(gap.start, start)).total_seconds()
        for gap in store.gaps(gateway_id, start, end)
        if min(gap.end or end, end) > max(gap.start, start)
    )
    return max(0.0, 1 - lost_s / length_s)


def growth_per_day(store: Store, now: datetime, days: int = 60) -> float | None:
    """Return how many bytes of the archive a day of the last weeks took; None before a week is sealed."""
    since = to_ms(now - timedelta(days=days))
    sql = "SELECT sum(bytes), min(start_ms), max(end_ms) FROM segments WHERE start_ms >= ?"
    size, start_ms, end_ms = store.database.rows(sql, (since,))[0]
    if not size or end_ms - start_ms < 7 * 86_400_000:
        return None
    per_ms: float = size / (end_ms - start_ms)
    return per_ms * 86_400_000
