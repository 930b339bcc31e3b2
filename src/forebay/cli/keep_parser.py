"""The options of `check`, `backup` and `restore`."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any


def add_keeping(
    commands: argparse._SubParsersAction[argparse.ArgumentParser],
    common: argparse.ArgumentParser,
    lazily: Callable[[str, str], Any],
) -> None:
    """Add the commands that keep a record whole."""
    for name, summary in (
        ("check", "read the whole record and say whether anything is damaged"),
        ("backup", "write the record into one file, also while it is recorded"),
        ("restore", "put the record back from such a file, after checking it"),
    ):
        command = commands.add_parser(name, parents=[common], help=summary)
        if name != "check":
            command.add_argument("file", type=Path, metavar="FILE", help="the backup, a tar file")
        command.add_argument("--db", type=Path, metavar="FILE", help="the record (in the user's data folder)")
        command.add_argument("--json", action="store_true", help="print JSON instead of sentences")
        command.set_defaults(run=lazily("keep", name))
