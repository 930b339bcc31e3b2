"""Raw readings for ever: Parquet files, written and read by this program alone and readable by any.

Numbers are decimals with as many places as the values need, at most those of
`PLACES`. A file is written beside its place, synced and renamed, so it is
there whole or not at all. Reasons and measurements: docs/decisions/0023, 0093.
"""

from __future__ import annotations

import hashlib
import os
import re
import sqlite3
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from forebay.errors import StoreError
from forebay.records.parts import PART_SIGNALS, ROLLED_COLUMNS, PartSignal
from forebay.records.signals import SIGNALS, Held, Signal
from forebay.store.duck import Engine, EngineError, literally, quoted
from forebay.store.parquet import GROUP, TIME, Column, Kept, NotOurs, Reader, Writer

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]
    Columns = Mapping[str, Array]

__all__ = ["HELD", "PLACES", "Archive", "literally", "places", "quoted"]

PLACES: dict[str, int] = {"W": 2, "Wh": 2, "%": 4, "V": 2, "Hz": 3, "s": 1, "A": 2, "VAR": 2, "°C": 2, "rpm": 0}
"""Unit -> decimal places that are kept: finer than any meter's error."""
_MOST = 1e12
"""What reaches this is no measurement, but is kept: as a float, where decimals of 18 digits would not hold it."""
_ROWS_AT_ONCE = 40_000
"""How many rows are put together for a query in SQL; one that must see all of them at once gets DuckDB beyond this."""
_MUST_SEE_ALL = re.compile(r"\bOVER\b|\bLIMIT\b|\b(count|sum|total|avg|min|max)\(")
_KNOWN_FILES = 64
FOR_EVER = (-(1 << 62), 1 << 62)

_EVERY: tuple[Signal | PartSignal, ...] = (*SIGNALS, *PART_SIGNALS)
_COUNTS = ("n", *(name for name in ROLLED_COLUMNS if name.endswith("_n")))
HELD: dict[str, Held] = {
    **{s.name: s.held for s in _EVERY},
    **dict.fromkeys(ROLLED_COLUMNS, Held.REAL),
    **dict.fromkeys(_COUNTS, Held.INTEGER),
}
"""Column of any table that is sealed -> how it is held."""
_UNITS = {s.name: s.unit for s in _EVERY} | {n: s.unit for n, s in ROLLED_COLUMNS.items()}


def _column(name: str, values: Array) -> Column:
    """Return the column that holds these values as they are, to the places of `PLACES`."""
    import numpy as np

    if name == TIME:
        return Column(name, "time")
    held = HELD[name]
    if held is Held.TEXT:
        return Column(name, "text")
    if held is Held.INTEGER:
        return Column(name, "integer")
    if (np.abs(values[~np.isnan(values)]) >= _MOST).any():
        return Column(name, "double")
    return Column(name, "decimal", places(name, values))


def places(name: str, values: Array) -> int:
    """Return how many decimal places these values need."""
    import numpy as np

    most = PLACES.get(_UNITS.get(name, ""), 3)
    known = values[~np.isnan(values)]
    exact = np.round(known, most)
    return next((n for n in range(most) if np.array_equal(np.round(known, n), exact)), most)


class Archive:
    """The folder of Parquet files beside a database. Thread-safe."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder.absolute()  # so that nothing in it means more to DuckDB than a path
        self._engine = Engine(self.folder)
        self._lock = threading.Lock()
        self._kept = Kept()
        self._readers: dict[Path, tuple[tuple[int, int], Reader | None]] = {}

    def close(self) -> None:
        """Let go of all memory."""
        self._engine.close()
        with self._lock:
            self._readers.clear()
        self._kept.clear()

    def path(self, file: str) -> Path:
        """Return where a file of the archive is."""
        return self.folder / file

    def _reader(self, file: str) -> Reader | None:
        """Return what reads a file; None where another program, or an earlier forebay, wrote it.

        Raises StoreError for a file that is not there.
        """
        path = self.path(file)
        try:
            told = path.stat()
            key = (told.st_mtime_ns, told.st_size)
            with self._lock:
                known = self._readers.get(path)
            if known is None or known[0] != key:
                try:
                    known = key, Reader(path, self._kept)
                except NotOurs:
                    known = key, None
                with self._lock:
                    while len(self._readers) >= _KNOWN_FILES:
                        del self._readers[next(iter(self._readers))]
                    self._readers[path] = known
        except OSError as exc:
            raise StoreError(self._words(file)) from exc
        return known[1]

    def columns(
        self, files: Sequence[str], names: Sequence[str], start_ms: int = FOR_EVER[0], end_ms: int = FOR_EVER[1]
    ) -> Iterator[Columns]:
        """Yield the time and these columns of the files' rows of [start, end), in parts, oldest first.

        REAL and INTEGER are float arrays, NaN where NULL; TEXT is an array of words and None; a column that a file
        has not is NULL. Raises StoreError naming a file that cannot be read.
        """
        for file in files:
            reader = self._reader(file)
            if reader is None:
                yield from self._foreign(file, names, start_ms, end_ms)
                continue
            try:
                yield from reader.read(names, start_ms, end_ms)
            except (NotOurs, OSError) as exc:
                raise StoreError(self._words(file)) from exc

    def _foreign(self, file: str, names: Sequence[str], start_ms: int, end_ms: int) -> Iterator[Columns]:
        import numpy as np

        select = f"SELECT {', '.join([TIME, *names])} FROM {{table}} WHERE at_ms >= ? AND at_ms < ? ORDER BY at_ms"  # noqa: S608
        try:
            found = self._engine.columns([self.path(file)], select, (start_ms, end_ms), names)
        except EngineError as exc:
            raise StoreError(self._words(file)) from exc
        if not len(found[TIME]):
            return
        for name in names:
            values, held = found[name], HELD[name]
            masked = np.ma.getmaskarray(values)
            if held is Held.TEXT:
                column = np.array([None if gone else v for v, gone in zip(values, masked, strict=True)], dtype=object)
            else:
                column = np.where(masked, np.nan, np.ma.getdata(values).astype(np.float64))
            found[name] = column
        yield {TIME: np.ma.getdata(found[TIME]), **{name: found[name] for name in names}}

    def ask(
        self,
        files: Sequence[str],
        select: str,
        names: Sequence[str],
        start_ms: int = FOR_EVER[0],
        end_ms: int = FOR_EVER[1],
    ) -> list[list[tuple[Any, ...]]]:
        """Return the rows of a query, NULL as None; `{table}` in it stands for the files' rows of [start, end).

        names: every column of the table. A query that selects rows, or sums them up by groups, runs over one part of
        the rows after the other, and what each gives is a list of its own; another one sees all rows at once.
        Raises StoreError naming a file that cannot be read.
        """
        used = list(names) if "*" in re.sub(r"count\(\*\)", "", select) else _used(names, select)
        parts = self.columns(files, used, start_ms, end_ms)
        if not _MUST_SEE_ALL.search(select) or ("GROUP BY" in select and "OVER" not in select):
            return [_asked(select, used, some) for some in _gathered(parts)]
        if self._count(files, start_ms, end_ms) > _ROWS_AT_ONCE:
            return [self._in_engine(files, select, names, start_ms, end_ms)]
        return [_asked(select, used, list(parts))]

    def _count(self, files: Sequence[str], start_ms: int, end_ms: int) -> int:
        count = 0
        for file in files:
            reader = self._reader(file)
            if reader is None:
                return _ROWS_AT_ONCE + 1
            count += sum(g.rows for g in reader.groups if g.first_ms < end_ms and g.last_ms >= start_ms)
        return count

    def _in_engine(
        self, files: Sequence[str], select: str, names: Sequence[str], start_ms: int, end_ms: int
    ) -> list[tuple[Any, ...]]:
        inner = "(SELECT * FROM {table} WHERE at_ms >= ? AND at_ms < ?)"
        paths = [self.path(file) for file in files]
        try:
            found = self._engine.columns(paths, select.replace("{table}", inner), (start_ms, end_ms), names)
        except EngineError as exc:
            for file in files:  # names the one that is damaged
                for _ in self.columns([file], ()):
                    pass
            raise StoreError(f"{self.folder}: {exc}") from exc
        return list(zip(*[column.tolist() for column in found.values()], strict=True))

    def _words(self, file: str) -> str:
        return f"{self.path(file)}: is missing or damaged; put it back from a backup. All other days can be read"

    def write(self, file: str, table: Columns) -> tuple[int, str]:
        """Write columns of one length as a file, durable when it returns; gives its size [bytes] and its SHA-256.

        Raises StoreError when it cannot; nothing is left behind then.
        """
        import numpy as np

        order = np.argsort(table[TIME], kind="stable")
        sorted_ = {name: values[order] for name, values in table.items()}
        return self._put(file, [_column(name, values) for name, values in sorted_.items()], [sorted_])

    def join(self, file: str, parts: Sequence[str]) -> tuple[int, str]:
        """Write the rows of several files, given in order of time, as one; as `write`."""
        kinds: dict[str, Column] = {TIME: Column(TIME, "time")}
        for part in parts:
            for column in self._kinds(part):
                kinds[column.name] = _wider(kinds.get(column.name, column), column)
        names = [name for name in kinds if name != TIME]
        return self._put(file, list(kinds.values()), _in_whole_groups(self.columns(parts, names)))

    def _kinds(self, file: str) -> list[Column]:
        reader = self._reader(file)
        if reader is not None:
            return [column for _, column in reader.columns.values()]
        try:
            found = self._engine.columns(
                [self.path(file)], "SELECT column_name, column_type FROM (DESCRIBE SELECT * FROM {table})"
            )
        except EngineError as exc:
            raise StoreError(self._words(file)) from exc
        rows = zip(found["column_name"].tolist(), found["column_type"].tolist(), strict=True)
        return [_described(name, kind) for name, kind in rows]

    def _put(
        self, file: str, columns: Sequence[Column], tables: Sequence[Columns] | Iterator[Columns]
    ) -> tuple[int, str]:
        target = self.path(file)
        part = target.with_name(target.name + ".part")
        try:
            for folder in (self.folder, target.parent):
                folder.mkdir(parents=True, exist_ok=True, mode=0o700)
                folder.chmod(0o700)
            with open(part, "wb", opener=_privately) as opened:
                writer = Writer(opened, columns)
                for table in tables:
                    writer.add(table)
                writer.finish()
            digest = _synced(part)
            part.replace(target)
            _sync_folder(target.parent)
        except OSError as exc:
            with suppress(OSError):
                part.unlink(missing_ok=True)
            raise StoreError(f"{target}: cannot be written: {exc}; the readings stay in the database") from exc
        except BaseException:
            with suppress(OSError):
                part.unlink(missing_ok=True)
            raise
        return target.stat().st_size, digest


def _used(names: Sequence[str], select: str) -> list[str]:
    words = set(re.findall(r"\w+", select))
    return [name for name in names if name in words]


def _in_whole_groups(parts: Iterator[Columns]) -> Iterator[Columns]:
    """Put small parts together, so that a file of few rows a day does not become one of many small groups."""
    import numpy as np

    held: list[Columns] = []
    for part in parts:
        held.append(part)
        if sum(len(one[TIME]) for one in held) >= GROUP // 2:
            yield held[0] if len(held) == 1 else {name: np.concatenate([one[name] for one in held]) for name in part}
            held = []
    if held:
        yield {name: np.concatenate([one[name] for one in held]) for name in held[0]}


def _gathered(parts: Iterator[Columns]) -> Iterator[list[Columns]]:
    """Put parts together until they have some rows, so that a query is not asked for each half a day."""
    gathered: list[Columns] = []
    for part in parts:
        gathered.append(part)
        if sum(len(one[TIME]) for one in gathered) > _ROWS_AT_ONCE - 8_640:
            yield gathered
            gathered = []
    if gathered:
        yield gathered


def _asked(select: str, names: Sequence[str], parts: Sequence[Columns]) -> list[tuple[Any, ...]]:
    """Return the rows of a query over columns, asked of a database in memory."""
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        connection.execute(f"CREATE TABLE part ({', '.join([TIME, *names])})")
        marks = ", ".join("?" * (len(names) + 1))
        connection.execute("BEGIN")
        for part in parts:
            rows = zip(part[TIME].tolist(), *[listed(name, part[name]) for name in names], strict=True)
            connection.executemany(f"INSERT INTO part VALUES ({marks})", rows)  # noqa: S608
        return connection.execute(select.format(table="part")).fetchall()


def listed(name: str, values: Array) -> list[Any]:
    """Return a column as Python values: whole numbers where it is held so, NULL as None."""
    if values.dtype == object:
        return list(values)
    whole = HELD[name] is Held.INTEGER
    return [None if v != v else int(v) if whole else v for v in values.tolist()]  # noqa: PLR0124 - NaN


def _wider(one: Column, other: Column) -> Column:
    if "double" in {one.kind, other.kind}:
        return Column(one.name, "double")
    return Column(one.name, one.kind, max(one.places, other.places))


def _described(name: str, kind: str) -> Column:
    """Return a column by DuckDB's name of its type."""
    if name == TIME:
        return Column(name, "time")
    found = re.fullmatch(r"DECIMAL\(\d+,(\d+)\)", kind)
    if found:
        return Column(name, "decimal", int(found[1]))
    return Column(name, {"INTEGER": "integer", "VARCHAR": "text"}.get(kind, "double"))


def _privately(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _synced(path: Path) -> str:
    """Make a file's bytes durable and return their SHA-256."""
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        os.fsync(file.fileno())
    return digest


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
