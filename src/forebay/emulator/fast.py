"""The fast server: granian inside the caller's event loop.

It sends a `server` header, which no gateway does, and cannot see server names.
See docs/decisions/0040.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
from pathlib import Path
from typing import Any, cast

from forebay.emulator.certificate import Certificate
from forebay.emulator.http import Receive, Scope, Send
from forebay.emulator.listening import BACKLOG, GRACE_S

SETTLE_S = 0.05
"""What granian's threads get to end; an interpreter that exits under them makes them panic [s]."""

PATIENCE_S = 1.0
"""How long an answer waits for the rest of a body that nobody reads [s]."""

DRAINED_BYTES = 1_048_576
"""How much of such a body is read."""


def reading_all(app: Any) -> Any:
    """Return the application, answering only when the request's body is in.

    granian resets the HTTP/2 stream of a body that is not read, and a client
    that is still sending, such as curl, takes that for a failure.
    """

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] in ("GET", "HEAD"):
            await app(scope, receive, send)
            return
        more = True

        async def noted() -> dict[str, Any]:
            nonlocal more
            message = await receive()
            more = message.get("more_body", False)
            return message

        async def patient(message: dict[str, Any]) -> None:
            if message["type"] == "http.response.start" and more:
                left = DRAINED_BYTES
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(PATIENCE_S):
                        while more and left > 0:
                            left -= len((await noted()).get("body", b""))
            await send(message)

        await app(scope, noted, patient)

    return answer


class Fast:
    """granian inside this loop: twice the requests, and a `server` header that no gateway sends."""

    def __init__(self, app: Any, listener: socket.socket, certificate: Certificate) -> None:
        from granian.constants import HTTPModes, Interfaces, SSLProtocols
        from granian.server.embed import Server

        self._address = listener.getsockname()
        self._listener = listener
        self._granian: Any = Server(
            reading_all(app),
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
