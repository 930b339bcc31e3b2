"""Where the sources contradict each other (X01–X21): which side is taken, and which settings take the other.

docs/explanation/contradictions.md names each of these tests; the last one holds the page to them.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from tests import asked
from tests.conftest import ROOT
from tests.emulator.conftest import Answer, Asked

from forebay.emulator.home import GatewayTable, Home
from forebay.wire import catalogue
from forebay.wire.endpoint import Access
from forebay.wire.percent import WirePercent

MakeGateway = Callable[..., Asked]
PROFILES = ("1.15", "1.20", "1.40.2", "1.50", "20.49", "21.39", "21.44", "22.36", "23.44")
OLD, NEW = PROFILES[:4], PROFILES[4:]
profiles = pytest.mark.parametrize("firmware", PROFILES)
STOP = "/api/sitemaster/stop"


def calm(home: Asked) -> Asked:
    home.device.set_load_w(0)
    home.device.set_solar_w(0)
    return home


async def read(home: Asked, path: str, role: Access = Access.INSTALLER) -> Any:
    answer = await home.ask("GET", path, home.token(role))
    assert answer.status == 200, (path, answer)
    return answer.json


async def post(home: Asked, path: str, body: object = None, role: Access = Access.INSTALLER) -> Answer:
    raw = b"" if body is None else msgspec.json.encode(body)
    return await home.ask("POST", path, home.token(role), raw)


@profiles
async def test_x01_stop_is_a_get_on_1_x_and_a_post_later_unless_a_setting_allows_both(
    gateway: MakeGateway, firmware: str
) -> None:
    """X01, S06, S092."""
    strict = calm(gateway(firmware))
    lenient = calm(gateway(firmware, home=Home(gateway=GatewayTable(stop_by_get=True))))

    by_get = await strict.ask("GET", STOP, strict.token())
    by_post = await post(calm(gateway(firmware)), STOP, {"force": True}, Access.CUSTOMER)
    allowed = await lenient.ask("GET", STOP, lenient.token())

    if firmware in OLD:
        assert (by_get.status, by_post.status, by_post.header("allow")) == (202, 405, "GET")
    else:
        assert (by_get.status, by_get.header("allow"), by_post.status) == (405, "POST", 202)
        assert strict.device.running
    assert (allowed.status, lenient.device.running) == (202, False)


@profiles
async def test_x02_completed_is_an_empty_202_and_from_1_43_on_a_200_with_the_status(
    gateway: MakeGateway, firmware: str
) -> None:
    """X02, S10, S099: the first profile after 1.43 is 1.50."""
    home = gateway(firmware)
    before = home.device.commission_count

    answer = await home.ask("GET", "/api/config/completed", home.token())

    assert home.device.commission_count == before + 1
    if firmware in ("1.15", "1.20", "1.40.2"):
        assert (answer.status, answer.body) == (202, b"")
    else:
        assert (answer.status, answer.json["commission_count"]) == (200, before + 1)


@profiles
@pytest.mark.parametrize("name", ["mode", "real_mode"])
async def test_x03_a_mode_is_taken_under_both_names_and_told_under_the_releases(
    gateway: MakeGateway, firmware: str, name: str
) -> None:
    """X03, G07."""
    home = gateway(firmware)
    told = "mode" if firmware in ("1.15", "1.20", "1.40.2") else "real_mode"

    echo = await post(home, "/api/operation", {name: "backup", "backup_reserve_percent": 100})
    shown = await read(home, "/api/operation")

    for body in (echo.json, shown):
        assert body[told] == "backup"
        assert len({"mode", "real_mode"} & set(body)) == 1


@profiles
async def test_x04_pack_status_is_409_while_running_on_1_x_and_200_later(gateway: MakeGateway, firmware: str) -> None:
    """X04, E06, S05, S134."""
    home = gateway(firmware)
    path = "/api/powerwalls/status"

    running = await home.ask("GET", path, home.token())
    home.device.stop(force=True)
    stopped = await home.ask("GET", path, home.token())

    words = "Sitemaster is current running"
    assert running.status == (409 if firmware in OLD else 200)
    if firmware in OLD:
        assert running.body == b'{"code":409,"error":"%s","message":"%s"}' % (words.encode(), words.encode())
    assert stopped.status == 200


@profiles
async def test_x05_a_stopped_1_x_says_that_it_is_cut_off_and_a_later_one_does_not(
    gateway: MakeGateway, firmware: str
) -> None:
    """X05, S09, S051."""
    home = gateway(firmware)
    home.device.stop(force=True)

    told = await read(home, "/api/sitemaster")

    assert told["connected_to_tesla"] is (firmware in NEW)
    if firmware in ("1.15", "1.20", "1.40.2"):
        assert list(told.items()) == [("running", False), ("uptime", "log:"), ("connected_to_tesla", False)]


@profiles
async def test_x06_the_site_master_has_an_uptime_on_1_x_and_a_status_later(gateway: MakeGateway, firmware: str) -> None:
    """X06, F03, S049."""
    told = await read(gateway(firmware), "/api/sitemaster")

    if firmware in ("1.15", "1.20", "1.40.2"):
        assert re.fullmatch(r"\d+s,", told["uptime"])
        assert "status" not in told
    else:
        assert told["status"] == "StatusUp"
        assert "uptime" not in told
        assert ("can_reboot" in told) == (firmware in NEW)


@profiles
async def test_x07_the_grid_code_is_a_word_on_1_x_and_an_object_later(gateway: MakeGateway, firmware: str) -> None:
    """X07, S083."""
    told = await read(gateway(firmware), "/api/site_info")

    nested = told["grid_code"] if firmware in NEW else told
    assert isinstance(nested["grid_code"], str)
    assert nested["grid_voltage_setting"] == 240
    assert ("region" in told) == (firmware in OLD)


@profiles
async def test_x08_networks_are_told_in_three_ways(gateway: MakeGateway, firmware: str) -> None:
    """X08, S163, S169: adapters; networks with ip and mask; IP and Mask in base64, seen on 23.x."""
    told = await read(gateway(firmware), "/api/networks")

    if firmware in OLD:
        assert {entry["name"] for entry in told} >= {"can0", "eth0", "rpine0", "wifi0", "wifi1"}
        return
    link = next(entry for entry in told if entry["active"])["iface_network_info"]["ip_networks"][0]
    if firmware == "23.44":
        assert set(link) == {"IP", "Mask"}
        assert link["Mask"] in ("////AA==", "/////w==")
    else:
        assert set(link) == {"ip", "mask"}
        assert link["mask"].startswith("255.255.255.")


@profiles
async def test_x09_who_logs_in_how_and_whether_it_stops_the_house(gateway: MakeGateway, firmware: str) -> None:
    """X09: tests/emulator/test_eras.py has A01–A16 one by one."""
    home = calm(gateway(firmware))
    body = {"username": "", "password": f"S{home.device.serial}", "force_sm_off": True}
    home.device.toggle_switch()

    answer = await home.ask("POST", "/api/login/Basic", body=msgspec.json.encode(body))

    assert answer.status == (200 if firmware in OLD else 401)
    assert home.device.running is (firmware not in ("1.15", "1.20", "1.40.2"))


@profiles
@pytest.mark.parametrize("status", [403, 401])
async def test_x10_a_missing_token_is_403_or_by_setting_401(gateway: MakeGateway, firmware: str, status: Any) -> None:
    """X10, E04; a role that is too low stays 403."""
    home = gateway(firmware, home=Home(gateway=GatewayTable(missing_login_status=status)))
    forged = [("authorization", "Bearer " + "A" * 86 + "==")]

    for headers in ([], forged):
        answer = await home.ask("GET", "/api/operation", headers)
        assert (answer.status, answer.json["code"]) == (status, status)
    kiosk = await home.ask("GET", "/api/operation", home.token(Access.KIOSK))
    assert kiosk.status == 403


@profiles
async def test_x11_registration_is_open_unless_a_setting_wants_a_login(gateway: MakeGateway, firmware: str) -> None:
    """X11, A20."""
    path = "/api/customer/registration"
    strict = gateway(firmware, home=Home(gateway=GatewayTable(registration_needs_login=True)))

    assert (await gateway(firmware).ask("GET", path)).status == 200
    assert (await strict.ask("GET", path)).status == 403
    assert (await strict.ask("GET", path, strict.token(Access.CUSTOMER))).status == 200


@pytest.mark.parametrize("firmware", NEW)
async def test_x12_commands_are_posts_unless_a_setting_takes_the_listed_gets(
    gateway: MakeGateway, firmware: str
) -> None:
    """X12, E126, E127, E128."""
    lenient = Home(gateway=GatewayTable(commands_by_get=True))
    for name in ("DETECT_PHASES", "UPDATE_PACKS", "RESET_PV"):
        row, strict, open_ = catalogue.BY_NAME[name], gateway(firmware), gateway(firmware, home=lenient)
        assert (await strict.ask("GET", row.path, strict.token())).status == 405
        assert (await strict.ask("POST", row.path, strict.token(), asked.BODIES.get(name, b""))).status == 200
        assert (await open_.ask("GET", row.path, open_.token())).status == 200


@profiles
async def test_x13_the_ping_test_answers_get_and_post(gateway: MakeGateway, firmware: str) -> None:
    """X13, S159."""
    home, path = gateway(firmware), "/api/system/networks/ping_test"

    assert await read(home, path) == (await post(home, path)).json


@pytest.mark.parametrize("firmware", NEW)
async def test_x14_a_meter_is_deleted_by_path_or_by_body(gateway: MakeGateway, firmware: str) -> None:
    """X14."""
    for row in (catalogue.REMOVE_METER, catalogue.REMOVE_THIS_METER):
        home = gateway(firmware)
        answer = await home.ask("DELETE", asked.path(row), home.token(), asked.BODIES.get(row.name, b""))
        assert (answer.status, answer.body) == (204, b""), row


@profiles
@pytest.mark.parametrize("path", ["/api/%7Bendpoint%7D", "/api/{endpoint}", "/api/e", "/api/anything"])
async def test_x15_the_variable_that_lists_took_for_a_row_is_404(
    gateway: MakeGateway, firmware: str, path: str
) -> None:
    """X15, E11."""
    home = gateway(firmware)

    assert (await home.ask("GET", path, home.token(Access.ENGINEER))).status == 404


@pytest.mark.parametrize(("says_google", "name"), [(False, "Gle GET Test"), (True, "Google GET Test")])
async def test_x16_slips_of_the_founding_document_are_repaired_or_kept_by_choice(
    gateway: MakeGateway, says_google: bool, name: str
) -> None:
    """X16, F06, F12, S062, S158: true milliseconds, no newline on 1.40, and a damaged name that may be mended."""
    home = gateway("1.40.2", home=Home(gateway=GatewayTable(says_google=says_google)))
    await post(home, "/api/system/networks/conn_tests")
    home.device.clock.jump(20)

    results = (await read(home, "/api/system/networks/conn_tests"))["results"]
    update = await read(home, "/api/system/update/status")

    assert list(results) == ["Config Syncer Test", name, "Hermes Status Test", "Synergy Data Test"]
    assert update["current_time"] == int(home.device.now.timestamp() * 1000)
    assert (await read(home, "/api/status"))["version"] == "1.40.2"


@profiles
async def test_x17_nonactionable_means_that_there_is_nothing_to_do(gateway: MakeGateway, firmware: str) -> None:
    """X17, S061, S072, U04."""
    told = await read(gateway(firmware), "/api/system/update/status")

    assert told["info"] == {"status": ["nonactionable"]}
    assert told["state"] in ("/update_failed", "/update_succeeded")


@profiles
async def test_x18_grid_faults_are_the_recent_alerts_of_the_grid(gateway: MakeGateway, firmware: str) -> None:
    """X18, F09, F10, S091."""
    home = gateway(firmware)
    path = "/api/system_status/grid_faults"
    assert await read(home, path) == []

    home.device.set_grid(False)
    home.device.clock.jump(60)
    (told, *_) = await read(home, path)

    assert told["timestamp"] <= home.device.now.timestamp() * 1000
    assert isinstance(msgspec.json.decode(told["decoded_alert"]), list)


@profiles
async def test_x19_consents_are_sent_and_echoed(gateway: MakeGateway, firmware: str) -> None:
    """X19, S162."""
    home = gateway(firmware)
    wish = {"marketing": False, "privacy_notice": True, "limited_warranty": True, "grid_services": False}

    echo = await post(home, "/api/customer/registration/legal", wish)

    assert (echo.status, echo.json) == (200, wish)
    shown = await read(home, "/api/customer/registration")
    assert {name: shown[name] for name in wish} == wish


@pytest.mark.parametrize("firmware", ["20.49", "21.44", "22.36"])
async def test_x20_an_owner_reads_the_vitals_unless_a_setting_wants_an_installer(
    gateway: MakeGateway, firmware: str
) -> None:
    """X20."""
    home, path = gateway(firmware), "/api/devices/vitals"
    strict = gateway(firmware, home=Home(gateway=GatewayTable(vitals_need_installer=True)))

    assert (await home.ask("GET", path, home.token(Access.CUSTOMER))).status == 200
    assert (await strict.ask("GET", path, strict.token(Access.CUSTOMER))).status == 403
    assert (await strict.ask("GET", path, strict.token(Access.INSTALLER))).status == 200


def test_x21_24_6_on_the_wire_is_21_in_the_app() -> None:
    """X21, S117, S133: the document calls it 20 in one place, and 21 in its table."""
    assert WirePercent(24.6).app.value == pytest.approx(20.63, abs=0.01)
    assert round(WirePercent(24.6).app.value) == 21


def test_the_page_has_every_contradiction_with_its_setting_and_its_test() -> None:
    text = (ROOT / "docs/explanation/contradictions.md").read_text("utf-8")
    lines = [re.split(r"\s*\|\s*", line.strip("| \n")) for line in text.splitlines() if line.startswith("| X")]

    assert [line[0] for line in lines] == [f"X{number:02d}" for number in range(1, 22)]
    for number, _what, _side, setting, test in lines:
        assert f"test_{number.lower()}_" in test
        assert callable(globals()[test.strip("`")])
        if setting != "–":
            assert setting.strip("`").partition(" ")[0] in GatewayTable.__struct_fields__, setting
