"""A fleet as its clients, its control port and its owner meet it."""

from __future__ import annotations

import asyncio
import csv
import hashlib
import resource
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec
import pytest

from forebay.emulator import fleet_serve
from forebay.emulator.build import Beginning
from forebay.emulator.fleet import Fleet
from forebay.emulator.fleet_serve import FleetReady, serve_fleet
from forebay.emulator.front import Front
from forebay.emulator.home import Home
from forebay.errors import EmulatorError

SERVERS = ("fast", "faithful")


def fleet_of(count: int) -> Fleet:
    return Fleet([("built-in", Home())], count, Beginning(start=datetime(2026, 6, 21, 12, tzinfo=UTC)))


@dataclass
class Street:
    """A served fleet."""

    fleet: Fleet
    ready: FleetReady
    homes: list[dict[str, str]]

    @property
    def port(self) -> int:
        return urlsplit(self.ready.url).port or 0

    async def connect(self, address: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        return await asyncio.wait_for(asyncio.open_connection(address, self.port, ssl=context), 5)

    async def ask(self, address: str, method: str, path: str, token: str = "", body: object = None) -> Any:
        reader, writer = await self.connect(address)
        raw = b"" if body is None else msgspec.json.encode(body)
        bearer = f"Authorization: Bearer {token}\r\n" if token else ""
        head = f"{method} {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: {len(raw)}\r\n{bearer}\r\n"
        writer.write((head if raw else head.replace("Content-Length: 0\r\n", "")).encode() + raw)
        return await _answer(reader, writer)

    async def shown(self, address: str) -> str:
        _, writer = await self.connect(address)
        certificate = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
        writer.close()
        return hashlib.sha256(certificate).digest().hex(":")

    async def control(self, method: str, path: str, body: object = None, host: str = "localhost") -> Any:
        there = urlsplit(self.ready.control_url or "")
        reader, writer = await asyncio.open_connection(there.hostname, there.port)
        raw = b"" if body is None else msgspec.json.encode(body)
        head = f"{method} {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nContent-Type: application/json\r\n"
        writer.write(f"{head}Content-Length: {len(raw)}\r\n\r\n".encode() + raw)
        return await _answer(reader, writer)


async def _answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> Any:
    try:
        raw = await asyncio.wait_for(reader.read(), 10)
    finally:
        writer.close()
    head, _, content = raw.partition(b"\r\n\r\n")
    return int(head[9:12]), msgspec.json.decode(content) if content else None


@asynccontextmanager
async def served(fleet: Fleet, folder: Path, **settings: Any) -> AsyncIterator[Street]:
    stop, ready = asyncio.Event(), asyncio.get_running_loop().create_future()
    settings = {"port": 0, "control_port": 0, **settings}
    task = asyncio.create_task(serve_fleet(fleet, state_dir=folder, ready=ready.set_result, stop=stop, **settings))
    await asyncio.wait({task, ready}, return_when=asyncio.FIRST_COMPLETED)
    if task.done():
        await task
    with ready.result().list_path.open(newline="") as file:
        homes = list(csv.DictReader(file))
    try:
        yield Street(fleet, ready.result(), homes)
    finally:
        stop.set()
        await asyncio.wait_for(task, 5)


@pytest.mark.parametrize("server", SERVERS)
async def test_each_home_answers_for_itself_with_its_own_certificate_and_log_in(tmp_path: Path, server: str) -> None:
    async with served(fleet_of(300), tmp_path, server=server) as street:
        tokens, sites = set(), set()
        for number in (1, 2, 256, 300):
            home = street.homes[number - 1]
            address = urlsplit(home["url"]).hostname or ""
            assert (home["number"], address) == (str(number), street.fleet.address(number))
            assert await street.shown(address) == home["fingerprint"]
            status, body = await street.ask(address, "GET", "/api/status")
            assert status == 200
            assert body["din"].endswith(home["serial"])
            login = {"username": home["username"], "password": home["password"]}
            status, session = await street.ask(address, "POST", "/api/login/Basic", body=login)
            assert status == 200
            tokens.add(session["token"])
            for path in ("/api/meters/aggregates", "/api/system_status/soe"):
                status, body = await street.ask(address, "GET", path, session["token"])
                assert status == 200
                sites.add(str(body))
            other = street.fleet.address(number % 300 + 1)
            assert (await street.ask(other, "GET", "/api/meters/aggregates", session["token"]))[0] == 403

        assert (len(tokens), len(sites)) == (4, 8)
        assert len({home["fingerprint"] for home in street.homes}) == 300
        assert street.fleet.awake == 6  # and homes 3 and 257, whom a stranger asked
    with pytest.raises(OSError, match=r"refused|Connect call failed"):
        await asyncio.open_connection("127.1.0.1", street.port)


async def test_nobody_answers_where_no_home_is(tmp_path: Path) -> None:
    async with served(fleet_of(3), tmp_path) as street:
        for address in ("127.1.0.4", "127.0.0.1", "127.77.0.1"):
            with pytest.raises((OSError, ssl.SSLError)):
                await street.connect(address)


async def test_a_fleet_is_deaf_to_other_devices(tmp_path: Path) -> None:
    """Its one socket is bound to the loopback device; where the system cannot do that, each home has its own."""
    async with served(fleet_of(3), tmp_path) as street:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.connect(("192.0.2.1", 9))  # sends nothing; tells the address of this machine, if it has one
            address = probe.getsockname()[0]
        with pytest.raises((OSError, ssl.SSLError)):
            await street.connect(address)


async def test_certificates_and_list_are_kept_and_private(tmp_path: Path) -> None:
    async with served(fleet_of(5), tmp_path) as street:
        first = street.homes
    async with served(fleet_of(8), tmp_path, port=street.port) as street:
        assert street.homes[:5] == first

    for path in tmp_path.iterdir():
        assert path.stat().st_mode & 0o077 == 0, path


async def test_a_damaged_keyring_is_named_and_never_replaced(tmp_path: Path) -> None:
    (tmp_path / "fleet.sqlite").write_bytes(b"not a database" * 100)

    with pytest.raises(EmulatorError, match=r"fleet\.sqlite: .*delete it for fresh certificates"):
        async with served(fleet_of(2), tmp_path):
            pass


async def test_the_control_port_moves_one_home_or_all(tmp_path: Path) -> None:
    async with served(fleet_of(40), tmp_path) as street:
        serial = street.fleet.serial(9)
        status, state = await street.control("POST", f"/homes/{serial}/load", {"watts": 4_000})
        assert (status, state["serial"]) == (200, serial)
        assert street.fleet.awake == 1
        status, said = await street.control("POST", "/homes/all/grid", {"up": False})
        assert (status, said) == (200, {"homes": 40, "awake": 2})
        for number in (1, 9, 31):
            _, state = await street.control("GET", f"/homes/{number}/state")
            assert state["grid"]["up"] is False
            assert (state["overrides"]["load_w"] == 4_000) == (number == 9)
        assert street.fleet.awake == 3

        status, _ = await street.control("POST", "/homes/all/faults", {"path": "/api/status", "status": 503})
        assert status == 200
        for number in (9, 40):
            assert (await street.ask(street.fleet.address(number), "GET", "/api/status"))[0] == 503
        await street.control("DELETE", "/homes/all/faults")
        assert (await street.ask(street.fleet.address(9), "GET", "/api/status"))[0] == 200


async def test_the_control_port_lists_homes_without_waking_them(tmp_path: Path) -> None:
    async with served(fleet_of(2_500), tmp_path) as street:
        _, told = await street.control("GET", "/homes?from=2400&count=1000")
        assert [home["number"] for home in told["homes"]] == list(range(2_400, 2_501))
        assert told["homes"][0]["fingerprint"] == street.homes[2_399]["fingerprint"]
        assert (told["count"], told["awake"]) == (2_500, 0)
        assert "POST /homes/all/VERB" in (await street.control("GET", "/"))[1]


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("GET", "/homes/0/state", None, 404),
        ("GET", "/homes/TG00/state", None, 404),
        ("GET", "/elsewhere", None, 404),
        ("POST", "/homes", {}, 405),
        ("GET", "/homes?count=0", None, 400),
        ("GET", "/homes?from=x", None, 400),
        ("POST", "/homes/all/grid", {"up": "no"}, 400),
        ("POST", "/homes/2/nothing", {}, 404),
    ],
)
async def test_the_control_port_refuses_in_words(
    tmp_path: Path, method: str, path: str, body: object, status: int
) -> None:
    async with served(fleet_of(3), tmp_path) as street:
        got, said = await street.control(method, path, body)

        assert (got, list(said)) == (status, ["error"])
        assert (await street.control("GET", "/homes", host="rebound.example"))[0] == 403


@pytest.mark.parametrize("server", SERVERS)
@pytest.mark.parametrize("each_its_socket", [False, True])
async def test_one_home_shows_another_certificate_or_moves_and_the_others_do_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, server: str, each_its_socket: bool
) -> None:
    if each_its_socket:
        monkeypatch.setattr(fleet_serve, "bound_to_loopback", lambda *_: None)
    async with served(fleet_of(4), tmp_path, server=server) as street:
        front = street.fleet.resident(2).device.area(Front)
        kept = [home["fingerprint"] for home in street.homes]
        wrong = front.rotate_certificate()
        assert await street.shown("127.1.0.2") == wrong != kept[1]
        assert await street.shown("127.1.0.1") == kept[0]
        assert front.restore_certificate() == await street.shown("127.1.0.2") == kept[1]

        reader, writer = await street.connect("127.1.0.2")
        assert front.move(bind="127.1.0.77") == f"https://127.1.0.77:{street.port}"
        with pytest.raises((OSError, ssl.SSLError, asyncio.IncompleteReadError)):
            await asyncio.wait_for(reader.readexactly(1), 5)
        writer.close()
        assert await street.shown("127.1.0.77") == kept[1]
        with pytest.raises((OSError, ssl.SSLError)):
            await street.connect("127.1.0.2")
        assert await street.shown("127.1.0.3") == kept[2]
        for wish, words in (({"bind": "127.1.0.1"}, "127.1.0.1"), ({"port": 1}, "all homes of a fleet answer at port")):
            with pytest.raises(EmulatorError, match=words):
                front.move(**wish)
        assert front.address == ("127.1.0.77", street.port)


async def test_too_few_open_files_are_told_before_anything_is_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise ValueError("not allowed")

    monkeypatch.setattr(resource, "getrlimit", lambda _: (256, 4_096))
    monkeypatch.setattr(resource, "setrlimit", refuse)
    with pytest.raises(EmulatorError, match=r"10,000 homes need 10,512 open files.*4,096.*ulimit -Hn 10512"):
        async with served(fleet_of(10_000), tmp_path):
            pass
