"""Windows of time to aligned arrays, and the days of a site's own calendar."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from forebay.errors import StoreError
from forebay.records.signals import BY_NAME, FAST, Kind
from forebay.store.imported import Imported
from forebay.store.slots import Window, summed, times
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


def day_start(day: date, tz: ZoneInfo) -> datetime:
    """Return when a local day begins, UTC. Raises StoreError for a day that no clock can show."""
    try:
        return datetime(day.year, day.month, day.day, tzinfo=tz).astimezone(UTC)
    except (OverflowError, ValueError) as exc:
        raise StoreError(f"{day} is outside the calendar; ask for a later day") from exc


def day_bounds(day: date, tz: ZoneInfo) -> tuple[datetime, datetime]:
    """Return a local day as [start, end) in UTC: 23, 24 or 25 hours.

    Raises StoreError for a day that no clock can show.
    """
    if day == date.max:
        raise StoreError(f"{day} is outside the calendar; ask for an earlier day")
    return day_start(day, tz), day_start(day + timedelta(days=1), tz)


def day_edges(first: date, days: int, tz: ZoneInfo) -> list[int]:
    """Return when each of so many local days begins, and when the last ends [ms].

    Raises StoreError for a day that no clock can show.
    """
    ordinal = first.toordinal()
    if ordinal + days > date.max.toordinal():
        raise StoreError(f"{first} and {days} days are outside the calendar; ask for earlier days")
    return [to_ms(day_start(date.fromordinal(ordinal + n), tz)) for n in range(days + 1)]


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
    window = Window(to_ms(start), to_ms(end), step_s * 1000)
    sums = summed(store, gateway_id, window, list(dict.fromkeys(signals)))
    columns = {name: sums[name].means() for name in signals}
    first_ms, n_slots = window.start_ms, window.slots
    _fill(store, gateway_id, columns, range(first_ms, first_ms + n_slots * window.step_ms, window.step_ms))
    first_s = first_ms // 1000
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


def fitting_step_s(store: Store, gateway_id: int, start: datetime, end: datetime) -> int:
    """Return the smallest spacing of a curve that leaves hardly a slot between readings empty [s].

    Readings every 5 s fit into minutes; those of a fast emulated clock need
    more, even where only a part of the window was recorded so. Gaps do not count,
    nor does a single hole between readings that are close together.
    """
    import numpy as np

    at = times(store.raw(gateway_id), to_ms(start), to_ms(end))
    is_wide = np.diff(at) > int(STEPS_S[0] * 1000 / _ROOM)
    if len(is_wide) > 2:
        is_wide &= np.append(is_wide[1:], False) | np.append(False, is_wide[:-1])
    wide = is_wide.nonzero()[0]
    rows = zip(at[wide].tolist(), at[wide + 1].tolist(), strict=True)
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
