"""What the roof made by quarter of an hour, day beside day, and how each day compares with a clear one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from forebay.records.clear_day import QUARTERS, DayOfSun, clear_days, judge
from forebay.store.kept import SUN, KeptDays, kept_days
from forebay.store.rollup import QUARTER_MS
from forebay.store.state import from_ms, to_ms
from forebay.store.store import Store

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

_DAY_MS = QUARTERS * QUARTER_MS
_FOR_EVER_MS = 1 << 62
_EPOCH = date(1970, 1, 1).toordinal()


@dataclass(frozen=True, slots=True)
class Sun:
    """The roof's days. A row begins at midnight of the site's standard time, so that the sun is in one place all year.

    offset: of that time from UTC. ordinals: dates of the rows. power_w: means by quarter, shape (n, 96) [W];
    NaN where there was no reading.
    """

    offset: timedelta
    ordinals: Array
    power_w: Array

    def time(self, day: date, quarter: int) -> datetime:
        """Return when a quarter of a day begins."""
        midnight = datetime(day.year, day.month, day.day, tzinfo=UTC)
        return midnight - self.offset + timedelta(minutes=15 * quarter)

    def row(self, day: date) -> Array:
        """Return the powers of a day, NaN where there are none."""
        import numpy as np

        found = (self.ordinals == day.toordinal()).nonzero()[0]
        return self.power_w[found[0]] if len(found) else np.full(QUARTERS, np.nan)

    def clear(self, first: date, last: date) -> Array:
        """Return the clear days from `first` to `last`, shape (n, 96) [W]; NaN where they are not known yet."""
        import numpy as np

        return clear_days(self.ordinals, self.power_w, np.arange(first.toordinal(), last.toordinal() + 1))


def standard_offset(tz: ZoneInfo, year: int) -> timedelta:
    """Return the smaller of a zone's offsets from UTC in winter and in summer."""
    offsets = (datetime(year, month, 1, tzinfo=tz).utcoffset() for month in (1, 7))
    return min(offset or timedelta(0) for offset in offsets)


def sun(store: Store, gateway_id: int, tz: ZoneInfo, year: int, *, since: datetime | None = None) -> Sun:
    """Return all days of the roof that were put together by quarter of an hour, or those since then.

    year: whose standard time is meant.
    """
    import numpy as np

    offset = standard_offset(tz, year)
    offset_ms = int(offset.total_seconds()) * 1000
    low_ms = 0 if since is None else to_ms(since)
    kept = kept_days(store.database, gateway_id, SUN, (low_ms, _FOR_EVER_MS), QUARTERS)
    is_day = ((kept.starts_ms + offset_ms) % _DAY_MS == 0) & (kept.ends_ms - kept.starts_ms == _DAY_MS)
    if not is_day.all():  # kept for another time zone
        kept = KeptDays(kept.starts_ms[is_day], kept.ends_ms[is_day], kept.told[is_day])
    rest = [row for span in kept.others(low_ms, _FOR_EVER_MS) for row in _quarters(store, gateway_id, span)]
    some = np.array(rest, dtype=np.float64).reshape(len(rest), 2)
    local_ms = some[:, 0].astype(np.int64) + offset_ms
    ordinals, row = np.unique(local_ms // _DAY_MS, return_inverse=True)
    power = np.full((len(ordinals), QUARTERS), np.nan)
    power[row, local_ms % _DAY_MS // QUARTER_MS] = some[:, 1]
    has_sun = ~np.isnan(kept.told).all(axis=1)
    ordinals = np.concatenate([ordinals, (kept.starts_ms[has_sun] + offset_ms) // _DAY_MS])
    order = np.argsort(ordinals, kind="stable")
    return Sun(offset, ordinals[order] + _EPOCH, np.concatenate([power, kept.told[has_sun]])[order])


def _quarters(store: Store, gateway_id: int, span: tuple[int, int]) -> list[tuple[int, float]]:
    """Return the mean power of the roof in each quarter of an hour of a span [ms] that tells it: (when, W)."""
    sql = (
        "SELECT start_ms, solar_power_w_sum / solar_power_w_n FROM quarters"
        " WHERE gateway_id = ? AND start_ms >= ? AND start_ms < ? AND solar_power_w_n > 0 ORDER BY start_ms"
    )
    return [(at_ms, mean_w) for at_ms, mean_w in store.database.rows(sql, (gateway_id, *span))]


def sun_to_keep(store: Store, gateway_id: int, edges_ms: Sequence[int]) -> Array:
    """Return what is kept of days of 24 hours, shape (n, 96) [W]; NaN where there was no reading."""
    import numpy as np

    found = np.full((len(edges_ms) - 1) * QUARTERS, np.nan)
    for at_ms, mean_w in _quarters(store, gateway_id, (edges_ms[0], edges_ms[-1])):
        found[(at_ms - edges_ms[0]) // QUARTER_MS] = mean_w
    return found.reshape(-1, QUARTERS)


@dataclass(frozen=True, slots=True)
class SunDay:
    """A day of the roof beside its clear day."""

    day: date
    judged: DayOfSun


def sun_days(roof: Sun, first: date, last: date) -> list[SunDay]:
    """Return how each day from `first` to `last` compares with its clear day, in order."""
    clear = roof.clear(first, last)
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    rows = {ordinal: n for n, ordinal in enumerate(roof.ordinals.tolist())}
    unread = roof.row(date.min)
    found = []
    for day, clear_w in zip(days, clear, strict=True):
        n = rows.get(day.toordinal())
        found.append(SunDay(day, judge(unread if n is None else roof.power_w[n], clear_w)))
    return found


def charge_within(store: Store, gateway_id: int, start: datetime, end: datetime) -> float | None:
    """Return the highest charge in the quarters of [start, end) on the gateway's scale [%], None if none is known."""
    sql = "SELECT max(charge_wire_pct_max) FROM quarters WHERE gateway_id = ? AND start_ms >= ? AND start_ms < ?"
    bounds = (int(start.timestamp() * 1000), int(end.timestamp() * 1000))
    value: float | None = store.database.rows(sql, (gateway_id, *bounds))[0][0]
    return value


def last_quarter(store: Store, gateway_id: int) -> datetime | None:
    """Return the end of the last quarter of an hour that was put together."""
    sql = "SELECT max(start_ms) FROM quarters WHERE gateway_id = ?"
    start_ms = store.database.rows(sql, (gateway_id,))[0][0]
    return None if start_ms is None else from_ms(start_ms + QUARTER_MS)
