"""The options of `check`, `backup`, `restore`, `keep`, `export` and `reconcile`."""

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

    bound = commands.add_parser("keep", parents=[common], help="what a bound on the record's age or size lets go")
    bound.add_argument("--db", type=Path, metavar="FILE", help="the record (in the user's data folder)")
    bound.add_argument("--days", type=int, metavar="N", help="raw readings are kept so long (as set; for ever)")
    bound.add_argument("--mb", type=int, metavar="N", help="the record takes so much at most (as set; no bound)")
    bound.add_argument("--apply", action="store_true", help="let go; without it nothing is changed")
    bound.add_argument("--json", action="store_true", help="print JSON instead of sentences")
    bound.set_defaults(run=lazily("retention", "keep"))

    export = commands.add_parser("export", parents=[common], help="the record as CSV, JSON lines or Parquet")
    export.add_argument("file", type=Path, nargs="?", metavar="FILE", help="where to; without it CSV or JSON to stdout")
    export.add_argument("--db", type=Path, metavar="FILE", help="the record (in the user's data folder)")
    export.add_argument("--gateway", metavar="NAME", help="which gateway of the record (the first)")
    export.add_argument("--since", metavar="TIME", help="from when on, local time of the site (a day before the end)")
    export.add_argument("--until", metavar="TIME", help="until when, not included (the last reading)")
    spacings = "raw (readings as they are), or means: 1m, 5m, 1h, 30s, 2h …; with --energy 15m, 1h, day, month, year"
    export.add_argument("--every", metavar="SPACING", help=spacings)
    export.add_argument("--energy", action="store_true", help="energy by window [Wh], and what fed what")
    export.add_argument(
        "--of",
        choices=("readings", "slow", "parts", "spans"),
        default="readings",
        help="what: the readings, what changes slowly, each pack, string and meter, or alerts and outages",
    )
    export.add_argument("--signals", metavar="NAMES", help="which columns, joined by commas (all)")
    export.add_argument("--format", choices=("csv", "json", "parquet"), help="by the file's name, else csv")
    export.set_defaults(run=lazily("export", "export"))

    compare = commands.add_parser(
        "reconcile", parents=[common], help="counters, powers and a bill, and why they differ"
    )
    compare.add_argument("--from", dest="since", metavar="DAY", help="the first day, such as 2026-06-01 (a week ago)")
    compare.add_argument("--to", dest="until", metavar="DAY", help="the last day, included (that of the last reading)")
    compare.add_argument("--month", metavar="MONTH", help="a whole month, such as 2026-06")
    compare.add_argument(
        "--against", metavar="FILE", help="a bill or an app's export: CSV with a head line; or: imported"
    )
    names = "what the file calls the date and the flows: date=Tag,grid_in=Bezug,grid_out=Einspeisung"
    compare.add_argument("--columns", metavar="OURS=THEIRS", help=names)
    compare.add_argument("--unit", metavar="UNIT", help="of the file's energies: kWh, Wh, MWh (kWh)")
    compare.add_argument("--db", type=Path, metavar="FILE", help="the record (in the user's data folder)")
    compare.add_argument("--gateway", metavar="NAME", help="which gateway of the record (the first)")
    compare.add_argument("--json", action="store_true", help="print JSON instead of tables")
    compare.add_argument("--csv", action="store_true", help="print CSV instead of tables, a line for each day and flow")
    compare.set_defaults(run=lazily("reconcile", "reconcile"))
