"""Mode and reserve steer the packs by the rules of the levers; S111–S114, S117–S122, S124, E020, E022, E023."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import datetime
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.conftest import FIRMWARES, MakeDevice

from forebay.emulator.device import Device
from forebay.emulator.home import Grid, Home, OperationTable, PackTable
from forebay.emulator.levers import Hours, Levers, Setting, read_hours, snapped
from forebay.wire.endpoint import Access
from forebay.wire.percent import AppPercent, WirePercent
from forebay.wire.site import OperationMode

MakeGateway = Callable[..., Any]
MODES = OperationMode
NOON = "2026-06-22T19:00:00"  # at the home
NIGHT = "2026-06-23T09:30:00"  # half past two in the morning at the home


def home_with(charge_pct: float = 50.0, *, charging: bool = True, **operation: Any) -> Home:
    return msgspec.structs.replace(
        Home(),
        packs=(PackTable(charge_pct=charge_pct), PackTable(charge_pct=charge_pct)),
        grid=Grid(charging=charging),
        operation=OperationTable(**operation),
    )


def put(device: Device, mode: OperationMode, reserve_pct: float, export_kw: float | None = None) -> None:
    device.stage(Setting(mode, WirePercent(reserve_pct), export_kw))
    device.commit()


def live(device: Device, seconds: float) -> None:
    device.clock.jump(seconds)
    device.catch_up()


def fixed(device: Device, load_w: float, solar_w: float) -> None:
    device.set_load_w(load_w)
    device.set_solar_w(solar_w)


@pytest.mark.parametrize(
    ("mode", "reserve_pct", "per_pack_w"),
    [
        (MODES.SELF_CONSUMPTION, 60, 1_700),
        (MODES.BACKUP, 20, 3_300),
        (MODES.TIME_OF_USE, 20, 5_000),
        (MODES.TIME_OF_USE, 60, 1_700),
    ],
)
@pytest.mark.parametrize("charging", [True, False])
def test_each_lever_charges_from_the_grid_at_its_own_rate(
    make_device: MakeDevice, mode: OperationMode, reserve_pct: float, per_pack_w: float, charging: bool
) -> None:
    device = make_device(start=NIGHT, home=home_with(charging=charging))
    fixed(device, 500, 0)
    put(device, mode, reserve_pct)
    live(device, 10)

    assert -device.power.flows.battery_w == pytest.approx(2 * per_pack_w if charging else 0, abs=10)


def test_the_rates_are_settings(make_device: MakeDevice) -> None:
    home = home_with(reserve_charge_w=1_000, backup_charge_w=2_000, autonomous_charge_w=3_000)
    device = make_device(start=NIGHT, home=home)
    fixed(device, 500, 0)
    seen = []
    for mode, reserve in ((MODES.SELF_CONSUMPTION, 60), (MODES.BACKUP, 20), (MODES.TIME_OF_USE, 20)):
        put(device, mode, reserve)
        seen.append(round(-device.power.flows.battery_w, -2))

    assert seen == [2_000, 4_000, 6_000]


def test_the_sun_may_charge_faster_than_the_lever(make_device: MakeDevice) -> None:
    device = make_device(start=NOON, home=home_with())
    fixed(device, 500, 9_000)
    put(device, MODES.SELF_CONSUMPTION, 60)

    assert -device.power.flows.battery_w == pytest.approx(8_500, abs=10)


def test_charging_slows_near_full_and_ends_there(make_device: MakeDevice) -> None:
    device = make_device(start=NIGHT, home=home_with(94))
    fixed(device, 500, 0)
    put(device, MODES.BACKUP, 20)
    powers = []
    for _ in range(60):
        live(device, 60)
        powers.append(-device.power.flows.battery_w)

    assert powers[0] == pytest.approx(6_600, abs=10)
    assert powers == sorted(powers, reverse=True) or max(powers[30:]) < 700
    assert device.power.level > 0.99


def test_backup_serves_the_house_only_on_an_island(make_device: MakeDevice) -> None:
    device = make_device(start=NIGHT, home=home_with(100))
    fixed(device, 3_000, 0)
    put(device, MODES.BACKUP, 20)
    live(device, 60)
    assert device.power.flows.battery_w <= 0
    device.set_grid(False)
    live(device, 10)

    assert device.power.flows.battery_w == pytest.approx(3_000)


def test_hold_is_a_reserve_at_the_present_charge(make_device: MakeDevice) -> None:
    device = make_device(start=NIGHT, home=home_with(47, charging=False))
    fixed(device, 2_000, 0)
    put(device, MODES.SELF_CONSUMPTION, 47)
    live(device, 3 * 3_600)

    assert device.power.flows.battery_w == 0
    assert device.power.level == pytest.approx(0.47, abs=0.006)
    fixed(device, 500, 3_000)
    assert device.power.flows.battery_w < -2_400


def test_self_powered_serves_the_house_down_to_the_reserve(make_device: MakeDevice) -> None:
    device = make_device(start=NIGHT, home=home_with(50, charging=False))
    fixed(device, 8_000, 0)
    put(device, MODES.SELF_CONSUMPTION, 24.6)
    live(device, 60)
    assert device.power.flows.battery_w == pytest.approx(8_000, abs=10)
    live(device, 4 * 3_600)

    assert device.power.level == pytest.approx(0.246, abs=0.006)


def test_autonomous_follows_its_hours(make_device: MakeDevice) -> None:
    """Charges in cheap hours, serves in peak hours, and in between takes the sun only."""
    home = home_with(40, mode="autonomous", peak_hours=("17:00-20:00",), cheap_hours=("23:00-05:00",))
    device = make_device(start="2026-06-22T07:00:00", home=home)  # midnight at the home
    fixed(device, 1_000, 0)
    seen = {}
    for hour in range(24):
        device.set_charge_pct(40)
        live(device, 1_800)
        seen[hour] = round(device.power.flows.battery_w, -2)
        live(device, 1_800)

    assert {hour for hour, power_w in seen.items() if power_w == -10_000} == {23, 0, 1, 2, 3, 4}
    assert {hour for hour, power_w in seen.items() if power_w == 1_000} == {17, 18, 19}
    assert {power_w for power_w in seen.values()} == {-10_000, 0, 1_000}


def test_weekends_may_be_without_peaks(make_device: MakeDevice) -> None:
    home = home_with(40, mode="autonomous", weekends_have_peaks=False)
    saturday, monday = (make_device(start=start, home=home) for start in ("2026-06-21T01:00:00", "2026-06-23T01:00:00"))
    for device in (saturday, monday):
        fixed(device, 1_000, 0)

    assert (saturday.power.flows.battery_w, round(monday.power.flows.battery_w, -2)) == (0, 1_000)


@given(st.integers(0, 86_399))
def test_spans_of_the_day_may_go_over_midnight(second: int) -> None:
    night = read_hours(("22:00-06:30",))

    assert night.holds(second) == (second >= 79_200 or second < 23_400)
    assert read_hours(("00:00-24:00",)).holds(second)


@pytest.mark.parametrize(
    "text", ["7-8", "07:00", "07:00-07:00", "25:00-26:00", "00:00-24:10", "07:60-08:00", "a:00-b:00"]
)
def test_a_span_that_is_none_is_quoted(text: str) -> None:
    with pytest.raises(ValueError, match=r"16:00-21:00"):
        read_hours((text,))


@given(st.integers(0, 86_399))
def test_an_order_stands_until_the_next_edge_of_its_hours(second: int) -> None:
    levers = Levers(OperationTable(), grid_charging=True)
    local = datetime(2026, 6, 22, second // 3600, second // 60 % 60, second % 60)  # noqa: DTZ001 - local by design
    stands_s = levers.stands_s(Setting(MODES.TIME_OF_USE, WirePercent(20)), local)
    edges = [0, 6 * 3600, 16 * 3600, 21 * 3600, 86_400]

    assert second + stands_s in edges
    assert stands_s > 0
    assert not any(second < edge < second + stands_s for edge in edges)


def test_no_span_is_no_hours() -> None:
    assert not Hours(()).holds(0)


@pytest.mark.parametrize("limit_kw", [0, 1.5, None])
def test_export_is_held_to_its_limit(make_device: MakeDevice, limit_kw: float | None) -> None:
    """S124: the sun that may not flow out is held back at the roof."""
    device = make_device(start=NOON, home=home_with(100))
    fixed(device, 1_000, 6_000)
    put(device, MODES.SELF_CONSUMPTION, 20, limit_kw)
    live(device, 60)
    most_w = math.inf if limit_kw is None else limit_kw * 1_000

    assert -device.power.flows.site_w == pytest.approx(min(5_000, most_w), abs=120)
    assert -device.power.flows.site_w <= most_w + 1
    assert device.power.flows.solar_w == pytest.approx(1_000 - device.power.flows.site_w, abs=120)


def test_an_export_limit_may_be_there_from_the_start(make_device: MakeDevice) -> None:
    device = make_device(start=NOON, home=home_with(100, max_pv_export_kw=0.5))
    fixed(device, 1_000, 6_000)
    live(device, 60)

    assert -device.power.flows.site_w == pytest.approx(500, abs=1)


@pytest.mark.parametrize(
    ("app", "becomes"), [(20, 20), (80, 80), (81, 80), (90, 80), (99, 80), (99.6, 99.6), (100, 100), (80.4, 80.4)]
)
def test_reserves_of_81_to_99_snap_to_80(app: float, becomes: float) -> None:
    setting = snapped(Setting(MODES.SELF_CONSUMPTION, AppPercent(app).wire))

    assert setting.reserve.value == pytest.approx(AppPercent(becomes).wire.value)


@pytest.mark.parametrize(
    ("firmware", "chosen", "becomes"),
    [("21.44", None, 90), ("22.36", None, 80), ("23.44", None, 80), ("23.44", False, 90), ("1.40.2", True, 80)],
)
def test_whether_a_reserve_snaps_is_the_releases_or_the_homes_choice(
    make_device: MakeDevice, firmware: str, chosen: bool | None, becomes: float
) -> None:
    device = make_device(firmware, home=home_with(snaps_reserve=chosen))
    put(device, MODES.SELF_CONSUMPTION, AppPercent(90).wire.value)

    assert device.setting.reserve.app.value == pytest.approx(becomes)


@pytest.mark.parametrize("firmware", FIRMWARES)
async def test_a_posted_setting_steers_nothing_until_it_is_committed(gateway: MakeGateway, firmware: str) -> None:
    """S113, S114, S117: staged by POST, in force by config/completed, which counts."""
    home = gateway(firmware)
    device, headers = home.device, home.token()
    device.set_charge_pct(50)
    device.set_load_w(2_000)
    device.set_solar_w(0)
    before_w, count = device.power.flows.battery_w, device.commission_count
    name = "mode" if firmware == "1.40.2" else "real_mode"
    body = f'{{"{name}":"backup","backup_reserve_percent":24.6}}'.encode()
    posted = await home.ask("POST", "/api/operation", headers, body=body)
    staged = (await home.ask("GET", "/api/operation", headers)).json
    assert (posted.status, device.power.flows.battery_w) == (200, before_w)
    await home.ask("GET", "/api/config/completed", headers)

    assert (staged[name], staged["backup_reserve_percent"]) == ("backup", 24.6)
    assert -device.power.flows.battery_w == pytest.approx(6_600, abs=10)
    assert device.commission_count == count + 1
    status = (await home.ask("GET", "/api/status", headers)).json
    assert status.get("commission_count", count + 1) == count + 1


@pytest.mark.parametrize("mode", ["scheduler", "nonsense"])
async def test_a_mode_that_is_not_supported_is_refused_and_nothing_is_staged(gateway: MakeGateway, mode: str) -> None:
    """S122."""
    home = gateway("21.44")
    answer = await home.ask("POST", "/api/operation", home.token(), body=f'{{"real_mode":"{mode}"}}'.encode())

    assert answer.status in (400, 500)
    assert home.device.staged is None


async def test_a_customer_of_a_newer_release_may_read_and_not_set(gateway: MakeGateway) -> None:
    """A19."""
    home = gateway("21.44")
    headers = home.token(Access.CUSTOMER)
    read = await home.ask("GET", "/api/operation", headers)
    written = await home.ask("POST", "/api/operation", headers, body=b'{"real_mode":"backup"}')

    assert (read.status, written.status) == (200, 403)
    assert home.device.staged is None


async def test_a_full_pack_says_100_and_stays_so(gateway: MakeGateway) -> None:
    """S046, S120, E006: a full battery is the whole number 100."""
    home = gateway("21.44", home=home_with(99.0))
    put(home.device, MODES.BACKUP, 100)
    bodies = []
    for seconds in (3_600, 0.5, 7, 61, 3_600):
        home.device.clock.jump(seconds)
        bodies.append((await home.ask("GET", "/api/system_status/soe", home.token(Access.CUSTOMER))).body)

    assert bodies == [b'{"percentage":100}'] * 5
    assert 0 < -home.device.power.flows.battery_w < 100  # what the packs spend meanwhile
