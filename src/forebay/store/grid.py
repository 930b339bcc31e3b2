"""What the record tells of the grid: its voltage and frequency by day, where they were off, and each outage."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from statistics import median
from zoneinfo import ZoneInfo

from forebay.records.outages import DARK_W, Outage, Passage, outages
from forebay.records.reading import app_pct
from forebay.records.spans import GRID_CONNECTED, SpanKind
from forebay.store.ageing import day_of_number, local_day_sql
from forebay.store.rollup import QUARTER_MS
from forebay.store.spans import spans
from forebay.store.state import from_ms, to_ms
from forebay.store.store import Store

QUANTITIES: dict[str, tuple[str, ...]] = {
    "voltage": ("site_voltage_v",),
    "frequency": ("site_frequency_hz", "battery_frequency_hz"),
}
"""What is told of the grid, and the signals it may be in: the first that is told counts.

Some firmware leaves out the frequency at the grid; while the house is connected, the packs' is the same.
"""
MOST = 500
"""Quarters of an hour that are looked into for excursions; more of them are only counted."""
_JOIN_MS = 300_000
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
    every = [name for names in QUANTITIES.values() for name in names]
    counts = ", ".join(f"total({name}_n)" for name in every)
    sql = f"SELECT {counts} FROM quarters WHERE gateway_id = ? AND start_ms >= ? AND start_ms < ?"  # noqa: S608
    row = store.database.rows(sql, (gateway_id, to_ms(window[0]), to_ms(window[1])))[0]
    told = {name for name, n in zip(every, row, strict=True) if n}
    return {
        quantity: next((name for name in names if name in told), names[0]) for quantity, names in QUANTITIES.items()
    }


def _whole_quarters(away: Sequence[Outage], until: datetime) -> str:
    """Return SQL that leaves out quarters of an hour in which the grid was away for a moment."""
    if not away:
        return ""
    spans_ms = [(to_ms(one.start) - QUARTER_MS, to_ms(one.end or until)) for one in away]
    return "".join(f" AND NOT (start_ms > {low} AND start_ms <= {high})" for low, high in spans_ms[:MOST])


def bands(
    store: Store, gateway_id: int, window: tuple[datetime, datetime], tz: ZoneInfo, away: Sequence[Outage]
) -> dict[date, dict[str, Band]]:
    """Return the bands of each local day of a window; quarters of an hour with an outage do not count."""
    start, end = window
    names = signals_of(store, gateway_id, window)
    parts = ", ".join(f"min({n}_min), sum({n}_sum), sum({n}_n), max({n}_max)" for n in names.values())
    day = local_day_sql(tz, start, end).replace("at_ms", "start_ms")
    sql = (
        f"SELECT {day}, {parts} FROM quarters WHERE gateway_id = ? AND start_ms >= ? AND start_ms < ?"  # noqa: S608
        f"{_whole_quarters(away, end)} GROUP BY 1 ORDER BY 1"
    )
    found: dict[date, dict[str, Band]] = {}
    for number, *values in store.database.rows(sql, (gateway_id, to_ms(start), to_ms(end))):
        of_day = {}
        for at, quantity in enumerate(names):
            low, total, n, high = values[4 * at : 4 * at + 4]
            if n:
                of_day[quantity] = Band(low, total / n, high)
        found[day_of_number(int(number))] = of_day
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
    for quantity, (low, high) in limits.items():
        name = names[quantity]
        sql = (
            f"SELECT start_ms FROM quarters WHERE gateway_id = ? AND start_ms >= ? AND start_ms < ?"  # noqa: S608
            f" AND ({name}_min < ? OR {name}_max > ?){_whole_quarters(away, end)} ORDER BY start_ms"
        )
        rows = store.database.rows(sql, (gateway_id, to_ms(start), to_ms(end), low, high))
        quarters += len(rows)
        select = f"SELECT at_ms, {name} FROM {{table}} WHERE {name} < {low!r} OR {name} > {high!r} ORDER BY at_ms"  # noqa: S608
        points: list[tuple[int, float]] = []
        for first_ms, until_ms in _runs([row[0] for row in rows[-MOST:]]):
            points += [row for part in store.raw(gateway_id).ask(select, first_ms, until_ms) for row in part]
        found += _joined(quantity, points, (low + high) / 2)
    return sorted(found, key=lambda one: one.start), quarters


def _runs(starts_ms: Sequence[int]) -> list[tuple[int, int]]:
    """Return quarters that follow each other as one span."""
    runs: list[tuple[int, int]] = []
    for at in starts_ms:
        if runs and runs[-1][1] == at:
            runs[-1] = (runs[-1][0], at + QUARTER_MS)
        else:
            runs.append((at, at + QUARTER_MS))
    return runs


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
