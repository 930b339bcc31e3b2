"""Rows of what is recorded beside the readings: slow readings, parts and spans."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from forebay.records.alerts import meaning
from forebay.records.signals import SLOW
from forebay.records.spans import SpanKind
from forebay.store.parts import OFFERED, Part, key_of, part_series, parts
from forebay.store.spans import spans
from forebay.store.state import from_ms, to_ms
from forebay.store.store import Store

Row = tuple[datetime, Sequence[Any]]

PART_KEYS = ("part", "part_kind", "label")
"""Which part a row is of, before its signals."""
SPAN_COLUMNS = ("end", "kind", "source", "name", "detail", "severity", "words")
"""Columns of spans, after their start; severity and words are of alerts."""
SLOW_COLUMNS: tuple[str, ...] = tuple(s.name for s in SLOW)
PART_CURVES: tuple[str, ...] = tuple(dict.fromkeys(name for names in OFFERED.values() for name in names))
"""Signals of parts that have a mean."""
_AT_ONCE_MS = 6 * 3_600_000
"""So much is held in memory of all parts."""


def slow_rows(store: Store, gateway_id: int, start: datetime, end: datetime, columns: Sequence[str]) -> Iterator[Row]:
    """Yield the slow readings of [start, end)."""
    select = f"SELECT at_ms, {', '.join(columns)} FROM {{table}} ORDER BY at_ms"  # noqa: S608 - names are checked
    for rows in store.raw(gateway_id, "slow_samples").ask(select, to_ms(start), to_ms(end)):
        yield from ((from_ms(row[0]), row[1:]) for row in rows)


def part_rows(
    store: Store, gateway_id: int, start: datetime, end: datetime, columns: Sequence[str], *, step_s: int | None
) -> Iterator[Row]:
    """Yield the readings of all parts, or their means over `step_s`, in order of time and part.

    columns: PART_KEYS and signals.
    """
    there = parts(store, gateway_id)
    step_ms = 0 if step_s is None else step_s * 1000
    while start < end:
        span_ms = _AT_ONCE_MS if not step_ms or not to_ms(start) % step_ms else step_ms  # a first slot is cut short
        until = min(end, from_ms((to_ms(start) // span_ms + 1) * span_ms))
        found = [
            (at, part.id, values)
            for part in there
            if part.first < until
            for at, values in _of_part(store, gateway_id, part, (start, until), columns, step_s=step_s)
        ]
        yield from ((at, values) for at, _, values in sorted(found, key=lambda row: row[:2]))
        start = until


def _of_part(
    store: Store,
    gateway_id: int,
    part: Part,
    window: tuple[datetime, datetime],
    columns: Sequence[str],
    *,
    step_s: int | None,
) -> Iterator[Row]:
    keys = {"part": part.id, "part_kind": str(part.kind), "label": part.label}
    signals = [name for name in columns if name not in keys]
    if step_s is None:
        select = f"SELECT at_ms, {', '.join(signals) or 'NULL AS nothing'} FROM {{table}} ORDER BY at_ms"  # noqa: S608
        asked = store.raw(gateway_id, "part_samples", part.id).ask(select, *map(to_ms, window))
        told = ((from_ms(row[0]), dict(zip(signals, row[1:], strict=False))) for rows in asked for row in rows)
    else:
        curves = part_series(store, gateway_id, [part.id], *window, step_s=step_s, signals=signals)
        by_name = {name: curves.columns.get(key_of(part.id, name)) for name in signals}
        told = (
            (from_ms(int(at_s * 1000)), {name: column[slot] for name, column in by_name.items() if column})
            for slot, at_s in enumerate(curves.t)
        )
    for at, values in told:
        if any(value is not None for value in values.values()):
            yield at, [keys.get(name, values.get(name)) for name in columns]


def span_rows(store: Store, gateway_id: int, start: datetime, end: datetime, columns: Sequence[str]) -> Iterator[Row]:
    """Yield what lasted at some time of [start, end), by its start."""
    for span in spans(store, gateway_id, start, end):
        told: dict[str, Any] = {
            "end": None if span.end is None else span.end.astimezone(UTC).isoformat().replace("+00:00", "Z"),
            "kind": str(span.kind),
            "source": span.source,
            "name": span.name,
            "detail": span.detail,
        }
        if span.kind is SpanKind.ALERT:
            means = meaning(span.name)
            told |= {"severity": means.severity.name.lower(), "words": means.words}
        yield span.start, [told.get(name) for name in columns]
