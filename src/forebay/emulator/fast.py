"""The fast server: the faithful one, with a short cut for plain GETs over HTTP/1.1.

A poller sends the same bytes again and again. They are parsed once, by the same
library; the application is asked without a task, and head and body leave in one
piece. Whatever is not that simple goes the faithful way. See docs/decisions/0075.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from http import HTTPStatus
from typing import Any, NamedTuple

import zttp

from forebay.emulator.faithful import KEEP_ALIVE_S, Faithful, Http1
from forebay.emulator.http import GatewayApp, Headers
from forebay.emulator.replies import Reply
from forebay.emulator.tls import ContextFor, Local, TlsConnection

MOST_KNOWN = 4096
"""How many different requests are kept parsed."""

MOST_BYTES = 2048
"""How long one of them may be: pollers send a few hundred bytes."""

SWEEP_S = 15.0
"""How often connections are looked through for idle ones [s]."""

_END = b"\r\n\r\n"


class Asked(NamedTuple):
    """A request that the short cut can answer."""

    path: str
    headers: Headers


class Fast(Faithful):
    """What the faithful server sends, at twice the rate and more.

    app_at: the gateway at an address; without it `app` is the only one.
    """

    def __init__(
        self,
        app: Any,
        listener: socket.socket,
        context_for: ContextFor | None = None,
        app_at: Callable[[Local], GatewayApp] | None = None,
    ) -> None:
        super().__init__(app, listener, context_for)
        self.app_at: Callable[[Local], GatewayApp] = app_at or (lambda _local: app)
        self._known: dict[bytes, Asked | None] = {}
        self._heads: dict[str, tuple[Reply, bytes]] = {}
        self._sweep: asyncio.TimerHandle | None = None

    def http1(self, connection: TlsConnection) -> asyncio.Protocol:
        """Return HTTP/1.1, with the short cut."""
        if self._sweep is None:
            self._sweep = connection.loop.call_later(SWEEP_S, self._let_go)
        return _ShortCut(self, connection)

    def asked(self, data: bytes) -> Asked | None:
        """Return the request that these bytes are, None when they are not one plain GET."""
        if len(data) > MOST_BYTES:
            return None
        try:
            return self._known[data]
        except KeyError:
            pass
        if len(self._known) >= MOST_KNOWN:
            self._known.clear()
        found = self._known[data] = plain_get(data)
        return found

    def sent(self, path: str, reply: Reply, date: bytes) -> bytes:
        """Return an answer as it goes over the wire."""
        known = self._heads.get(path)
        if known is None or known[0] is not reply:
            if len(self._heads) >= MOST_KNOWN:
                self._heads.clear()
            known = self._heads[path] = (reply, head_of(reply))
        return b"%bdate: %b\r\n\r\n%b" % (known[1], date, reply.body)

    def _let_go(self) -> None:
        """Close the connections that nobody used for long."""
        self._sweep = None
        if self._tls is None:
            return
        since_s = self._tls.loop.time() - KEEP_ALIVE_S
        for connection in list(self._tls.open):
            above = connection.get_protocol()
            if isinstance(above, _ShortCut) and above.used_s < since_s:
                above.let_go()
        if self._tls.open:
            self._sweep = self._tls.loop.call_later(SWEEP_S, self._let_go)

    async def close(self) -> None:
        """Stop listening and let go of every connection."""
        if self._sweep is not None:
            self._sweep.cancel()
        await super().close()


class _ShortCut(asyncio.Protocol):
    """One connection. detour: the faithful way, while a request is on it."""

    __slots__ = ("_connection", "_detour", "_server", "used_s")

    def __init__(self, server: Fast, connection: TlsConnection) -> None:
        self._server = server
        self._connection = connection
        self._detour: _Detour | None = None
        self.used_s = connection.loop.time()

    def data_received(self, data: bytes) -> None:
        """Answer at once where that is possible."""
        if self._detour is None:
            self.used_s = self._connection.loop.time()
            asked = self._server.asked(data)
            if asked is not None:
                app = self._server.app_at(self._connection.local)
                reply = app.prompt("GET", asked.path, asked.headers)
                if reply is not None:
                    self._connection.write(self._server.sent(asked.path, reply, app.date()[1]))
                    return
            self._detour = _Detour(self._server, self)
            self._detour.connection_made(self._connection)
        self._detour.take(data)

    def back(self) -> None:
        """Take the short cut again: the detour has answered."""
        self._detour = None
        self.used_s = self._connection.loop.time()

    def let_go(self) -> None:
        """Close, unless a request is on its way: then the faithful server minds the time."""
        if self._detour is None:
            self._connection.close()

    def pause_writing(self) -> None:
        """Take in no more requests: the client does not read its answers."""
        if self._detour is not None:
            self._detour.pause_writing()
        self._connection.pause_reading()

    def resume_writing(self) -> None:
        """Go on."""
        if self._detour is not None:
            self._detour.resume_writing()
        self._connection.resume_reading()

    def eof_received(self) -> None:
        """Leave closing to the connection."""

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell whoever still works on an answer."""
        if self._detour is not None:
            self._detour.connection_lost(exc)


class _Detour(Http1):
    """HTTP/1.1 the faithful way, for as long as one request takes."""

    def __init__(self, server: Fast, owner: _ShortCut) -> None:
        super().__init__(server.config, server.state, {}, asyncio.get_running_loop())
        self._owner = owner
        self._taken = bytearray()
        self._is_one = True

    def take(self, data: bytes) -> None:
        """Take in a part of a request."""
        if self._is_one:
            self._taken += data
            self._is_one = len(self._taken) <= 1 << 17
        self.data_received(data)

    def on_response_complete(self) -> None:
        """Give way to the short cut when exactly one request was taken in and answered."""
        super().on_response_complete()
        cycle = self.cycle
        if self._is_one and not self.transport.is_closing() and cycle.response_complete and not cycle.more_body:
            head, _, body = bytes(self._taken).partition(_END)
            length = next((value for name, value in self.headers if name == b"content-length"), b"0")
            chunked = any(name == b"transfer-encoding" for name, _ in self.headers)
            if head and not chunked and len(body) == int(length):
                self._unset_keepalive_if_required()
                self.connections.discard(self)
                self._owner.back()
            else:
                self._is_one = False


def plain_get(data: bytes) -> Asked | None:
    """Return the request if these bytes are one whole GET without a body, of a client that stays."""
    if not data.startswith(b"GET /") or not data.endswith(_END) or data.count(_END) != 1:
        return None
    parser = zttp.Connection(zttp.SERVER)
    try:
        request = parser.receive_event(data)
        if not isinstance(request, zttp.Request) or not request.end_stream or request.http_version != b"1.1":
            return None
        if request.expect_continue or parser.upgrade() is not None or b"%" in request.path:
            return None
        parser.send_response(204, [])
        parser.end_message()
        if parser.should_close():
            return None
        path = request.path.decode("ascii")
    except (zttp.ProtocolError, UnicodeDecodeError):
        return None
    block: Any = request.headers
    return Asked(path, block.to_list(lowercase_names=True))


def head_of(reply: Reply) -> bytes:
    """Return status line and headers as the faithful server sends them, without `date`."""
    lines = [b"HTTP/1.1 %d %b\r\n" % (reply.status, HTTPStatus(reply.status).phrase.encode())]
    lines += [b"%b: %b\r\n" % header for header in reply.headers]
    return b"".join(lines)
