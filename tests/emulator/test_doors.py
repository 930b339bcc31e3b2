"""TLS as a client meets it: refused names, swapped certificates, new addresses (T02, T08, T09)."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import hashlib
import shutil
import socket
import ssl
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from forebay.emulator import serve as serving
from forebay.emulator.certificate import fresh_certificate
from forebay.emulator.device import Device
from forebay.emulator.faithful import Faithful
from forebay.emulator.fast import MOST_BYTES, Fast, plain_get
from forebay.emulator.front import Front
from forebay.emulator.listening import bound, tls_context
from forebay.emulator.tls import Listener, Opening, TlsConnection
from forebay.errors import EmulatorError

Serve = Callable[..., Awaitable[Any]]
SERVERS = ("faithful", "fast")


def trusting(version: ssl.TLSVersion = ssl.TLSVersion.TLSv1_3) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.maximum_version = version
    return context


async def shown(url: str, name: str | None = None) -> str:
    """Return the fingerprint of the certificate that is shown to a newcomer."""
    there = urlsplit(url)
    _, writer = await asyncio.wait_for(
        asyncio.open_connection(there.hostname, there.port, ssl=trusting(), server_hostname=name or ""), 5
    )
    certificate = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
    writer.close()
    return hashlib.sha256(certificate).digest().hex(":")


@pytest.mark.parametrize("server", SERVERS)
@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
async def test_a_strange_name_is_refused_with_the_alert_that_says_so(
    served: Serve, server: str, version: ssl.TLSVersion
) -> None:
    """T08, T09: names that are none of the gateway's end the handshake; none at all does not."""
    gateway = await served(server=server, strict_names=True)

    async def connect(name: str) -> None:
        _, writer = await asyncio.open_connection(
            "127.0.0.1", gateway.port, ssl=trusting(version), server_hostname=name
        )
        writer.close()

    for name in ("powerwall", "teg", "powerpack", "PowerWall", "127.0.0.1"):  # an address sends no name
        await connect(name)
    for name in ("powerwall.example.net", "localhost"):
        with pytest.raises(ssl.SSLError) as refused:
            await connect(name)
        assert refused.value.reason == "TLSV1_UNRECOGNIZED_NAME"


@pytest.mark.skipif(not shutil.which("curl"), reason="no curl on this machine")
async def test_curl_says_why_a_strange_name_is_refused(served: Serve) -> None:
    gateway = await served(strict_names=True)
    process = await asyncio.create_subprocess_exec(
        *("curl", "-sSk", "--resolve", f"powerwall.example.net:{gateway.port}:127.0.0.1"),
        f"https://powerwall.example.net:{gateway.port}/api/status",
        stderr=asyncio.subprocess.PIPE,
    )
    _, words = await asyncio.wait_for(process.communicate(), 10)

    assert process.returncode == 35
    assert b"unrecognized name" in words.lower()


async def test_any_name_will_do_unless_names_are_strict(served: Serve) -> None:
    """T09: strict names are a setting, off by default."""
    gateway = await served()

    assert await shown(gateway.ready.url, "powerwall.example.net") == gateway.ready.fingerprint


@pytest.mark.parametrize("server", SERVERS)
async def test_another_certificate_is_shown_to_newcomers_until_the_kept_one_is_back(served: Serve, server: str) -> None:
    gateway = await served(server=server)
    front = gateway.device.area(Front)
    old = trusting()
    reader, writer = await asyncio.open_connection("127.0.0.1", gateway.port, ssl=old)
    wrong = front.rotate_certificate()

    assert wrong != gateway.ready.fingerprint
    assert front.fingerprint == wrong
    assert await shown(gateway.ready.url) == wrong
    writer.write(b"GET /api/logout HTTP/1.1\r\nHost: powerwall\r\n\r\n")
    assert (await asyncio.wait_for(reader.readline(), 5)).startswith(b"HTTP/1.1 204")  # who is in, is in
    session = writer.get_extra_info("ssl_object").session
    writer.close()
    again = old.wrap_socket(
        socket.create_connection(("127.0.0.1", gateway.port)), session=session, do_handshake_on_connect=False
    )
    await asyncio.to_thread(again.do_handshake)
    assert not again.session_reused  # a resumed session would hide the other certificate
    again.close()

    assert front.restore_certificate() == gateway.ready.fingerprint
    assert await shown(gateway.ready.url) == gateway.ready.fingerprint


async def test_a_certificate_that_was_swapped_is_gone_with_the_process(served: Serve) -> None:
    gateway = await served()
    gateway.device.area(Front).rotate_certificate()
    await gateway.close()

    assert (await served()).ready.fingerprint == gateway.ready.fingerprint


@pytest.mark.parametrize("server", SERVERS)
async def test_a_gateway_that_moves_is_found_at_the_new_address_only(served: Serve, server: str) -> None:
    gateway = await served(server=server, http_port=0)
    http_port = urlsplit(gateway.ready.http_url).port
    front = gateway.device.area(Front)
    reader, writer = await asyncio.open_connection("127.0.0.1", gateway.port, ssl=trusting())
    url = front.move(bind="127.0.0.2")

    assert url == front.url == f"https://127.0.0.2:{gateway.port}"
    assert await shown(url) == gateway.ready.fingerprint
    with pytest.raises((ssl.SSLError, ConnectionError, asyncio.IncompleteReadError)):
        await asyncio.wait_for(reader.readexactly(1), 5)  # whoever was in, was cut off
    writer.close()
    for port in (gateway.port, http_port):
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection("127.0.0.1", port)
    plain_in, plain_out = await asyncio.open_connection("127.0.0.2", http_port)
    plain_out.write(b"GET /x HTTP/1.1\r\nHost: powerwall\r\nConnection: close\r\n\r\n")
    assert f"https://powerwall:{gateway.port}/x".encode() in await asyncio.wait_for(plain_in.read(), 5)
    plain_out.close()

    url = front.move(port=0)
    assert urlsplit(url).port != gateway.port
    assert await shown(url) == gateway.ready.fingerprint


async def test_a_move_that_cannot_be_made_moves_nothing(served: Serve) -> None:
    gateway = await served(http_port=0)
    front = gateway.device.area(Front)
    taken = urlsplit(gateway.ready.control_url).port
    for wish in ({"port": taken}, {"bind": "powerwall"}, {"bind": "203.0.113.7"}, {"port": 70_000}):
        with pytest.raises(EmulatorError, match=str(next(iter(wish.values())))):
            front.move(**wish)

    assert front.url == gateway.ready.url
    assert (await gateway.ask("GET", "/api/status")).status == 200


def test_a_home_that_nobody_serves_has_no_doors(make_device: Callable[..., Device]) -> None:
    front = make_device().area(Front)

    assert not front.is_served
    for act in (front.rotate_certificate, front.restore_certificate, lambda: front.move(port=1), lambda: front.url):
        with pytest.raises(EmulatorError, match="nothing serves this home"):
            act()


async def test_an_address_where_nobody_lives_is_broken_off() -> None:
    loop = asyncio.get_running_loop()
    listener = Listener(lambda _local: None, lambda _connection: asyncio.Protocol())
    server = await loop.create_server(lambda: listener.connection(Opening()), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    with pytest.raises((ssl.SSLError, ConnectionError)):
        await asyncio.wait_for(asyncio.open_connection("127.0.0.1", port, ssl=trusting()), 5)
    server.close()

    assert not listener.open
    assert not hasattr(TlsConnection(listener, Opening()), "__dict__")  # ten thousand of them are lean


@pytest.mark.parametrize("tls", [True, False])
@pytest.mark.parametrize("end", ["leave", "move", "close"])
async def test_who_is_let_in_at_the_last_moment_is_cut_off(
    end: str, tls: bool, recwarn: pytest.WarningsRecorder
) -> None:
    """Whichever turn of the loop it is, nothing stays open and nothing is complained of."""
    loop = asyncio.get_running_loop()
    failures: list[Any] = []
    loop.set_exception_handler(lambda _, context: failures.append(context))
    context = tls_context(fresh_certificate(), strict_names=False)
    for turns in range(8):
        listener = bound("127.0.0.1", 0, "port")
        server = Faithful(lambda *_: None, listener, (lambda _local: context) if tls else None)
        await server.start()
        client = socket.create_connection(listener.getsockname(), 5)
        for _ in range(turns):
            await asyncio.sleep(0)
        if end == "leave":
            server.leave(None)
        elif end == "move":
            server.move(bound("127.0.0.1", 0, "port"))
        if end != "close":
            for _ in range(8):
                await asyncio.sleep(0)
            with pytest.raises(OSError, match="Bad file descriptor"):
                listener.getsockname()
            assert not server.state.connections
        await server.close()
        client.settimeout(5)
        with contextlib.suppress(ConnectionResetError):
            assert client.recv(1) == b""
        client.close()
        del server, listener
        gc.collect()

    assert failures == []
    assert [str(one.message) for one in recwarn] == []


async def test_broken_tls_is_answered_with_an_alert_and_leaves_nothing(served: Serve, tmp_path: Path) -> None:
    failures: list[Any] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: failures.append(context))
    gateway = await served()
    for raw in (b"GET / HTTP/1.1\r\n\r\n", b"\x16\x03\x01\xff\xff" + b"\x00" * 70_000, b"\x15\x03\x03\x00\x02\x02\x28"):
        reader, writer = await asyncio.open_connection("127.0.0.1", gateway.port)
        writer.write(raw)
        answer = await asyncio.wait_for(reader.read(), 5)
        assert answer == b"" or answer[0] == 21, raw[:5]  # 21: an alert
        writer.close()

    assert (await gateway.ask("GET", "/api/status")).status == 200
    assert failures == []


async def test_garbage_after_the_handshake_ends_that_connection_only(served: Serve) -> None:
    gateway = await served()
    reader, writer = await asyncio.open_connection("127.0.0.1", gateway.port, ssl=trusting())
    connection = writer.transport
    connection._ssl_protocol._transport.write(b"\x17\x03\x03\x00\x20" + b"\x00" * 32)  # type: ignore[attr-defined]
    with pytest.raises((ssl.SSLError, ConnectionError, asyncio.IncompleteReadError)):
        await asyncio.wait_for(reader.readexactly(1), 5)
    writer.close()

    assert (await gateway.ask("GET", "/api/status")).status == 200


async def test_a_connection_whose_client_is_gone_is_closed_all_the_same() -> None:
    """The kernel may know of a reset before the loop does; a server that closes must not stumble over it."""

    class Gone:
        aborted = False

        def is_closing(self) -> bool:
            return self.aborted

        def resume_reading(self) -> None: ...

        def write_eof(self) -> None:
            raise OSError(107, "Transport endpoint is not connected")

        def abort(self) -> None:
            self.aborted = True

    class Spoken:
        def unwrap(self) -> None:
            raise ssl.SSLWantReadError

    class Door:
        loop = asyncio.get_running_loop()

    door: Any = Door()
    connection, gone = TlsConnection(door, Opening()), Gone()
    connection._raw, connection._tls, connection._out = gone, Spoken(), ssl.MemoryBIO()

    connection.close()
    connection._unset_timer()

    assert gone.aborted


async def test_requests_that_never_repeat_fill_no_memory(served: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the fast server keeps of requests is bounded in number and in length."""
    made: list[Fast] = []

    class Watched(Fast):
        def __init__(self, *settings: Any) -> None:
            super().__init__(*settings)
            made.append(self)

    monkeypatch.setitem(serving.SERVERS, "fast", Watched)
    gateway = await served(server="fast")
    reader, writer = await asyncio.open_connection("127.0.0.1", gateway.port, ssl=trusting())
    for number in range(30):
        for size in (10, 3_000):
            writer.write(f"GET /api/status?{number}{'x' * size} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
            head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 5)
            await reader.readexactly(int(head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0]))
    writer.close()

    assert len(made) == 1
    assert len(made[0]._known) == 30
    assert all(len(raw) <= MOST_BYTES for raw in made[0]._known)


def test_the_short_cut_takes_one_plain_get_and_nothing_else() -> None:
    plain = b"GET /api/status HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer abc\r\n\r\n"
    asked = plain_get(plain)

    assert asked == ("/api/status", [(b"host", b"x"), (b"authorization", b"Bearer abc")])
    for other in (
        plain[:-2],
        plain + plain,
        plain + b"G",
        plain.replace(b"GET", b"HEAD"),
        plain.replace(b"1.1", b"1.0"),
        plain.replace(b"status", b"st%61tus"),
        plain.replace(b"status", b"st\xe4tus"),
        plain.replace(b"Host: x", b"Host: x\r\nConnection: close"),
        plain.replace(b"Host: x", b"Host: x\r\nContent-Length: 4"),
        plain.replace(b"Host: x", b"Host: x\r\nTransfer-Encoding: chunked"),
        plain.replace(b"Host: x", b"Host: x\r\nExpect: 100-continue"),
        plain.replace(b"Host: x", b"Host: x\r\nConnection: upgrade\r\nUpgrade: websocket"),
        plain.replace(b"Host: x", b"Ho st: x"),
        plain.replace(b"Host: x", b"Host: x\r\n folded"),
        b"\r\n\r\n",
    ):
        assert plain_get(other) is None, other


async def outcome_of_a_visit(port: int) -> str:
    """Return what becomes of somebody who connects, says hello and waits a moment."""
    try:
        async with asyncio.timeout(0.5):
            _, writer = await asyncio.open_connection("127.0.0.1", port, ssl=trusting(), server_hostname="powerwall")
    except ConnectionRefusedError:
        return "refused"
    except TimeoutError:
        return "silent"
    except ssl.SSLError as exc:
        return exc.reason
    except ConnectionError:
        return "cut"
    writer.close()
    return "open"


@pytest.mark.parametrize("server", SERVERS)
async def test_a_line_is_broken_in_four_ways_and_whole_again(served: Serve, server: str) -> None:
    gateway = await served(server=server)
    found = {}
    for state in ("refused", "silent", "cut", "noise", "open"):
        await gateway.control("POST", "/line", {"state": state})
        found[state] = await outcome_of_a_visit(gateway.port)

    assert found == {"refused": "refused", "silent": "silent", "cut": "cut", "noise": found["noise"], "open": "open"}
    assert "WRONG_VERSION" in found["noise"] or "RECORD" in found["noise"]


async def test_a_computer_that_was_off_has_a_new_uptime_and_knows_no_token(served: Serve) -> None:
    gateway = await served()
    headers = f"Authorization: Bearer {await gateway.token()}\r\n"
    assert (await gateway.ask("GET", "/api/operation", headers)).status == 200

    await gateway.control("POST", "/computer", {"up": False})
    refused = await outcome_of_a_visit(gateway.port)
    await gateway.control("POST", "/computer", {"up": True})

    assert refused == "refused"
    assert (await gateway.ask("GET", "/api/operation", headers)).status in (401, 403)
    assert (await gateway.ask("GET", "/api/status")).json["up_time_seconds"].startswith("0s")


async def test_drops_of_a_body_come_one_by_one_and_a_429_says_when(served: Serve) -> None:
    gateway = await served()
    await gateway.control("POST", "/faults", {"path": "/api/status", "bytes_per_s": 200, "times": 1})
    began = asyncio.get_running_loop().time()
    whole = await gateway.ask("GET", "/api/status")
    assert asyncio.get_running_loop().time() - began > 0.9
    assert whole.json["version"]

    await gateway.control("POST", "/faults", {"path": "/api/status", "status": 429, "retry_after_s": 77, "times": 1})
    told = await gateway.ask("GET", "/api/status")
    assert (told.status, told.header("retry-after")) == (429, "77")
