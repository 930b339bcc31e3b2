"""Strangers at the dashboard's port: what they open, send and do not read costs the house nothing."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import http.client
import logging
import socket
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import uvicorn

from forebay import run
from forebay.run import Recording, serve_page
from forebay.store import Store
from forebay.views.web import build, crowd
from forebay.views.web.access import Access, AccessFile, Role, hashed

PATIENCE_S = 20.0
ASK = b"GET /api/me HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
Strangers = Callable[[tuple[str, int]], None]


@pytest.fixture
def against(store: Store, static: Path) -> Callable[[Strangers], None]:
    """Let strangers at a dashboard that has a password, over real sockets."""
    content = AccessFile(passwords={Role.OWNER: hashed("nobody will guess this")})
    app = build(store, static_dir=static, access=Access(content, time.monotonic))

    def run(strangers: Strangers) -> None:
        async def go() -> None:
            stop, told = asyncio.Event(), asyncio.Queue[str]()
            page = asyncio.create_task(
                serve_page(app, Recording(db=Path("none"), port=0), stop=stop, ready=told.put_nowait)
            )
            try:
                address = urlsplit(await told.get())
                await asyncio.to_thread(strangers, (str(address.hostname), int(address.port or 0)))
            finally:
                stop.set()
                await page

        asyncio.run(go())

    return run


def connect(to: tuple[str, int], source: str = "127.0.0.1") -> socket.socket:
    return socket.create_connection(to, PATIENCE_S, source_address=(source, 0))


def is_sent_away(one: socket.socket) -> bool:
    try:
        return one.recv(1) == b""
    except ConnectionError:
        return True


def answer(to: tuple[str, int], source: str = "127.0.0.1") -> bytes:
    with connect(to, source) as one, contextlib.suppress(ConnectionError):
        one.sendall(ASK)
        return one.recv(100)
    return b""


def answer_at_last(to: tuple[str, int]) -> bytes:
    until_s = time.monotonic() + PATIENCE_S
    while not (said := answer(to)) and time.monotonic() < until_s:
        pass
    return said


@pytest.mark.parametrize(
    "sent", [b"", b"GET /api/now HT", b"POST /login HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\np"]
)
def test_who_never_ends_a_request_is_sent_away_and_takes_no_place(
    sent: bytes, against: Callable[[Strangers], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(crowd, "MOST", 6)
    monkeypatch.setattr(crowd, "ASK_S", 0.5)

    def strangers(to: tuple[str, int]) -> None:
        with contextlib.ExitStack() as stack:
            crowded = [stack.enter_context(connect(to)) for _ in range(12)]
            for one in crowded:
                with contextlib.suppress(ConnectionError):
                    one.sendall(sent)

            assert all(is_sent_away(one) for one in crowded)
            assert answer_at_last(to).startswith(b"HTTP/1.1 401 ")

    against(strangers)


def test_no_more_than_the_most_are_connected_at_once(
    against: Callable[[Strangers], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(crowd, "MOST", 6)

    def strangers(to: tuple[str, int]) -> None:
        with contextlib.ExitStack() as stack:
            first = [stack.enter_context(connect(to)) for _ in range(6)]
            assert is_sent_away(stack.enter_context(connect(to)))
            assert answer(to) == b""

            first[0].sendall(ASK)
            assert first[0].recv(100).startswith(b"HTTP/1.1 401 ")
            first[0].close()
            assert answer_at_last(to).startswith(b"HTTP/1.1 401 ")

    against(strangers)


def test_one_address_cannot_take_every_place(
    against: Callable[[Strangers], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(crowd, "MOST_OF_ONE", 3)
    monkeypatch.setattr(crowd, "_is_here", {"127.0.0.9": True}.get)

    def strangers(to: tuple[str, int]) -> None:
        with contextlib.ExitStack() as stack:
            for _ in range(3):
                stack.enter_context(connect(to, "127.0.0.2"))

            assert is_sent_away(stack.enter_context(connect(to, "127.0.0.2")))
            assert answer(to, "127.0.0.3").startswith(b"HTTP/1.1 401 ")
            for _ in range(5):
                stack.enter_context(connect(to, "127.0.0.9"))
            assert answer(to, "127.0.0.9").startswith(b"HTTP/1.1 401 ")

    against(strangers)


@pytest.mark.parametrize(
    ("host", "is_here"),
    [("127.0.0.1", True), ("127.9.9.9", True), ("::1", True), ("::ffff:127.0.0.1", True), ("192.0.2.7", False),
     ("fe80::1%eth0", False), ("::ffff:192.0.2.7", False)],
)  # fmt: skip
def test_a_proxy_on_this_computer_is_no_single_visitor(host: str, is_here: bool) -> None:
    assert crowd._is_here(host) is is_here


def test_who_reads_nothing_is_sent_away(against: Callable[[Strangers], None], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crowd, "READ_S", 0.5)

    def ask_for_ever(one: socket.socket) -> None:
        for _ in range(5_000):
            one.sendall(20 * b"GET /login HTTP/1.1\r\nHost: localhost\r\n\r\n")

    def strangers(to: tuple[str, int]) -> None:
        with connect(to) as one, pytest.raises(ConnectionError):
            ask_for_ever(one)

    against(strangers)


def test_an_answers_last_bytes_wait_for_nobody() -> None:
    async def told() -> int:
        option: asyncio.Future[int] = asyncio.get_running_loop().create_future()

        async def met(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            option.set_result(writer.get_extra_info("socket").getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
            writer.close()

        with crowd.Listener(socket.AF_INET) as listener:
            listener.bind(("127.0.0.1", 0))
            listener.listen(1)
            listener.setblocking(False)
            async with await asyncio.start_server(met, sock=listener):
                _, writer = await asyncio.open_connection(*listener.getsockname())
                writer.close()
                return int(await asyncio.wait_for(option, 30))

    assert asyncio.run(told()) != 0


def test_a_kept_connection_asks_again_and_again(
    against: Callable[[Strangers], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(crowd, "ASK_S", PATIENCE_S)

    def strangers(to: tuple[str, int]) -> None:
        with contextlib.closing(http.client.HTTPConnection(*to, timeout=PATIENCE_S)) as kept:
            kept.connect()
            first = kept.sock
            for _ in range(20):
                kept.request("GET", "/login")
                assert kept.getresponse().read().startswith(b"<!doctype html>")
            assert kept.sock is first

    against(strangers)


@pytest.mark.parametrize(
    "sent",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
        b"GET /api/now HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade, close\r\nUpgrade: websocket\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
    ],
)
def test_what_strangers_send_does_not_fill_the_log(
    sent: bytes, against: Callable[[Strangers], None], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)

    def strangers(to: tuple[str, int]) -> None:
        with connect(to) as one:
            one.sendall(sent)
            assert one.recv(100).startswith(b"HTTP/1.1 4")

    against(strangers)

    assert [one.getMessage() for one in caplog.records if one.name.startswith("uvicorn")] == []


def test_a_request_of_two_lengths_is_refused_and_the_next_one_in_it_is_not_read(
    against: Callable[[Strangers], None],
) -> None:
    hidden = b"0\r\n\r\nGET /login HTTP/1.1\r\nHost: localhost\r\n\r\n"
    head = b"POST /login HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n"

    def strangers(to: tuple[str, int]) -> None:
        said = b""
        with connect(to) as one, contextlib.suppress(ConnectionError):
            one.sendall(head + hidden)
            while more := one.recv(4096):
                said += more

        assert said.startswith(b"HTTP/1.1 400 ")
        assert said.count(b"HTTP/1.1 ") == 1

    against(strangers)


def test_who_comes_while_it_ends_is_sent_away_in_whichever_moment(
    store: Store, static: Path, recwarn: pytest.WarningsRecorder
) -> None:
    async def go(turns: int) -> None:
        with crowd.Listener(socket.AF_INET) as listener:
            listener.bind(("127.0.0.1", 0))
            listener.listen(5)
            app = build(store, static_dir=static)
            settings = uvicorn.Config(app, http=crowd.Patient, ws="none", log_level="error", lifespan="off")
            settings.load()
            server = run._Server(settings)
            server.lifespan = settings.lifespan_class(settings)
            await server.startup(sockets=[listener])
            client = socket.create_connection(listener.getsockname(), PATIENCE_S)
            for _ in range(turns):
                await asyncio.sleep(0)
            await server.shutdown(sockets=[listener])
            assert is_sent_away(client)
            client.close()

    for turns in range(6):
        asyncio.run(go(turns))
        gc.collect()
    assert [str(one.message) for one in recwarn] == []
