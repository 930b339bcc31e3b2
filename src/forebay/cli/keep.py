"""`forebay check`, `backup` and `restore`: keep the record whole."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from forebay.cli.connect import record_path, settings_of
from forebay.cli.output import as_json
from forebay.clock import SystemClock
from forebay.errors import StoreError

if TYPE_CHECKING:
    from forebay.store.backup_note import BackupNote


def _path(options: argparse.Namespace) -> Path:
    return record_path(options, settings_of(options))


def _telling(options: argparse.Namespace) -> Callable[[str], object]:
    """Return what says on stderr where the work is, on a terminal in one line."""
    if options.json:
        return lambda _: None
    ends = "\r\033[K" if sys.stderr.isatty() else "\n"
    return lambda what: print(f"… {what}", end=ends, file=sys.stderr, flush=True)


def check(options: argparse.Namespace) -> int:
    """Read the whole record once and say what is wrong; 1 when something is."""
    from forebay.store.check import check as look
    from forebay.store.store import Store

    path = _path(options)
    with Store.read(path) as store:
        found = look(store, progress=_telling(options))
        n_files = store.database.rows("SELECT count(*) FROM segments")[0][0]
    if options.json:
        print(as_json({"path": str(path), "files": n_files, "problems": found}))
    elif found:
        print("\n".join(found))
    else:
        print(f"{path}: whole, with {n_files} files of the archive")
    return 1 if found else 0


def _note(path: Path, note: BackupNote) -> None:
    """Note what holds the record now; the backup is as good without."""
    from forebay.store.backup_note import note_backup

    try:
        note_backup(path, note)
    except StoreError as exc:
        print(exc, file=sys.stderr)


def backup(options: argparse.Namespace) -> int:
    """Write the record into one file."""
    from forebay.store.backup import back_up
    from forebay.store.backup_note import BackupNote

    path, begun = _path(options), SystemClock().now()
    size = back_up(path, options.file, progress=_telling(options))
    _note(path, BackupNote(begun, options.file.name, size))
    if options.json:
        print(as_json({"path": str(options.file), "bytes": size}))
    else:
        print(f"{options.file}: {size / 1e6:.1f} MB; put it back with `forebay restore {options.file}`")
    return 0


def restore(options: argparse.Namespace) -> int:
    """Put the record back from one file."""
    from forebay.store.backup import restore as put_back
    from forebay.store.backup_note import BackupNote

    path = _path(options)
    put_back(options.file, path, progress=_telling(options))
    told = options.file.stat()
    _note(path, BackupNote(datetime.fromtimestamp(told.st_mtime, UTC), options.file.name, told.st_size))
    print(as_json({"path": str(path)}) if options.json else f"{path}: is back, checked and whole")
    return 0
