"""Gateways to be held to the catalogue: emulated ones over TLS, or a real one by `--gateway HOST`.

A real gateway is only read, with the password from FOREBAY_PASSWORD, unless
`--allow-writes` is given too.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import ssl
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio

from forebay.client.gateway import Gateway
from forebay.emulator.build import build_device
from forebay.emulator.home import Home
from forebay.emulator.serve import Ready, serve
from forebay.wire.firmware import LOGIN_NEEDS_USER, LOGIN_STOPS_SYSTEM, Version, parse_version

FIRMWARES = ("1.40.2", "21.44")
EMULATED = (("1.40.2", "faithful"), ("21.44", "faithful"), ("21.44", "fast"))
START = datetime(2026, 6, 21, 19, 0, 3, tzinfo=UTC)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options that turn these tests to a real gateway."""
    group = parser.getgroup("conformance", "a real gateway")
    group.addoption("--gateway", metavar="HOST", help="hold this gateway to the catalogue; FOREBAY_PASSWORD opens it")
    group.addoption("--allow-writes", action="store_true", default=False, help="let tests change that gateway's house")


@dataclass
class Target:
    """A gateway, and how to reach it as a client and as a stranger.

    host: name or address with port. control_url: where its world is moved, None on real hardware.
    """

    host: str
    password: str | None
    version: Version
    state_dir: Path
    control_url: str | None = None
    writable: bool = True
    is_fast: bool = False

    @property
    def is_real(self) -> bool:
        return self.control_url is None

    @property
    def url(self) -> str:
        return f"https://{self.host}"

    def gateway(self, **options: Any) -> Gateway:
        """Our client; its log-in is shared with the other tests of this gateway."""
        return Gateway(self.host, **{"password": self.password, "state_dir": self.state_dir, **options})

    def stranger(self, http2: bool = False, token: str | None = None) -> httpx.AsyncClient:
        """A client that shares no code with ours."""
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        return httpx.AsyncClient(
            base_url=self.url,
            verify=unchecked(),
            http1=not http2,
            http2=http2,
            headers=headers,
            timeout=10,
            trust_env=False,
        )

    async def token(self, username: str = "customer") -> str:
        """A log-in made by hand; a house that it stops is started again."""
        body = {"username": username, "password": self.password, "force_sm_off": True}
        async with self.stranger() as http:
            token = str((await http.post("/api/login/Basic", json=body)).json()["token"])
            if LOGIN_STOPS_SYSTEM.at(self.version):
                headers = {"Authorization": f"Bearer {token}"}
                assert (await http.get("/api/sitemaster/run", headers=headers)).status_code == 202
            return token

    async def calm(self) -> None:
        """Let nothing flow, as a log-in wants that stops the house."""
        await self.move("/load", watts=0)
        await self.move("/solar", watts=0)

    async def move(self, what: str, /, **body: object) -> Any:
        """Move the emulated world by one verb of the control port; return its new state."""
        return await self._control("POST", what, body)

    async def state(self) -> Any:
        """Look at the emulated world."""
        return await self._control("GET", "/state", None)

    async def forget_faults(self) -> None:
        """Let everything go right again."""
        await self._control("DELETE", "/faults", None)

    async def _control(self, method: str, path: str, body: object) -> Any:
        assert self.control_url is not None
        async with httpx.AsyncClient(base_url=self.control_url, trust_env=False) as http:
            answer = await http.request(method, path, json=body)
            assert answer.status_code == 200, answer.text
            return answer.json()


def unchecked() -> ssl.SSLContext:
    """TLS that believes everybody: strangers come before trust."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


@contextlib.asynccontextmanager
async def emulated(firmware: str, server: str, certificates: Path, state_dir: Path) -> AsyncIterator[Target]:
    """Serve an emulated gateway whose time stands still until it is moved."""
    device = build_device(Home(), start=START, speed=0, firmware=firmware)
    stop = asyncio.Event()
    first: asyncio.Future[Ready] = asyncio.get_running_loop().create_future()
    settings: Any = {"port": 0, "control_port": 0, "server": server, "state_dir": certificates}
    task = asyncio.create_task(serve(device, ready=first.set_result, stop=stop, **settings))
    futures: set[asyncio.Future[Any]] = {task, first}
    await asyncio.wait(futures, return_when=asyncio.FIRST_COMPLETED)
    if task.done():
        await task
    line = first.result()
    host = line.url.removeprefix("https://")
    version, is_fast = parse_version(firmware), server == "fast"
    password = device.password if LOGIN_NEEDS_USER.at(version) else f"S{device.serial}"
    target = Target(host, password, version, state_dir, control_url=line.control_url, is_fast=is_fast)
    try:
        await target.calm()
        async with target.gateway() as gateway:
            await gateway.login()
        await target.move("/load", watts=None)
        await target.move("/solar", watts=None)
        yield target
    finally:
        stop.set()
        await asyncio.wait_for(task, 5)


async def real(host: str, writable: bool, state_dir: Path) -> Target:
    """Meet a real gateway; its firmware is read by hand."""
    target = Target(host, os.environ.get("FOREBAY_PASSWORD"), (0, 0, 0), state_dir, writable=writable)
    async with target.stranger() as http:
        target.version = parse_version((await http.get("/api/status")).json()["version"])
    return target


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run each test against every gateway there is."""
    host = metafunc.config.getoption("--gateway", default=None)
    if "target" in metafunc.fixturenames:
        chosen: list[Any] = [host] if host else list(EMULATED)
        ids = [host] if host else ["-".join(kind) for kind in EMULATED]
        metafunc.parametrize("target", chosen, ids=ids, indirect=True, scope="session")
    if "house" in metafunc.fixturenames:
        metafunc.parametrize("house", [host] if host else list(FIRMWARES), indirect=True)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def target(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, certificates: Path
) -> AsyncIterator[Target]:
    """A gateway shared by tests that leave it as it was."""
    state_dir = tmp_path_factory.mktemp("state")
    if isinstance(request.param, str):
        yield await real(request.param, request.config.getoption("--allow-writes"), state_dir)
        return
    firmware, server = request.param
    async with emulated(firmware, server, certificates, state_dir) as gateway:
        yield gateway


@pytest_asyncio.fixture(loop_scope="session")
async def house(request: pytest.FixtureRequest, tmp_path: Path, certificates: Path) -> AsyncIterator[Target]:
    """A gateway of one test's own, whose house it may change."""
    if request.config.getoption("--gateway", default=None):
        if not request.config.getoption("--allow-writes"):
            pytest.skip("changes the house: needs --allow-writes")
        yield await real(request.param, True, tmp_path)
        return
    async with emulated(request.param, "faithful", certificates, tmp_path) as gateway:
        yield gateway


@pytest.fixture
def needs_control(request: pytest.FixtureRequest) -> None:
    """Skip on real hardware, whose world cannot be moved."""
    if request.config.getoption("--gateway", default=None):
        pytest.skip("moves the world: needs an emulated gateway")


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the emulated gateways share a certificate."""
    return tmp_path_factory.mktemp("certificates")
