"""Serve a stored capture: the same sockets and TLS as an emulated gateway, no world behind."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from pathlib import Path

import msgspec

from forebay.clock import Clock, SystemClock
from forebay.emulator.certificate import certificate_at
from forebay.emulator.faithful import Faithful
from forebay.emulator.listening import bound, own_addresses, tls_context, url_of
from forebay.emulator.redirect import RedirectApp
from forebay.emulator.replay import Recording, ReplayApp
from forebay.emulator.replies import Dates
from forebay.emulator.serve import Ready
from forebay.wire.firmware import HTTP2, PLAIN_HTTP_REDIRECTS


async def serve_replay(
    recording: Recording,
    *,
    state_dir: Path,
    ready: Callable[[Ready], object],
    stop: asyncio.Event,
    bind: str = "127.0.0.1",
    port: int = 8443,
    http_port: int | None = None,
    strict_names: bool = False,
    password: str | None = None,
    moves_time: bool = False,
    clock: Clock | None = None,
) -> None:
    """Answer from a recording until `stop` is set.

    password: what a log-in needs; None takes any. moves_time: whether time stamps move on.
    The rest as in `serve`. Raises EmulatorError naming the port, file or key.
    """
    clock = clock or SystemClock()
    app = ReplayApp(recording, clock, password=password, moves_time=moves_time)
    async with contextlib.AsyncExitStack() as opened:
        listener = opened.enter_context(bound(bind, port, "--port"))
        certificate = certificate_at(state_dir, own_addresses(bind))
        context = tls_context(certificate, strict_names=strict_names, http2=HTTP2.at(recording.version))
        https_port = int(listener.getsockname()[1])
        parts = [Faithful(app, listener, lambda _local: context)]
        http_url = None
        if http_port is not None:
            plain = opened.enter_context(bound(bind, http_port, "--http-port"))
            redirects = PLAIN_HTTP_REDIRECTS.at(recording.version)
            parts.append(Faithful(RedirectApp(https_port, Dates(clock)) if redirects else app, plain))
            http_url = url_of("http", bind, plain.getsockname()[1])
        for part in parts:
            opened.push_async_callback(part.close)
            await part.start()
        ready(
            Ready(
                url=url_of("https", bind, https_port),
                firmware=recording.index.firmware,
                serial=_serial(recording),
                fingerprint=certificate.fingerprint,
                http_url=http_url,
            )
        )
        await stop.wait()


def _serial(recording: Recording) -> str:
    """Return the serial number that the recorded status tells, "-" where it tells none."""
    status = recording.answers.get("/api/status")
    if status is None:
        return "-"
    try:
        din = msgspec.json.decode(status.reply.body, type=dict[str, object]).get("din")
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return "-"
    return din.rpartition("--")[2] or "-" if isinstance(din, str) else "-"
