"""A gateway of the emulator with somebody in between who loses, garbles and refuses requests by number.

The home is in this process, so that what the client says of it can be compared with what it is.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
from aiohttp import web

from forebay.client.gateway import Gateway
from forebay.clock import SimClock
from forebay.emulator.build import build_device
from forebay.emulator.device import Device
from forebay.emulator.home import Home
from forebay.emulator.serve import Ready, serve
from forebay.wire.firmware import INSTALLER_NEEDS_TOGGLE, LOGIN_NEEDS_USER

START = datetime(2026, 6, 21, 19, 0, 3, tzinfo=UTC)

Trouble = Callable[[web.Request, Callable[[], Any]], Any]


async def refused_500(_: web.Request, __: Callable[[], Any]) -> web.StreamResponse:
    """The gateway fails before it has done anything."""
    return web.json_response({"code": 500, "error": "out of order", "message": "Internal"}, status=500)


async def refused_503(_: web.Request, __: Callable[[], Any]) -> web.StreamResponse:
    """The gateway is busy."""
    return web.json_response({"code": 503, "error": "busy", "message": "current config mode is busy"}, status=503)


async def refused_403(_: web.Request, __: Callable[[], Any]) -> web.StreamResponse:
    """The role is too low."""
    return web.json_response({"code": 403, "error": "Unable to POST to resource", "message": "rights"}, status=403)


async def lost(request: web.Request, forward: Callable[[], Any]) -> web.StreamResponse:
    """It is done, and the answer is lost."""
    await forward()
    assert request.transport is not None
    request.transport.abort()
    return web.Response()


async def never_arrived(request: web.Request, _: Callable[[], Any]) -> web.StreamResponse:
    """The connection breaks before anything is done."""
    assert request.transport is not None
    request.transport.abort()
    return web.Response()


async def garbled(_: web.Request, forward: Callable[[], Any]) -> web.StreamResponse:
    """It is done, and the answer is no JSON."""
    status = (await forward()).status
    return web.Response(status=status, body=b"\x16\x03\xff{\x00not json")


@dataclass
class Between:
    """Passes every request on, but for one (or, with `for_good`, all from that one on)."""

    device: Device
    tls: ssl.SSLContext
    target: str = ""
    port: int = 0
    at: int = -1
    trouble: Trouble | None = None
    for_good: bool = False
    seen: list[str] = field(default_factory=list)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        number = len(self.seen)
        self.seen.append(f"{request.method} {request.path}")
        body = await request.read()

        async def forward() -> web.StreamResponse:
            headers = {k: v for k, v in request.headers.items() if k.lower() not in ("host", "content-length")}
            answer = await self._http.request(
                request.method, self.target + request.raw_path, content=body, headers=headers
            )
            kept = [(k, v) for k, v in answer.headers.multi_items() if k in ("content-type", "set-cookie")]
            reply = web.Response(status=answer.status_code, body=answer.content or None)
            for name, value in kept:
                reply.headers[name] = value
            return reply

        is_hit = number == self.at or (self.for_good and 0 <= self.at <= number)
        reply: web.StreamResponse = await self.trouble(request, forward) if is_hit and self.trouble else await forward()
        return reply

    @property
    def state(self) -> tuple[Any, Any]:
        """What is in force, and what is staged."""
        return self.device.setting, self.device.staged

    def gateway(self, state_dir: Path, **options: Any) -> Gateway:
        """Our client, as who may set the operation; `username` makes it somebody else."""
        version = self.device.version
        password = self.device.installer_password if LOGIN_NEEDS_USER.at(version) else self.device.serial
        if INSTALLER_NEEDS_TOGGLE.at(version):
            self.device.toggle_switch()
        usual: dict[str, Any] = {"port": self.port, "username": "installer", "timeout_s": 5.0, "clock": SimClock(START)}
        return Gateway("127.0.0.1", options.pop("password", password), **{**usual, "state_dir": state_dir, **options})

    @contextlib.asynccontextmanager
    async def standing(self, certificates: Path) -> AsyncIterator[Between]:
        stop, ready = asyncio.Event(), asyncio.get_running_loop().create_future()

        def answers(line: Ready) -> None:
            ready.set_result(line.url)

        task = asyncio.create_task(serve(self.device, ready=answers, stop=stop, port=0, state_dir=certificates))
        await asyncio.wait({task, ready}, return_when=asyncio.FIRST_COMPLETED)
        if task.done():
            await task
        self.target = ready.result()
        unchecked = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        unchecked.check_hostname, unchecked.verify_mode = False, ssl.CERT_NONE
        app = web.Application()
        app.router.add_route("*", "/{rest:.*}", self.handle)
        runner = web.AppRunner(app, shutdown_timeout=0.05, handler_cancellation=False)
        await runner.setup()
        listener = socket.create_server(("127.0.0.1", 0))
        self.port = listener.getsockname()[1]
        async with httpx.AsyncClient(verify=unchecked, timeout=5, trust_env=False) as self._http:
            await web.SockSite(runner, listener, ssl_context=self.tls).start()
            try:
                yield self
            finally:
                await runner.cleanup()
                stop.set()
                await asyncio.wait_for(task, 5)


def device_of(firmware: str, **settings: Any) -> Device:
    """A calm home, as a login on 1.x wants it."""
    device = build_device(Home(), start=START, speed=0, firmware=firmware, **settings)
    device.set_load_w(0)
    device.set_solar_w(0)
    return device
