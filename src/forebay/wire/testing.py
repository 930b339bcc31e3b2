"""The gateway's tests: connectivity, ping, inverter and meters; its log and its problems."""

from __future__ import annotations

from typing import Any, ClassVar

import msgspec

from forebay.wire.firmware import Timeline
from forebay.wire.model import UNSET, OpenEnum, UnsetType, Wire
from forebay.wire.powerwalls import Check


class ConnResult(Wire, kw_only=True):
    """How one connection went, up to 1.40; error: "" when it passed."""

    passed: bool = msgspec.field(name="pass")
    error: str


class ConnTest(Wire, kw_only=True):
    """A connectivity test: named results up to 1.40, a group of checks from 20.49 on (C01, C02).

    results: null while it runs. timestamp: its end, local time; Go's zero time before.
    """

    MEMBERS: ClassVar = Timeline(
        ("1.15", ("results", "timestamp")),
        ("20.49", ("name", "category", "disruptive", "inputs", "checks", "alert")),
    )

    results: dict[str, ConnResult] | UnsetType | None = UNSET
    timestamp: str | UnsetType = UNSET
    name: str | UnsetType = UNSET
    category: str | UnsetType = UNSET
    disruptive: bool | UnsetType = UNSET
    inputs: list[str] | UnsetType | None = UNSET
    checks: list[Check] | UnsetType = UNSET
    alert: bool | UnsetType = UNSET

    def __post_init__(self) -> None:
        """Refuse a body that is of neither generation."""
        if self.results is UNSET and self.checks is UNSET:
            raise ValueError("Object missing required field `results` or `checks`")


class PingTest(Wire, kw_only=True):
    """The reply of the ping test: an error of Go, of which JSON shows nothing."""

    Error: dict[str, Any] | None


class Stage(OpenEnum):
    """How far the test of inverters and meters has come (C03)."""

    NOT_RUN = "TestNotRun"
    INITIALIZING = "TestInitializing"
    STARTING_SITEMASTER = "TestStartingSM"
    RUNNING = "TestRunning"
    FAILED = "TestFailed"
    PASSED = "TestPassed"
    CANCELED = "TestCanceled"


class MeterResult(Wire, kw_only=True):
    """What one clamp read during a step. Power: [W], + is drawn from the grid."""

    Power: float
    CT: int
    Serial: str
    Type: str


class SystemTest(Wire, kw_only=True):
    """The reply of /api/system/testing.

    charge_tests: battery power of each step [W], - is charging.
    meter_results: one list per step. hysteresis: 0 where no test was run.
    """

    running: bool
    status: Stage
    charge_tests: list[float] | None
    meter_results: list[list[MeterResult]] | None
    inverter_results: dict[str, Any] | None
    hysteresis: float
    error: str
    errors: list[str] | None
    tests: list[Any] | None


class LogLevel(OpenEnum):
    """How grave an entry of the wizard's log is."""

    FATAL = "FATAL"
    ERROR = "ERROR"
    WARN = "WARN"
    INFO = "INFO"
    DEBUG = "DEBUG"
    TRACE = "TRACE"


class LogEntry(Wire, kw_only=True):
    """What the wizard tells of its own errors; trace: the stack."""

    level: LogLevel
    log: str
    trace: str | UnsetType = UNSET


class Problems(Wire, kw_only=True):
    """The reply of /api/troubleshooting/problems; the form of a problem is unknown."""

    problems: list[Any]
