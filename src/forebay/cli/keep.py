"""`forebay check`, `backup` and `restore`: keep the record whole."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

from forebay.cli.connect import record_path, settings_of
from forebay.cli.output import as_json


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


def backup(options: argparse.Namespace) -> int:
    """Write the record into one file."""
    from forebay.store.backup import back_up

    size = back_up(_path(options), options.file, progress=_telling(options))
    if options.json:
        print(as_json({"path": str(options.file), "bytes": size}))
    else:
        print(f"{options.file}: {size / 1e6:.1f} MB; put it back with `forebay restore {options.file}`")
    return 0


def restore(options: argparse.Namespace) -> int:
    """Put the record back from one file."""
    from forebay.store.backup import restore as put_back

    path = _path(options)
    put_back(options.file, path, progress=_telling(options))
    print(as_json({"path": str(path)}) if options.json else f"{path}: is back, checked and whole")
    return 0
