"""The solar inverter within a Powerwall, the logs, and the rows that are none.

E094, E098, E110, E111, E112, E113, E114, E128, E129, E130, E131.
"""

from __future__ import annotations

import gzip
import io
import tarfile
from collections.abc import Callable

import msgspec
import pytest
from tests.emulator.conftest import Asked

from forebay.emulator.home import GatewayTable, Home, PackTable
from forebay.emulator.resources.system import pack_part
from forebay.emulator.solar_state import RESET_S
from forebay.wire import catalogue
from forebay.wire.endpoint import Access

MakeGateway = Callable[..., Asked]
PLUS = Home(packs=(PackTable(model="plus"), PackTable()))


def din(home: Asked, index: int = 0) -> str:
    device = home.device
    return f"{pack_part(device, index)}--{device.pack_serials[index]}"


async def switch(home: Asked, power: str, battery: str) -> int:
    body = msgspec.json.encode({"pvi_power_status": power, "battery_din": battery, "follower_din": ""})
    return (await home.ask("POST", "/api/powerwalls/pvi_power_status", home.token(), body)).status


async def shown(home: Asked, path: str = "/api/solar_powerwall/power_status") -> str:
    answer = await home.ask("GET", path, home.token(Access.CUSTOMER))
    return str(answer.json["power_status_setpoint"])


async def test_an_inverter_that_is_switched_off_is_told_as_off(gateway: MakeGateway) -> None:
    home = gateway("23.44", home=PLUS)
    assert await shown(home) == "on"

    assert await switch(home, "off", din(home, 1)) == 200

    assert await shown(home) == "off"
    assert await shown(home, "/api/solar_powerwall/0/power_status") == "on"
    assert await shown(home, "/api/solar_powerwall/1/power_status") == "off"
    assert await shown(home, "/api/solar_powerwall") == "on"
    assert await switch(home, "off", din(home)) == 200
    assert await shown(home, "/api/solar_powerwall") == "off"


async def test_an_unknown_powerwall_or_word_is_refused(gateway: MakeGateway) -> None:
    home = gateway("21.44", home=PLUS)

    assert await switch(home, "off", "2012170-25-E--TG0000000000B1") == 400
    assert await switch(home, "perhaps", din(home)) == 400
    assert await switch(home, "off", f"TETHC--{din(home)}") == 200
    for number in ("2", "x", "99999999999999"):
        path = f"/api/solar_powerwall/{number}/power_status"
        assert (await home.ask("GET", path, home.token())).status == 404


@pytest.mark.parametrize("method", ["POST", "GET"])
async def test_a_reset_inverter_is_off_for_a_minute(gateway: MakeGateway, method: str) -> None:
    home = gateway("23.44", home=PLUS)
    path = "/api/solar_powerwall/reset" if method == "POST" else "/api/solar_powerwall/0/reset"
    body = msgspec.json.encode({"battery_din": din(home), "follower_din": ""}) if method == "POST" else b""
    assert (await home.ask(method, path, home.token(), body)).status == 200

    states = []
    for seconds in (0.0, RESET_S + 1):
        home.device.clock.jump(seconds)
        states.append((await home.ask("GET", "/api/solar_powerwall", home.token())).json["pvac_status"]["state"])

    assert states == ["PVAC_Standby", "PVAC_Active"]


async def test_strings_share_what_the_sun_gives(gateway: MakeGateway) -> None:
    home = gateway("23.44", home=PLUS)

    told = (await home.ask("GET", "/api/solar_powerwall", home.token())).json
    solar_w = (await home.ask("GET", "/api/meters/aggregates", home.token())).json["solar"]["instant_power"]

    powers = [string["measured_power"] for string in told["pvac_status"]["string_vitals"]]
    assert len(powers) == 4  # the inputs of the one inverter; two are not used
    assert [watts > 0 for watts in powers] == [True, True, False, False]
    assert sum(powers) == pytest.approx(solar_w, abs=1)


async def test_what_is_written_to_the_log_is_in_the_archive(gateway: MakeGateway) -> None:
    home = gateway("21.44")
    await home.ask("POST", "/api/logging", home.token(), b'{"level": "ERROR", "log": "it went dark <here>"}')

    answer = await home.ask("GET", "/api/getlogs", home.token())

    assert answer.header("content-type") == "application/octet-stream"
    with tarfile.open(fileobj=io.BytesIO(gzip.decompress(answer.body))) as archive:
        noted = archive.extractfile("logs/wizard.log")
        assert noted is not None
        assert noted.read() == b"ERROR it went dark <here>\n"


async def test_the_inverters_meter_can_be_used_by_either_row(gateway: MakeGateway) -> None:
    home = gateway("21.44")
    token = home.token()
    before = (await home.ask("GET", "/api/meters/inverter_meter_readings", token)).json

    await home.ask("POST", "/api/powerwalls/enable_inverter_solar_meter_readings", token)

    assert before == {"enabled": False}
    assert (await home.ask("GET", "/api/meters/inverter_meter_readings", token)).json == {"enabled": True}


@pytest.mark.parametrize("firmware", ["23.44", "restricted"])
async def test_another_apis_path_is_the_403_that_a_scanner_knows(gateway: MakeGateway, firmware: str) -> None:
    answer = await gateway(firmware).ask("GET", "/tedapi/din")

    assert (answer.status, answer.json["message"]) == (403, "User does not have adequate access rights")


@pytest.mark.parametrize(
    ("row", "same_as"),
    [("PHASE_DETECTION_READ", "DETECT_PHASES"), ("UPDATE_PACKS_READ", "UPDATE_PACKS"), ("RESET_PV_READ", "RESET_PV")],
)
async def test_commands_by_get_are_405_unless_a_setting_takes_them(
    gateway: MakeGateway, row: str, same_as: str
) -> None:
    """X12: the README lists GET where gateways take POST."""
    path = catalogue.BY_NAME[row].path
    assert path == catalogue.BY_NAME[same_as].path
    strict, lenient = gateway("21.44"), gateway("21.44", home=Home(gateway=GatewayTable(commands_by_get=True)))

    refused = await strict.ask("GET", path, strict.token())
    taken = await lenient.ask("GET", path, lenient.token())

    assert (refused.status, refused.header("allow")) == (405, "POST")
    assert (taken.status, taken.body) == (200, b"{}")
    assert (await lenient.ask("GET", path)).status == 403
