"""What is wrong with an installation is told, and only while it is wrong."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest
from tests.emulator.conftest import Asked
from tests.emulator.houses import ask
from tests.emulator.test_laws import build

from forebay.emulator.device import Device
from forebay.emulator.home import Home, MetersTable, PackTable
from forebay.emulator.problems import PROBLEMS
from forebay.emulator.resources.system import pack_part
from forebay.wire import catalogue
from forebay.wire.endpoint import Access
from forebay.wire.metering import Enabled, NewMeter
from forebay.wire.power import MeterType
from forebay.wire.solar import Power, PowerChoice

MakeGateway = Callable[..., Asked]
PLUS = Home(packs=(PackTable(model="plus"), PackTable()))


@dataclass(frozen=True)
class Trouble:
    """How a problem comes and goes."""

    begin: Callable[[Device], object]
    end: Callable[[Device], object]
    home: Home = Home()  # noqa: RUF009 - frozen


def switch(device: Device, power: Power) -> None:
    din = f"{pack_part(device, 0)}--{device.pack_serials[0]}"
    ask(device, catalogue.SET_PV_POWER, PowerChoice(battery_din=din, pvi_power_status=power))


def invert(device: Device, letter: str, kind: str, *, inverted: bool) -> None:
    serial = f"{device.sync_serial}synchrometer{letter}"
    valid = next(group.valid for group in ask(device, catalogue.CLAMPS, serial=serial) if group.type == kind)
    ask(device, catalogue.INVERT_CLAMPS, [flag and inverted for flag in valid], serial=serial)


def add(device: Device) -> None:
    body = NewMeter(type=MeterType.NEURIO_TCP, serial="OBB1", short_id="1", location="none", ip_address="", mac="")
    ask(device, catalogue.ADD_METER, body)


def strings(device: Device, *out: int) -> None:
    device.world.set_strings_out(out)
    device.settle()


TROUBLES: dict[str, Trouble] = {
    "BatteryFault": Trouble(lambda d: d.set_pack_enabled(0, False), lambda d: d.set_pack_enabled(0, True)),
    "SiteMeterComms": Trouble(
        lambda d: [ask(d, catalogue.REMOVE_THIS_METER, serial=meter.serial) for meter in ask(d, catalogue.METERS)],
        lambda d: d.become("1.40.2"),
        Home(solar=()),
    ),
    "SolarMeterComms": Trouble(
        lambda d: ask(d, catalogue.SET_INVERTER_METER, Enabled(enabled=False)),
        lambda d: ask(d, catalogue.SET_INVERTER_METER, Enabled(enabled=True)),
        PLUS,
    ),
    "MeterNotConnected": Trouble(add, lambda d: ask(d, catalogue.REMOVE_THIS_METER, serial="OBB1")),
    "SiteMeterInverted": Trouble(
        lambda d: invert(d, "X", "site", inverted=True), lambda d: invert(d, "X", "site", inverted=False)
    ),
    "SolarMeterInverted": Trouble(
        lambda d: invert(d, "Y", "solar", inverted=True), lambda d: invert(d, "Y", "solar", inverted=False)
    ),
    "PvStringOut": Trouble(lambda d: strings(d, 0), strings),
    "PvInverterOff": Trouble(lambda d: switch(d, Power.OFF), lambda d: switch(d, Power.ON), PLUS),
    "NoConnection": Trouble(lambda d: d.set_connected(False), lambda d: d.set_connected(True)),
    "GridOutage": Trouble(lambda d: d.set_grid(False), lambda d: d.set_grid(True)),
}


def names(device: Device) -> list[str]:
    return [problem["name"] for problem in ask(device, catalogue.PROBLEMS).problems]


def test_every_problem_is_tried() -> None:
    assert set(TROUBLES) == {row.name for row in PROBLEMS}


@pytest.mark.parametrize("name", TROUBLES)
def test_a_problem_is_told_while_it_lasts(name: str) -> None:
    """E124: nothing wrong is an empty list, as captured."""
    trouble = TROUBLES[name]
    device = build("21.44", 1, 19, trouble.home)
    before = names(device)
    trouble.begin(device)
    during = names(device)
    trouble.end(device)

    assert (before, during, names(device)) == ([], [name], [])


async def test_with_no_powerwall_left_the_meters_answer_502(gateway: MakeGateway) -> None:
    """S043, S047, S03: the Powerwalls are off."""
    home = gateway("21.44")
    token = home.token(Access.CUSTOMER)
    paths = ("/api/meters/aggregates", "/api/system_status/soe", "/api/system_status")
    home.device.set_pack_enabled(0, False)
    assert [(await home.ask("GET", path, token)).status for path in paths] == [200] * 3
    home.device.set_pack_enabled(1, False)

    answers = [await home.ask("GET", path, token) for path in paths]
    assert [(answer.status, answer.body) for answer in answers] == [(502, b"")] * 3
    home.device.set_pack_enabled(1, True)
    assert (await home.ask("GET", paths[0], token)).status == 200


@pytest.mark.parametrize(
    ("meters", "status", "error"),
    [
        (MetersTable(), "TestPassed", ""),
        (MetersTable(inverted=("site",)), "TestFailed", "Site meter is inverted"),
        (MetersTable(kind="neurio", inverted=("site",)), "TestFailed", "Site meter is inverted"),
    ],
)
def test_the_installers_test_finds_a_site_meter_put_on_backwards(meters: MetersTable, status: str, error: str) -> None:
    """S174: charging at the battery must show as import at the grid."""
    device = build("21.44", 1, 19, Home(meters=meters))
    device.set_load_w(500)
    device.set_solar_w(500)
    ask(device, catalogue.START_TESTING)
    device.clock.jump(100)
    device.catch_up()
    told = ask(device, catalogue.TESTING)
    site_w = [sum(result.Power for result in step) for step in told.meter_results]

    assert (str(told.status), told.error) == (status, error)
    assert (site_w[2] > site_w[0] + 1_500) == (not error)
    assert {result.Serial for result in told.meter_results[0]} <= {
        meter.serial for meter in ask(device, catalogue.METERS)
    }
