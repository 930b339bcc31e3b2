"""One errand for many: callers who want the same thing at once share one task."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Hashable
from dataclasses import dataclass
from typing import Any, TypeVar

from forebay.errors import Unreachable

T = TypeVar("T")


@dataclass(slots=True)
class _Flight:
    task: asyncio.Task[Any]
    must_finish: bool
    waiting: int = 0


class Flights:
    """Tasks under way, by key."""

    def __init__(self) -> None:
        self._flying: dict[Hashable, _Flight] = {}
        self._alone = asyncio.Lock()

    async def share(
        self, key: Hashable, start: Callable[[], Coroutine[Any, Any, T]], *, must_finish: bool = False
    ) -> T:
        """Return what `start` returns, or what the task already under way for `key` does.

        A task that nobody waits for any more is cancelled, unless it must
        finish: a login that was sent has to be heard out.
        """
        flight = self._flying.get(key)
        if flight is None:
            flight = self._flying[key] = _Flight(asyncio.create_task(start()), must_finish)
            flight.task.add_done_callback(lambda task: self._landed(key, task))
        flight.waiting += 1
        try:
            await asyncio.wait({flight.task})
        finally:
            flight.waiting -= 1
            if not flight.waiting and not flight.must_finish and not flight.task.done():
                self._remove(key, flight.task)
                flight.task.cancel()
        if flight.task.cancelled():
            raise Unreachable("the connection to the gateway was closed meanwhile")
        result: T = flight.task.result()
        return result

    async def alone(self, start: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """Return what `start` returns; one such errand at a time, brought to its end even if the caller gives up.

        A caller who gives up before its turn has come starts nothing.
        """
        await self._alone.acquire()

        async def errand() -> T:
            try:
                return await start()
            finally:
                self._alone.release()

        return await self.share(("alone", errand), errand, must_finish=True)

    async def land(self) -> None:
        """End everything under way; hear out what must finish."""
        flights = list(self._flying.values())
        for flight in flights:
            if not flight.must_finish:
                flight.task.cancel()
        await asyncio.gather(*(flight.task for flight in flights), return_exceptions=True)

    def _landed(self, key: Hashable, task: asyncio.Task[Any]) -> None:
        self._remove(key, task)
        if not task.cancelled():
            task.exception()  # an error that nobody waits for any more is no news

    def _remove(self, key: Hashable, task: asyncio.Task[Any]) -> None:
        flight = self._flying.get(key)
        if flight is not None and flight.task is task:
            del self._flying[key]
