"""The meters of a home as they are set up: which there are, their clamps, and what is being done to them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from random import Random

from forebay.emulator import readings
from forebay.emulator.device import Device
from forebay.emulator.refusal import Refused
from forebay.wire.metering import ClampPhases, MeterSetupState
from forebay.wire.power import MeterType

CLAMPS = 4
NEURIOS = (MeterType.NEURIO_TCP, MeterType.NEURIO_MB, MeterType.NEURIO_W2_TCP, MeterType.NEURIO_W2_MB)
KINDS = ("site", "solar", "solarRGM", "load", "generator", "battery", "conductor", "none")
"""What a group of clamps may measure; the words of the web page."""
RATINGS = ("200A", "800A", "Smart", "Missing")
PHASES = {"ct1": ("Phase1",), "ct2": ("Phase2",), "ct3": ("Phase1", "Phase2")}
"""The phases that each clamp of the synchrometer may refer to; captured on 21.44."""

STEP_S = 2.0
"""How long each step of setting up a meter takes [s]; unverified."""

_UNKNOWN_METER = "meter not found"


@dataclass(slots=True)
class Clamps:
    """The clamps of a meter that measure one thing."""

    kind: str
    valid: list[bool]
    inverted: list[bool] = field(default_factory=lambda: [False] * CLAMPS)
    scale: float = 1.0


@dataclass(slots=True)
class InstalledMeter:
    """One meter. synchrometers share the serial number of the gateway's own meter."""

    serial: str
    short_id: str
    type: MeterType
    groups: list[Clamps]
    connected: bool = True
    ip_address: str = ""
    mac: str = ""
    ratings: list[str] = field(default_factory=lambda: [RATINGS[0]] * CLAMPS)

    @property
    def is_neurio(self) -> bool:
        """Whether the meter is a box of its own."""
        return self.type in NEURIOS


@dataclass(frozen=True, slots=True)
class Setup:
    """The steps that a meter goes through from `begun` on; the last one stays."""

    begun: datetime
    steps: tuple[MeterSetupState, ...]
    serial: str | None = None
    short_id: str | None = None
    errors: tuple[str, ...] = ()


class MeteringState:
    """What the wizard's pages about meters read and write."""

    def __init__(self, device: Device) -> None:
        self._device = device
        rng = Random(f"metering:{device.rng_seed}")  # noqa: S311 - an invented address
        self._mac = "-".join(f"{rng.randrange(256):02x}" for _ in range(6))
        self._meters: dict[str, InstalledMeter] = {}
        self._by_itself: bool | None = None
        self.phases = ClampPhases(ct1="Phase1", ct2="Phase2", ct3="Phase1")
        self.inverter_meter = False
        self._setup: Setup | None = None

    @property
    def meters(self) -> dict[str, InstalledMeter]:
        """The meters by serial number; a gateway that an update lets measure by itself finds its own."""
        by_itself = readings.SYNCHROMETER.at(self._device.version)
        if by_itself is not self._by_itself:
            self._by_itself = by_itself
            self._meters = {meter.serial: meter for meter in _first(self._device, self._mac)}
        return self._meters

    def find(self, serial: str) -> InstalledMeter:
        """Return a meter; blanks around the serial number count for nothing. Raises Refused("absent")."""
        meter = self.meters.get(serial.strip())
        if meter is None:
            raise Refused("absent", error=_UNKNOWN_METER, message="Unable to find meter")
        return meter

    def add(self, meter: InstalledMeter) -> None:
        """Install a meter; it replaces one of the same serial number."""
        self.meters[meter.serial] = meter
        self._device.touch()

    def remove(self, serial: str) -> None:
        """Take a meter out. Raises Refused("absent")."""
        del self.meters[self.find(serial).serial]
        self._device.touch()

    def set_clamps(self, serial: str, clamps: Clamps) -> None:
        """Let some clamps of a meter measure one thing; what they measured before, they do no more."""
        meter = self.find(serial)
        kept = [group for group in meter.groups if group.kind != clamps.kind]
        for group in kept:
            group.valid = [was and not now for was, now in zip(group.valid, clamps.valid, strict=True)]
        meter.groups = [*(group for group in kept if any(group.valid)), clamps]
        self._device.touch()

    def remove_clamps(self, serial: str) -> None:
        """Forget all clamps of a meter."""
        self.find(serial).groups = []
        self._device.touch()

    def invert(self, serial: str, inverted: list[bool]) -> None:
        """Count some clamps of a meter the other way round."""
        for group in self.find(serial).groups:
            group.inverted = [flag and used for flag, used in zip(inverted, group.valid, strict=True)]
        self._device.touch()

    def set_ratings(self, serial: str, ratings: list[str]) -> None:
        """Set the kind of each clamp of a Neurio."""
        self.find(serial).ratings = ratings
        self._device.touch()

    def set_phases(self, phases: ClampPhases) -> None:
        """Set the phases that the clamps of the synchrometer refer to."""
        self.phases = phases
        self._device.touch()

    def use_inverter_meter(self, enabled: bool) -> None:
        """Use the meter within the inverter, or not."""
        self.inverter_meter = enabled
        self._device.touch()

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
            self._device.touch()

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


def _first(device: Device, mac: str) -> list[InstalledMeter]:
    """The meters that a home of this release comes with."""
    sun = bool(device.home.solar)
    site = [True, True, False, False]
    if not readings.SYNCHROMETER.at(device.version):
        short = device.meter_serial[-5:]
        groups = [Clamps("site", site)]
        if sun:
            groups.insert(0, Clamps("solar", [False, False, False, True]))
        return [
            InstalledMeter(
                device.meter_serial, short, MeterType.NEURIO_TCP, groups, ip_address=f"PWRview-{short}", mac=mac
            )
        ]
    gateway = f"{readings.GATEWAY_PART}--{device.serial}"
    second = [Clamps("site", list(site))]
    if sun:  # one clamp on a circuit of two legs counts twice
        second.append(Clamps("solar", [False, False, True, False], scale=2.0))
    return [
        InstalledMeter(
            f"{device.sync_serial}synchrometerX", gateway, MeterType.SYNCHROMETER_X, [Clamps("site", list(site))]
        ),
        InstalledMeter(f"{device.sync_serial}synchrometerY", gateway, MeterType.SYNCHROMETER_Y, second),
    ]
