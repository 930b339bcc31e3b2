"""A mail server and a broker on loopback, each as small as the standard allows, that fail when told to.

Neither shares a line with what it is asked by: the clients are libraries of others.
"""

from __future__ import annotations

import asyncio
import base64
import ipaddress
import json
import ssl
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


@dataclass(frozen=True)
class Identity:
    """A certificate that vouches for itself."""

    pem: Path

    def server_context(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.pem)
        return context


def identity(folder: Path, address: str = "127.0.0.1") -> Identity:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, address)])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=2))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(address))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    plain = serialization.NoEncryption()
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    file = folder / f"{address}.pem"
    file.write_bytes(pem + certificate.public_bytes(serialization.Encoding.PEM))
    return Identity(file)


@dataclass
class MailServer:
    """Takes mail. fails: verb -> reply instead of the usual one, or "cut", or "hang"."""

    tls: ssl.SSLContext | None = None
    is_implicit: bool = False
    offers_starttls: bool = True
    password: str | None = None
    fails: dict[str, str] = field(default_factory=dict)
    mails: list[tuple[str, list[str], bytes]] = field(default_factory=list)
    verbs: list[str] = field(default_factory=list)
    port: int = 0

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[MailServer]:
        context = self.tls if self.is_implicit else None
        server = await asyncio.start_server(self._greet, "127.0.0.1", 0, ssl=context)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            server.close()

    async def _greet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await self._talk(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError, ssl.SSLError):
            return
        finally:
            writer.close()

    async def _talk(  # noqa: C901 - one branch for each verb
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        is_secure, user = self.is_implicit, ""
        sender, receivers = "", list[str]()

        def say(line: str) -> None:
            writer.write(f"{line}\r\n".encode())

        say(self.fails.get("greeting", "220 mail.test ready"))
        while line := await reader.readline():
            text = line.decode().strip()
            verb = text.split(" ")[0].upper()
            self.verbs.append(f"{verb}{'+tls' if is_secure else ''}")
            if (failure := self.fails.get(verb)) is not None:
                if failure == "cut":
                    return
                if failure == "hang":
                    await reader.read()  # until the client goes
                    return
                say(failure)
                continue
            if verb == "EHLO":
                offered = ["mail.test", "SIZE 1000000", "8BITMIME"]
                if self.tls and not is_secure and self.offers_starttls:
                    offered.append("STARTTLS")
                if self.password is not None and (is_secure or self.tls is None):
                    offered.append("AUTH PLAIN")
                for i, word in enumerate(offered):
                    say(f"250{'-' if i < len(offered) - 1 else ' '}{word}")
            elif verb == "STARTTLS" and self.tls:
                say("220 go ahead")
                await writer.drain()
                await writer.start_tls(self.tls)
                is_secure = True
            elif verb == "AUTH":
                _, user, given = base64.b64decode(text.split(" ")[2]).decode().split("\0")
                say("235 welcome" if given == self.password else f"535 no: {text.split(' ')[2]} {given}")
                user = user if given == self.password else ""
            elif verb == "MAIL" and self.password is not None and not user:
                say("530 log in first")
            elif verb == "MAIL":
                sender, receivers = text.partition("<")[2].partition(">")[0], []
                say("250 ok")
            elif verb == "RCPT":
                receiver = text.partition("<")[2].partition(">")[0]
                if "unknown" in receiver:
                    say("550 nobody here")
                else:
                    receivers.append(receiver)
                    say("250 ok")
            elif verb == "DATA":
                say("354 go on")
                body = await reader.readuntil(b"\r\n.\r\n")
                if (refusal := self.fails.get("body")) is not None:
                    say(refusal)
                    continue
                self.mails.append((sender, receivers, body[:-5].replace(b"\r\n..", b"\r\n.")))
                say("250 taken")
            elif verb == "QUIT":
                say("221 bye")
                return
            else:
                say("250 ok")


@dataclass
class Broker:
    """Speaks MQTT 3.1.1 as far as a publisher needs it. fails: "refuse", "hang", "no puback"."""

    tls: ssl.SSLContext | None = None
    password: str | None = None
    failure: str = ""
    got: list[tuple[str, str, int, bool]] = field(default_factory=list)
    retained: dict[str, str] = field(default_factory=dict)
    clients: int = 0
    seen: int = 0
    port: int = 0
    news: asyncio.Event = field(default_factory=asyncio.Event)
    writers: set[asyncio.StreamWriter] = field(default_factory=set)

    @asynccontextmanager
    async def serving(self, port: int = 0) -> AsyncIterator[Broker]:
        server = await asyncio.start_server(self._serve, "127.0.0.1", port, ssl=self.tls)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            server.close()
            self.cut()

    def cut(self) -> None:
        """Break every connection off."""
        for writer in self.writers:
            writer.transport.abort()

    async def until(self, topic: str, payload: str | None = None) -> str:
        """Wait until something was published there; return what."""
        async with asyncio.timeout(30):
            while True:
                for one, text, _, _ in self.got:
                    if one == topic and payload in (None, text):
                        return text
                self.news.clear()
                await self.news.wait()

    def _publish(self, topic: str, payload: str, qos: int, retain: bool) -> None:
        self.got.append((topic, payload, qos, retain))
        if retain:
            self.retained[topic] = payload
        self.news.set()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.writers.add(writer)
        self.seen += 1
        will: tuple[str, str, int, bool] | None = None
        try:
            while True:
                kind, body = await self._packet(reader)
                if kind >> 4 == 1:
                    if self.failure == "hang":
                        await reader.read()
                        return
                    will, is_welcome = self._connect(body)
                    self.clients += is_welcome
                    writer.write(bytes([0x20, 2, 0, 0 if is_welcome else 5]))
                    if not is_welcome:
                        return
                elif kind >> 4 == 3:
                    qos = kind >> 1 & 3
                    size = int.from_bytes(body[:2], "big")
                    topic, rest = body[2 : 2 + size].decode(), body[2 + size :]
                    packet_id, payload = (rest[:2], rest[2:]) if qos else (b"", rest)
                    if self.failure == "no puback" and not topic.endswith("/status"):
                        continue
                    self._publish(topic, payload.decode(), qos, bool(kind & 1))
                    if qos:
                        writer.write(bytes([0x40, 2]) + packet_id)
                elif kind >> 4 == 12:
                    writer.write(bytes([0xD0, 0]))
                elif kind >> 4 == 14:
                    will = None
                    return
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError, ssl.SSLError):
            return
        finally:
            self.writers.discard(writer)
            if will is not None:
                self._publish(*will)
            writer.close()

    @staticmethod
    async def _packet(reader: asyncio.StreamReader) -> tuple[int, bytes]:
        kind = (await reader.readexactly(1))[0]
        size, shift = 0, 0
        while True:
            byte = (await reader.readexactly(1))[0]
            size |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return kind, await reader.readexactly(size)

    def _connect(self, body: bytes) -> tuple[tuple[str, str, int, bool] | None, bool]:
        def text() -> str:
            nonlocal body
            size = int.from_bytes(body[:2], "big")
            found, body = body[2 : 2 + size], body[2 + size :]
            return found.decode()

        assert text() == "MQTT"
        level, flags, body = body[0], body[1], body[4:]
        assert level == 4, "the test's broker speaks 3.1.1"
        text()  # the client's name
        will = (text(), text(), flags >> 3 & 3, bool(flags & 32)) if flags & 4 else None
        if flags & 128:
            text()
        given = text() if flags & 64 else None
        return will, self.failure != "refuse" and (self.password is None or given == self.password)


@contextmanager
def receiver(status: int = 200) -> Iterator[tuple[int, list[Any]]]:
    """Take webhooks in a thread of its own."""
    got: list[Any] = []

    class Take(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            got.append((self.path, json.loads(self.rfile.read(int(self.headers["Content-Length"])))))
            self.send_response(status)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            return

    server = HTTPServer(("127.0.0.1", 0), Take)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield server.server_port, got
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def asked(*servers: Any) -> Iterator[None]:
    """Serve in a loop of another thread, so that a command with a loop of its own can ask."""
    up, stop = threading.Event(), asyncio.Event()
    loops: list[asyncio.AbstractEventLoop] = []

    async def serve() -> None:
        loops.append(asyncio.get_running_loop())
        async with AsyncExitStack() as stack:
            for server in servers:
                await stack.enter_async_context(server.serving())
            up.set()
            await stop.wait()

    thread = threading.Thread(target=lambda: asyncio.run(serve()), daemon=True)
    thread.start()
    assert up.wait(20)
    try:
        yield
    finally:
        loops[0].call_soon_threadsafe(stop.set)
        thread.join(20)
