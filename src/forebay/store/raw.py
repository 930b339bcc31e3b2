"""Where the readings of a span are: in the database, or sealed in Parquet files.

What is sealed is a series: a table, or the rows of one part in it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from forebay.records.parts import PART_NAMES, ROLLED_COLUMNS
from forebay.records.signals import FAST, SLOW
from forebay.store.archive import Archive
from forebay.store.database import Database

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

Table = Literal["samples", "slow_samples", "part_samples", "part_quarters"]

COLUMNS: dict[Table, tuple[str, ...]] = {
    "samples": tuple(s.name for s in FAST),
    "slow_samples": tuple(s.name for s in SLOW),
    "part_samples": PART_NAMES,
    "part_quarters": ("n", *ROLLED_COLUMNS),
}
"""The columns of each table after its keys."""


@dataclass(frozen=True, slots=True)
class Segment:
    """A span whose raw readings are in a file, half-open [ms since 1970 UTC]."""

    start_ms: int
    end_ms: int
    file: str
    n: int
    bytes: int
    sha256: str


def segments(database: Database, gateway_id: int, series: str, start_ms: int, end_ms: int) -> list[Segment]:
    """Return the sealed spans of a series that overlap [start, end), in order."""
    sql = (
        "SELECT start_ms, end_ms, file, n, bytes, sha256 FROM segments"
        " WHERE gateway_id = ? AND kind = ? AND start_ms < ? AND end_ms > ? ORDER BY start_ms"
    )
    return [Segment(*row) for row in database.rows(sql, (gateway_id, series, end_ms, start_ms))]


def sealed_until(database: Database, gateway_id: int, series: str) -> int | None:
    """Return until when everything of a series is sealed [ms], None where nothing is."""
    sql = "SELECT max(end_ms) FROM segments WHERE gateway_id = ? AND kind = ?"
    until_ms: int | None = database.rows(sql, (gateway_id, series))[0][0]
    return until_ms


def first_reading_ms(database: Database, gateway_id: int) -> int | None:
    """Return from when on there may be readings of a gateway [ms], None where there are none."""
    sealed = "SELECT min(start_ms) FROM segments WHERE gateway_id = ? AND kind = 'samples'"
    hot = "SELECT min(at_ms) FROM samples WHERE gateway_id = ?"
    known = [database.rows(sql, (gateway_id,))[0][0] for sql in (sealed, hot)]
    return min((at_ms for at_ms in known if at_ms is not None), default=None)


@dataclass(frozen=True, slots=True)
class Raw:
    """The readings of one gateway in a table, wherever they are; of the tables of parts, those of one part."""

    database: Database
    archive: Archive
    gateway_id: int
    table: Table = "samples"
    part_id: int | None = None

    @property
    def series(self) -> str:
        """The name under which it is sealed."""
        return self.table if self.part_id is None else f"{self.table}/{self.part_id}"

    @property
    def where(self) -> tuple[str, tuple[int, ...]]:
        """The condition by which its rows are found in the table, and its parameters."""
        if self.part_id is None:
            return "gateway_id = ?", (self.gateway_id,)
        return "gateway_id = ? AND part_id = ?", (self.gateway_id, self.part_id)

    def ask(self, select: str, start_ms: int, end_ms: int) -> list[list[tuple[Any, ...]]]:
        """Return the rows of a query from each place that holds readings of [start, end), oldest first.

        select: with `{table}` for the readings; it sees those of the place within [start, end) alone. It is
        written so that SQLite and DuckDB understand it alike, and what it sums up is added by the caller. The files
        are one place; to a query that selects rows or sums up by groups they may be several.
        """
        found: list[list[tuple[Any, ...]]] = []
        with self.database.snapshot():
            until_ms = sealed_until(self.database, self.gateway_id, self.series)
            if until_ms is not None and start_ms < until_ms:
                high_ms = min(end_ms, until_ms)
                sealed = segments(self.database, self.gateway_id, self.series, start_ms, high_ms)
                if sealed:
                    files = [segment.file for segment in sealed]
                    found += self.archive.ask(files, select, COLUMNS[self.table], start_ms, high_ms)
                start_ms = until_ms
            if start_ms < end_ms:
                where, keys = self.where
                inner = f"(SELECT * FROM {self.table} WHERE {where} AND at_ms >= ? AND at_ms < ?)"  # noqa: S608
                found.append(self.database.rows(select.format(table=inner), (*keys, start_ms, end_ms)))
        return found

    def columns(self, names: Sequence[str], start_ms: int, end_ms: int) -> Iterator[Mapping[str, Array]]:
        """Yield the time and these columns of the readings of [start, end), in parts, oldest first.

        names: of numbers alone. They are float arrays, NaN where NULL. Faster than `ask`, where a curve is wanted.
        """
        import numpy as np

        files: list[str] = []
        high_ms = start_ms
        rows: list[tuple[Any, ...]] = []
        with self.database.snapshot():
            until_ms = sealed_until(self.database, self.gateway_id, self.series)
            if until_ms is not None and start_ms < until_ms:
                high_ms = min(end_ms, until_ms)
                files = [s.file for s in segments(self.database, self.gateway_id, self.series, start_ms, high_ms)]
            if high_ms < end_ms:
                where, keys = self.where
                rows = self.database.rows(
                    f"SELECT {', '.join(['at_ms', *names])} FROM {self.table}"  # noqa: S608 - names are columns
                    f" WHERE {where} AND at_ms >= ? AND at_ms < ? ORDER BY at_ms",
                    (*keys, high_ms, end_ms),
                )
        yield from self.archive.columns(files, names, start_ms, high_ms)
        if rows:
            at, *values = zip(*rows, strict=True)
            found = {name: np.array(column, dtype=np.float64) for name, column in zip(names, values, strict=True)}
            yield {"at_ms": np.array(at, dtype=np.int64), **found}
