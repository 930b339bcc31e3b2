"""An event loop whose time jumps to the next thing to do: real sockets, real TLS, days in seconds.

Nothing is faked but time. The loop looks whether a socket or a thread has news; only when none has
does it move on to the next timer at once instead of waiting for it.
"""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

T = TypeVar("T")

_SETTLE_S = 0.000_3
"""How long loopback is given to deliver what was sent before time moves on [real s]."""


class _Selector(selectors.DefaultSelector):
    def __init__(self) -> None:
        super().__init__()
        self.loop: VirtualLoop | None = None

    def select(self, timeout: float | None = None) -> Any:
        events = super().select(0)
        if events or (timeout is not None and timeout <= 0):
            return events
        assert self.loop is not None
        if self.loop.in_threads:
            return super().select(0.05)
        events = super().select(_SETTLE_S)
        if events or timeout is None:
            return events or super().select(0.05)
        self.loop.jump(timeout)
        return []


class VirtualLoop(asyncio.SelectorEventLoop):
    """A loop that never waits for a timer."""

    def __init__(self) -> None:
        self._virtual_s = 1_000.0
        self.in_threads = 0
        selector = _Selector()
        selector.loop = self
        super().__init__(selector)

    def time(self) -> float:
        return self._virtual_s

    def jump(self, seconds: float) -> None:
        self._virtual_s += seconds

    def run_in_executor(self, executor: Any, func: Any, *args: Any) -> Any:  # type: ignore[override]
        """Let time stand while a thread works."""
        future = super().run_in_executor(executor, func, *args)
        self.in_threads += 1

        def done(_: object) -> None:
            self.in_threads -= 1

        future.add_done_callback(done)
        return future


class WallClock:
    """The clock on the wall of a virtual world: the loop's time, wrong by `off_s` [s]."""

    def __init__(self, start: datetime, seconds: Callable[[], float]) -> None:
        self._start = start.astimezone(UTC)
        self._seconds = seconds
        self._began_s = seconds()
        self.off_s = 0.0

    @property
    def true(self) -> datetime:
        """The time it should tell."""
        return self._start + timedelta(seconds=self._seconds() - self._began_s)

    def now(self) -> datetime:
        return self.true + timedelta(seconds=self.off_s)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(max(0.0, seconds))


def virtually(work: Coroutine[Any, Any, T]) -> T:
    """Run something to its end, however long it takes, in no time."""
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(work)
