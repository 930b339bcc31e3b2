"""The commands that act on the house, and their options."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any

Lazily = Callable[[str, str], Callable[[argparse.Namespace], int]]
Commands = argparse._SubParsersAction

MODES = {
    "self-powered": "self_consumption",
    "time-based": "autonomous",
    "backup": "backup",
    "self_consumption": "self_consumption",
    "autonomous": "autonomous",
    "scheduler": "scheduler",
}
"""What may be typed for a mode, and the gateway's own word for it (S119–S122)."""


def _number(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = -1.0
    if not 0 <= number <= 100:
        raise argparse.ArgumentTypeError(f"{text} is not a percentage: 0 to 100")
    return number


def _seconds(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = -1.0
    if not 0 <= number <= 86_400:
        raise argparse.ArgumentTypeError(f"{text} is not a time to wait: 0 to 86400 seconds")
    return number


def acting() -> argparse.ArgumentParser:
    """Return the options that every command of the house has."""
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument("--dry-run", action="store_true", help="print the requests that would be sent; change nothing")
    parser.add_argument("--yes", action="store_true", help="do not ask whether to do it")
    parser.add_argument("--json", action="store_true", help="print JSON")
    add_force_login(parser)
    return parser


def add_force_login(parser: argparse.ArgumentParser) -> None:
    """Add the option for a log-in that stops a power system while power flows (A14)."""
    parser.add_argument(
        "--force-login",
        action="store_true",
        help="log in even if that stops a power system that is busy (firmware up to 1.40)",
    )


def add_house(
    commands: Commands[argparse.ArgumentParser], parents: list[argparse.ArgumentParser], lazily: Lazily
) -> None:
    """Add the commands that act on the house."""

    def add(name: str, summary: str, module: str, function: str) -> Any:
        one = commands.add_parser(name, parents=[*parents, acting()], help=summary)
        one.set_defaults(run=lazily(module, function), command=name)
        return one

    mode = add("mode", "show what the Powerwalls are for, or change it", "house", "mode")
    mode.add_argument("mode", nargs="?", choices=tuple(MODES), metavar="MODE", help=f"one of {', '.join(MODES)}")
    reserve = add("reserve", "show how much is kept for outages, or change it", "house", "reserve")
    reserve.add_argument(
        "percent", nargs="?", type=_number, metavar="PCT", help="0 to 100, as the app shows it; fractions are kept"
    )
    reserve.add_argument("--wire", action="store_true", help="PCT is on the gateway's scale (24 is the app's 20)")

    stop = add("stop", "stop the power system", "deeds", "do")
    stop.add_argument("--force", action="store_true", help="even while it is busy (from 20.49 on)")
    run = add("run", "start the power system", "deeds", "do")
    off_grid = add("off-grid", "leave the grid on purpose (from 20.49 on)", "deeds", "do")
    on_grid = add("on-grid", "join the grid again", "deeds", "do")
    for one, wait_s in ((stop, 10), (run, 10), (off_grid, 60), (on_grid, 60)):
        one.add_argument(
            "--wait",
            type=_seconds,
            default=float(wait_s),
            metavar="S",
            help=f"seconds until it has to be so ({wait_s})",
        )

    update = add("update", "the gateway's firmware: look for a newer one, show the state, install", "update", "update")
    update.add_argument(
        "action", choices=("check", "status", "install"), help="look and download; show the state; install it"
    )
    update.add_argument("--wait", type=_seconds, metavar="S", help="seconds to follow it (check 120, install 1800)")

    add("networks", "the gateway's networks", "lists", "listing")
    add("site", "the site's name, limits and grid code", "lists", "listing")
    add("solars", "the solar inverters as they are stored", "lists", "listing")
    add("logout", "end the kept log-in", "lists", "logout")
