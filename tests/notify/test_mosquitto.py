"""The broker that most homes have, as Debian packages it; left out where it is not installed."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import aiomqtt
import pytest
from tests.cli.processes import wait_for
from tests.notify.sent import MESSAGE, SECRET, failure
from tests.notify.servers import identity

from forebay.notify.channels.mqtt import Mqtt
from forebay.notify.settings import MqttSettings

MOSQUITTO = shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin")
pytestmark = pytest.mark.skipif(MOSQUITTO is None, reason="mosquitto is not installed: apt-get install mosquitto")

Start = Callable[..., int]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Start the broker with lines of its configuration; return its port."""
    running: list[subprocess.Popen[bytes]] = []

    def begin(*lines: str, port: int = 0) -> int:
        if not port:
            with socket.create_server(("127.0.0.1", 0)) as free:
                port = free.getsockname()[1]
        file = tmp_path / "mosquitto.conf"
        file.write_text("\n".join([f"listener {port} 127.0.0.1", "user root", *lines]) + "\n")
        assert MOSQUITTO is not None
        for old in running:
            old.terminate()
            old.wait(10)
        running[:] = [subprocess.Popen([MOSQUITTO, "-c", str(file)], stderr=subprocess.DEVNULL)]

        def answers() -> bool:
            try:
                with socket.create_connection(("127.0.0.1", port), 1):
                    return True
            except OSError:
                return False

        wait_for(answers, 20)
        return port

    yield begin
    for one in running:
        one.terminate()
        one.wait(10)


def publisher(port: int, **more: object) -> Mqtt:
    settings = {"host": "127.0.0.1", "port": port, "tls": False, **more}
    return Mqtt(MqttSettings(**settings), "notify.mqtt[0]")  # type: ignore[arg-type]


async def heard(port: int, topic: str) -> tuple[str, bool]:
    """Return what the broker has retained, or publishes next, at a topic, and whether it was retained."""
    async with aiomqtt.Client("127.0.0.1", port) as client:
        await client.subscribe(topic, qos=1)
        async for message in client.messages:
            assert isinstance(message.payload, bytes)
            return message.payload.decode(), bool(message.retain)
    raise AssertionError("the broker went away")


async def test_it_takes_messages_and_keeps_the_status(start: Start) -> None:
    port = start("allow_anonymous true")
    mine = publisher(port, retain=True)
    async with mine.opened():
        await mine.send(MESSAGE)
        assert await heard(port, "forebay/notify/status") == ("online", True)
    text, is_retained = await heard(port, "forebay/notify/home/grid")
    assert (json.loads(text), is_retained) == (MESSAGE.document(), True)
    assert await heard(port, "forebay/notify/status") == ("offline", True)


async def test_it_is_found_again_after_a_restart(start: Start) -> None:
    port = start("allow_anonymous true")
    mine = publisher(port, retain=True)
    async with mine.opened():
        await mine.send(MESSAGE)
        start("allow_anonymous true", port=port)
        await mine.send(MESSAGE)
        assert (await heard(port, "forebay/notify/home/grid"))[1]


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # paho leaves a failed handshake to gc
async def test_it_refuses_a_wrong_password_and_is_asked_over_tls(start: Start, tmp_path: Path) -> None:
    mine, passwords = identity(tmp_path), tmp_path / "passwords"
    subprocess.run(["mosquitto_passwd", "-c", "-b", str(passwords), "house", SECRET], check=True, capture_output=True)
    port = start("allow_anonymous false", f"password_file {passwords}", f"certfile {mine.pem}", f"keyfile {mine.pem}")
    (tmp_path / "right").write_text(SECRET)
    (tmp_path / "wrong").write_text("wrong")
    known = {"tls": True, "ca": mine.pem, "username": "house"}
    good = publisher(port, password_file=tmp_path / "right", **known)
    async with good.opened():
        await good.send(MESSAGE)
    bad = publisher(port, password_file=tmp_path / "wrong", **known)
    async with bad.opened():
        assert "uthori" in str(await failure(bad.send(MESSAGE)))
