"""The installed command, its gateway and its record, as processes in a folder of the test's own."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.request import ProxyHandler, Request, build_opener

import pytest
from tests.cli.processes import Started, wait_for

PASSWORD = "56789"
CHROMIUM = Path("/usr/bin/chromium")


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Started]]:
    """Start commands; whatever is left of them ends with the test."""
    running: list[Started] = []

    def begin(*arguments: str | Path, **env: str) -> Started:
        running.append(Started(tmp_path, *map(str, arguments), env=env))
        return running[-1]

    yield begin
    for one in running:
        one.clean_up()


def fetch(url: str) -> Any:
    """Read JSON from loopback, whatever proxies the environment names."""
    with closing(build_opener(ProxyHandler({})).open(url, timeout=5)) as answer:
        return json.loads(answer.read())


@dataclass
class Recorded:
    """An emulated home and the recorder of it."""

    folder: Path
    start: Callable[..., Started]
    emulated: tuple[str, ...]
    fast_s: float = 1.0
    flush_s: float = 2.0
    more: str = ""
    port: int = 0
    page: str = ""
    control: str = ""
    gateway: Started = field(init=False)
    up: Started = field(init=False)

    @property
    def db(self) -> Path:
        return self.folder / "house.db"

    def start_gateway(self) -> None:
        """Start the emulated home, at the port it had."""
        settings = ("--port", str(self.port), "--password", PASSWORD, "--seed", "3")
        self.gateway = self.start("emulate", *settings, *self.emulated)
        words = self.gateway.ready()
        self.port = int(words[1].rpartition(":")[2])
        self.control = words[words.index("control") + 1] if "control" in words else ""

    def start_up(self) -> None:
        """Start the recorder and the page."""
        file = self.folder / "forebay.toml"
        file.write_text(
            f'[gateway]\nhost = "127.0.0.1"\nport = {self.port}\npassword = "{PASSWORD}"\n'
            f"[recorder]\nfast_s = {self.fast_s}\n[store]\nflush_s = {self.flush_s}\n[page]\nport = 0\n"
            f"{self.more}"
        )
        file.chmod(0o600)
        self.up = self.start("up", "--config", file, "--db", self.db)
        self.page = self.up.ready()[1]

    def now(self) -> Any:
        return fetch(f"{self.page}api/now")

    def wait_until(self, state: str, within_s: float = 20.0) -> Any:
        """Wait for a state of the connection; return what the page is told then."""

        def seen() -> Any:
            now = self.now()
            return now if now["connection"]["state"] == state else None

        return wait_for(seen, within_s)

    def settle(self) -> Any:
        """Wait until it is recorded and its log-in is old enough for the client to make another."""
        live = self.wait_until("live")
        wait_for(lambda: len(self.query("SELECT at_ms FROM samples")) >= 7)
        return live

    def move(self, what: str, **body: object) -> None:
        """Move the emulated world."""
        headers = {"Content-Type": "application/json"}
        request = Request(f"{self.control}{what}", json.dumps(body).encode(), headers, method="POST")
        with closing(build_opener(ProxyHandler({})).open(request, timeout=5)) as answer:
            answer.read()

    def query(self, sql: str) -> list[Any]:
        """Read the record beside its writer."""
        with closing(sqlite3.connect(f"file:{self.db}?mode=ro", uri=True)) as database:
            return database.execute(sql).fetchall()


@pytest.fixture
def record(tmp_path: Path, start: Callable[..., Started]) -> Callable[..., Recorded]:
    """Emulate a home and record it."""

    def begin(*emulated: str, **settings: float | str) -> Recorded:
        recorded = Recorded(tmp_path, start, emulated, **settings)  # type: ignore[arg-type]
        recorded.start_gateway()
        recorded.start_up()
        return recorded

    return begin
