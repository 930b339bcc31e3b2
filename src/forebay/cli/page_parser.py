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
    """Add the commands about the dashboard's passwords."""
    page = commands.add_parser("page", help="the dashboard's passwords and tokens")
    deeds = page.add_subparsers(title="deeds", metavar="DEED", required=True)

    def add(name: str, summary: str) -> argparse.ArgumentParser:
        one = deeds.add_parser(name, parents=[common], help=summary, description=summary)
        one.add_argument("--json", action="store_true", help="print JSON instead of sentences")
        one.set_defaults(run=lazily("page", name))
        return one

    password = add("password", "set the password; it is asked for, or read from stdin")
    password.add_argument("--viewer", action="store_true", help="of those who may only look")
    password.add_argument("--remove", action="store_true", help="take it away")
    add("token", "make a token for a machine, shown once").add_argument("name", metavar="NAME", help="what it is for")
    add("revoke", "take a token away").add_argument("name", metavar="NAME", help="its name")
    add("show", "list who may look")
