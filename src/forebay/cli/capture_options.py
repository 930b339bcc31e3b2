"""The options of `forebay capture` and `forebay openapi`."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

Run = Callable[[argparse.Namespace], int]
Lazily = Callable[[str, str], Run]


def add_capture(
    commands: argparse._SubParsersAction[argparse.ArgumentParser],
    parents: list[argparse.ArgumentParser],
    lazily: Lazily,
    seconds: Callable[[str], float],
) -> None:
    """Add the command that stores what a gateway tells."""
    capture = commands.add_parser(
        "capture",
        parents=parents,
        help="store every answer that only reads, without names and numbers of the house",
        description="Ask a gateway for everything that only reads, one thing at a time, and store the answers in a new "
        "folder with stand-ins for serial numbers, networks, names and places. `forebay emulate --replay` serves it.",
    )
    capture.add_argument("host", metavar="HOST", help="name or address of the gateway, also host:port")
    capture.add_argument("dir", type=Path, metavar="DIR", help="a folder that is not there yet, or is empty")
    capture.add_argument("--pause", type=seconds, default=0.25, metavar="S", help="seconds between requests (0.25)")
    capture.add_argument(
        "--login-may-stop", action="store_true", help="log in on 1.x too, which stops the power system for a moment"
    )
    capture.add_argument("--dry-run", action="store_true", help="read the status only, and list what would be asked")
    capture.add_argument("--json", action="store_true", help="print JSON")
    capture.set_defaults(run=lazily("capture", "capture"))


def add_replay(emulate: argparse.ArgumentParser) -> None:
    """Add the options that serve a stored capture instead of a home."""
    emulate.add_argument("--replay", type=Path, metavar="DIR", help="serve what `forebay capture` stored")
    emulate.add_argument(
        "--moving-times", action="store_true", help="with --replay: let its time stamps be those of now, not of then"
    )


def add_openapi(commands: argparse._SubParsersAction[argparse.ArgumentParser], lazily: Lazily) -> None:
    """Add the command that prints the catalogue for other programs."""
    openapi = commands.add_parser(
        "openapi",
        help="print the API of a release as OpenAPI 3.1",
        description="Print every resource that a release offers, with its models, refusals and what is unverified, as "
        "an OpenAPI 3.1 document in JSON.",
    )
    openapi.add_argument("--firmware", default="21.44", metavar="X.Y", help="the release, or restricted (21.44)")
    openapi.set_defaults(run=lazily("openapi", "openapi"))
