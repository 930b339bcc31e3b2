"""The meters of a home as they are set up: which there are, their clamps, and what is being done to them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from random import Random

from forebay.emulator.device import Device
from forebay.emulator.layouts import FIRST_PHASES, first_meters, kind_of, sight_of, wires_by_location
from forebay.emulator.refusal import Refused
from forebay.emulator.sight import Sight
from forebay.emulator.wiring import PHASES, Clamps, InstalledMeter, PhaseKind, View, Wiring, references
from forebay.wire.metering import ClampPhases, MeterSetupState

KINDS = ("site", "solar", "solarRGM", "load", "generator", "battery", "conductor", "none")
"""What a group of clamps may measure; the words of the web page."""
RATINGS = ("200A", "800A", "Smart", "Missing")
PHASE_OPTIONS: dict[PhaseKind, dict[str, tuple[str, ...]]] = {
    "single": {"ct1": ("Phase1",), "ct2": ("Phase1",), "ct3": ("Phase1",)},
    "split": {"ct1": ("Phase1",), "ct2": ("Phase2",), "ct3": ("Phase1", "Phase2")},
    "three": {"ct1": ("Phase1",), "ct2": ("Phase2",), "ct3": ("Phase1", "Phase2", "Phase3")},
}
"""The phases that each clamp of the synchrometer may refer to; split captured on 21.44, the others unverified."""

STEP_S = 2.0
"""How long each step of setting up a meter takes [s]; unverified."""

_UNKNOWN_METER = "meter not found"


@lru_cache(maxsize=256)
def _wiring(kind: PhaseKind, names: tuple[str, ...]) -> Wiring:
    return Wiring(PHASES[kind], references(names))


@dataclass(frozen=True, slots=True)
class Setup:
    """The steps that a meter goes through from `begun` on; the last one stays."""

    begun: datetime
    steps: tuple[MeterSetupState, ...]
    serial: str | None = None
    short_id: str | None = None
    errors: tuple[str, ...] = ()


class MeteringState:
    """What the wizard's pages about meters read and write.

    view: what every clamp shows. inverter_counts: whether the inverters of the
    Powerwalls measure the sun: where there are some and nobody said no.
    """

    view: View
    inverter_counts: bool

    def __init__(self, device: Device) -> None:
        self._device = device
        rng = Random(f"metering:{device.rng_seed}")  # noqa: S311 - an invented address
        self._mac = "-".join(f"{rng.randrange(256):02x}" for _ in range(6))
        self._meters: dict[str, InstalledMeter] = {}
        self._wired: dict[str, InstalledMeter] = {}
        self._kind = ""
        first = FIRST_PHASES[device.home.phase_kind]
        self.phases = ClampPhases(ct1=first[0], ct2=first[1], ct3=first[2])
        self._inverter_meter: bool | None = None
        self._setup: Setup | None = None
        self.look()

    @property
    def kind(self) -> str:
        """What measures the home: neurio, synchrometer or pvac."""
        return kind_of(self._device)

    def stay_current(self) -> None:
        """Find the gateway's own clamps where an update lets it measure by itself."""
        if self.kind != self._kind:
            self.look()

    @property
    def meters(self) -> dict[str, InstalledMeter]:
        """The meters by serial number; a gateway that an update lets measure by itself finds its own."""
        self.stay_current()
        return self._meters

    def look(self) -> None:
        """See the house by the meters that its release comes with, and steer by them."""
        if self.kind != self._kind:
            self._kind = self.kind
            self._meters = {meter.serial: meter for meter in first_meters(self._device, self._mac)}
            self._wired = dict(self._meters)
        self._see()

    def _see(self) -> None:
        self.view = self.wiring.view(self._meters.values())
        has_inverter = self._device.home.has_own_inverter
        wanted = self._kind == "pvac" if self._inverter_meter is None else self._inverter_meter
        self.inverter_counts = has_inverter and wanted
        self._device.power.sight = self._sight()

    def _changed(self) -> None:
        self._see()
        self._device.settle()

    @property
    def wiring(self) -> Wiring:
        """The phases of the house, and those that the gateway's own clamps are said to be on."""
        phases = self.phases
        return _wiring(self._device.home.phase_kind, (phases.ct1, phases.ct2, phases.ct3))

    def measuring(self, kind: str) -> list[InstalledMeter]:
        """Return the meters that have clamps for this and answer."""
        return [meter for meter in self.meters.values() if meter.group(kind) is not None and meter.connected]

    def _sight(self) -> Sight:
        meters = list(self._meters.values())
        return sight_of(self._device.home, self.wiring, meters, inverter_counts=self.inverter_counts)

    def find(self, serial: str) -> InstalledMeter:
        """Return a meter; blanks around the serial number count for nothing. Raises Refused("absent")."""
        meter = self.meters.get(serial.strip())
        if meter is None:
            raise Refused("absent", error=_UNKNOWN_METER, message="Unable to find meter")
        return meter

    def add(self, meter: InstalledMeter, location: str) -> None:
        """Install a meter; it replaces one of the same serial number.

        One that was there from the start lies around the same wires again, a new one around those of its location.
        """
        known = self._wired.get(meter.serial)
        if known is not None:
            meter.wires = known.wires
        else:
            meter.wires = wires_by_location(self._device.home, location)
        self.meters[meter.serial] = meter
        self._changed()

    def remove(self, serial: str) -> None:
        """Take a meter out. Raises Refused("absent")."""
        del self.meters[self.find(serial).serial]
        self._changed()

    def set_clamps(self, serial: str, clamps: Clamps) -> None:
        """Let some clamps of a meter measure one thing; what they measured before, they do no more."""
        meter = self.find(serial)
        kept = [group for group in meter.groups if group.kind != clamps.kind]
        for group in kept:
            group.valid = [was and not now for was, now in zip(group.valid, clamps.valid, strict=True)]
        meter.groups = [*(group for group in kept if any(group.valid)), clamps]
        self._changed()

    def remove_clamps(self, serial: str) -> None:
        """Forget all clamps of a meter."""
        self.find(serial).groups = []
        self._changed()

    def invert(self, serial: str, inverted: list[bool]) -> None:
        """Count some clamps of a meter the other way round."""
        for group in self.find(serial).groups:
            group.inverted = [flag and used for flag, used in zip(inverted, group.valid, strict=True)]
        self._changed()

    def set_ratings(self, serial: str, ratings: list[str]) -> None:
        """Set the kind of each clamp of a Neurio."""
        self.find(serial).ratings = ratings
        self._changed()

    def set_phases(self, phases: ClampPhases) -> None:
        """Set the phases that the clamps of the synchrometer refer to."""
        self.phases = phases
        self._changed()

    @property
    def inverter_meter(self) -> bool:
        """Whether the meter within the inverter is to be used."""
        return self.inverter_counts if self._inverter_meter is None else self._inverter_meter

    def use_inverter_meter(self, enabled: bool) -> None:
        """Use the meter within the inverter, or not."""
        self._inverter_meter = enabled
        self._changed()

    def verify(self, serial: str, short_id: str | None = None) -> None:
        """Look whether a meter is there; the setup tells."""
        meter = self.meters.get(serial.strip())
        if meter is None or (short_id is not None and meter.short_id != short_id):
            steps = (MeterSetupState.VERIFYING, MeterSetupState.VERIFY_FAILED)
            self._begin(steps, serial.strip(), short_id, errors=(_UNKNOWN_METER,))
        else:
            self._begin((MeterSetupState.VERIFYING, MeterSetupState.SUCCEEDED), meter.serial, meter.short_id)

    def commission(self, serial: str, short_id: str, mac: str, ip_address: str) -> None:
        """Make friends with a meter: it is connected when all steps are done. Raises Refused("absent")."""
        meter = self.find(serial)
        meter.short_id, meter.mac = short_id, mac or meter.mac
        meter.ip_address = ip_address or meter.ip_address
        steps = (
            MeterSetupState.ADDING,
            MeterSetupState.SENDING,
            MeterSetupState.UPDATING,
            MeterSetupState.SUCCEEDED,
        )
        self._begin(steps, meter.serial, short_id)

        def connect() -> None:
            meter.connected = True
            self._changed()

        self._device.later(STEP_S * (len(steps) - 1), connect)

    def detect(self) -> None:
        """Look for meters on the wires."""
        self._begin((MeterSetupState.DETECTING, MeterSetupState.IDLE))

    def _begin(
        self,
        steps: tuple[MeterSetupState, ...],
        serial: str | None = None,
        short_id: str | None = None,
        errors: tuple[str, ...] = (),
    ) -> None:
        self._setup = Setup(self._device.now, steps, serial, short_id, errors)
        self._device.touch()

    @property
    def setup(self) -> tuple[MeterSetupState, Setup | None]:
        """The present step and what it belongs to; nothing when nothing is done."""
        setup = self._setup
        if setup is None:
            return MeterSetupState.IDLE, None
        done = int((self._device.now - setup.begun).total_seconds() / STEP_S)
        state = setup.steps[min(max(0, done), len(setup.steps) - 1)]
        if state is MeterSetupState.IDLE:
            return state, None
        is_over = state is setup.steps[-1]
        return state, setup if is_over else replace(setup, errors=())
