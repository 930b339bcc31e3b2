"""Medians, spreads and ratios of repeated measurements, and the order to take them in."""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Spread:
    """The middle of some values, and where the middle half of them lies."""

    median: float
    low: float
    high: float

    def text(self, digits: int = 3, scale: float = 1.0) -> str:
        """Return "median (low–high)", each with so many significant digits."""
        parts = [figure(value * scale, digits) for value in (self.median, self.low, self.high)]
        return f"{parts[0]} ({parts[1]}–{parts[2]})"


def spread(values: Sequence[float]) -> Spread:
    """Return the median and the quartiles. Raises ValueError without values."""
    if not values:
        raise ValueError("nothing was measured")
    if len(values) == 1:
        return Spread(values[0], values[0], values[0])
    low, median, high = statistics.quantiles(values, n=4, method="inclusive")
    return Spread(median, low, high)


def percentile(values: Sequence[float], pct: float) -> float:
    """Return the value that `pct` percent of the values do not exceed (nearest rank)."""
    if not values:
        raise ValueError("nothing was measured")
    rank = max(1, -int(-len(values) * pct // 100))
    return sorted(values)[rank - 1]


def ratios(values: Sequence[float], peers: Sequence[float]) -> list[float]:
    """Return value over peer, round by round: a disturbance that hits a whole round cancels."""
    return [value / peer for value, peer in zip(values, peers, strict=True)]


def rotated(names: Sequence[str], rounds: int) -> Iterator[list[str]]:
    """Yield the order of each round: each round begins with the next name, so that none is always first."""
    for number in range(rounds):
        start = number % len(names)
        yield [*names[start:], *names[:start]]


def figure(value: float, digits: int = 3) -> str:
    """Return a number with so many significant digits, thousands apart, never in powers of ten."""
    if value == 0:
        return "0"
    whole_digits = len(str(int(abs(value))))
    if whole_digits >= digits:
        step = 10 ** (whole_digits - digits)
        return f"{round(value / step) * step:,d}"
    rounded = float(f"{value:.{digits}g}")
    return f"{rounded:.{decimals(rounded, digits)}f}"


def decimals(value: float, digits: int) -> int:
    """Return how many decimals show so many significant digits of a value."""
    exponent = int(f"{abs(value):e}".partition("e")[2])
    return max(0, digits - 1 - exponent)
