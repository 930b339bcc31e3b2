"""How a battery ages: a straight line through its capacities, and the line a warranty draws.

Pure functions of days and energies; which days there are is the caller's affair.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import combinations, groupby
from math import ceil, sqrt
from statistics import median

NOMINAL_PACK_WH = 13_500.0
"""What a pack is sold to hold [Wh] (behaviour.md M14)."""

YEAR_DAYS = 365.25
MIN_SPAN_DAYS = 180
"""A shorter record has seasons, and no trend."""
_MOST_POINTS = 120
_Z95 = 1.96


@dataclass(frozen=True, slots=True)
class Warranty:
    """What is promised to be left: `kept_ratio` of the nominal energy after `years`.

    The usual promise of home batteries is 70 % after 10 years; what was promised for a certain pack is in its papers:
    unverified for each.
    """

    years: float = 10.0
    kept_ratio: float = 0.7

    def end(self, start: date) -> date:
        """Return the day on which the promise ends that begins on `start`."""
        whole = int(self.years)
        leap_day = (start.month, start.day) == (2, 29)
        anniversary = date(start.year + whole, start.month, 28 if leap_day else start.day)
        return anniversary + timedelta(days=round((self.years - whole) * YEAR_DAYS))

    def at(self, age_years: float, nominal_wh: float) -> float:
        """Return the energy on a straight line from the nominal one to what is promised [Wh].

        The promise holds for its end only; the line shows whether one is on the way to it.
        """
        share = min(1.0, max(0.0, age_years / self.years))
        return nominal_wh * (1 - (1 - self.kept_ratio) * share)


USUAL_WARRANTY = Warranty()
"""What is taken where the owner has set nothing."""


@dataclass(frozen=True, slots=True)
class Trend:
    """A line through values that are told by day.

    per_year: its slope [unit per year], with the bounds of 95 % that values without memory would give.
    at: its value on `day`.
    """

    day: date
    at: float
    per_year: float
    low_per_year: float
    high_per_year: float
    n: int

    def on(self, day: date) -> float:
        """Return the line's value on a day."""
        return self.at + self.per_year * (day - self.day).days / YEAR_DAYS

    def reaches(self, value: float) -> float | None:
        """Return in how many years after `day` the line has come down to a value; None where it does not fall."""
        if self.per_year >= 0:
            return None
        return max(0.0, (value - self.at) / self.per_year)


def thinned(points: Sequence[tuple[date, float]], most: int = _MOST_POINTS) -> list[tuple[date, float]]:
    """Return the medians of equal spans of days, at most `most`, each on the middle one of its days.

    points: in order of their days.
    """
    if len(points) <= most:
        return list(points)
    first = points[0][0].toordinal()
    span = ceil((points[-1][0].toordinal() - first + 1) / most)
    found = []
    for _, group in groupby(points, lambda point: (point[0].toordinal() - first) // span):
        block = list(group)
        found.append((block[len(block) // 2][0], median(value for _, value in block)))
    return found


def trend(points: Iterable[tuple[date, float]], *, min_span_days: int = MIN_SPAN_DAYS) -> Trend | None:
    """Return the line through values by day; None where they span less than `min_span_days`.

    The slope is the median of the slopes of all pairs (Theil 1950, Sen 1968), so that up to 29 % of the values may be
    anything; its bounds are Sen's, from the variance of Kendall's S.
    """
    every = sorted(points)
    known = thinned(every)
    n = len(known)
    if n < 3 or (every[-1][0] - every[0][0]).days < min_span_days:
        return None
    slopes = sorted(
        (later - earlier) / (day - before).days * YEAR_DAYS
        for (before, earlier), (day, later) in combinations(known, 2)
        if day != before
    )
    slope = median(slopes)
    last = known[-1][0]
    at = median(value + slope * (last - day).days / YEAR_DAYS for day, value in known)
    reach = _Z95 * sqrt(n * (n - 1) * (2 * n + 5) / 18) / 2
    low = slopes[max(0, round(len(slopes) / 2 - reach) - 1)]
    high = slopes[min(len(slopes) - 1, round(len(slopes) / 2 + reach))]
    return Trend(last, at, slope, low, high, n)


def round_trip_ratio(charged_wh: float, discharged_wh: float, gained_wh: float) -> float | None:
    """Return what came back of the energy that went in, 0–1; None where too little went in to tell.

    gained_wh: how much more the packs hold at the end of the window than at its start; it went in and has not come
    back yet, so it is taken off the charge: discharged / (charged - gained).
    """
    passed_wh = charged_wh - gained_wh
    if passed_wh <= 0 or charged_wh <= 0 or passed_wh < abs(gained_wh):
        return None
    return discharged_wh / passed_wh


def weighted_median(counts: Sequence[tuple[float, int]]) -> float:
    """Return the median of values told as (value, how often); there must be one."""
    ordered = sorted(counts)
    sums, total = [], 0
    for _, n in ordered:
        total += n
        sums.append(total)
    low = ordered[bisect_left(sums, (total + 1) // 2)][0]
    high = ordered[bisect_left(sums, total // 2 + 1)][0]
    return (low + high) / 2
