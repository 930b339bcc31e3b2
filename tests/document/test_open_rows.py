"""What the founding document says of the rows that need no login, word for word against release 1.40.2."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from tests.document.conftest import bearer
from tests.emulator.conftest import Asked

OPEN = (
    "meters/aggregates",
    "meters/site",
    "meters/solar",
    "system_status/soe",
    "sitemaster",
    "powerwalls",
    "customer/registration",
    "system_status/grid_status",
    "site_info",
    "site_info/site_name",
    "status",
    "system_status/grid_faults",
)
METERS = ("site", "battery", "load", "solar", "busway", "frequency", "generator")


async def aggregates(house: Asked) -> Any:
    return (await house.ask("GET", "/api/meters/aggregates")).json


@pytest.mark.parametrize("path", OPEN)
async def test_the_first_group_answers_a_stranger_with_json(house: Asked, path: str) -> None:
    """S002, S031, S032."""
    answer = await house.ask("GET", f"/api/{path}")

    assert answer.status == 200
    assert answer.header("content-type") == "application/json"
    assert isinstance(answer.json, dict | list)
    assert (await house.ask("GET", "/api/status")).json["version"] == "1.40.2"


async def test_aggregates_tell_of_solar_grid_battery_and_home(house: Asked) -> None:
    """S033, S034."""
    meters = await aggregates(house)

    assert tuple(meters) == METERS
    for meter in ("site", "battery", "load", "solar"):
        assert isinstance(meters[meter]["instant_power"], int | float)
        assert meters[meter]["frequency"] == pytest.approx(60, abs=0.1)
        assert meters[meter]["energy_imported"] > 0


async def test_the_signs_are_those_of_the_document(house: Asked) -> None:
    """S035, S036, S038: the grid gives or takes, the packs discharge or charge, the roof gives."""
    device = house.device
    device.set_solar_w(4_000)
    device.set_load_w(500)
    sunny = await aggregates(house)
    device.set_solar_w(0)
    device.set_load_w(3_000)
    dim = await aggregates(house)
    device.set_load_w(25_000)
    hungry = await aggregates(house)

    assert sunny["solar"]["instant_power"] == pytest.approx(4_000, rel=0.02)
    assert sunny["battery"]["instant_power"] < -3_000
    assert dim["battery"]["instant_power"] == pytest.approx(3_000, rel=0.05)
    assert hungry["battery"]["instant_power"] == pytest.approx(10_000, rel=0.05)
    assert hungry["site"]["instant_power"] > 14_000


async def test_a_full_battery_sends_the_sun_to_the_grid(house: Asked) -> None:
    """S035: negative is to the grid."""
    house.device.set_charge_pct(100)
    house.device.set_solar_w(4_000)
    house.device.set_load_w(500)
    meters = await aggregates(house)

    assert meters["site"]["instant_power"] == pytest.approx(-3_500, rel=0.05)


async def test_battery_is_the_sum_over_all_units(house: Asked) -> None:
    """S036: two packs of 5 kW give ten together, and count as two."""
    house.device.set_load_w(25_000)
    house.device.set_solar_w(0)
    meters = await aggregates(house)

    assert meters["battery"]["instant_power"] > 5_100
    assert len((await house.ask("GET", "/api/powerwalls")).json["powerwalls"]) == 2


async def test_the_load_is_never_negative_and_the_roof_takes_next_to_nothing(house: Asked) -> None:
    """S037, S038, S039: over two days, in steps of ten minutes."""
    night: list[float] = []
    for _ in range(288):
        house.device.clock.jump(600)
        house.device.catch_up()
        meters = await aggregates(house)
        assert meters["load"]["instant_power"] >= 0
        assert meters["solar"]["instant_power"] > -100
        if house.device.now.hour in (7, 8, 9):  # UTC; the small hours there
            night.append(meters["solar"]["instant_power"])

    assert len(night) == 36
    assert max(abs(watts) for watts in night) < 20
    assert any(watts != 0 for watts in night)


@pytest.mark.parametrize("meter", ["busway", "frequency", "generator"])
async def test_what_the_house_has_not_reads_zero(house: Asked, meter: str) -> None:
    """S040, S041, S042."""
    values = (await aggregates(house))[meter]

    assert {value for name, value in values.items() if name != "last_communication_time"} == {0}
    assert "instant_power" in values


@pytest.mark.parametrize("path", ["meters/aggregates", "system_status/soe"])
async def test_a_stopped_system_is_502_with_nothing(house: Asked, path: str) -> None:
    """S043, S047."""
    house.device.stop(force=True)
    answer = await house.ask("GET", f"/api/{path}")

    assert (answer.status, answer.body, answer.header("content-type")) == (502, b"", None)


@pytest.mark.parametrize("location", ["site", "solar"])
async def test_a_meter_in_detail(house: Asked, location: str) -> None:
    """S044, S045: the same reading as the aggregate, and which box took it."""
    meter = (await house.ask("GET", f"/api/meters/{location}")).json[0]

    assert meter["location"] == location
    assert meter["Cached_readings"]["instant_power"] == (await aggregates(house))[location]["instant_power"]
    assert meter["connection"]["device_serial"]


async def test_the_charge_is_a_float_in_percent(house: Asked) -> None:
    """S046."""
    house.device.set_charge_pct(69.1675560298826)
    answer = await house.ask("GET", "/api/system_status/soe")

    assert list(answer.json) == ["percentage"]
    assert answer.json["percentage"] == pytest.approx(69.1675560298826, abs=0.01)


async def test_sitemaster_runs_for_seconds_with_a_comma(house: Asked) -> None:
    """S048, S049, S050."""
    first = (await house.ask("GET", "/api/sitemaster")).json
    house.device.clock.jump(1000)
    later = (await house.ask("GET", "/api/sitemaster")).json
    house.device.set_connected(False)
    alone = (await house.ask("GET", "/api/sitemaster")).json

    assert list(first) == ["running", "uptime", "connected_to_tesla"]
    assert (first["running"], first["connected_to_tesla"]) == (True, True)
    assert first["uptime"].endswith("s,")
    assert int(later["uptime"][:-2]) - int(first["uptime"][:-2]) == 1000
    assert alone["connected_to_tesla"] is False


async def test_a_stopped_sitemaster_answers_to_the_letter(house: Asked) -> None:
    """S051."""
    house.device.stop(force=True)
    answer = await house.ask("GET", "/api/sitemaster")

    assert answer.body == b'{"running":false,"uptime":"log:","connected_to_tesla":false}'


async def test_powerwalls_are_counted_named_and_in_sync(house: Asked) -> None:
    """S052, S053."""
    said = (await house.ask("GET", "/api/powerwalls")).json
    serials = [pack["PackageSerialNumber"] for pack in said["powerwalls"]]

    assert [pack["PackagePartNumber"] for pack in said["powerwalls"]] == ["1092170-03-E"] * 2
    assert len(set(serials)) == 2
    assert "sync" in said


async def test_registration_has_just_the_documents_members(house: Asked) -> None:
    """S054."""
    answer = await house.ask("GET", "/api/customer/registration")

    assert answer.body == (
        b'{"privacy_notice":true,"limited_warranty":true,"grid_services":null,"marketing":null,'
        b'"registered":true,"timed_out_registration":false}'
    )


async def test_the_grid_is_up_down_or_coming_back(house: Asked) -> None:
    """S055, S056, S057, S058."""

    async def status() -> bytes:
        return (await house.ask("GET", "/api/system_status/grid_status")).body

    async def until(word: bytes) -> bool:
        for _ in range(240):
            if word in await status():
                return True
            house.device.clock.jump(0.5)
        return False

    assert await status() == b'{"grid_status":"SystemGridConnected","grid_services_active":false}'
    house.device.set_grid(False)
    assert await until(b'"SystemIslandedActive"')
    house.device.set_grid(True)
    assert await until(b'"SystemTransitionToGrid"')
    assert await until(b'"SystemGridConnected"')


async def test_a_name_set_from_outside_shows(gateway: Callable[..., Asked]) -> None:
    """S083, S084, S085."""
    house = gateway("1.40.2")
    before = await house.ask("GET", "/api/site_info")
    assert (await house.ask("GET", "/api/site_info/site_name")).body == (
        b'{"site_name":"Home Energy Gateway","timezone":"America/Los_Angeles"}'
    )
    house.device.set_site_name("Seaside")

    assert before.body == (
        b'{"max_site_meter_power_kW":1000000000,"min_site_meter_power_kW":-1000000000,'
        b'"nominal_system_energy_kWh":13.5,"nominal_system_power_kW":10,"site_name":"Home Energy Gateway",'
        b'"timezone":"America/Los_Angeles","grid_code":"60Hz_240V_s_UL1741SA:2016_California",'
        b'"grid_voltage_setting":240,"grid_freq_setting":60,"grid_phase_setting":"Split","country":"United States",'
        b'"state":"California","distributor":"*","utility":"Pacific Gas and Electric Company","retailer":"*",'
        b'"region":"UL1741SA"}'
    )
    assert (await house.ask("GET", "/api/site_info")).json["site_name"] == "Seaside"
    assert (await house.ask("GET", "/api/site_info/site_name")).json["site_name"] == "Seaside"


async def test_status_tells_since_when_and_which_release(house: Asked) -> None:
    """S086: a start in local time with a constant offset, a Go duration, a hash with its plus."""
    said = (await house.ask("GET", "/api/status")).json

    assert list(said) == ["start_time", "up_time_seconds", "is_new", "version", "git_hash"]
    assert said["start_time"].endswith(" +0800")
    assert said["up_time_seconds"].startswith("223h5m")
    assert said["up_time_seconds"].endswith("s")
    assert (said["is_new"], len(said["git_hash"]), said["git_hash"][-1]) == (False, 41, "+")


async def test_logout_is_204_with_a_date_and_ends_the_token(house: Asked) -> None:
    """S088, S089, S090."""
    header = await bearer(house)
    assert (await house.ask("GET", "/api/operation", header)).status == 200
    answer = await house.ask("GET", "/api/logout", header)

    assert (answer.status, answer.body, answer.names()) == (204, b"", ["date"])
    assert (await house.ask("GET", "/api/operation", header)).status == 403


async def test_grid_faults_are_none_at_first(house: Asked) -> None:
    """S091."""
    assert (await house.ask("GET", "/api/system_status/grid_faults")).body == b"[]"
