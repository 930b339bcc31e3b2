"""Every row that changes meters, Powerwalls, installation or panels changes what the rows named here read next."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import msgspec
import pytest
from tests.emulator.test_laws import build

from forebay.emulator.device import Device
from forebay.emulator.home import Grid, Home, MetersTable, Owner, PackTable
from forebay.emulator.resources import RESOURCES
from forebay.emulator.resources.system import pack_part
from forebay.wire import catalogue, codec
from forebay.wire.catalogue import clamps, installation, metering, packs, site_settings, solar
from forebay.wire.endpoint import Effect, Endpoint
from forebay.wire.installation import (
    CustomerEntry,
    ExportMode,
    GridChoice,
    Installer,
    Legal,
    NetMeterMode,
    OffGrid,
    SiteNameChoice,
    TimezoneChoice,
)
from forebay.wire.metering import ClampPhases, ClampRating, Enabled, MeterIdentity, NamedMeter, NewClampGroup, NewMeter
from forebay.wire.packs import Islanding, IslandMode, PhaseUse, PhaseUses
from forebay.wire.power import MeterType
from forebay.wire.solar import PackChoice, Power, PowerChoice

AREAS = (installation, site_settings, metering, clamps, packs, solar)
WRITES = {row.name: row for area in AREAS for row in area.ROWS if row.effect is Effect.WRITES}

SPLIT = msgspec.structs.replace(Home(), owner=Owner(registered=False))
NEURIO = msgspec.structs.replace(Home(), meters=MetersTable(kind="neurio"))
THREE = msgspec.structs.replace(Home(), grid=Grid(phases="three", voltage_v=230, frequency_hz=50))
PANELS = msgspec.structs.replace(Home(), packs=(PackTable(model="plus"), PackTable()))
NEW = MeterType.NEURIO_W2_TCP


@dataclass(frozen=True)
class Write:
    """What is sent, to which home, and what reads otherwise afterwards.

    after_s: how long it takes to show [s]. parts: made from the device.
    """

    reads: tuple[str, ...]
    body: Callable[[Device], Any] = lambda _: None
    parts: Callable[[Device], dict[str, str]] = lambda _: {}
    home: Home = field(default_factory=lambda: SPLIT)
    firmware: str = "21.44"
    after_s: float = 0.0
    prepare: Callable[[Device], None] = lambda _: None


def x(device: Device) -> str:
    return f"{device.sync_serial}synchrometerX"


def y(device: Device) -> str:
    return f"{device.sync_serial}synchrometerY"


def in_path(serial: Callable[[Device], str]) -> Callable[[Device], dict[str, str]]:
    return lambda device: {"serial": serial(device)}


def box(device: Device) -> str:
    return device.meter_serial


def din(device: Device) -> str:
    return f"{pack_part(device, 0)}--{device.pack_serials[0]}"


def add(device: Device) -> None:
    RESOURCES[catalogue.ADD_METER](device, NEW_METER, {})


def run_autoconfig(device: Device) -> None:
    RESOURCES[catalogue.AUTOCONFIG_RUN](device, None, {})


NEW_METER = NewMeter(type=NEW, serial="OBB1", short_id="1", location="solar", ip_address="", mac="")
OWNER = CustomerEntry(**dict.fromkeys(CustomerEntry.__struct_fields__, "elsewhere"))
GERMANY = GridChoice(grid_code="50Hz_230V_1_VDE4105:2018_Germany", country="Germany", state="*", region="VDE4105:2018")
VERIFY = "METER_SETUP"
FLOWS = ("AGGREGATES", "METERS_SOLAR", "VITALS")
SUN = ("AGGREGATES", "SOLAR_POWERWALL", "VITALS")

CASES: dict[str, Write] = {
    "SET_INSTALLER": Write(("INSTALLER",), lambda _: Installer(company="Blue Gum Power & Light", phone="7")),
    "SET_CUSTOMER": Write(("CUSTOMER", "REGISTRATION"), lambda _: OWNER),
    "SKIP_REGISTRATION": Write(("REGISTRATION",), firmware="1.15"),
    "EMAILED_REGISTRATION": Write(("REGISTRATION", "CUSTOMER"), firmware="1.15"),
    "SET_LEGAL": Write(("REGISTRATION", "CUSTOMER"), lambda _: Legal(**dict.fromkeys(Legal.__struct_fields__, False))),
    "SET_SITE_NAME": Write(("SITE_NAME", "SITE_INFO"), lambda _: SiteNameChoice(site_name="Mill")),
    "SET_TIMEZONE": Write(
        ("SITE_NAME", "SITE_INFO", "STATUS", "AGGREGATES"), lambda _: TimezoneChoice(timezone="Asia/Tokyo")
    ),
    "SET_EXPORT_MODE": Write(
        ("AGGREGATES",),
        lambda _: ExportMode(net_meter_mode=NetMeterMode.NEVER),
        prepare=lambda d: d.set_charge_pct(100),
    ),
    "SET_EXTRA_PROGRAMS": Write(("EXTRA_PROGRAMS",), lambda _: {"heco_battery_bonus": True}),
    "SET_GRID_CODE": Write(("SITE_INFO", "AGGREGATES", "SYSTEM_STATUS", "VITALS", "METERS_SITE"), lambda _: GERMANY),
    "SET_OFF_GRID": Write(("GRID_STATUS", "AGGREGATES", "SYSTEM_STATUS"), lambda _: OffGrid(offgrid=True), after_s=30),
    "VERIFY_THIS_METER": Write((VERIFY,), lambda d: MeterIdentity(serial=x(d), short_id="1"), in_path(x)),
    "VERIFY_METER": Write(
        (VERIFY,), lambda d: NamedMeter(location="site", type=MeterType.SYNCHROMETER_X, ip_address="", serial=x(d))
    ),
    "ADD_METER": Write(("METERS", "METER_READINGS"), lambda _: NEW_METER),
    "REMOVE_METER": Write(
        ("METERS", "METER_READINGS", *FLOWS),
        lambda d: NamedMeter(location="solar", type=MeterType.SYNCHROMETER_Y, ip_address="", serial=y(d)),
    ),
    "REMOVE_THIS_METER": Write(("METERS", "METER_READINGS", *FLOWS), parts=in_path(y)),
    "COMMISSION_METER": Write(
        ("METERS", "METER_READINGS", VERIFY),
        lambda _: MeterIdentity(serial="OBB1", short_id="2"),
        lambda _: {"serial": "OBB1"},
        prepare=add,
        after_s=10,
    ),
    "DETECT_METERS": Write((VERIFY,)),
    "SET_INVERTER_METER": Write(("INVERTER_METER", "AGGREGATES"), lambda _: Enabled(enabled=False), home=PANELS),
    "USE_INVERTER_METER": Write(("INVERTER_METER",)),
    "SET_CLAMP_RATING": Write(
        ("CLAMP_RATING",), lambda _: ClampRating(amp_ct_type=["800A"] * 4), in_path(box), home=NEURIO
    ),
    "SET_CLAMPS": Write(
        ("METERS", "CLAMPS", "AGGREGATES", "METERS_SITE"),
        lambda _: NewClampGroup(type="load", real_power_scale_factor=1, valid=[True, False, False, False]),
        in_path(x),
    ),
    "REMOVE_CLAMPS": Write(("METERS", "CLAMPS", *FLOWS), parts=in_path(y)),
    "INVERT_CLAMPS": Write(("METERS", "CLAMPS", *FLOWS), lambda _: [False, False, True, False], in_path(y)),
    "SET_CLAMP_PHASES": Write(
        ("CLAMP_PHASES", "METERS_SITE", *FLOWS), lambda _: ClampPhases(ct1="Phase1", ct2="Phase2", ct3="Phase2")
    ),
    "RUN_FOR_COMMISSIONING": Write(("SITEMASTER", "INSTALLER", "POWERWALLS"), prepare=lambda d: d.stop(force=True)),
    "ISLANDING": Write(
        ("GRID_STATUS", "AGGREGATES", "SYSTEM_STATUS", "VITALS"),
        lambda _: Islanding(island_mode=IslandMode.OFF_GRID),
        after_s=30,
    ),
    "SET_PHASE_USAGES": Write(
        ("PHASE_USAGES",),
        lambda _: PhaseUses(phase1=PhaseUse.NOT_BACKED_UP, phase2=PhaseUse.NOT_CONFIGURED, phase3=PhaseUse.BACKED_UP),
        home=THREE,
    ),
    "DETECT_PHASES": Write(("PACK_STATUS", "POWERWALLS"), home=THREE, after_s=90),
    "PHASE_DETECTION_READ": Write(("PACK_STATUS", "POWERWALLS"), home=THREE, after_s=90),
    "SCAN_PACKS": Write(("PACK_STATUS", "POWERWALLS", "SITEMASTER")),
    "UPDATE_PACKS": Write(("PACK_STATUS", "POWERWALLS", "SITEMASTER")),
    "UPDATE_PACKS_READ": Write(("PACK_STATUS", "POWERWALLS", "SITEMASTER")),
    "AUTOCONFIG_RUN": Write(("AUTOCONFIG",)),
    "AUTOCONFIG_RETRY": Write(("AUTOCONFIG",)),
    "AUTOCONFIG_CANCEL": Write(("AUTOCONFIG",), prepare=run_autoconfig),
    "SET_PV_POWER": Write(SUN, lambda d: PowerChoice(battery_din=din(d), pvi_power_status=Power.OFF), home=PANELS),
    "RESET_PV": Write(SUN, lambda d: PackChoice(battery_din=din(d)), home=PANELS),
    "RESET_PV_READ": Write(SUN, home=PANELS),
    "RESET_PV_OF": Write(SUN, parts=lambda _: {"t": "0"}, home=PANELS),
}


def test_every_row_that_writes_is_here() -> None:
    assert set(CASES) == set(WRITES)


def read(device: Device, name: str, parts: dict[str, str]) -> bytes:
    row: Endpoint[Any, Any] = next(row for row in catalogue.ALL if row.name == name)
    told = RESOURCES[row](device, None, parts)
    return told if isinstance(told, bytes) else codec.encode(told, device.version)


@pytest.mark.parametrize("name", CASES)
def test_what_is_written_shows_in_what_is_read_next(name: str) -> None:
    """S146, S148–S150, S160–S162, S172 and the wizard's rows E052, E063–E081, E094–E118."""
    case = CASES[name]
    written, twin = (build(case.firmware, 1, 19, case.home) for _ in range(2))
    for device in (written, twin):  # time is the same for both; only one of them is written to
        device.set_load_w(200 if name == "SET_EXPORT_MODE" else 2_000)
        device.set_solar_w(4_000)
        case.prepare(device)
    parts = case.parts(written)
    assert [one for one in case.reads if read(written, one, parts) != read(twin, one, parts)] == []

    RESOURCES[WRITES[name]](written, case.body(written), parts)
    for device in (written, twin):
        device.clock.jump(case.after_s)
        device.catch_up()

    assert [one for one in case.reads if read(written, one, parts) == read(twin, one, parts)] == []


def test_another_grid_code_moves_voltage_and_frequency() -> None:
    """E107: what is measured fits what is set, on the grid and on an island."""
    device = build("21.44", 1, 19)
    RESOURCES[catalogue.SET_GRID_CODE](device, GERMANY, {})
    told = RESOURCES[catalogue.AGGREGATES](device, None, {}).battery
    rules = RESOURCES[catalogue.SITE_INFO](device, None, {}).grid_code
    device.set_grid(False)
    device.clock.jump(30)
    device.catch_up()
    alone = RESOURCES[catalogue.AGGREGATES](device, None, {}).battery

    assert (rules.grid_freq_setting, rules.grid_voltage_setting, rules.grid_phase_setting) == (50, 230, "Single")
    for point in (told, alone):
        assert point.frequency == pytest.approx(50, abs=3)
        assert point.instant_average_voltage == pytest.approx(230, rel=0.03)


def test_another_time_zone_moves_the_stamps() -> None:
    device = build("21.44", 1, 19)
    RESOURCES[catalogue.SET_TIMEZONE](device, TimezoneChoice(timezone="Asia/Tokyo"), {})

    assert RESOURCES[catalogue.AGGREGATES](device, None, {}).site.last_communication_time.endswith("+09:00")
