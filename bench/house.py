"""A year of one emulated home, as a recorder would have read it: every five seconds, day by day.

The home's device lives through it and its gateway's own bodies become readings, as over the network. Half an hour of
one core for a year; a folder may keep the days between runs.
"""

from __future__ import annotations

import pickle
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, fields
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

from forebay.clock import ScaledClock
from forebay.emulator.device import Device
from forebay.emulator.home import Home
from forebay.emulator.resources import meters, site, system, updates
from forebay.emulator.world import World
from forebay.records.part_reading import of_system_status
from forebay.records.parts import PartReading
from forebay.records.reading import Reading, SlowReading, fast_reading, slow_reading
from forebay.wire import catalogue
from forebay.wire.system import SystemStatus

EVERY_S, SLOW_EVERY = 5, 12
FIRST_DAY = date(2025, 1, 1)
SEED = 7
TRUTH = ("solar_export_wh", "site_import_wh", "site_export_wh", "battery_charge_wh", "battery_discharge_wh", "load_wh")
"""The counters that a day's truth tells, at its last moment."""
PACK = ("remaining_wh", "full_wh", "power_w")
"""What is kept of the first pack at each reading."""


@dataclass(frozen=True, slots=True)
class Day:
    """One local day: what was read of it, and what the home's own counters say at its beginning and end [Wh].

    pack: the first pack at each of the fast readings.
    """

    day: date
    fast: list[Reading]
    pack: list[PartReading]
    slow: list[SlowReading]
    begin_wh: dict[str, float]
    end_wh: dict[str, float]


def days(count: int, folder: Path | None = None) -> Iterator[Day]:
    """Yield the first days of the year, from the folder as far as it holds them."""
    home = Home()
    start = datetime(FIRST_DAY.year, FIRST_DAY.month, FIRST_DAY.day, tzinfo=home.zone).astimezone(UTC)
    kept = _kept(folder, count)
    for path in kept:
        yield unpacked(path.read_bytes())
    if len(kept) == count:
        return
    device, clock = _device(home, start)
    for number in range(count):
        day = FIRST_DAY + timedelta(days=number)
        if number < len(kept):  # lived again: the home is where its days have brought it
            for _ in _instants(home, day, clock, device):
                pass
            continue
        lived = _lived(home, day, clock, device)
        if folder is not None:
            path = _path(folder, number)
            part = path.with_suffix(".part")
            part.write_bytes(packed(lived))
            part.replace(path)
        yield lived


def _path(folder: Path, number: int) -> Path:
    return folder / f"day-{number:03d}"


def _kept(folder: Path | None, count: int) -> list[Path]:
    if folder is None:
        return []
    found = []
    for number in range(count):
        path = _path(folder, number)
        if not path.exists():
            break
        found.append(path)
    return found


def _device(home: Home, start: datetime) -> tuple[Device, ScaledClock]:
    clock = ScaledClock(start, 0)
    return Device(home, clock, World(home, SEED), seed=SEED), clock


def _instants(home: Home, day: date, clock: ScaledClock, device: Device) -> Iterator[datetime]:
    """Live through a local day, stopping where a recorder would ask; its polls are a little late, as polls are."""
    begin, end = (
        datetime(d.year, d.month, d.day, tzinfo=home.zone).astimezone(UTC) for d in (day, day + timedelta(days=1))
    )
    late = Random(f"late:{day}")
    at = begin + timedelta(seconds=2.2)
    while at < end:
        asked = at + timedelta(milliseconds=late.randrange(80))
        clock.jump((asked - clock.now()).total_seconds())
        device.catch_up()
        yield asked
        at += timedelta(seconds=EVERY_S)
    clock.jump((end - clock.now()).total_seconds())
    device.catch_up()


def _lived(home: Home, day: date, clock: ScaledClock, device: Device) -> Day:
    fast: list[Reading] = []
    pack: list[PartReading] = []
    slow: list[SlowReading] = []
    begin_wh = _truth(device)
    for number, at in enumerate(_instants(home, day, clock, device)):
        told = meters.aggregates(device, None, {})
        charge, grid = system.state_of_energy(device, None, {}), system.grid_status(device, None, {})
        fast.append(fast_reading(at, told, charge, grid))
        pack.append(_first_pack(system.system_status(device, None, {})))
        if number % SLOW_EVERY == 0:
            slow.append(slow_reading(at + timedelta(milliseconds=150), _slow(device)))
    return Day(day, fast, pack, slow, begin_wh, _truth(device))


def _first_pack(status: SystemStatus) -> PartReading:
    told = of_system_status(status)[0]
    return PartReading(told.key, {name: told.values.get(name) for name in PACK})


def _slow(device: Device) -> dict[str, object]:
    return {
        catalogue.STATUS.name: system.status(device, None, {}),
        catalogue.SITEMASTER.name: system.sitemaster(device, None, {}),
        catalogue.OPERATION.name: site.operation(device, None, {}),
        catalogue.SYSTEM_STATUS.name: system.system_status(device, None, {}),
        catalogue.GRID_FAULTS.name: system.grid_faults(device, None, {}),
        catalogue.UPDATE_STATUS.name: updates.update_status(device, None, {}),
    }


def _truth(device: Device) -> dict[str, float]:
    counted = fast_reading(device.now, meters.aggregates(device, None, {}))
    return {name: getattr(counted, name) for name in TRUTH}


def packed(day: Day) -> bytes:
    """Return a day in few bytes."""
    columns = [_columns(kind, rows) for kind, rows in ((Reading, day.fast), (SlowReading, day.slow))]
    pack = (day.pack[0].key, [[one.values[name] for name in PACK] for one in day.pack])
    return zlib.compress(pickle.dumps((day.day, *columns, pack, day.begin_wh, day.end_wh), protocol=5), 1)


def unpacked(data: bytes) -> Day:
    """Return the day that `packed` wrote, of this program's own making."""
    day, fast, slow, (key, told), begin_wh, end_wh = pickle.loads(zlib.decompress(data))
    pack = [PartReading(key, dict(zip(PACK, values, strict=True))) for values in told]
    return Day(day, _rows(Reading, fast), pack, _rows(SlowReading, slow), begin_wh, end_wh)


def _columns(kind: type, rows: list[Any]) -> dict[str, list[Any]]:
    return {field.name: [getattr(row, field.name) for row in rows] for field in fields(kind)}


def _rows(kind: type, columns: dict[str, list[Any]]) -> list[Any]:
    names = list(columns)
    return [kind(**dict(zip(names, row, strict=True))) for row in zip(*columns.values(), strict=True)]
