"""What the record tells of the grid: its voltage and frequency by day, where they were off, and each outage."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise
from statistics import median
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from forebay.records.outages import DARK_W, Outage, Passage, outages
from forebay.records.reading import app_pct
from forebay.records.spans import GRID_CONNECTED, SpanKind
from forebay.store.kept import GRID, Span, kept_days, runs_of
from forebay.store.query import day_edges
from forebay.store.rollup import QUARTER_MS
from forebay.store.spans import spans
from forebay.store.state import from_ms, to_ms
from forebay.store.store import Store

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

QUANTITIES: dict[str, tuple[str, ...]] = {
    "voltage": ("site_voltage_v",),
    "frequency": ("site_frequency_hz", "battery_frequency_hz"),
}
"""What is told of the grid, and the signals it may be in: the first that is told counts.

Some firmware leaves out the frequency at the grid; while the house is connected, the packs' is the same.
"""
MOST = 500
"""Quarters of an hour that are looked into for excursions; more of them are only counted."""
GRID_WIDTH = 13
_JOIN_MS = 300_000
_SIGNALS = tuple(name for names in QUANTITIES.values() for name in names)
_NEVER_OFF_S = 1.0


@dataclass(frozen=True, slots=True)
class Band:
    """Least, mean and greatest of a quantity on a local day, while the grid was there."""

    low: float
    mean: float
    high: float


@dataclass(frozen=True, slots=True)
class Excursion:
    """Time outside the band, from its first reading to its last; extreme is what was farthest out."""

    quantity: str
    start: datetime
    end: datetime
    extreme: float
    readings: int


def all_outages(store: Store, gateway_id: int, start: datetime, end: datetime) -> list[Outage]:
    """Return the outages that overlap [start, end), in order."""
    found = spans(store, gateway_id, start, end, (SpanKind.GRID,))
    return outages((span.name, span.start, span.end) for span in found if span.name != GRID_CONNECTED)


def signals_of(store: Store, gateway_id: int, window: tuple[datetime, datetime]) -> dict[str, str]:
    """Return by quantity the signal that was told in a window; the first one where none was."""
    start_ms, end_ms = to_ms(window[0]), to_ms(window[1])
    kept = kept_days(store.database, gateway_id, GRID, (start_ms, end_ms), GRID_WIDTH)
    others = list(kept.others(start_ms, end_ms))

    def is_told(name: str) -> bool:
        if len(kept.told) and kept.told[:, _column(name)].any():
            return True
        sql = f"SELECT 1 FROM quarters WHERE gateway_id = ? AND start_ms >= ? AND start_ms < ? AND {name}_n LIMIT 1"  # noqa: S608
        return any(store.database.rows(sql, (gateway_id, *span)) for span in others)

    return {quantity: next(filter(is_told, names), names[0]) for quantity, names in QUANTITIES.items()}


def _column(name: str) -> int:
    """Return where a kept day tells a signal: how many readings, their sum, the least, the greatest."""
    return 1 + 4 * _SIGNALS.index(name)


def _whole_quarters(away: Sequence[Outage], until: datetime) -> str:
    """Return SQL that leaves out quarters of an hour in which the grid was away for a moment."""
    if not away:
        return ""
    return "".join(f" AND NOT (start_ms > {low} AND start_ms <= {high})" for low, high in _away_ms(away, until))


def _away_ms(away: Sequence[Outage], until: datetime) -> list[Span]:
    """Return between which times the quarters of an hour begin in which the grid was away [ms]."""
    return [(to_ms(one.start) - QUARTER_MS, to_ms(one.end or until)) for one in away[:MOST]]


def bands(
    store: Store, gateway_id: int, window: tuple[datetime, datetime], tz: ZoneInfo, away: Sequence[Outage]
) -> dict[date, dict[str, Band]]:
    """Return the bands of each local day of a window; quarters of an hour with an outage do not count."""
    names = signals_of(store, gateway_id, window)
    start_ms, end_ms = to_ms(window[0]), to_ms(window[1])
    first, last = (at.astimezone(tz).date() for at in window)
    edges_ms = day_edges(first, (last - first).days + 1, tz)
    kept = kept_days(store.database, gateway_id, GRID, (start_ms, end_ms), GRID_WIDTH)
    rows = kept.rows_of(list(pairwise(edges_ms)))
    for low, high in _away_ms(away, window[1]):  # of such a day some quarters do not count
        rows[max(0, bisect_right(edges_ms, low) - 1) : bisect_right(edges_ms, high)] = -1
    told = {n: kept.told[row].tolist() for n, row in enumerate(rows.tolist()) if row >= 0}
    without = _whole_quarters(away, window[1])
    for begin, until in runs_of(edges_ms, (rows < 0).nonzero()[0].tolist()):
        span = max(start_ms, edges_ms[begin]), min(end_ms, edges_ms[until])
        for n, row in _by_day(store, gateway_id, edges_ms[begin : until + 1], span, without).items():
            told[begin + n] = row
    found: dict[date, dict[str, Band]] = {}
    for n in sorted(told):
        if not told[n][0]:
            continue
        of_day = found.setdefault(first + timedelta(days=n), {})
        for quantity, name in names.items():
            count, total, low, high = told[n][_column(name) : _column(name) + 4]
            if count:
                of_day[quantity] = Band(low, total / count, high)
    return found


def _by_day(
    store: Store, gateway_id: int, edges_ms: Sequence[int], span: Span, without: str = ""
) -> dict[int, list[float]]:
    """Return what quarters of an hour of a span sum up to, by number of the day, all of which have one length."""
    parts = ", ".join(f"total({n}_n), total({n}_sum), min({n}_min), max({n}_max)" for n in _SIGNALS)
    sql = (
        f"SELECT (start_ms - ?) / ?, count(*), {parts} FROM quarters"  # noqa: S608
        f" WHERE gateway_id = ? AND start_ms >= ? AND start_ms < ?{without} GROUP BY 1"
    )
    rows = store.database.rows(sql, (edges_ms[0], edges_ms[1] - edges_ms[0], gateway_id, *span))
    return {n: [math.nan if value is None else value for value in row] for n, *row in rows}


def grid_to_keep(store: Store, gateway_id: int, edges_ms: Sequence[int]) -> Array:
    """Return what is kept of days of one length, shape (n, `GRID_WIDTH`): the number of quarters, then by signal."""
    import numpy as np

    found = np.zeros((len(edges_ms) - 1, GRID_WIDTH))
    for n, row in _by_day(store, gateway_id, edges_ms, (edges_ms[0], edges_ms[-1])).items():
        found[n] = row
    return found


def usual(days: dict[date, dict[str, Band]], quantity: str) -> float | None:
    """Return what a quantity usually is: the median of the days' means; None where it was never told or is 0."""
    means = [day[quantity].mean for day in days.values() if quantity in day and day[quantity].mean > 0]
    return median(means) if means else None


def excursions(
    store: Store,
    gateway_id: int,
    window: tuple[datetime, datetime],
    limits: dict[str, tuple[float, float]],
    away: Sequence[Outage],
) -> tuple[list[Excursion], int]:
    """Return when a quantity was outside its limits (low, high), in order, and in how many quarters of an hour.

    Readings within five minutes of each other are one excursion. Only the last `MOST` quarters are looked into.
    """
    start, end = window
    found: list[Excursion] = []
    quarters = 0
    names = signals_of(store, gateway_id, window)
    kept = kept_days(store.database, gateway_id, GRID, (to_ms(start), to_ms(end)), GRID_WIDTH)
    others = list(kept.others(to_ms(start), to_ms(end)))
    without = _whole_quarters(away, end)
    for quantity, (low, high) in limits.items():
        name = names[quantity]
        least, most = (kept.told[:, _column(name) + n] for n in (2, 3))
        is_off = (least < low) | (most > high)
        off = zip(kept.starts_ms[is_off].tolist(), kept.ends_ms[is_off].tolist(), strict=True)
        sql = (
            f"SELECT start_ms FROM quarters WHERE gateway_id = ? AND start_ms >= ? AND start_ms < ?"  # noqa: S608
            f" AND ({name}_min < ? OR {name}_max > ?){without} ORDER BY start_ms"
        )
        rows = [
            row
            for span in _in_one(sorted([*others, *off]))
            for row in store.database.rows(sql, (gateway_id, *span, low, high))
        ]
        quarters += len(rows)
        select = f"SELECT at_ms, {name} FROM {{table}} WHERE {name} < {low!r} OR {name} > {high!r} ORDER BY at_ms"  # noqa: S608
        points: list[tuple[int, float]] = []
        for first_ms, until_ms in _in_one([(row[0], row[0] + QUARTER_MS) for row in rows[-MOST:]]):
            points += [row for part in store.raw(gateway_id).ask(select, first_ms, until_ms) for row in part]
        found += _joined(quantity, points, (low + high) / 2)
    return sorted(found, key=lambda one: one.start), quarters


def _in_one(spans_ms: Sequence[Span]) -> list[Span]:
    """Return spans that follow each other as one."""
    found: list[Span] = []
    for low, high in spans_ms:
        if found and found[-1][1] == low:
            found[-1] = found[-1][0], high
        else:
            found.append((low, high))
    return found


def _joined(quantity: str, points: Sequence[tuple[int, float]], middle: float) -> list[Excursion]:
    found: list[Excursion] = []
    for at_ms, value in points:
        at = from_ms(at_ms)
        last = found[-1] if found else None
        if last is not None and at_ms - to_ms(last.end) <= _JOIN_MS:
            extreme = max(last.extreme, value, key=lambda one: abs(one - middle))
            found[-1] = Excursion(quantity, last.start, at, extreme, last.readings + 1)
        else:
            found.append(Excursion(quantity, at, at, value, 1))
    return found


def passage(store: Store, gateway_id: int, outage: Outage, now: datetime) -> Passage:
    """Return what was read during an outage. Raises StoreError."""
    end = outage.end or now
    select = (
        f"SELECT count(load_power_w), min(load_power_w), min(charge_wire_pct),"  # noqa: S608
        f" sum(CASE WHEN load_power_w < {DARK_W} THEN 1 ELSE 0 END) FROM {{table}}"
    )
    parts = [row for part in store.raw(gateway_id).ask(select, to_ms(outage.start), to_ms(end)) for row in part]
    loads = [row[1] for row in parts if row[1] is not None]
    charges = [row[2] for row in parts if row[2] is not None]
    unseen = sum(
        (min(gap.end or end, end) - max(gap.start, outage.start)).total_seconds()
        for gap in store.gaps(gateway_id, outage.start, end)
    )
    n = sum(row[0] for row in parts)
    seen_s = max(0.0, (end - outage.start).total_seconds() - unseen)
    return Passage(
        n,
        unseen,
        seen_s * sum(row[3] or 0 for row in parts) / n if n else 0.0,
        min(loads) if loads else None,
        app_pct(min(charges)) if charges else None,
    )


def since_ever(now: datetime) -> tuple[datetime, datetime]:
    """Return a window that holds every record."""
    return from_ms(0), now + timedelta(seconds=_NEVER_OFF_S)
