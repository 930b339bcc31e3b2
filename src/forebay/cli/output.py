"""How commands print: aligned tables, JSON, and errors in words."""

from __future__ import annotations

import json
import shutil
import sys
import textwrap
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any

import msgspec

from forebay.cli.terminal import cell, harmless, json_text
from forebay.errors import ForebayError, GatewayError, NotConfirmed, NotReconfigured
from forebay.wire.percent import AppPercent, WirePercent


def _plain(value: object) -> object:
    if isinstance(value, WirePercent | AppPercent):
        return value.value
    raise NotImplementedError(type(value).__name__)


def as_json(value: Any) -> str:
    """Return models, dicts and lists as indented JSON; members left out stay out."""
    return json_text(json.loads(msgspec.json.encode(value, enc_hook=_plain)))


def table(rows: Sequence[Sequence[str]], *, right: Sequence[int] = ()) -> str:
    """Return rows as aligned columns, harmless to a terminal; `right` names the columns to align right."""
    rows = [[cell(text) for text in row] for row in rows]
    widths = [max(len(row[column]) for row in rows if column < len(row)) for column in range(max(map(len, rows)))]
    lines = []
    for row in rows:
        cells = [
            text.rjust(widths[column]) if column in right else text.ljust(widths[column])
            for column, text in enumerate(row)
        ]
        lines.append("  ".join(cells).rstrip())
    return "\n".join(lines)


def note(text: str) -> None:
    """Say something beside the result, on stderr."""
    print(_folded(harmless(text)), file=sys.stderr, flush=True)


def _folded(text: str) -> str:
    """Return lines that break between words at a terminal's edge; elsewhere as they are, for scripts to search."""
    if not sys.stderr.isatty():
        return text
    width = shutil.get_terminal_size().columns
    return "\n".join(_fold(line, width) if len(line) > width else line for line in text.split("\n"))


def _fold(line: str, width: int) -> str:
    return textwrap.fill(line, width, break_long_words=False, break_on_hyphens=False)


_WHAT_TO_DO = {
    "retry": "Try again later.",
    "stop": "",
    "skip": "This gateway does not have it.",
    "report": "Please report this with `forebay doctor --json`.",
}


def complain(error: ForebayError, *, as_json: bool = False) -> None:
    """Say on stderr what went wrong and what to do."""
    if as_json:
        out: dict[str, Any] = {"error": str(error), "advice": str(error.advice), "kind": type(error).__name__}
        if isinstance(error, GatewayError):
            out |= {"path": error.path, "status": error.status}
        if isinstance(error, NotReconfigured):
            state = {"step": error.step, "setting": error.setting, "power": error.power}
            out |= {**state, "way_back": list(error.way_back)}
        print(json.dumps(out), file=sys.stderr)
        return
    is_refused_input = isinstance(error, GatewayError) and error.status == HTTPStatus.BAD_REQUEST
    hint = "" if is_refused_input else _WHAT_TO_DO[error.advice]
    if isinstance(error, NotConfirmed) and not sys.stdin.isatty():  # whoever said no at the keyboard meant it
        hint = "Add --yes to do it."
    note(f"forebay: {error}" + (f"\n{hint}" if hint else ""))


@contextmanager
def progress_line() -> Iterator[Callable[[object], object]]:
    """Give what tells how far something is, in one line of a terminal that is gone at the end; nothing elsewhere."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    try:
        yield lambda words: print(f"\r\033[K… {words}", end="", file=sys.stderr, flush=True)
    finally:
        print("\r\033[K", end="", file=sys.stderr, flush=True)
