"""Windows of time to aligned arrays, and the days of a site's own calendar."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from forebay.errors import StoreError
from forebay.records.signals import BY_NAME, FAST, Kind
from forebay.store.imported import Imported
from forebay.store.rollup import BUCKETS, floor_ms
from forebay.store.state import to_ms
from forebay.store.store import Store

STEPS_S: tuple[int, ...] = (60, 300, 600, 900, 1800, 3600)
"""Spacings a curve is drawn at [s]."""

_GAUGES = frozenset(s.name for s in FAST if s.kind is Kind.GAUGE)
_ROOM = 1.5
"""How much longer a slot must be than the spacing of readings, so that each holds one."""
_SPARSE, _SHORT_S = 0.05, 3600.0
"""The share of wide spacings, and of at least how long a time [s], that may leave slots empty."""


@dataclass(frozen=True, slots=True)
class Series:
    """Arrays of one length.

    t: start of each slot, seconds since 1970 UTC. columns: mean of the slot by
    signal; None is a slot without a reading of which nothing was imported either.
    """

    step_s: int
    t: list[int]
    columns: dict[str, list[float | None]]


def zone(name: str | None) -> ZoneInfo:
    """Return a time zone by its IANA name; UTC where the name is unknown or not told yet."""
    try:
        return ZoneInfo(name or "UTC")
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return ZoneInfo("UTC")


def site_zone(store: Store, gateway_id: int) -> ZoneInfo:
    """Return the time zone of a gateway's site."""
    return zone(store.gateway(gateway_id).timezone)


def day_bounds(day: date, tz: ZoneInfo) -> tuple[datetime, datetime]:
    """Return a local day as [start, end) in UTC: 23, 24 or 25 hours.

    Raises StoreError for a day that no clock can show.
    """
    try:
        start, end = (
            datetime(d.year, d.month, d.day, tzinfo=tz).astimezone(UTC) for d in (day, day + timedelta(days=1))
        )
    except (OverflowError, ValueError) as exc:
        raise StoreError(f"{day} is outside the calendar; ask for a later day") from exc
    return start, end


def series(
    store: Store, gateway_id: int, start: datetime, end: datetime, *, step_s: int, signals: Sequence[str]
) -> Series:
    """Return the means of gauges over the slots of [start, end).

    The last slot is shorter where the step does not divide the window.
    Raises StoreError for a signal that has no mean.
    """
    for name in signals:
        if name not in _GAUGES:
            kind = BY_NAME[name].kind if name in BY_NAME else "unknown"
            raise StoreError(f"{name}: no curve can be drawn of this signal ({kind})")
    start_ms, end_ms = to_ms(start), to_ms(end)
    step_ms = step_s * 1000
    n_slots = -((start_ms - end_ms) // step_ms)
    sums = {name: [0.0] * n_slots for name in signals}
    counts = {name: [0] * n_slots for name in signals}
    for rows in _summed(store, gateway_id, start_ms, end_ms, step_ms=step_ms, signals=signals):
        for slot_ms, *values in rows:
            slot = (slot_ms - start_ms) // step_ms
            for name, n, total in zip(signals, values[::2], values[1::2], strict=True):
                if n:
                    counts[name][slot] += n
                    sums[name][slot] += total
    columns: dict[str, list[float | None]] = {
        name: [total / n if n else None for total, n in zip(sums[name], counts[name], strict=True)] for name in signals
    }
    _fill(store, gateway_id, columns, range(start_ms, start_ms + n_slots * step_ms, step_ms))
    first_s = start_ms // 1000
    return Series(step_s, list(range(first_s, first_s + n_slots * step_s, step_s)), columns)


def _fill(store: Store, gateway_id: int, columns: dict[str, list[float | None]], slots_ms: range) -> None:
    """Put what was imported into the slots without a reading."""
    imported = Imported(store, gateway_id)
    if not imported.touches(slots_ms.start, slots_ms.stop):
        return
    for name, column in columns.items():
        empty = [slot for slot, value in enumerate(column) if value is None]
        found = imported.curve([slots_ms[slot] for slot in empty], slots_ms.step, name)
        for slot, value in zip(empty, found, strict=True):
            column[slot] = value


def _summed(
    store: Store, gateway_id: int, start_ms: int, end_ms: int, *, step_ms: int, signals: Sequence[str]
) -> list[list[tuple[Any, ...]]]:
    """Return (start of slot, count and sum of each signal) from the coarsest tables that tell it exactly.

    Quarters and minutes end with the last whole one; the rest, and minutes put away, come from the raw readings.
    """
    found: list[list[tuple[Any, ...]]] = []
    left = [(start_ms, end_ms)]
    for table, length_ms in reversed(BUCKETS.items()):
        if step_ms % length_ms or start_ms % length_ms:
            continue
        rest: list[tuple[int, int]] = []
        for low_ms, high_ms in left:
            first_ms, until_ms = _rolled(store, gateway_id, table, length_ms)
            from_ms, to_end_ms = max(low_ms, first_ms), min(floor_ms(high_ms, length_ms), until_ms)
            if from_ms >= to_end_ms:
                rest.append((low_ms, high_ms))
                continue
            parts = ", ".join(f"sum({name}_n), sum({name}_sum)" for name in signals)
            sql = (
                f"SELECT ? + (start_ms - ?) / ? * ?, {parts} FROM {table}"  # noqa: S608 - names are checked
                " WHERE gateway_id = ? AND start_ms >= ? AND start_ms < ? GROUP BY 1"
            )
            slots = (start_ms, start_ms, step_ms, step_ms)
            found.append(store.database.rows(sql, (*slots, gateway_id, from_ms, to_end_ms)))
            rest += [span for span in ((low_ms, from_ms), (to_end_ms, high_ms)) if span[0] < span[1]]
        left = rest
    parts = ", ".join(f"count({name}), sum({name})" for name in signals)
    offset_ms = start_ms % step_ms
    slot = f"at_ms - (at_ms - {offset_ms}) % {step_ms}"
    select = f"SELECT {slot} AS slot, {parts} FROM {{table}} GROUP BY 1"  # noqa: S608
    for low_ms, high_ms in left:
        found += store.raw(gateway_id).ask(select, low_ms, high_ms)
    return found


def _rolled(store: Store, gateway_id: int, table: str, length_ms: int) -> tuple[int, int]:
    """Return the span that a table of buckets covers without a hole [ms]; empty where it has none."""
    sql = f"SELECT min(start_ms), max(start_ms) FROM {table} WHERE gateway_id = ?"  # noqa: S608
    first_ms, last_ms = store.database.rows(sql, (gateway_id,))[0]
    return (0, 0) if first_ms is None else (first_ms, last_ms + length_ms)


def fitting_step_s(store: Store, gateway_id: int, start: datetime, end: datetime) -> int:
    """Return the smallest spacing of a curve that leaves hardly a slot between readings empty [s].

    Readings every 5 s fit into minutes; those of a fast emulated clock need
    more, even where only a part of the window was recorded so. Gaps do not count.
    """
    select = (
        "SELECT before_ms, at_ms FROM"  # noqa: S608
        " (SELECT at_ms, lag(at_ms) OVER (ORDER BY at_ms) AS before_ms FROM {table})"
        f" WHERE at_ms - before_ms > {int(STEPS_S[0] * 1000 / _ROOM)}"
    )
    rows = [row for part in store.raw(gateway_id).ask(select, to_ms(start), to_ms(end)) for row in part]
    known = [(to_ms(gap.start), to_ms(gap.end or end)) for gap in store.gaps(gateway_id, start, end)]
    spacings_s = [
        (at_ms - before_ms) / 1000
        for before_ms, at_ms in rows
        if not any(from_ms < at_ms and until_ms > before_ms for from_ms, until_ms in known)
    ]
    span_s = sum(spacings_s)
    for step_s in STEPS_S:
        sparse_s = sum(spacing_s for spacing_s in spacings_s if spacing_s * _ROOM > step_s)
        if sparse_s <= _SPARSE * max(span_s, _SHORT_S):
            return step_s
    return STEPS_S[-1]
