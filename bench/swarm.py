"""Poll every home of a fleet on a connection of its own, kept alive, each at its own beat.

Run as `python -m bench.swarm LIST EVERY_S WARM_S SECONDS CORE`; prints one line of JSON.
Every answer is checked: its status, whose it is, and that its powers add up.
"""

from __future__ import annotations

import asyncio
import csv
import json
import os
import ssl
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlsplit

import msgspec

from bench.stats import percentile

CONNECTING_AT_ONCE = 32
PATHS = ("/api/meters/aggregates", "/api/system_status/soe")
PATIENCE_S = 240.0
"""How long connecting to all homes may take [s]; on a machine that does nothing else it takes a tenth of that."""

BALANCE_W = 5.0
"""What rounding may leave between the four powers of an answer [W]."""


@dataclass(slots=True)
class Seen:
    """What came back. took_s: from the moment a poll was due to its last byte [s]."""

    took_s: list[float] = field(default_factory=list)
    wrong: Counter[str] = field(default_factory=Counter)
    counting: bool = False


class Poller(asyncio.Protocol):
    """One connection to one home: a request at a time."""

    def __init__(self, home: dict[str, str]) -> None:
        self.home = home
        self.there = urlsplit(home["url"])
        self.transport: asyncio.Transport | None = None
        self.answer: asyncio.Future[bytes] | None = None
        self.token = ""
        self._taken = bytearray()
        self._whole = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the way to write."""
        self.transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """Collect an answer until it is whole."""
        self._taken += data
        if not self._whole:
            head, end, _ = bytes(self._taken).partition(b"\r\n\r\n")
            if not end:
                return
            length = head.lower().partition(b"content-length:")[2].split(b"\r\n", 1)[0]
            self._whole = len(head) + 4 + int(length or 0)
        if len(self._taken) >= self._whole and self.answer is not None and not self.answer.done():
            self.answer.set_result(bytes(self._taken))

    def connection_lost(self, exc: Exception | None) -> None:
        """Let whoever waits know."""
        self.transport = None
        if self.answer is not None and not self.answer.done():
            self.answer.set_exception(exc or ConnectionError("closed"))

    async def ask(self, method: str, path: str, body: bytes = b"") -> tuple[int, bytes]:
        """Send a request; return status and body. Raises OSError when the connection ends."""
        if self.transport is None:
            raise ConnectionError("closed")
        self._taken.clear()
        self._whole = 0
        self.answer = asyncio.get_running_loop().create_future()
        bearer = f"Authorization: Bearer {self.token}\r\n" if self.token else ""
        length = f"Content-Length: {len(body)}\r\n" if body else ""
        head = f"{method} {path} HTTP/1.1\r\nHost: {self.there.netloc}\r\n{bearer}{length}\r\n"
        self.transport.write(head.encode() + body)
        raw = await self.answer
        return int(raw[9:12]), raw.partition(b"\r\n\r\n")[2]


def main(argv: Sequence[str]) -> None:
    """Poll from one core; print what was seen."""
    os.sched_setaffinity(0, {int(argv[4])})
    homes = list(csv.DictReader(Path(argv[0]).read_text(encoding="utf-8").splitlines()))
    asyncio.run(swarm(homes, float(argv[1]), float(argv[2]), float(argv[3])))


async def swarm(homes: list[dict[str, str]], every_s: float, warm_s: float, seconds: float) -> None:
    """Connect, warm up, measure, tell."""
    seen = Seen()
    began_s = time.perf_counter()
    tasks: list[asyncio.Task[None]] = []

    def begin(number: int, poller: Poller) -> None:
        """Poll from now on: a home that nobody asks for minutes has more to catch up with."""
        phase_s = every_s * number / len(homes)
        beats = (time.perf_counter() - began_s - phase_s) // every_s + 1
        tasks.append(asyncio.create_task(_poll(poller, number, began_s + phase_s + beats * every_s, every_s, seen)))

    await _connected(homes, seen, begin)
    connected_s = time.perf_counter() - began_s
    print(f"connected {len(tasks)} of {len(homes)} in {connected_s:.1f} s", file=sys.stderr, flush=True)
    await asyncio.sleep(warm_s)
    print("measuring", flush=True)
    seen.counting = True
    cpu_s, since_s = time.process_time(), time.perf_counter()
    await asyncio.sleep(seconds)
    seen.counting = False
    took_s = time.perf_counter() - since_s
    cpu_s = time.process_time() - cpu_s
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    print(
        json.dumps(
            {
                "homes": len(tasks),
                "connect_s": connected_s,
                "per_s": len(seen.took_s) / took_s,
                "p50_ms": percentile(seen.took_s, 50) * 1000,
                "p99_ms": percentile(seen.took_s, 99) * 1000,
                "worst_ms": max(seen.took_s) * 1000,
                "late": sum(one_s > every_s for one_s in seen.took_s),
                "wrong": dict(seen.wrong),
                "load_core": cpu_s / took_s,
            }
        ),
        flush=True,
    )


async def _connected(homes: list[dict[str, str]], seen: Seen, begin: Callable[[int, Poller], None]) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    gate = asyncio.Semaphore(CONNECTING_AT_ONCE)
    loop = asyncio.get_running_loop()

    async def one(number: int, home: dict[str, str]) -> None:
        poller = Poller(home)
        async with gate:
            try:
                await loop.create_connection(
                    lambda: poller,
                    poller.there.hostname or "",
                    poller.there.port or 0,
                    ssl=context,
                    ssl_handshake_timeout=60,
                )
                assert poller.transport is not None
                shown = ssl.DER_cert_to_PEM_cert(
                    poller.transport.get_extra_info("ssl_object").getpeercert(binary_form=True)
                )
                if home["fingerprint"] != _fingerprint(shown):
                    seen.wrong["certificate"] += 1
                login = {"username": home["username"], "password": home["password"], "email": "", "force_sm_off": False}
                status, body = await poller.ask("POST", "/api/login/Basic", json.dumps(login).encode())
                poller.token = json.loads(body)["token"] if status == 200 else ""
                _, body = await poller.ask("GET", "/api/status")
                if not json.loads(body)["din"].endswith(home["serial"]):
                    seen.wrong["somebody else's answer"] += 1
            except (OSError, ssl.SSLError, ValueError, KeyError) as exc:
                seen.wrong[f"cannot connect: {type(exc).__name__}"] += 1
                return
        begin(number, poller)

    connecting = [asyncio.create_task(one(number, home)) for number, home in enumerate(homes)]
    _, late = await asyncio.wait(connecting, timeout=PATIENCE_S)
    for task in late:
        task.cancel()
    if late:
        seen.wrong[f"not connected within {PATIENCE_S:.0f} s"] += len(late)
        await asyncio.wait(late)


def _fingerprint(pem: str) -> str:
    import hashlib

    return hashlib.sha256(ssl.PEM_cert_to_DER_cert(pem)).digest().hex(":")


async def _poll(poller: Poller, number: int, due_s: float, every_s: float, seen: Seen) -> None:
    path = PATHS[number % len(PATHS)]
    while True:
        await asyncio.sleep(max(0.0, due_s - time.perf_counter()))
        counted = seen.counting
        try:
            status, body = await poller.ask("GET", path)
        except OSError as exc:
            seen.wrong[type(exc).__name__] += 1
            return
        if counted:
            seen.took_s.append(time.perf_counter() - due_s)
            wrong = problem(path, status, body)
            if wrong:
                seen.wrong[wrong] += 1
        due_s += every_s * max(1, -int((due_s - time.perf_counter()) // every_s))  # a poller skips what it missed


def problem(path: str, status: int, body: bytes) -> str:
    """Return what is wrong with an answer, "" where nothing is."""
    if status != 200:
        return f"status {status}"
    try:
        answer: Any = msgspec.json.decode(body)
        if path == PATHS[1]:
            return "" if 0 <= answer["percentage"] <= 100 else "charge"
        power = {point: answer[point]["instant_power"] for point in ("site", "battery", "load", "solar")}
    except (msgspec.DecodeError, KeyError, TypeError):
        return "body"
    rest_w = power["site"] + power["battery"] + power["solar"] - power["load"]
    return "" if abs(rest_w) <= BALANCE_W else "powers do not add up"


if __name__ == "__main__":
    main(sys.argv[1:])
