"""Two servers under one roof: uvicorn with zttp is faithful, granian is fast.

Both run in the caller's event loop, take a socket that is bound already, leave
signals alone, and let go of every connection within a second.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import socket
import ssl
from pathlib import Path
from typing import Any, cast

from forebay.emulator.certificate import SERVER_NAMES, Certificate
from forebay.errors import EmulatorError

BACKLOG = 1024
HANDSHAKE_S = 10.0
"""How long a client may take to agree on TLS [s]."""

GRACE_S = 0.25
"""How long answers on their way may take when closing [s]."""

SETTLE_S = 0.05
"""What granian's threads get to end; an interpreter that exits under them makes them panic [s]."""

KEEP_ALIVE_S = 180
"""How long an idle connection is kept [s]; longer than any client's polling."""


def bound(bind: str, port: int, setting: str) -> socket.socket:
    """Return a listening socket; port 0 takes a free one.

    Raises EmulatorError naming the setting and what to do.
    """
    if not 0 <= port <= 65_535:
        raise EmulatorError(f"{setting} must be from 0 to 65535, got {port}")
    try:
        family, kind, proto, _, address = socket.getaddrinfo(
            bind, port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST | socket.AI_PASSIVE
        )[0]
    except OSError as exc:
        raise EmulatorError(f"{bind} is not an IP address to listen on, such as 127.0.0.1 or 0.0.0.0") from exc
    listener = socket.socket(family, kind, proto)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(BACKLOG)
        listener.setblocking(False)
    except OSError as exc:
        listener.close()
        raise EmulatorError(f"{bind} port {port}: {_in_words(exc, port, setting)}") from exc
    return listener


def _in_words(exc: OSError, port: int, setting: str) -> str:
    if isinstance(exc, PermissionError):
        return f"ports below 1024 need special rights; choose another with {setting}, such as {port + 8000}"
    reason = (exc.strerror or str(exc)).lower()
    return f"{reason}; choose another with {setting}, or 0 for a free one"


def tls_context(certificate: Certificate, *, strict_names: bool) -> ssl.SSLContext:
    """Return TLS as a gateway has it: 1.2 or later, HTTP/2 and HTTP/1.1.

    strict_names: break off handshakes that ask for a name that is none of the
        gateway's; none at all is fine (T08, T09).
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(certificate.cert_path, certificate.key_path)
    context.set_alpn_protocols(["h2", "http/1.1"])
    if strict_names:
        context.sni_callback = _check_name
    return context


def _check_name(_tls: ssl.SSLObject, name: str | None, _context: ssl.SSLContext) -> int | None:
    if name is None or name in SERVER_NAMES:
        return None
    return int(ssl.ALERT_DESCRIPTION_UNRECOGNIZED_NAME)


class Faithful:
    """uvicorn's protocols with zttp: reason phrases, no foreign header, HTTP/2 over TLS."""

    def __init__(self, app: Any, listener: socket.socket, tls: ssl.SSLContext | None = None) -> None:
        import uvicorn
        from uvicorn.server import ServerState

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
        make: Any = self._config.http_protocol_class
        protocol: asyncio.Protocol = make(
            config=self._config, server_state=self._state, app_state={}, _loop=asyncio.get_running_loop()
        )
        return protocol

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


class Fast:
    """granian inside this loop: twice the requests, and a `server` header that no gateway sends."""

    def __init__(self, app: Any, listener: socket.socket, certificate: Certificate) -> None:
        from granian.constants import HTTPModes, Interfaces, SSLProtocols
        from granian.server.embed import Server

        self._address = listener.getsockname()
        self._listener = listener
        self._granian: Any = Server(
            app,
            interface=Interfaces.ASGINL,
            http=HTTPModes.auto,
            websockets=False,
            backlog=BACKLOG,
            log_enabled=False,
            ssl_cert=Path(certificate.cert_path),
            ssl_key=Path(certificate.key_path),
            ssl_protocol_min=SSLProtocols.tls12,
        )
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin to answer."""
        from granian._granian import SocketHolder

        granian, holder = self._granian, cast("Any", SocketHolder)

        def adopt() -> None:
            granian._ssp, granian._shd = None, holder(self._listener.detach(), False, BACKLOG)

        granian._init_shared_socket = adopt  # it would bind a second socket otherwise
        self._task = asyncio.create_task(granian.serve())
        await asyncio.sleep(0)

    async def close(self) -> None:
        """Stop listening and let go of every connection."""
        if self._task is None:
            self._listener.close()
            return
        self._granian.stop()
        done, _ = await asyncio.wait({self._task}, timeout=GRACE_S)
        if not done:
            drop_connections(self._address)
            done, _ = await asyncio.wait({self._task}, timeout=2 * GRACE_S)
        if not done:
            self._task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._task
        await asyncio.sleep(SETTLE_S)


def drop_connections(local: tuple[Any, ...]) -> None:
    """Shut down every connection of this process that was accepted at `local`.

    granian waits for its clients when it stops and offers no way not to.
    """
    for name in os.listdir("/dev/fd"):
        try:
            connection = socket.socket(fileno=os.dup(int(name)))
        except (OSError, ValueError):
            continue
        with connection, contextlib.suppress(OSError):
            if connection.family not in (socket.AF_INET, socket.AF_INET6):
                continue
            connection.getpeername()  # fails for a socket that listens
            here = connection.getsockname()
            if here[1] == local[1] and local[0] in (here[0], "0.0.0.0", "::"):
                connection.shutdown(socket.SHUT_RDWR)


def _hush(name: str) -> None:
    logger = logging.getLogger(name)
    if not any(isinstance(handler, logging.NullHandler) for handler in logger.handlers):
        logger.addHandler(logging.NullHandler())  # else each cut-off asked for lands on stderr
