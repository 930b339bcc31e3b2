"""Live events: one object after each reading, to every page that listens."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any, Protocol

import msgspec

from forebay.errors import StoreError
from forebay.store.store import Store
from forebay.store.watch import Watch
from forebay.views.words import Standing

MIN_SPACING_S = 0.25
HEARTBEAT_S = 15.0
_LOOK_S = 1.0
_HELLO = b"retry: 2000\n\n"
_HEARTBEAT = b": still here\n\n"


class House(Protocol):
    """What a stream tells of: one gateway, or several together."""

    def standing(self) -> Standing:
        """Return how its recording stands."""

    def now(self) -> dict[str, Any]:
        """Return the object of /api/now."""


class Streams:
    """All open streams. `stop` ends them, so that a server can shut down."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._open: set[Watch] = set()
        self._is_stopped = False

    def stop(self) -> None:
        """End every stream now and every later one at once."""
        self._is_stopped = True
        for watch in tuple(self._open):
            watch.notify()

    async def stream(self, house: House, may_look: Callable[[], bool] = lambda: True) -> AsyncIterator[bytes]:
        """Yield the bytes of a house's stream until `stop`, until the reader is gone or may look no more."""
        loop = asyncio.get_running_loop()
        with self._store.watch() as watch:
            self._open.add(watch)
            try:
                yield _HELLO
                told_state, quiet_since_s, is_news = "", loop.time(), True
                while not self._is_stopped and may_look():
                    try:
                        state = (await asyncio.to_thread(house.standing)).state
                        if is_news or state != told_state:
                            yield await asyncio.to_thread(_event, house)
                            told_state, quiet_since_s = state, loop.time()
                            await asyncio.sleep(MIN_SPACING_S)
                    except StoreError:
                        return
                    if loop.time() - quiet_since_s >= HEARTBEAT_S:
                        yield _HEARTBEAT
                        quiet_since_s = loop.time()
                    is_news = await watch.wait(_LOOK_S)
            finally:
                self._open.discard(watch)


def _event(house: House) -> bytes:
    return b"event: now\ndata: " + msgspec.json.encode(house.now()) + b"\n\n"
