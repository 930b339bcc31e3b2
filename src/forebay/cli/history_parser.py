"""The options of `history`."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any


def add_history(
    commands: argparse._SubParsersAction[argparse.ArgumentParser],
    common: argparse.ArgumentParser,
    lazily: Callable[[str, str], Any],
) -> None:
    """Add the command that tells of the past."""
    words = (
        "Tell what the page tells of any period: the six flows, what fed what, self-sufficiency, peaks, another period "
        "beside it, or the curve of any signal. On a terminal with pictures, elsewhere as a table."
    )
    history = commands.add_parser(
        "history", parents=[common], help="energy and curves of any period", description=words
    )
    forms = "today, yesterday, week, month, year, 2026-06-21, 2026-W25, 2026-06, 2026, 2026-06-01..2026-06-15"
    history.add_argument("when", nargs="?", metavar="WHEN", help=f"{forms} (the last 14 days)")
    history.add_argument("--db", type=Path, metavar="FILE", help="the record (in the user's data folder)")
    history.add_argument("--gateway", metavar="NAME", help="which gateway; + is all together (the first)")
    history.add_argument("--days", type=int, metavar="N", help="instead of WHEN: how many days, the last ones (14)")
    spans = ("quarter", "hour", "day", "week", "month", "year", "all")
    history.add_argument("--by", choices=spans, help="what a row or a column stands for (fits the period)")
    history.add_argument(
        "--compare",
        nargs="?",
        const="before",
        metavar="WHEN",
        help="with the period before, last-year, or any other",
    )
    history.add_argument(
        "--signal",
        action="append",
        metavar="NAME",
        help="the curve of a signal instead, such as site_voltage_v, charge_app_pct or part/3/temperature_c",
    )
    history.add_argument("--plot", action=argparse.BooleanOptionalAction, help="pictures or a table (a terminal's)")
    history.add_argument("--csv", action="store_true", help="print CSV, times in UTC")
    history.add_argument("--json", action="store_true", help="print JSON")
    history.set_defaults(run=lazily("history", "history"))
