"""Spans of the site's calendar, as people write them: a day, a week, a month, a year, or from one day to another."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from forebay.errors import ConfigError

Kind = Literal["day", "week", "month", "year", "days"]

FORMS = "today, yesterday, week, month, year, 2026-06-21, 2026-W25, 2026-06, 2026, or 2026-06-01..2026-06-15"


@dataclass(frozen=True, slots=True)
class Period:
    """The local days from `first` to before `end`."""

    kind: Kind
    first: date
    end: date

    @property
    def days(self) -> int:
        """How many days it has."""
        return (self.end - self.first).days

    @property
    def title(self) -> str:
        """Its name for people."""
        last = self.end - timedelta(days=1)
        if self.kind == "day":
            return f"{self.first:%A} {self.first}"
        if self.kind == "week":
            return f"week {self.first:%G-W%V}, {self.first} to {last}"
        if self.kind == "month":
            return f"{self.first:%B %Y}"
        return f"{self.first:%Y}" if self.kind == "year" else f"{self.first} to {last}"

    @property
    def before(self) -> Period:
        """The one before it, of the same kind or length."""
        return _around(self.kind, self.first - timedelta(days=1), self.days)

    @property
    def year_before(self) -> Period:
        """The same days of the calendar, a year earlier; of a week, the week 52 weeks earlier."""
        if self.kind == "week":
            return Period("week", self.first - timedelta(weeks=52), self.end - timedelta(weeks=52))
        return Period(self.kind, _year_earlier(self.first), _year_earlier(self.end))


def like(other: Period, one: Period, today: date) -> Period:
    """Return as much of `other` as has passed of `one`, so that a year that is not over is not beside a whole one."""
    if not one.first <= today < one.end - timedelta(days=1):
        return other
    passed = (today - one.first).days + 1
    return other if passed >= other.days else Period("days", other.first, other.first + timedelta(days=passed))


def _year_earlier(day: date) -> date:
    return day.replace(year=day.year - 1, day=28 if (day.month, day.day) == (2, 29) else day.day)


def _around(kind: Kind, day: date, days: int) -> Period:
    """Return the period of a kind that a day belongs to; of plain days, the one that ends with it."""
    if kind == "week":
        first = day - timedelta(days=day.weekday())
        return Period(kind, first, first + timedelta(days=7))
    if kind == "month":
        first = day.replace(day=1)
        return Period(kind, first, (first + timedelta(days=32)).replace(day=1))
    if kind == "year":
        return Period(kind, date(day.year, 1, 1), date(day.year + 1, 1, 1))
    return Period(kind, day - timedelta(days=days - 1), day + timedelta(days=1))


def last_days(n: int, today: date) -> Period:
    """Return the last days, `today` the last of them."""
    return _around("days", today, n)


def period(text: str, today: date) -> Period:
    """Return the period that a text names. Raises ConfigError with the forms that there are."""
    try:
        return _named(text.strip(), today)
    except (ValueError, OverflowError) as exc:
        raise ConfigError(f"{text}: is no period; say {FORMS}") from exc


def _named(text: str, today: date) -> Period:
    words: dict[str, tuple[Kind, date]] = {
        "today": ("day", today),
        "yesterday": ("day", today - timedelta(days=1)),
        "day": ("day", today),
        "week": ("week", today),
        "month": ("month", today),
        "year": ("year", today),
    }
    if text in words:
        return _around(*words[text], 1)
    if ".." in text:
        first, _, last = text.partition("..")
        found = Period("days", _named(first.strip(), today).first, _named(last.strip(), today).end)
        if found.days <= 0:
            raise ValueError(text)
        return found
    if match := re.fullmatch(r"(\d{4})(?:-(\d{2}))?", text):
        return _around("month" if match[2] else "year", date(int(match[1]), int(match[2] or 1), 1), 1)
    if match := re.fullmatch(r"(\d{4})-W(\d{2})", text):
        return _around("week", date.fromisocalendar(int(match[1]), int(match[2]), 1), 7)
    return _around("day", date.fromisoformat(text), 1)
