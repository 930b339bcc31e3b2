"""The meters that a home comes with, by what measures it and by its phases.

Captured: a Neurio of two legs (22.36), the two synchrometers of a split phase
(21.44). How clamps lie in houses of other phases is a stand-in.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from forebay.emulator.home import Home
from forebay.emulator.sight import CLEAR, Seen, Sight
from forebay.emulator.wiring import (
    BY_BUS,
    PHASES,
    Clamps,
    InstalledMeter,
    PhaseKind,
    Wire,
    Wiring,
    at_inputs,
    references,
    used,
    wires,
)
from forebay.wire.firmware import Timeline, Version
from forebay.wire.power import MeterType

SYNCHROMETER = Timeline(("1.15", False), ("20.49", True))
"""Whether the gateway itself measures site and solar; else a Neurio meter does."""

GATEWAY_PART = "1232100-00-E"
"""Part number of the gateway, which is also its synchrometers'."""

FIRST_PHASES: dict[PhaseKind, tuple[str, str, str]] = {
    "single": ("Phase1", "Phase1", "Phase1"),
    "split": ("Phase1", "Phase2", "Phase1"),
    "three": ("Phase1", "Phase2", "Phase3"),
}
"""The phases that the clamps of a synchrometer are said to be on at first."""

_THIRD, _FOURTH = 2, 3


class Metered(Protocol):
    """What has meters: a described home, the release's version, and serial numbers."""

    home: Home
    version: Version
    serial: str
    meter_serial: str
    sync_serial: str


def kind_of(device: Metered) -> str:
    """Return what measures the home: as it is described, else by the Powerwalls and the release."""
    home = device.home
    if home.meters.kind is not None:
        return home.meters.kind
    if not SYNCHROMETER.at(device.version):
        return "neurio"
    return "pvac" if home.has_own_inverter else "synchrometer"


def first_meters(device: Metered, mac: str) -> list[InstalledMeter]:
    """Return the meters that a home comes with."""
    if kind_of(device) == "neurio":
        return _neurios(device, mac)
    home = device.home
    phases = PHASES[home.phase_kind]
    site = list(range(phases.count))
    gateway = f"{GATEWAY_PART}--{device.serial}"
    first, second = [Clamps("site", used(site))], [Clamps("site", used(site))]
    around_first, around_second = wires("site", site, phases), dict[int, Wire]()
    if home.solar and kind_of(device) == "synchrometer":
        if phases.count == 3:
            second = [Clamps("solar", used(site))]
            around_second = wires("solar", site, phases, 1 / 3)
        else:  # one clamp on a circuit of two legs counts twice
            second.append(Clamps("solar", used([_THIRD]), scale=float(phases.count)))
            around_second = wires("solar", [_THIRD], phases, 1 / phases.count)
    elif phases.count == 3:
        second = []
    others = []
    if home.generator.power_w and phases.count == 3:
        others.append(_generator_box(device, mac))
    elif home.generator.power_w:
        first.append(Clamps("generator", used([_THIRD]), scale=float(phases.count)))
        around_first |= wires("generator", [_THIRD], phases, 1 / phases.count)
    return [
        InstalledMeter(
            f"{device.sync_serial}synchrometerX",
            gateway,
            MeterType.SYNCHROMETER_X,
            first,
            _turned(home, at_inputs(around_first)),
        ),
        InstalledMeter(
            f"{device.sync_serial}synchrometerY",
            gateway,
            MeterType.SYNCHROMETER_Y,
            second,
            _turned(home, at_inputs(around_second)),
        ),
        *others,
    ]


def first_sight(device: Metered) -> Sight:
    """Return how the meters that a home comes with see what flows."""
    phases = FIRST_PHASES[device.home.phase_kind]
    wiring = Wiring(PHASES[device.home.phase_kind], references(phases))
    return sight_of(device.home, wiring, first_meters(device, ""), inverter_counts=kind_of(device) == "pvac")


def sight_of(home: Home, wiring: Wiring, meters: list[InstalledMeter], *, inverter_counts: bool) -> Sight:
    """Return how meters see what flows; what the home lacks is seen rightly, whatever lies around nothing.

    inverter_counts: whether the Powerwalls' own inverters measure the sun; clamps then count for nothing.
    """
    solar = wiring.seen(meters, "solar")
    if inverter_counts or (not home.solar and solar == Seen()):
        solar = CLEAR.solar
    generator = wiring.seen(meters, "generator")
    if not home.generator.power_w and generator == Seen():
        generator = CLEAR.generator
    sight = Sight(wiring.seen(meters, "site"), solar, generator)
    return CLEAR if sight == CLEAR else sight


def _neurios(device: Metered, mac: str) -> list[InstalledMeter]:
    home = device.home
    phases = PHASES[home.phase_kind]
    site = list(range(phases.count))
    groups = [Clamps("site", used(site))]
    around = [wires("site", site, phases)]
    if home.solar:
        groups.insert(0, Clamps("solar", used([_FOURTH])))
        around.append(wires("solar", [_FOURTH], phases))
    boxes = [_box(device, mac, device.meter_serial, groups, _turned(home, at_inputs(*around)))]
    if home.generator.power_w and phases.count == 3:
        boxes.append(_generator_box(device, mac))
    elif home.generator.power_w:
        groups.append(Clamps("generator", used([_THIRD])))
        around.append(wires("generator", [_THIRD], phases))
        boxes[0].wires = _turned(home, at_inputs(*around))
    return boxes


def _generator_box(device: Metered, mac: str) -> InstalledMeter:
    serial = f"{device.meter_serial[:-1]}{(int(device.meter_serial[-1]) + 1) % 10}"
    around = at_inputs(wires("generator", [0], PHASES[device.home.phase_kind]))
    return _box(device, mac, serial, [Clamps("generator", used([0]))], around)


def _box(device: Metered, mac: str, serial: str, groups: list[Clamps], around: tuple[Wire, ...]) -> InstalledMeter:
    kind, short = MeterType(f"neurio_{device.home.meters.neurio}"), serial[-5:]
    is_by_bus = kind in BY_BUS
    return InstalledMeter(
        serial,
        short,
        kind,
        groups,
        around,
        ip_address="" if is_by_bus else f"PWRview-{short}",
        mac="" if is_by_bus else mac,
    )


def _turned(home: Home, around: Iterable[Wire]) -> tuple[Wire, ...]:
    """Put clamps on the wrong way round where the home says so."""
    return tuple(
        Wire(wire.circuit, wire.phase, -wire.share) if wire.circuit in home.meters.inverted else wire for wire in around
    )


def wires_by_location(home: Home, location: str) -> tuple[Wire, ...]:
    """Return what the clamps of a meter lie around that somebody adds to measure this."""
    phases = PHASES[home.phase_kind]
    if location == "site":
        return at_inputs(wires("site", range(phases.count), phases))
    if (location == "solar" and home.solar) or (location == "generator" and home.generator.power_w):
        return at_inputs(wires(location, [0], phases))
    return at_inputs()
