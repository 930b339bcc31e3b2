"""What a page of the dashboard is asked about, and how its answers write numbers."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from forebay.records.site import UNTOLD, Site
from forebay.store.query import day_bounds, site_zone
from forebay.store.state import from_ms
from forebay.store.store import Store

MONTHS = (
    "January February March April May June July August September October November December".split()  # noqa: SIM905
)
"""The months' names, whatever the language of the machine."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One gateway of a record at one time.

    gateway_id: None before anything was recorded. now: the recording's time. last: days to look back upon, today
    included. tz: the time zone of the site.
    """

    store: Store
    gateway_id: int | None
    now: datetime
    site: Site = UNTOLD
    last: int = 365
    tz: ZoneInfo = field(init=False)

    def __post_init__(self) -> None:
        """Look the time zone up, once for all that is asked."""
        tz = ZoneInfo("UTC") if self.gateway_id is None else site_zone(self.store, self.gateway_id)
        object.__setattr__(self, "tz", tz)

    @property
    def window(self) -> tuple[datetime, datetime]:
        """The `last` local days that end with today, in UTC, not before the record."""
        today = self.now.astimezone(self.tz).date()
        start = day_bounds(today - timedelta(days=self.last - 1), self.tz)[0]
        end = day_bounds(today, self.tz)[1]
        first = self.first
        return (start if first is None else max(start, day_bounds(first.astimezone(self.tz).date(), self.tz)[0])), end

    @property
    def first(self) -> datetime | None:
        """The time of the first reading, None where there is none."""
        if self.gateway_id is None:
            return None
        sql = "SELECT min(start_ms) FROM quarters WHERE gateway_id = ?"
        quarter = self.store.database.rows(sql, (self.gateway_id,))[0][0]
        sql = "SELECT min(at_ms) FROM samples WHERE gateway_id = ?"
        sample = self.store.database.rows(sql, (self.gateway_id,))[0][0]
        known = [ms for ms in (quarter, sample) if ms is not None]
        return from_ms(min(known)) if known else None


def iso(at: datetime | None) -> str | None:
    """Write a time as ISO 8601 UTC with "Z", to the second."""
    return None if at is None else at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def rounded(value: float | None, digits: int = 1) -> float | None:
    """Round for the wire, without a negative zero; None stays None."""
    return None if value is None else round(value, digits) + 0.0


def kwh_words(wh: float) -> str:
    """Return an energy in words: "13.5 kWh", "820 Wh"."""
    return f"{wh:.0f} Wh" if abs(wh) < 1000 else f"{wh / 1000:.3g} kWh" if abs(wh) < 1e6 else f"{wh / 1000:,.0f} kWh"


def date_words(day: date) -> str:
    """Return a date in words: "1 April 2023"."""
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}"


def percent_words(ratio: float) -> str:
    """Return a ratio in words: "91 %", "0.4 %"."""
    return f"{100 * ratio:.0f} %" if ratio >= 0.095 or ratio == 0 else f"{100 * ratio:.1f} %"


def length_words(seconds: float) -> str:
    """Return a length of time as people say it: "44 s", "1 min 35 s", "7 min", "2 h 20 min", "3 days 4 h"."""
    minutes = round(seconds / 60)
    if seconds < 59.5:
        return f"{seconds:.0f} s"
    if seconds < 300:
        minutes, left = divmod(round(seconds), 60)
        return f"{minutes} min {left} s" if left else f"{minutes} min"
    if minutes < 60:
        return f"{minutes} min"
    hours, left = divmod(minutes, 60)
    if hours < 48:
        return f"{hours} h {left} min" if left else f"{hours} h"
    days, hours = divmod(hours, 24)
    return f"{days} days {hours} h" if hours and days < 14 else f"{days} days"
