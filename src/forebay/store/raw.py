"""Where the raw readings of a span are: in the database, or sealed in Parquet files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from forebay.store.archive import Archive
from forebay.store.database import Database

Table = Literal["samples", "slow_samples"]


@dataclass(frozen=True, slots=True)
class Segment:
    """A span whose raw readings are in a file, half-open [ms since 1970 UTC]."""

    start_ms: int
    end_ms: int
    file: str
    n: int
    bytes: int
    sha256: str


def segments(database: Database, gateway_id: int, table: Table, start_ms: int, end_ms: int) -> list[Segment]:
    """Return the sealed spans that overlap [start, end), in order."""
    sql = (
        "SELECT start_ms, end_ms, file, n, bytes, sha256 FROM segments"
        " WHERE gateway_id = ? AND kind = ? AND start_ms < ? AND end_ms > ? ORDER BY start_ms"
    )
    return [Segment(*row) for row in database.rows(sql, (gateway_id, table, end_ms, start_ms))]


def sealed_until(database: Database, gateway_id: int, table: Table) -> int | None:
    """Return until when everything is sealed [ms], None where nothing is."""
    sql = "SELECT max(end_ms) FROM segments WHERE gateway_id = ? AND kind = ?"
    until_ms: int | None = database.rows(sql, (gateway_id, table))[0][0]
    return until_ms


@dataclass(frozen=True, slots=True)
class Raw:
    """The raw readings of one gateway, wherever they are."""

    database: Database
    archive: Archive
    gateway_id: int
    table: Table = "samples"

    def ask(self, select: str, start_ms: int, end_ms: int) -> list[list[tuple[Any, ...]]]:
        """Return the rows of a query from each place that holds readings of [start, end), oldest first.

        select: with `{table}` for the readings; it sees those of the place within [start, end) alone. It is
        written so that SQLite and DuckDB understand it alike, and what it sums up is added by the caller.
        """
        found: list[list[tuple[Any, ...]]] = []
        with self.database.snapshot():
            until_ms = sealed_until(self.database, self.gateway_id, self.table)
            if until_ms is not None and start_ms < until_ms:
                high_ms = min(end_ms, until_ms)
                sealed = segments(self.database, self.gateway_id, self.table, start_ms, high_ms)
                if sealed:
                    found.append(self._sealed(select, [segment.file for segment in sealed], start_ms, high_ms))
                start_ms = until_ms
            if start_ms < end_ms:
                inner = f"(SELECT * FROM {self.table} WHERE gateway_id = ? AND at_ms >= ? AND at_ms < ?)"  # noqa: S608
                found.append(self.database.rows(select.format(table=inner), (self.gateway_id, start_ms, end_ms)))
        return found

    def _sealed(self, select: str, files: Sequence[str], start_ms: int, end_ms: int) -> list[tuple[Any, ...]]:
        inner = "(SELECT * FROM {table} WHERE at_ms >= ? AND at_ms < ?)"
        return self.archive.rows(files, select.replace("{table}", inner), (start_ms, end_ms))
