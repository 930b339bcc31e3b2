"""Pieces of Markdown that every page uses."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from forebay.wire.firmware import Timeline, print_version


def cell(text: str) -> str:
    """Return a text that may stand in a table."""
    return text.replace("\n", "\\n").replace("|", "\\|")


def code(text: str) -> str:
    """Return a text in code type; "" stays empty."""
    return f"`{text}`" if text else ""


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table."""
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    lines += ["| " + " | ".join(cell(value) for value in row) + " |" for row in rows]
    return "\n".join(lines) + "\n"


def over(timeline: Timeline[Any]) -> str:
    """Return a fact by firmware: "public; customer from 20.49"."""
    (_, first), *later = timeline.steps
    return "; ".join([name_of(first), *(f"{name_of(fact)} from {print_version(since)}" for since, fact in later)])


def name_of(fact: Any) -> str:
    """Return a fact as one word: members of enums by name, "" as "none"."""
    if isinstance(fact, bool):
        return "yes" if fact else "no"
    word = str(getattr(fact, "name", fact)).lower()
    return word or "none"


def sentence(text: str) -> str:
    """Return a text with a capital and a full stop, on one line; names of files keep their small letter."""
    text = " ".join(text.split())
    first = text.partition(" ")[0]
    start = text[:1] if "." in first.rstrip(".") else text[:1].upper()
    return start + text[1:] + ("" if text.endswith((".", "?", "!")) else ".")


def keys_of(docstring: str, names: Sequence[str]) -> dict[str, str]:
    """Return what a docstring says of each name in the form "name: words."."""
    text = " ".join(docstring.split())
    found: dict[str, str] = {}
    marks = sorted((m.start(), m.end(), m[1]) for m in re.finditer(r"(?:^|(?<=[.;\]] ))(?:and )?(\w+): ", text))
    marks = [mark for mark in marks if mark[2] in names]
    ends = [*(mark[0] for mark in marks[1:]), len(text)]
    for (_, begin, name), end in zip(marks, ends[-len(marks) :] if marks else [], strict=True):
        found[name] = sentence(text[begin:end])
    return found
