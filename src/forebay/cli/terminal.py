"""What a terminal may be sent: nothing that steers it, and signs that its encoding has."""

from __future__ import annotations

import codecs
import io
import json
import sys
from typing import Any

_ERRORS = "forebay.plain"
_PLAIN = {
    **dict(zip("▁▂▃▄▅▆▇█░", "__,.-=+#.", strict=True)),
    **{"–": "-", "—": "-", "−": "-", "…": "...", "→": "->", "·": "-", "✓": "+", "✗": "!", "×": "x"},
    **{"“": '"', "”": '"', "’": "'", "Δ": "d"},
}


def prepare() -> None:
    """Let signs that the terminal's encoding lacks be written as plain ones instead of failing."""
    codecs.register_error(_ERRORS, _plainly)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors=_ERRORS)


def _plainly(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return "".join(_PLAIN.get(sign, "?") for sign in error.object[error.start : error.end]), error.end


def harmless(text: str) -> str:
    """Return lines without control characters: a gateway's words must not steer the terminal."""
    return "\n".join(cell(line) for line in text.split("\n"))


def cell(text: str) -> str:
    """Return a text as one line without control characters."""
    return text if text.isprintable() else "".join(c if c.isprintable() else "\ufffd" for c in text)


def json_text(value: Any) -> str:
    """Return indented JSON; what a terminal would obey or cannot show is escaped."""
    can_show = "utf" in (getattr(sys.stdout, "encoding", None) or "").lower()
    text = json.dumps(value, indent=2, ensure_ascii=not can_show)
    return "".join(c if c.isprintable() or c == "\n" else json.dumps(c)[1:-1] for c in text)


def say(text: str) -> None:
    """Print lines that may hold a gateway's words."""
    print(harmless(text))
