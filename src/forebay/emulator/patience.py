"""How long a client may take to say what it wants: a slow one must not hold a connection for ever."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

REQUEST_S = 10.0
"""How long the head of a request may take, and its body [s]; the longest body is 64 kB."""


class Patience:
    """Runs out when nobody says in time that the wait is over."""

    __slots__ = ("_give_up", "_loop", "_timer")

    def __init__(self, loop: asyncio.AbstractEventLoop, give_up: Callable[[], object]) -> None:
        self._loop = loop
        self._give_up = give_up
        self._timer: asyncio.TimerHandle | None = None

    def wait(self, is_waiting: bool) -> None:
        """Go on waiting, begin to, or stop; more of the same request begins nothing anew."""
        if not is_waiting:
            if self._timer is not None:
                self._timer.cancel()
                self._timer = None
        elif self._timer is None:
            self._timer = self._loop.call_later(REQUEST_S, self._give_up)
