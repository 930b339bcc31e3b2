"""The inventory of Powerwalls with their diagnostics: /api/powerwalls."""

from __future__ import annotations

from typing import ClassVar

from forebay.wire.firmware import Timeline
from forebay.wire.model import UNSET, OpenEnum, UnsetType, Wire


class CheckStatus(OpenEnum):
    """How far a diagnostic check has come."""

    NOT_RUN = "not_run"
    SCHEDULED = "scheduled"
    RUNNING = "running"
    PASS = "pass"  # noqa: S105 - a check's word
    FAIL = "fail"
    MARGINAL = "marginal"
    CANCELED = "canceled"
    ALERT = "alert"


class Check(Wire, kw_only=True):
    """One step of a diagnostic; null times are not begun or not ended."""

    MEMBERS: ClassVar = Timeline(
        ("1.15", ("name", "status", "start_time", "end_time", "message", "progress", "results")),
        ("1.46", ("name", "status", "start_time", "end_time", "message", "progress", "results", "debug")),
        ("20.49", ("name", "status", "start_time", "end_time", "message", "progress", "results", "debug", "checks")),
    )

    name: str
    status: CheckStatus
    start_time: str | None
    end_time: str | None
    message: str | UnsetType = UNSET
    progress: int | UnsetType = UNSET
    results: dict[str, str | bool | float | None] | None = None
    debug: dict[str, str | bool | float | None] | UnsetType | None = UNSET
    checks: list[Check] | UnsetType | None = UNSET


class Diagnostic(Wire, kw_only=True):
    """A group of checks."""

    MEMBERS: ClassVar = Timeline(
        ("1.15", ("name", "category", "disruptive", "checks")),
        ("20.49", ("name", "category", "disruptive", "inputs", "checks", "alert")),
    )

    name: str
    category: str
    disruptive: bool
    inputs: list[str] | UnsetType | None = UNSET
    checks: list[Check]
    alert: bool | UnsetType = UNSET


_NUMBERS = ("PackagePartNumber", "PackageSerialNumber")
_STATE = (
    "type",
    "grid_state",
    "grid_reconnection_time_seconds",
    "under_phase_detection",
    "updating",
    "commissioning_diagnostic",
    "update_diagnostic",
)


class Powerwall(Wire, kw_only=True):
    """One Powerwall; the release decides which of Type and type exist."""

    MEMBERS: ClassVar = Timeline(
        ("1.15", _NUMBERS),
        ("1.20", (*_NUMBERS, *_STATE)),
        ("1.46", ("Type", *_NUMBERS, *_STATE, "bc_type")),
        ("21.0", ("Type", *_NUMBERS, *_STATE, "bc_type", "in_config")),
    )

    Type: str | UnsetType = UNSET
    PackagePartNumber: str
    PackageSerialNumber: str
    type: str | UnsetType = UNSET
    grid_state: str | UnsetType = UNSET
    grid_reconnection_time_seconds: float | UnsetType = UNSET
    under_phase_detection: bool | UnsetType = UNSET
    updating: bool | UnsetType = UNSET
    commissioning_diagnostic: Diagnostic | UnsetType = UNSET
    update_diagnostic: Diagnostic | UnsetType = UNSET
    bc_type: str | UnsetType | None = UNSET
    in_config: bool | UnsetType = UNSET


class Sync(Wire, kw_only=True):
    """Diagnostics of the synchronizer."""

    updating: bool
    commissioning_diagnostic: Diagnostic
    update_diagnostic: Diagnostic


class Msa(Wire, kw_only=True):
    """A backup switch."""

    PackagePartNumber: str | UnsetType = UNSET
    PackageSerialNumber: str | UnsetType = UNSET


_FLAGS = (
    "enumerating",
    "updating",
    "checking_if_offgrid",
    "is_on_grid",
    "running_phase_detection",
    "phase_detection_last_error",
    "bubble_shedding",
    "on_grid_check_error",
    "grid_qualifying",
    "grid_code_validating",
)


class Powerwalls(Wire, kw_only=True):
    """The reply of /api/powerwalls. has_sync says whether they are in sync, up to 1.50."""

    MEMBERS: ClassVar = Timeline(
        ("1.15", ("powerwalls", "has_sync")),
        ("1.20", (*_FLAGS, "powerwalls", "has_sync", "sync", "states", "phase_detection_attempt")),
        ("1.50", (*_FLAGS, "phase_detection_not_available", "powerwalls", "gateway_din", "has_sync", "sync", "states")),
        ("20.49", (*_FLAGS, "phase_detection_not_available", "powerwalls", "gateway_din", "sync", "states")),
        ("21.0", (*_FLAGS, "phase_detection_not_available", "powerwalls", "gateway_din", "sync", "msa", "states")),
    )

    enumerating: bool | UnsetType = UNSET
    updating: bool | UnsetType = UNSET
    checking_if_offgrid: bool | UnsetType = UNSET
    is_on_grid: bool | UnsetType = UNSET
    running_phase_detection: bool | UnsetType = UNSET
    phase_detection_last_error: str | UnsetType = UNSET
    bubble_shedding: bool | UnsetType = UNSET
    on_grid_check_error: str | UnsetType = UNSET
    grid_qualifying: bool | UnsetType = UNSET
    grid_code_validating: bool | UnsetType = UNSET
    phase_detection_not_available: bool | UnsetType = UNSET
    powerwalls: list[Powerwall]
    gateway_din: str | UnsetType = UNSET
    has_sync: bool | UnsetType = UNSET
    sync: Sync | UnsetType | None = UNSET
    msa: Msa | UnsetType | None = UNSET
    states: list[str] | UnsetType | None = UNSET
    phase_detection_attempt: int | UnsetType = UNSET
