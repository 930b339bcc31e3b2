"""The options of `forebay notify`."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any


def add_notify(
    commands: argparse._SubParsersAction[argparse.ArgumentParser],
    common: argparse.ArgumentParser,
    lazily: Callable[[str, str], Any],
) -> None:
    """Add the command about notifications."""
    notify = commands.add_parser("notify", parents=[common], help="who is told what, and a test of it")
    deeds = "list: rules, how they stand and what was told (the default); test: send a message marked as a test"
    notify.add_argument("deed", nargs="?", choices=("list", "test"), default="list", metavar="ACTION", help=deeds)
    notify.add_argument("--channel", metavar="NAME", help="test: this channel alone (all)")
    notify.add_argument("--rule", metavar="NAME", help="test: the words of this rule (grid)")
    notify.add_argument(
        "--show", action="store_true", help="test: print what would be sent, without secrets; send nothing"
    )
    notify.add_argument("--db", type=Path, metavar="FILE", help="the record (in the user's data folder)")
    notify.add_argument("--json", action="store_true", help="print JSON instead of sentences")
    notify.set_defaults(run=lazily("notify", "notify"))
