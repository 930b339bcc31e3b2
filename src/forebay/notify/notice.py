"""What is sent: one notice, a summary of several, or a trial; as a document and as text.

The document is for programs and has a version; docs/how-to/notifications.md explains each member.
"""

from __future__ import annotations

import hashlib
import json
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Literal
from zoneinfo import ZoneInfo

VERSION = 1
"""Of the document. It grows when a member changes its meaning or goes; new members may come without."""

_LONGEST = 2_000


def plain(text: str) -> str:
    """Return words of the gateway without control characters, in one line and of a bounded length."""
    kept = "".join(" " if unicodedata.category(c)[0] in "CZ" else c for c in text)
    return " ".join(kept.split())[:_LONGEST]


def identity(*parts: object) -> str:
    """Return an id that is the same for the same parts, so that a receiver knows what it has seen already."""
    return hashlib.sha256("\x1f".join(map(str, parts)).encode()).hexdigest()[:24]


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One message to people and programs.

    id: the same each time it is sent. kind: what it is about: one notice, several, or a trial. rule: "" for a summary.
    edge: "begins" or "ends", "" for a summary. subject: which alert, "" where a rule has but one. house: the site's
    name, or the gateway's. title, text: sentences for people. at: when it happened, UTC. values: what it was, by name.
    parts: the notices of a summary.
    """

    id: str
    kind: Literal["notice", "summary", "test"] = "notice"
    gateway: str
    house: str
    rule: str = ""
    edge: str = ""
    subject: str = ""
    title: str
    text: str
    at: datetime
    is_urgent: bool = False
    timezone: str = "UTC"
    values: dict[str, float | str]
    parts: tuple[Message, ...] = ()

    def document(self) -> dict[str, Any]:
        """Return it for programs: what a webhook and a broker get as JSON."""
        found: dict[str, Any] = {
            "version": VERSION,
            "id": self.id,
            "kind": self.kind,
            "gateway": self.gateway,
            "house": self.house,
            "rule": self.rule,
            "edge": self.edge,
            "subject": self.subject,
            "title": self.title,
            "text": self.text,
            "urgent": self.is_urgent,
            "at": self.at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "timezone": self.timezone,
            "values": self.values,
        }
        if self.kind == "summary":
            found["notices"] = [part.document() for part in self.parts]
        return found

    def to_json(self) -> str:
        """Write the document as one line."""
        return json.dumps(self.document(), ensure_ascii=False, separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str) -> Message:
        """Read what `to_json` wrote."""
        return cls._of(json.loads(text))

    @classmethod
    def _of(cls, found: dict[str, Any]) -> Message:
        return cls(
            id=found["id"],
            kind=found["kind"],
            gateway=found["gateway"],
            house=found["house"],
            rule=found["rule"],
            edge=found["edge"],
            subject=found["subject"],
            title=found["title"],
            text=found["text"],
            at=datetime.fromisoformat(found["at"]),
            is_urgent=found["urgent"],
            timezone=found["timezone"],
            values=found["values"],
            parts=tuple(cls._of(part) for part in found.get("notices", ())),
        )

    def headline(self) -> str:
        """Return the house and what is the matter, in one line."""
        return f"{self.house}: {self.title}"


def clock_words(at: datetime, timezone: str, *, beside: datetime | None = None) -> str:
    """Return a time on the site's clock; with its date where `beside` is another day or not given."""
    local = at.astimezone(ZoneInfo(timezone))
    is_same_day = beside is not None and beside.astimezone(ZoneInfo(timezone)).date() == local.date()
    return f"{local:%H:%M}" if is_same_day else f"{local:%Y-%m-%d %H:%M}"


def summary(parts: Sequence[Message]) -> Message:
    """Return one message of several of one house, in their order: alerts of an instant, or what quiet hours held."""
    last = parts[-1]
    is_alerts = all(part.rule == "alert" and part.at == last.at for part in parts)
    lines = [f"{clock_words(part.at, part.timezone)}  {part.title}. {part.text}" for part in parts]
    return replace(
        last,
        id=identity("summary", *(part.id for part in parts)),
        kind="summary",
        rule="",
        edge="",
        subject="",
        title=f"{len(parts)} alerts" if is_alerts else f"{len(parts)} things happened in the quiet hours",
        text="\n".join(lines),
        is_urgent=False,
        values={},
        parts=tuple(parts),
    )


def trial(message: Message, at: datetime) -> Message:
    """Return a message marked as a test, with an id of its own."""
    return replace(
        message,
        id=identity("test", message.rule, message.edge, at.isoformat()),
        kind="test",
        title=f"TEST: {message.title}",
        text=f"This is a test; nothing has happened. {message.text}",
        at=at,
    )
