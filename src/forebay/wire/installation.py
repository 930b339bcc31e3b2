"""The wizard's data: installer, owner, inverters, generators, grid codes, radios."""

from __future__ import annotations

from typing import Any, ClassVar

from forebay.wire.firmware import Timeline
from forebay.wire.model import UNSET, OpenEnum, UnsetType, Wire


class Config(Wire, kw_only=True):
    """The reply of /api/config. vin: part number, two dashes, serial number."""

    vin: str


_CONTACT = ("company", "customer_id", "phone")


class Installer(Wire, kw_only=True):
    """Who installed the system and how, read or written.

    run_sitemaster: true while the site master runs, left out otherwise (S11).
    """

    MEMBERS: ClassVar = Timeline(
        ("1.15", _CONTACT),
        ("1.40", (*_CONTACT, "email", "run_sitemaster")),
        ("20.49", (*_CONTACT, "email", "run_sitemaster", "verified_config")),
        (
            "21.0",
            (
                *_CONTACT,
                "email",
                "location",
                "mounting",
                "wiring",
                "backup_configuration",
                "solar_installation",
                "solar_installation_type",
                "has_cellular_modem_to_wifi",
                "run_sitemaster",
                "verified_config",
                "installation_types",
            ),
        ),
    )

    company: str | UnsetType = UNSET
    customer_id: str | UnsetType = UNSET
    phone: str | UnsetType = UNSET
    email: str | UnsetType = UNSET
    location: str | UnsetType = UNSET
    mounting: str | UnsetType = UNSET
    wiring: str | UnsetType = UNSET
    backup_configuration: str | UnsetType = UNSET
    solar_installation: str | UnsetType = UNSET
    solar_installation_type: str | UnsetType = UNSET
    has_cellular_modem_to_wifi: bool | UnsetType = UNSET
    run_sitemaster: bool | UnsetType = UNSET
    verified_config: bool | UnsetType = UNSET
    installation_types: list[str] | UnsetType = UNSET

    def __repr__(self) -> str:
        return f"Installer(company={self.company!r}, …)"


class Company(Wire, kw_only=True):
    """An installer to choose in the wizard; customer_id was "AN-…", is a UUID from 20.49 on."""

    MEMBERS: ClassVar = Timeline(("1.15", ("company", "customer_id")), ("20.49", ("company", "customer_id", "country")))

    company: str
    customer_id: str
    country: str | UnsetType = UNSET


class Customer(Wire, kw_only=True):
    """The reply of /api/customer: place and consents, from 20.49 on consents alone.

    A consent is left out where nobody was asked (pypowerwall, 23.28).
    """

    MEMBERS: ClassVar = Timeline(
        (
            "1.15",
            (
                "city",
                "state",
                "zip",
                "country",
                "registered",
                "privacy_notice",
                "limited_warranty",
                "emailed_registration",
            ),
        ),
        ("20.49", ("marketing", "registered", "privacy_notice", "grid_services", "limited_warranty")),
    )

    city: str | UnsetType = UNSET
    state: str | UnsetType = UNSET
    zip: str | UnsetType = UNSET
    country: str | UnsetType = UNSET
    registered: bool
    privacy_notice: bool | UnsetType = UNSET
    limited_warranty: bool | UnsetType = UNSET
    grid_services: bool | UnsetType = UNSET
    marketing: bool | UnsetType = UNSET
    emailed_registration: bool | UnsetType = UNSET


class CustomerEntry(Wire, kw_only=True):
    """The body of POST /api/customer: whose system it is."""

    given_name: str
    family_name: str
    email: str
    phone: str
    street: str
    city: str
    state: str
    zip: str
    country: str

    def __repr__(self) -> str:
        return "CustomerEntry(…)"


class Legal(Wire, kw_only=True):
    """The consents, sent and echoed (X19)."""

    marketing: bool
    privacy_notice: bool
    limited_warranty: bool
    grid_services: bool


class Solar(Wire, kw_only=True):
    """An inverter as stored. power_rating_watts: its greatest power [W]."""

    brand: str
    model: str
    power_rating_watts: int


class SolarModel(Wire, kw_only=True):
    """An inverter to choose in the wizard. power_rating_watts: its greatest power [W]."""

    brand: str
    model: str
    description: str
    power_rating_watts: int


class Generators(Wire, kw_only=True):
    """The reply of /api/generators; what an entry looks like is unknown."""

    disconnect_type: str
    generators: list[dict[str, Any]]


class CustomizablePoint(Wire, kw_only=True):
    """A limit or time of a grid code that the installer may move between min and max."""

    name: str
    units: str
    min: float
    max: float
    file_value: float
    override: float | None
    value: float


class GridCodeSetting(Wire, kw_only=True):
    """What a grid code asks for: voltage [V], frequency [Hz] and phases.

    country, state, region: only where 1.x shows the code in force.
    """

    grid_code: str
    grid_voltage_setting: float
    grid_freq_setting: float
    grid_phase_setting: str
    grid_customizable_points: list[CustomizablePoint] | UnsetType = UNSET
    country: str | UnsetType = UNSET
    state: str | UnsetType = UNSET
    region: str | UnsetType = UNSET


GridCodes = dict[str, dict[str, dict[str, list[GridCodeSetting]]]]
"""Country, then state ("*" is all of it), then standard."""


class GridRegions(Wire, kw_only=True):
    """The reply of /api/site_info/grid_regions.

    regions: CSV with a header, lines end in a line feed. grid_code_settings: by grid code.
    """

    regions: str
    grid_code_settings: dict[str, GridCodeSetting]


class GridChoice(Wire, kw_only=True):
    """The body of POST /api/site_info/grid_code; "*" is any."""

    grid_code: str
    country: str
    state: str
    distributor: str = "*"
    utility: str = "*"
    retailer: str = "*"
    region: str


class SiteNameChoice(Wire, kw_only=True):
    """A new name of the site, sent and echoed."""

    site_name: str


class TimezoneChoice(Wire, kw_only=True):
    """The body of POST /api/site_info/timezone: a name of the IANA data base."""

    timezone: str


class NetMeterMode(OpenEnum):
    """What may flow into the grid: everything, the sun alone, nothing."""

    BATTERY_OK = "battery_ok"
    PV_ONLY = "pv_only"
    NEVER = "never"


class ExportMode(Wire, kw_only=True):
    """The body of POST /api/site_info/export_mode."""

    net_meter_mode: NetMeterMode


class OffGrid(Wire, kw_only=True):
    """The body of POST /api/site_info/offgrid: whether the site has no utility at all."""

    offgrid: bool


class Radio(Wire, kw_only=True):
    """A radio of the gateway with its approvals in the United States and Canada."""

    manufacturer: str
    model: str
    fcc_id: str
    ic_id: str
