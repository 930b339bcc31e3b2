"""Forms of bodies, numbers and times on the wire, at every release that has them.

Ids are those of behaviour.md: T, A, C, F, G, M, U.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from tests import asked
from tests.emulator.conftest import Asked

from forebay.emulator.home import Home, Site
from forebay.wire import catalogue, gotime
from forebay.wire.endpoint import Access, Effect
from forebay.wire.networks import InterfaceType, SecurityType
from forebay.wire.site import OperationMode
from forebay.wire.system import GridState, UpdateState

MakeGateway = Callable[..., Asked]
PROFILES = ("1.15", "1.20", "1.40.2", "1.50", "20.49", "21.39", "21.44", "22.36", "23.44")
profiles = pytest.mark.parametrize("firmware", PROFILES)
CONTENT_TYPES = ("application/json", "application/x-www-form-urlencoded", "text/plain;charset=UTF-8", "")


async def read(home: Asked, path: str) -> Any:
    answer = await home.ask("GET", path, home.token())
    assert answer.status == 200, (path, answer)
    return answer.json


async def post(home: Asked, path: str, body: bytes, content_type: str = "") -> Any:
    headers = [*home.token(), *([("content-type", content_type)] if content_type else [])]
    return await home.ask("POST", path, headers, body)


# -- T, A: what is sent


@pytest.mark.parametrize("content_type", CONTENT_TYPES)
async def test_json_is_read_whatever_it_says_it_is(gateway: MakeGateway, content_type: str) -> None:
    """T18, S118."""
    home = gateway("21.44")

    wish = await post(home, "/api/operation", b'{"mode":"backup","backup_reserve_percent":100}', content_type)
    island = await post(home, "/api/v2/islanding/mode", b'{"island_mode":"backup"}', content_type)
    stop = await post(home, "/api/sitemaster/stop", b'{"force":true}', content_type)
    login = b'{"username":"customer","password":"%s"}' % home.device.password.encode()
    session = await home.ask("POST", "/api/login/Basic", [("content-type", content_type)], login)

    assert [answer.status for answer in (wish, island, stop, session)] == [200, 200, 202, 200]


@profiles
async def test_a_login_may_be_a_real_form(gateway: MakeGateway, firmware: str) -> None:
    """T19."""
    home = gateway(firmware)
    home.device.set_load_w(0)
    home.device.set_solar_w(0)
    password = f"S{home.device.serial}" if firmware == "1.15" else home.device.password
    form = f"username=customer&password={password}&email=me%40example.com&clientInfo=%7B%22timezone%22%3A%22x%22%7D"

    answer = await home.ask("POST", "/api/login/Basic", body=form.encode())

    assert answer.status == 200
    told = None if firmware in ("1.15", "1.20", "1.40.2") else "me@example.com"
    assert answer.json["email"] == told


async def test_no_number_of_wrong_passwords_shuts_the_owner_out_for_good(gateway: MakeGateway) -> None:
    """A23, A24: a forgotten one is given anew for the serial number."""
    home = gateway("21.44")
    for _ in range(50):
        await home.ask("POST", "/api/login/Basic", body=b'{"username":"customer","password":"wrong"}')
    home.device.clock.jump(601)
    reset = json.dumps({"old_password": f"S{home.device.serial}"}).encode()

    given = (await home.ask("POST", "/api/password/reset", body=reset)).json["password"]
    login = json.dumps({"username": "customer", "password": given}).encode()

    assert re.fullmatch("[A-Z]{10}", given)
    assert (await home.ask("POST", "/api/login/Basic", body=login)).status == 200


# -- F: numbers and times


@profiles
@pytest.mark.parametrize("zone", ["America/Los_Angeles", "Australia/Sydney"])
async def test_the_start_and_the_up_time_make_the_local_time(gateway: MakeGateway, firmware: str, zone: str) -> None:
    """F01, F02, F05: +0800 is a text; the clock beside it is the site's own."""
    home = gateway(firmware, home=Home(site=Site(timezone=zone)))

    told = await read(home, "/api/status")

    assert re.fullmatch(r"(\d+h)?(\d+m)?\d+(\.\d*[1-9])?s", told["up_time_seconds"])
    start = re.fullmatch(r"(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d) \+0800", told["start_time"])
    assert start is not None
    local = datetime.fromisoformat(start[1]) + timedelta(seconds=gotime.seconds(told["up_time_seconds"]))
    now = home.device.now.astimezone(home.device.home.zone).replace(tzinfo=None)
    assert abs((local - now).total_seconds()) < 0.1


@profiles
async def test_instants_have_nine_digits_at_most_and_the_sites_offset(gateway: MakeGateway, firmware: str) -> None:
    """F04."""
    told = await read(gateway(firmware), "/api/meters/aggregates")

    stamps = {meter["last_communication_time"] for name, meter in told.items() if name in ("site", "battery", "solar")}
    for stamp in stamps:
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{0,8}[1-9])?-0[78]:00", stamp), stamp


def test_the_founding_documents_milliseconds_are_of_another_day() -> None:
    """F06, F07, X16."""
    stated = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=1422697552910)

    assert stated == datetime(2015, 1, 31, 9, 45, 52, 910000, tzinfo=UTC)


@profiles
async def test_every_body_is_json_as_a_go_server_prints_it(gateway: MakeGateway, firmware: str) -> None:
    """F08, F11, F16: quoted keys, no spaces, no 1.0, < > & escaped."""
    home = gateway(firmware, home=Home(site=Site(name="Sun & <Moon>")))
    for row in catalogue.ALL:
        if row.effect is not Effect.READS or row.is_binary or not row.offered_by(home.device.version):
            continue
        answer = await home.ask("GET", asked.path(row), home.token(Access.ENGINEER))
        assert json.loads(answer.body) is not ..., row
        assert not re.search(rb"[<>&]", answer.body), row
        bare = re.sub(rb'"(\\.|[^"\\])*"', b'""', answer.body)
        assert not re.search(rb"\s|\d\.0(?!\d)|NaN|Infinity", bare), (row, bare[:200])
    assert rb"Sun \u0026 \u003cMoon\u003e" in (await home.ask("GET", "/api/site_info/site_name", home.token())).body


@pytest.mark.parametrize("firmware", PROFILES[4:])
async def test_idle_grid_services_are_a_negative_zero(gateway: MakeGateway, firmware: str) -> None:
    """F08."""
    home = gateway(firmware)

    assert b'"grid_services_power":-0,' in (await home.ask("GET", "/api/system_status", home.token())).body


@profiles
async def test_what_nobody_knows_is_null_or_left_out(gateway: MakeGateway, firmware: str) -> None:
    """F13, F15."""
    home = gateway(firmware, home=Home(solar=()))

    assert await read(home, "/api/meters/solar") is None
    if firmware in PROFILES[4:]:
        networks = await read(home, "/api/networks")
        assert next(entry for entry in networks if entry["interface"] == "GsmType")["dhcp"] is None
        assert "measured_frequency" not in await read(home, "/api/site_info")
    if firmware in ("20.49", "21.39", "21.44", "22.36"):
        assert (await read(home, "/api/status"))["followers"] is None


# -- M, G, U, C: signs and words


@profiles
async def test_a_night_has_no_sun_and_the_house_never_gives(gateway: MakeGateway, firmware: str) -> None:
    """M03, M04, S037, S038, S039."""
    home = gateway(firmware, start="2026-06-21T08:00:03")
    for _ in range(60):
        home.device.clock.jump(61)
        told = await read(home, "/api/meters/aggregates")
        assert told["load"]["instant_power"] >= 0
        assert -100 <= told["solar"]["instant_power"] <= 100
        assert abs(told["solar"]["instant_power"]) <= 12


@profiles
async def test_signs_are_those_of_the_founding_document(gateway: MakeGateway, firmware: str) -> None:
    """M01, M02, M09, M10, S035, S036."""
    home = gateway(firmware)
    home.device.set_solar_w(0)
    home.device.set_load_w(2_000)
    home.device.clock.jump(60)
    serving = await read(home, "/api/meters/aggregates")
    home.device.set_solar_w(4_000)
    home.device.clock.jump(60)
    storing = await read(home, "/api/meters/aggregates")

    assert serving["battery"]["instant_power"] > 1_800
    assert storing["battery"]["instant_power"] < -1_800
    for told in (serving, storing):
        powers = {name: told[name]["instant_power"] for name in ("site", "battery", "solar", "load")}
        assert powers["site"] + powers["battery"] + powers["solar"] == pytest.approx(powers["load"], abs=12)


@profiles
@pytest.mark.parametrize(("sent", "told"), [("false", 0), ("24.6", 24.6), ("66.6", 66.6), ("100", 100)])
async def test_a_reserve_is_any_number_and_false_is_none(
    gateway: MakeGateway, firmware: str, sent: str, told: float
) -> None:
    """G06, G09, S117."""
    home = gateway(firmware)

    echo = await post(home, "/api/operation", b'{"mode":"backup","backup_reserve_percent":%s}' % sent.encode())

    assert (echo.status, echo.json["backup_reserve_percent"]) == (200, told)
    modes = [str(home.device.setting.mode)]
    await home.ask("GET", "/api/config/completed", home.token())
    assert [*modes, str(home.device.setting.mode)] == ["self_consumption", "backup"]


@profiles
@pytest.mark.parametrize("limit", ["null", "3.5", None])
async def test_an_export_limit_is_null_a_number_or_absent(
    gateway: MakeGateway, firmware: str, limit: str | None
) -> None:
    """G08, S124."""
    member = "" if limit is None else f',"max_pv_export_power_kW":{limit}'
    body = f'{{"mode":"self_consumption","backup_reserve_percent":20{member}}}'.encode()

    answer = await post(gateway(firmware), "/api/operation", body)

    assert answer.status == 200
    if limit is None:
        assert "max_pv_export_power_kW" not in answer.json
    else:
        assert answer.json["max_pv_export_power_kW"] == msgspec.json.decode(limit)


def test_words_are_those_that_were_seen() -> None:
    """C04, G01, G02, G04, G05, U01, S119, S120, S121, S122, S123."""

    def words(kind: Any) -> set[str]:
        return {member.value for member in kind}

    assert words(OperationMode) >= {"self_consumption", "autonomous", "backup", "scheduler", "site_control", "direct"}
    assert words(GridState) == {
        "SystemGridConnected", "SystemIslandedActive", "SystemTransitionToGrid", "SystemTransitionToIsland",
        "SystemIslandedReady", "SystemMicroGridFaulted", "SystemWaitForUser",
    }  # fmt: skip
    assert words(UpdateState) == {
        "/clear_update_status", "/update_succeeded", "/update_failed", "/update_staged", "/download",
        "/update_downloaded", "/update_unknown",
    }  # fmt: skip
    assert words(InterfaceType) == {"EthType", "GsmType", "WifiType"}
    assert words(SecurityType) == {
        "NONE", "WEP", "WPAorWPA2_Personal", "WPA2_Personal", "Dynamic_WEP", "WPAorWPA2_Enterprise", "WPA2_Enterprise",
    }  # fmt: skip
