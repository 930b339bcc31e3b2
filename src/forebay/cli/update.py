"""`forebay update check|status|install`: the gateway's firmware."""

from __future__ import annotations

import argparse
import asyncio
from typing import TYPE_CHECKING, Any

from forebay.cli.acting import agree, login_words, offered, release_of, show_plan, steps_for
from forebay.cli.connect import talk
from forebay.cli.output import as_json, note
from forebay.cli.terminal import say
from forebay.errors import GatewayBusy, LoginRejected, NotPermitted, Unreachable
from forebay.wire import catalogue
from forebay.wire.endpoint import Endpoint
from forebay.wire.model import UNSET
from forebay.wire.system import UpdateInfo, UpdateState, UpdateStatus

if TYPE_CHECKING:
    from forebay.client.gateway import Gateway

POLL_S = 1.0

STATES: dict[UpdateState, str] = {
    UpdateState.CHECKING: "Looking for a newer firmware",
    UpdateState.DOWNLOADING: "Downloading a newer firmware",
    UpdateState.DOWNLOADED: "A newer firmware is ready; `forebay update install` installs it",
    UpdateState.STAGED: "Installing; the Powerwalls stop for about 15 minutes",
    UpdateState.SUCCEEDED: "The last update succeeded",
    UpdateState.FAILED: "The last update failed, or was not required",
    UpdateState.UNKNOWN_STATE: "The gateway does not know, as after a restart",
}
"""Each state in words (S063–S069)."""

REASONS: dict[str, str] = {
    "nonactionable": "nothing to do: this is the newest firmware",
    "error": "it could not be done, as without a way to the maker's servers",
    "ignoring": "ignored: the gateway is busy with something that must not be interrupted",
}
"""Each reason in words (S070–S072)."""

UNDER_WAY: dict[str, tuple[UpdateState, ...]] = {
    "check": (UpdateState.CHECKING, UpdateState.DOWNLOADING),
    "install": (
        UpdateState.CHECKING,
        UpdateState.DOWNLOADING,
        UpdateState.DOWNLOADED,
        UpdateState.STAGED,
        UpdateState.UNKNOWN_STATE,
    ),
}
"""States in which what was asked for is not done yet."""

ROWS: dict[str, Endpoint[Any, Any]] = {"check": catalogue.CHECK_UPDATE, "install": catalogue.INSTALL_UPDATE}

WORDS: dict[str, str] = {
    "check": "The gateway looks for a newer firmware and downloads it. It is not installed now, but a gateway may do "
    "that by itself later, which stops the Powerwalls for about 15 minutes.",
    "install": "The gateway installs the newer firmware: for about 15 minutes the Powerwalls neither charge nor "
    "discharge, nothing is measured, and in an outage the house goes dark. It cannot be undone, and may change what "
    "the gateway offers.",
}
"""What will happen to the house."""

LONGEST_S: dict[str, float] = {"check": 120.0, "install": 1800.0}
"""How long is waited unless --wait says otherwise [s]."""


def update(options: argparse.Namespace) -> int:
    """Show the state of the update, or start a check or an installation and follow it."""
    version, has_login = talk(options, release_of)
    status_row = offered((catalogue.UPDATE_STATUS,), version)
    row = offered((ROWS[options.action],), version) if options.action in ROWS else None
    rows = [status_row] if row is None else [row, status_row]
    login = login_words(version, rows, has_login=has_login)
    if options.dry_run:
        from forebay.client.reconfigure import Step

        steps = steps_for(version, [Step(one, one.summary) for one in rows], has_login=has_login)
        return show_plan(options, steps, WORDS.get(options.action, ""), login)
    if row is None:
        if login:
            agree(options, login)
        return _show(options, talk(options, lambda gateway: gateway.call(status_row)))
    agree(options, WORDS[options.action], login)
    wait_s = LONGEST_S[options.action] if options.wait is None else options.wait
    return _show(options, talk(options, lambda gateway: _follow(gateway, row, options.action, wait_s)))


async def _follow(gateway: Gateway, row: Endpoint[Any, Any], action: str, wait_s: float) -> UpdateStatus:
    await gateway.call(row, confirm=True)
    told, waited_s = "", 0.0
    while True:
        try:
            status = await _look(gateway, patient=action == "install" and waited_s < wait_s)
        except (LoginRejected, NotPermitted):
            if not told or action != "install":
                raise
            return await _restarted(gateway)
        if status is not None:
            if status.state not in UNDER_WAY[action] or waited_s >= wait_s:
                return status
            if (sentence := words_of(status)) != told:
                note(sentence)
                told = sentence
        await asyncio.sleep(POLL_S)
        waited_s += POLL_S


async def _restarted(gateway: Gateway) -> UpdateStatus:
    """Tell what can be told without the session, which the restart ended."""
    status = await gateway.call(catalogue.STATUS)
    note(f"The gateway restarted as {status.version.strip()} and ended the session; log in again to see more.")
    return UpdateStatus(
        state=UpdateState.UNKNOWN_STATE, info=UpdateInfo(status=[]), current_time=0, version=status.version
    )


async def _look(gateway: Gateway, *, patient: bool) -> UpdateStatus | None:
    """Read the status; while it installs, a gateway may be gone for a while."""
    try:
        return await gateway.call(catalogue.UPDATE_STATUS)
    except (Unreachable, GatewayBusy):
        if not patient:
            raise
        return None


def words_of(status: UpdateStatus) -> str:
    """Return a state of the update as a sentence; one nobody knows is told as it is."""
    reasons = [REASONS.get(reason, reason) for reason in status.info.status]
    state = STATES.get(status.state, f"State {status.state}")
    return f"{state}{f': {chr(44).join(reasons)}' if reasons else ''}."


def _show(options: argparse.Namespace, status: UpdateStatus) -> int:
    version = None if status.version is UNSET else status.version
    if options.json:
        out = {"state": str(status.state), "status": status.info.status, "words": words_of(status)}
        print(as_json({**out, "version": version, "current_time_ms": status.current_time or None}))
        return 0
    say(words_of(status))
    return 0
