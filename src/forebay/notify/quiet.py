"""Quiet hours on the site's clock, over midnight and through changes of the clock."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from forebay.errors import ConfigError


@dataclass(frozen=True, slots=True)
class QuietHours:
    """From `start` to `end` of every day, half-open; over midnight where `end` is the earlier one."""

    start: time
    end: time

    @classmethod
    def parse(cls, text: str) -> QuietHours:
        """Read "22:00-07:00". Raises ConfigError for hours of no length."""
        start, _, end = text.partition("-")
        if start == end:
            raise ConfigError("notify.quiet: begins when it ends; leave it out to have no quiet hours")
        return cls(time.fromisoformat(start), time.fromisoformat(end))

    def holds(self, at: datetime, zone: ZoneInfo) -> bool:
        """Whether the site's clock shows quiet hours at a UTC time."""
        shown = at.astimezone(zone).time()
        if self.start < self.end:
            return self.start <= shown < self.end
        return shown >= self.start or shown < self.end

    def until(self, at: datetime, zone: ZoneInfo) -> datetime:
        """Return when something of that time may be told [UTC]: at once, or when the quiet hours end.

        An hour that the clock shows twice is told of at its own end; an end that the clock skips is told of as if the
        clock had not been changed yet, or when the clock is changed where it would be quiet again by then.
        """
        if not self.holds(at, zone):
            return at
        today = at.astimezone(zone).date()
        ends = (
            datetime.combine(today + timedelta(days=days), self.end, zone).replace(fold=fold).astimezone(UTC)
            for days in (0, 1)
            for fold in (0, 1)
        )
        found = min((end for end in ends if end > at and not self.holds(end, zone)), default=None)
        if found is not None:
            return found
        minute = at.replace(second=0, microsecond=0)
        while self.holds(minute, zone):
            minute += timedelta(minutes=1)
        return minute
