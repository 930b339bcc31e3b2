"""A recorder, its client and the emulated gateway it talks to over TLS, all in virtual time."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import Counter
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tests.recorder.virtual import WallClock

from forebay.client.gateway import Gateway
from forebay.client.session import Session
from forebay.client.tls import Trust
from forebay.emulator.build import Beginning, device_of
from forebay.emulator.device import Device
from forebay.emulator.front import Front
from forebay.emulator.home import Home
from forebay.emulator.injection import Injection
from forebay.emulator.serve import Ready, serve
from forebay.emulator.verbs import BY_NAME
from forebay.recorder import Recorder
from forebay.store import Store
from forebay.wire import catalogue

START = datetime(2026, 6, 21, 7, tzinfo=UTC)
NAME = "gateway.test"


class _Heard(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.INFO)
        self.lines: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(record)


class House:
    """One house that is recorded. `asked` counts what was sent, by row; `host` is what the name stands for."""

    def __init__(self, folder: Path, device: Device, clock: WallClock, ready: Ready) -> None:
        loop = asyncio.get_running_loop()
        self.folder, self.device, self.clock, self.ready = folder, device, clock, ready
        self.host, port = ready.url.removeprefix("https://").rsplit(":", 1)
        self.port = int(port)
        self.password = device.password
        self.asked: Counter[str] = Counter()
        self.trust = Trust(folder, clock=clock)
        self.gateway = Gateway(
            NAME,
            self.password_now,
            port=self.port,
            trust=self.trust,
            state_dir=folder,
            clock=clock,
            first_use="ask",
            login_may_stop=False,
        )
        self.trust.accept(self.gateway.address, ready.fingerprint)
        self.store = Store.open(folder / "forebay.db", real_s=loop.time)
        self.heard = _Heard()
        self.settings: dict[str, Any] = {}

    def password_now(self) -> str:
        """What the settings say at this moment."""
        return self.password

    @property
    def logins(self) -> int:
        return self.asked[catalogue.LOGIN.name]

    def do(self, verb: str, **members: Any) -> None:
        """Do something to the gateway or the house behind it, at its present."""
        self.device.catch_up()
        BY_NAME[verb].do(self.device, members)
        self.device.catch_up()

    @property
    def fingerprint(self) -> str:
        """The certificate that is shown now."""
        return self.device.area(Front).fingerprint

    def heal(self) -> None:
        """End every fault of the control port."""
        self.device.catch_up()
        self.device.area(Injection).clear()

    def lines(self, *, since: int = 0) -> list[str]:
        """The lines of the log, from one on."""
        return [record.getMessage() for record in self.heard.lines[since:]]

    @property
    def connection(self) -> Any:
        return self.store.connection(1)

    def running(self) -> Any:
        """Run a recorder while the `async with` lasts."""
        return running(self.recorder(**self.settings))

    def recorder(self, **settings: Any) -> Recorder:
        loop = asyncio.get_running_loop()
        given = {"fast_s": 30.0, "slow_s": 300.0, "clock_source": "system", **settings}
        return Recorder(self.gateway, self.store, clock=self.clock, real_s=loop.time, name=NAME, **given)


@contextlib.asynccontextmanager
async def recorded(folder: Path, **settings: Any) -> AsyncIterator[House]:
    """Record an emulated house while the `async with` lasts; runs: False leaves the recorder to the caller.

    off_s: how wrong the clock on the wall is at first [s].
    """
    off_s = settings.pop("off_s", 0.0)
    loop = asyncio.get_running_loop()
    home = settings.pop("home", None) or Home()
    runs = settings.pop("runs", True)
    async with _served(folder, home) as (device, ready):
        clock = WallClock(START, loop.time)
        clock.off_s = off_s
        house = House(folder, device, clock, ready)
        logger = logging.getLogger("forebay")
        before = logger.level
        logger.setLevel(logging.INFO)
        logger.addHandler(house.heard)
        try:
            with _counted(house), _named(loop, house), house.store:
                house.settings = settings
                async with house.gateway, house.running() if runs else contextlib.nullcontext():
                    yield house
        finally:
            logger.removeHandler(house.heard)
            logger.setLevel(before)


@contextlib.asynccontextmanager
async def running(recorder: Recorder) -> AsyncIterator[asyncio.Task[None]]:
    """Let a recorder run; it must not end by itself."""
    task = asyncio.create_task(recorder.run())
    try:
        yield task
    finally:
        task.cancel()
        (result,) = await asyncio.gather(task, return_exceptions=True)
        assert isinstance(result, asyncio.CancelledError), result


@contextlib.asynccontextmanager
async def _served(folder: Path, home: Home) -> AsyncIterator[tuple[Device, Ready]]:
    loop = asyncio.get_running_loop()
    device = device_of(home, Beginning(start=START, real_s=loop.time), seed=1)
    stop, ready = asyncio.Event(), loop.create_future()
    task = asyncio.create_task(
        serve(device, state_dir=folder / "gateway", ready=ready.set_result, stop=stop, bind="127.0.0.1", port=0)
    )
    try:
        await asyncio.wait({ready, task}, return_when=asyncio.FIRST_COMPLETED)
        yield device, ready.result()
    finally:
        stop.set()
        await task


@contextlib.contextmanager
def _counted(house: House) -> Any:
    """Count each request that leaves the client, whatever becomes of it."""
    sent: Callable[..., Any] = Session._send

    async def count(session: Session, row: Any, *arguments: Any) -> Any:
        house.asked[row.name] += 1
        return await sent(session, row, *arguments)

    Session._send = count  # type: ignore[method-assign, assignment]
    try:
        yield
    finally:
        Session._send = sent  # type: ignore[method-assign]


@contextlib.contextmanager
def _named(loop: asyncio.AbstractEventLoop, house: House) -> Any:
    """Let the gateway's name stand for wherever the house lives now."""
    real = loop.getaddrinfo

    async def look_up(host: Any, *arguments: Any, **options: Any) -> Any:
        return await real(house.host if host == NAME else host, *arguments, **options)

    loop.getaddrinfo = look_up  # type: ignore[method-assign]
    try:
        yield
    finally:
        loop.getaddrinfo = real  # type: ignore[method-assign]


async def later(**span: float) -> None:
    """Live on for so long."""
    await asyncio.sleep(timedelta(**span).total_seconds())
