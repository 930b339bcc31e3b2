"""The options of `forebay page`."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any


def add_page(
    commands: argparse._SubParsersAction[argparse.ArgumentParser],
    common: argparse.ArgumentParser,
    lazily: Callable[[str, str], Any],
) -> None:
    """Add the command about the dashboard's passwords."""
    page = commands.add_parser("page", parents=[common], help="the dashboard's passwords and tokens")
    deeds = "password: set one, asked for or read from stdin; token: make one, shown once; revoke: end one; show: list"
    page.add_argument("deed", choices=("password", "token", "revoke", "show"), metavar="ACTION", help=deeds)
    page.add_argument("name", nargs="?", metavar="NAME", help="what a token is for")
    page.add_argument("--viewer", action="store_true", help="the password of those who may only look")
    page.add_argument("--remove", action="store_true", help="take the password away")
    page.add_argument("--json", action="store_true", help="print JSON instead of sentences")
    page.set_defaults(run=lazily("page", "page"))
