"""From a described home to a device that lives: traces, clock, world."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec

from forebay.clock import ScaledClock
from forebay.emulator.device import Device
from forebay.emulator.home import LIVABLE, Home, is_livable
from forebay.emulator.home_file import checked
from forebay.emulator.scenario import Play
from forebay.emulator.scenario_file import Scenario
from forebay.emulator.trace import Trace, read_trace
from forebay.emulator.updates_state import UpdatesState
from forebay.emulator.world import World
from forebay.errors import EmulatorError


@dataclass(frozen=True, slots=True, kw_only=True)
class Beginning:
    """When and how the time of homes begins, and what they live after.

    start: local time of the site when it has no offset; by default the first
        row of a trace, else now.
    speed: emulated seconds for each real one; 0 stands still.
    hold: whether time waits at the start until somebody releases it.
    load, solar: recorded use and sun, which replace the habits and the weather.
    scenarios: what happens to each home, from the start on.
    real_s: what the homes' clocks run by, monotonic [s].
    """

    start: datetime | None = None
    speed: float = 1.0
    hold: bool = False
    load: Trace | None = None
    solar: Trace | None = None
    scenarios: tuple[Scenario, ...] = ()
    real_s: Callable[[], float] = time.monotonic

    def clock(self, zone: ZoneInfo) -> ScaledClock:
        """Return a clock for a home of this zone. Raises EmulatorError for a time nobody can live in."""
        trace = self.load or self.solar
        start = self.start or (trace.start if trace else datetime.now(UTC))
        if not is_livable(start):
            raise EmulatorError(f"the time to start at, {start:%Y-%m-%d}: {LIVABLE}")
        if start.tzinfo is None:
            start = start.replace(tzinfo=zone)
        return ScaledClock(start, self.speed, held=self.hold, real_s=self.real_s)


def read_traces(load: Path | None, solar: Path | None) -> tuple[Trace | None, Trace | None]:
    """Read recorded use and sun. Raises EmulatorError naming file and row."""
    return (
        read_trace(load, "load_w") if load else None,
        read_trace(solar, "solar_w") if solar else None,
    )


def changed_home(
    home: Home, *, firmware: str | None = None, password: str | None = None, restricted: int | None = None
) -> Home:
    """Return a home with what is given instead of what it says. Raises EmulatorError naming the key."""
    given = {"firmware": firmware, "password": password, "restricted": restricted}
    changes = {key: value for key, value in given.items() if value is not None}
    home = msgspec.structs.replace(home, gateway=msgspec.structs.replace(home.gateway, **changes))
    return checked(home, "home")


def device_of(home: Home, beginning: Beginning, seed: int) -> Device:
    """Return the device of a home that is known to be possible."""
    clock = beginning.clock(home.zone)
    device = Device(home, clock, World(home, seed, beginning.load, beginning.solar), seed=seed)
    device.area(UpdatesState)  # plans what [updates] of the home says
    for scenario in beginning.scenarios:
        device.area(Play).add(scenario)
    return device


def build_device(
    home: Home,
    *,
    start: datetime | None = None,
    speed: float = 1.0,
    seed: int = 1,
    load_trace: Path | None = None,
    solar_trace: Path | None = None,
    hold: bool = False,
    firmware: str | None = None,
    password: str | None = None,
    scenarios: Iterable[Scenario] = (),
    restricted: int | None = None,
) -> Device:
    """Return the device of a home.

    start, speed, hold, scenarios: as in `Beginning`. firmware, password, restricted: replace what the home says.
    Raises EmulatorError naming file, key or row.
    """
    home = changed_home(home, firmware=firmware, password=password, restricted=restricted)
    scenarios = tuple(scenarios)
    events = [event for scenario in scenarios for event in scenario.events]
    if misfits := [f"{event.where}: {no}" for event in events if (no := event.verb.misfit(home, event.body))]:
        raise EmulatorError("\n".join(misfits))
    load, solar = read_traces(load_trace, solar_trace)
    beginning = Beginning(start=start, speed=speed, hold=hold, load=load, solar=solar, scenarios=scenarios)
    return device_of(home, beginning, seed)
