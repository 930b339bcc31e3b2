"""A receiver of webhooks on loopback: what it gets, and what is said when that fails."""

from __future__ import annotations

import asyncio
import email
import email.policy
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from tests.notify.sent import MESSAGE, SECRET, failure
from tests.notify.servers import identity

from forebay.notify.channels import webhook as webhook_module
from forebay.notify.channels.webhook import Webhook
from forebay.notify.notice import summary
from forebay.notify.settings import WebhookSettings

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@asynccontextmanager
async def receiver(handler: Handler, tls: Any = None) -> AsyncIterator[int]:
    app = web.Application()
    app.router.add_route("*", "/{tail:.*}", handler)
    runner = web.AppRunner(app, handle_signals=False, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls)
    await site.start()
    try:
        yield runner.addresses[0][1]
    finally:
        await runner.cleanup()


def answers(status: int, seen: list[tuple[Any, bytes]] | None = None, to: str = "", after: str = "") -> Handler:
    async def handle(request: web.Request) -> web.Response:
        if seen is not None:
            seen.append((request, await request.read()))
        return web.Response(status=status, text="x" * 100_000, headers={"Location": to, "Retry-After": after})

    return handle


def webhook(port: int, **more: Any) -> Webhook:
    scheme = more.pop("scheme", "http")
    return Webhook(WebhookSettings(url=f"{scheme}://127.0.0.1:{port}/hook/{SECRET}", **more), "notify.webhook[0]")


async def test_a_webhook_gets_the_document(tmp_path: Path) -> None:
    seen: list[tuple[Any, bytes]] = []
    headers = tmp_path / "headers"
    headers.write_text(f"Authorization: Bearer {SECRET}\n")
    async with receiver(answers(200, seen)) as port:
        await webhook(port, headers_file=headers).send(MESSAGE)
    ((request, body),) = seen
    assert (request.method, request.path) == ("POST", f"/hook/{SECRET}")
    assert request.headers["Content-Type"] == "application/json"
    assert request.headers["Authorization"] == f"Bearer {SECRET}"
    assert request.headers["Idempotency-Key"] == MESSAGE.id
    assert json.loads(body) == {
        "version": 1,
        "id": MESSAGE.id,
        "kind": "notice",
        "gateway": "home",
        "house": "Casa Größe",
        "rule": "grid",
        "edge": "begins",
        "subject": "",
        "title": "Grid lost",
        "text": "The home has run without the grid since 14:00.",
        "urgent": True,
        "at": "2026-06-21T12:00:00.000Z",
        "timezone": "Europe/Berlin",
        "values": {"charge_app_pct": 58.0},
    }


async def test_a_summary_is_one_document_with_its_notices() -> None:
    seen: list[tuple[Any, bytes]] = []
    async with receiver(answers(204, seen)) as port:
        await webhook(port).send(summary([MESSAGE, replace(MESSAGE, id="2", edge="ends", title="Grid back")]))
    document = json.loads(seen[0][1])
    assert (document["kind"], document["rule"]) == ("summary", "")
    assert [notice["title"] for notice in document["notices"]] == ["Grid lost", "Grid back"]


async def test_an_ntfy_server_gets_text_title_and_priority() -> None:
    seen: list[tuple[Any, bytes]] = []
    async with receiver(answers(200, seen)) as port:
        await webhook(port, format="ntfy").send(MESSAGE)
    ((request, body),) = seen
    assert body.decode() == MESSAGE.text
    assert request.headers["Priority"] == "high"
    title = email.header.decode_header(request.headers["Title"])
    assert title[0][0].decode(str(title[0][1])) == "Casa Größe: Grid lost"


async def test_plain_text_has_the_headline_and_the_text() -> None:
    seen: list[tuple[Any, bytes]] = []
    async with receiver(answers(200, seen)) as port:
        await webhook(port, format="text").send(MESSAGE)
    assert seen[0][1].decode() == "Casa Größe: Grid lost\nThe home has run without the grid since 14:00.\n"


@pytest.mark.parametrize(
    ("status", "is_refused"),
    [(400, True), (401, False), (404, False), (413, True), (429, False), (500, False), (503, False)],
)
async def test_whatever_is_not_2xx_is_not_delivered(status: int, is_refused: bool) -> None:
    async with receiver(answers(status, after="90")) as port:
        error = await failure(webhook(port).send(MESSAGE))
    assert f"answered {status}" in str(error)
    assert (error.is_refused, error.retry_after_s) == (is_refused, 90.0)


async def test_a_redirect_is_not_followed() -> None:
    seen: list[tuple[Any, bytes]] = []
    async with (
        receiver(answers(200, seen)) as other,
        receiver(answers(307, to=f"http://127.0.0.1:{other}/")) as port,
    ):
        error = await failure(webhook(port).send(MESSAGE))
    assert "answered 307; redirects are not followed" in str(error)
    assert seen == []


async def test_a_receiver_that_hangs_or_cuts_or_is_away_is_said_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    async def hang(_: web.Request) -> web.Response:
        await asyncio.Event().wait()
        raise AssertionError

    async def cut(request: web.Request) -> web.Response:
        assert request.transport is not None
        request.transport.close()
        return web.Response()

    monkeypatch.setattr(webhook_module, "SEND_S", 0.5)
    async with receiver(hang) as port:
        assert "no answer in time" in str(await failure(webhook(port).send(MESSAGE)))
    async with receiver(cut) as port:
        assert "the connection broke off" in str(await failure(webhook(port).send(MESSAGE)))
    assert "refused" in str(await failure(webhook(port).send(MESSAGE)))


async def test_a_receiver_with_a_certificate_nobody_vouches_for_gets_nothing(tmp_path: Path) -> None:
    mine, other = identity(tmp_path), identity(tmp_path, "127.0.0.2")
    seen: list[tuple[Any, bytes]] = []
    async with receiver(answers(200, seen), mine.server_context()) as port:
        error = await failure(webhook(port, scheme="https").send(MESSAGE))
        assert "certificate is not to be trusted" in str(error)
        await failure(webhook(port, scheme="https", ca=other.pem).send(MESSAGE))
        assert seen == []
        await webhook(port, scheme="https", ca=mine.pem).send(MESSAGE)
    assert len(seen) == 1
    async with receiver(answers(200, seen), other.server_context()) as port:  # vouched for, by another name
        await failure(webhook(port, scheme="https", ca=other.pem).send(MESSAGE))
    async with receiver(answers(200)) as port:
        assert "TLS failed" in str(await failure(webhook(port, scheme="https").send(MESSAGE)))


def test_what_is_shown_holds_no_secret(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text(f"Authorization: {SECRET}")
    shown = webhook(8123, headers_file=tmp_path / "secret").shown(MESSAGE)
    assert "POST http://127.0.0.1:8123/…" in shown
    assert "Authorization: …" in shown
    assert SECRET not in shown


async def test_a_time_to_wait_beyond_the_calendar_is_none() -> None:
    async with receiver(answers(200, after="Fri, 31 Dec 9999 23:59:59 -2300")) as port:
        await webhook(port).send(MESSAGE)
