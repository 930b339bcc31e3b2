"""Notifications beside the recorder: neither their failure nor their receivers hold it up."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.notify.conftest import settings_of
from tests.notify.sent import MESSAGE
from tests.notify.servers import Broker, MailServer

from forebay.errors import Unreachable
from forebay.notify.ledger import Ledger
from forebay.notify.notifier import Notifier
from forebay.records.reading import Reading
from forebay.run import House, Recording, record_and_show
from forebay.store import Store


class Nobody:
    """A gateway that never answers."""

    async def call(self, row: Any, /) -> Any:
        raise Unreachable("nobody is there")


def channels(mail: int, broker: int) -> str:
    return f"""
[[email]]
host = "127.0.0.1"
port = {mail}
tls = "none"
from = "house@example.org"
to = ["me@example.org"]
[[mqtt]]
host = "127.0.0.1"
port = {broker}
tls = false
"""


async def recorded(path: Path, text: str, while_running: Callable[[], Awaitable[object]]) -> None:
    """Record nobody with notifications, until what is awaited has happened."""
    stop, ready = asyncio.Event(), asyncio.get_running_loop().create_future()
    recording = Recording(db=path, port=0, notify=settings_of(text))
    task = asyncio.create_task(record_and_show([House(Nobody(), "home")], recording, stop=stop, ready=ready.set_result))
    async with asyncio.timeout(60):
        await ready
        await while_running()
        stop.set()
        await task


def leave_waiting(path: Path, *names: str) -> None:
    """Write a message down for each channel, as a recorder that was killed leaves it."""
    with Store.open(path) as store:
        home = store.gateway_id("home")
        store.append(home, Reading(at=datetime.now(UTC) - timedelta(minutes=1)))
        ledger = Ledger(store)
        ledger.write(ledger.announce(home, MESSAGE, datetime.now(UTC), names))


async def test_receivers_that_hang_do_not_keep_the_recorder_from_ending(tmp_path: Path) -> None:
    path = tmp_path / "house.db"
    leave_waiting(path, "email", "mqtt")
    async with MailServer(fails={"EHLO": "hang"}).serving() as mail, Broker(failure="hang").serving() as broker:

        async def asked() -> None:
            while not (mail.verbs and broker.writers):
                await asyncio.sleep(0.01)

        await recorded(path, channels(mail.port, broker.port), asked)
    with Store.read(path) as store:
        rows = store.database.rows("SELECT channel, state FROM notice_deliveries ORDER BY 1")
    assert rows == [("email", "waiting"), ("mqtt", "waiting")]


async def test_what_a_killed_recorder_left_is_sent_by_the_next(tmp_path: Path) -> None:
    path = tmp_path / "house.db"
    leave_waiting(path, "email", "mqtt")
    async with MailServer().serving() as mail, Broker().serving() as broker:

        async def arrived() -> None:
            await broker.until("forebay/notify/home/grid")
            while not mail.mails:
                await asyncio.sleep(0.01)

        await recorded(path, channels(mail.port, broker.port), arrived)
        await recorded(path, channels(mail.port, broker.port), lambda: asyncio.sleep(0))
    assert len(mail.mails) == 1
    assert len([topic for topic, *_ in broker.got if topic == "forebay/notify/home/grid"]) == 1


async def test_notifications_that_fail_are_logged_once_and_recording_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    failed = asyncio.Event()

    async def fail(self: Notifier) -> None:
        failed.set()
        raise RuntimeError("a bug")

    monkeypatch.setattr(Notifier, "run", fail)
    with caplog.at_level(logging.ERROR):
        await recorded(tmp_path / "house.db", channels(1, 1), failed.wait)
    assert [r.message for r in caplog.records] == ["notifications have stopped; recording goes on"]
