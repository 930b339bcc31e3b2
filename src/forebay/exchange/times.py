"""Times as other programs write them: with an offset, local without one, or a day alone."""

from __future__ import annotations

import re
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from forebay.errors import ConfigError
from forebay.exchange.intake import Refused
from forebay.store.state import to_ms

FIRST_YEAR, LAST_YEAR = 2000, 2199
"""The years of which a home's history is taken."""


class Times:
    """Reads the times of one file, top to bottom, in a zone.

    A local time that the clock shows twice is the earlier one, unless a row
    before it was as late; one that no clock shows is refused. `falls` says that
    the newest row is the first.
    """

    def __init__(self, zone: ZoneInfo | None, form: str | None = None, *, falls: bool = False) -> None:
        self._zone = zone
        self._form = form
        self._last_ms: int | None = None
        self.falls = falls

    def read(self, text: str) -> datetime:
        """Return a time as it is written, with or without an offset. Raises Refused."""
        text = text.strip()
        midnight = re.fullmatch(r"(.*[ T])24:00(:00)?", text)  # the end of a day, as meters say it
        plain = f"{midnight[1]}00:00{midnight[2] or ''}" if midnight else text
        try:
            at = datetime.strptime(plain, self._form) if self._form else datetime.fromisoformat(plain)  # noqa: DTZ007
        except ValueError as exc:
            hint = "such as 2026-06-21 18:00:00; say how it is written, such as --date-format '%d.%m.%Y %H:%M'"
            words = f"as {self._form} says" if self._form else hint
            raise Refused("", f"{text or 'nothing'} is no time {words}") from exc
        if not FIRST_YEAR <= at.year <= LAST_YEAR:
            raise Refused("", f"{text} is not of the years {FIRST_YEAR} to {LAST_YEAR}")
        return at + timedelta(days=1) if midnight else at

    def at_ms(self, written: datetime) -> int:
        """Return when a written time was [ms since 1970 UTC]. Raises Refused; ConfigError where no zone is known."""
        if written.tzinfo is not None:
            return to_ms(written.astimezone(UTC))
        zone = self.zone
        first, second = (to_ms(written.replace(tzinfo=zone, fold=fold).astimezone(UTC)) for fold in (0, 1))
        if first > second:
            raise Refused("", f"{written} was skipped when clocks went forward in {zone.key}")
        before = self._last_ms
        if self.falls:
            at_ms = second if before is None or second < before else first
        else:
            at_ms = first if before is None or first > before else second
        self._last_ms = at_ms
        return at_ms

    @property
    def zone(self) -> ZoneInfo:
        """The zone of local times. Raises ConfigError where none is known."""
        if self._zone is None:
            raise ConfigError("the times are local and nobody knows where; say --zone, such as --zone Europe/Berlin")
        return self._zone

    def day(self, written: datetime) -> date:
        """Return the local day that a written time begins; one with an offset is what it says."""
        return (written if written.tzinfo is None else written.astimezone(self.zone)).date()

    def day_ms(self, day: date) -> tuple[int, int]:
        """Return a local day as [start, end) [ms since 1970 UTC]."""
        start, end = (
            datetime(one.year, one.month, one.day, tzinfo=self.zone).astimezone(UTC)
            for one in (day, day + timedelta(days=1))
        )
        return to_ms(start), to_ms(end)


def usual_step_ms(starts_ms: Iterable[int], otherwise_ms: int) -> int:
    """Return the spacing that most rows have [ms]; `otherwise_ms` where there is none."""
    steps: dict[int, int] = {}
    for before, after in pairwise(starts_ms):
        if after > before:
            steps[after - before] = steps.get(after - before, 0) + 1
    return max(steps, key=lambda step: (steps[step], -step)) if steps else otherwise_ms


_LOCAL = 1 << 40
"""Stands for the offset of a time that was written without one [ms]."""
_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - of times as they are written
_MS = timedelta(milliseconds=1)


class Timeline:
    """When the rows of one file are, in 24 bytes a row, so that a file of any size is read twice instead of held.

    First every row is noted, then `settle` finds out which way the file runs and what local times are.
    """

    def __init__(self, times: Times) -> None:
        self._times = times
        self._numbers = array("q")
        self._written = array("q")
        self._offsets = array("q")
        self._sorted = array("q")

    def note(self, number: int, written: datetime) -> None:
        """Take note of a row by the number of its line, which rises."""
        offset = written.utcoffset()
        self._numbers.append(number)
        self._written.append((written.replace(tzinfo=None) - _EPOCH) // _MS)
        self._offsets.append(_LOCAL if offset is None else offset // _MS)

    def settle(self, refuse: Callable[[int, str], object]) -> None:
        """Reckon when each row is; those that cannot be are refused by number and reason. Raises ConfigError."""
        times, written = self._times, self._written
        times.falls = len(written) > 1 and written[0] > written[-1]
        numbers, starts = array("q"), array("q")
        for number, wall_ms, offset_ms in zip(self._numbers, written, self._offsets, strict=True):
            try:
                at_ms = times.at_ms(_EPOCH + wall_ms * _MS) if offset_ms == _LOCAL else wall_ms - offset_ms
            except Refused as exc:
                refuse(number, exc.reason)
                continue
            numbers.append(number)
            starts.append(at_ms)
        self._numbers, self._written, self._offsets = numbers, starts, array("q")
        self._sorted = array("q", sorted(starts))

    @property
    def starts_ms(self) -> array[int]:
        """The times of all rows, the oldest first [ms]."""
        return self._sorted

    def at_ms(self, number: int) -> int | None:
        """Return when the row of a line is [ms]; None where it was not noted, or refused."""
        place = bisect_left(self._numbers, number)
        return self._written[place] if place < len(self._numbers) and self._numbers[place] == number else None

    def after_ms(self, at_ms: int) -> int | None:
        """Return when the first row later than a time is [ms]."""
        place = bisect_right(self._sorted, at_ms)
        return self._sorted[place] if place < len(self._sorted) else None
