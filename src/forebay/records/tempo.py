"""Whose time a recording follows, and how fast that time runs.

A real gateway's time is ours. An emulated one may live 60 or 3600 seconds in
each of ours, at another date: then readings carry its time.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Literal

Source = Literal["system", "gateway"]

STILL = 0.01
"""A rate below this is a clock that stands."""
SKEW_S = 120.0
"""A gateway whose date differs by less is simply a little off [s]."""
TOLERANCE_RATIO = 0.2
_PATIENCE_S = 5.0
_AHEAD_S = 2.0
_WINDOW_S = 10.0
_RECENT_S = 1.0
_CHANGED_RATIO = 0.3
_FEWEST = 4
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Tempo:
    """How the recording's time runs.

    At real time `heard` the gateway answered and the recording's time was `at`;
    it goes on at `speed` seconds for each real one. interval_s: expected
    spacing of readings in the recording's time [s].
    """

    source: Source
    speed: float
    at: datetime
    heard: datetime
    interval_s: float = 5.0

    def now(self, real: datetime) -> datetime:
        """Return the recording's time at a real time."""
        return real if self.source == "system" else self.at + (real - self.heard) * self.speed


def _slope(before: tuple[float, float], after: tuple[float, float]) -> float:
    return (after[1] - before[1]) / (after[0] - before[0])


class RateMeter:
    """How many gateway seconds pass in a real one, from its time stamps.

    Measured over the last ten seconds, so that a late answer hardly shows, and
    over the last one alone as soon as that disagrees: then the pace has changed.
    """

    def __init__(self) -> None:
        self._points: deque[tuple[float, float]] = deque(maxlen=256)
        self._first: tuple[float, float] | None = None

    def observe(self, real_s: float, gateway_at: datetime) -> None:
        """Add what the gateway's clock showed at a monotonic real time [s]."""
        point = (real_s, (gateway_at - _EPOCH).total_seconds())
        if self._points and real_s <= self._points[-1][0]:
            return
        if self._points and point[1] < self._points[-1][1]:
            self._points.clear()
        self._first = self._first or point
        self._points.append(point)
        while len(self._points) > _FEWEST and real_s - self._points[1][0] >= _WINDOW_S:
            self._points.popleft()
        self._forget_an_old_pace()

    def _forget_an_old_pace(self) -> None:
        points = self._points
        n_recent = max(_FEWEST - 1, sum(points[-1][0] - real_s <= _RECENT_S for real_s, _ in points))
        if len(points) <= n_recent:
            return
        turn = points[-n_recent]
        old, recent = _slope(points[0], turn), _slope(turn, points[-1])
        if abs(recent - old) > _CHANGED_RATIO * max(old, recent, STILL):
            while len(points) > n_recent:
                points.popleft()

    def reset(self) -> None:
        """Forget everything, as after a gateway was away."""
        self._points.clear()
        self._first = None

    @property
    def rate(self) -> float | None:
        """Gateway seconds for each real one; None before two points."""
        if len(self._points) < 2:
            return None
        return _slope(self._points[0], self._points[-1])

    @property
    def is_faster_throughout(self) -> bool:
        """Whether each of at least three steps was faster than real time, and seconds have been gained."""
        steps = [_slope(a, b) for a, b in pairwise(self._points)]
        if len(steps) < 3 or min(steps) <= 1 + TOLERANCE_RATIO:
            return False
        first, last = self._points[0], self._points[-1]
        return (last[1] - first[1]) - (last[0] - first[0]) > _AHEAD_S

    def verdict(self, skew_s: float) -> Source | None:
        """Return whose time to follow; None while it cannot be told yet.

        skew_s: gateway's time minus ours [s]. A gateway's meters are read
        about once a second, so short spans decide only what is far off.
        """
        if self._first is None or len(self._points) < 2:
            return None
        real_s = self._points[-1][0] - self._first[0]
        gateway_s = self._points[-1][1] - self._first[1]
        if gateway_s - real_s > _AHEAD_S:
            return "gateway"
        rate = gateway_s / real_s
        if real_s >= 0.9 and abs(rate - 1) <= TOLERANCE_RATIO:
            return "system"
        if real_s < _PATIENCE_S:
            return None
        return "gateway" if rate > STILL or abs(skew_s) > SKEW_S else "system"


def tidy(rate: float) -> float:
    """Return a rate as one would have set it: 59.8 is 60, 1.02 is 1, 0.004 is 0."""
    if rate < STILL:
        return 0.0
    two_digits = float(f"{rate:.2g}")
    return two_digits if abs(rate - two_digits) <= 0.02 * rate else float(f"{rate:.3g}")


def skew_words(skew_s: float) -> str:
    """Return a warning about a gateway whose date differs from ours [s], + is ahead."""
    way = "ahead of" if skew_s > 0 else "behind"
    amount = timedelta(seconds=round(abs(skew_s)))
    return f"The gateway's clock is {amount} {way} this computer's; readings carry this computer's time."
