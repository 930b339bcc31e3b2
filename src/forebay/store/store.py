"""The store: one file, one writer, any number of readers, and those who wait for news."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import fields, replace
from datetime import datetime
from operator import attrgetter
from pathlib import Path
from typing import Any, TypeVar

from forebay.errors import StoreError
from forebay.records.reading import Reading, SlowReading
from forebay.records.reasons import Reason
from forebay.records.signals import FAST, SLOW
from forebay.records.tempo import Tempo
from forebay.store.archive import Archive
from forebay.store.counting import Counting, joined
from forebay.store.counting import refused_steps as listed
from forebay.store.database import Database, Statement
from forebay.store.door import unstorable
from forebay.store.raw import Raw, Table
from forebay.store.rollup import roll
from forebay.store.state import (
    Connection,
    Event,
    Gap,
    GatewayRow,
    from_ms,
    tempo_from_json,
    tempo_to_json,
    to_ms,
)
from forebay.store.steps import RefusedStep
from forebay.store.watch import Watch

R = TypeVar("R", bound=Reading | SlowReading)

FAST_NAMES = tuple(s.name for s in FAST)
"""The columns of `samples` after gateway and time."""
SLOW_NAMES = tuple(s.name for s in SLOW)
"""Those of `slow_samples`."""
_FLAGS = {f.name for kind in (Reading, SlowReading) for f in fields(kind) if "bool" in str(f.type)}


def archive_of(path: Path) -> Path:
    """Return the folder of Parquet files that belongs to a database."""
    return path.with_name(f"{path.stem}-archive")


def _insert(table: str, names: Sequence[str]) -> str:
    marks = ", ".join("?" * (len(names) + 2))
    return f"INSERT OR IGNORE INTO {table} (gateway_id, at_ms, {', '.join(names)}) VALUES ({marks})"  # noqa: S608


_INSERT = {Reading: _insert("samples", FAST_NAMES), SlowReading: _insert("slow_samples", SLOW_NAMES)}
_VALUES = {Reading: attrgetter(*FAST_NAMES), SlowReading: attrgetter(*SLOW_NAMES)}
_TABLES = {Reading: ("samples", FAST_NAMES), SlowReading: ("slow_samples", SLOW_NAMES)}


def _flagged(name: str, value: Any) -> Any:
    return bool(value) if name in _FLAGS and value is not None else value


class Store:
    """What was recorded, by gateway. Build it with `open` or `read`.

    All times are aware UTC, of the recording's own time (see `Tempo`).
    Methods raise StoreError in words; readings that could not be written are
    kept in memory and tried again. Thread-safe.
    """

    def __init__(self, database: Database, *, real_s: Callable[[], float] = time.monotonic) -> None:
        self.database = database
        self.archive = Archive(archive_of(database.path))
        self._watches: set[Watch] = set()
        self._last: dict[tuple[type, int], Any] = {}
        self._counting = Counting(database, real_s, self._speed)
        self._connections: dict[int, Connection] = {}
        self._tempos: dict[int, Tempo] = {}
        self._unsaved_tempos: set[int] = set()

    @classmethod
    def open(cls, path: Path, *, flush_s: float = 10.0, real_s: Callable[[], float] = time.monotonic) -> Store:
        """Open for writing, creating or migrating the file.

        flush_s: what a power cut may cost at most [real s].
        Raises StoreError if another process writes it or it cannot be used.
        """
        return cls(Database(path, writable=True, flush_s=flush_s, real_s=real_s), real_s=real_s)

    @classmethod
    def read(cls, path: Path) -> Store:
        """Open for reading beside a writer. Raises StoreError if there is nothing to read."""
        return cls(Database(path, writable=False))

    @classmethod
    def beside(cls, path: Path) -> Store:
        """Open for imports beside a writer, or without one; creates or migrates the file where nobody writes it.

        Only `database.write_at_once` changes anything. Raises StoreError if another import is at work.
        """
        return cls(Database(path, writable=False, is_guest=True))

    def __enter__(self) -> Store:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Write what is left, close, and wake all watchers."""
        try:
            if self.database.writable:
                self._save_tempos()
        finally:
            self.database.close()
            self.archive.close()
            self._notify()

    # gateways

    def gateway_id(self, name: str) -> int:
        """Return the id of a gateway by its name, making one if the name is new."""
        for row in self.gateways():
            if row.name == name:
                return row.id
        self.database.write([("INSERT OR IGNORE INTO gateways (name) VALUES (?)", (name,))])
        self.database.flush(60.0)
        return self.gateway_id(name)

    def gateways(self) -> list[GatewayRow]:
        """Return every gateway, the oldest first."""
        sql = "SELECT id, name, din_hash, site_name, timezone FROM gateways ORDER BY id"
        return [GatewayRow(*row) for row in self.database.rows(sql)]

    def gateway(self, gateway_id: int) -> GatewayRow:
        """Return one gateway. Raises StoreError where there is none of this id."""
        for row in self.gateways():
            if row.id == gateway_id:
                return row
        raise StoreError(f"there is no gateway {gateway_id} in {self.database.path}")

    def identify(
        self,
        gateway_id: int,
        *,
        din_hash: str | None = None,
        site_name: str | None = None,
        timezone: str | None = None,
    ) -> None:
        """Keep what a gateway told of itself; None leaves as it is."""
        sql = (
            "UPDATE gateways SET din_hash = coalesce(?, din_hash), site_name = coalesce(?, site_name),"
            " timezone = coalesce(?, timezone) WHERE id = ?"
        )
        self.database.write([(sql, (din_hash, site_name, timezone, gateway_id))])
        self._notify()

    def rename(self, gateway_id: int, name: str) -> None:
        """Give a gateway another name, at once durable. Raises StoreError where the name is taken."""
        if any(row.name == name for row in self.gateways()):
            raise StoreError(f"{self.database.path} has a gateway {name} already")
        self.database.write_at_once([("UPDATE gateways SET name = ? WHERE id = ?", (name, gateway_id))])
        self._notify()

    # readings

    def append(self, gateway_id: int, reading: Reading) -> bool:
        """Whether the reading was new: it must be later than the last one.

        Steps of counters that no house can make are listed as refused, and so are readings left out. What is no number,
        such as NaN or infinity, is kept as missing.
        """
        reading = self._storable(reading)
        last = self._latest(Reading, gateway_id)
        if last is not None and to_ms(reading.at) <= to_ms(last.at):
            self._counting.leave_out(gateway_id, reading.at, last.at)
            return False
        rolled = roll(gateway_id, None if last is None else to_ms(last.at), to_ms(reading.at))
        statements = [self._row(gateway_id, reading), *self._counting.take(gateway_id, reading), *rolled]
        self._last[Reading, gateway_id] = reading
        try:
            self.database.write(statements)
        finally:
            self._notify()
        return True

    def append_slow(self, gateway_id: int, reading: SlowReading) -> bool:
        """Whether the slow reading was new: it must be later than the last one. What is no number is missing."""
        reading = self._storable(reading)
        if not self._is_new(gateway_id, reading):
            return False
        self._last[SlowReading, gateway_id] = reading
        try:
            self.database.write([*self._counting.take_slow(gateway_id, reading), self._row(gateway_id, reading)])
        finally:
            self._notify()
        return True

    def latest(self, gateway_id: int) -> Reading | None:
        """Return the last reading, also one not yet durable."""
        return self._latest(Reading, gateway_id)

    def latest_slow(self, gateway_id: int) -> SlowReading | None:
        """Return the last slow reading, also one not yet durable."""
        return self._latest(SlowReading, gateway_id)

    def _latest(self, kind: type[R], gateway_id: int) -> R | None:
        if self.database.writable and (kind, gateway_id) in self._last:
            known: R | None = self._last[kind, gateway_id]
            return known
        table, names = _TABLES[kind]
        sql = f"SELECT at_ms, {', '.join(names)} FROM {table} WHERE gateway_id = ? ORDER BY at_ms DESC LIMIT 1"  # noqa: S608
        rows = self.database.rows(sql, (gateway_id,))
        found = self._reading(kind, names, rows[0]) if rows else None
        self._last[kind, gateway_id] = found
        return found

    @staticmethod
    def _reading(kind: type[R], names: Sequence[str], row: Sequence[Any]) -> R:
        values = {name: _flagged(name, value) for name, value in zip(names, row[1:], strict=True)}
        return kind(at=from_ms(row[0]), **values)

    def readings(self, gateway_id: int, start: datetime, end: datetime) -> list[Reading]:
        """Return the raw readings of [start, end), in order."""
        select = f"SELECT at_ms, {', '.join(FAST_NAMES)} FROM {{table}} ORDER BY at_ms"  # noqa: S608
        found = self.raw(gateway_id).ask(select, to_ms(start), to_ms(end))
        return [self._reading(Reading, FAST_NAMES, row) for rows in found for row in rows]

    def raw(self, gateway_id: int, table: Table = "samples", part_id: int | None = None) -> Raw:
        """Return the readings of a gateway, or of one part, wherever they are kept."""
        return Raw(self.database, self.archive, gateway_id, table, part_id)

    def is_before_all(self, gateway_id: int, at: datetime) -> bool:
        """Whether no reading is as old as `at`."""
        at_ms = to_ms(at)
        if self.database.rows("SELECT 1 FROM segments WHERE gateway_id = ? AND start_ms <= ?", (gateway_id, at_ms)):
            return False
        sql = "SELECT 1 FROM samples WHERE gateway_id = ? AND at_ms <= ? LIMIT 1"
        return not self.database.rows(sql, (gateway_id, at_ms))

    def forget(self, gateway_id: int, cut_ms: int, span_ms: int) -> None:
        """Look the last reading up again: what was later than `cut_ms` is set aside, which were `span_ms` of time."""
        for kind in (Reading, SlowReading):
            self._last.pop((kind, gateway_id), None)
        self._counting.forget(gateway_id, cut_ms - span_ms)
        self._notify()

    def _is_new(self, gateway_id: int, reading: Reading | SlowReading) -> bool:
        last = self._latest(type(reading), gateway_id)
        return last is None or to_ms(reading.at) > to_ms(last.at)

    @staticmethod
    def _storable(reading: R) -> R:
        missing: dict[str, Any] = {**unstorable(_TABLES[type(reading)][1], _VALUES[type(reading)](reading))}
        return replace(reading, **missing) if missing else reading

    @staticmethod
    def _row(gateway_id: int, reading: Reading | SlowReading) -> Statement:
        kind = type(reading)
        return _INSERT[kind], (gateway_id, to_ms(reading.at), *_VALUES[kind](reading))

    def refused_steps(self, gateway_id: int, start: datetime, end: datetime) -> list[RefusedStep]:
        """Return what was wrong with the counters in [start, end), by end, in order: kept out of the sums, and why."""
        return joined(listed(self.database, gateway_id, to_ms(start), to_ms(end)))

    # gaps and events

    def open_gap(self, gateway_id: int, start: datetime, reason: Reason, detail: str = "") -> None:
        """Note that readings are missing from `start` on; one that is open already stays as it is."""
        if self.present_gap(gateway_id) is None:
            sql = "INSERT OR IGNORE INTO gaps VALUES (?, ?, NULL, ?, ?)"
            self.database.write([(sql, (gateway_id, to_ms(start), str(reason), detail))])

    def close_gap(self, gateway_id: int, end: datetime) -> None:
        """End the open gap, if there is one; a gap of no length is forgotten."""
        end_ms = to_ms(end)
        self.database.write(
            [
                ("DELETE FROM gaps WHERE gateway_id = ? AND end_ms IS NULL AND start_ms >= ?", (gateway_id, end_ms)),
                ("UPDATE gaps SET end_ms = ? WHERE gateway_id = ? AND end_ms IS NULL", (end_ms, gateway_id)),
            ]
        )

    def present_gap(self, gateway_id: int) -> Gap | None:
        """Return the gap that lasts, None where there is none."""
        sql = "SELECT start_ms, end_ms, reason, detail FROM gaps WHERE gateway_id = ? AND end_ms IS NULL"
        rows = self.database.rows(sql, (gateway_id,))
        return self._gap(rows[0]) if rows else None

    def gaps(self, gateway_id: int, start: datetime, end: datetime) -> list[Gap]:
        """Return the gaps that overlap [start, end), in order, not clipped."""
        sql = (
            "SELECT start_ms, end_ms, reason, detail FROM gaps WHERE gateway_id = ? AND start_ms < ?"
            " AND (end_ms IS NULL OR end_ms > ?) ORDER BY start_ms"
        )
        return [self._gap(row) for row in self.database.rows(sql, (gateway_id, to_ms(end), to_ms(start)))]

    @staticmethod
    def _gap(row: Sequence[Any]) -> Gap:
        start_ms, end_ms, reason, detail = row
        return Gap(from_ms(start_ms), None if end_ms is None else from_ms(end_ms), Reason(reason), detail)

    def log_event(self, gateway_id: int, at: datetime, kind: str, detail: str) -> None:
        """Keep something that happened, in words."""
        last = self.latest(gateway_id) if kind == Reason.CLOCK_JUMP else None
        if last is not None and at < last.at:
            self._counting.go_back(gateway_id, to_ms(at))
        sql = "INSERT INTO events (gateway_id, at_ms, kind, detail) VALUES (?, ?, ?, ?)"
        self.database.write([(sql, (gateway_id, to_ms(at), kind, detail))])

    def events(self, gateway_id: int, start: datetime, end: datetime) -> list[Event]:
        """Return what happened in [start, end), in order."""
        sql = (
            "SELECT at_ms, kind, detail FROM events"
            " WHERE gateway_id = ? AND at_ms >= ? AND at_ms < ? ORDER BY at_ms, id"
        )
        rows = self.database.rows(sql, (gateway_id, to_ms(start), to_ms(end)))
        return [Event(from_ms(at_ms), kind, detail) for at_ms, kind, detail in rows]

    # state

    def connection(self, gateway_id: int) -> Connection:
        """Return how the recorder stands with a gateway."""
        if gateway_id in self._connections:
            return self._connections[gateway_id]
        rows = self.database.rows("SELECT connection FROM gateways WHERE id = ?", (gateway_id,))
        return Connection.from_json(rows[0][0] if rows else None)

    def set_connection(self, gateway_id: int, connection: Connection) -> None:
        """Keep how the recorder stands with a gateway, at once durable, and tell the watchers."""
        self._connections[gateway_id] = connection
        try:
            sql = "UPDATE gateways SET connection = ? WHERE id = ?"
            self.database.write([(sql, (connection.to_json(), gateway_id))])
            self.flush()
        finally:
            self._notify()

    def tempo(self, gateway_id: int) -> Tempo | None:
        """Return how the recording's time runs, None before the first answer."""
        if gateway_id in self._tempos:
            return self._tempos[gateway_id]
        rows = self.database.rows("SELECT tempo FROM gateways WHERE id = ?", (gateway_id,))
        return tempo_from_json(rows[0][0] if rows else None)

    def set_tempo(self, gateway_id: int, tempo: Tempo) -> None:
        """Keep how the recording's time runs; durable with the next flush."""
        self._tempos[gateway_id] = tempo
        self._unsaved_tempos.add(gateway_id)

    def now(self, gateway_id: int, real: datetime) -> datetime:
        """Return the recording's time at a real time."""
        tempo = self.tempo(gateway_id)
        return real if tempo is None else tempo.now(real)

    def _speed(self, gateway_id: int) -> float:
        """Return how fast the recording's time runs, as far as this process knows."""
        tempo = self._tempos.get(gateway_id)
        return 1.0 if tempo is None else tempo.speed

    def _save_tempos(self) -> None:
        sql = "UPDATE gateways SET tempo = ? WHERE id = ?"
        statements = [(sql, (tempo_to_json(self._tempos[i]), i)) for i in sorted(self._unsaved_tempos)]
        self._unsaved_tempos.clear()
        if statements:
            self.database.write(statements)

    def flush(self) -> None:
        """Make everything durable."""
        self._save_tempos()
        self.database.flush()

    def flush_if_due(self) -> None:
        """Make everything durable if the oldest unsaved reading has waited long enough."""
        if self.database.is_flush_due:
            self.flush()

    # news

    def watch(self) -> Watch:
        """Return a subscription to new readings and changed states; needs a running event loop."""
        return Watch(self._watches, None if self.database.writable else lambda: self.database.data_version)

    def _notify(self) -> None:
        for watch in tuple(self._watches):
            watch.notify()
