"""A gateway that answers from a clock of its own and fails when told to."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from forebay.clock import ScaledClock, SimClock
from forebay.errors import GatewayError
from forebay.recorder import Recorder
from forebay.store import Store
from forebay.wire import catalogue
from forebay.wire.endpoint import Endpoint
from forebay.wire.percent import WirePercent
from forebay.wire.power import Aggregates, Meter
from forebay.wire.site import Operation, OperationMode, SiteName
from forebay.wire.system import GridState, GridStatus, Sitemaster, StateOfEnergy, Status

START = datetime(2026, 6, 21, 7, tzinfo=UTC)


class FakeGateway:
    """Draws 3600 W from the grid: its counter is its own seconds in Wh. Rows without an answer fail."""

    def __init__(self, own: ScaledClock) -> None:
        self.own = own
        self.asked: Counter[str] = Counter()
        self.failures: dict[str, Exception] = {}
        self.everything: Exception | None = None
        self.counted_from = own.now()
        self.din = "1232100-00-E--TG1"

    def fail(self, row: Endpoint[Any, Any] | None, error: Exception | None) -> None:
        if row is None:
            self.everything = error
        elif error is None:
            self.failures.pop(row.name, None)
        else:
            self.failures[row.name] = error

    async def call(self, row: Endpoint[Any, Any], /) -> Any:
        self.asked[row.name] += 1
        await asyncio.sleep(0)
        if (error := self.everything or self.failures.get(row.name)) is not None:
            raise error
        reply = self._replies().get(row.name)
        if reply is None:
            raise GatewayError("this fake does not answer", path=row.path, status=500)
        return reply

    def _replies(self) -> dict[str, object]:
        now = self.own.now()
        wh = (now - self.counted_from).total_seconds()

        def meter(power_w: float, imported_wh: float) -> Meter:
            return Meter(
                last_communication_time=now.isoformat().replace("+00:00", "Z"),
                instant_power=power_w,
                energy_exported=0.0,
                energy_imported=imported_wh,
            )

        return {
            "AGGREGATES": Aggregates(
                site=meter(3600, 1e6 + wh), battery=meter(0, 5), load=meter(3600, 2e6 + wh), solar=meter(0, 0)
            ),
            "STATE_OF_ENERGY": StateOfEnergy(percentage=WirePercent(50)),
            "GRID_STATUS": GridStatus(grid_status=GridState.CONNECTED),
            "STATUS": Status(
                din=self.din, start_time="x", up_time_seconds="1h0m0s", is_new=False, version="21.44", git_hash="x"
            ),
            "SITEMASTER": Sitemaster(running=True, connected_to_tesla=True),
            "OPERATION": Operation(real_mode=OperationMode.SELF_CONSUMPTION, backup_reserve_percent=WirePercent(24)),
            "SITE_NAME": SiteName(site_name="Home", timezone="Europe/Paris"),
        }


class House:
    """A store, a clock that only tests move, a gateway and its recorder."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.clock = SimClock(START)
        self.store = Store.open(path)
        self.gateway = FakeGateway(self.own_clock(START, 1))
        self.recorder = Recorder(self.gateway, self.store, clock=self.clock)

    def own_clock(self, start: datetime, speed: float) -> ScaledClock:
        return ScaledClock(start, speed, real_s=lambda: self.clock.now().timestamp())

    def follow(self, start: datetime, speed: float, **settings: Any) -> None:
        """Give the gateway a clock of its own, and a recorder that has not seen it."""
        self.gateway = FakeGateway(self.own_clock(start, speed))
        self.recorder = Recorder(self.gateway, self.store, clock=self.clock, **settings)

    async def live(self, real_s: float, until: Callable[[], bool] = lambda: False) -> None:
        """Record for so long, then stop the recorder."""
        end = self.clock.now() + timedelta(seconds=real_s)
        task = asyncio.create_task(self.recorder.run())
        while self.clock.now() < end and not until():
            await asyncio.sleep(0)
            if task.done():
                break
        task.cancel()
        (result,) = await asyncio.gather(task, return_exceptions=True)
        assert isinstance(result, asyncio.CancelledError), result

    def later(self, real_s: float, act: Callable[[], None]) -> Callable[[], bool]:
        """Return a condition for `live` that acts once after so long."""
        due = self.clock.now() + timedelta(seconds=real_s)
        done = [False]

        def tick() -> bool:
            if not done[0] and self.clock.now() >= due:
                done[0] = True
                act()
            return False

        return tick

    @property
    def spacings_s(self) -> list[float]:
        readings = self.store.readings(1, START - timedelta(days=9000), START + timedelta(days=9000))
        return [(b.at - a.at).total_seconds() for a, b in pairwise(readings)]


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    built = House(tmp_path / "forebay.db")
    yield built
    built.store.close()


@pytest.fixture
def aggregates() -> Endpoint[Any, Any]:
    return catalogue.AGGREGATES
