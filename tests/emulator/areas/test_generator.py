"""A generator carries the house on an island when the packs run low; packs taken out take no part."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.conftest import MakeDevice
from tests.emulator.test_laws import build

from forebay.emulator.device import Device
from forebay.emulator.generator import Generator
from forebay.emulator.home import GeneratorTable, Home, MetersTable, PackTable, SolarInverter, SolarString
from forebay.emulator.home_file import checked
from forebay.emulator.levers import Order
from forebay.emulator.power import PowerSystem
from forebay.emulator.resources import RESOURCES
from forebay.emulator.sight import CLEAR, Seen, Sight
from forebay.errors import EmulatorError
from forebay.physics.pack import Pack, PackSpec
from forebay.wire import catalogue

HOME = msgspec.structs.replace(Home(), generator=GeneratorTable(power_w=4_000, starts_below_pct=20, stops_above_pct=40))
ORDER = Order(serves=True, reserve=0.2)
SIZES = st.floats(0, 15_000)


def island(device: Device, charge_pct: float, load_w: float, solar_w: float) -> None:
    device.set_charge_pct(charge_pct)
    device.set_load_w(load_w)
    device.set_solar_w(solar_w)
    device.set_grid(False)
    device.clock.jump(5)
    device.catch_up()


def test_a_generator_runs_on_an_island_that_runs_low_and_on_no_other(make_device: MakeDevice) -> None:
    device = make_device(home=HOME)
    device.set_charge_pct(10)
    device.set_load_w(3_000)
    device.set_solar_w(0)
    assert device.power.flows.generator_w == 0

    island(device, 60, 3_000, 0)
    assert device.power.flows.generator_w == 0

    device.set_charge_pct(19)
    assert device.power.flows.generator_w == 3_000
    assert device.power.flows.battery_w == 0
    assert device.power.flows.load_w == 3_000


def test_a_generator_stops_when_the_sun_has_charged_enough_or_the_grid_is_back(make_device: MakeDevice) -> None:
    device = make_device(home=HOME)
    island(device, 19, 3_000, 0)
    device.set_charge_pct(39)
    assert device.power.flows.generator_w == 3_000

    device.set_charge_pct(41)
    assert device.power.flows.generator_w == 0

    device.set_charge_pct(19)
    assert device.power.flows.generator_w == 3_000
    device.set_grid(True)
    device.clock.jump(120)
    device.catch_up()
    assert device.power.flows.generator_w == 0


def test_a_generator_keeps_an_empty_island_lit_and_wakes_a_dark_one(make_device: MakeDevice) -> None:
    lit, dark = make_device(home=HOME), make_device()
    for device in (lit, dark):
        island(device, 0, 6_000, 0)
    assert (lit.power.dark, lit.power.flows.load_w) == (False, 4_000)
    assert (dark.power.dark, dark.power.flows.load_w) == (True, 0)

    dark.power.generator = Generator(4_000, 0.2, 0.4)
    dark.set_load_w(2_000)
    assert (dark.power.dark, dark.power.flows.load_w) == (False, 2_000)


@settings(max_examples=60)
@given(SIZES, SIZES, st.floats(0, 100), st.floats(0, 12_000), st.booleans())
def test_what_comes_in_is_what_is_used(
    load_w: float, solar_w: float, charge_pct: float, power_w: float, islanded: bool
) -> None:
    power = PowerSystem([Pack(PackSpec(), 135 * charge_pct)], Generator(power_w, 0.2, 0.4))
    if islanded:
        power.live_alone((load_w,), (solar_w,), 0.5, running=True)
    else:
        power.live((load_w,), (solar_w,), 0.5, ORDER)
    flows = power.flows

    assert flows.site_w + flows.battery_w + flows.solar_w + flows.generator_w == pytest.approx(flows.load_w, abs=1e-6)
    assert 0 <= flows.generator_w <= power_w
    assert flows.load_w <= load_w + 1e-6
    assert not (islanded and flows.site_w)


@given(SIZES, SIZES)
def test_a_site_meter_turned_round_lets_the_battery_run_away(load_w: float, solar_w: float) -> None:
    """The gateway steers by what it sees: an inverted clamp makes it push the wrong way."""
    power = PowerSystem([Pack(PackSpec(), 6_750)], sight=Sight(site=Seen(-1, -1)))
    power.live((load_w,), (solar_w,), 0.5, ORDER)

    if abs(load_w - solar_w) > 1e-6:
        assert power.flows.battery_w == (-5_000 if load_w > solar_w else 5_000)
    assert power.seen_w[0] == pytest.approx(-power.flows.site_w)


def test_without_a_site_meter_the_battery_rests() -> None:
    power = PowerSystem([Pack(PackSpec(), 6_750)], sight=Sight(Seen(), Seen(), Seen()))
    power.live((3_000,), (0,), 0.5, ORDER)

    flows, seen_w = power.flows, power.seen_w
    assert (flows.battery_w, flows.site_w) == (0, 3_000)
    assert not any(seen_w)
    assert power.counters.site_imported == 0


def test_clear_sight_aims_at_what_the_house_lacks() -> None:
    assert CLEAR.aim_w(3_000, 1_000) == 2_000
    assert Sight(site=Seen(0.5, 0.5)).aim_w(3_000, 1_000) == 2_000


def test_the_generator_is_told_with_its_switch() -> None:
    """S139, S143: the entry's form is our own."""
    device = build("21.44", 1, 19, HOME)
    told = RESOURCES[catalogue.GENERATORS](device, None, {})

    assert told.disconnect_type in RESOURCES[catalogue.DISCONNECT_TYPES](device, None, {})
    (entry,) = told.generators
    assert (entry["name"], entry["nameplate_real_power_W"]) == ("Generator", 4_000)


def test_an_inverter_cuts_the_sun_off_at_its_rating() -> None:
    """S136: brand, model and rating as they are stored; no more than that flows."""
    inverter = SolarInverter(brand="ABB", model="PVI-4.2-OUTD-S-US (240V)", power_w=2_000)
    free = build("21.44", 1, 19)
    device = build("21.44", 1, 19, msgspec.structs.replace(Home(), solar_inverter=inverter))
    (told,) = RESOURCES[catalogue.SOLARS](device, None, {})
    day = [power.world.minutes(power.now_s // 86_400 * 86_400, 720)[1] for power in (device, free)]

    assert (told.brand, told.power_rating_watts) == ("ABB", 2_000)
    assert device.power.flows.solar_w == 2_000 < free.power.flows.solar_w
    assert [min(2_000.0, power_w) for power_w in day[1]] == list(day[0])
    device.set_solar_w(9_000)
    assert device.power.flows.solar_w == 2_000


def test_a_pack_that_is_taken_out_rests_and_is_not_counted(make_device: MakeDevice) -> None:
    """M11."""
    device = make_device()
    device.set_load_w(8_000)
    device.set_solar_w(0)
    both_w, full_wh = device.power.flows.battery_w, device.power.full_wh
    device.set_pack_enabled(1, False)

    assert both_w == pytest.approx(8_000, abs=20)
    assert device.power.packs[1].power_w == 0
    assert device.power.flows.battery_w == 5_000
    assert device.power.full_wh == full_wh - device.power.packs[1].spec.full_wh
    device.set_pack_enabled(1, True)
    assert device.power.flows.battery_w == pytest.approx(both_w)
    with pytest.raises(IndexError, match="there are 2"):
        device.set_pack_enabled(2, False)


@pytest.mark.parametrize(
    ("home", "key"),
    [
        (msgspec.structs.replace(Home(), meters=MetersTable(kind="pvac")), "meters.kind"),
        (
            msgspec.structs.replace(Home(), packs=(PackTable(model="plus"),), solar=(SolarString(peak_w=1_000),) * 5),
            r"solar\[4\]",
        ),
        (
            msgspec.structs.replace(Home(), generator=GeneratorTable(starts_below_pct=50, stops_above_pct=40)),
            "generator.stops_above_pct",
        ),
    ],
)
def test_equipment_that_cannot_be_is_named(home: Home, key: str) -> None:
    with pytest.raises(EmulatorError, match=f"^home.toml: {key}: "):
        checked(home, "home.toml")
