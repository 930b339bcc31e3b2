"""A gateway served for a test, and a stranger who talks to it in raw bytes."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec
import pytest

from forebay.emulator.device import Device
from forebay.emulator.http import GatewayApp
from forebay.emulator.injection import Injection
from forebay.emulator.serve import Ready, serve
from forebay.emulator.sessions import Sessions
from forebay.wire.endpoint import Access


@dataclass
class Answer:
    """What came over the wire; headers with lower-case names, in their order."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes
    reason: str = ""

    def header(self, name: str) -> str | None:
        return next((value for key, value in self.headers if key == name), None)

    def names(self) -> list[str]:
        return [name for name, _ in self.headers]

    @property
    def json(self) -> Any:
        return msgspec.json.decode(self.body)


@dataclass
class Served:
    """A running gateway."""

    device: Device
    ready: Ready
    state_dir: Path
    stop: asyncio.Event
    task: asyncio.Task[None]
    port: int = field(init=False)

    def __post_init__(self) -> None:
        self.port = urlsplit(self.ready.url).port or 0

    async def close(self) -> None:
        self.stop.set()
        await asyncio.wait_for(self.task, 5)

    async def ask(self, method: str, path: str, headers: str = "", body: bytes = b"") -> Answer:
        """Ask over TLS and HTTP/1.1 in raw bytes, on a connection of its own."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port, ssl=trusting())
        try:
            length = f"Content-Length: {len(body)}\r\n" if body else ""
            head = f"{method} {path} HTTP/1.1\r\nHost: powerwall\r\nConnection: close\r\n{length}{headers}\r\n"
            writer.write(head.encode() + body)
            return parse(await asyncio.wait_for(reader.read(), 5))
        finally:
            writer.close()

    async def control(self, method: str, path: str, body: object = None, headers: str = "") -> Answer:
        """Ask the control port."""
        port = urlsplit(self.ready.control_url or "").port
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        try:
            raw = b"" if body is None else msgspec.json.encode(body)
            sent = headers or "Host: 127.0.0.1\r\nContent-Type: application/json\r\n"
            head = f"{method} {path} HTTP/1.1\r\nConnection: close\r\n{sent}Content-Length: {len(raw)}\r\n\r\n"
            writer.write(head.encode() + raw)
            return parse(await asyncio.wait_for(reader.read(), 5))
        finally:
            writer.close()

    async def token(self, user: str = "customer", password: str | None = None) -> str:
        body = {"username": user, "password": password or self.device.password}
        answer = await self.ask("POST", "/api/login/Basic", body=msgspec.json.encode(body))
        return str(answer.json["token"])


def trusting() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


def parse(raw: bytes) -> Answer:
    head, _, body = raw.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    parts = first.split(" ", 2)
    if len(parts) < 2:
        raise ConnectionError("no answer")
    pairs = [line.split(": ", 1) if ": " in line else [line.rstrip(":"), ""] for line in lines]
    headers = [(name.lower(), value) for name, value in pairs]
    return Answer(int(parts[1]), headers, body, parts[2] if len(parts) > 2 else "")


Serve = Callable[..., Awaitable[Served]]


@pytest.fixture
async def served(make_device: Callable[..., Device], tmp_path: Path) -> AsyncIterator[Serve]:
    """Serve gateways on free ports; they end with the test."""
    running: list[Served] = []

    async def start(firmware: str = "21.44", *, device: Device | None = None, **settings: Any) -> Served:
        device = device or make_device(firmware)
        stop, ready = asyncio.Event(), asyncio.get_running_loop().create_future()
        settings = {"port": 0, "control_port": 0, "state_dir": tmp_path / "state", **settings}
        task = asyncio.create_task(serve(device, ready=ready.set_result, stop=stop, **settings))
        await asyncio.wait({task, ready}, return_when=asyncio.FIRST_COMPLETED)
        if task.done():
            await task
        running.append(Served(device, ready.result(), settings["state_dir"], stop, task))
        return running[-1]

    yield start
    for gateway in running:
        await gateway.close()


class Asked:
    """The application of a gateway, asked in process."""

    def __init__(self, device: Device) -> None:
        self.device = device
        self.sessions = device.area(Sessions)
        self.injection = Injection()
        self.app = GatewayApp(device, self.sessions, self.injection)

    async def ask(
        self, method: str, path: str, headers: Sequence[tuple[str, str]] = (), body: bytes | list[bytes] = b""
    ) -> Answer:
        chunks = [body] if isinstance(body, bytes) else body
        asked = [
            {"type": "http.request", "body": chunk, "more_body": number < len(chunks)}
            for number, chunk in enumerate(chunks, 1)
        ]
        sent: list[dict[str, Any]] = []

        async def receive() -> dict[str, Any]:
            return asked.pop(0) if asked else {"type": "http.disconnect"}

        async def send(message: dict[str, Any]) -> None:
            sent.append(message)

        raw = [(name.encode(), value.encode()) for name, value in headers]
        await self.app({"type": "http", "method": method, "path": path, "headers": raw}, receive, send)
        pairs = [(name.decode(), value.decode()) for name, value in sent[0]["headers"]]
        return Answer(sent[0]["status"], pairs, b"".join(message["body"] for message in sent[1:]))

    def token(self, role: Access = Access.INSTALLER) -> list[tuple[str, str]]:
        token = self.sessions._grant(role, self.device.clock.now())
        return [("authorization", f"Bearer {token}")]


@pytest.fixture
def gateway(make_device: Callable[..., Device]) -> Callable[..., Asked]:
    return lambda *settings, **more: Asked(make_device(*settings, **more))
