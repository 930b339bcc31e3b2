"""The object of /api/alerts: what is wrong, since when, of which device, and what it means."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from forebay.records.alerts import Severity, meaning
from forebay.records.spans import SpanKind
from forebay.store.spans import Span, spans
from forebay.views.web.asked import Asked, iso, length_words, rounded

MOST = 500
"""Alerts of the past that are told at once, the newest first."""
_KINDS = (SpanKind.ALERT, SpanKind.PROBLEM)
_GATEWAY = "Gateway"


def alerts(asked: Asked) -> dict[str, Any]:
    """Return the object of /api/alerts: what lasts, and what was over in the last days. Raises StoreError."""
    start, _ = asked.window
    i = asked.gateway_id
    found = [] if i is None else spans(asked.store, i, start, asked.now + timedelta(seconds=1), _KINDS)
    present = sorted((span for span in found if span.end is None), key=lambda one: (-_severity(one), one.start))
    past = [span for span in reversed(found) if span.end is not None]
    return {
        "timezone": str(asked.tz),
        "now": iso(asked.now),
        "start": iso(start),
        "words": _words(present),
        "present": [_row(span, asked.now) for span in present],
        "past": [_row(span, asked.now) for span in past[:MOST]],
        "past_count": len(past),
        "kinds": _kinds(found),
    }


def _severity(span: Span) -> int:
    least = Severity.WARNING if span.kind is SpanKind.PROBLEM else Severity.STATE
    known = meaning(span.name)
    return max(least, known.severity)


def _meaning_words(span: Span) -> tuple[str, bool]:
    known = meaning(span.name)
    if span.kind is SpanKind.PROBLEM and not known.is_told:
        return "A problem of the installation, in the gateway's own words.", False
    return known.words, known.is_told


def _row(span: Span, now: datetime) -> dict[str, Any]:
    seconds = ((span.end or now) - span.start).total_seconds()
    words, is_told = _meaning_words(span)
    return {
        "kind": str(span.kind),
        "name": span.name,
        "source": span.source or _GATEWAY,
        "severity": Severity(_severity(span)).name.lower(),
        "words": words,
        "is_told": is_told,
        "start": iso(span.start),
        "end": iso(span.end),
        "seconds": rounded(seconds, 0),
        "length_words": length_words(seconds),
        "detail": span.detail,
    }


def _words(present: Sequence[Span]) -> str:
    """Return the owner's answer: is anything wrong now."""
    faults = [span for span in present if _severity(span) == Severity.FAULT]
    warnings = [span for span in present if _severity(span) == Severity.WARNING]
    if faults:
        return f"{_count(len(faults), 'part does', 'parts do')} not work as the house needs it."
    if warnings:
        return f"{_count(len(warnings), 'thing does', 'things do')} not work as it should."
    if present:
        return "Nothing is wrong. What is told below are states and notices."
    return "Nothing is wrong, and nothing is told."


def _count(n: int, one: str, many: str) -> str:
    return f"One {one}" if n == 1 else f"{n} {many}"


def _kinds(found: Sequence[Span]) -> list[dict[str, Any]]:
    """Return how often and how long each alert was told, the worst and most frequent first."""
    grouped: dict[str, list[Span]] = {}
    for span in found:
        grouped.setdefault(span.name, []).append(span)
    rows = [
        {
            "name": name,
            "severity": Severity(max(_severity(span) for span in group)).name.lower(),
            "count": len(group),
            "last": iso(max(span.start for span in group)),
            "words": _meaning_words(group[0])[0],
        }
        for name, group in sorted(grouped.items(), key=lambda item: (-_severity(item[1][0]), -len(item[1]), item[0]))
    ]
    return rows
