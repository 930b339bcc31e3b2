"""The object of /api/system: gateway, parts, firmware, gaps, what was kept out of the sums, the store, its health."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from forebay.errors import StoreError
from forebay.records.reasons import BY_REASON
from forebay.records.signals import BY_NAME
from forebay.records.spans import SpanKind
from forebay.records.troubles import BY_TROUBLE
from forebay.store.aside import all_aside
from forebay.store.backup_note import last_backup
from forebay.store.energy import energy_between
from forebay.store.grid import since_ever
from forebay.store.health import Room, extent, recorded_ratio, room
from forebay.store.spans import spans
from forebay.store.state import Gap, from_ms
from forebay.views import words as say
from forebay.views.web.asked import Asked, date_words, iso, kwh_words, length_words, rounded
from forebay.views.web.health import health
from forebay.views.web.parts_list import parts_list

MOST = 300
"""Gaps and refused steps that are told at once, the newest first."""


def system(asked: Asked) -> dict[str, Any]:
    """Return the object of /api/system. Raises StoreError."""
    start, end = asked.window
    i = asked.gateway_id
    gaps = [] if i is None else asked.store.gaps(i, start, end)
    refused = [] if i is None else asked.store.refused_steps(i, start, end)
    taken = room(asked.store)
    lost = [((gap.end or asked.now) - gap.start).total_seconds() for gap in gaps]
    return {
        "timezone": str(asked.tz),
        "now": iso(asked.now),
        "start": iso(start),
        "end": iso(end),
        "forebay": _version(),
        "health": health(asked, taken),
        "gateway": _gateway(asked),
        "parts": parts_list(asked),
        "firmware": _firmware(asked),
        "gaps": {
            "count": len(gaps),
            "seconds": rounded(sum(lost), 0),
            "recorded_ratio": _recorded(asked),
            "list": [*reversed(_gaps(asked, i, gaps[-MOST:]))] if i is not None else [],
        },
        "refused": {
            "count": len(refused),
            "list": [
                {
                    "signal": step.signal,
                    "label": BY_NAME[step.signal].label if step.signal in BY_NAME else "All readings",
                    "start": iso(from_ms(step.since_ms)),
                    "end": iso(from_ms(step.at_ms)),
                    "reason": str(step.reason),
                    "words": BY_TROUBLE[step.reason].words,
                    "counted_words": BY_TROUBLE[step.reason].counted,
                    "step_kwh": rounded(step.step_wh / 1000, 3),
                    "counted_kwh": None if step.fill_wh is None else rounded(step.fill_wh / 1000, 3),
                }
                for step in reversed(refused[-MOST:])
            ],
        },
        "aside": _aside(asked),
        "store": _store(asked, taken),
        "events": [
            {"at": iso(event.at), "kind": event.kind, "detail": event.detail}
            for event in reversed(asked.store.events(i, start, end)[-MOST:] if i is not None else [])
        ],
    }


def _recorded(asked: Asked) -> float | None:
    """Return which part of the window was recorded, from the first reading on; None before it."""
    start, end = asked.window
    first = asked.first
    if asked.gateway_id is None or first is None:
        return None
    return rounded(recorded_ratio(asked.store, asked.gateway_id, max(start, first), min(end, asked.now)), 6)


def _version() -> str:
    try:
        return version("forebay")
    except PackageNotFoundError:
        return "from its sources, not installed"


def _gateway(asked: Asked) -> dict[str, Any]:
    """Return the gateway that is asked about: its name, its site, what it is, since when it is recorded."""
    names = ("name", "site_name", "timezone", "firmware", "mode", "mode_words", "update_state", "uptime_s")
    i = asked.gateway_id
    if i is None:
        return dict.fromkeys((*names, "is_vendor_reached", "first", "last", "readings"))
    row, slow, held = asked.store.gateway(i), asked.store.latest_slow(i), extent(asked.store, i)
    mode = slow.operation_mode if slow else None
    return {
        "name": row.name,
        "site_name": row.site_name,
        "timezone": row.timezone,
        "firmware": slow.firmware if slow else None,
        "mode": mode,
        "mode_words": say.mode_words(mode),
        "update_state": slow.update_state if slow else None,
        "uptime_s": rounded(slow.uptime_s, 0) if slow else None,
        "is_vendor_reached": slow.vendor_connected if slow else None,
        "first": iso(held.first),
        "last": iso(held.last),
        "readings": held.readings,
    }


def _firmware(asked: Asked) -> list[dict[str, Any]]:
    """Return the versions of the firmware, the newest first."""
    if asked.gateway_id is None:
        return []
    found = spans(asked.store, asked.gateway_id, *since_ever(asked.now), (SpanKind.FIRMWARE,))
    return [
        {
            "version": span.name,
            "start": iso(span.start),
            "end": iso(span.end),
            "length_words": length_words(((span.end or asked.now) - span.start).total_seconds()),
        }
        for span in reversed(found)
    ]


def _gaps(asked: Asked, gateway_id: int, gaps: Sequence[Gap]) -> list[dict[str, Any]]:
    """Return gaps with what the counters say for them, in order."""
    edges = sorted({at for gap in gaps for at in (gap.start, gap.end or asked.now)})
    windows = energy_between(asked.store, gateway_id, edges) if len(edges) > 1 else []
    by_start = dict(zip(edges, windows, strict=False))
    rows = []
    for gap in gaps:
        seconds = ((gap.end or asked.now) - gap.start).total_seconds()
        flow = by_start.get(gap.start, {}).get("home")
        home_wh = None if flow is None or flow.wh is None or gap.end is None else max(0.0, flow.wh)
        counted = "" if home_wh is None else f" The counters saw the home use {kwh_words(home_wh)} meanwhile."
        rows.append(
            {
                "start": iso(gap.start),
                "end": iso(gap.end),
                "seconds": rounded(seconds, 0),
                "length_words": length_words(seconds),
                "reason": str(gap.reason),
                "words": f"{BY_REASON[gap.reason].words}{counted}",
                "advice": BY_REASON[gap.reason].advice,
                "detail": gap.detail,
                "home_kwh": None if home_wh is None else rounded(home_wh / 1000, 3),
            }
        )
    return rows


def _aside(asked: Asked) -> list[dict[str, Any]]:
    """Return what a clock that was ahead has dated and is no part of the record, the newest first."""
    found = [] if asked.gateway_id is None else all_aside(asked.store, asked.gateway_id)
    return [
        {"at": iso(one.cut), "readings": one.readings, "first": iso(one.first), "last": iso(one.last)}
        for one in reversed(found[-MOST:])
    ]


def _backup(asked: Asked) -> dict[str, Any]:
    """Return when the whole record was put into a backup last, and under which name."""
    try:
        note = last_backup(asked.store.database.path)
    except StoreError:
        words = "The note of the last backup cannot be read; the next one writes it anew."
        return {"at": None, "file": None, "bytes": None, "words": words}
    if note is None:
        return {"at": None, "file": None, "bytes": None, "words": "Never. The command forebay backup makes one."}
    when = date_words(note.at.astimezone(asked.tz).date())
    return {"at": iso(note.at), "file": note.file, "bytes": note.bytes, "words": f"{when}, into {note.file}."}


def _store(asked: Asked, taken: Room) -> dict[str, Any]:
    """Return what the record takes on its disk; the whole file, whichever gateway is asked about."""
    return {
        "file": asked.store.database.path.name,
        "database_bytes": taken.database,
        "archive_bytes": taken.archive,
        "total_bytes": taken.database + taken.archive,
        "free_bytes": taken.free,
        "backup": _backup(asked),
        "months": [{"month": month, "bytes": size, "readings": n} for month, (size, n) in taken.months.items()],
    }
