"""The library's MQTT client, whose connection ends when it is left: see docs/decisions/0105."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import AsyncIterator

import aiomqtt


class Client(aiomqtt.Client):
    """aiomqtt 2.5 leaves a connection open that was refused, timed out or cancelled on its way; here it is closed.

    The library connects in a thread, which cannot be stopped: what it reaches after nobody waits is closed then.
    """

    _is_left = False

    @contextlib.asynccontextmanager
    async def connected(self) -> AsyncIterator[Client]:
        """Keep a connection. Raises aiomqtt.MqttError where there is none; use it once."""
        self._reaching = threading.Lock()
        try:
            async with self:
                yield self
        finally:
            self._leave()

    def _client_connect(self) -> None:
        try:
            with self._reaching:
                if not self._is_left:
                    super()._client_connect()
        finally:
            if self._is_left:
                self._loop.call_soon_threadsafe(self._leave)

    def _leave(self) -> None:
        self._is_left = True
        self._loop.call_soon(self._close)  # after what the thread may just have asked the loop to do with the socket

    def _close(self) -> None:
        if self._reaching.acquire(blocking=False):  # else the thread says when it is done
            try:
                self._client.reinitialise()  # paho's only public way to close a socket without the broker's help
            finally:
                self._reaching.release()
