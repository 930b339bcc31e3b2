"""When something happens, as a scenario says it: "18:00", "+2h30m", "+1d 18:00", 2026-01-10T18:00."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

_UNITS_S = {"d": 86_400, "h": 3_600, "m": 60, "min": 60, "s": 1}
_SPAN = re.compile(r"(?:\d+(?:\.\d+)?(?:d|h|min|m|s) ?)+")
_PART = re.compile(r"(\d+(?:\.\d+)?)(d|h|min|m|s)")
_DAY_TIME = re.compile(r"\+(\d{1,4})d (\d\d:\d\d(?::\d\d)?)")

SPANS = 'a span such as "45s", "30min", "2h" or "1d12h"'
MOMENTS = 'a local time such as "18:00", a span after the start such as "+2h", "+1d 18:00", or a date with a time'


def read_span_s(value: object) -> float:
    """Return a span in seconds; raises ValueError in words."""
    if not isinstance(value, str) or not _SPAN.fullmatch(value.strip()):
        raise ValueError(f"must be {SPANS}")
    return sum(float(number) * _UNITS_S[unit] for number, unit in _PART.findall(value))


@dataclass(frozen=True, slots=True)
class Moment:
    """An instant, relative to the start of a scenario unless `when` gives it.

    when: local time of the site without an offset, or an exact instant with one.
    days, clock: the local time of a day; None for days is the next time it comes.
    after_s: so long after the start [s].
    """

    when: datetime | None = None
    days: int | None = None
    clock: time | None = None
    after_s: float = 0.0

    def after(self, start: datetime, zone: ZoneInfo) -> datetime:
        """Return the instant [UTC] for a start [UTC]."""
        if self.when is not None:
            return (self.when if self.when.tzinfo else self.when.replace(tzinfo=zone)).astimezone(UTC)
        if self.clock is None:
            return start + timedelta(seconds=self.after_s)
        local = start.astimezone(zone)
        if self.days is not None:
            return _local(local + timedelta(days=self.days), self.clock, zone)
        today = _local(local, self.clock, zone)
        return today if today >= start else _local(local + timedelta(days=1), self.clock, zone)

    def is_surely_after(self, other: Moment) -> bool:
        """Whether this comes later than another wherever and whenever a scenario starts."""
        if self.when is not None and other.when is not None:
            return (self.when.tzinfo is None) == (other.when.tzinfo is None) and self.when > other.when
        if self.days is not None and other.days is not None and self.clock and other.clock:
            return (self.days, self.clock) > (other.days, other.clock)
        spans = all(one.when is None and one.clock is None for one in (self, other))
        return spans and self.after_s > other.after_s


def _local(day: datetime, clock: time, zone: ZoneInfo) -> datetime:
    return datetime.combine(day.date(), clock, zone).astimezone(UTC)


def read_moment(value: object) -> Moment:
    """Return a moment from a TOML value; raises ValueError in words."""
    match value:
        case datetime():
            return Moment(when=value)
        case time():
            return Moment(clock=value)
        case str():
            return _from_text(value.strip())
    raise ValueError(f"must be {MOMENTS}")


def _from_text(text: str) -> Moment:
    day_time = _DAY_TIME.fullmatch(text)
    try:
        if day_time:
            return Moment(days=int(day_time[1]), clock=time.fromisoformat(day_time[2]))
        if text.startswith("+"):
            return Moment(after_s=read_span_s(text[1:]))
        if re.fullmatch(r"\d\d:\d\d(:\d\d)?", text):
            return Moment(clock=time.fromisoformat(text))
        return Moment(when=datetime.fromisoformat(text))
    except ValueError as exc:
        raise ValueError(f"must be {MOMENTS}") from exc
