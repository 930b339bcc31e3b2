"""Waiting for something new in the store."""

from __future__ import annotations

import asyncio
from collections.abc import Callable


class Watch:
    """One subscriber; use it as a context manager inside a running event loop.

    data_version: for a store that another process writes, tells whether it did.
    """

    def __init__(self, subscribers: set[Watch], data_version: Callable[[], int] | None = None) -> None:
        self._subscribers = subscribers
        self._data_version = data_version
        self._seen = data_version() if data_version else 0
        self._changed = asyncio.Event()
        self._loop = asyncio.get_running_loop()

    def __enter__(self) -> Watch:
        self._subscribers.add(self)
        return self

    def __exit__(self, *_: object) -> None:
        self._subscribers.discard(self)

    def notify(self) -> None:
        """Wake the subscriber; may be called from any thread."""
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._changed.set)

    async def wait(self, timeout_s: float) -> bool:
        """Whether something is new; returns as soon as it is, False after `timeout_s` [s]."""
        try:
            async with asyncio.timeout(timeout_s):
                while not self._changed.is_set():
                    await self._listen()
        except TimeoutError:
            return False
        self._changed.clear()
        return True

    async def _listen(self) -> None:
        if self._data_version is None:
            await self._changed.wait()
            return
        await asyncio.sleep(0.5)
        version = self._data_version()
        if version != self._seen:
            self._seen = version
            self._changed.set()
