"""A broker on loopback: what it is told, when it is told again, and what it tells of us."""

from __future__ import annotations

import asyncio
import gc
import json
import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from paho.mqtt import client as paho
from tests.notify.sent import MESSAGE, SECRET, failure
from tests.notify.servers import Broker, identity

from forebay.errors import NotDelivered
from forebay.notify.channels import mqtt as mqtt_module
from forebay.notify.channels.mqtt import Mqtt
from forebay.notify.settings import MqttSettings


def publisher(port: int, **more: Any) -> Mqtt:
    return Mqtt(MqttSettings(**{"host": "127.0.0.1", "port": port, "tls": False, **more}), "notify.mqtt[0]")


async def test_a_broker_gets_the_document_and_the_status() -> None:
    async with Broker().serving() as broker:
        mine = publisher(broker.port)
        async with mine.opened():
            await mine.send(MESSAGE)
        assert json.loads(await broker.until("forebay/notify/home/grid")) == MESSAGE.document()
        await broker.until("forebay/notify/status", "offline")
    assert [(topic, qos, retain) for topic, _, qos, retain in broker.got] == [
        ("forebay/notify/status", 1, True),
        ("forebay/notify/home/grid", 1, False),
        ("forebay/notify/status", 1, True),
    ]


async def test_the_last_message_of_a_rule_is_retained_where_that_is_asked_for() -> None:
    async with Broker().serving() as broker:
        mine = publisher(broker.port, retain=True, topic="casa")
        async with mine.opened():
            await mine.send(MESSAGE)
            await mine.send(replace(MESSAGE, kind="test"))
    assert [retain for topic, _, _, retain in broker.got if topic == "casa/home/grid"] == [True, False]


async def test_the_broker_tells_that_one_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    async with Broker().serving() as broker:
        mine = publisher(broker.port)
        async with mine.opened():
            await broker.until("forebay/notify/status", "online")
            broker.cut()
            await broker.until("forebay/notify/status", "offline")
            broker.got.clear()
            await mine.send(MESSAGE)  # comes back by itself when there is something to say
            assert await broker.until("forebay/notify/status", "online")
    assert broker.clients == 2


async def test_a_trial_does_not_touch_the_status_of_who_is_running() -> None:
    async with Broker().serving() as broker:
        running, trial = publisher(broker.port), publisher(broker.port)
        async with running.opened():
            await broker.until("forebay/notify/status", "online")
            async with trial.opened(is_trial=True):
                await trial.send(MESSAGE)
            assert broker.retained["forebay/notify/status"] == "online"
            assert [text for topic, text, _, _ in broker.got if topic.endswith("/status")] == ["online"]


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # paho leaves a failed handshake to gc
async def test_a_broker_with_tls_and_a_password_is_checked(tmp_path: Path) -> None:
    mine = identity(tmp_path)
    (tmp_path / "password").write_text(SECRET)
    known = {"tls": True, "username": "house", "password_file": tmp_path / "password"}
    async with Broker(tls=mine.server_context(), password=SECRET).serving() as broker:
        good = publisher(broker.port, ca=mine.pem, **known)
        async with good.opened():
            await good.send(MESSAGE)
        bad = publisher(broker.port, **known)
        async with bad.opened():
            assert "certificate is not to be trusted" in str(await failure(bad.send(MESSAGE)))
        (tmp_path / "password").write_text("wrong")
        stranger = publisher(broker.port, ca=mine.pem, **known)
        async with stranger.opened():
            assert "127.0.0.1" in str(await failure(stranger.send(MESSAGE)))
    assert broker.clients == 1
    gc.collect()


@pytest.mark.parametrize("how", ["refuse", "hang", "no puback"])
async def test_a_broker_that_fails_is_said_in_words_and_gets_it_later(
    how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mqtt_module, "_ANSWER_S", 0.5)
    async with Broker(failure=how).serving() as broker:
        mine = publisher(broker.port)
        async with mine.opened():
            await failure(mine.send(MESSAGE))
            broker.failure = ""
            for _ in range(5):
                try:
                    await mine.send(MESSAGE)
                    break
                except NotDelivered:
                    continue
            assert json.loads(await broker.until("forebay/notify/home/grid"))["id"] == MESSAGE.id


async def test_a_broker_that_is_away_is_said_in_words() -> None:
    async with Broker().serving() as broker:
        port = broker.port
    mine = publisher(port)
    async with mine.opened():
        error = await failure(mine.send(MESSAGE))
    assert f"127.0.0.1:{port} forebay/notify: " in str(error)
    assert "refused" in str(error).lower()


@pytest.mark.parametrize(("host", "warnings"), [("127.0.0.1", 0), ("192.168.1.2", 1)])
def test_a_password_in_clear_is_warned_of(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, host: str, warnings: int
) -> None:
    (tmp_path / "password").write_text(SECRET)
    publisher(1, host=host, username="house", password_file=tmp_path / "password")
    assert caplog.text.count("crosses the network in clear") == warnings
    assert SECRET not in caplog.text


def test_a_gateways_name_cannot_widen_a_topic() -> None:
    shown = publisher(1).shown(replace(MESSAGE, gateway="a/#/+$"))
    assert shown.startswith("forebay/notify/a_______/grid (QoS 1)".replace("a_______", "a_____"))


def leave_while_connecting(broker: Broker, monkeypatch: pytest.MonkeyPatch, pause_s: float) -> list[str]:
    """Let a channel go while it connects, and wait until the broker sees it go: what is still to be done afterwards."""
    connect = paho.Client.connect

    def slow(self: paho.Client, *how: Any) -> Any:
        begun.set()
        time.sleep(pause_s)
        return connect(self, *how)

    async def go() -> list[str]:
        async with broker.serving():
            async with publisher(broker.port).opened():
                await asyncio.to_thread(begun.wait, 10)
                while pause_s == 0 and not broker.writers:
                    await asyncio.sleep(0.01)
            async with asyncio.timeout(10):
                while not broker.seen or broker.writers:
                    await asyncio.sleep(0.01)
            return [str(one) for one in asyncio.all_tasks() - {asyncio.current_task()} if "aiomqtt" in str(one)]

    begun = threading.Event()
    monkeypatch.setattr(paho.Client, "connect", slow)
    return asyncio.run(go())


@pytest.mark.parametrize("pause_s", [0, 0.3])
def test_nothing_is_left_of_a_channel_that_is_let_go_while_it_connects(
    pause_s: float, monkeypatch: pytest.MonkeyPatch, recwarn: pytest.WarningsRecorder
) -> None:
    assert leave_while_connecting(Broker(failure="hang"), monkeypatch, pause_s) == []
    gc.collect()
    assert [str(one.message) for one in recwarn] == []
