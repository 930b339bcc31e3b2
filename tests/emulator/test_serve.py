"""Both servers, both protocols: what really crosses the wire, and how it ends."""

from __future__ import annotations

import asyncio
import re
import shutil
import socket
import ssl
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from forebay.emulator.device import Device
from forebay.emulator.injection import GARBAGE
from forebay.emulator.serve import serve
from forebay.errors import EmulatorError
from forebay.wire.catalogue import ALL
from forebay.wire.endpoint import Effect, Needs
from forebay.wire.firmware import parse_version

Serve = Callable[..., Awaitable[Any]]
SERVERS = ("faithful", "fast")


def client(http2: bool) -> httpx.AsyncClient:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return httpx.AsyncClient(verify=context, http1=not http2, http2=http2, timeout=5, trust_env=False)


@pytest.mark.parametrize("server", SERVERS)
@pytest.mark.parametrize("firmware", ["1.40.2", "21.44"])
async def test_every_row_answers_a_raw_stranger_over_tls(served: Serve, firmware: str, server: str) -> None:
    gateway = await served(firmware, server=server)
    at = parse_version(firmware)
    for row in ALL:
        if row.effect is not Effect.READS:
            continue
        answer = await gateway.ask(row.method, row.path)
        is_known = any(other.path == row.path and other.offered_by(at) for other in ALL)
        expected = 403
        if not row.offered_by(at):
            expected = 405 if is_known else 404
        elif row.is_public(at):
            expected = row.status.at(at)
        assert answer.status == expected, row
        assert len(answer.body) == int(answer.header("content-length") or 0)
        assert answer.header("server") is None


@pytest.mark.parametrize("server", SERVERS)
async def test_every_row_that_needs_the_site_master_is_502_over_tls(served: Serve, server: str) -> None:
    gateway = await served("21.44", server=server)
    bearer = f"Authorization: Bearer {await gateway.token()}\r\n"
    gateway.device.stop(force=True)
    for row in ALL:
        if row.effect is Effect.READS and row.needs.at((21, 44, 0)) is Needs.RUNNING:
            answer = await gateway.ask(row.method, row.path, bearer)
            assert (answer.status, answer.reason, answer.body) == (502, "Bad Gateway", b"")
            assert answer.header("content-type") is None


async def test_http_1_1_carries_reason_phrases_and_nothing_of_the_server(served: Serve) -> None:
    gateway = await served()
    out = await gateway.ask("GET", "/api/logout")

    assert (out.status, out.reason) == (204, "No Content")
    assert [name for name, _ in out.headers if name != "connection"] == ["date"]


@pytest.mark.parametrize("server", SERVERS)
@pytest.mark.parametrize("http2", [False, True], ids=["h1", "h2"])
async def test_login_use_and_logout_work_on_one_connection(served: Serve, server: str, http2: bool) -> None:
    gateway = await served(server=server)
    async with client(http2) as http:
        login = await http.post(
            gateway.ready.url + "/api/login/Basic", json={"username": "customer", "password": gateway.device.password}
        )
        assert login.http_version == ("HTTP/2" if http2 else "HTTP/1.1")
        assert set(login.cookies) == {"AuthCookie", "UserRecord"}
        assert (await http.get(gateway.ready.url + "/api/meters/aggregates")).json()["site"]
        http.cookies.clear()
        bearer = {"Authorization": f"Bearer {login.json()['token']}"}
        assert (await http.get(gateway.ready.url + "/api/meters/aggregates", headers=bearer)).status_code == 200
        assert (await http.get(gateway.ready.url + "/api/logout", headers=bearer)).status_code == 204
        assert (await http.get(gateway.ready.url + "/api/meters/aggregates", headers=bearer)).status_code == 403
        head = await http.head(gateway.ready.url + "/api/status")
        assert (head.status_code, head.content) == (200, b"")
        assert int(head.headers["content-length"]) > 0


@pytest.mark.parametrize("server", SERVERS)
async def test_vitals_are_never_compressed(served: Serve, server: str) -> None:
    gateway = await served(server=server)
    bearer = f"Authorization: Bearer {await gateway.token()}\r\nAccept-Encoding: gzip, br\r\n"
    answer = await gateway.ask("GET", "/api/devices/vitals", bearer)

    assert answer.header("content-encoding") is None
    assert answer.header("content-type") == "application/octet-stream"


@pytest.mark.skipif(not shutil.which("curl"), reason="no curl on this machine")
@pytest.mark.parametrize("server", SERVERS)
async def test_curl_gets_http_2_when_it_offers_it(served: Serve, server: str) -> None:
    """S090."""
    gateway = await served("1.40.2", server=server)
    process = await asyncio.create_subprocess_exec(
        "curl", "-sk", "--http2", "-i", gateway.ready.url + "/api/logout", stdout=asyncio.subprocess.PIPE
    )
    output, _ = await asyncio.wait_for(process.communicate(), 10)

    assert output.startswith(b"HTTP/2 204 \r\ndate: Sun, 21 Jun 2026 19:00:03 GMT\r\n")
    assert b"server" not in output


@pytest.mark.parametrize("server", SERVERS)
async def test_two_hundred_requests_at_once_are_all_answered(served: Serve, server: str) -> None:
    gateway = await served("1.40.2", server=server)
    async with client(http2=True) as http:
        answers = await asyncio.gather(*(http.get(gateway.ready.url + "/api/system_status/soe") for _ in range(200)))

    assert {answer.status_code for answer in answers} == {200}


@pytest.mark.parametrize("server", SERVERS)
@pytest.mark.parametrize("http2", [False, True], ids=["h1", "h2"])
async def test_faults_happen_n_times_at_their_path_only(served: Serve, server: str, http2: bool) -> None:
    gateway = await served(server=server)
    await gateway.control("POST", "/faults", {"path": "/api/status", "status": 503, "times": 2})
    async with client(http2) as http:
        url = gateway.ready.url
        codes = [
            (await http.get(url + path)).status_code for path in ("/api/status", "/", "/api/status", "/api/status")
        ]
        assert codes == [503, 200, 503, 200]

        await gateway.control("POST", "/faults", {"path": "*", "garbage": True, "times": 1})
        assert (await http.get(url + "/api/status")).content == GARBAGE

        await gateway.control("POST", "/faults", {"path": "*", "cut_after": 5, "times": 1})
        with pytest.raises(httpx.RemoteProtocolError):
            await http.get(url + "/api/status")

        await gateway.control("POST", "/faults", {"path": "*", "delay_s": 0.1, "status": 500, "body": {"a": 1}})
        began = time.monotonic()
        answer = await http.get(url + "/api/status")
        assert (answer.status_code, answer.json()) == (500, {"a": 1})
        assert time.monotonic() - began >= 0.1

        assert (await gateway.control("GET", "/faults")).json == [
            {"path": "*", "delay_s": 0.1, "status": 500, "body": {"a": 1}}
        ]
        await gateway.control("DELETE", "/faults")
        assert (await http.get(url + "/api/status")).status_code == 200


async def test_an_injected_status_comes_with_the_body_a_gateway_sends(served: Serve) -> None:
    gateway = await served()
    for status, start in (
        (429, b'{"code":429,"error":"Api Limit reached for this endpoint"'),
        (403, b'{"code":403,"error":"Unable to GET to resource"'),
        (404, b'{"code":404,"error":"File Not Found","message":"/api/status"}'),
        (418, b'{"code":418,"error":"I\'m a Teapot"'),
        (502, b""),
    ):
        await gateway.control("POST", "/faults", {"path": "/api/status", "status": status, "times": 1})
        answer = await gateway.ask("GET", "/api/status")
        assert answer.status == status
        assert answer.body.startswith(start)
        assert bool(answer.body) == bool(start)


@pytest.mark.parametrize("server", SERVERS)
@pytest.mark.parametrize("http2", [False, True], ids=["h1", "h2"])
async def test_hanging_and_idle_clients_delay_neither_others_nor_the_end(
    served: Serve, server: str, http2: bool
) -> None:
    gateway = await served(server=server)
    for fault in ({"hang": True}, {"delay_s": 60}):
        await gateway.control("POST", "/faults", {"path": "/api/status", "times": 1, **fault})
    half_open = socket.create_connection(("127.0.0.1", gateway.port))
    idle_control = socket.create_connection(("127.0.0.1", urlsplit(gateway.ready.control_url).port))
    async with client(http2) as http:
        assert (await http.get(gateway.ready.url + "/")).status_code == 200  # kept alive
        hung = [asyncio.create_task(http.get(gateway.ready.url + "/api/status")) for _ in range(2)]
        await asyncio.sleep(0.1)
        assert (await gateway.ask("GET", "/api/logout")).status == 204
        assert not any(task.done() for task in hung)

        began = time.monotonic()
        await gateway.close()
        assert time.monotonic() - began < 1
        for ended in await asyncio.gather(*hung, return_exceptions=True):
            assert isinstance(ended, httpx.TransportError) or (isinstance(ended, httpx.Response) and ended.is_error)
    half_open.close()
    idle_control.close()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", gateway.port))


async def test_a_client_that_gives_up_on_a_hang_leaves_nothing_behind(served: Serve) -> None:
    gateway = await served()
    await gateway.control("POST", "/faults", {"path": "/api/status", "hang": True})
    before = len(asyncio.all_tasks())
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(gateway.ask("GET", "/api/status"), 0.1)
    for _ in range(100):
        if len(asyncio.all_tasks()) <= before:
            break
        await asyncio.sleep(0.01)

    assert len(asyncio.all_tasks()) <= before


@pytest.mark.parametrize("server", SERVERS)
async def test_tls_below_1_2_is_refused(served: Serve, server: str) -> None:
    gateway = await served(server=server)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    _, writer = await asyncio.open_connection("127.0.0.1", gateway.port, ssl=context)

    assert writer.get_extra_info("ssl_object").version() == "TLSv1.2"
    writer.close()


async def test_plain_http_is_sent_on_to_https_as_a_gateway_does(served: Serve) -> None:
    """S005."""
    gateway = await served(http_port=0)
    port = urlsplit(gateway.ready.http_url).port
    async with httpx.AsyncClient(trust_env=False) as http:
        for method in ("GET", "HEAD", "POST"):
            url = f"http://127.0.0.1:{port}/api/status?a=1&b=2"
            answer = await http.request(method, url, headers={"Host": f"powerwall:{port}"})
            there = f"https://powerwall:{gateway.port}/api/status?a=1&b=2"
            body = f'<a href="{there.replace("&", "&amp;")}">Moved Permanently</a>.\n\n'
            assert (answer.status_code, answer.headers["location"]) == (301, there)
            assert answer.text == (body if method == "GET" else "")
        strange = await http.get(f"http://127.0.0.1:{port}/", headers={"Host": 'a"b'})
        assert strange.status_code == 400


async def test_a_port_in_use_is_named_with_what_to_do(served: Serve) -> None:
    gateway = await served()

    with pytest.raises(EmulatorError, match=rf"127\.0\.0\.1 port {gateway.port}: .*in use; choose another with --port"):
        await served(port=gateway.port)
    control = urlsplit(gateway.ready.control_url).port
    with pytest.raises(EmulatorError, match="--control-port"):
        await served(control_port=control)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"control_bind": "0.0.0.0"}, "on loopback only, not on 0.0.0.0"),
        ({"control_bind": "10.1.2.3"}, "on loopback only"),
        ({"bind": "powerwall"}, "powerwall is not an IP address"),
        ({"bind": "0"}, "0 is not an IP address"),
        ({"bind": "127.1"}, "127.1 is not an IP address"),
        ({"port": 70_000}, "--port must be from 0 to 65535, got 70000"),
    ],
)
async def test_settings_that_cannot_be_served_are_refused_in_words(
    served: Serve, settings: dict[str, Any], words: str
) -> None:
    with pytest.raises(EmulatorError, match=words):
        await served(**settings)


async def test_the_ready_line_says_where_and_who(served: Serve) -> None:
    gateway = await served("1.40.2")
    words = str(gateway.ready).split()

    assert words[:7] == [
        "ready",
        f"https://127.0.0.1:{gateway.port}",
        "firmware",
        "1.40.2",
        "serial",
        gateway.device.serial,
        "fingerprint",
    ]
    assert len(words[7].split(":")) == 32
    assert words[8:] == ["control", gateway.ready.control_url]


@pytest.mark.parametrize("server", SERVERS)
async def test_it_can_be_started_again_at_the_same_port_at_once(served: Serve, server: str) -> None:
    first = await served(server=server)
    token = await first.token()
    await first.close()
    second = await served(server=server, port=first.port)

    assert second.ready.fingerprint == first.ready.fingerprint
    assert (await second.ask("GET", "/api/operation", f"Authorization: Bearer {token}\r\n")).status == 403


async def test_a_stop_before_the_start_ends_at_once(make_device: Callable[..., Device], tmp_path: Path) -> None:
    stop = asyncio.Event()
    stop.set()

    await asyncio.wait_for(serve(make_device(), state_dir=tmp_path, ready=lambda _: None, stop=stop, port=0), 2)


@pytest.mark.parametrize("server", SERVERS)
@pytest.mark.parametrize(
    "raw",
    [
        b"\x00" * 500 + b"\r\n\r\n",
        b"GET /api/\xff\xfe HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: abc\r\n\r\n",
        b'POST /api/login/Basic HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{"use\r\nzz\r\n',
        b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
    ],
    ids=["zeros", "raw-path", "length", "chunks", "long"],
)
async def test_broken_http_is_a_4xx_and_harms_nobody_else(served: Serve, server: str, raw: bytes) -> None:
    gateway = await served(server=server)
    failures: list[Any] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: failures.append(context))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    reader, writer = await asyncio.open_connection("127.0.0.1", gateway.port, ssl=context)
    writer.write(raw)
    answer = await asyncio.wait_for(reader.read(300), 2)
    writer.close()

    assert answer.startswith(b"HTTP/1.1 4")
    assert failures == []
    assert (await gateway.ask("GET", "/api/status")).status == 200


@pytest.mark.parametrize("firmware", ["1.15", "1.40.2", "21.44", "23.44"])
async def test_the_fast_server_sends_the_bytes_of_the_faithful_one(
    served: Serve, make_device: Callable[..., Device], firmware: str
) -> None:
    """Every row and refusal, on connections that are kept, as a poller asks."""
    gateways = [await served(server=server, device=make_device(firmware)) for server in SERVERS]
    paths = [row.path for row in ALL if row.method == "GET" and row.effect is Effect.READS and not row.placeholders]
    asked = [f"GET {path} HTTP/1.1\r\nHost: x\r\n%s\r\n" for path in [*paths, "/nowhere", "/api/login/Basic", "/"]]
    asked.append("HEAD /api/status HTTP/1.1\r\nHost: x\r\n%s\r\n")
    asked.append(asked[0] + asked[1])  # two at once
    answers: list[list[bytes]] = []
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    for gateway in gateways:
        token = "none" if firmware.startswith("1.") else await gateway.token()  # where reading needs no log-in
        reader, writer = await asyncio.open_connection("127.0.0.1", gateway.port, ssl=context)
        answers.append([])
        for _ in range(2):
            for bearer in ("", f"Authorization: Bearer {token}\r\n"):
                for request in asked:
                    writer.write(request.replace("%s", bearer).encode())
                    for _ in range(request.count("HTTP/1.1")):
                        answers[-1].append(await one_answer(reader, has_body=not request.startswith("HEAD")))
        writer.close()

    assert len(answers[0]) > 100
    for request, faithful, fast in zip([*asked] * 4, *answers, strict=False):
        assert fast == faithful, request


async def one_answer(reader: asyncio.StreamReader, *, has_body: bool) -> bytes:
    head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 5)
    length = re.search(rb"\r\ncontent-length: (\d+)", head)
    return head + (await reader.readexactly(int(length[1])) if length and has_body else b"")
