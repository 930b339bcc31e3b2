"""Letting go of the oldest raw readings where their owner set a bound, by age or size; without one all stay for ever.

What goes is whole files of the archive, oldest first: readings every few seconds of the house and of its parts. What
stays for ever is what was put together of them: quarters of an hour, what fed what, the counters beside each quarter,
hence every energy; and the slow readings, gaps, spans and events. Readings in the database are never touched.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from forebay.store.database import Statement
from forebay.store.raw import Segment
from forebay.store.seal import DAY_MS
from forebay.store.state import from_ms, to_ms
from forebay.store.store import Store

LEAST_DAYS, LEAST_MB = 30, 50
"""Bounds below these are refused: they would let go of what pages still show at full resolution."""
EVENT = "retention"
"""Kind of the event that tells what went."""


@dataclass(frozen=True, slots=True)
class Bound:
    """How much is kept: None is for ever, and without limit.

    keep_days: age of the youngest reading of a file, against the gateway's last reading, beyond which it goes [days].
    keep_mb: size of the database and its files [MB] that the files are kept within, oldest going first.
    """

    keep_days: int | None = None
    keep_mb: int | None = None

    @property
    def is_none(self) -> bool:
        """Whether everything is kept."""
        return self.keep_days is None and self.keep_mb is None


EVERYTHING = Bound()
"""Nothing is ever let go."""


@dataclass(frozen=True, slots=True)
class Due:
    """A file that goes: whose, of which series, and which span."""

    gateway_id: int
    series: str
    segment: Segment


@dataclass(frozen=True, slots=True)
class Plan:
    """What goes under a bound.

    files: oldest first. before_mb, after_mb: the size of the record [MB].
    """

    files: Sequence[Due]
    before_mb: float
    after_mb: float


def plan(store: Store, bound: Bound) -> Plan:
    """Return what goes under a bound; nothing is changed."""
    sql = (
        "SELECT gateway_id, kind, start_ms, end_ms, file, n, bytes, sha256 FROM segments"
        " WHERE kind = 'samples' OR kind LIKE 'part_samples/%' ORDER BY end_ms, gateway_id, kind"
    )
    with store.database.snapshot():
        raw = [Due(row[0], row[1], Segment(*row[2:])) for row in store.database.rows(sql)]
        sealed_bytes: int = store.database.rows("SELECT total(bytes) FROM segments")[0][0]
        last_ms = {row.id: to_ms(reading.at) for row in store.gateways() if (reading := store.latest(row.id))}
    size = store.database.path.stat().st_size + sealed_bytes
    left, gone = size, []
    for due in raw:
        keep_ms = None if bound.keep_days is None else bound.keep_days * DAY_MS
        is_old = keep_ms is not None and due.segment.end_ms <= last_ms.get(due.gateway_id, 0) - keep_ms
        if is_old or (bound.keep_mb is not None and left > bound.keep_mb * 1e6):
            gone.append(due)
            left -= due.segment.bytes
    return Plan(gone, size / 1e6, left / 1e6)


def let_go(store: Store, bound: Bound, now: datetime) -> Plan:
    """Let go of what a bound does not keep, and return it; an event of each gateway tells it.

    The files stay on disk for an hour, for those who read them just then, and are taken away by the upkeep of the
    store. now: when it is done, in the recording's time. Raises StoreError; then everything is as it was.
    """
    done = plan(store, bound)
    if not done.files:
        return done
    statements: list[Statement] = []
    for due in done.files:
        key = (due.gateway_id, due.series, due.segment.start_ms)
        statements.append(("DELETE FROM segments WHERE gateway_id = ? AND kind = ? AND start_ms = ?", key))
    for gateway_id in sorted({due.gateway_id for due in done.files}):
        detail = words([due for due in done.files if due.gateway_id == gateway_id])
        sql = "INSERT INTO events (gateway_id, at_ms, kind, detail) VALUES (?, ?, ?, ?)"
        statements.append((sql, (gateway_id, to_ms(now), EVENT, detail)))
    for due in done.files:
        with suppress(FileNotFoundError):  # then it is gone already
            os.utime(store.archive.path(due.segment.file))  # it is now that its last readers begin
    store.database.write_at_once(statements)
    return done


def words(files: Sequence[Due]) -> str:
    """Say in a sentence what goes."""
    first = from_ms(min(due.segment.start_ms for due in files))
    last = from_ms(max(due.segment.end_ms for due in files))
    megabytes = sum(due.segment.bytes for due in files) / 1e6
    return (
        f"raw readings of {first:%Y-%m-%d} to {last:%Y-%m-%d} were let go: {len(files)} files, {megabytes:.1f} MB;"
        " quarters of an hour and energies stay"
    )
