"""The SQLite file: opened, locked, migrated and committed; its errors in words.

One process writes and many read. Writes of the last seconds stay in an open
transaction, which the writing process's own queries see; a commit every
`flush_s` makes them durable. A guest beside the writer may do one transaction
at a time in tables that the writer leaves alone; the writer's statements wait
in memory meanwhile. Reasons: docs/decisions/0020, 0112.
"""

from __future__ import annotations

import fcntl
import os
import sqlite3
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager, nullcontext
from importlib import resources
from pathlib import Path
from typing import IO, Any, NoReturn
from urllib.parse import quote

from forebay.errors import StoreError
from forebay.store.overflow import give_way
from forebay.store.turn import Turn, privately

Statement = tuple[str, tuple[Any, ...]]
Rows = tuple[str, list[tuple[Any, ...]]]
"""A statement that is done for each row of a list."""

_MAX_UNSAVED = 20_000
_PATIENCE_S = 120.0
"""So long another process's transaction is waited for [real s]: a guest's, or the writer's until its next flush."""
_LOOK_S = 0.002
"""How often it is looked whether the file is free, by those who must wait [real s]."""
_COURTESY_S = 30.0
"""So long a guest that wants its turn, and has not taken it, is let in first [real s]."""
_BUSY_MS = 5000
_STRANGE = "it is not a forebay database; move it away or name another file"
_OURS = {"gateways", "samples"}
"""Tables that every forebay's database has had since the first."""
_HINTS = (
    ("disk is full", "the disk is full; make room, nothing was written by halves"),
    ("readonly", "it cannot be written to; check the permissions of the file and its folder"),
    ("not a database", _STRANGE),
    ("malformed", "it is damaged; move it and its archive away, then `forebay restore` a backup"),
    ("unable to open", "it cannot be opened; check that the folder exists and may be used"),
    ("locked", "another program holds it; close that program"),
    ("disk i/o", "the disk failed or allows no more; look at its room and at the system's log"),
)


def migrations() -> list[tuple[int, str]]:
    """Return the schema's steps as (number, SQL), in order; numbers run from 1 without holes."""
    folder = resources.files("forebay.store") / "schema"
    steps = sorted((int(f.name[:3]), f.read_text("utf-8")) for f in folder.iterdir() if f.name.endswith(".sql"))
    if [number for number, _ in steps] != list(range(1, len(steps) + 1)):
        raise StoreError("the numbered files of the database's schema are incomplete; install forebay again")
    return steps


class Database:
    """One open file. `writable` says whether it is the writer's; else it is read, a guest's or not.

    is_guest: it may be changed by `write_at_once` alone, beside a writer or without one; one guest at a time.
    Thread-safe: every use takes the same lock. Raises StoreError, in words.
    """

    def __init__(
        self,
        path: Path,
        *,
        writable: bool,
        is_guest: bool = False,
        flush_s: float = 10.0,
        real_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self.path = path
        self.writable = writable
        self._is_guest = is_guest
        self._flush_s = flush_s
        self._real_s = real_s
        self._lock = threading.RLock()
        self._unsaved: list[Statement] = []
        self._unsaved_since_s: float | None = None
        self._must_replay = False
        self._is_failing = False
        self._held_since_s: float | None = None
        self._lock_file: IO[str] | None = None
        self._turn = Turn(path)
        if writable:
            self._lock_file = self._take_lock(
                "lock", "another forebay (process {holder}) is writing here; stop it, or name another file"
            )
        elif is_guest:
            self._lock_file = self._take_lock(
                "import.lock", "another import (process {holder}) is at work here; wait until it is done"
            )
        try:
            if is_guest and self._is_old():
                Database(path, writable=True).close()  # makes it, or brings it up to date, where nobody writes
            self._connection = self._open()
        except BaseException:
            self._release_lock()
            raise

    def _is_old(self) -> bool:
        """Whether the file is not there, or has an older schema."""
        if not self.path.exists():
            return True
        with self._in_words(), closing(sqlite3.connect(f"file:{quote(str(self.path))}?mode=ro", uri=True)) as file:
            (version,) = file.execute("PRAGMA user_version").fetchone()
            return bool(version < len(migrations()))

    def _take_lock(self, suffix: str, refusal: str) -> IO[str]:
        """Become the only writer, or the only guest; else raise StoreError naming the other."""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            file = open(  # noqa: SIM115 - held while the store is open
                f"{self.path}.{suffix}", "a+", encoding="ascii", opener=privately
            )
        except OSError as exc:
            raise StoreError(f"{self.path}: {exc.strerror}; check that the folder exists and may be used") from exc
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as exc:
            file.seek(0)
            holder = file.read().strip() or "unknown"
            file.close()
            raise StoreError(f"{self.path}: {refusal.format(holder=holder)}") from exc
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        return file

    def _release_lock(self) -> None:
        if self._lock_file is not None:
            self._lock_file.close()
            self._lock_file = None

    def _open(self) -> sqlite3.Connection:
        if not self.writable and not self.path.exists():
            raise StoreError(f"{self.path}: nothing was recorded here yet; start forebay up")
        mode = "rwc" if self.writable else "rw" if self._is_guest else "ro"
        uri = f"file:{quote(str(self.path))}?mode={mode}"
        with self._in_words():
            if self.writable and not self.path.exists():  # the log beside it gets the same mode
                os.close(privately(str(self.path), os.O_RDWR | os.O_CREAT))
            connection = sqlite3.connect(uri, uri=True, isolation_level=None, check_same_thread=False)
        try:
            with self._in_words():
                connection.execute(f"PRAGMA busy_timeout = {_BUSY_MS}")
                connection.execute("PRAGMA foreign_keys = ON")
                connection.execute("PRAGMA temp_store = MEMORY")
                self._recognise(connection)
                if self.writable:
                    connection.execute("PRAGMA journal_mode = WAL")
                connection.execute("PRAGMA synchronous = FULL")
                self._migrate(connection)
            if self.writable:
                self.path.chmod(0o600)
        except BaseException:
            connection.close()
            raise
        return connection

    def _recognise(self, connection: sqlite3.Connection) -> None:
        """Raise StoreError for another program's database, before anything in it is changed."""
        found = {name for (name,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")}
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        if not (found >= _OURS if version else found <= {"sqlite_sequence"}):
            raise StoreError(f"{self.path}: {_STRANGE}")

    def _migrate(self, connection: sqlite3.Connection) -> None:
        steps = migrations()
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        if version > len(steps):
            raise StoreError(f"{self.path}: written by a newer forebay (schema {version}); install that one or newer")
        if version < len(steps) and not self.writable:
            raise StoreError(f"{self.path}: has the schema of an older forebay ({version}); start forebay up once")
        for number, script in steps[version:]:
            try:
                connection.executescript(f"BEGIN IMMEDIATE;\n{script}\nPRAGMA user_version = {number};\nCOMMIT;")
            except sqlite3.Error:
                if connection.in_transaction:
                    connection.rollback()
                raise

    def _worded(self, error: Exception) -> StoreError:
        text = str(error)
        hint = next((words for mark, words in _HINTS if mark in text.lower()), text)
        return StoreError(f"{self.path}: {hint}")

    @contextmanager
    def _in_words(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError) as exc:
            raise self._worded(exc) from exc

    def rows(self, sql: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Return all rows of a query; a writer sees what it has not committed yet."""
        with self._lock, self._in_words():
            return self._connection.execute(sql, parameters).fetchall()

    def write(self, statements: Sequence[Statement]) -> None:
        """Do all statements or none; they become durable with the next flush.

        While a guest is in its transaction they wait in memory. Raises StoreError
        when they cannot be done now; they are kept and tried again by the next
        write, which makes them durable at once, or flush. Of very many the oldest
        readings give way to a gap (docs/decisions/0095).
        """
        with self._lock:
            if not self.writable:
                raise StoreError(f"{self.path}: is open for reading only")
            self._unsaved.extend(statements)
            if self._must_replay and len(self._unsaved) > _MAX_UNSAVED:
                self._unsaved = give_way(self._unsaved, _MAX_UNSAVED // 2)
            if self._unsaved_since_s is None:
                self._unsaved_since_s = self._real_s()
            self._apply(self._unsaved if self._must_replay else statements)
            if self._is_failing or self.is_flush_due or len(self._unsaved) > _MAX_UNSAVED:
                self.flush()

    def _begin(self, wait_s: float) -> bool:
        """Whether a transaction is open now; not while another process is in one, which is waited for so long.

        Raises sqlite3.OperationalError where that lasts longer than any import.
        """
        until_s = time.monotonic() + wait_s
        while not self._connection.in_transaction:
            now_s = time.monotonic()
            held_s = 0.0 if self._held_since_s is None else now_s - self._held_since_s
            if self._is_guest or held_s >= _COURTESY_S or not self._turn.is_wanted():
                try:
                    self._connection.execute("PRAGMA busy_timeout = 0")
                    self._connection.execute("BEGIN IMMEDIATE")
                    break
                except sqlite3.OperationalError as exc:
                    if exc.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or held_s >= _PATIENCE_S:
                        raise
                finally:
                    self._connection.execute(f"PRAGMA busy_timeout = {_BUSY_MS}")
            self._held_since_s = now_s if self._held_since_s is None else self._held_since_s
            if now_s >= until_s:
                return False
            time.sleep(_LOOK_S)
        self._held_since_s = None
        return True

    def _apply(self, statements: Sequence[Statement], wait_s: float = 0.0) -> None:
        try:
            if not self._begin(wait_s):
                self._must_replay = True
                return
            for sql, parameters in statements:
                self._connection.execute(sql, parameters)
            self._must_replay = False
        except sqlite3.Error as exc:
            self._back_out(exc)

    def _back_out(self, error: sqlite3.Error) -> NoReturn:
        """Leave the file as it was at the last commit and raise the error in words."""
        self._must_replay = self._is_failing = True
        with self._in_words():
            if self._connection.in_transaction:
                self._connection.rollback()
        raise self._worded(error) from error

    def write_at_once(self, statements: Iterable[Statement | Rows]) -> None:
        """Do all statements in a transaction of their own, durable when it returns, or none.

        statements: may be made while they are done, and read what those before them did.
        Raises StoreError when they cannot be done; unlike with `write` the caller tries again.
        """
        if not (self.writable or self._is_guest):
            raise StoreError(f"{self.path}: is open for reading only")
        with self._turn.wanted() if self._is_guest else nullcontext():
            while not self._written_at_once(statements):
                time.sleep(_LOOK_S)  # others may ask meanwhile

    def _written_at_once(self, statements: Iterable[Statement | Rows]) -> bool:
        """Whether the statements are done; not while another process is in a transaction."""
        with self._lock:
            self.flush()
            try:
                if (self._unsaved and self._must_replay) or not self._begin(0.0):
                    return False
                if self._is_guest and self.rows("PRAGMA user_version") != [(len(migrations()),)]:
                    raise StoreError(f"{self.path}: another forebay has brought it up to date meanwhile; try again")
                for sql, parameters in statements:
                    if isinstance(parameters, list):
                        self._connection.executemany(sql, parameters)
                    else:
                        self._connection.execute(sql, parameters)
                self._connection.execute("COMMIT")
            except BaseException as exc:
                with self._in_words():
                    if self._connection.in_transaction:
                        self._connection.rollback()
                if isinstance(exc, sqlite3.Error):
                    raise self._worded(exc) from exc
                raise
            return True

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """Let the queries within see one state of the file; other threads of this process wait."""
        with self._lock:
            begins = not self.writable and not self._connection.in_transaction
            if begins:
                self.rows("BEGIN")
            try:
                yield
            finally:
                if begins:
                    self.rows("COMMIT")

    def flush(self, wait_s: float = 0.0) -> None:
        """Make everything durable. Raises StoreError; then it is kept for the next try.

        wait_s: how long a guest's transaction is waited for [real s]; lasts it longer, all is kept as well.
        """
        with self._lock:
            if not self._unsaved:
                return
            if self._must_replay:
                self._apply(self._unsaved, wait_s)
                if self._must_replay:
                    return
            try:
                if self._connection.in_transaction:  # else an interrupt came between the commit and the next line
                    self._connection.execute("COMMIT")
            except sqlite3.Error as exc:
                self._back_out(exc)
            self._unsaved.clear()
            self._unsaved_since_s = None
            self._is_failing = False

    @property
    def is_failing(self) -> bool:
        """Whether something could not be written, and nothing has become durable since."""
        return self._is_failing

    @property
    def is_flush_due(self) -> bool:
        """Whether the oldest unsaved write has waited for `flush_s`."""
        since_s = self._unsaved_since_s
        return since_s is not None and self._real_s() - since_s >= self._flush_s

    @property
    def data_version(self) -> int:
        """A number that changes when another process has committed."""
        version: int = self.rows("PRAGMA data_version")[0][0]
        return version

    def close(self) -> None:
        """Flush and close; the file is closed even when the flush fails."""
        with self._lock:
            try:
                if self.writable:
                    self.flush(_PATIENCE_S)
            finally:
                self._connection.close()
                self._turn.close()
                self._release_lock()
