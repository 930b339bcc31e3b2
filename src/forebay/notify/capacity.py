"""What the full packs held in each of the last months, read little by little: a year of readings is much at once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from statistics import median, median_low

from forebay.notify.condition import Look
from forebay.notify.settings import CapacityDroppedRule
from forebay.store.ageing import CapacityDay, capacity_days, months_between
from forebay.store.query import site_zone
from forebay.store.store import Store

WEEK, YEAR = timedelta(days=7), timedelta(days=365)
FEWEST_DAYS = 3
"""Days that this week needs."""
MONTH_DAYS = 10
"""Days that a month needs to be compared with."""
OVER_RATIO = 0.7
"""The drop is over when it is less than this share of what is told."""


@dataclass(frozen=True, slots=True)
class Month:
    """What the full packs held in a month: the median of its days [Wh], and how many packs there were."""

    name: str
    full_wh: float
    packs: frozenset[int]


class Capacity:
    """Remembers the months that are over, so that each is read once."""

    def __init__(self) -> None:
        self._months: dict[tuple[int, datetime], Month | None] = {}

    def read_on(self, store: Store, gateway_id: int, now: datetime) -> bool:
        """Whether every month that is over is known; reads one that is not."""
        for start, end in self._spans(store, gateway_id, now):
            if (gateway_id, start) not in self._months and end <= now - WEEK:
                self._months[gateway_id, start] = self._month(store, gateway_id, start, end)
                return False
        return True

    def look(self, store: Store, gateway_id: int, now: datetime, rule: CapacityDroppedRule) -> Look | None:
        """Look at this week beside the best month of the last year; None where either is not known."""
        zone = site_zone(store, gateway_id)
        week = capacity_days(store, gateway_id, now - WEEK, now, zone)
        months = []
        for start, end in self._spans(store, gateway_id, now):
            known = self._months.get((gateway_id, start))
            if (gateway_id, start) not in self._months and start < now - WEEK:
                known = self._month(store, gateway_id, start, min(end, now - WEEK))
            if known is not None:
                months.append(known)
        if len(week) < FEWEST_DAYS or not months:
            return None
        best = max(months, key=lambda month: month.full_wh)
        now_wh = median_low(day.full_wh for day in week)
        drop_pct = 100 * (1 - now_wh / best.full_wh)
        packs = week[-1].packs
        is_changed = packs is not None and best.packs and best.packs != {packs}
        then = "/".join(map(str, sorted(best.packs)))
        values: dict[str, float | str] = {
            "drop_pct": round(drop_pct, 1),
            "now_kwh": round(now_wh / 1000, 2),
            "best_kwh": round(best.full_wh / 1000, 2),
            "best_month": best.name,
            "packs": f"The gateway counts {packs} packs now, and {then} then." if is_changed else "",
        }
        holds = True if drop_pct >= rule.percent else False if drop_pct < rule.percent * OVER_RATIO else None
        return Look("", holds, now, values)

    @staticmethod
    def _spans(store: Store, gateway_id: int, now: datetime) -> list[tuple[datetime, datetime]]:
        zone = site_zone(store, gateway_id)
        edges = months_between((now - YEAR).astimezone(zone).date(), now.astimezone(zone).date(), zone)
        return list(pairwise(edges))

    @staticmethod
    def _month(store: Store, gateway_id: int, start: datetime, end: datetime) -> Month | None:
        zone = site_zone(store, gateway_id)
        days: list[CapacityDay] = [d for d in capacity_days(store, gateway_id, start, end, zone) if d.full_wh > 0]
        if len(days) < MONTH_DAYS:
            return None
        packs = frozenset(day.packs for day in days if day.packs is not None)
        return Month(f"{start.astimezone(zone):%Y-%m}", median(day.full_wh for day in days), packs)
