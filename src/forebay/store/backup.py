"""One file that holds a whole record: made while it is written, put back as it was."""

from __future__ import annotations

import os
import shutil
import sqlite3
import tarfile
import tempfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

from forebay.errors import StoreError
from forebay.store.check import check
from forebay.store.store import Store, archive_of
from forebay.store.turn import privately

_DATABASE, _ARCHIVE = "forebay.db", "archive"


def back_up(database: Path, target: Path, *, progress: Callable[[str], object] = lambda _: None) -> int:
    """Write a record into one tar file and return its size [bytes]; a recorder may go on beside it.

    The database is as it was at one moment, with the files that it named then.
    Raises StoreError when the record cannot be read, or the target is there already or cannot be written.
    """
    if target.exists():
        raise StoreError(f"{target}: is there already; name another file, backups are never overwritten")
    if not database.exists():
        raise StoreError(f"{database}: nothing was recorded here yet")
    part = target.with_name(target.name + ".part")
    try:
        with tempfile.TemporaryDirectory(dir=target.parent, prefix=".forebay-") as name:
            copy = Path(name) / _DATABASE
            progress("the database")
            _copy_database(database, copy)
            with closing(sqlite3.connect(copy)) as connection:
                files = _files(connection)
            with open(part, "wb", opener=privately) as file:
                with tarfile.open(fileobj=file, mode="w") as tar:
                    tar.add(copy, _DATABASE)
                    for each in files:
                        progress(each)
                        tar.add(archive_of(database) / each, f"{_ARCHIVE}/{each}")
                file.flush()
                os.fsync(file.fileno())
            part.replace(target)
    except (OSError, sqlite3.Error, tarfile.TarError) as exc:
        part.unlink(missing_ok=True)
        raise StoreError(f"{target}: the backup cannot be made: {_reason(exc)}") from exc
    return target.stat().st_size


def restore(source: Path, database: Path, *, progress: Callable[[str], object] = lambda _: None) -> None:
    """Put a record back from a backup, after checking all of it; nothing that is there is touched.

    Raises StoreError when there is a record already, or the backup is not whole; then nothing is put anywhere.
    """
    archive = archive_of(database)
    log = database.with_name(f"{database.name}-wal")  # of a record moved away: it would be written into this one
    for path in (database, archive, log):
        if path.exists():
            raise StoreError(f"{path}: is there already; move it away first, a record is never overwritten")
    try:
        database.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=database.parent, prefix=".forebay-") as name:
            folder = Path(name)
            progress(str(source))
            with tarfile.open(source) as tar:
                _only_ours(tar, source)
                tar.extractall(folder, filter="data")
            unpacked = folder / database.name
            (folder / _DATABASE).rename(unpacked)
            for inner in folder.rglob("*/"):
                inner.chmod(0o700)
            if (folder / _ARCHIVE).is_dir():
                (folder / _ARCHIVE).rename(archive_of(unpacked))
            with Store.open(unpacked) as store:  # also brings an older schema up to date
                wrong = check(store, progress=progress)
            if wrong:
                raise StoreError(f"{source}: the backup is not whole, nothing was put back: " + "; ".join(wrong))
            for path in (archive_of(unpacked), unpacked):  # the database last: it names the files
                if path.exists():
                    shutil.move(path, database.parent / path.name)
            database.chmod(0o600)
    except (OSError, sqlite3.Error, tarfile.TarError, KeyError) as exc:
        raise StoreError(f"{source}: cannot be put back: {_reason(exc)}") from exc


def _files(connection: sqlite3.Connection) -> list[str]:
    """Return the files of the archive that a database names; an older schema has none."""
    known = connection.execute("SELECT 1 FROM sqlite_schema WHERE name = 'segments'").fetchone()
    return [row[0] for row in connection.execute("SELECT file FROM segments ORDER BY file")] if known else []


def _copy_database(database: Path, copy: Path) -> None:
    uri = f"file:{quote(str(database))}?mode=ro"
    with closing(sqlite3.connect(uri, uri=True)) as source, closing(sqlite3.connect(copy)) as target:
        source.backup(target, pages=4096)
        target.execute("PRAGMA journal_mode = DELETE")


def _only_ours(tar: tarfile.TarFile, source: Path) -> None:
    names = tar.getnames()
    if _DATABASE not in names or any(n != _DATABASE and not n.startswith(f"{_ARCHIVE}/") for n in names):
        raise StoreError(f"{source}: is not a backup made by forebay")


def _reason(error: Exception) -> str:
    words = getattr(error, "strerror", None) or str(error)
    name = getattr(error, "filename", None)
    return f"{words} ({name})" if name else words
