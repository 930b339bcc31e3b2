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
_WINDOW_S = 3.0
_FEWEST = 3
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


class RateMeter:
    """How many gateway seconds pass in a real one, from its time stamps.

    Looks back over the last seconds only, so that it follows a gateway whose
    pace is changed while it runs.
    """

    def __init__(self) -> None:
        self._points: deque[tuple[float, float]] = deque(maxlen=128)
        self._odd_steps = 0
        self._first: tuple[float, float] | None = None

    def observe(self, real_s: float, gateway_at: datetime) -> None:
        """Add what the gateway's clock showed at a monotonic real time [s]."""
        point = (real_s, (gateway_at - _EPOCH).total_seconds())
        if self._points:
            if real_s <= self._points[-1][0]:
                return
            self._forget(point)
        self._first = self._first or point
        self._points.append(point)

    def _forget(self, point: tuple[float, float]) -> None:
        """Drop points that no longer tell the pace."""
        before = self.rate
        step = (point[1] - self._points[-1][1]) / (point[0] - self._points[-1][0])
        odd = before is not None and abs(step - before) > TOLERANCE_RATIO * max(abs(before), abs(step), STILL)
        self._odd_steps = self._odd_steps + 1 if odd else 0
        if step < 0:
            self._points.clear()
        elif self._odd_steps >= 2:
            while len(self._points) > 2:
                self._points.popleft()
            self._odd_steps = 0
        while len(self._points) > _FEWEST and point[0] - self._points[1][0] >= _WINDOW_S:
            self._points.popleft()

    def reset(self) -> None:
        """Forget everything, as after a gateway was away."""
        self._points.clear()
        self._odd_steps, self._first = 0, None

    @property
    def rate(self) -> float | None:
        """Gateway seconds for each real one; None before two points."""
        if len(self._points) < 2:
            return None
        (real0_s, gateway0_s), (real1_s, gateway1_s) = self._points[0], self._points[-1]
        return (gateway1_s - gateway0_s) / (real1_s - real0_s)

    @property
    def is_faster_throughout(self) -> bool:
        """Whether each of at least three steps was faster than real time, by more than 20 %."""
        steps = [(b[1] - a[1]) / (b[0] - a[0]) for a, b in pairwise(self._points)]
        return len(steps) >= 3 and min(steps) > 1 + TOLERANCE_RATIO

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
