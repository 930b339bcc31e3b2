"""Settings of the site: each write changes what the next read shows.

S085, S135.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from forebay.emulator.home import Grid, Home
from forebay.emulator.installation_state import InstallationState
from forebay.wire.endpoint import Access

MakeGateway = Callable[..., Any]

GB = {
    "grid_code": "50Hz_230V_1_G59:UK", "country": "United Kingdom", "state": "*", "distributor": "*",
    "utility": "*", "retailer": "*", "region": "G59 21A",
}  # fmt: skip


async def read(home: Any, path: str) -> Any:
    answer = await home.ask("GET", path, home.token(Access.CUSTOMER))
    assert answer.status == 200, (path, answer.body)
    return answer.json


async def write(home: Any, path: str, body: object = None) -> Any:
    raw = b"" if body is None else json.dumps(body).encode()
    answer = await home.ask("POST", path, home.token(Access.INSTALLER), body=raw)
    assert answer.status == 200, (path, answer.body)
    return answer.json


async def test_a_new_name_shows_in_both_replies(gateway: MakeGateway) -> None:
    """S085."""
    home = gateway()
    assert (await read(home, "/api/site_info"))["site_name"] != "Barn"

    assert await write(home, "/api/site_info/site_name", {"site_name": "Barn"}) == {"site_name": "Barn"}
    assert (await read(home, "/api/site_info"))["site_name"] == "Barn"
    assert (await read(home, "/api/site_info/site_name"))["site_name"] == "Barn"


async def test_another_time_zone_shows_in_names_and_in_local_times(gateway: MakeGateway) -> None:
    home = gateway()
    before = (await read(home, "/api/meters/aggregates"))["site"]["last_communication_time"]

    assert await write(home, "/api/site_info/timezone", {"timezone": "Europe/Berlin"}) == {}
    assert (await read(home, "/api/site_info"))["timezone"] == "Europe/Berlin"
    assert (await read(home, "/api/site_info/site_name"))["timezone"] == "Europe/Berlin"
    after = (await read(home, "/api/meters/aggregates"))["site"]["last_communication_time"]
    assert (before[-6:], after[-6:]) == ("-07:00", "+02:00")


async def test_another_grid_code_shows_with_what_it_asks_for(gateway: MakeGateway) -> None:
    home = gateway()

    assert await write(home, "/api/site_info/grid_code", GB) == {}
    said = (await read(home, "/api/site_info"))["grid_code"]
    settings = (await read(home, "/api/site_info/grid_regions"))["grid_code_settings"]
    assert said.items() >= GB.items()
    assert said.items() >= settings[GB["grid_code"]].items()
    assert said["grid_freq_setting"] == 50


@pytest.mark.parametrize("firmware", ["1.40.2", "21.44"])
@pytest.mark.parametrize("frequency_hz", [50.0, 60.0])
async def test_the_homes_own_grid_code_is_one_that_the_wizard_lists(
    gateway: MakeGateway, firmware: str, frequency_hz: float
) -> None:
    """S135."""
    home = gateway(firmware, home=Home(grid=Grid(frequency_hz=frequency_hz)))
    said = json.dumps(await read(home, "/api/site_info"))
    path = "/api/site_info/grid_codes" if firmware == "1.40.2" else "/api/site_info/grid_regions"
    listed = await read(home, path)

    if firmware == "1.40.2":
        codes = [c for states in listed.values() for st in states.values() for cs in st.values() for c in cs]
        (in_force,) = [code["grid_code"] for code in codes if "country" in code]
    else:
        (in_force,) = [code for code in listed["grid_code_settings"] if f'"{code}"' in said]
    assert f'"{in_force}"' in said


async def test_programs_that_are_posted_are_those_that_are_read(gateway: MakeGateway) -> None:
    home = gateway()
    assert await read(home, "/api/site_info/extra_programs") == []

    bonus = {"heco_battery_bonus": {"committed_kW": 5, "start": "18:00"}}
    await write(home, "/api/site_info/extra_programs", bonus)
    assert await read(home, "/api/site_info/extra_programs") == [bonus]
    await write(home, "/api/site_info/extra_programs", {})
    assert await read(home, "/api/site_info/extra_programs") == []


async def test_a_house_that_may_never_export_holds_its_sun_back(gateway: MakeGateway) -> None:
    home = gateway()
    home.device.set_charge_pct(100)
    home.device.set_solar_w(4000)
    home.device.set_load_w(1000)
    assert (await read(home, "/api/meters/aggregates"))["site"]["instant_power"] < -2900

    await write(home, "/api/site_info/export_mode", {"net_meter_mode": "never"})
    held = await read(home, "/api/meters/aggregates")
    assert held["site"]["instant_power"] > -20
    assert held["solar"]["instant_power"] == pytest.approx(1000, abs=60)  # and what the packs lose
    home.device.stop(force=True)
    assert home.device.power.flows.site_w == -3000

    home.device.run()
    await write(home, "/api/site_info/export_mode", {"net_meter_mode": "pv_only"})
    assert (await read(home, "/api/meters/aggregates"))["site"]["instant_power"] < -2900


async def test_a_house_that_may_never_export_still_fills_its_packs(gateway: MakeGateway) -> None:
    home = gateway()
    home.device.set_charge_pct(50)
    home.device.set_solar_w(4000)
    home.device.set_load_w(1000)
    await write(home, "/api/site_info/export_mode", {"net_meter_mode": "never"})

    said = await read(home, "/api/meters/aggregates")
    assert said["solar"]["instant_power"] == pytest.approx(4000, abs=20)
    assert said["battery"]["instant_power"] == pytest.approx(-3000, abs=20)


async def test_a_site_without_a_utility_is_kept(gateway: MakeGateway) -> None:
    home = gateway()
    state = home.device.area(InstallationState)
    assert state.is_off_grid_site is False

    await write(home, "/api/site_info/offgrid", {"offgrid": True})
    assert state.is_off_grid_site is True


@pytest.mark.parametrize("depth", [40, 400, 900])
async def test_programs_that_nobody_could_print_again_are_refused(gateway: MakeGateway, depth: int) -> None:
    home = gateway()
    body = b'{"a":' * depth + b"1" + b"}" * depth

    answer = await home.ask("POST", "/api/site_info/extra_programs", home.token(), body=body)
    assert answer.status == 400
    assert await read(home, "/api/site_info/extra_programs") == []


@pytest.mark.parametrize("zone", ["", "Europe", "../etc/passwd", "a" * 5000, "/etc/localtime", "a\0b", "é"])
async def test_a_zone_that_there_is_not_is_a_400(gateway: MakeGateway, zone: str) -> None:
    home = gateway()
    body = json.dumps({"timezone": zone}).encode()

    answer = await home.ask("POST", "/api/site_info/timezone", home.token(), body=body)
    assert (answer.status, answer.json["error"]) == (400, f"unknown time zone {zone}")
    assert (await read(home, "/api/site_info"))["timezone"] == "America/Los_Angeles"
