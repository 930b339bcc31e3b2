"""Commands in process, against emulated gateways in a thread, in a folder of the test's own."""

from __future__ import annotations

import asyncio
import contextlib
import io
import json
import os
import threading
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.request import ProxyHandler, Request, build_opener

import pytest
from tests.cli.processes import Started, environment

from forebay.cli import main
from forebay.emulator.build import build_device
from forebay.emulator.device import Device
from forebay.emulator.home import Home
from forebay.emulator.serve import Ready, serve

START = datetime(2026, 6, 21, 19, 0, 3, tzinfo=UTC)


@dataclass
class Outcome:
    """How a command ended, and what it said."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Forebay = Callable[..., Outcome]


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home folder of the test's own, and nothing of the user's in the environment."""
    folder = tmp_path / "home"
    folder.mkdir()
    for name in list(os.environ):
        if name.startswith(("FOREBAY_", "XDG_")):
            monkeypatch.delenv(name)
    for name, value in environment(folder).items():
        if name.startswith(("FOREBAY_", "XDG_", "HOME")):
            monkeypatch.setenv(name, value)
    monkeypatch.chdir(folder)
    monkeypatch.setattr(warnings, "showwarning", warnings.showwarning)  # commands replace it
    return folder


@pytest.fixture
def forebay(capfdbinary: pytest.CaptureFixture[bytes], monkeypatch: pytest.MonkeyPatch) -> Forebay:
    """Run one command to its end."""

    def run(*arguments: str | Path, stdin: str = "") -> Outcome:
        monkeypatch.setattr("sys.stdin", io.StringIO(stdin))
        capfdbinary.readouterr()
        try:
            code = main([str(argument) for argument in arguments])
        except SystemExit as end:
            code = int(end.code or 0)
        out, err = capfdbinary.readouterr()
        return Outcome(code, out.decode("utf-8", "surrogateescape"), err.decode())

    return run


@dataclass
class Emulated:
    """A gateway in a thread whose time stands still."""

    device: Device
    state_dir: Path
    port: int = 0
    ready: Ready | None = None
    _loop: asyncio.AbstractEventLoop | None = None
    _stop: asyncio.Event | None = None
    _thread: threading.Thread | None = None
    _answers: threading.Event = field(default_factory=threading.Event)
    _failure: BaseException | None = None

    @property
    def host(self) -> str:
        assert self.ready is not None
        return self.ready.url.removeprefix("https://")

    @property
    def password(self) -> str:
        return self.device.password

    @property
    def fingerprint(self) -> str:
        assert self.ready is not None
        return self.ready.fingerprint

    def start(self) -> Emulated:
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        assert self._answers.wait(10)
        if self._failure is not None:
            raise self._failure
        return self

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())
        except BaseException as exc:
            self._failure = exc
        finally:
            self._answers.set()

    async def _serve(self) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()

        def ready(line: Ready) -> None:
            self.ready = line
            self.port = int(line.url.rpartition(":")[2])
            self._answers.set()

        await serve(self.device, state_dir=self.state_dir, ready=ready, stop=self._stop, port=self.port, control_port=0)

    def close(self) -> None:
        if self._thread is not None and self._thread.is_alive() and self._loop and self._stop:
            self._loop.call_soon_threadsafe(self._stop.set)
            self._thread.join(10)
            assert not self._thread.is_alive()

    def control(self, path: str, /, **body: object) -> Any:
        """Move its world."""
        assert self.ready is not None
        headers = {"Content-Type": "application/json"}
        request = Request(f"{self.ready.control_url}{path}", json.dumps(body).encode(), headers, method="POST")
        with contextlib.closing(build_opener(ProxyHandler({})).open(request, timeout=5)) as answer:
            return json.loads(answer.read())

    def state(self) -> Any:
        """Look at its world."""
        assert self.ready is not None
        opener = build_opener(ProxyHandler({}))
        with contextlib.closing(opener.open(f"{self.ready.control_url}/state", timeout=5)) as answer:
            return json.loads(answer.read())


Emulate = Callable[..., Emulated]


@pytest.fixture
def emulate(tmp_path: Path) -> Iterator[Emulate]:
    """Start emulated gateways; they end with the test."""
    running: list[Emulated] = []

    def start(firmware: str = "21.44", *, port: int = 0, state: str = "certificates", **settings: Any) -> Emulated:
        device = build_device(Home(), start=START, speed=0, firmware=firmware, **settings)
        running.append(Emulated(device, tmp_path / state, port).start())
        return running[-1]

    yield start
    for gateway in running:
        gateway.close()


@pytest.fixture
def gateway(emulate: Emulate, monkeypatch: pytest.MonkeyPatch) -> Emulated:
    """A gateway of firmware 21.44 whose password is in the environment."""
    started = emulate()
    monkeypatch.setenv("FOREBAY_PASSWORD", started.password)
    return started


@pytest.fixture
def start(home: Path) -> Iterator[Callable[..., Started]]:
    """Start commands as processes; they end with the test."""
    running: list[Started] = []

    def begin(*arguments: str | Path, **env: str) -> Started:
        running.append(Started(home, *map(str, arguments), env=env))
        return running[-1]

    yield begin
    for one in running:
        one.clean_up()
