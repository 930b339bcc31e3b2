"""What every command that changes something shares: the plan, the question in words, the result."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from forebay.cli.output import as_json, note, table
from forebay.errors import NotConfirmed, NotOffered, NotPermitted
from forebay.wire import catalogue, codec, firmware
from forebay.wire.endpoint import Endpoint
from forebay.wire.firmware import Version, print_version

if TYPE_CHECKING:
    from forebay.client.gateway import Gateway
    from forebay.client.reconfigure import Step

LOGIN_STOPS_WORDS = (
    "On this firmware a log-in stops the Powerwalls: nothing charges, discharges or is measured. "
    "They are started again at once."
)
"""What has to be said before a log-in on 1.x (A13)."""


def agree(options: argparse.Namespace, *sentences: str, otherwise: str = "Nothing was changed.") -> None:
    """Say what will happen to the house, and go on only with a yes.

    otherwise: what is true without one. Raises NotConfirmed where the answer is no or nobody can be asked.
    """
    words = " ".join(sentence for sentence in sentences if sentence)
    if options.yes:
        note(words)
        return
    if not sys.stdin.isatty():
        raise NotConfirmed(f"{words} Nobody can be asked, as the input is no terminal. {otherwise}")
    note(words)
    print("Do it? (yes/no) [no]: ", end="", file=sys.stderr, flush=True)
    if sys.stdin.readline().strip().lower() not in ("y", "yes"):
        raise NotConfirmed(otherwise)


def show_plan(options: argparse.Namespace, steps: Sequence[Step], *words: str) -> int:
    """Print the requests that would be sent, in order."""
    requests = [request_of(step) for step in steps]
    if options.json:
        print(as_json({"dry_run": True, "requests": requests, "words": [word for word in words if word]}))
        return 0
    for word in words:
        if word:
            note(word)
    cells = [
        ("writes" if one["writes"] else "", one["method"], one["path"], _short(one["body"]), one["what"])
        for one in requests
    ]
    if cells:
        print(table(cells))
    note("Nothing was changed.")
    return 0


def _short(body: Any) -> str:
    return "" if body is None else msgspec.json.encode(body).decode()


def request_of(step: Step) -> dict[str, Any]:
    """Return a step as plain values."""
    body = None if step.body is None else msgspec.json.decode(codec.encode_request(step.body))
    row = step.row
    return {"method": row.method, "path": row.path, "body": body, "writes": row.writes, "what": step.what}


def offered(rows: Sequence[Endpoint[Any, Any]], version: Version) -> Endpoint[Any, Any]:
    """Return the first of several rows that this release has. Raises NotOffered where it has none."""
    for row in rows:
        if row.offered_by(version):
            return row
    raise NotOffered(f"firmware {print_version(version)} does not offer it", path=rows[0].path)


def steps_for(version: Version, steps: Sequence[Step], *, has_login: bool, runs_again: bool = True) -> tuple[Step, ...]:
    """Return what is sent for some rows: the status first, and the log-in that they need.

    runs_again: whether a power system that the log-in stops is started again.
    """
    from forebay.client.reconfigure import LOGIN, LOGIN_STOPS, RUN_AFTER_LOGIN, Step

    stops = firmware.LOGIN_STOPS_SYSTEM.at(version)
    found = [Step(catalogue.STATUS, "Learn the firmware.")]
    if not has_login and needs_login(version, [step.row for step in steps]):
        found.append(Step(catalogue.LOGIN, LOGIN_STOPS if stops else LOGIN))
        if stops and runs_again:
            found.append(Step(catalogue.SITEMASTER_RUN, RUN_AFTER_LOGIN))
    return (*found, *steps)


def needs_login(version: Version, rows: Sequence[Endpoint[Any, Any]]) -> bool:
    """Whether one of the rows wants a log-in on this release."""
    return any(not row.is_public(version) for row in rows)


def login_words(version: Version, rows: Sequence[Endpoint[Any, Any]], *, has_login: bool) -> str:
    """Return what has to be said of the log-in, "" where there is nothing to say."""
    stops = firmware.LOGIN_STOPS_SYSTEM.at(version)
    return LOGIN_STOPS_WORDS if stops and not has_login and needs_login(version, rows) else ""


async def release_of(gateway: Gateway) -> tuple[Version, bool]:
    """Return the firmware, and whether a log-in is kept; costs one read that is open to everybody."""
    from forebay.client.session import RESTRICTED

    try:
        version = (await gateway.identify()).firmware
    except (NotOffered, NotPermitted):
        version = RESTRICTED
    return version, gateway.has_login
