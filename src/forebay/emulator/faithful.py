"""The faithful server: uvicorn's protocols over zttp, on asyncio's own server.

uvicorn's `Server` is left out: it takes the signals, ticks ten times a second,
and waits for its clients when it closes. See docs/decisions/0040 and 0075.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
from collections.abc import Callable
from typing import Any, cast

import uvicorn
from uvicorn.protocols.http.zttp_h2_impl import ZttpH2Protocol
from uvicorn.protocols.http.zttp_impl import ZttpProtocol
from uvicorn.server import ServerState

from forebay.emulator.front import Line
from forebay.emulator.listening import BACKLOG, GRACE_S
from forebay.emulator.patience import Patience
from forebay.emulator.tls import ContextFor, Listener, Opening, TlsConnection

KEEP_ALIVE_S = 180
"""How long an idle connection is kept [s]; longer than any client's polling."""


class _Joined:
    """A transport that sends head and body in one TLS record, as the buffered writer of a gateway does."""

    def __init__(self, transport: Any, loop: asyncio.AbstractEventLoop) -> None:
        self._transport = transport
        self._loop = loop
        self._waiting: list[bytes] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def write(self, data: bytes) -> None:
        """Send soon."""
        if data:
            if not self._waiting:
                self._loop.call_soon(self._flush)
            self._waiting.append(data)

    def close(self) -> None:
        """Send what waits and close."""
        self._flush()
        self._transport.close()

    def _flush(self) -> None:
        if self._waiting:
            self._transport.write(b"".join(self._waiting))
            self._waiting.clear()


class Http1(ZttpProtocol):
    """HTTP/1.1 of one connection."""

    def connection_made(self, transport: Any) -> None:
        """Begin."""
        super().connection_made(transport)
        self.transport = cast("asyncio.Transport", _Joined(transport, self.loop))
        self._patience = Patience(self.loop, self.transport.close)
        self._patience.wait(True)

    def data_received(self, data: bytes) -> None:
        """Take in a part of a request."""
        try:
            super().data_received(data)
        except UnicodeDecodeError:  # a path of raw bytes; uvicorn 0.54 would fail aloud
            self.handle_remote_protocol_error()
        self._watch()

    def on_response_complete(self) -> None:
        """Wait for the next request."""
        super().on_response_complete()
        self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        """End."""
        super().connection_lost(exc)
        self._patience.wait(False)

    def _watch(self) -> None:
        """Be patient with a request that has begun to come; between two, the keep-alive counts."""
        is_idle = self.timeout_keep_alive_task is not None
        cycle = self.cycle
        self._patience.wait(not is_idle and (cycle is None or cycle.response_complete or cycle.more_body))


class Http2(ZttpH2Protocol):
    """HTTP/2 of one connection."""

    def connection_made(self, transport: Any) -> None:
        """Begin; a client that never asks for anything is idle from the start."""
        super().connection_made(transport)
        self._patience = Patience(self.loop, self.transport.close)
        keep_alive = self.loop.call_later(self.timeout_keep_alive, self.timeout_keep_alive_handler)
        self.timeout_keep_alive_task = keep_alive

    def data_received(self, data: bytes) -> None:
        """Take in a part of a request."""
        try:
            super().data_received(data)
        except UnicodeDecodeError:
            self.transport.close()
        self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        """End."""
        super().connection_lost(exc)
        self._patience.wait(False)

    def _watch(self) -> None:
        """Be patient with bodies that are on their way."""
        self._patience.wait(any(cycle.more_body and not cycle.response_complete for cycle in self.cycles.values()))


class Faithful:
    """uvicorn's protocols with zttp: reason phrases, no foreign header, HTTP/2 over TLS.

    context_for: the TLS of each address; without it plain HTTP is spoken.
    """

    def __init__(self, app: Any, listener: socket.socket, context_for: ContextFor | None = None) -> None:
        _hush("uvicorn")
        self.config = uvicorn.Config(
            app,
            http="zttp",
            http2=context_for is not None,
            ws="none",
            lifespan="off",
            interface="asgi3",
            log_config=None,
            log_level=None,
            access_log=False,
            proxy_headers=False,
            server_header=False,
            date_header=False,
            timeout_keep_alive=KEEP_ALIVE_S,
        )
        self.config.load()
        self.state = ServerState()
        self._context_for = context_for
        self._waiting = [listener]
        self._tls: Listener | None = None
        self._doors: dict[socket.socket, _Door] = {}
        self._starting: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Begin to answer."""
        if self._context_for is not None and self._tls is None:
            self._tls = Listener(self._context_for, self.protocol)
        made = self._tls.connection if self._tls else self._plain
        while self._waiting:
            listener = self._waiting.pop()
            door = self._doors[listener] = _Door(listener)
            await door.open(made)

    def add(self, listener: socket.socket) -> None:
        """Answer at one more socket, which listens already."""
        self._waiting.append(listener)
        task = asyncio.get_running_loop().create_task(self.start())
        self._starting.add(task)
        task.add_done_callback(self._starting.discard)

    def set_line(self, line: Line) -> None:
        """Let what comes over TLS be answered, or the connection be broken in one of several ways."""
        if self._tls is not None and line != self._tls.line:
            was_silent = self._tls.line == "silent"
            self._tls.line = line
            if was_silent or line != "silent":
                self._tls.cut_off()

    def leave(self, address: str | None) -> None:
        """Answer at an address no more, None is any; whoever is connected there is cut off."""
        self._shut(address)
        self._cut_off(address)

    def move(self, listener: socket.socket) -> None:
        """Answer at another socket instead; whoever is connected is cut off, as by a new address."""
        self.leave(None)
        self.add(listener)

    def protocol(self, connection: TlsConnection) -> asyncio.Protocol:
        """Return what speaks over a connection, as client and server agreed in TLS."""
        agreed = connection.get_extra_info("ssl_object").selected_alpn_protocol()
        return self.http2() if agreed == "h2" else self.http1(connection)

    def http1(self, _connection: TlsConnection) -> asyncio.Protocol:
        """Return HTTP/1.1."""
        return Http1(self.config, self.state, {}, asyncio.get_running_loop())

    def http2(self) -> asyncio.Protocol:
        """Return HTTP/2."""
        return Http2(self.config, self.state, {}, asyncio.get_running_loop())

    def _plain(self, opening: Opening) -> asyncio.Protocol:
        return _Plain(self.config, self.state, opening)

    async def close(self) -> None:
        """Stop listening and let go of every connection."""
        if self._starting:
            await asyncio.wait(self._starting)
        self._shut()
        for connection in list(self.state.connections):
            connection.shutdown()
        if self.state.tasks:
            await asyncio.wait(self.state.tasks, timeout=GRACE_S)
        self._cut_off()
        await asyncio.sleep(0)
        for task in list(self.state.tasks):
            task.cancel()
        if self.state.tasks:
            await asyncio.wait(self.state.tasks, timeout=GRACE_S)
        for _ in range(_TURNS):
            await asyncio.sleep(0)

    def _shut(self, address: str | None = None) -> None:
        for listener in [one for one in self._doors if address in (None, one.getsockname()[0])]:
            self._doors.pop(listener).shut()
        for listener in [one for one in self._waiting if address in (None, one.getsockname()[0])]:
            self._waiting.remove(listener)
            listener.close()

    def _cut_off(self, address: str | None = None) -> None:
        if self._tls is not None:
            self._tls.cut_off(address)
        else:
            for connection in list(self.state.connections):
                connection.transport.abort()


_TURNS = 5
"""So many turns of the loop pass at most between letting somebody in, or breaking off, and the end of the socket."""


class _Plain(Http1):
    """HTTP/1.1 without TLS."""

    def __init__(self, config: uvicorn.Config, state: ServerState, opening: Opening) -> None:
        super().__init__(config, state, {}, asyncio.get_running_loop())
        self._opening = opening

    def connection_made(self, transport: Any) -> None:
        """Begin, unless nobody is let in any more."""
        super().connection_made(transport)
        if not self._opening.is_open:
            transport.abort()


class _Door:
    """One socket that listens.

    asyncio's own server forgets whom it is just letting in when it closes, and their sockets stay open
    (https://github.com/python/cpython/issues/109564): it is closed a turn of the loop after it let in the last one.
    """

    def __init__(self, listener: socket.socket) -> None:
        self._listener = listener
        self._opening = Opening()
        self._server: asyncio.Server | None = None

    async def open(self, made: Callable[[Opening], asyncio.BaseProtocol]) -> None:
        """Let people in, unless it was shut before that could be."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: made(self._opening), sock=self._listener, backlog=BACKLOG)
        if not self._opening.is_open:
            loop.call_soon(self._server.close)

    def shut(self) -> None:
        """Let nobody in from now on; the system refuses at once."""
        self._opening.is_open = False
        loop = asyncio.get_running_loop()
        loop.remove_reader(self._listener.fileno())
        with contextlib.suppress(OSError):  # elsewhere than on Linux a listening socket cannot be shut down
            self._listener.shutdown(socket.SHUT_RDWR)
        if self._server is not None:
            loop.call_soon(self._server.close)


def _hush(name: str) -> None:
    logger = logging.getLogger(name)
    if not any(isinstance(handler, logging.NullHandler) for handler in logger.handlers):
        logger.addHandler(logging.NullHandler())  # else each cut-off asked for lands on stderr
