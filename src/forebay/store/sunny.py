"""Whether the sun's power is missing just now, by the clear day that the Solar page draws too.

The rule: a quarter of an hour is sunny if the roof's clear day (records/clear_day.py, learned from the last month)
makes at least three tenths of its best quarter then. Production is missing when the last hours were sunny throughout,
were read throughout, and made less than a small share of the clear day in each quarter: no cloud does that.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from forebay.records.clear_day import QUARTERS
from forebay.store.production import last_quarter, sun
from forebay.store.store import Store

LEARNED_DAYS = 31
SUNNY_RATIO = 0.3
QUARTER = timedelta(minutes=15)
STILL_W = 50.0
"""A roof whose clear day is nowhere better is taken for none [W]."""


@dataclass(frozen=True, slots=True)
class LastHours:
    """The last whole quarters of an hour up to `end`.

    dark_since: since when there was no production in sunny quarters, None where the last one had some.
    made_wh, clear_wh: what was made since then, and what a clear day makes [Wh].
    is_sunny: whether the last quarter was sunny; only then `dark_since` tells.
    """

    end: datetime
    is_sunny: bool
    dark_since: datetime | None
    made_wh: float
    clear_wh: float


def last_hours(store: Store, gateway_id: int, tz: ZoneInfo, *, percent: float) -> LastHours | None:
    """Return whether production is missing at the end of the record; None where nobody knows what is usual.

    percent: less than this share of the clear day is none [%].
    """
    import numpy as np

    end = last_quarter(store, gateway_id)
    if end is None:
        return None
    roof = sun(store, gateway_id, tz, end.year, since=end - timedelta(days=LEARNED_DAYS))
    local = end - QUARTER + roof.offset
    day, last = local.date(), (local.hour * 60 + local.minute) // 15
    made_w, clear_w = roof.row(day), roof.clear(day, day)[0]
    best_w = 0.0 if np.isnan(clear_w).all() else float(np.nanmax(clear_w))
    if best_w < STILL_W or last >= QUARTERS or np.isnan(made_w[last]):
        return None
    sunny = np.nan_to_num(clear_w) >= SUNNY_RATIO * best_w
    dark = sunny & ~np.isnan(made_w) & (np.nan_to_num(made_w, nan=np.inf) < clear_w * percent / 100)
    first = last + 1
    while first > 0 and dark[first - 1]:
        first -= 1
    made_wh = float(np.maximum(made_w[first : last + 1], 0.0).sum() / 4)
    clear_wh = float(clear_w[first : last + 1].sum() / 4)
    return LastHours(end, bool(sunny[last]), roof.time(day, first) if first <= last else None, made_wh, clear_wh)
