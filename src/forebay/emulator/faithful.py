"""The faithful server: uvicorn's protocols over zttp, on asyncio's own server.

uvicorn's `Server` is left out: it takes the signals, ticks ten times a second,
and waits for its clients when it closes. See docs/decisions/0040.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import ssl
from typing import Any, cast

import uvicorn
from uvicorn.protocols.http.auto_zttp_impl import AutoZttpProtocol
from uvicorn.protocols.http.zttp_h2_impl import ZttpH2Protocol
from uvicorn.protocols.http.zttp_impl import ZttpProtocol
from uvicorn.server import ServerState

from forebay.emulator.listening import BACKLOG, GRACE_S

HANDSHAKE_S = 10.0
"""How long a client may take to agree on TLS [s]."""

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


class _Http1(ZttpProtocol):
    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self.transport = cast("asyncio.Transport", _Joined(transport, self.loop))

    def data_received(self, data: bytes) -> None:
        try:
            super().data_received(data)
        except UnicodeDecodeError:  # a path of raw bytes; uvicorn 0.54 would fail aloud
            self.handle_remote_protocol_error()


class _Http2(ZttpH2Protocol):
    def data_received(self, data: bytes) -> None:
        try:
            super().data_received(data)
        except UnicodeDecodeError:
            self.transport.close()


class _ByAlpn(AutoZttpProtocol):
    def _switch(self, http2: bool, initial_data: bytes = b"") -> None:
        kind = _Http2 if http2 else _Http1
        protocol = kind(self.config, self.server_state, self.app_state, self.loop)
        self.transport.set_protocol(protocol)
        protocol.connection_made(self.transport)
        if initial_data:
            protocol.data_received(initial_data)


class Faithful:
    """uvicorn's protocols with zttp: reason phrases, no foreign header, HTTP/2 over TLS."""

    def __init__(self, app: Any, listener: socket.socket, tls: ssl.SSLContext | None = None) -> None:
        _hush("uvicorn")
        self._config = uvicorn.Config(
            app,
            http="zttp",
            http2=tls is not None,
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
        self._config.load()
        self._state = ServerState()
        self._listener = listener
        self._tls = tls
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        """Begin to answer."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(
            self._protocol,
            sock=self._listener,
            ssl=self._tls,
            backlog=BACKLOG,
            ssl_handshake_timeout=HANDSHAKE_S if self._tls else None,
            ssl_shutdown_timeout=GRACE_S if self._tls else None,
        )

    def _protocol(self) -> asyncio.Protocol:
        kind = _ByAlpn if self._tls else _Http1
        return kind(config=self._config, server_state=self._state, app_state={}, _loop=asyncio.get_running_loop())

    async def close(self) -> None:
        """Stop listening and let go of every connection."""
        if self._server is None:
            self._listener.close()
            return
        self._server.close()
        for connection in list(self._state.connections):
            connection.shutdown()
        if self._state.tasks:
            await asyncio.wait(self._state.tasks, timeout=GRACE_S)
        for connection in list(self._state.connections):
            connection.transport.abort()
        await asyncio.sleep(0)
        for task in list(self._state.tasks):
            task.cancel()
        if self._state.tasks:
            await asyncio.wait(self._state.tasks, timeout=GRACE_S)


def _hush(name: str) -> None:
    logger = logging.getLogger(name)
    if not any(isinstance(handler, logging.NullHandler) for handler in logger.handlers):
        logger.addHandler(logging.NullHandler())  # else each cut-off asked for lands on stderr
