"""Replay: a capture answers as the gateway did, to the byte, to our client and to others."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from tests.capture.conftest import Captured, capture_from
from tests.emulator.conftest import Answer, parse, trusting

from forebay.client import capturefiles
from forebay.client.gateway import Gateway
from forebay.clock import SimClock
from forebay.emulator.device import Device
from forebay.emulator.replay import load
from forebay.emulator.replay_serve import serve_replay
from forebay.emulator.serve import Ready
from forebay.errors import EmulatorError, LoginRejected, NotPermitted, SiteStopped
from forebay.wire import captured as form
from forebay.wire import catalogue, vitals
from forebay.wire.captured import Capture
from forebay.wire.firmware import PROFILES

pypowerwall: Any = pytest.importorskip("pypowerwall", reason="pypowerwall is not installed")
tesla_powerwall: Any = pytest.importorskip("tesla_powerwall", reason="tesla_powerwall is not installed")

NAMES = [profile.name for profile in PROFILES]


@contextlib.asynccontextmanager
async def replayed(folder: Path, state: Path, **settings: Any) -> AsyncIterator[Ready]:
    """Serve a folder while the block lasts."""
    stop = asyncio.Event()
    ready: asyncio.Future[Ready] = asyncio.get_running_loop().create_future()
    settings = {"port": 0, "state_dir": state / "replay-certificates", **settings}
    task = asyncio.create_task(serve_replay(load(folder), ready=ready.set_result, stop=stop, **settings))
    futures: set[asyncio.Future[Any]] = {task, ready}
    await asyncio.wait(futures, return_when=asyncio.FIRST_COMPLETED)
    if task.done():
        await task
    try:
        yield ready.result()
    finally:
        stop.set()
        await asyncio.wait_for(task, 5)


async def ask(url: str, method: str, path: str, headers: str = "", body: bytes = b"") -> Answer:
    """Ask in raw bytes, on a connection of its own."""
    port = int(url.rpartition(":")[2])
    reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=trusting())
    try:
        length = f"Content-Length: {len(body)}\r\n" if body else ""
        head = f"{method} {path} HTTP/1.1\r\nHost: powerwall\r\nConnection: close\r\n{length}{headers}\r\n"
        writer.write(head.encode() + body)
        return parse(await asyncio.wait_for(reader.read(), 5))
    finally:
        writer.close()


async def bearer(url: str, password: str = "anything") -> str:
    answer = await ask(
        url, "POST", "/api/login/Basic", body=msgspec.json.encode({"username": "customer", "password": password})
    )
    return f"Authorization: Bearer {answer.json['token']}\r\n"


def comparable(index: Capture) -> Capture:
    """An index without the times at which it was made."""
    answers = tuple(msgspec.structs.replace(answer, at=None) for answer in index.answers)
    return msgspec.structs.replace(index, captured_at=None, answers=answers)


@pytest.mark.parametrize("firmware", [*NAMES, "restricted"])
@pytest.mark.parametrize("stopped", [False, True], ids=["running", "stopped"])
async def test_a_capture_of_a_replay_is_the_capture(
    captured: Captured, tmp_path: Path, firmware: str, stopped: bool
) -> None:
    def stop(device: Device) -> None:
        if stopped:
            device.stop(force=True)

    first, bodies, *_ = await captured(firmware, folder=tmp_path / "first", before=stop)

    async with replayed(tmp_path / "first", tmp_path) as ready:
        again, same, _ = await capture_from(ready.url, "anything", tmp_path)

    assert comparable(again) == comparable(first)
    assert same == bodies


@pytest.mark.parametrize("firmware", ["1.15", "1.40.2", "21.44", "23.44"])
async def test_every_answer_comes_back_to_the_byte(captured: Captured, tmp_path: Path, firmware: str) -> None:
    folder = tmp_path / "capture"
    index, bodies, *_ = await captured(firmware, folder=folder)

    async with replayed(folder, tmp_path) as ready:
        token = await bearer(ready.url)
        for stored in index.answers:
            answer = await ask(ready.url, "GET", stored.path, token)
            assert (answer.status, answer.body) == (stored.status, bodies.get(stored.body, b"")), stored.path
            told = {name: value for name, value in answer.headers if name not in ("content-length", "connection")}
            assert told == stored.headers, stored.path
            assert answer.header("content-length") == str(len(answer.body))


async def test_strangers_paths_methods_and_writes_are_refused_as_by_a_gateway(
    captured: Captured, tmp_path: Path
) -> None:
    folder = tmp_path / "capture"
    await captured("21.44", folder=folder)

    async with replayed(folder, tmp_path) as ready:
        token = await bearer(ready.url)
        asked = [
            ("GET", "/api/status", "", 200),
            ("HEAD", "/api/status", "", 200),
            ("GET", "/api/config", "", 403),
            ("GET", "/api/config", "Authorization: Bearer x\r\n", 403),
            ("GET", "/api/config", token, 200),
            ("GET", "/api/nothing", token, 404),
            ("GET", "/", "", 404),
            ("DELETE", "/api/config", token, 405),
            ("POST", "/api/operation", token, 403),
            ("GET", "/api/config/completed", token, 403),
            ("GET", "/api/sitemaster/run", token, 202),
            ("GET", "/api/logout", token, 204),
            ("GET", "/api/config", token, 403),
        ]
        for method, path, headers, status in asked:
            answer = await ask(ready.url, method, path, headers)
            assert answer.status == status, (method, path, answer.body)
        broken = await ask(ready.url, "POST", "/api/login/Basic", body=b"{")
        long = await ask(ready.url, "POST", "/api/login/Basic", body=b" " * 70_000)
    assert (broken.status, long.status) == (400, 413)


async def test_what_a_restricted_gateway_lacks_is_not_there_for_strangers_either(
    captured: Captured, tmp_path: Path
) -> None:
    folder = tmp_path / "capture"
    await captured("restricted", folder=folder)

    async with replayed(folder, tmp_path) as ready:
        statuses = [
            (await ask(ready.url, "GET", path)).status
            for path in ("/api/status", "/api/config", "/api/meters/aggregates")
        ]

    assert statuses == [404, 404, 403]


async def test_any_password_opens_a_replay_unless_one_is_set(captured: Captured, tmp_path: Path) -> None:
    folder = tmp_path / "capture"
    await captured("21.44", folder=folder)

    async with replayed(folder, tmp_path, password="right") as ready:
        async with Gateway(ready.url, "right", state_dir=tmp_path / "a") as gateway:
            assert (await gateway.call(catalogue.SITE_NAME)).timezone == "Etc/GMT-1"
        async with Gateway(ready.url, "wrong", state_dir=tmp_path / "b") as gateway:
            with pytest.raises(LoginRejected):
                await gateway.call(catalogue.SITE_NAME)


async def test_our_client_reads_a_stopped_gateway_of_1_40(captured: Captured, tmp_path: Path) -> None:
    folder = tmp_path / "capture"
    await captured("1.40.2", folder=folder, before=lambda device: device.stop(force=True))

    async with replayed(folder, tmp_path) as ready, Gateway(ready.url, "any", state_dir=tmp_path / "a") as gateway:
        with pytest.raises(SiteStopped):
            await gateway.call(catalogue.AGGREGATES)
        assert not (await gateway.call(catalogue.SITEMASTER)).running
        assert (await gateway.call(catalogue.OPERATION)).present_mode is not None
        with pytest.raises(NotPermitted):
            await gateway.call(catalogue.CONFIG_COMPLETED, confirm=True)


@pytest.mark.filterwarnings("ignore:Unverified HTTPS")
async def test_pypowerwall_and_tesla_powerwall_read_a_replay(
    captured: Captured, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "capture"
    await captured("21.44", folder=folder)
    monkeypatch.chdir(tmp_path)

    async with replayed(folder, tmp_path) as ready:
        host = ready.url.removeprefix("https://")

        def by_pypowerwall() -> tuple[Any, ...]:
            other = pypowerwall.Powerwall(host, "any", "a@b.example", "UTC", cachefile=str(tmp_path / ".auth"))
            return other.level(), other.power()["site"], other.site_name(), len(other.vitals() or {})

        level, site_w, name, devices = await asyncio.to_thread(by_pypowerwall)
        async with tesla_powerwall.Powerwall(host) as theirs:
            await theirs.login("any")
            charge = await theirs.get_charge()
            meters = await theirs.get_meters()
            serials = await theirs.get_serial_numbers()
    assert level == charge
    assert site_w == meters.site.instant_power
    assert name.startswith("Xxxx")
    assert devices > 5
    assert all("QP555" not in serial for serial in serials)


async def test_time_stamps_move_on_where_that_is_asked_for(captured: Captured, tmp_path: Path) -> None:
    folder = tmp_path / "capture"
    index, bodies, *_ = await captured("21.44", folder=folder)
    assert index.captured_at is not None
    clock = SimClock(index.captured_at + timedelta(hours=2))
    then = {a.path: json.loads(bodies[a.body]) for a in index.answers if a.body.endswith(".json")}

    async with replayed(folder, tmp_path, moves_time=True, clock=clock) as ready:
        token = await bearer(ready.url)
        meters = await ask(ready.url, "GET", "/api/meters/aggregates", token)
        update = await ask(ready.url, "GET", "/api/system/update/status", token)
        status = await ask(ready.url, "GET", "/api/status", token)
        raw = await ask(ready.url, "GET", "/api/devices/vitals", token)

    old, new = then["/api/meters/aggregates"]["site"], meters.json["site"]
    moved = stamp(new["last_communication_time"]) - stamp(old["last_communication_time"])
    assert moved == timedelta(hours=2)
    assert new["last_phase_power_communication_time"] == "0001-01-01T00:00:00Z"
    assert new["instant_power"] == old["instant_power"]
    assert update.json["current_time"] - then["/api/system/update/status"]["current_time"] == 7_200_000
    assert status.json["up_time_seconds"].startswith("225h")
    assert vitals.decode(raw.body)
    assert meters.header("date") == f"{clock.now():%a, %d %b %Y %H:%M:%S} GMT"


def stamp(text: str) -> datetime:
    return datetime.fromisoformat(text[:19]).replace(tzinfo=UTC)


async def test_a_folder_written_by_hand_is_served(tmp_path: Path) -> None:
    (tmp_path / "soe.json").write_text('{"percentage": 50}')
    answers = [
        {"path": "/api/system_status/soe", "body": "soe.json", "headers": {"content-type": "application/json"}},
        {"path": "/api/new%20thing", "public": True, "status": 404},
    ]
    (tmp_path / "capture.json").write_text(json.dumps({"form": 1, "firmware": "22.9", "answers": answers}))

    async with replayed(tmp_path, tmp_path) as ready:
        token = await bearer(ready.url)
        charge = await ask(ready.url, "GET", "/api/system_status/soe", token)
        other = await ask(ready.url, "GET", "/api/new%20thing")

    assert (charge.status, charge.body) == (200, b'{"percentage": 50}')
    assert charge.header("date") is not None
    assert (other.status, other.body) == (404, b"")


GOOD = {"form": 1, "firmware": "21.44"}
BAD: list[tuple[dict[str, Any], str]] = [
    ({}, "top level: Object missing required field `form`"),
    ({"form": 2, "firmware": "21.44"}, "form: 2 is not known"),
    ({"form": 1, "firmware": "new"}, "firmware: not a firmware version"),
    ({"form": 1, "firmware": "21.44", "colour": 1}, "unknown field `colour`"),
    ({**GOOD, "answers": [{"path": "api"}]}, r"answers\[0\].path: a percent-encoded path"),
    (
        {**GOOD, "answers": [{"path": "/a"}, {"path": "/a"}]},
        r"answers\[1\].path: /a is answered",
    ),
    ({**GOOD, "answers": [{"path": "/a", "status": 99}]}, r"answers\[...\].status|>= 200"),
    (
        {**GOOD, "answers": [{"path": "/a", "body": "../x"}]},
        r"answers\[0\].body: a file beside",
    ),
    ({**GOOD, "answers": [{"path": "/a", "body": "none"}]}, r"answers\[0\].body: .*none"),
    (
        {**GOOD, "answers": [{"path": "/a", "headers": {"x": "a\r\nset-cookie: b"}}]},
        r"answers\[0\].headers",
    ),
]


@pytest.mark.parametrize(("index", "words"), BAD, ids=[words[:24] for _, words in BAD])
def test_a_bad_folder_is_an_error_with_file_and_key(tmp_path: Path, index: dict[str, Any], words: str) -> None:
    (tmp_path / "capture.json").write_text(json.dumps(index))

    with pytest.raises(EmulatorError, match=words) as caught:
        load(tmp_path)

    assert str(tmp_path / "capture.json") in str(caught.value)


def test_a_folder_that_is_no_capture_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(EmulatorError, match="cannot be read"):
        load(tmp_path)


def test_a_link_out_of_the_folder_is_not_followed(tmp_path: Path) -> None:
    folder = tmp_path / "capture"
    index = Capture(form=form.FORM, firmware="21.44", answers=(form.Answer(path="/a", body="bodies/a"),))
    capturefiles.write(folder, index, {})
    (tmp_path / "secret").write_text("x")
    (folder / "bodies" / "a").symlink_to(tmp_path / "secret")

    with pytest.raises(EmulatorError, match="leads out of"):
        load(folder)
