"""`forebay emulate` as a process: its one line, its end, its bytes and its time."""

from __future__ import annotations

import json
import re
import signal
import socket
import ssl
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import pytest
from tests.cli.processes import Started, wait_for

Start = Callable[..., Started]

NOON = ("--start", "2026-06-21T12:00:00", "--seed", "7", "--password", "56789", "--port", "0")


def port_of(words: list[str]) -> int:
    return int(words[1].rpartition(":")[2])


def exchange(port: int, method: str, path: str, token: str = "", body: bytes = b"") -> bytes:
    """Ask in raw bytes and return the whole answer as it came."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    bearer = f"Authorization: Bearer {token}\r\n" if token else ""
    head = f"{method} {path} HTTP/1.1\r\nHost: powerwall\r\nConnection: close\r\n{bearer}"
    length = f"Content-Length: {len(body)}\r\n" if body else ""
    with (
        socket.create_connection(("127.0.0.1", port), timeout=5) as plain,
        context.wrap_socket(plain) as secure,
    ):
        secure.sendall(f"{head}{length}\r\n".encode() + body)
        answer = b""
        while piece := secure.recv(65_536):
            answer += piece
    return answer


def parts(answer: bytes) -> tuple[int, dict[str, str], bytes]:
    head, _, body = answer.partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    headers = dict(line.split(": ", 1) for line in lines)
    return int(first.split()[1]), {name.lower(): value for name, value in headers.items()}, body


def log_in(port: int, user: str = "customer", password: str = "56789") -> tuple[bytes, str]:
    raw = exchange(port, "POST", "/api/login/Basic", body=json.dumps({"username": user, "password": password}).encode())
    status, _, body = parts(raw)
    return raw, json.loads(body)["token"] if status == 200 else ""


def conversation(port: int) -> list[bytes]:
    """A stranger, an owner, refusals, a stop: the same requests each time."""
    said = [exchange(port, "GET", "/api/status")]
    said.append(exchange(port, "GET", "/api/meters/aggregates"))
    said.append(log_in(port, password="wrong")[0])
    raw, token = log_in(port)
    said.append(raw)
    paths = ("meters/aggregates", "system_status", "system_status/soe", "devices/vitals", "powerwalls", "nothing")
    said += [exchange(port, "GET", f"/api/{path}", token) for path in (*paths, "system/update/status")]
    said.append(exchange(port, "POST", "/api/sitemaster/stop", token, b'{"force":true}'))
    said.append(exchange(port, "GET", "/api/meters/aggregates", token))
    said.append(log_in(port)[0])
    said.append(exchange(port, "GET", "/api/logout", token))
    return said


def test_it_prints_one_line_with_the_port_taken_and_ends_with_0(start: Start) -> None:
    running = start("emulate", *NOON, "--control-port", "0")
    words = running.ready()
    status, _, _ = parts(exchange(port_of(words), "GET", "/api/status"))
    began = time.monotonic()
    code = running.end(signal.SIGINT)

    assert status == 200
    assert port_of(words) > 0
    assert words[0] == "ready"
    assert words[1].startswith("https://127.0.0.1:")
    assert words[2:4] == ["firmware", "21.44"]
    assert code == 0
    assert time.monotonic() - began < 2
    assert len(running.out.splitlines()) == 1
    assert "Traceback" not in running.err


@pytest.mark.parametrize("server", ["faithful", "fast"])
def test_it_ends_at_once_with_clients_connected(start: Start, server: str) -> None:
    running = start("emulate", *NOON, "--server", server)
    port = port_of(running.ready())
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with (
        socket.create_connection(("127.0.0.1", port), timeout=5) as idle,
        context.wrap_socket(socket.create_connection(("127.0.0.1", port), timeout=5)) as kept,
    ):
        kept.sendall(b"GET /api/status HTTP/1.1\r\nHost: powerwall\r\n\r\n")
        assert kept.recv(65_536).startswith(b"HTTP/1.1 200")
        began = time.monotonic()
        assert running.end(signal.SIGTERM) == 0
        assert time.monotonic() - began < 3
        idle.close()
    assert running.err == ""


def test_the_same_seed_start_and_requests_give_the_same_bytes(start: Start) -> None:
    settings = ("emulate", *NOON, "--speed", "0")
    first, second = (conversation(port_of(start(*settings).ready())) for _ in range(2))

    assert first == second
    codes = [parts(answer)[0] for answer in first]
    assert codes == [200, 403, 401, 200, 200, 200, 200, 200, 200, 404, 200, 202, 502, 200, 204]
    assert b"Sun, 21 Jun 2026 19:00:00 GMT" in first[0]


def test_another_seed_is_another_house(start: Start) -> None:
    settings = ("emulate", "--start", "2026-06-21T12:00:00", "--password", "56789", "--port", "0", "--speed", "0")
    first, second = (conversation(port_of(start(*settings, "--seed", seed).ready())) for seed in ("1", "2"))

    assert first[0] != second[0]
    assert first[3] != second[3]
    assert first[4] != second[4]


def test_a_restart_keeps_the_certificate(start: Start) -> None:
    first = start("emulate", *NOON)
    before = first.ready()
    first.end()
    after = start("emulate", *NOON, "--server", "fast").ready()

    assert before[before.index("fingerprint") + 1] == after[after.index("fingerprint") + 1]


def reading(port: int, token: str) -> tuple[datetime, Any]:
    _, headers, body = parts(exchange(port, "GET", "/api/meters/aggregates", token))
    return parsedate_to_datetime(headers["date"]).astimezone(UTC), json.loads(body)


def instant(meter: Any) -> datetime:
    """When a meter was read; the gateway writes up to nine decimals, and none for a whole second."""
    text: str = meter["last_communication_time"]
    return datetime.fromisoformat(re.sub(r"(\.\d{6})\d+", r"\1", text))


def test_at_speed_60_an_hour_takes_a_minute(start: Start) -> None:
    port = port_of(start("emulate", *NOON, "--speed", "60").ready())
    _, token = log_in(port)

    def load_and_solar() -> tuple[datetime, Any]:
        meters = reading(port, token)[1]
        return instant(meters["load"]), meters["solar"]

    began = time.monotonic()
    first, solar = load_and_solar()
    asked = time.monotonic()
    last, later_solar = wait_for(
        lambda: later if (later := load_and_solar())[0] - first > timedelta(minutes=2) else None
    )
    ended = time.monotonic()

    lived_s = (last - first).total_seconds()
    assert 60 * (ended - asked) * 0.8 - 15 < lived_s < 60 * (ended - began) + 15
    assert solar["instant_power"] > 1000
    mean_w = (solar["instant_power"] + later_solar["instant_power"]) / 2
    produced_wh = later_solar["energy_exported"] - solar["energy_exported"]
    assert produced_wh == pytest.approx(mean_w * lived_s / 3600, rel=0.25)


def test_sun_and_tokens_follow_the_emulated_time(start: Start) -> None:
    port = port_of(start("emulate", *NOON, "--speed", "18000").ready())
    _, token = log_in(port)
    noon, first = reading(port, token)

    def dark() -> datetime | None:
        when, meters = reading(port, token)
        return when if meters["solar"]["instant_power"] < 5 else None

    def refused() -> bytes | None:
        answer = exchange(port, "GET", "/api/operation", token)
        return answer if answer.startswith(b"HTTP/1.1 403") else None

    sunset = wait_for(dark, every_s=0.02)
    ended = parsedate_to_datetime(parts(wait_for(refused))[1]["date"])

    assert first["solar"]["instant_power"] > 1000
    assert 6 < (sunset - noon).total_seconds() / 3600 < 12
    assert (ended - noon).total_seconds() >= 22 * 3600  # the log-in was a moment before, at five hours a second
    fresh = log_in(port)[1]
    assert exchange(port, "GET", "/api/operation", fresh).startswith(b"HTTP/1.1 200")
