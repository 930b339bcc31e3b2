"""The options of `import`."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any


def add_intake(
    commands: argparse._SubParsersAction[argparse.ArgumentParser],
    common: argparse.ArgumentParser,
    lazily: Callable[[str, str], Any],
) -> None:
    """Add the command that takes other programs' histories in."""
    words = (
        "Take in the history of another program: cloud (CSV files of the public downloader of the vendor's cloud), "
        "influx (the usual dashboard's InfluxDB 1.x: its address, a backup, or line protocol), csv (a utility's "
        "intervals, columns named by you), or list and undo what was imported. Nothing is written without --apply, and "
        "what was recorded always stands."
    )
    command = commands.add_parser("import", parents=[common], help="the history of other programs", description=words)
    command.add_argument("what", choices=("cloud", "influx", "csv", "list", "undo"), help="what to take in, or do")
    command.add_argument("source", nargs="*", metavar="SOURCE", help="files, folders, an address; with undo the number")
    command.add_argument("--apply", action="store_true", help="keep it (without: say what it would bring)")
    command.add_argument("--db", type=Path, metavar="FILE", help="the record (in the user's data folder)")
    command.add_argument("--gateway", metavar="NAME", help="whose history it is (the first of the record)")
    command.add_argument("--zone", metavar="ZONE", help="zone of times without an offset (the site's)")
    command.add_argument("--unit", choices=("W", "kW", "Wh", "kWh"), help="of the numbers, where the file differs")
    command.add_argument("--bad", type=Path, metavar="FILE", help="write the rows that were not taken as CSV")
    command.add_argument("--limit", type=int, default=10, metavar="N", help="how many of them to print (10)")
    command.add_argument("--json", action="store_true", help="print JSON instead of sentences")
    influx = command.add_argument_group("influx", "The password comes from $FOREBAY_INFLUX_PASSWORD or a file.")
    influx.add_argument("--database", default="powerwall", metavar="NAME", help="which database (powerwall)")
    influx.add_argument("--policy", default="autogen", metavar="NAME", help="which retention policy (autogen)")
    influx.add_argument("--username", metavar="NAME", help="who asks, where the server wants to know")
    influx.add_argument("--password-file", type=Path, metavar="FILE", help="its first line is the password")
    _add_layout(command.add_argument_group("csv", "Names are those of the file's head line, in any case of letters."))
    command.set_defaults(run=lazily("intake", "take_in"))


def _add_layout(group: argparse._ArgumentGroup) -> None:
    group.add_argument("--time", metavar="COLUMN", help="the time; several are joined by +, such as DATE+'START TIME'")
    for name, words in (
        ("import", "energy drawn from the grid"),
        ("export", "energy sent to the grid"),
        ("net", "both in one column, + drawn from the grid"),
        ("solar", "solar energy produced"),
        ("home", "energy used by the home"),
        ("charge", "energy charged into the battery"),
        ("discharge", "energy discharged from it"),
        ("battery", "both in one column, + discharged"),
    ):
        group.add_argument(f"--{name}-kwh", metavar="COLUMN", help=f"{words} [kWh, or --unit]")
    group.add_argument("--interval", type=float, metavar="MINUTES", help="length of an interval (the rows' spacing)")
    group.add_argument("--stamp", choices=("start", "end"), default="start", help="which end the time is (start)")
    group.add_argument("--decimal", choices=(".", ","), default=".", help="sign before the tenths (.)")
    group.add_argument("--delimiter", metavar="SIGN", help="sign between columns; tab for a tabulator (found out)")
    group.add_argument("--date-format", metavar="FORM", help="such as '%%d.%%m.%%Y %%H:%%M' (ISO 8601)")
    group.add_argument("--where", action="append", default=[], metavar="COLUMN=TEXT", help="only rows that say so")
