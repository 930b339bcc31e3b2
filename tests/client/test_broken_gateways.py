"""Gateways that break TLS, HTTP and JSON: each ends in time, with an error of the tree, and nothing grows."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import gzip
import json
import ssl
import time
import tracemalloc
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.client.conftest import MakeTls

from forebay.client.gateway import Gateway
from forebay.errors import Advice, GatewayError, MalformedReply, Unreachable
from forebay.wire import catalogue, codec, vitals

Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
Break = Callable[..., Awaitable[int]]

TIMEOUT_S = 0.4
STATUS = json.dumps(
    {"start_time": "", "up_time_seconds": "1s", "is_new": False, "version": "21.44", "git_hash": "ab"}
).encode()


def http(body: bytes, *headers: str, status: str = "200 OK") -> bytes:
    lines = [f"HTTP/1.1 {status}", *headers, f"Content-Length: {len(body)}", "", ""]
    return "\r\n".join(lines).encode() + body


def says(raw: bytes, then: str = "close") -> Talk:
    """Answer whatever is asked with these bytes; then close, or keep silent."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(raw)
        await writer.drain()
        if then == "silence":
            await asyncio.sleep(30)

    return talk


def pours(head: bytes, piece: bytes, pause_s: float = 0.0) -> Talk:
    """Begin an answer and never end it."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(head)
        while True:
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(pause_s)

    return talk


async def silent(_: asyncio.StreamReader, __: asyncio.StreamWriter) -> None:
    """Take the request and say nothing."""
    await asyncio.sleep(30)


BOMB = gzip.compress(b"[" + b"0," * 40_000_000 + b"0]", 9)
OPEN_END = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
CHUNKED = OPEN_END + b"Transfer-Encoding: chunked\r\n\r\n"

HTTP: dict[str, tuple[Talk, tuple[type[GatewayError], ...]]] = {
    "silence": (silent, (Unreachable,)),
    "nothing": (says(b""), (Unreachable,)),
    "no HTTP": (says(b"\x00\xff\x16\x03nonsense\r\n\r\n"), (MalformedReply, Unreachable)),
    "HTTP/2 unasked": (says(b"\x00\x00\x12\x04\x00\x00\x00\x00\x00", "silence"), (MalformedReply, Unreachable)),
    "another protocol": (says(b"SSH-2.0-OpenSSH_9.6\r\n"), (MalformedReply, Unreachable)),
    "a status that is none": (says(b"HTTP/1.1 nine OK\r\n\r\n"), (MalformedReply,)),
    "a status of 999": (says(http(b"", status="999 Odd")), (GatewayError,)),
    "half a head": (says(b"HTTP/1.1 200 OK\r\nContent-Le"), (Unreachable, MalformedReply)),
    "a head of a megabyte": (says(b"HTTP/1.1 200 OK\r\nX-A: " + b"a" * 1_000_000 + b"\r\n\r\n"), (MalformedReply,)),
    "endless headers": (pours(b"HTTP/1.1 200 OK\r\n", b"X-A: a\r\n" * 1000), (MalformedReply, Unreachable)),
    "endless interim answers": (pours(b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 100), (MalformedReply, Unreachable)),
    "a body shorter than promised": (says(OPEN_END + b"Content-Length: 100\r\n\r\n{}"), (Unreachable,)),
    "a body that waits": (says(OPEN_END + b"Content-Length: 100\r\n\r\n{}", "silence"), (Unreachable,)),
    "a negative length": (says(OPEN_END + b"Content-Length: -5\r\n\r\n{}"), (MalformedReply,)),
    "a length that is none": (says(OPEN_END + b"Content-Length: x\r\n\r\n{}"), (MalformedReply,)),
    "an endless body": (pours(OPEN_END + b"\r\n", b" " * 65_536), (MalformedReply,)),
    "an endless body in chunks": (pours(CHUNKED, b"1000\r\n" + b" " * 4096 + b"\r\n"), (MalformedReply, Unreachable)),
    "a body a byte at a time": (pours(CHUNKED, b"1\r\n \r\n", 0.02), (Unreachable,)),
    "chunks without a size": (says(CHUNKED + b"zz\r\nnonsense\r\n"), (MalformedReply, Unreachable)),
    "a chunk that is too long": (says(CHUNKED + b"F" * 400 + b"\r\n"), (MalformedReply, Unreachable)),
    "packed though unasked, and not": (says(http(b"{}", "Content-Encoding: gzip")), (MalformedReply, Unreachable)),
    "a packed bomb": (says(http(BOMB, "Content-Encoding: gzip")), (MalformedReply, Unreachable)),
    "a redirect to itself": (says(http(b"", "Location: /api/status", status="302 Found")), (GatewayError,)),
    "a redirect that spells lines": (
        says(http(b"", "Location: x\x1b[2Jy", status="301 Moved Permanently")),
        (GatewayError, MalformedReply),
    ),
    "a line in a header": (says(b"HTTP/1.1 200 OK\r\nX: a\r\n\tb\x00c\r\n\r\n{}"), (MalformedReply,)),
    "an error as a page": (says(http(b"<html>no</html>", "Content-Type: text/html", status="500 Oh")), (GatewayError,)),
}  # fmt: skip
"""What a gateway may do to HTTP, and the errors that it may lead to."""

JSON: dict[str, bytes] = {
    "nothing": b"",
    "a page": b"<html></html>",
    "another type": b"[]",
    "null": b"null",
    "cut off": b'{"registered":',
    "no UTF-8": b'{"registered":"\xff\xfe"}',
    "half a surrogate": b'{"registered":"\\ud800"}',
    "a number out of range": b'{"registered":1e400}',
    "no number": b'{"registered":NaN}',
    "a comma too many": b'{"registered":true,}',
    "depth": b'{"registered":' + b"[" * 100_000,
    "two documents": b"{}{}",
    "a byte order mark": b"\xef\xbb\xbf{}",
    "binary": bytes(range(256)),
}
"""Bodies that are no registration."""


@pytest.fixture
async def broken(make_tls: MakeTls) -> AsyncIterator[Break]:
    """Start gateways that tell their firmware rightly and then do one thing wrong; return the port."""
    servers: list[asyncio.Server] = []
    tasks: set[asyncio.Task[Any]] = set()
    tls = make_tls()[0]

    async def start(talk: Talk, context: ssl.SSLContext | None = tls) -> int:
        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = asyncio.current_task()
            assert task is not None
            tasks.add(task)
            try:
                await talk(reader, writer)
            except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError, asyncio.LimitOverrunError):
                pass
            finally:
                writer.transport.abort()
                tasks.discard(task)

        server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context, limit=2**22)
        servers.append(server)
        port: int = server.sockets[0].getsockname()[1]
        return port

    yield start
    for server in servers:
        server.close()
    for task in list(tasks):
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def client(port: int, state: Path, **options: Any) -> Gateway:
    usual: dict[str, Any] = {"timeout_s": TIMEOUT_S, "connect_timeout_s": TIMEOUT_S, "state_dir": state}
    gateway = Gateway("127.0.0.1", port=port, **{**usual, **options})
    return gateway


async def failure(port: int, state: Path, **options: Any) -> GatewayError:
    """Ask for the status, and return the error, which has to come in time."""
    begun = time.monotonic()
    async with client(port, state, **options) as gw:
        with pytest.raises(GatewayError) as caught:
            await gw.identify()
    assert time.monotonic() - begun < 10 * TIMEOUT_S + 2  # reading a packed bomb takes its time on a busy machine
    return caught.value


@pytest.mark.parametrize("name", HTTP)
async def test_broken_http_is_an_error_of_the_tree_with_its_path_and_what_to_do(
    broken: Break, tmp_path: Path, name: str
) -> None:
    talk, kinds = HTTP[name]

    error = await failure(await broken(talk), tmp_path)

    assert isinstance(error, kinds), (name, error)
    assert error.path == "/api/status"
    assert isinstance(error.advice, Advice)
    assert all(sign.isprintable() for sign in str(error)), str(error)
    assert len(str(error)) < 500


@pytest.mark.parametrize("name", JSON)
async def test_broken_json_names_the_path_and_is_reported(broken: Break, tmp_path: Path, name: str) -> None:
    error = await failure(await broken(says(http(JSON[name], "Content-Type: application/json"))), tmp_path)

    assert isinstance(error, MalformedReply), (name, error)
    assert (error.path, error.advice) == ("/api/status", Advice.REPORT)
    assert len(str(error)) < 500


async def test_broken_tls_is_unreachable(broken: Break, tmp_path: Path) -> None:
    async def plain(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(10)
        writer.write(http(STATUS))
        await writer.drain()

    async def alert(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(10)
        writer.write(b"\x15\x03\x03\x00\x02\x02\x28")  # fatal, handshake failure
        await writer.drain()

    async def garbage(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(10)
        writer.write(b"\x16\x03\x03\xff\xff" + bytes(range(256)) * 300)
        await writer.drain()

    for number, (name, talk) in enumerate(
        {"plain": plain, "alert": alert, "garbage": garbage, "silence": silent, "nothing": says(b"")}.items()
    ):
        error = await failure(await broken(talk, None), tmp_path / str(number))
        assert isinstance(error, Unreachable), (name, error)
        assert error.advice is Advice.RETRY
        assert "127.0.0.1" in str(error)


async def test_tls_that_breaks_after_the_pin_is_unreachable_too(broken: Break, tmp_path: Path) -> None:
    async def drops(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        raw = writer.transport.get_extra_info("socket")
        assert raw is not None
        with contextlib.suppress(OSError):
            raw.send(b"\x17\x03\x03\x00\x10" + b"\x00" * 16)  # a record that nobody has encrypted
        await asyncio.sleep(0.05)

    error = await failure(await broken(drops), tmp_path)

    assert isinstance(error, Unreachable)
    assert error.path == "/api/status"


async def test_an_old_tls_alone_is_refused(broken: Break, tmp_path: Path, make_tls: MakeTls) -> None:
    context = make_tls()[0]
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers("ECDHE-ECDSA-AES128-GCM-SHA256")

    async with client(await broken(says(http(STATUS)), context), tmp_path) as gw:
        assert (await gw.identify()).version == "21.44"  # TLS 1.2, as gateways of 2019 speak it, is fine


async def test_a_packed_bomb_is_not_unpacked_into_memory(broken: Break, tmp_path: Path) -> None:
    port = await broken(says(http(BOMB, "Content-Encoding: gzip")))
    tracemalloc.start()
    try:
        error = await failure(port, tmp_path)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert isinstance(error, MalformedReply | Unreachable)
    assert peak < 40_000_000, f"{peak / 1e6:.0f} MB for {len(BOMB) / 1e3:.0f} kB"


async def test_a_gateway_that_breaks_at_every_request_leaves_nothing_behind(broken: Break, tmp_path: Path) -> None:
    """No growth: neither tasks nor memory, after hundreds of failures."""
    port = await broken(says(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n" + b"x" * 90_000))
    async with client(port, tmp_path) as gw:
        for _ in range(20):
            with pytest.raises(GatewayError):
                await gw.identify()
        gc.collect()
        tracemalloc.start()
        tasks, before = len(asyncio.all_tasks()), tracemalloc.take_snapshot()
        for _ in range(200):
            with pytest.raises(GatewayError):
                await gw.identify()
        await asyncio.sleep(0)
        gc.collect()
        grown = sum(stat.size_diff for stat in tracemalloc.take_snapshot().compare_to(before, "filename"))
        tracemalloc.stop()

        assert len(asyncio.all_tasks()) <= tasks + 2  # the server's own, which are about to end
    assert grown < 1_000_000  # 200 bodies would be 18 MB


ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=6),
    max_leaves=12,
)


@settings(max_examples=40)
@given(st.data())
def test_any_json_is_a_rows_model_or_malformed(data: st.DataObject) -> None:
    value = data.draw(ANY)
    raw = json.dumps(value).encode()
    for row in catalogue.ALL:
        with contextlib.suppress(MalformedReply):
            codec.decode(row, raw)


@settings(max_examples=40)
@given(st.binary(max_size=400))
def test_any_bytes_are_a_rows_model_or_malformed(raw: bytes) -> None:
    for row in catalogue.ALL:
        with contextlib.suppress(MalformedReply):
            codec.decode(row, raw)
    with contextlib.suppress(MalformedReply):
        vitals.decode(raw)
