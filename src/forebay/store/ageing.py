"""What the record tells of the battery's age: its capacity by day, what went through it, what came back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from forebay.records.ageing import round_trip_ratio, weighted_median
from forebay.store.energy import energy_between
from forebay.store.query import day_bounds
from forebay.store.state import from_ms, to_ms
from forebay.store.store import Store

COVERED = 0.95
"""How much of a month must be accounted for to tell its round trip."""
NEAR_S = 6 * 3600
"""How far from a month's edge the packs' energy may have been read [s]."""


@dataclass(frozen=True, slots=True)
class CapacityDay:
    """What full packs held on a local day: the median of that day's readings [Wh].

    packs: how many there were, the median too; None where the gateway did not tell.
    """

    day: date
    full_wh: float
    packs: int | None
    n: int


@dataclass(frozen=True, slots=True)
class RoundTrip:
    """What went into the packs in a window and what came back [Wh].

    gained_wh: how much more they held at its end. ratio: None where it cannot be told.
    covered_ratio: the part of the window that the energies account for, 0-1.
    """

    start: datetime
    end: datetime
    charged_wh: float | None
    discharged_wh: float | None
    gained_wh: float | None
    covered_ratio: float
    ratio: float | None


def local_day_sql(tz: ZoneInfo, start: datetime, end: datetime) -> str:
    """Return SQL for the number of the local day (since 1970) of `at_ms` in [start, end).

    Both SQLite and DuckDB read it. Changes of the clock are looked for hour by hour.
    """
    changes = _offsets(tz, start, end)
    cases = "".join(f" WHEN at_ms < {until} THEN {offset}" for offset, until in changes[:-1])
    last = changes[-1][0]
    shift = f"CASE{cases} ELSE {last} END" if cases else str(last)
    local = f"(at_ms + {shift})"
    return f"(({local} - {local} % 86400000) / 86400000)"


def _offsets(tz: ZoneInfo, start: datetime, end: datetime) -> list[tuple[int, int]]:
    """Return (offset from UTC, until when) in order [ms]."""

    def offset(at: datetime) -> timedelta:
        return at.astimezone(tz).utcoffset() or timedelta(0)

    found, at = [], start.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    step, fine = timedelta(days=7), timedelta(minutes=15)
    while at < end:
        later = at + step
        if offset(at) != offset(later):
            before, low, high = offset(at), at, later
            while high - low > fine:
                middle = low + ((high - low) // 2 // fine or 1) * fine
                low, high = (middle, high) if offset(middle) == before else (low, middle)
            found.append((before // timedelta(milliseconds=1), to_ms(high)))
            later = high
        at = later
    return [*found, (offset(max(at, end)) // timedelta(milliseconds=1), to_ms(end))]


def day_of_number(number: int) -> date:
    """Return the date of a day counted from 1970."""
    return date(1970, 1, 1) + timedelta(days=number)


def slow_bounds(store: Store, gateway_id: int) -> tuple[datetime, datetime] | None:
    """Return the times of the first and the last slow reading, None where there is none."""
    sql = (
        "SELECT min(t), max(u) FROM (SELECT min(at_ms) AS t, max(at_ms) AS u FROM slow_samples WHERE gateway_id = ?"
        " UNION ALL SELECT min(start_ms), max(end_ms) FROM segments WHERE gateway_id = ? AND kind = 'slow_samples')"
    )
    low, high = store.database.rows(sql, (gateway_id, gateway_id))[0]
    return None if low is None else (from_ms(low), from_ms(high))


def capacity_days(store: Store, gateway_id: int, start: datetime, end: datetime, tz: ZoneInfo) -> list[CapacityDay]:
    """Return the capacity of each local day of [start, end) that has one, in order.

    Values are counted to the watt-hour, so that a day kept in two places has one median.
    """
    if end <= start:
        return []
    day = local_day_sql(tz, start, end)
    select = (
        f"SELECT {day} AS day, round(pack_full_wh) AS wh, pack_count, count(*) FROM {{table}}"  # noqa: S608
        " WHERE pack_full_wh IS NOT NULL GROUP BY 1, 2, 3"
    )
    values: dict[int, dict[float, int]] = {}
    packs: dict[int, dict[float, int]] = {}
    for rows in store.raw(gateway_id, "slow_samples").ask(select, to_ms(start), to_ms(end)):
        for number, wh, count, n in rows:
            of_day = values.setdefault(int(number), {})
            of_day[float(wh)] = of_day.get(float(wh), 0) + n
            if count is not None:
                counts = packs.setdefault(int(number), {})
                counts[float(count)] = counts.get(float(count), 0) + n
    found = []
    for number in sorted(values):
        known = packs.get(number)
        found.append(
            CapacityDay(
                day_of_number(number),
                weighted_median(list(values[number].items())),
                None if known is None else int(weighted_median(list(known.items()))),
                sum(values[number].values()),
            )
        )
    return found


def months_between(first: date, last: date, tz: ZoneInfo) -> list[datetime]:
    """Return the starts of the local months from that of `first` to the one after `last`, in UTC."""
    edges, year, month = [], first.year, first.month
    while (year, month) <= (last.year, last.month):
        edges.append(day_bounds(date(year, month, 1), tz)[0])
        year, month = (year + 1, 1) if month == 12 else (year, month + 1)
    return [*edges, day_bounds(date(year, month, 1), tz)[0]]


def round_trips(store: Store, gateway_id: int, edges: Sequence[datetime]) -> list[RoundTrip]:
    """Return what went into the packs and came back in each window between neighbouring edges.

    What they held at an edge is the slow reading nearest to it, within `NEAR_S`.
    """
    if len(edges) < 2:
        return []
    held = _held_at(store, gateway_id, edges)
    found = []
    for i, ((start, end), window) in enumerate(
        zip(pairwise(edges), energy_between(store, gateway_id, edges), strict=True)
    ):
        charged, discharged = window["battery_in"], window["battery_out"]
        before, after = held[i], held[i + 1]
        gained = None if before is None or after is None else after - before
        covered = min(charged.covered_ratio, discharged.covered_ratio)
        ratio = None
        if charged.wh is not None and discharged.wh is not None and gained is not None and covered >= COVERED:
            ratio = round_trip_ratio(charged.wh, discharged.wh, gained)
        found.append(RoundTrip(start, end, charged.wh, discharged.wh, gained, covered, ratio))
    return found


def _held_at(store: Store, gateway_id: int, edges: Sequence[datetime]) -> list[float | None]:
    raw = store.raw(gateway_id, "slow_samples")
    held: list[float | None] = []
    for edge in edges:
        at = to_ms(edge)
        select = (
            f"SELECT at_ms, pack_remaining_wh FROM {{table}} WHERE pack_remaining_wh IS NOT NULL"  # noqa: S608
            f" ORDER BY abs(at_ms - {at}) LIMIT 1"
        )
        rows = [row for part in raw.ask(select, at - NEAR_S * 1000, at + NEAR_S * 1000) for row in part]
        nearest = min(rows, key=lambda row: abs(row[0] - at), default=None)
        held.append(None if nearest is None else float(nearest[1]))
    return held
