"""`forebay watch`: the house, live in the terminal."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
from collections import deque
from collections.abc import Iterable
from typing import TYPE_CHECKING

from rich.console import Console, ConsoleOptions, Group, RenderResult
from rich.live import Live
from rich.table import Table
from rich.text import Text

from forebay.cli.connect import talk
from forebay.cli.output import note
from forebay.cli.terminal import cell
from forebay.errors import Advice, GatewayError
from forebay.views import text
from forebay.views.words import grid_words
from forebay.wire import catalogue
from forebay.wire.model import UNSET

if TYPE_CHECKING:
    from forebay.client.gateway import Gateway
    from forebay.client.snapshot import Snapshot

_ROWS = (catalogue.AGGREGATES, catalogue.STATE_OF_ENERGY, catalogue.GRID_STATUS)
_POINTS: tuple[tuple[str, text.Point, str], ...] = (
    ("Solar", "solar", "yellow"),
    ("Home", "load", "blue"),
    ("Battery", "battery", "green"),
    ("Grid", "site", "magenta"),
)
_SPARKS = "▁▂▃▄▅▆▇█"
_KEPT = 40
_LABEL, _WORDS = 7, 29
"""Width of the names, and of the longest power with its direction."""


class Screen:
    """The last readings, and how they look."""

    def __init__(self) -> None:
        self._powers: dict[str, deque[float | None]] = {point: deque(maxlen=_KEPT) for _, point, _ in _POINTS}
        self._snapshot: Snapshot | None = None
        self._trouble: GatewayError | None = None

    def take(self, snapshot: Snapshot) -> None:
        """Take a reading; one without meters keeps the old values and says why."""
        self._trouble = snapshot.missing.get(catalogue.AGGREGATES.name)
        if self._trouble is not None or snapshot.aggregates is None:
            return
        self._snapshot = snapshot
        for point, kept in self._powers.items():
            meter = getattr(snapshot.aggregates, point)
            if meter is not UNSET:
                kept.append(meter.instant_power)

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Yield the screen; on a narrow one the latest part of each course is kept."""
        grid = Table.grid(padding=(0, 2))
        for width in (_LABEL, _WORDS):
            grid.add_column(width=width, no_wrap=True)
        grid.add_column(no_wrap=True)
        room = max(0, min(_KEPT, options.max_width - _LABEL - _WORDS - 4))
        style = "dim" if self._trouble else ""
        for label, point, colour in _POINTS:
            kept = self._powers[point]
            words = text.flow(point, kept[-1] if kept else None)
            grid.add_row(
                Text(label, style=f"bold {colour}"),
                Text(words, style=style),
                Text(spark(kept)[-room:] if room else "", style=colour),
            )
        snapshot = self._snapshot
        if snapshot is not None and snapshot.soe is not None:
            app = snapshot.soe.percentage.app
            bar = text.bar(app.value / 100, min(24, room))
            grid.add_row(Text("Charge", style="bold"), Text(f"{app.shown} %", style=style), bar)
        if snapshot is not None and snapshot.grid_status is not None:
            grid.add_row("", Text(cell(grid_words(str(snapshot.grid_status.grid_status)) or ""), style=style), "")
        if self._trouble is not None:
            state = Text(cell(self._trouble.message), style="bold red")
        elif snapshot is None:
            state = Text("Asking the gateway …", style="dim")
        else:
            state = Text(f"read at {snapshot.ended_at.astimezone():%H:%M:%S}   Ctrl-C ends", style="dim")
        yield Group(grid, Text(), state)


def spark(values: Iterable[float | None]) -> str:
    """Return the course of a power as small bars, by its own greatest size; blank where it is not known."""
    sizes = [None if value is None else abs(value) for value in values]
    top = max([500.0, *(size for size in sizes if size is not None)])
    return "".join(" " if size is None else _SPARKS[min(7, int(size / top * 7.99))] for size in sizes)


def _tell(error: GatewayError | None, told: str) -> str:
    """Say once what is wrong, and that it is over; return what was said of what lasts."""
    words = "" if error is None else error.message
    if words != told:
        note(f"forebay: {words or 'the gateway answers again'}")
    return words


def watch(options: argparse.Namespace) -> int:
    """Read every few seconds and show it until interrupted.

    Where the output is no terminal the last screen is printed at the end; what is wrong is told on stderr at once.
    """

    async def go(gateway: Gateway) -> int:
        screen, left, console = Screen(), options.count, Console()
        told = ""
        with contextlib.ExitStack() as ending, Live(screen, console=console, auto_refresh=False) as live:
            if not console.is_terminal:
                ending.callback(console.line)  # the last screen is printed without one
            while True:
                snapshot = await gateway.snapshot(_ROWS)
                screen.take(snapshot)
                live.update(screen, refresh=True)
                error = snapshot.missing.get(catalogue.AGGREGATES.name)
                if error is not None and error.advice is Advice.STOP:
                    raise error
                if not console.is_terminal:
                    told = _tell(error, told)
                left = None if left is None else left - 1
                if left == 0:
                    return 1 if error else 0
                await asyncio.sleep(options.every if error is None else max(5.0, options.every))

    return talk(options, go)
