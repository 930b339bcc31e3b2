"""How the recording is, in sentences: each is good, a warning or bad, and says what to do."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any, Literal, NamedTuple

from forebay.records.alerts import Severity, meaning
from forebay.records.spans import SpanKind
from forebay.store.health import Room, extent, growth_per_day, recorded_ratio
from forebay.store.spans import open_spans
from forebay.views.web.asked import Asked, percent_words

WEEK = timedelta(days=7)
SILENT, FLUSH = timedelta(minutes=10), timedelta(seconds=20)
MOST_LOST = 0.02
"""A week that misses more is told."""
LEAST_ROOM = 1_000_000_000
"""Less room on the disk than this is told [bytes]."""
FEWEST_YEARS = 1.0
LATE_DAYS = 6
"""Days that are over go into the archive after three; later than this something keeps them."""

State = Literal["good", "warning", "bad"]


class Said(NamedTuple):
    """One sentence about one thing."""

    state: State
    title: str
    words: str
    advice: str | None = None


def health(asked: Asked, taken: Room) -> list[dict[str, Any]]:
    """Return what can be said of the recording, what is worst first."""
    checks: tuple[Callable[[Asked, Room], Said | None], ...] = (
        _connection,
        _week,
        _disk,
        _archive,
        _counters,
        _alerts,
        _vendor,
    )
    said = [found for check in checks if (found := check(asked, taken)) is not None]
    order: dict[State, int] = {"bad": 0, "warning": 1, "good": 2}
    return [dict(one._asdict()) for one in sorted(said, key=lambda one: order[one.state])]


def _connection(asked: Asked, _: Room) -> Said | None:
    i = asked.gateway_id
    if i is None:
        return Said("warning", "Gateway", "Nothing is recorded yet.", "Start forebay up.")
    connection, latest = asked.store.connection(i), asked.store.latest(i)
    if connection.state == "down":
        return Said("bad", "Gateway", connection.words, connection.advice)
    if latest is None:
        return Said("warning", "Gateway", "The gateway has not answered yet.", connection.advice)
    if connection.advice is not None:  # readings come, and yet there is something to do
        return Said("warning", "Gateway", connection.words or "The gateway answers.", connection.advice)
    tempo = asked.store.tempo(i)
    flush = FLUSH * max(1.0, tempo.speed if tempo else 1.0)  # what another connection sees may be so much older
    if asked.now - latest.at > SILENT + flush:
        words = "No reading has come for more than ten minutes."
        return Said("bad", "Gateway", words, "Check that forebay up is running, and run forebay doctor.")
    return Said("good", "Gateway", "The gateway answers.")


def _week(asked: Asked, _: Room) -> Said | None:
    first = asked.first
    if asked.gateway_id is None or first is None:
        return None
    start = max(first, asked.now - WEEK)
    ratio = recorded_ratio(asked.store, asked.gateway_id, start, asked.now)
    if ratio is None:
        return None
    share = "All" if ratio > 0.99995 else percent_words(ratio) if ratio < 0.995 else f"{100 * ratio:.2f} %"
    of = "last week" if start > first else "time since the record began"
    words = f"{share} of the {of} was recorded."
    if 1 - ratio > MOST_LOST:
        return Said("warning", "Gaps", words, "Energies miss nothing of it; look at the reasons of the gaps below.")
    return Said("good", "Gaps", words)


def _disk(asked: Asked, taken: Room) -> Said | None:
    if taken.free is None:
        return None
    per_day = growth_per_day(asked.store, asked.now)
    room = f"{taken.free / 1e9:.3g} GB are free on the disk."
    if taken.free < LEAST_ROOM:
        return Said("bad", "Disk", room, "Make room: readings of about half a day are kept in memory when it is full.")
    if per_day:
        years = taken.free / (per_day * 365.25)
        if years < FEWEST_YEARS:
            words = f"{room} At this pace they last {years * 12:.0f} months."
            return Said("warning", "Disk", words, "Make room, or move the record to a larger disk.")
        return Said(
            "good", "Disk", f"{room} At this pace they last {'more than 100' if years > 100 else f'{years:.0f}'} years."
        )
    return Said("good", "Disk", room)


def _archive(asked: Asked, _: Room) -> Said | None:
    if asked.gateway_id is None:
        return None
    held = extent(asked.store, asked.gateway_id)
    since = held.sealed_until or held.first
    if since is None or held.last is None or held.last - since <= timedelta(days=LATE_DAYS):
        return None
    days = (held.last - since).days
    words = f"Days that are over should be in the archive, and the last {days} are not."
    return Said(
        "warning", "Archive", words, "It is done while forebay up runs; look into its log, or run forebay check."
    )


def _counters(asked: Asked, _: Room) -> Said | None:
    if asked.gateway_id is None:
        return None
    found = asked.store.refused_steps(asked.gateway_id, asked.now - timedelta(days=30), asked.now)
    if not found:
        return Said("good", "Counters", "No counter made a step in the last 30 days that no house can make.")
    n = len(found)
    words = (
        f"{'One step of a counter was' if n == 1 else f'{n} steps of counters were'} kept out of the sums in 30 days."
    )
    return Said("warning", "Counters", words, "They are listed below, with what is counted instead.")


def _alerts(asked: Asked, _: Room) -> Said | None:
    if asked.gateway_id is None:
        return None
    found = open_spans(asked.store, asked.gateway_id, (SpanKind.ALERT, SpanKind.PROBLEM))
    worst = max((meaning(span.name).severity for span in found), default=Severity.STATE)
    if worst < Severity.WARNING:
        return Said("good", "Alerts", "No device tells a fault.")
    state: State = "bad" if worst is Severity.FAULT else "warning"
    names = sorted({span.name for span in found if meaning(span.name).severity >= Severity.WARNING})
    return Said(state, "Alerts", f"Told now: {', '.join(names[:5])}.", "The page Alerts says what they mean.")


def _vendor(asked: Asked, _: Room) -> Said | None:
    slow = None if asked.gateway_id is None else asked.store.latest_slow(asked.gateway_id)
    if slow is None or slow.vendor_connected is not False:
        return None
    words = "The gateway does not reach its maker's servers."
    return Said("warning", "Maker", words, "Recording goes on without; the maker's app shows nothing new meanwhile.")
