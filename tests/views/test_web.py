"""The server around the API: methods, names, headers, files, streams."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn
from starlette.applications import Starlette

from forebay.clock import SimClock
from forebay.records.reading import Reading
from forebay.store import Store
from forebay.store.state import Connection
from forebay.views.web import build, live, stop_streams


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"])
@pytest.mark.parametrize("path", ["/", "/api/now", "/api/events"])
def test_nothing_can_be_written(client: Any, method: str, path: str) -> None:
    reply = client.request(method, path)

    assert reply.status_code == 405
    assert reply.headers["allow"] == "GET, HEAD"


def test_head_is_answered_without_a_body(client: Any) -> None:
    assert client.head("/api/now").status_code == 200
    assert client.head("/api/events").headers["content-type"].startswith("text/event-stream")


@pytest.mark.parametrize("host", ["localhost", "localhost:8080", "127.0.0.1:1", "[::1]:80", "LOCALHOST", "localhost."])
def test_loopback_names_are_ours(client: Any, host: str) -> None:
    assert client.get("/api/now", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:8080",
        "127.0.0.1.evil.example",
        "192.168.1.5",
        "[::2]",
        "",
        "localhost:80@evil.example",
        "localhost:x",
        "[::1",
        "::1",
        "local host",
    ],
)
def test_other_names_are_refused(client: Any, host: str) -> None:
    reply = client.get("/api/now", headers={"Host": host})

    assert reply.status_code == 421
    assert set(reply.json()) == {"error", "advice"}


def test_a_wider_server_answers_to_addresses_and_to_its_own_names(store: Store, make_client: Any) -> None:
    client = make_client(build(store, hosts=["0.0.0.0", "nas.local"]))

    for host, status in (("192.168.1.5:80", 200), ("nas.local", 200), ("evil.example", 421), ("[fe80::1]", 200)):
        assert client.get("/api/now", headers={"Host": host}).status_code == status, host


@pytest.mark.parametrize("path", ["/", "/api/now", "/api/none", "/assets/index-abc123.js", "/none"])
def test_every_answer_carries_the_strict_headers(client: Any, path: str) -> None:
    headers = client.get(path).headers

    assert "default-src 'none'" in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"
    assert not [name for name in headers if name.startswith("access-control")]


@pytest.mark.parametrize(
    ("path", "kind", "caching"),
    [
        ("/", "text/html; charset=utf-8", "no-cache"),
        ("/index.html", "text/html; charset=utf-8", "no-cache"),
        ("/assets/index-abc123.js", "text/javascript; charset=utf-8", "public, max-age=31536000, immutable"),
        ("/assets/font.woff2", "font/woff2", "public, max-age=31536000, immutable"),
        ("/icon.svg", "image/svg+xml", "no-cache"),
        ("/api/now", "application/json", "no-store"),
    ],
)
def test_files_have_their_type_and_caching(client: Any, path: str, kind: str, caching: str) -> None:
    reply = client.get(path)

    assert reply.status_code == 200
    assert reply.headers["content-type"] == kind
    assert reply.headers["cache-control"] == caching


def test_a_file_that_did_not_change_is_not_sent_again(client: Any) -> None:
    tag = client.get("/").headers["etag"]

    assert client.get("/", headers={"If-None-Match": tag}).status_code == 304


@pytest.mark.parametrize(
    "path", ["/../secret.txt", "/%2e%2e/secret.txt", "/assets/..%2f..%2fsecret.txt", "/none.js", "/assets"]
)
def test_only_the_pages_own_files_are_served(client: Any, path: str) -> None:
    reply = client.get(path)

    assert reply.status_code == 404
    assert "secret" not in reply.text


def test_a_page_that_was_not_built_says_how(store: Store, tmp_path: Path, make_client: Any) -> None:
    client = make_client(build(store, static_dir=tmp_path / "none"))

    reply = client.get("/")

    assert reply.status_code == 503
    assert "npm run build" in reply.text
    assert client.get("/api/now").status_code == 200


class Listener:
    """A reader of the event stream over bare ASGI."""

    def __init__(self, app: Starlette) -> None:
        self._app = app
        self.lines: asyncio.Queue[str] = asyncio.Queue()
        self._gone = asyncio.Event()
        self.task = asyncio.create_task(self._run())

    async def _run(self) -> None:
        scope = {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": "1.1",
            "method": "GET",
            "path": "/api/events",
            "raw_path": b"/api/events",
            "root_path": "",
            "query_string": b"",
            "headers": [(b"host", b"localhost")],
        }

        async def receive() -> Any:
            await self._gone.wait()
            return {"type": "http.disconnect"}

        async def send(message: Any) -> None:
            for line in message.get("body", b"").decode().split("\n"):
                if line:
                    self.lines.put_nowait(line)

        await self._app(scope, receive, send)

    async def next(self, beginning: str) -> str:
        async with asyncio.timeout(5):
            while not (line := await self.lines.get()).startswith(beginning):
                pass
        return line.removeprefix(beginning)

    async def leave(self) -> None:
        self._gone.set()
        with suppress(asyncio.CancelledError):
            await asyncio.wait_for(self.task, 5)


async def test_events_come_at_once_after_each_reading_and_when_the_connection_changes(
    app: Starlette, record_morning: Callable[[], int], store: Store, clock: SimClock
) -> None:
    i = record_morning()
    listener = Listener(app)

    assert await listener.next("retry: ") == "2000"
    assert await listener.next("event: ") == "now"
    first = json.loads(await listener.next("data: "))
    store.append(i, Reading(at=clock.now(), load_power_w=1.0))
    second = json.loads(await listener.next("data: "))
    store.set_connection(i, Connection("down", clock.now(), "Away."))
    third = json.loads(await listener.next("data: "))

    assert first["power_w"]["load"] == 840.0
    assert second["power_w"]["load"] == 1.0
    assert third["connection"]["words"] == "Away."
    await listener.leave()


async def test_events_are_at_most_four_a_second(
    app: Starlette, record_morning: Callable[[], int], store: Store, clock: SimClock
) -> None:
    i = record_morning()
    listener = Listener(app)
    await listener.next("data: ")
    for _ in range(40):
        clock.advance(0.1)
        store.append(i, Reading(at=clock.now()))
        await asyncio.sleep(0.02)

    sent = sum(line.startswith("data") for line in list(listener.lines._queue))  # type: ignore[attr-defined]

    assert 1 <= sent <= 5
    await listener.leave()


async def test_a_recording_that_falls_silent_turns_stale_without_news(
    app: Starlette, record_morning: Callable[[], int], clock: SimClock
) -> None:
    record_morning()
    listener = Listener(app)
    await listener.next("data: ")
    clock.advance(3600)

    assert json.loads(await listener.next("data: "))["connection"]["state"] == "stale"
    await listener.leave()


async def test_a_quiet_stream_beats_its_heart(app: Starlette, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "HEARTBEAT_S", 0.0)
    listener = Listener(app)

    assert await listener.next(": ") == "still here"
    await listener.leave()


async def test_streams_end_when_they_are_told_to(app: Starlette, record_morning: Callable[[], int]) -> None:
    record_morning()
    listener = Listener(app)
    await listener.next("data: ")

    stop_streams(app)

    await asyncio.wait_for(listener.task, 5)
    late = Listener(app)
    await asyncio.wait_for(late.task, 5)


async def test_a_real_server_with_a_listening_page_stops_at_once(
    app: Starlette, record_morning: Callable[[], int]
) -> None:
    record_morning()
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="error", lifespan="on"))
    serving = asyncio.create_task(server.serve())
    async with asyncio.timeout(10):
        while not server.started:
            await asyncio.sleep(0.01)
        port = server.servers[0].sockets[0].getsockname()[1]
        async with (
            httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", trust_env=False) as client,
            client.stream("GET", "/api/events") as reply,
        ):
            assert reply.headers["content-type"].startswith("text/event-stream")
            lines = reply.aiter_lines()
            assert await anext(lines) == "retry: 2000"
            stop_streams(app)
            server.should_exit = True
            await serving
