"""Examining the Powerwalls, their phases, islands made on purpose, and the gateway's own setting up."""

from __future__ import annotations

from typing import ClassVar

from forebay.wire.firmware import Timeline
from forebay.wire.model import UNSET, OpenEnum, UnsetType, Wire

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


class PackStatus(Wire, kw_only=True):
    """The reply of /api/powerwalls/status: the flags of /api/powerwalls. is_on_grid: only after a check."""

    MEMBERS: ClassVar = Timeline(("1.15", _FLAGS), ("1.50", (*_FLAGS, "phase_detection_not_available")))

    enumerating: bool
    updating: bool
    checking_if_offgrid: bool
    is_on_grid: bool | UnsetType = UNSET
    running_phase_detection: bool
    phase_detection_last_error: str
    bubble_shedding: bool
    on_grid_check_error: str
    grid_qualifying: bool
    grid_code_validating: bool
    phase_detection_not_available: bool | UnsetType = UNSET


class IslandMode(OpenEnum):
    """Off the grid on purpose, or on it with the battery for backup (G03)."""

    OFF_GRID = "intentional_reconnect_failsafe"
    ON_GRID = "backup"


class Islanding(Wire, kw_only=True):
    """The body of /api/v2/islanding/mode, echoed."""

    island_mode: IslandMode


class PhaseUse(OpenEnum):
    """What a phase of the house is to the Powerwalls."""

    NOT_BACKED_UP = "NonBackup"
    BACKED_UP = "Backup"
    NOT_CONFIGURED = "NotConfigured"


class PhaseUses(Wire, kw_only=True):
    """How each phase is to be used."""

    phase1: PhaseUse
    phase2: PhaseUse
    phase3: PhaseUse


class PhaseUsages(Wire, kw_only=True):
    """How each phase is used, with its voltage [V]."""

    phase1: PhaseUse
    phase2: PhaseUse
    phase3: PhaseUse
    Vl1n: float
    Vl2n: float
    Vl3n: float


class PackageNumbers(Wire, kw_only=True):
    """The reply of /api/powerwalls/pvi_sub_package_numbers."""

    pvi_sub_package_numbers: list[str | None]


class AutoconfigState(OpenEnum):
    """How far the gateway is with setting itself up; the words are those of the web page."""

    NOT_APPLICABLE = "not_applicable"
    STARTING = "starting"
    NO_POWERWALL = "no_powerwall"
    NO_ISLANDING_CONTROLLER = "no_islanding_controller"
    NO_INTERNET = "no_internet"
    AUTOMATIC_RETRY = "automatic_retry"
    MANDATORY_UPDATE = "mandatory_update"
    MISSING_INFO = "missing_installation_info"
    COMPLETE = "complete"
    CANCELLED = "cancelled"
    DETERMINING_ON_GRID = "determining_on_grid"
    DISABLED = "disabled"


class AutoconfigStatus(Wire, kw_only=True):
    """The reply of /api/autoconfig/status."""

    status: AutoconfigState
    running: bool
    retry_possible: bool
    have_registered: bool
    have_timezone: bool
    have_gridcode: bool
    grid_availability: str
