"""A recorded house whose time only tests move, a channel that keeps what it gets, and servers on loopback."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from forebay.clock import SimClock
from forebay.errors import NotDelivered
from forebay.notify.notice import Message
from forebay.notify.notifier import Notifier
from forebay.notify.settings import NotifySettings
from forebay.records.reading import Reading, SlowReading
from forebay.records.reasons import Reason
from forebay.records.spans import SpanKind
from forebay.store import Store
from forebay.store.spans import observe
from forebay.store.state import Connection

START = datetime(2026, 6, 21, 12, tzinfo=UTC)
GRID, ISLAND = "SystemGridConnected", "SystemIslandedActive"


@dataclass
class Kept:
    """A channel that keeps what it gets, and fails while it is told to."""

    name: str = "kept"
    rules: tuple[str, ...] = ()
    kind: str = "webhook"
    place: str = "here"
    got: list[Message] = field(default_factory=list)
    failure: Callable[[], Exception] | None = None
    tried: int = 0

    @asynccontextmanager
    async def opened(self, *, is_trial: bool = False) -> AsyncIterator[None]:
        yield

    async def send(self, message: Message) -> None:
        self.tried += 1
        if self.failure is not None:
            raise self.failure()
        self.got.append(message)

    def shown(self, message: Message) -> str:
        return message.text

    def refuse(self, words: str = "closed", **more: Any) -> None:
        self.failure = lambda: NotDelivered(words, **more)


def settings_of(text: str = "") -> NotifySettings:
    """Read [notify] from TOML."""
    import tomllib

    return msgspec.convert(tomllib.loads(text), NotifySettings)


class Home:
    """A store, a clock, and the notifications about it."""

    def __init__(self, path: Path, text: str = "", zone: str = "Europe/Berlin", at: datetime = START) -> None:
        self.path = path
        self.clock = SimClock(at)
        self.settings = settings_of(text)
        self.channel = Kept()
        self.news: list[Message] = []
        self.store = Store.open(path)
        self.id = self.store.gateway_id("home")
        self.store.identify(self.id, site_name="Casa", timezone=zone)
        self.notifier = self.begin()

    def _looked(self) -> list[Message]:
        made = self.notifier.look()
        self.news += made
        return made

    def begin(self, *channels: Kept) -> Notifier:
        self.notifier = Notifier(self.store, ["home"], self.settings, channels or (self.channel,), clock=self.clock)
        return self.notifier

    def restart(self, text: str | None = None, *channels: Kept) -> None:
        """End without a word, as a power cut does after the last flush, and start again."""
        self.store.close()
        if text is not None:
            self.settings = settings_of(text)
        self.store = Store.open(self.path)
        self.begin(*channels)

    def reads(self, seconds: float = 5.0, **values: Any) -> list[Message]:
        """Pass time, record a reading, and look; return the news."""
        self.clock.advance(seconds)
        known = {"charge_wire_pct": 60.0, "grid_state": GRID, "solar_power_w": 0.0, "load_power_w": 500.0}
        self.store.append(self.id, Reading(at=self.clock.now(), **{**known, **values}))
        if self.store.connection(self.id).state != "live":
            self.store.set_connection(self.id, Connection("live", self.clock.now()))
        return self._looked()

    def slow(self, **values: Any) -> list[Message]:
        self.store.append_slow(self.id, SlowReading(at=self.clock.now(), **values))
        return self._looked()

    def passes(self, **span: float) -> list[Message]:
        """Pass time without a reading, looking all the while; return the news."""
        made: list[Message] = []
        end = self.clock.now() + timedelta(**span)
        while (left := (end - self.clock.now()).total_seconds()) > 0:
            self.clock.advance(min(30.0, left))
            made += self._looked()
        return made

    def raises(self, *alerts: str, seconds: float = 5.0, source: str = "") -> list[Message]:
        """Pass time, note which alerts last, and look."""
        self.clock.advance(seconds)
        self.store.append(self.id, Reading(at=self.clock.now(), charge_wire_pct=60.0, grid_state=GRID))
        observe(self.store, self.id, SpanKind.ALERT, {(source, name): "" for name in alerts}, self.clock.now())
        return self._looked()

    def falls_silent(self, reason: Reason = Reason.UNREACHABLE, words: str = "The gateway did not answer.") -> None:
        connection = Connection("down", self.clock.now(), words, "Check its power.", reason)
        self.store.set_connection(self.id, connection)

    def deliver(self) -> list[Message]:
        """Let every courier send what is due; return what the channel got by it."""
        before = len(self.channel.got)

        async def go() -> None:
            for courier in self.notifier.couriers:
                for _ in range(300):
                    if not await courier.deliver():
                        break

        asyncio.run(go())
        return self.channel.got[before:]


@pytest.fixture
def make_home(tmp_path: Path) -> Iterator[Callable[..., Home]]:
    homes: list[Home] = []

    def make(text: str = "", **more: Any) -> Home:
        homes.append(Home(tmp_path / f"house{len(homes)}.db", text, **more))
        return homes[-1]

    yield make
    for home in homes:
        home.store.close()


@pytest.fixture
def home(make_home: Callable[..., Home]) -> Home:
    return make_home()
