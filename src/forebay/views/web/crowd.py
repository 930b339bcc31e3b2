"""How many may be connected to the dashboard at once, and how long each may take to ask and to listen.

Whoever reaches the port can open connections, with a password or without. Each
takes one of the process's file handles, which the recorder needs too: so there
is a bound, and whoever does not ask, or does not read, is sent away.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import weakref
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

MOST, MOST_OF_ONE = 128, 48
"""So many connections at once, and so many of one address that is not this computer's (a proxy's are)."""
ASK_S = 15.0
"""How long a request may take to arrive [s]."""
READ_S = 60.0
"""How long a reader may take nothing while something waits for him [s]."""

_ASKING = (h11.IDLE, h11.SEND_BODY)


class Listener(socket.socket):
    """A listening socket that takes no more connections than MOST, and closes the others at once.

    It is named TCP's: only then asyncio sends an answer's last bytes without waiting 40 ms for the other side's word.
    """

    def __init__(self, family: int) -> None:
        super().__init__(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        self._taken: weakref.WeakKeyDictionary[socket.socket, str] = weakref.WeakKeyDictionary()

    def accept(self) -> tuple[socket.socket, Any]:
        """Return the next connection and its address. Raises ConnectionAbortedError for one too many."""
        taken, address = super().accept()
        host = str(address[0])
        held = [where for one, where in tuple(self._taken.items()) if one.fileno() != -1]
        if len(held) >= MOST or (not _is_here(host) and held.count(host) >= MOST_OF_ONE):
            taken.close()
            raise ConnectionAbortedError("too many connections")
        self._taken[taken] = host
        return taken, address


def _is_here(host: str) -> bool:
    address = ipaddress.ip_address(host.partition("%")[0])
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return (mapped or address).is_loopback


class Patient(H11Protocol):
    """HTTP/1.1 with an end to patience: a request must arrive, and an answer must be read, in bounded time."""

    _asking: asyncio.TimerHandle | None = None
    _reading: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for the first request."""
        super().connection_made(transport)
        self._wait_for_request()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no more."""
        for timer in (self._asking, self._reading):
            if timer is not None:
                timer.cancel()
        super().connection_lost(exc)

    def handle_events(self) -> None:
        """Look at what has come; the time that a request may take ends with its last byte."""
        super().handle_events()
        if self.conn.their_state not in _ASKING and self._asking is not None:
            self._asking.cancel()
            self._asking = None
        elif self.conn.their_state in _ASKING and self._asking is None:
            self._wait_for_request()

    def pause_writing(self) -> None:
        """Begin to wait for the reader."""
        super().pause_writing()
        self._reading = self.loop.call_later(READ_S, self.transport.abort)

    def resume_writing(self) -> None:
        """The reader has read."""
        super().resume_writing()
        if self._reading is not None:
            self._reading.cancel()
            self._reading = None

    def _wait_for_request(self) -> None:
        self._asking = self.loop.call_later(ASK_S, self.transport.abort)
