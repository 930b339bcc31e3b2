"""How a house is wired: its phases, what each clamp of a meter lies around, and what it shows.

What a clamp shows is the flow in its wire, seen against the voltage of the
phase it is said to be on, the other way round where it is inverted. Shares of
the phases are this house's own; sources: behaviour.md M01–M13, samples of 21.44.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from math import cos, radians
from typing import Literal

from forebay.emulator.power import Flows
from forebay.emulator.sight import Seen
from forebay.wire.power import MeterType

CLAMPS = 4
NEURIOS = (MeterType.NEURIO_TCP, MeterType.NEURIO_MB, MeterType.NEURIO_W2_TCP, MeterType.NEURIO_W2_MB)
SYNCHROMETERS = (MeterType.SYNCHROMETER_X, MeterType.SYNCHROMETER_Y)
BY_BUS = (MeterType.NEURIO_MB, MeterType.NEURIO_W2_MB)
"""Neurios on a wire of their own: no address, no name in the network."""

PhaseKind = Literal["split", "single", "three"]
PHASE_NAMES = ("Phase1", "Phase2", "Phase3")


@dataclass(frozen=True, slots=True)
class Phases:
    """The outer conductors of a house.

    word: as the gateway calls them. angles_deg: of each against the first. load: share of the
    house's use on each; source: share of a solar system, a Powerwall or a generator between them.
    volts: each conductor's voltage to neutral over the mean of all. line: nominal voltage between
    the terminals of a Powerwall over the mean to neutral.
    """

    word: str
    angles_deg: tuple[float, ...]
    load: tuple[float, ...]
    source: tuple[float, ...]
    volts: tuple[float, ...]
    line: float

    @property
    def count(self) -> int:
        """How many there are."""
        return len(self.angles_deg)

    def conductors(self, flows: Flows) -> list[float]:
        """Return what each conductor carries from the grid while the house is on it [W]."""
        sources_w = flows.solar_w + flows.battery_w + flows.generator_w
        return [use * flows.load_w - give * sources_w for use, give in zip(self.load, self.source, strict=True)]


_THIRD = 1 / 3
_NEURIO_PHASES = (0, 1, 2, 0)
"""The phase of each input of a Neurio, as far as there are that many."""
PHASES: dict[PhaseKind, Phases] = {
    "single": Phases("Single", (0.0,), (1.0,), (1.0,), (1.0,), 1.0),
    "split": Phases("Split", (0.0, 180.0), (0.53, 0.47), (0.5, 0.5), (0.9935, 1.0065), 2.0),
    "three": Phases(
        "Three", (0.0, 120.0, 240.0), (0.42, 0.33, 0.25), (_THIRD, _THIRD, _THIRD), (1.003, 0.9985, 0.9985), 1.0
    ),
}
"""Legs of a split phase as captured on 21.44; the others, and every share, are a stand-in."""


@dataclass(frozen=True, slots=True)
class Wire:
    """What a clamp lies around.

    circuit: "site", "solar" or "generator"; "" is nothing. phase: counted from 0.
    share: of the circuit's flow; negative is a clamp put on the wrong way round.
    """

    circuit: str = ""
    phase: int = 0
    share: float = 0.0


NO_WIRE = Wire()


@dataclass(slots=True)
class Clamps:
    """The clamps of a meter that measure one thing."""

    kind: str
    valid: list[bool]
    inverted: list[bool] = field(default_factory=lambda: [False] * CLAMPS)
    scale: float = 1.0


@dataclass(slots=True)
class InstalledMeter:
    """One meter. Synchrometers share the serial number of the gateway's own meter.

    wires: what each clamp lies around, whatever the wizard was told.
    """

    serial: str
    short_id: str
    type: MeterType
    groups: list[Clamps]
    wires: tuple[Wire, ...] = (NO_WIRE,) * CLAMPS
    connected: bool = True
    ip_address: str = ""
    mac: str = ""
    ratings: list[str] = field(default_factory=lambda: ["200A"] * CLAMPS)

    @property
    def is_synchrometer(self) -> bool:
        """Whether the meter is the gateway's own, with clamps that are seen against phases."""
        return self.type in SYNCHROMETERS

    @property
    def is_neurio(self) -> bool:
        """Whether the meter is a box of its own."""
        return self.type in NEURIOS

    def group(self, kind: str) -> Clamps | None:
        """Return the clamps that measure one thing; None where there are none."""
        return next((group for group in self.groups if group.kind == kind and any(group.valid)), None)


@dataclass(frozen=True, slots=True)
class Input:
    """One clamp, worked out: gain times the flow of its circuit and phase is what it shows.

    volts_of: the phase against which it is seen. is_fine: whether it tells hundredths, else whole numbers.
    """

    circuit: str
    phase: int
    gain: float
    volts_of: int | None
    is_fine: bool


@dataclass(frozen=True, slots=True)
class View:
    """What there is to read: every clamp by its meter's serial number, and which of them make up a point."""

    phases: Phases
    inputs: dict[str, tuple[Input, ...]]
    points: dict[str, tuple[tuple[str, int, float], ...]]


@dataclass(frozen=True, slots=True)
class Wiring:
    """The phases of a house and those that the gateway's own clamps are said to be on.

    references: of the first three clamps of a synchrometer; None is no phase.
    """

    phases: Phases
    references: tuple[int | None, ...] = (0, 1, 0)

    def factor(self, meter: InstalledMeter, number: int) -> float:
        """Return how a clamp shows what flows in its wire: 1 is right, -1 the other way round.

        A synchrometer's clamp that is said to be on another phase multiplies with the wrong voltage.
        """
        group = next((group for group in meter.groups if group.valid[number]), None)
        sign = -1.0 if group is not None and group.inverted[number] else 1.0
        if not meter.connected:
            return 0.0
        if not meter.is_synchrometer:
            return sign
        if number >= len(self.references):
            return 0.0
        said = self.references[number]
        if said is None or said >= self.phases.count:
            return 0.0
        angles = self.phases.angles_deg
        turned_deg = angles[said] - angles[meter.wires[number].phase]
        return sign * round(cos(radians(turned_deg)), 9) if turned_deg else sign

    def _volts_of(self, meter: InstalledMeter, number: int) -> int | None:
        """Return the phase against which a clamp is seen; None at an input of a synchrometer that is not used."""
        if not meter.is_synchrometer:
            return _NEURIO_PHASES[number] % self.phases.count
        if number >= len(self.references) or not any(group.valid[number] for group in meter.groups):
            return None
        said = self.references[number]
        return said if said is not None and said < self.phases.count else None

    def view(self, meters: Iterable[InstalledMeter]) -> View:
        """Return what each clamp of these meters shows, ready to be read often."""
        inputs: dict[str, tuple[Input, ...]] = {}
        points: dict[str, list[tuple[str, int, float]]] = {}
        for meter in meters:
            inputs[meter.serial] = tuple(
                Input(
                    wire.circuit,
                    wire.phase,
                    wire.share * self.factor(meter, number) if wire.circuit else 0.0,
                    self._volts_of(meter, number),
                    meter.is_neurio,
                )
                for number, wire in enumerate(meter.wires)
            )
            for group in meter.groups:
                used_here = [(meter.serial, number, group.scale) for number in range(CLAMPS) if group.valid[number]]
                points.setdefault(group.kind, []).extend(used_here)
        return View(self.phases, inputs, {kind: tuple(places) for kind, places in points.items()})

    def seen(self, meters: Iterable[InstalledMeter], kind: str) -> Seen:
        """Return what the clamps that are said to measure one thing see of the flows."""
        load = source = solar = generator = 0.0
        for meter in meters:
            for group in meter.groups:
                for number, wire in enumerate(meter.wires):
                    if group.kind != kind or not group.valid[number]:
                        continue
                    shown = wire.share * self.factor(meter, number) * group.scale
                    match wire.circuit:
                        case "site":
                            load += shown * self.phases.load[wire.phase]
                            source += shown * self.phases.source[wire.phase]
                        case "solar":
                            solar += shown
                        case "generator":
                            generator += shown
        return Seen(round(load, 9), round(source, 9), round(solar, 9), round(generator, 9))


def references(names: Sequence[str]) -> tuple[int | None, ...]:
    """Return phases counted from 0; None for a name that is no phase."""
    return tuple(PHASE_NAMES.index(name) if name in PHASE_NAMES else None for name in names)


def wires(circuit: str, inputs: Sequence[int], phases: Phases, share: float = 1.0) -> dict[int, Wire]:
    """Return wires of a circuit at these inputs, one phase after the other.

    share: of the flow that is on each conductor where the circuit is not the site's.
    """
    return {number: Wire(circuit, index % phases.count, share) for index, number in enumerate(inputs)}


def at_inputs(*parts: dict[int, Wire]) -> tuple[Wire, ...]:
    """Return what lies in each of a meter's inputs."""
    known = {number: wire for part in parts for number, wire in part.items()}
    return tuple(known.get(number, NO_WIRE) for number in range(CLAMPS))


def used(inputs: Iterable[int]) -> list[bool]:
    """Return which of the inputs are used, as the gateway lists them."""
    wanted = set(inputs)
    return [number in wanted for number in range(CLAMPS)]
