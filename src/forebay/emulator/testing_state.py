"""The tests of the virtual gateway: connectivity, inverter and meters; knows no HTTP.

A test is a function of the time since its start. It judges the connection as it
is when it starts; the powers of its steps do not show in the meters' own rows.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from random import Random
from struct import pack, unpack

from forebay.emulator import readings
from forebay.emulator.device import Device
from forebay.emulator.metering_state import MeteringState
from forebay.emulator.networks_state import NetworksState
from forebay.emulator.refusal import Refused
from forebay.wire.firmware import Timeline
from forebay.wire.gotime import NEVER, print_instant
from forebay.wire.model import UNSET
from forebay.wire.powerwalls import Check, CheckStatus
from forebay.wire.testing import ConnResult, LogEntry, MeterResult, Stage, SystemTest

NAMED_TESTS_S = 15.0
"""How long 1.x takes for its four tests [s]; unverified."""

RESULT_STAYS_S = 60.0
"""How long 1.x answers a POST with the last result before it starts anew [s]; unverified."""

CHECKS = (("Network device", 1.0), ("IP address", 0.5), ("Tesla and internet connectivity", 8.0))
"""Checks of the network group and how long each takes [s]; the captured ones took 0.25 and 0.08 s."""

SCHEDULED_S = 0.5
"""From the POST to the first check [s]; unverified."""

CHARGE_STEPS_W = (0.0, -1000.0, -2000.0, -1000.0, 0.0)
HYSTERESIS = 0.05
STAGES = ((Stage.INITIALIZING, 5.0), (Stage.STARTING_SITEMASTER, 10.0), (Stage.RUNNING, 60.0))
"""Stages of the test of inverters and meters and how long each takes [s]; unverified."""

LOG_LENGTH = 200

_INTERNET_TEST = {False: "Gle GET Test", True: "Google GET Test"}
"""The name of a test as the founding document has it, and as it was meant (X16)."""
_TIMEOUT = "dial tcp: i/o timeout"
_NO_NETWORK = "dial tcp: connect: network is unreachable"
_FAILURES = {CHECKS[0][0]: "No network device is connected", CHECKS[2][0]: "Unable to reach Tesla"}
_TESTED_AT_COMMISSIONING = Timeline(("1.15", True), ("20.49", False))
"""Whether the result of the commissioning is still told (S174; the samples of 21.x say TestNotRun)."""


@dataclass(frozen=True, slots=True)
class _Connection:
    """A test of the connection: when it began, and what it will find."""

    started: datetime
    has_network: bool
    reaches_maker: bool
    nanoseconds: int


class ConnectionTest:
    """The connectivity test."""

    def __init__(self, device: Device) -> None:
        self._device = device
        self._rng = Random(f"testing:{device.rng_seed}")  # noqa: S311 - invented digits of times
        self._run: _Connection | None = None

    def start(self) -> None:
        """Begin a test."""
        networks = self._device.area(NetworksState)
        self._run = _Connection(
            self._device.now, networks.primary is not None, networks.reaches_maker, self._rng.randrange(1, 1000)
        )
        self._device.touch()

    @property
    def age_s(self) -> float | None:
        """Time since the start [s]; None where none was."""
        return None if self._run is None else (self._device.now - self._run.started).total_seconds()

    def named_results(self) -> tuple[dict[str, ConnResult] | None, str]:
        """Return the results by name and the time of their end; None and Go's zero time before."""
        run, age_s = self._run, self.age_s
        if run is None or age_s is None or age_s < NAMED_TESTS_S:
            return None, NEVER
        results = {}
        internet = _INTERNET_TEST[self._device.home.gateway.says_google]
        for name in ("Config Syncer Test", internet, "Hermes Status Test", "Synergy Data Test"):
            passed = run.has_network and (run.reaches_maker or name == internet)
            error = "" if passed else _TIMEOUT if run.has_network else _NO_NETWORK
            results[name] = ConnResult(passed=passed, error=error)
        return results, self._print(run, run.started + timedelta(seconds=NAMED_TESTS_S, microseconds=296_673))

    def checks(self) -> list[Check]:
        """Return the checks that have appeared so far."""
        run, age_s = self._run, self.age_s
        if run is None or age_s is None:
            return [_check(CHECKS[0][0], CheckStatus.NOT_RUN, debug=None)]
        if age_s < SCHEDULED_S:
            return [_check(CHECKS[0][0], CheckStatus.SCHEDULED, debug={})]
        return list(self._appeared(run, age_s))

    def _appeared(self, run: _Connection, age_s: float) -> Iterator[Check]:
        begin_s = SCHEDULED_S
        for index, (name, takes_s) in enumerate(CHECKS):
            end_s = begin_s + takes_s
            failed = not run.has_network or (index == len(CHECKS) - 1 and not run.reaches_maker)
            over = age_s >= end_s
            status = CheckStatus.RUNNING if not over else CheckStatus.FAIL if failed else CheckStatus.PASS
            # each check begins some microseconds before the one before it ends, as captured
            begin = run.started + timedelta(seconds=begin_s, microseconds=448_910 - 3 * (index > 0))
            end = run.started + timedelta(seconds=end_s, microseconds=448_910)
            check = _check(name, status, debug={} if index == 0 else None)
            check.start_time = self._print(run, begin)
            check.end_time = self._print(run, end) if over else None
            if status is CheckStatus.FAIL:
                check.message = _FAILURES[name]
            yield check
            if not over or failed:
                return
            begin_s = end_s

    def _print(self, run: _Connection, when: datetime) -> str:
        return print_instant(when, self._device.home.zone, run.nanoseconds)


def _check(name: str, status: CheckStatus, debug: dict[str, str | bool | float | None] | None) -> Check:
    return Check(
        name=name,
        status=status,
        start_time=None,
        end_time=None,
        message=UNSET,
        results=None if debug is None else {},
        debug=debug,
        checks=None,
    )


class InverterTest:
    """The test of inverters and meters: five steps of charging, each read by the meter."""

    def __init__(self, device: Device) -> None:
        self._device = device
        self._rng = Random(f"inverter test:{device.rng_seed}")  # noqa: S311 - invented readings
        self._started: datetime | None = None
        self._canceled: datetime | None = None
        self._meters_err = ""
        self._steps = [self._read_step(step_w, 15.0) for step_w in CHARGE_STEPS_W]

    def start(self) -> None:
        """Begin the test; a stopped system is run. Raises Refused: another test runs, there is no grid."""
        if self._stage()[0] in (stage for stage, _ in STAGES):
            raise Refused("bad_value", error="PinvTestStartResponseNotIdle", message="Unable to start test")
        if self._device.islanded:
            raise Refused("bad_value", error="PinvTestStartResponseGridUncompliant", message="Unable to start test")
        self._device.run()
        self._started, self._canceled = self._device.now, None
        self._steps = []
        self._meters_err = self._meters_error()
        *before, (_, running_s) = STAGES
        begin_s = sum(takes_s for _, takes_s in before)
        for number in range(len(CHARGE_STEPS_W) + 1):
            step_s = begin_s + number * running_s / len(CHARGE_STEPS_W)
            self._device.later(step_s, partial(self._step, self._started, number))
        self._device.touch()

    def _step(self, run: datetime, number: int) -> None:
        """Read what the step before this one did, and command this one; after the last the setting decides again."""
        if run != self._started:
            return  # it belongs to a test that was cancelled
        is_cut = self._canceled is not None or self._outage() is not None
        if number and not is_cut:
            self._steps.append(self._read_step())
        is_over = is_cut or number == len(CHARGE_STEPS_W)
        self._device.levers.commanded_w = None if is_over else CHARGE_STEPS_W[number]

    def cancel(self) -> None:
        """End the running test; nothing happens when none runs."""
        if self._stage()[0] in (stage for stage, _ in STAGES):
            self._canceled = self._device.now
            self._device.levers.commanded_w = None
            self._device.settle()

    def report(self) -> SystemTest:
        """Return stage and results."""
        stage, lived_s = self._stage()
        running_s = lived_s - sum(takes_s for before, takes_s in STAGES if before is not Stage.RUNNING)
        failed = self._meters_err or "Grid uncompliant during test"
        error = failed if stage is Stage.FAILED else ""
        return SystemTest(
            running=stage in (before for before, _ in STAGES),
            status=stage,
            charge_tests=list(CHARGE_STEPS_W) if running_s >= 0 else None,
            meter_results=self._steps or None if running_s >= 0 else None,
            inverter_results=None,
            hysteresis=0.0 if stage is Stage.NOT_RUN else HYSTERESIS,
            error=error,
            errors=[error] if error else None,
            tests=None,
        )

    def _stage(self) -> tuple[Stage, float]:
        """The stage, and how much of the test was lived through [s]."""
        whole_s = sum(takes_s for _, takes_s in STAGES)
        if self._started is None:
            passed = _TESTED_AT_COMMISSIONING.at(self._device.version)
            return (Stage.PASSED, whole_s) if passed else (Stage.NOT_RUN, -1.0)
        end = min(self._canceled or self._device.now, self._started + timedelta(seconds=whole_s))
        outage = self._outage()
        if outage is not None and outage < end:
            return Stage.FAILED, (outage - self._started).total_seconds()
        lived_s = (end - self._started).total_seconds()
        if self._canceled is not None:
            return Stage.CANCELED, lived_s
        passed_s = 0.0
        for stage, takes_s in STAGES:
            passed_s += takes_s
            if lived_s < passed_s:
                return stage, lived_s
        return (Stage.FAILED if self._meters_err else Stage.PASSED), lived_s

    def _outage(self) -> datetime | None:
        """When the grid failed since the test began; None if it did not."""
        return next((at for at in self._device.tie.outages_at if self._started and self._started <= at), None)

    def _meters_error(self) -> str:
        """Say why the meters do not show what the packs do; "" when they do. The words are unverified."""
        felt = self._device.power.sight.site.source
        if not felt:
            return "Site meter does not see the battery"
        return "" if felt > 0 else "Site meter is inverted"

    def _read_step(self, unseen_w: float = 0.0, noise_w: float = 0.0) -> list[MeterResult]:
        """Return what each clamp of the site's meters shows; other clamps do not feel a step.

        unseen_w: what the packs would do besides, as a test of long ago saw it [W].
        """
        device = self._device
        metering, now = device.area(MeteringState), readings.take(device)
        wiring = metering.wiring
        results = []
        for meter in metering.measuring("site"):
            group = meter.group("site")
            for number, clamp in enumerate(now.clamps[meter.serial]):
                wire = meter.wires[number]
                if group is None or not group.valid[number] or not wire.circuit:
                    continue
                felt_w = unseen_w * wiring.phases.source[wire.phase] * wire.share * wiring.factor(meter, number)
                shown_w = clamp.power_w - felt_w + self._rng.uniform(-noise_w, noise_w)
                results.append(
                    MeterResult(Power=_single(round(shown_w, 2)), CT=number + 1, Serial=meter.serial, Type="site")
                )
        return results


def _single(value: float) -> float:
    return float(unpack("f", pack("f", value))[0])


class GatewayLog:
    """The last entries of the wizard's log."""

    def __init__(self, device: Device) -> None:
        self._device = device
        self.entries: deque[LogEntry] = deque(maxlen=LOG_LENGTH)

    def add(self, entry: LogEntry) -> None:
        """Keep an entry; the oldest gives way."""
        self.entries.append(entry)
        self._device.touch()
