"""Time as a dependency, so a day can pass in a millisecond under test.

A `Clock` tells the time and waits. `SystemClock` is the real one, `SimClock`
moves only when told to, `ScaledClock` lives N seconds for each real one and
can be held, jumped and re-paced: it is the emulated gateway's own clock.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """What every part that waits or stamps is given."""

    def now(self) -> datetime:
        """Return the current time, aware, UTC."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait for `seconds` [s] of this clock's time."""
        ...


class SystemClock:
    """The real clock."""

    def now(self) -> datetime:
        """Return the real time, UTC."""
        return datetime.now(UTC)

    async def sleep(self, seconds: float) -> None:
        """Wait for real seconds [s]."""
        await asyncio.sleep(max(0.0, seconds))


class SimClock:
    """A clock that moves only when told to: by `sleep` or `advance`."""

    def __init__(self, start: datetime) -> None:
        self._now = start.astimezone(UTC)

    def now(self) -> datetime:
        """Return the simulated time, UTC."""
        return self._now

    def advance(self, seconds: float) -> None:
        """Move on by `seconds` [s]."""
        self._now += timedelta(seconds=seconds)

    async def sleep(self, seconds: float) -> None:
        """Move on at once, letting other tasks run."""
        self.advance(max(0.0, seconds))
        await asyncio.sleep(0)


class ScaledClock:
    """A clock that lives `speed` seconds for each real second.

    `speed` 0 stands still and moves only by `jump`; `held` stands still until
    `release`. The pace may change at any time without a step in the time told.
    `real_s` gives monotonic real seconds and is replaced in tests.
    """

    def __init__(
        self,
        start: datetime,
        speed: float = 1.0,
        *,
        held: bool = False,
        real_s: Callable[[], float] = time.monotonic,
    ) -> None:
        if speed < 0:
            raise ValueError(f"speed must not be negative, got {speed}")
        self._real_s = real_s
        self._base = start.astimezone(UTC)
        self._base_real_s = real_s()
        self._speed = speed
        self._held = held

    @property
    def speed(self) -> float:
        """Emulated seconds for each real second."""
        return self._speed

    @property
    def held(self) -> bool:
        """Whether time waits for `release`."""
        return self._held

    def now(self) -> datetime:
        """Return the emulated time, UTC."""
        if self._held or self._speed == 0:
            return self._base
        return self._base + timedelta(seconds=(self._real_s() - self._base_real_s) * self._speed)

    def _rebase(self) -> None:
        self._base, self._base_real_s = self.now(), self._real_s()

    def release(self) -> None:
        """Let time flow if it was held."""
        if self._held:
            self._held, self._base_real_s = False, self._real_s()

    def set_speed(self, speed: float) -> None:
        """Go on from the present time at another pace; 0 stands still."""
        if speed < 0:
            raise ValueError(f"speed must not be negative, got {speed}")
        self._rebase()
        self._speed = speed

    def jump(self, seconds: float) -> None:
        """Move the time told by `seconds` [s], which may be negative."""
        self._rebase()
        self._base += timedelta(seconds=seconds)

    async def sleep(self, seconds: float) -> None:
        """Wait for `seconds` [s] of emulated time; while time stands still, wait with it."""
        until = self.now() + timedelta(seconds=max(0.0, seconds))
        while (left_s := (until - self.now()).total_seconds()) > 0:
            idle = self._held or self._speed == 0
            await asyncio.sleep(0.05 if idle else min(left_s / self._speed, 0.5))
