"""What runs in a house beside its own use, by its description and by hand; strings of panels that fail."""

from __future__ import annotations

from array import array
from datetime import date, timedelta
from typing import Any

import msgspec
import pytest
from tests.conftest import MakeDevice

from forebay.emulator.appliances import add_appliances
from forebay.emulator.home import Appliance, Home, House

CAR = Appliance(name="car", power_w=7_000, start="23:30", minutes=120)
DAY = date(2026, 1, 10)


def runs(day: date, *appliances: Appliance, seed: int = 1) -> array[float]:
    load = array("d", bytes(8 * 1440))
    add_appliances(load, day, seed, appliances)
    return load


def test_a_car_charges_past_midnight() -> None:
    load = runs(DAY, CAR)

    assert load[23 * 60 + 29] == 0
    assert load[23 * 60 + 30] == load[1439] == 7_000
    assert load[0] == load[89] == 7_000, "of the evening before"
    assert load[90] == 0


def test_a_chance_holds_over_a_year_and_is_the_same_again() -> None:
    sometimes = msgspec.structs.replace(CAR, chance=0.3, start="12:00", spread_minutes=60)
    days = [runs(DAY + timedelta(days=n), sometimes) for n in range(365)]

    assert sum(max(day) > 0 for day in days) == pytest.approx(0.3 * 365, abs=30)
    assert {day.index(7_000) for day in days if max(day)} <= set(range(690, 751))
    assert days == [runs(DAY + timedelta(days=n), sometimes) for n in range(365)]
    assert days != [runs(DAY + timedelta(days=n), sometimes, seed=2) for n in range(365)]


def test_a_heat_pump_rests_in_summer() -> None:
    winter = msgspec.structs.replace(CAR, months=(11, 12, 1, 2), start="10:00")
    assert max(runs(DAY, winter)) == 7_000
    assert max(runs(date(2026, 7, 1), winter)) == 0


def test_the_load_of_a_home_has_its_appliances(make_device: MakeDevice) -> None:
    bare = make_device("1.40.2", "2026-01-10T20:00:00")
    with_pump = make_device(
        "1.40.2",
        "2026-01-10T20:00:00",
        home=Home(house=House(appliances=(msgspec.structs.replace(CAR, start="10:00", minutes=240),))),
    )
    for device in (bare, with_pump):
        device.catch_up()  # 12:00 local

    assert with_pump.power.flows.load_w - bare.power.flows.load_w == pytest.approx(7_000, rel=0.03)


@pytest.mark.parametrize("jump_s", [30, 7_200])
def test_an_appliance_switched_by_hand_adds_to_the_load_however_time_passes(
    make_device: MakeDevice, jump_s: float
) -> None:
    from forebay.emulator.verbs import BY_NAME

    plain, loaded = make_device("21.44"), make_device("21.44")
    BY_NAME["appliance"].do(loaded, {"name": "car", "watts": 5_000})
    for device in (plain, loaded):
        device.clock.jump(jump_s)
        device.catch_up()

    assert loaded.power.flows.load_w - plain.power.flows.load_w == pytest.approx(5_000, abs=1)
    BY_NAME["appliance"].do(loaded, {"name": "car", "watts": 0})
    assert loaded.power.flows.load_w == pytest.approx(plain.power.flows.load_w, rel=0.05)


def test_a_string_that_fails_takes_its_share_of_the_sun(make_device: MakeDevice) -> None:
    from forebay.emulator.verb_kinds import BadRequest
    from forebay.emulator.verbs import BY_NAME

    device = make_device("21.44")
    device.set_clouds(0)
    whole_w = device.power.flows.solar_w
    BY_NAME["string"].do(device, {"number": 1, "up": False})
    BY_NAME["string"].do(device, {"number": 2, "up": False})
    dark_w: Any = device.power.flows.solar_w
    BY_NAME["string"].do(device, {"number": 2, "up": True})
    second_w = device.power.flows.solar_w
    BY_NAME["string"].do(device, {"number": 1, "up": True})
    BY_NAME["string"].do(device, {"number": 2, "up": False})
    first_w = device.power.flows.solar_w

    assert abs(dark_w) <= 10
    assert first_w > second_w > 500
    assert first_w + second_w == pytest.approx(whole_w, rel=0.02)
    with pytest.raises(BadRequest, match="the roof has 2 strings"):
        BY_NAME["string"].do(device, {"number": 3, "up": False})
