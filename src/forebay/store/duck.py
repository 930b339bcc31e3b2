"""DuckDB over the archive's files: for queries over more rows than fit into small memory, and for files of others.

It is loaded with the first such query, and kept small: one thread, 96 MB at most.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import duckdb
    import numpy as np


class EngineError(Exception):
    """The library cannot do it; the message is its own."""


class Engine:
    """One connection to a database in memory, for one folder of files. Thread-safe."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._connection: duckdb.DuckDBPyConnection | None = None

    def _connect(self) -> duckdb.DuckDBPyConnection:
        if self._connection is None:
            import duckdb

            settings: dict[str, Any] = {
                "threads": 1,  # also keeps the order of the files' rows
                "memory_limit": "96MB",
                "temp_directory": str(self._folder / "spilled"),
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

    def columns(
        self, paths: Sequence[Path], select: str, parameters: Sequence[Any] = (), names: Sequence[str] = ()
    ) -> dict[str, np.ndarray[Any, Any]]:
        """Return the columns of a query; `{table}` in it stands for the rows of these files.

        names: columns that the query may ask for; one that no file has is NULL.
        Numbers are float or int arrays, masked where NULL. Raises EngineError.
        """
        import duckdb

        with self._lock:
            try:
                result = self._connect().execute(select.format(table=_table(paths, names)), list(parameters))
                return dict(result.fetchnumpy())
            except duckdb.Error as exc:
                raise EngineError(str(exc)) from exc


def _table(paths: Sequence[Path], names: Sequence[str]) -> str:
    """Return the rows of files as SQL: each column in the finest of their types, none made of folders' names."""
    listed = ", ".join(quoted(literally(path)) for path in paths)
    table = f"read_parquet([{listed}], union_by_name = true, hive_partitioning = false)"
    if not names:
        return table
    nothing = ", ".join(f"NULL AS {name}" for name in names)
    return f"(SELECT * FROM {table} UNION ALL BY NAME SELECT {nothing} WHERE false)"  # noqa: S608


def quoted(text: str) -> str:
    """Return a text as SQL."""
    return "'" + text.replace("'", "''") + "'"


def literally(path: Path) -> str:
    """Return a path in which the library sees no pattern for other files."""
    return re.sub(r"[*?[]", r"[\g<0>]", str(path))
