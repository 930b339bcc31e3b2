"""From a described home to a device that lives: traces, clock, world."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from forebay.clock import ScaledClock
from forebay.emulator.device import Device
from forebay.emulator.home import LIVABLE, Home, is_livable
from forebay.emulator.home_file import checked
from forebay.emulator.scenario import Play
from forebay.emulator.scenario_file import Scenario
from forebay.emulator.trace import read_trace
from forebay.emulator.updates_state import UpdatesState
from forebay.emulator.world import World
from forebay.errors import EmulatorError


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

    start: local time of the site when it has no offset; by default the first
        row of a trace, else now.
    speed: emulated seconds for each real one; 0 stands still.
    hold: whether time waits at the start until somebody releases it.
    firmware, password, restricted: replace what the home says.
    scenarios: what happens to it, from its start on.
    Raises EmulatorError naming file, key or row.
    """
    given = {"firmware": firmware, "password": password, "restricted": restricted}
    changes = {key: value for key, value in given.items() if value is not None}
    home = msgspec.structs.replace(home, gateway=msgspec.structs.replace(home.gateway, **changes))
    checked(home, "home")
    load = read_trace(load_trace, "load_w") if load_trace else None
    solar = read_trace(solar_trace, "solar_w") if solar_trace else None
    trace = load or solar
    if start is None:
        start = trace.start if trace else datetime.now(UTC)
    if not is_livable(start):
        raise EmulatorError(f"the time to start at, {start:%Y-%m-%d}: {LIVABLE}")
    if start.tzinfo is None:
        start = start.replace(tzinfo=home.zone)
    clock = ScaledClock(start, speed, held=hold)
    device = Device(home, clock, World(home, seed, load, solar), seed=seed)
    device.area(UpdatesState)  # plans what [updates] of the home says
    for scenario in scenarios:
        device.area(Play).add(scenario)
    return device
