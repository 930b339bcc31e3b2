"""TLS under a protocol, lean enough for ten thousand connections.

asyncio's own TLS gives each connection a quarter of a megabyte to receive into,
and drops the alert that says why a handshake was refused. Here all connections
of a server receive into one buffer, and what OpenSSL wants to say is sent.
See docs/decisions/0075.
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import Callable
from typing import Any

from forebay.emulator.front import Line

HANDSHAKE_S = 10.0
"""How long a client may take to agree on TLS [s]."""

LINGER_S = 2.0
"""How long a closed connection waits for the client's own end, so that the last answer arrives [s]."""

_CHUNK = 65_536

_NOISE = b"\x00\x05not TLS at all\r\n" * 4

Local = tuple[Any, ...]
"""The address that a client connected to, as `socket.getsockname` gives it."""

ContextFor = Callable[[Local], ssl.SSLContext | None]
"""The TLS of whoever lives at an address; None where nobody does."""


class Opening:
    """Whether a socket that listens lets people in; a connection that was on its way when it shut is broken off."""

    __slots__ = ("is_open",)

    def __init__(self) -> None:
        self.is_open = True


class Listener:
    """What the connections of one server share.

    context_for: the TLS of whoever lives at an address; None where nobody does.
    protocol_for: what speaks over a connection whose TLS is agreed on.
    """

    def __init__(
        self,
        context_for: ContextFor,
        protocol_for: Callable[[TlsConnection], asyncio.Protocol],
    ) -> None:
        self.context_for = context_for
        self.rest = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.protocol_for = protocol_for
        self.loop = asyncio.get_running_loop()
        self.buffer = bytearray(_CHUNK)
        self.view = memoryview(self.buffer)
        self.open: set[TlsConnection] = set()
        self.line: Line = "open"

    def connection(self, opening: Opening) -> TlsConnection:
        """Return the protocol of a connection that was just accepted."""
        return TlsConnection(self, opening)

    def cut_off(self, address: str | None = None) -> None:
        """Break every connection to an address, or all of them; handshakes on their way too."""
        for connection in list(self.open):
            if address is None or connection.local[0] == address:
                connection.abort()


class TlsConnection(asyncio.BufferedProtocol, asyncio.Transport):
    """One connection: the protocol of the socket below it, the transport of the protocol above it."""

    __slots__ = ("_closing", "_in", "_inner", "_listener", "_opening", "_out", "_raw", "_timer", "_tls", "local")

    def __init__(self, listener: Listener, opening: Opening) -> None:
        self._listener = listener
        self._opening = opening
        self._inner: Any = None
        self._raw: Any = None
        self._tls: Any = None
        self._timer: asyncio.TimerHandle | None = None
        self._closing = False

    @property
    def loop(self) -> asyncio.AbstractEventLoop:
        """The event loop of the server."""
        return self._listener.loop

    # -- as the protocol of a socket ---------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Wait for the client's hello."""
        listener = self._listener
        self._raw = transport
        self.local: Local = transport.get_extra_info("sockname")
        listener.open.add(self)
        context = listener.context_for(self.local) if self._opening.is_open else None
        if context is None:
            self.abort()
            return
        self._in, self._out = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._in, self._out, server_side=True)
        if listener.line != "silent":
            self._timer = listener.loop.call_later(HANDSHAKE_S, self.abort)

    def get_buffer(self, sizehint: int) -> bytearray:
        """Return where to receive; the loop hands it back filled before it receives anything else."""
        return self._listener.buffer

    def buffer_updated(self, nbytes: int) -> None:
        """Take in what was received."""
        line = self._listener.line
        if self._closing or self._tls is None or line == "silent":
            return
        if line == "noise":
            self._raw.write(_NOISE)
            self._raw.close()
            return
        self._in.write(self._listener.view[:nbytes])
        if self._inner is None and not self._shake():
            return
        self._read()

    def eof_received(self) -> bool:
        """Let go: half of a TLS connection is none."""
        if self._inner is not None and not self._closing:
            self._inner.eof_received()
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        """Say so above."""
        self._listener.open.discard(self)
        self._unset_timer()
        self._closing = True
        self._tls = None
        if self._inner is not None:
            inner, self._inner = self._inner, None
            inner.connection_lost(exc)

    def pause_writing(self) -> None:
        """Hold the protocol above back."""
        if self._inner is not None:
            self._inner.pause_writing()

    def resume_writing(self) -> None:
        """Let it go on."""
        if self._inner is not None:
            self._inner.resume_writing()

    # -- as the transport of the protocol above ----------------------------------

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Encrypt and send."""
        if self._closing or not data:
            return
        try:
            self._tls.write(data)
        except ssl.SSLError:  # the client has broken TLS meanwhile
            self.abort()
            return
        self._raw.write(self._out.read())

    def close(self) -> None:
        """Say farewell, and wait a moment for the client's."""
        if self._closing:
            return
        self._closing = True
        with contextlib.suppress(ssl.SSLError):  # it wants the client's farewell, which nobody waits for
            self._tls.unwrap()
        self._end()

    def abort(self) -> None:
        """Break off."""
        self._closing = True
        self._raw.abort()

    def is_closing(self) -> bool:
        """Whether nothing can be sent any more."""
        return self._closing or bool(self._raw.is_closing())

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        """Let another protocol go on above."""
        self._inner = protocol

    def get_protocol(self) -> asyncio.BaseProtocol:
        """Return the protocol above."""
        protocol: asyncio.BaseProtocol = self._inner
        return protocol

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        """Return what is known of TLS or of the socket."""
        if name == "ssl_object":
            return self._tls
        if name == "sslcontext":
            return self._tls.context if self._tls is not None else default
        return self._raw.get_extra_info(name, default)

    def pause_reading(self) -> None:
        """Take in nothing for a while."""
        self._raw.pause_reading()

    def resume_reading(self) -> None:
        """Go on taking in."""
        self._raw.resume_reading()

    def is_reading(self) -> bool:
        """Whether data are taken in."""
        return bool(self._raw.is_reading())

    # -- TLS ----------------------------------------------------------------------

    def _shake(self) -> bool:
        """Go on with the handshake; whether it is done."""
        try:
            self._tls.do_handshake()
        except ssl.SSLWantReadError:
            if self._listener.line == "cut":
                hello = self._out.read()
                self._raw.write(hello[: len(hello) // 2])
                self._raw.close()
                return False
            self._flush()
            return False
        except (ssl.SSLError, ssl.CertificateError):
            self._closing = True
            self._end()  # with the alert that tells the client why
            return False
        self._unset_timer()
        self._flush()
        self._tls.context = self._listener.rest
        self._inner = self._listener.protocol_for(self)
        self._inner.connection_made(self)
        return True

    def _read(self) -> None:
        tls, incoming = self._tls, self._in
        while not self._closing:
            try:
                data = tls.read(_CHUNK)
            except ssl.SSLWantReadError:
                self._flush()
                return
            except ssl.SSLError:
                self._closing = True
                self._end()
                return
            if not data:
                self._inner.eof_received()
                self.close()
                return
            self._inner.data_received(data)
            if not incoming.pending and not tls.pending():
                return

    def _flush(self) -> None:
        if self._out.pending:
            self._raw.write(self._out.read())

    def _end(self) -> None:
        if self._raw.is_closing():
            return
        self._flush()
        self._unset_timer()
        self._timer = self._listener.loop.call_later(LINGER_S, self._raw.abort)
        if self._raw.is_closing():
            return
        self._raw.resume_reading()
        try:
            self._raw.write_eof()
        except OSError:  # the client reset the connection before the loop heard of it: nobody is left to tell
            self._raw.abort()

    def _unset_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
