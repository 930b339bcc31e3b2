"""Raw readings for ever: Parquet files, read and written through DuckDB in memory.

Numbers are decimals with as many places as the values need, at most those of
`PLACES`; any program that reads Parquet reads them as they are. A file is
written beside its place, synced and renamed, so it is there whole or not at all.
Reasons and measurements: docs/decisions/0023.
"""

from __future__ import annotations

import hashlib
import os
import re
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from forebay.errors import StoreError
from forebay.records.parts import PART_SIGNALS, ROLLED_COLUMNS, PartSignal
from forebay.records.signals import SIGNALS, Held, Signal

if TYPE_CHECKING:
    import duckdb
    import numpy as np

    Columns = Mapping[str, np.ndarray[Any, Any]]

PLACES: dict[str, int] = {"W": 2, "Wh": 2, "%": 4, "V": 2, "Hz": 3, "s": 1, "A": 3, "VAR": 2, "°C": 2, "rpm": 0}
"""Unit -> decimal places that are kept: finer than any meter's error."""
_MOST = 1e12
"""What reaches this is no measurement, but is kept: as a float, where decimals of 18 digits would not hold it."""

_WRITE = "(FORMAT parquet, PARQUET_VERSION v2, COMPRESSION zstd, COMPRESSION_LEVEL 9, ROW_GROUP_SIZE 20480)"
_EVERY: tuple[Signal | PartSignal, ...] = (*SIGNALS, *PART_SIGNALS)
_COUNTS = ("n", *(name for name in ROLLED_COLUMNS if name.endswith("_n")))
HELD: dict[str, Held] = {
    **{s.name: s.held for s in _EVERY},
    **dict.fromkeys(ROLLED_COLUMNS, Held.REAL),
    **dict.fromkeys(_COUNTS, Held.INTEGER),
}
"""Column of any table that is sealed -> how it is held."""
_UNITS = {s.name: s.unit for s in _EVERY} | {n: s.unit for n, s in ROLLED_COLUMNS.items()}


def _kind(name: str, values: np.ndarray[Any, Any]) -> str:
    """Return the type that holds these values as they are, to the places of `PLACES`."""
    import numpy as np

    if (np.abs(values[~np.isnan(values)]) >= _MOST).any():
        return "DOUBLE"
    return f"DECIMAL(18, {places(name, values)})"


def places(name: str, values: np.ndarray[Any, Any]) -> int:
    """Return how many decimal places these values need."""
    import numpy as np

    most = PLACES.get(_UNITS.get(name, ""), 3)
    known = values[~np.isnan(values)]
    exact = np.round(known, most)
    return next((n for n in range(most) if np.array_equal(np.round(known, n), exact)), most)


class Archive:
    """The folder of Parquet files beside a database. Thread-safe.

    The library is loaded with the first use and kept small: one thread, 96 MB at most.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder.absolute()  # so that nothing in it means more to the library than a path
        self._lock = threading.Lock()
        self._connection: duckdb.DuckDBPyConnection | None = None

    def _connect(self) -> duckdb.DuckDBPyConnection:
        if self._connection is None:
            import duckdb

            settings: dict[str, Any] = {
                "threads": 1,  # also keeps the order of the files' rows
                "memory_limit": "96MB",
                "temp_directory": str(self.folder / "spilled"),
                "autoinstall_known_extensions": False,
            }
            self._connection = duckdb.connect(config=settings)
        return self._connection

    def close(self) -> None:
        """Let go of the library's memory."""
        with self._lock:
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    def path(self, file: str) -> Path:
        """Return where a file of the archive is."""
        return self.folder / file

    def columns(
        self, files: Sequence[str], select: str, parameters: Sequence[Any] = (), names: Sequence[str] = ()
    ) -> dict[str, np.ndarray[Any, Any]]:
        """Return the columns of a query; `{table}` in it stands for the rows of these files.

        names: columns that the query may ask for; one that no file has is NULL.
        Numbers are float or int arrays, masked where NULL. Raises StoreError naming a file that cannot be read.
        """
        import duckdb

        with self._lock:
            try:
                result = self._connect().execute(select.format(table=self._table(files, names)), list(parameters))
                return dict(result.fetchnumpy())
            except duckdb.Error as exc:
                raise StoreError(self._worded(files, exc)) from exc

    def _table(self, files: Sequence[str], names: Sequence[str] = ()) -> str:
        """Return the rows of files as SQL: each column in the finest of their types, none made of folders' names."""
        paths = ", ".join(quoted(literally(self.path(file))) for file in files)
        table = f"read_parquet([{paths}], union_by_name = true, hive_partitioning = false)"
        if not names:
            return table
        nothing = ", ".join(f"NULL AS {name}" for name in names)
        return f"(SELECT * FROM {table} UNION ALL BY NAME SELECT {nothing} WHERE false)"  # noqa: S608

    def rows(
        self, files: Sequence[str], select: str, parameters: Sequence[Any] = (), names: Sequence[str] = ()
    ) -> list[tuple[Any, ...]]:
        """Return the rows of a query as Python values, NULL as None; see `columns`."""
        found = [column.tolist() for column in self.columns(files, select, parameters, names).values()]
        return list(zip(*found, strict=True))

    def _worded(self, files: Sequence[str], error: Exception) -> str:
        broken = next((file for file in files if not self._is_whole(file)), None)
        if broken is None:
            return f"{self.folder}: {error}"
        return f"{self.path(broken)}: is missing or damaged; put it back from a backup. All other days can be read"

    def _is_whole(self, file: str) -> bool:
        import duckdb

        try:
            self._connect().execute("SELECT count(*) FROM parquet_metadata(?)", [literally(self.path(file))]).fetchall()
        except duckdb.Error:
            return False
        return True

    def write(self, file: str, table: Columns) -> tuple[int, str]:
        """Write columns of one length as a file, durable when it returns; gives its size [bytes] and its SHA-256.

        Raises StoreError when it cannot; nothing is left behind then.
        """
        import numpy as np

        casts = [f"cast({name} AS BIGINT) AS {name}" for name in ("at_ms",)]
        for name, values in table.items():
            held = HELD.get(name)
            if held is Held.REAL:
                floats = values.astype(np.float64)
                casts.append(f"cast(nullif({name}, 'nan'::DOUBLE) AS {_kind(name, floats)}) AS {name}")
            elif held is Held.INTEGER:
                casts.append(f"cast({name} AS INTEGER) AS {name}")
            elif held is Held.TEXT:
                casts.append(f"cast({name} AS VARCHAR) AS {name}")
        select = f"SELECT {', '.join(casts)} FROM columns_given ORDER BY at_ms"  # noqa: S608
        return self._copy(file, select, table)

    def join(self, file: str, parts: Sequence[str]) -> tuple[int, str]:
        """Write the rows of several files, given in order of time, as one; as `write`."""
        kinds = {name: kind for name, kind, *_ in self.rows(parts, "DESCRIBE SELECT * FROM {table}")}
        # together decimals of 0 and of 2 places are 20 digits wide, which are packed less well and never needed
        narrow = {name: re.sub(r"^DECIMAL\(\d+,", "DECIMAL(18,", kind) for name, kind in kinds.items()}
        columns = ", ".join(f"cast({name} AS {kind}) AS {name}" for name, kind in narrow.items())
        return self._copy(file, f"SELECT {columns} FROM {self._table(parts)}", None)  # noqa: S608

    def _copy(self, file: str, select: str, table: Columns | None) -> tuple[int, str]:
        import duckdb

        target = self.path(file)
        part = target.with_name(target.name + ".part")
        try:
            for folder in (self.folder, target.parent):
                folder.mkdir(parents=True, exist_ok=True, mode=0o700)
                folder.chmod(0o700)
            with self._lock:
                connection = self._connect()
                if table is not None:
                    connection.register("columns_given", dict(table))
                connection.execute(f"COPY ({select}) TO {quoted(str(part))} {_WRITE}")
                if table is not None:
                    connection.unregister("columns_given")
            part.chmod(0o600)
            digest = _synced(part)
            part.replace(target)
            _sync_folder(target.parent)
        except (duckdb.Error, OSError) as exc:
            with suppress(OSError):
                part.unlink(missing_ok=True)
            raise StoreError(f"{target}: cannot be written: {exc}; the readings stay in the database") from exc
        return target.stat().st_size, digest


def quoted(text: str) -> str:
    """Return a text as SQL."""
    return "'" + text.replace("'", "''") + "'"


def literally(path: Path) -> str:
    """Return a path in which the library sees no pattern for other files."""
    return re.sub(r"[*?[]", r"[\g<0>]", str(path))


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
