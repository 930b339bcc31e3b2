"""What is to be done at instants of a home's time, in their order."""

from __future__ import annotations

import heapq
from collections.abc import Callable


class Agenda:
    """Actions by tick; those of one tick in the order in which they were planned."""

    def __init__(self) -> None:
        self._events: list[tuple[int, int, Callable[[], None]]] = []
        self._planned = 0
        self.is_acting = False

    @property
    def next_tick(self) -> int | None:
        """The tick of the next action; None for none."""
        return self._events[0][0] if self._events else None

    def plan(self, tick: int, action: Callable[[], None]) -> None:
        """Do something at a tick."""
        self._planned += 1
        heapq.heappush(self._events, (tick, self._planned, action))

    def act(self, tick: int) -> bool:
        """Do what is due by a tick; whether anything was."""
        acted = False
        while self._events and self._events[0][0] <= tick:
            action = heapq.heappop(self._events)[2]
            acted = self.is_acting = True
            try:
                action()
            finally:
                self.is_acting = False
        return acted
