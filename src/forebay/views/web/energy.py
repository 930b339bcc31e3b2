"""The objects of /api/energy and /api/peaks: any span of the site's calendar, in buckets of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, timedelta
from enum import StrEnum
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from forebay.records.flows import FLOWS, Split
from forebay.store.energy import Energy, energy_between
from forebay.store.fed import PARTS, fed_between
from forebay.store.peaks import Peak, peaks
from forebay.store.query import day_bounds, zone
from forebay.store.store import Store
from forebay.views.web.answers import Answers, iso, rounded
from forebay.views.web.totals import added

MOST_BUCKETS = 4000


class By(StrEnum):
    """How long a bucket is."""

    QUARTER = "quarter"
    """A quarter of an hour."""
    HOUR = "hour"
    DAY = "day"
    WEEK = "week"
    """From Monday."""
    MONTH = "month"
    YEAR = "year"
    ALL = "all"
    """The span as one."""


_CLOCK: dict[By, timedelta] = {By.QUARTER: timedelta(minutes=15), By.HOUR: timedelta(hours=1)}
_NEXT: dict[By, Callable[[date], date]] = {
    By.DAY: lambda day: day + timedelta(days=1),
    By.WEEK: lambda day: day + timedelta(days=7 - day.weekday()),
    By.MONTH: lambda day: (day.replace(day=1) + timedelta(days=32)).replace(day=1),
    By.YEAR: lambda day: day.replace(year=day.year + 1, month=1, day=1),
}


def edges_of(first: date, end: date, by: By, tz: ZoneInfo) -> list[datetime]:
    """Return the rising edges of the buckets of [first, end), UTC; the first and the last may be cut short.

    first, end: days of the site's calendar. Raises ValueError for more than MOST_BUCKETS, StoreError for days
    outside the calendar.
    """
    start_at, end_at = day_bounds(first, tz)[0], day_bounds(end, tz)[0]
    if by in _CLOCK:
        if (end_at - start_at) / _CLOCK[by] > MOST_BUCKETS:
            raise ValueError(by)
        n = -((start_at - end_at) // _CLOCK[by])
        return [start_at + k * _CLOCK[by] for k in range(n)] + [end_at]
    edges, day = [start_at], first
    while by is not By.ALL and (day := _NEXT[by](day)) < end:
        edges.append(day_bounds(day, tz)[0])
        if len(edges) > MOST_BUCKETS:
            raise ValueError(by)
    return [*edges, end_at]


def energy_of(answers: Sequence[Answers], first: date, end: date, by: By) -> dict[str, Any]:
    """Return the object of /api/energy; of several gateways the sums."""
    tz = zone(answers[0].timezone)
    edges = edges_of(first, end, by, tz)
    told = [_of_one(one.store, i, edges) for one in answers if (i := one.gateway_id) is not None]
    kwh = {flow.name: _summed([one.kwh[flow.name] for one in told], len(edges) - 1) for flow in FLOWS}
    fed = {part: _summed([one.fed[part] for one in told], len(edges) - 1) for part in PARTS}
    totals = {name: added(column, 3) for name, column in kwh.items()}
    fed_totals = {name: added(column, 3) for name, column in fed.items()}
    return {
        "timezone": tz.key,
        "from": first.isoformat(),
        "to": end.isoformat(),
        "by": str(by),
        "start": iso(edges[0]),
        "end": iso(edges[-1]),
        "now": iso(answers[0].time()),
        "t": [int(edge.timestamp()) for edge in edges[:-1]],
        "kwh": {name: _rounded(column) for name, column in kwh.items()},
        "fed_kwh": {name: _rounded(column) for name, column in fed.items()},
        "covered": _lowest([one.covered for one in told], len(edges) - 1),
        "imported": _highest([one.imported for one in told], len(edges) - 1),
        "total": {
            "kwh": totals,
            "fed_kwh": fed_totals,
            "covered_ratio": rounded(_share([one.covered for one in told], edges, answers[0].time()), 4),
            "imported_ratio": rounded(_share([one.imported for one in told], edges, answers[0].time()), 4),
            **shares(totals, fed_totals),
        },
    }


class _Told:
    """What one gateway tells of the windows between edges."""

    def __init__(self, windows: Sequence[Mapping[str, Energy]], splits: Sequence[Split | None]) -> None:
        self.kwh = {flow.name: [_kwh(window[flow.name].wh) for window in windows] for flow in FLOWS}
        self.fed = {part: [None if s is None else getattr(s, part) / 1000 for s in splits] for part in PARTS}
        # Flows that were never told, such as the sun's where there is none, do not count as missing.
        told = [f.name for f in FLOWS if any(window[f.name].wh is not None for window in windows)]
        self.covered = [min((window[name].covered_ratio for name in told), default=0.0) for window in windows]
        self.imported = [max((window[name].imported_ratio for name in told), default=0.0) for window in windows]


def _of_one(store: Store, gateway_id: int, edges: Sequence[datetime]) -> _Told:
    windows = energy_between(store, gateway_id, edges)
    return _Told(windows, fed_between(store, gateway_id, edges, windows))


def _kwh(wh: float | None) -> float | None:
    """Return kWh; a counter's last-digit jitter is not shown as negative energy."""
    return None if wh is None else max(0.0, wh) / 1000


def _summed(columns: Sequence[Sequence[float | None]], n: int) -> list[float | None]:
    return [added([column[k] for column in columns], 6) for k in range(n)]


def _rounded(column: Sequence[float | None]) -> list[float | None]:
    return [rounded(value, 3) for value in column]


def _lowest(columns: Sequence[Sequence[float]], n: int) -> list[float]:
    return [round(min((column[k] for column in columns), default=0.0), 4) for k in range(n)]


def _highest(columns: Sequence[Sequence[float]], n: int) -> list[float]:
    return [round(max((column[k] for column in columns), default=0.0), 4) for k in range(n)]


def _share(columns: Sequence[Sequence[float]], edges: Sequence[datetime], now: datetime) -> float | None:
    """Return the part of the time until now that is accounted for; None where none of it has come yet."""
    lengths = [max(0.0, (min(end, now) - start).total_seconds()) for start, end in pairwise(edges)]
    whole = sum(lengths)
    if not whole or not columns:
        return None
    full = [(end - start).total_seconds() for start, end in pairwise(edges)]
    known = [sum(min(column[k] * full[k], lengths[k]) for k in range(len(full))) for column in columns]
    return min(known) / whole


def shares(kwh: Mapping[str, float | None], fed: Mapping[str, float | None]) -> dict[str, float | None]:
    """Return self-sufficiency and self-consumption of a span [%]; None where they cannot be told.

    Self-sufficiency is the part of the home's use that was not drawn from the grid, neither directly nor by way of
    the battery. Self-consumption is the part of the sun's energy that did not go to the grid.
    """
    home = _sum(fed, "solar_to_home", "battery_to_home", "grid_to_home")
    drawn = _sum(fed, "grid_to_home", "grid_to_battery")
    solar = _sum(fed, "solar_to_home", "solar_to_battery", "solar_to_grid")
    sent = fed["solar_to_grid"]
    has_sun = kwh["solar"] is not None and solar is not None and solar > 0
    return {
        "self_sufficiency_pct": None if not home or drawn is None else rounded(100 * max(0.0, 1 - drawn / home), 1),
        "self_consumption_pct": rounded(100 * (1 - sent / solar), 1)
        if has_sun and solar and sent is not None
        else None,
    }


def _sum(fed: Mapping[str, float | None], *names: str) -> float | None:
    values = [fed[name] for name in names]
    return None if any(value is None for value in values) else sum(value or 0.0 for value in values)


LEAST_W = 1.0
"""What is below this is no flow, but a meter at rest [W]."""


def peaks_of(answers: Sequence[Answers], first: date, end: date) -> dict[str, Any]:
    """Return the object of /api/peaks: the highest power of each flow among the readings, and when it was.

    Of several gateways: of their sum. Days are those of the first one's site.
    """
    tz = zone(answers[0].timezone)
    start_at, end_at = day_bounds(first, tz)[0], day_bounds(end, tz)[0]
    ids = [i for one in answers if (i := one.gateway_id) is not None]
    found = peaks(answers[0].store, ids, start_at, end_at)
    return {
        "timezone": tz.key,
        "from": first.isoformat(),
        "to": end.isoformat(),
        "peaks": {flow: _peak(peak) if peak and peak.power_w >= LEAST_W else None for flow, peak in found.items()},
    }


def _peak(peak: Peak) -> dict[str, Any]:
    told: dict[str, Any] = {"w": rounded(peak.power_w, 1), "at": iso(peak.at)}
    return {**told, "is_least": True} if peak.is_least else told
