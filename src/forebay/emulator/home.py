"""HOME.toml: a home described as data, checked before anything is built."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Meta

from forebay.emulator import patterns
from forebay.emulator.injected import InjectedFault

PanelWatts = Annotated[float, Meta(ge=50, le=50_000)]
PackWatts = Annotated[float, Meta(ge=100, le=100_000)]
ChargeWatts = Annotated[float, Meta(ge=0, le=100_000)]
DaySpan = Annotated[str, Meta(pattern=patterns.DAY_SPAN)]
WattHours = Annotated[float, Meta(ge=100, le=10_000_000)]
Percent = Annotated[float, Meta(ge=0, le=100)]
Share = Annotated[float, Meta(ge=0.1, le=1)]


class _Table(msgspec.Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    pass


class Site(_Table, frozen=True, kw_only=True):
    """[site]: where the home is and what it is called."""

    name: Annotated[str, Meta(min_length=1, max_length=120)] = "Home Energy Gateway"
    timezone: str = "America/Los_Angeles"
    latitude_deg: Annotated[float, Meta(ge=-66, le=66)] = 37.4
    longitude_deg: Annotated[float, Meta(ge=-180, le=180)] = -122.1


class GatewayTable(_Table, frozen=True, kw_only=True):
    """[gateway]: the box on the wall.

    serial: 14 characters; made from the seed when left out. password: of the
    customer; the last five characters of the serial when left out. On 1.15, where there are no users, of anybody
        beside the gateway's own.
    token_life_h: how long a log-in is good [h of emulated time]; real value unknown.
    login_failures: wrong passwords within five minutes that lead to 429; unknown too.
    login_limit: right ones within five minutes that lead to 429; without it, any number is fine.
    missing_login_status: what a request without a valid log-in gets, 403 or 401.
    restricted: the gateway answers a log-in, aggregates, soe and grid_status only, and
        refuses everything else with 404 or 403, as a Powerwall 3 does.
    """

    firmware: str = "21.44"
    serial: Annotated[str, Meta(pattern=patterns.SERIAL)] | None = None
    password: Annotated[str, Meta(min_length=1)] | None = None
    installer_password: Annotated[str, Meta(min_length=1)] | None = None
    token_life_h: Annotated[float, Meta(gt=0, le=87_600)] = 24.0
    login_failures: Annotated[int, Meta(ge=1)] = 10
    login_limit: Annotated[int, Meta(ge=1)] | None = None
    missing_login_status: Literal[403, 401] = 403
    restricted: Literal[404, 403] | None = None
    stop_by_get: bool = False
    commands_by_get: bool = False
    registration_needs_login: bool = False
    vitals_need_installer: bool = False
    says_google: bool = False
    openapi: bool = False


class UserTable(_Table, frozen=True, kw_only=True):
    """[[users]]: somebody who may log in, beside the owner and the installer of [gateway], or one of these two.

    name: as given at the log-in; "customer" and "installer" are the two of [gateway].
    role: what the user may do, engineer is the maker's own; when left out, what the web page
        knows such a name for (installer, engineer, admin, kiosk), else customer.
    """

    name: Annotated[str, Meta(min_length=1, max_length=80)]
    password: Annotated[str, Meta(min_length=1, max_length=200)]
    role: Literal["kiosk", "customer", "installer", "engineer"] | None = None


class Owner(_Table, frozen=True, kw_only=True):
    """[owner]: whose home it is, as the wizard was told.

    registered: whether the wizard was gone through to the end; without, no consent was asked for.
    """

    registered: bool = True
    city: str = "Alder Grove"
    state: str = "California"
    zip: str = "94000"
    country: str = "US"


class InstallerTable(_Table, frozen=True, kw_only=True):
    """[installer]: who put the system up, as the wizard was told.

    company: one that the wizard lists has its number from there.
    """

    company: str = "Juniper Ridge Solar"
    phone: str = "0000000000"
    email: str = "installer@example.com"


class SolarString(_Table, frozen=True, kw_only=True):
    """[[solar]]: one string of panels; facing 180 is south."""

    peak_w: PanelWatts
    tilt_deg: Annotated[float, Meta(ge=0, le=90)] = 20.0
    facing_deg: Annotated[float, Meta(ge=0, le=360)] = 180.0


class PackTable(_Table, frozen=True, kw_only=True):
    """[[packs]]: one Powerwall. charge_pct is on the gateway's scale.

    model: alternating or direct current, first or second version; "plus" has a solar inverter
        for four strings. enabled: whether it works; disabled_reason: why it does not, as /api/system_status tells.
    """

    full_wh: WattHours = 13_500.0
    power_w: PackWatts = 5_000.0
    charge_pct: Percent = 45.0
    round_trip: Share = 0.9
    idle_w: Annotated[float, Meta(ge=0, le=500)] = 20.0
    model: Literal["ac_v2", "dc_v1", "dc_v2", "plus"] = "ac_v2"
    part_number: str | None = None
    serial: Annotated[str, Meta(pattern=patterns.SERIAL)] | None = None
    enabled: bool = True
    disabled_reason: Annotated[str, Meta(min_length=1, max_length=80)] = "DisabledExcessiveVoltageDrop"


class Appliance(_Table, frozen=True, kw_only=True):
    """[[house.appliances]]: something that runs once a day, beside what every house has.

    power_w: its use while it runs [W]. start: local time "HH:MM". spread_minutes: how far the start wanders,
        half before and half after. minutes: how long it runs, past midnight too. chance: of a run on a day.
    months: 1 to 12, in which it runs; all when left out.
    """

    name: Annotated[str, Meta(min_length=1, max_length=80)]
    power_w: Annotated[float, Meta(ge=10, le=100_000)]
    start: Annotated[str, Meta(pattern=patterns.DAY_TIME)]
    minutes: Annotated[int, Meta(ge=1, le=2_880)]
    spread_minutes: Annotated[int, Meta(ge=0, le=720)] = 0
    chance: Annotated[float, Meta(ge=0, le=1)] = 1.0
    months: tuple[Annotated[int, Meta(ge=1, le=12)], ...] = ()


class House(_Table, frozen=True, kw_only=True):
    """[house]: what the house uses when no trace is given.

    daily_kwh: use on an average day [kWh], without the appliances below.
    """

    daily_kwh: Annotated[float, Meta(ge=0, le=1_000)] = 18.0
    appliances: Annotated[tuple[Appliance, ...], Meta(max_length=50)] = ()


class SolarInverter(_Table, frozen=True, kw_only=True):
    """[solar_inverter]: what the sun comes in through where no Powerwall does it, as the wizard was told.

    brand: as /api/solars tells it; those that the wizard lists are on /api/solars/brands.
    model: as /api/solars tells it.
    power_w: the most that it gives [W]; what the strings have together when left out.
    """

    brand: Annotated[str, Meta(min_length=1, max_length=120)] = "SolarEdge Technologies"
    model: Annotated[str, Meta(min_length=1, max_length=120)] = "SE5000 (240V) w/ -ER-US or A-US"
    power_w: Annotated[float, Meta(gt=0, le=1_000_000)] | None = None


class MetersTable(_Table, frozen=True, kw_only=True):
    """[meters]: what measures the grid connection and the sun.

    kind: a box of its own, the gateway's own clamps, or these for the grid and the Powerwall's inverter for the sun;
        by the release and the Powerwalls when left out. neurio: how such a box is connected.
    inverted: what the installer's clamps count the wrong way round, "site" or "solar".
    """

    kind: Literal["neurio", "synchrometer", "pvac"] | None = None
    neurio: Literal["tcp", "mb", "w2_tcp", "w2_mb"] = "tcp"
    inverted: tuple[Literal["site", "solar"], ...] = ()


class GeneratorTable(_Table, frozen=True, kw_only=True):
    """[generator]: a generator that carries the house on an island when the packs run low.

    power_w: what it can give [W]; 0 is no generator. It charges no pack.
    starts_below_pct: charge on the gateway's scale below which it starts. stops_above_pct: charge at which it rests.
    """

    power_w: Annotated[float, Meta(ge=0, le=100_000)] = 0.0
    starts_below_pct: Percent = 15.0
    stops_above_pct: Percent = 40.0
    name: Annotated[str, Meta(min_length=1, max_length=80)] = "Generator"


class Outage(_Table, frozen=True, kw_only=True):
    """[[grid.outages]]: a failure of the grid; start is local time of the site."""

    start: datetime
    minutes: Annotated[float, Meta(gt=0, le=525_600)]


class Grid(_Table, frozen=True, kw_only=True):
    """[grid]: the utility.

    phases: split, single or three; by the frequency when left out, split at 60 Hz and single at 50 Hz.
    reconnect_s: from the return of the grid until the house joins it [s].
    charging: whether the packs may charge from the grid.
    present: whether there is a utility at all; without, the home is an island from the start (E109).
    island_s: from an outage until the house has power of its own [s].
    leave_s: how long it takes to leave the grid on purpose [s]; under 20 in G03.
    rejoin_s: how long it takes to come back from there [s].
    curtail_from_hz: how far a full island raises its frequency to hold back a little of its sun [Hz].
    curtail_to_hz: how far it raises it to hold back all [Hz].
    island_floor_pct: charge at which an island goes dark, on the gateway's scale; its 5 are the app's 0.
    black_start_every_s: how long a dark island waits for its next attempt to start, in black_start_span [s].
    black_start_s: how long an attempt may take until the sun carries the house [s].
    """

    voltage_v: Annotated[float, Meta(ge=100, le=480)] = 240.0
    frequency_hz: Annotated[float, Meta(ge=45, le=65)] = 60.0
    phases: Literal["split", "single", "three"] | None = None
    reconnect_s: Annotated[float, Meta(ge=0, le=86_400)] = 60.0
    charging: bool = True
    present: bool = True
    island_s: Annotated[float, Meta(ge=0.5, le=600)] = 1.0
    leave_s: Annotated[float, Meta(ge=1, le=600)] = 6.0
    rejoin_s: Annotated[float, Meta(ge=1, le=600)] = 15.0
    curtail_from_hz: Annotated[float, Meta(ge=0, le=5)] = 0.5
    curtail_to_hz: Annotated[float, Meta(ge=0, le=6)] = 2.5
    island_floor_pct: Percent = 5.0
    black_start_every_s: Annotated[float, Meta(ge=60, le=86_400)] = 3_600.0
    black_start_s: Annotated[float, Meta(ge=1, le=3_600)] = 300.0
    black_start_span: DaySpan = "06:00-20:00"
    outages: tuple[Outage, ...] = ()


class SiteMasterTable(_Table, frozen=True, kw_only=True):
    """[sitemaster]: how the power system starts and stops.

    start_s: from the request until it runs [s]; about 2 on real ones (S08), 0 is at once.
    stop_s: from the request until it is stopped [s].
    stuck: whether it refuses to stop, forced or not, with 500 (E05).
    commit_busy_s: how long changes are refused with 503 after a commit, from 20.49 on [s].
    """

    start_s: Annotated[float, Meta(ge=0, le=600)] = 0.0
    stop_s: Annotated[float, Meta(ge=0, le=600)] = 0.0
    stuck: bool = False
    commit_busy_s: Annotated[float, Meta(ge=0, le=600)] = 0.0


class UpdatesTable(_Table, frozen=True, kw_only=True):
    """[updates]: how a newer firmware comes, and how long each step takes.

    available: the version that the maker offers; none when left out.
    upgrade_at: when the gateway installs it by itself, local time of the site (S075).
    upgrades_itself: whether it does so at a random hour of a night when upgrade_at is left out.
    check_s: how long it looks for a newer version [s].
    download_s: how long it fetches it [s].
    stage_s: how long it prepares it [s].
    install_s: how long the battery is stopped [s]; about 15 minutes (S075).
    restart_s: from the restart until the status is settled [s].
    ends_sessions: whether the restart ends every session.
    reverts_passwords: whether the passwords are the last characters of the serial again (A25).
    """

    available: str | None = None
    upgrade_at: datetime | None = None
    upgrades_itself: bool = False
    check_s: Annotated[float, Meta(ge=0.5, le=86_400)] = 4.0
    download_s: Annotated[float, Meta(ge=0.5, le=86_400)] = 60.0
    stage_s: Annotated[float, Meta(ge=0.5, le=86_400)] = 60.0
    install_s: Annotated[float, Meta(ge=0.5, le=86_400)] = 900.0
    restart_s: Annotated[float, Meta(ge=0.5, le=86_400)] = 30.0
    ends_sessions: bool = True
    reverts_passwords: bool = False


class OperationTable(_Table, frozen=True, kw_only=True):
    """[operation]: what the battery is for at the start, and what each mode does.

    Rates and hours are user reports and stand-ins (levers.md).
    """

    mode: Literal["self_consumption", "backup", "autonomous"] = "self_consumption"
    reserve_app_pct: Percent = 20.0
    max_pv_export_kw: Annotated[float, Meta(ge=0, le=1_000)] | None = None
    reserve_charge_w: ChargeWatts = 1_700.0
    backup_charge_w: ChargeWatts = 3_300.0
    autonomous_charge_w: ChargeWatts = 5_000.0
    peak_hours: tuple[DaySpan, ...] = ("16:00-21:00",)
    cheap_hours: tuple[DaySpan, ...] = ("00:00-06:00",)
    weekends_have_peaks: bool = True
    snaps_reserve: bool | None = None


class Home(_Table, frozen=True, kw_only=True):
    """A whole home."""

    site: Site = Site()
    gateway: GatewayTable = GatewayTable()
    owner: Owner = Owner()
    installer: InstallerTable = InstallerTable()
    solar: tuple[SolarString, ...] = (SolarString(peak_w=4_200.0), SolarString(peak_w=2_400.0, facing_deg=255.0))
    packs: Annotated[tuple[PackTable, ...], Meta(min_length=1, max_length=10)] = (
        PackTable(),
        PackTable(full_wh=13_320.0, charge_pct=46.5),
    )
    solar_inverter: SolarInverter = SolarInverter()
    meters: MetersTable = MetersTable()
    generator: GeneratorTable = GeneratorTable()
    house: House = House()
    grid: Grid = Grid()
    operation: OperationTable = OperationTable()
    sitemaster: SiteMasterTable = SiteMasterTable()
    updates: UpdatesTable = UpdatesTable()
    users: Annotated[tuple[UserTable, ...], Meta(max_length=100)] = ()
    faults: Annotated[tuple[InjectedFault, ...], Meta(max_length=256)] = ()

    @property
    def phase_kind(self) -> Literal["split", "single", "three"]:
        """The phases of the house: as described, else split where the grid has 60 Hz, single at 50 Hz."""
        return self.grid.phases or ("split" if self.grid.frequency_hz >= SIXTY_HZ_FROM else "single")

    @property
    def solar_rating_w(self) -> float:
        """The most that the roof's inverter gives [W]; what the strings have together where nothing else is said."""
        return self.solar_inverter.power_w or sum(string.peak_w for string in self.solar)

    @property
    def has_own_inverter(self) -> bool:
        """Whether the sun comes in through inverters of the Powerwalls."""
        return bool(self.solar) and any(pack.model == "plus" for pack in self.packs)

    @property
    def zone(self) -> ZoneInfo:
        """The site's time zone."""
        return ZoneInfo(self.site.timezone)


SIXTY_HZ_FROM = 55.0
"""Frequency that tells grids of 60 Hz from those of 50 Hz [Hz]."""

YEARS = range(1971, 2200)
LIVABLE = f"a home lives from {YEARS[0]} to {YEARS[-1]}"


def is_livable(when: datetime) -> bool:
    """Whether an emulated home can live at this time; well inside what calendars can count."""
    return when.year in YEARS
