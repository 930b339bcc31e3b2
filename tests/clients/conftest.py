"""Gateways for other people's clients: each in a thread of its own, with time standing still.

The clients are installed from PyPI and used as they come: nothing of them is
replaced. What `requests` sends and gets is written down beside, to tell how
often a client logged in and in which form.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from tests.asked import REFUSED

from forebay.emulator.build import build_device
from forebay.emulator.home import Home
from forebay.emulator.serve import Ready, serve
from forebay.wire import catalogue
from forebay.wire.endpoint import Access, Needs
from forebay.wire.faults import BY_KEY
from forebay.wire.firmware import RESTRICTED, Version, parse_version

START = datetime(2026, 6, 21, 19, 0, 3, tzinfo=UTC)
"""Noon at the emulated home: every meter shows something."""

Connect = Callable[..., Any]

UNCHECKED_TLS = "ignore:Unverified HTTPS request:Warning"
"""What urllib3 says of clients that check no certificate."""


@dataclass
class Served:
    """A gateway that answers on this machine; host is its address with the port."""

    host: str
    password: str
    firmware: str
    control_url: str
    stop: Callable[[], None]
    _token: str = ""
    _http: httpx.Client = field(init=False)

    def __post_init__(self) -> None:
        self._http = httpx.Client(verify=False, timeout=10, trust_env=False)

    @property
    def version(self) -> Version:
        return RESTRICTED.version if self.is_restricted else parse_version(self.firmware)

    @property
    def is_restricted(self) -> bool:
        return self.firmware == RESTRICTED.name

    def close(self) -> None:
        """Stop it and let go of the connections."""
        self.stop()
        self._http.close()

    def move(self, what: str, /, **body: object) -> Any:
        """Move the emulated world by one verb of the control port; return its new state."""
        return self._control("POST", what, body)

    def state(self) -> Any:
        """Look at the emulated world."""
        return self._control("GET", "/state", None)

    def forget_faults(self) -> None:
        """Let everything go right again."""
        self._control("DELETE", "/faults", None)

    def calm(self) -> None:
        """Let nothing flow, as a log-in wants that stops the house."""
        self.move("/load", watts=0)
        self.move("/solar", watts=0)

    def log_in(self, username: str = "customer") -> None:
        """Log in by hand, to look behind a client's back; a house that this stops is started again."""
        login = {"username": username, "password": self.password, "force_sm_off": True}
        self._token = self._http.post(f"https://{self.host}/api/login/Basic", json=login).json()["token"]
        if not self.state()["running"]:
            assert self.ask("/api/sitemaster/run").status_code == 202

    def ask(self, path: str) -> httpx.Response:
        """Read one path with that log-in, if there was one."""
        headers = {"Authorization": f"Bearer {self._token}"} if self._token else {}
        return self._http.get(f"https://{self.host}{path}", headers=headers)

    def body(self, path: str) -> Any:
        """Return what the gateway says there, as plain values."""
        answer = self.ask(path)
        assert answer.status_code == 200, (path, answer.status_code, answer.text)
        return answer.json()

    def outcome(self, method: str, path: str, access: Access = Access.CUSTOMER) -> int:
        """Return the status that the catalogue promises to somebody of this role while the house runs."""
        row = catalogue.find(method, path)
        if self.is_restricted and row is not None and not row.kept:
            return 404
        if row is not None and row.offered_by(self.version):
            if row.access.at(self.version) > access:
                return 403
            if row.needs.at(self.version) is Needs.STOPPED:
                return BY_KEY[row.refusal].status
            return REFUSED.get(row.name, row.status.at(self.version))
        known = any(other.offered_by(self.version) and other.pattern.fullmatch(path) for other in catalogue.ALL)
        return 405 if known else 404

    def _control(self, method: str, path: str, body: object) -> Any:
        answer = self._http.request(method, self.control_url + path, json=body)
        assert answer.status_code == 200, answer.text
        return answer.json()


@contextlib.contextmanager
def served(
    certificates: Path, firmware: str = "21.44", server: str = "faithful", home: Home | None = None
) -> Iterator[Served]:
    """Serve an emulated gateway in a thread, so that clients without asyncio may block."""
    device = build_device(home or Home(), start=START, speed=0, firmware=firmware)
    ready: Future[tuple[Ready, Callable[[], None]]] = Future()
    settings: Any = {"port": 0, "control_port": 0, "server": server, "state_dir": certificates}

    async def live() -> None:
        stop, loop = asyncio.Event(), asyncio.get_running_loop()

        def started(line: Ready) -> None:
            ready.set_result((line, lambda: loop.call_soon_threadsafe(stop.set)))  # type: ignore[arg-type]

        await serve(device, ready=started, stop=stop, **settings)

    def run() -> None:
        try:
            asyncio.run(live())
        except Exception as exc:
            if ready.done():
                raise
            ready.set_exception(exc)

    thread = threading.Thread(target=run, name=f"gateway {firmware} {server}")
    thread.start()
    line, end = ready.result(10)
    assert line.control_url is not None

    def stop() -> None:
        if thread.is_alive():
            end()
        thread.join(10)
        assert not thread.is_alive()

    gateway = Served(line.url.removeprefix("https://"), device.password, firmware, line.control_url, stop)
    try:
        yield gateway
    finally:
        gateway.close()


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the emulated gateways share a certificate."""
    return tmp_path_factory.mktemp("certificates")


@pytest.fixture
def house(request: pytest.FixtureRequest, certificates: Path) -> Iterator[Served]:
    """A gateway of one test's own: 21.44, or what the test's parameter says ("1.40.2", "21.44 fast")."""
    firmware, _, server = getattr(request, "param", "21.44").partition(" ")
    with served(certificates, firmware, server or "faithful") as gateway:
        yield gateway


@dataclass(frozen=True, slots=True)
class Sent:
    """One request of a client that uses `requests`, and the status it got."""

    method: str
    path: str
    status: int
    headers: dict[str, str]
    body: str

    def __str__(self) -> str:
        return f"{self.method} {self.path} {self.status}"


@pytest.fixture
def wire(monkeypatch: pytest.MonkeyPatch) -> list[Sent]:
    """Whatever goes through `requests`, in order."""
    requests: Any = pytest.importorskip("requests")
    seen: list[Sent] = []
    send = requests.Session.send

    def noted(self: Any, request: Any, **options: Any) -> Any:
        answer = send(self, request, **options)
        body = request.body.decode() if isinstance(request.body, bytes) else request.body or ""
        path = urlsplit(request.url).path
        seen.append(Sent(request.method, path, answer.status_code, dict(request.headers), body))
        return answer

    monkeypatch.setattr(requests.Session, "send", noted)
    return seen


@pytest.fixture
def connect(tmp_path: Path) -> Iterator[Connect]:
    """Make clients as a user does, only that their files lie apart and nothing is kept between reads."""
    pypowerwall: Any = pytest.importorskip("pypowerwall", reason="pypowerwall is not installed")
    made: list[Any] = []

    def make(house: Served, password: str | None = None, **options: Any) -> Any:
        files = {"authpath": str(tmp_path), "cachefile": str(tmp_path / "session.json")}
        given = {"pwcacheexpire": 0, "failover": False, **files, **options}
        made.append(pypowerwall.Powerwall(house.host, password or house.password, **given))
        return made[-1]

    yield make
    for client in made:
        client.client.session.close()


def said(wire: list[Sent]) -> list[str]:
    """Take what was sent since the last look."""
    lines = [str(sent) for sent in wire]
    wire.clear()
    return lines
