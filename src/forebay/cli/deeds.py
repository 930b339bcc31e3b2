"""`forebay stop`, `run`, `off-grid`, `on-grid`: what is done to the house's power, as a table."""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from forebay.cli.acting import agree, login_words, offered, release_of, show_plan, steps_for
from forebay.cli.connect import talk
from forebay.cli.output import as_json, note
from forebay.cli.terminal import say
from forebay.errors import GatewayBusy, GatewayFailed, NotPermitted, SiteStopped
from forebay.views.words import grid_words
from forebay.wire import catalogue
from forebay.wire.endpoint import Endpoint
from forebay.wire.firmware import Version
from forebay.wire.packs import Islanding, IslandMode
from forebay.wire.site import Stop
from forebay.wire.system import GridState

if TYPE_CHECKING:
    from forebay.client.gateway import Gateway
    from forebay.client.reconfigure import Step

Row = Endpoint[Any, Any]
POLL_S = 1.0


@dataclass(frozen=True, slots=True)
class Deed:
    """One thing to be done to the house.

    rows: the first of them that a release offers is sent. body: what it carries.
    words: what will happen to the house. look: the row that is read back.
    is_reached: whether what is read back is what was wanted.
    tells: what is said, and under which key of the JSON.
    runs_again: whether a power system that the log-in stops on 1.x is started again before.
    """

    rows: tuple[Row, ...]
    words: str
    look: Row
    is_reached: Callable[[Any], bool]
    tells: Callable[[Any], tuple[str, str, Any]]
    body: Callable[[argparse.Namespace, Row], Any] = lambda _, __: None
    runs_again: bool = True


def _stop_body(options: argparse.Namespace, row: Row) -> Stop | None:
    return None if row is catalogue.SITEMASTER_STOP else Stop(force=True) if options.force else Stop()


def _power(master: Any) -> tuple[str, str, Any]:
    return f"The power system {'runs' if master.running else 'is stopped'}.", "running", master.running


def _grid(status: Any) -> tuple[str, str, Any]:
    return f"{grid_words(str(status.grid_status))}.", "grid_state", str(status.grid_status)


DEEDS: dict[str, Deed] = {
    "stop": Deed(
        rows=(catalogue.SITEMASTER_STOP_POST, catalogue.SITEMASTER_STOP),
        words="The power system stops: the Powerwalls neither charge nor discharge, nothing is measured, and in an "
        "outage the house goes dark. It stays so until `forebay run`.",
        look=catalogue.SITEMASTER,
        is_reached=lambda master: not master.running,
        tells=_power,
        body=_stop_body,
        runs_again=False,
    ),
    "run": Deed(
        rows=(catalogue.SITEMASTER_RUN,),
        words="The power system starts: the Powerwalls charge and discharge as mode and reserve say. Make sure that "
        "nobody is working at the installation.",
        look=catalogue.SITEMASTER,
        is_reached=lambda master: bool(master.running),
        tells=_power,
    ),
    "off-grid": Deed(
        rows=(catalogue.ISLANDING,),
        words="The house leaves the grid on purpose, within about 20 s: from then on only sun and Powerwalls feed it, "
        "and it goes dark when they are empty. It stays so until `forebay on-grid`.",
        look=catalogue.GRID_STATUS,
        is_reached=lambda status: status.grid_status is GridState.ISLANDED,
        tells=_grid,
        body=lambda _, __: Islanding(island_mode=IslandMode.OFF_GRID),
    ),
    "on-grid": Deed(
        rows=(catalogue.ISLANDING,),
        words="The house joins the grid again, within about 20 s, where the grid is there.",
        look=catalogue.GRID_STATUS,
        is_reached=lambda status: status.grid_status is GridState.CONNECTED,
        tells=_grid,
        body=lambda _, __: Islanding(island_mode=IslandMode.ON_GRID),
    ),
}
"""Every deed, by the name of its command."""


def do(options: argparse.Namespace) -> int:
    """Say what will happen, do it once somebody agrees, and wait until it has."""
    deed = DEEDS[options.command]
    version, has_login = talk(options, release_of)
    row = offered(deed.rows, version)
    login = login_words(version, [row, deed.look], has_login=has_login) if deed.runs_again else ""
    if options.dry_run:
        return show_plan(options, _steps(options, deed, row, version, has_login=has_login), deed.words, login)
    agree(options, deed.words, login)
    found = talk(options, lambda gateway: _carry_out(options, deed, row, gateway), run_after_login=deed.runs_again)
    sentence, key, value = deed.tells(found)
    if options.json:
        print(as_json({"done": deed.is_reached(found), key: value}))
    else:
        say(sentence)
    if not deed.is_reached(found):
        raise GatewayFailed(
            f"accepted, but not reached within {options.wait:g} s: {sentence} Look again with `forebay info` or "
            "`forebay grid`",
            path=row.path,
        )
    return 0


def _steps(options: argparse.Namespace, deed: Deed, row: Row, version: Version, *, has_login: bool) -> tuple[Step, ...]:
    from forebay.client.reconfigure import Step

    steps = [Step(row, row.summary, deed.body(options, row)), Step(deed.look, "Read back until it is so.")]
    return steps_for(version, steps, has_login=has_login, runs_again=deed.runs_again)


async def _carry_out(options: argparse.Namespace, deed: Deed, row: Row, gateway: Gateway) -> Any:
    had_login = gateway.has_login
    try:
        await gateway.call(row, deed.body(options, row), confirm=True)
    except (NotPermitted, GatewayBusy):  # a log-in may do it by itself
        if had_login and options.force_login and not deed.runs_again:
            await gateway.login()
        found = await _look(gateway, deed)
        if found is None or not deed.is_reached(found):
            raise
        return found
    told, waited_s = "", 0.0
    while True:
        found = await _look(gateway, deed)
        if found is not None:
            if deed.is_reached(found) or waited_s >= options.wait:
                return found
            if (sentence := deed.tells(found)[0]) != told:
                note(sentence)
                told = sentence
        elif waited_s >= options.wait:
            raise GatewayFailed("accepted, but the power system is stopped, so there is no grid to see", path=row.path)
        await asyncio.sleep(min(POLL_S, max(0.0, options.wait - waited_s)) or POLL_S)
        waited_s += POLL_S


async def _look(gateway: Gateway, deed: Deed) -> Any:
    try:
        return await gateway.call(deed.look)
    except SiteStopped:
        return None
