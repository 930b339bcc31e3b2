"""The gateway as a machine: version, site master, grid, updates, faults."""

from __future__ import annotations

from typing import ClassVar

from forebay.wire import gotime
from forebay.wire.firmware import Timeline, Version, parse_version
from forebay.wire.model import UNSET, OpenEnum, UnsetType, Wire
from forebay.wire.percent import WirePercent

_STATUS_OLD = ("start_time", "up_time_seconds", "is_new", "version", "git_hash")
_STATUS_COUNTED = (*_STATUS_OLD, "commission_count", "device_type", "sync_type")


class Status(Wire, kw_only=True):
    """The reply of /api/status.

    start_time: local wall clock of the gateway; its "+0800" is a constant text (F02).
    up_time_seconds: a Go duration; read it through `uptime_s`.
    """

    MEMBERS: ClassVar = Timeline(
        ("1.15", _STATUS_OLD),
        ("1.50", _STATUS_COUNTED),
        ("20.49", ("din", *_STATUS_COUNTED, "leader", "followers", "cellular_disabled")),
        ("22.0", ("din", *_STATUS_COUNTED, "teg_type", "leader", "followers", "cellular_disabled")),
        ("23.0", ("din", *_STATUS_COUNTED, "teg_type", "cellular_disabled", "can_reboot")),
    )

    din: str | UnsetType = UNSET
    start_time: str
    up_time_seconds: str
    is_new: bool
    version: str
    git_hash: str
    commission_count: int | UnsetType = UNSET
    device_type: str | UnsetType = UNSET
    sync_type: str | UnsetType = UNSET
    teg_type: str | UnsetType = UNSET
    leader: str | UnsetType = UNSET
    followers: list[str] | UnsetType | None = UNSET
    cellular_disabled: bool | UnsetType = UNSET
    can_reboot: bool | UnsetType = UNSET

    @property
    def uptime_s(self) -> float:
        """How long the gateway has been up [s]."""
        return gotime.seconds(self.up_time_seconds)

    @property
    def firmware(self) -> Version:
        """The firmware's version, whatever follows it in the text."""
        return parse_version(self.version)


class SitemasterStatus(OpenEnum):
    """State of the site master's process."""

    UP = "StatusUp"
    DOWN = "StatusDown"


class Sitemaster(Wire, kw_only=True):
    """The reply of /api/sitemaster: whether the power system runs.

    uptime: 1.x only, "802459s," when running and "log:" when stopped (F03).
    can_reboot: 20.49+, "Yes" or the reason why stopping needs force.
    """

    MEMBERS: ClassVar = Timeline(
        ("1.15", ("running", "uptime", "connected_to_tesla")),
        ("1.50", ("status", "running", "connected_to_tesla", "power_supply_mode")),
        ("20.49", ("status", "running", "connected_to_tesla", "power_supply_mode", "can_reboot")),
    )

    status: SitemasterStatus | UnsetType = UNSET
    running: bool
    uptime: str | UnsetType = UNSET
    connected_to_tesla: bool
    power_supply_mode: bool | UnsetType = UNSET
    can_reboot: str | UnsetType = UNSET

    @property
    def uptime_s(self) -> float | None:
        """How long it has been running [s]; None when stopped or not told."""
        if isinstance(self.uptime, str) and self.uptime.endswith("s,"):
            return float(self.uptime[:-2])
        return None


class GridState(OpenEnum):
    """What the gateway says of the grid (G01, G02)."""

    CONNECTED = "SystemGridConnected"
    ISLANDED = "SystemIslandedActive"
    TO_GRID = "SystemTransitionToGrid"
    TO_ISLAND = "SystemTransitionToIsland"
    ISLAND_READY = "SystemIslandedReady"
    FAULTED = "SystemMicroGridFaulted"
    WAITS_FOR_USER = "SystemWaitForUser"


GRID_STATES_TOLD: Timeline[dict[GridState, GridState]] = Timeline(
    (
        "1.15",
        {GridState.ISLAND_READY: GridState.ISLANDED, GridState.FAULTED: GridState.ISLANDED}
        | {GridState.WAITS_FOR_USER: GridState.ISLANDED},
    ),
    ("20.49", {}),
)
"""The word that a release has for a state which it does not know (G01, G02); the boundary is unverified."""


class GridStatus(Wire, kw_only=True):
    """The reply of /api/system_status/grid_status."""

    MEMBERS: ClassVar = Timeline(("1.15", ("grid_status",)), ("1.20", ("grid_status", "grid_services_active")))

    grid_status: GridState
    grid_services_active: bool | UnsetType = UNSET


class StateOfEnergy(Wire, kw_only=True):
    """The reply of /api/system_status/soe: charge on the gateway's scale."""

    percentage: WirePercent


class GridFault(Wire, kw_only=True):
    """One alert of the grid. alert_raw needs all 64 bits; decoded_alert is JSON in a string."""

    timestamp: int
    alert_name: str
    alert_is_fault: bool
    decoded_alert: str
    alert_raw: int
    git_hash: str
    site_uid: str
    ecu_type: str
    ecu_package_part_number: str
    ecu_package_serial_number: str


class BatteryBlock(Wire, kw_only=True):
    """One Powerwall in /api/system_status; powers + when discharging, null when disabled."""

    Type: str
    PackagePartNumber: str
    PackageSerialNumber: str
    disabled_reasons: list[str]
    pinv_state: str
    pinv_grid_state: str
    nominal_energy_remaining: float | None
    nominal_full_pack_energy: float | None
    p_out: float | None
    q_out: float | None
    v_out: float | None
    f_out: float | None
    i_out: float | None
    energy_charged: float | None
    energy_discharged: float | None
    off_grid: bool
    vf_mode: bool
    wobble_detected: bool
    charge_power_clamped: bool
    backup_ready: bool
    OpSeqState: str
    version: str


_LIMITS = (
    "command_source",
    "battery_target_power",
    "battery_target_reactive_power",
    "nominal_full_pack_energy",
    "nominal_energy_remaining",
    "max_power_energy_remaining",
    "max_power_energy_to_be_charged",
    "max_charge_power",
    "max_discharge_power",
    "max_apparent_power",
    "instantaneous_max_discharge_power",
    "instantaneous_max_charge_power",
)
_ISLAND = (
    "grid_services_power",
    "system_island_state",
    "available_blocks",
)
_BLOCKS = (
    "battery_blocks",
    "ffr_power_availability_high",
    "ffr_power_availability_low",
    "load_charge_constraint",
    "max_sustained_ramp_rate",
    "grid_faults",
    "can_reboot",
    "smart_inv_delta_p",
    "smart_inv_delta_q",
    "last_toggle_timestamp",
    "solar_real_power_limit",
    "score",
    "blocks_controlled",
    "primary",
    "auxiliary_load",
    "all_enable_lines_high",
    "inverter_nominal_usable_power",
    "expected_energy_remaining",
)
_LIMITS_2023 = (
    "instantaneous_max_apparent_power",
    "hardware_capability_charge_power",
    "hardware_capability_discharge_power",
)


class SystemStatus(Wire, kw_only=True):
    """The reply of /api/system_status: packs, limits, state. [W, VAR, VA, Wh]."""

    MEMBERS: ClassVar = Timeline(
        ("1.15", (*_LIMITS, *_ISLAND, *_BLOCKS)),
        ("23.0", (*_LIMITS, *_LIMITS_2023, *_ISLAND, "available_charger_blocks", *_BLOCKS)),
    )

    command_source: str
    battery_target_power: float
    battery_target_reactive_power: float
    nominal_full_pack_energy: float
    nominal_energy_remaining: float
    max_power_energy_remaining: float
    max_power_energy_to_be_charged: float
    max_charge_power: float
    max_discharge_power: float
    max_apparent_power: float
    instantaneous_max_discharge_power: float
    instantaneous_max_charge_power: float
    instantaneous_max_apparent_power: float | UnsetType = UNSET
    hardware_capability_charge_power: float | UnsetType = UNSET
    hardware_capability_discharge_power: float | UnsetType = UNSET
    grid_services_power: float
    system_island_state: GridState
    available_blocks: int
    available_charger_blocks: int | UnsetType = UNSET
    battery_blocks: list[BatteryBlock]
    ffr_power_availability_high: float
    ffr_power_availability_low: float
    load_charge_constraint: float
    max_sustained_ramp_rate: float
    grid_faults: list[GridFault]
    can_reboot: str
    smart_inv_delta_p: float
    smart_inv_delta_q: float
    last_toggle_timestamp: str
    solar_real_power_limit: float
    score: float
    blocks_controlled: int
    primary: bool
    auxiliary_load: float
    all_enable_lines_high: bool
    inverter_nominal_usable_power: float
    expected_energy_remaining: float


class UpdateState(OpenEnum):
    """The seven states of the update machinery (U01)."""

    CHECKING = "/clear_update_status"
    SUCCEEDED = "/update_succeeded"
    FAILED = "/update_failed"
    STAGED = "/update_staged"
    DOWNLOADING = "/download"
    DOWNLOADED = "/update_downloaded"
    UNKNOWN_STATE = "/update_unknown"


class UpdateInfo(Wire, kw_only=True):
    """Why the update is in its state: ignoring, error, nonactionable (U02)."""

    status: list[str]


class UpdateStatus(Wire, kw_only=True):
    """The reply of /api/system/update/status. Times are milliseconds since 1970 UTC.

    last_download_status_time, start_time: only while downloading; their place is unverified.
    """

    MEMBERS: ClassVar = Timeline(
        ("1.15", ("state", "info", "current_time")),
        (
            "20.49",
            (
                "state",
                "info",
                "current_time",
                "last_status_time",
                "version",
                "offline_updating",
                "offline_update_error",
                "estimated_bytes_per_second",
                "last_download_status_time",
                "start_time",
            ),
        ),
    )

    state: UpdateState
    info: UpdateInfo
    current_time: int
    last_status_time: int | UnsetType = UNSET
    version: str | UnsetType = UNSET
    offline_updating: bool | UnsetType = UNSET
    offline_update_error: str | UnsetType = UNSET
    estimated_bytes_per_second: float | UnsetType | None = UNSET
    last_download_status_time: int | UnsetType = UNSET
    start_time: int | UnsetType = UNSET
