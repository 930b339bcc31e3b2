"""The house as the gateway knows it: name, grid code, owner, operation, login."""

from __future__ import annotations

from typing import ClassVar

from forebay.wire.firmware import Timeline
from forebay.wire.model import UNSET, OpenEnum, UnsetType, Wire
from forebay.wire.percent import WirePercent

_GRID = (
    "grid_code",
    "grid_voltage_setting",
    "grid_freq_setting",
    "grid_phase_setting",
    "country",
    "state",
    "distributor",
    "utility",
    "retailer",
    "region",
)
_MOST = ("max_system_energy_kWh", "max_system_power_kW")
_LIMITS = ("max_site_meter_power_kW", "min_site_meter_power_kW", "nominal_system_energy_kWh", "nominal_system_power_kW")


class GridCode(Wire, kw_only=True):
    """The rules of the local grid; "*" is any."""

    grid_code: str
    grid_voltage_setting: float
    grid_freq_setting: float
    grid_phase_setting: str
    country: str
    state: str
    distributor: str | UnsetType = UNSET
    utility: str | UnsetType = UNSET
    retailer: str | UnsetType = UNSET
    region: str


class SiteInfo(Wire, kw_only=True):
    """The reply of /api/site_info.

    grid_code: a word up to 1.50, with the other members of GridCode beside it;
    an object of them all from 20.49 on. `rules` gives the object either way.
    panel_max_current: 23.x [A]; its place is unverified.
    """

    MEMBERS: ClassVar = Timeline(
        ("1.15", (*_LIMITS, "site_name", "timezone", *_GRID)),
        ("1.50", (*_MOST, "site_name", "timezone", *_LIMITS, *_GRID)),
        ("20.49", ("measured_frequency", *_MOST, "site_name", "timezone", *_LIMITS, "grid_code")),
        (
            "23.0",
            ("measured_frequency", *_MOST, "site_name", "timezone", *_LIMITS, "panel_max_current", "grid_code"),
        ),
    )

    measured_frequency: float | UnsetType = UNSET
    max_system_energy_kWh: float | UnsetType = UNSET
    max_system_power_kW: float | UnsetType = UNSET
    site_name: str
    timezone: str
    max_site_meter_power_kW: float
    min_site_meter_power_kW: float
    nominal_system_energy_kWh: float
    nominal_system_power_kW: float
    panel_max_current: float | UnsetType = UNSET
    grid_code: str | GridCode
    grid_voltage_setting: float | UnsetType = UNSET
    grid_freq_setting: float | UnsetType = UNSET
    grid_phase_setting: str | UnsetType = UNSET
    country: str | UnsetType = UNSET
    state: str | UnsetType = UNSET
    distributor: str | UnsetType = UNSET
    utility: str | UnsetType = UNSET
    retailer: str | UnsetType = UNSET
    region: str | UnsetType = UNSET

    @property
    def rules(self) -> GridCode:
        """The grid's rules in one object, whichever way the firmware tells them."""
        if isinstance(self.grid_code, GridCode):
            return self.grid_code

        def word(value: str | UnsetType) -> str:
            return value if isinstance(value, str) else ""

        def number(value: float | UnsetType) -> float:
            return value if isinstance(value, int | float) else 0.0

        return GridCode(
            grid_code=self.grid_code,
            grid_voltage_setting=number(self.grid_voltage_setting),
            grid_freq_setting=number(self.grid_freq_setting),
            grid_phase_setting=word(self.grid_phase_setting),
            country=word(self.country),
            state=word(self.state),
            distributor=self.distributor,
            utility=self.utility,
            retailer=self.retailer,
            region=word(self.region),
        )


class SiteName(Wire, kw_only=True):
    """The reply of /api/site_info/site_name."""

    site_name: str
    timezone: str


class Registration(Wire, kw_only=True):
    """The reply of /api/customer/registration; null is not answered."""

    MEMBERS: ClassVar = Timeline(
        (
            "1.15",
            (
                "privacy_notice",
                "limited_warranty",
                "grid_services",
                "marketing",
                "registered",
                "emailed_registration",
                "skipped_registration",
                "timed_out_registration",
            ),
        ),
        (
            "1.20",
            (
                "privacy_notice",
                "limited_warranty",
                "grid_services",
                "marketing",
                "registered",
                "timed_out_registration",
            ),
        ),
    )

    privacy_notice: bool | None
    limited_warranty: bool | None
    grid_services: bool | None
    marketing: bool | None
    registered: bool
    emailed_registration: bool | UnsetType = UNSET
    skipped_registration: bool | UnsetType = UNSET
    timed_out_registration: bool


class OperationMode(OpenEnum):
    """What the battery is for (G04, G05)."""

    SELF_CONSUMPTION = "self_consumption"
    TIME_OF_USE = "autonomous"
    BACKUP = "backup"
    AGGREGATION = "scheduler"
    SITE_CONTROL = "site_control"
    DIRECT = "direct"


_OPERATION_TAIL = ("freq_shift_load_shed_soe", "freq_shift_load_shed_delta_f")


class Operation(Wire, kw_only=True):
    """Mode and reserve, read or written; the member is mode up to 1.40, real_mode later (G07).

    max_pv_export_power_kW: [kW], null or left out where not set.
    """

    MEMBERS: ClassVar = Timeline(
        ("1.15", ("mode", "backup_reserve_percent", "max_pv_export_power_kW")),
        ("1.43", ("real_mode", "backup_reserve_percent", "max_pv_export_power_kW")),
        ("20.49", ("real_mode", "backup_reserve_percent", *_OPERATION_TAIL, "max_pv_export_power_kW")),
    )

    mode: OperationMode | UnsetType = UNSET
    real_mode: OperationMode | UnsetType = UNSET
    backup_reserve_percent: WirePercent | UnsetType = UNSET
    freq_shift_load_shed_soe: float | UnsetType = UNSET
    freq_shift_load_shed_delta_f: float | UnsetType = UNSET
    max_pv_export_power_kW: float | UnsetType | None = UNSET

    @property
    def present_mode(self) -> OperationMode | None:
        """The mode under whichever name it came; None where neither did."""
        for candidate in (self.real_mode, self.mode):
            if isinstance(candidate, OperationMode):
                return candidate
        return None


class ClientInfo(Wire, kw_only=True):
    """What the web page tells of itself when logging in."""

    timezone: str | UnsetType = UNSET


class Login(Wire, kw_only=True):
    """The body of /api/login/Basic."""

    username: str = ""
    password: str = ""
    email: str | UnsetType | None = UNSET
    force_sm_off: bool | UnsetType = UNSET
    clientInfo: ClientInfo | UnsetType = UNSET

    def __repr__(self) -> str:
        return f"Login(username={self.username!r}, password=…)"


class Session(Wire, kw_only=True):
    """The reply of /api/login/Basic. token: 88 characters, also the AuthCookie (A07)."""

    MEMBERS: ClassVar = Timeline(
        ("1.15", ("email", "firstname", "lastname", "roles", "token", "provider")),
        ("20.49", ("email", "firstname", "lastname", "roles", "token", "provider", "loginTime")),
    )

    email: str | None = None
    firstname: str = "Tesla"
    lastname: str = "Energy"
    roles: tuple[str, ...] = ()
    token: str
    provider: str = "Basic"
    loginTime: str | UnsetType = UNSET

    def __repr__(self) -> str:
        return f"Session(roles={self.roles!r}, token=…)"


class Stop(Wire, kw_only=True):
    """The body of POST /api/sitemaster/stop: force overrides can_reboot."""

    force: bool | UnsetType = UNSET
