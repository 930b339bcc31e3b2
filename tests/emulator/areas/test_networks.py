"""Networks: each write changes what the next read shows.

S152, S153, S154, S155, S163, S164, S165, S166, S167, S168, S169, S170, S171.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from forebay.wire.endpoint import Access

MakeGateway = Callable[..., Any]

NEW = {"networkName": "Bay Window", "network_name": "Bay Window", "interface": "WifiType", "username": "",
       "password": "correct horse", "securityType": "WPA2_Personal", "security_type": "WPA2_Personal",
       "dns_servers": []}  # fmt: skip


async def ask(home: Any, method: str, path: str, body: Any = None, role: Access = Access.CUSTOMER) -> Any:
    raw = b"" if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
    return await home.ask(method, path, home.token(role), body=raw)


async def read(home: Any, path: str = "/api/networks") -> Any:
    answer = await ask(home, "GET", path)
    assert answer.status == 200, answer.body
    return answer.json


async def by_type(home: Any) -> dict[str, Any]:
    return {entry["interface"]: entry for entry in await read(home)}


async def test_1_40_tells_its_adapters_as_the_founding_document_does(gateway: MakeGateway) -> None:
    can, ethernet, cellular, wifi, own = await read(gateway("1.40.2"))

    nothing = {"connected": True, "is_dhcp": True, "ip_address": "", "subnet": "", "config": None}
    assert can == {"id": 2, "name": "can0", **nothing}
    assert ethernet == {"id": 3, "name": "eth0", **nothing}
    assert cellular == {"id": 170, "name": "rpine0", **nothing}
    assert own == {"id": 172, "name": "wifi1", **nothing, "ip_address": "192.168.91.1", "subnet": "255.255.255.0"}
    assert (wifi["id"], wifi["name"], wifi["connected"], wifi["subnet"]) == (171, "wifi0", True, "255.255.255.0")
    assert list(wifi["config"]) == ["network_name", "interface", "security_type", "dhcp", "enabled"]
    assert wifi["config"]["security_type"] == "WPA2_Personal"


async def test_1_40_tells_its_saved_networks_and_what_the_wizard_offers(gateway: MakeGateway) -> None:
    home = gateway("1.40.2")
    cellular, ethernet, wifi = await read(home, "/api/system/networks")

    assert cellular == {"network_name": "default_gsm", "interface": "GsmType", "security_type": "NONE", "dhcp": None}
    assert ethernet == {"network_name": "default_eth", "interface": "EthType", "security_type": "NONE", "dhcp": True}
    assert wifi == (await read(home))[3]["config"]
    assert await read(home, "/api/networks/wifi_security_types") == ["NONE", "WEP", "WPAorWPA2_Personal"]


async def test_an_adapter_of_1_40_is_switched_off_and_on(gateway: MakeGateway) -> None:
    home = gateway("1.40.2")
    before = await read(home)
    assert (await ask(home, "POST", "/api/networks/wifi0/disable")).json == {}
    wifi = (await read(home))[3]

    assert (wifi["connected"], wifi["ip_address"], wifi["subnet"]) == (False, "", "")
    assert wifi["config"]["enabled"] is False
    assert (await ask(home, "POST", "/api/networks/wifi0/enable")).json == {}
    assert await read(home) == before


async def test_what_was_no_adapter_cannot_be_switched(gateway: MakeGateway) -> None:
    answer = await ask(gateway("1.40.2"), "POST", "/api/networks/can0/disable")

    assert answer.status == 400
    assert answer.json["message"] == "Unable to configure interface"


async def test_a_saved_network_is_used_by_1_40_and_only_listed_later(gateway: MakeGateway) -> None:
    edit = {"interface": "WifiType", "network_name": "Bay Window", "security_type": "WPAorWPA2_Personal"}
    old, new = gateway("1.40.2"), gateway("21.44")
    for home in (old, new):
        assert (await ask(home, "POST", "/api/networks", edit)).json == {}

    assert (await read(old))[3]["config"] == {**edit, "dhcp": True, "enabled": True} | {"network_name": "Bay Window"}
    assert [entry["network_name"] for entry in await read(old, "/api/system/networks")][-1] == "Bay Window"
    *_, listed = await read(new)
    assert (listed["network_name"], listed["active"], listed["enabled"]) == ("Bay Window", False, True)
    assert "iface_network_info" not in listed


async def test_an_ethernet_network_that_1_40_is_told_to_use_has_an_address(gateway: MakeGateway) -> None:
    home = gateway("1.40.2")
    edit = {"interface": "EthType", "network_name": "desk"}
    await ask(home, "POST", "/api/networks", edit)
    ethernet = (await read(home))[1]

    assert ethernet["ip_address"].startswith("192.168.")
    assert ethernet["config"] == {**edit, "security_type": "NONE", "dhcp": True, "enabled": True}


async def test_a_gateway_without_a_network_does_not_reach_its_maker(gateway: MakeGateway) -> None:
    home = gateway()
    assert (await read(home, "/api/sitemaster"))["connected_to_tesla"] is True
    for adapter, reaches in (("wifi0", True), ("rpine0", False)):
        await ask(home, "DELETE", f"/api/networks/{adapter}/disconnect")
        assert (await read(home, "/api/sitemaster"))["connected_to_tesla"] is reaches


async def test_saving_under_a_known_name_changes_that_network(gateway: MakeGateway) -> None:
    home = gateway()
    count = len(await read(home))
    edit = {"interface": "EthType", "network_name": "ethernet_tesla_internal_default", "dhcp": False}
    await ask(home, "POST", "/api/networks", edit)

    assert len(await read(home)) == count
    assert (await by_type(home))["EthType"]["dhcp"] is False


async def test_a_joined_network_takes_the_place_of_the_one_before(gateway: MakeGateway) -> None:
    home = gateway()
    old = (await by_type(home))["WifiType"]
    answer = await ask(home, "POST", "/api/networks/connect", NEW)
    *_, left, joined = await read(home)

    assert answer.json == {}
    assert (left["network_name"], left["active"]) == (old["network_name"], False)
    assert (joined["network_name"], joined["active"], joined["primary"]) == ("Bay Window", True, True)
    assert joined["iface_network_info"]["state"] == "DeviceStateReady"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"password": "short"}, "invalid passphrase"),
        ({"networkName": "Nobody", "network_name": "Nobody"}, "network not found"),
        ({"network_name": "Larkfield"}, "must agree"),
        ({"interface": "TokenRing"}, "unknown interface"),
        ({"networkName": 7}, "Bad Request"),
    ],
)
async def test_a_network_that_cannot_be_joined_is_refused_and_nothing_changes(
    gateway: MakeGateway, change: dict[str, Any], words: str
) -> None:
    home = gateway()
    before = await read(home)
    answer = await ask(home, "POST", "/api/networks/connect", NEW | change)

    assert answer.status == 400
    assert words in answer.json["error"]
    assert await read(home) == before


async def test_a_forgotten_network_is_gone_and_the_factorys_own_stays(gateway: MakeGateway) -> None:
    home = gateway()
    wifi = (await by_type(home))["WifiType"]["network_name"]
    gone = await ask(home, "DELETE", "/api/networks", {"network_name": wifi, "interface": "WifiType"})
    factory = {"network_name": "gsm_tesla_internal_default", "interface": "GsmType"}
    kept = await ask(home, "DELETE", "/api/networks", factory)

    assert (gone.status, gone.body) == (204, b"")
    assert kept.status == 400
    assert set(await by_type(home)) == {"EthType", "GsmType"}
    assert (await by_type(home))["GsmType"]["primary"] is True


async def test_a_disconnected_device_stays_saved_until_its_service_is_enabled(gateway: MakeGateway) -> None:
    home = gateway()
    before = await read(home)
    assert (await ask(home, "DELETE", "/api/networks/wifi0/disconnect")).status == 204
    wifi = (await by_type(home))["WifiType"]
    assert (wifi["active"], wifi["enabled"], wifi["lastTeslaConnected"]) == (False, True, False)

    assert (await ask(home, "POST", "/api/networks/enable_wifi")).json == {}
    assert await read(home) == before
    assert (await ask(home, "POST", "/api/networks/enable_pigeons")).status == 400
    assert (await ask(home, "DELETE", "/api/networks/pigeon0/disconnect")).status == 400


async def test_a_scan_shows_after_some_seconds_and_the_strongest_come_first(gateway: MakeGateway) -> None:
    home = gateway()
    before = await read(home, "/api/networks/access_points")
    answer = await ask(home, "POST", "/api/networks/request_scan_wifi")
    assert (answer.status, answer.body) == (200, b"")
    assert await read(home, "/api/networks/access_points") == before

    home.device.clock.jump(5)
    after = await read(home, "/api/networks/access_points")
    assert after != before
    for points in (before, after):
        strengths = [point["signal_strength"] for point in points]
        assert strengths == sorted(strengths, reverse=True)
        assert list(points[0]) == ["ssid", "bssid", "channel", "signal_strength", "security_type"]
    link = (await by_type(home))["WifiType"]["iface_network_info"]
    assert link["signal_strength"] == next(p["signal_strength"] for p in after if p["ssid"] == link["network_name"])


@pytest.mark.parametrize("seed", range(12))
async def test_the_houses_own_network_is_in_the_air_as_it_is_saved(gateway: MakeGateway, seed: int) -> None:
    home = gateway(seed=seed)
    wifi = (await by_type(home))["WifiType"]
    (point,) = [p for p in await read(home, "/api/networks/access_points") if p["ssid"] == wifi["network_name"]]

    assert point["security_type"] == wifi["security_type"]


async def test_1_40_scans_and_answers_at_once(gateway: MakeGateway) -> None:
    home = gateway("1.40.2")
    first, second = [(await ask(home, "POST", "/api/networks/wifi_scan")).json for _ in range(2)]

    assert first != second
    assert {point["security_type"] for point in first} <= {"NONE", "WPA2_Personal"}


async def test_client_protocols_are_echoed_and_kept_and_are_the_installers(gateway: MakeGateway) -> None:
    home = gateway()
    path = "/api/networks/client_protocols"
    off = dict.fromkeys(("dnp3", "m2m", "mtls", "modbus", "allow_public_ip"), False)
    assert await read(home, path) == off
    assert (await ask(home, "POST", path, off | {"modbus": True})).status == 403

    answer = await ask(home, "POST", path, off | {"modbus": True}, Access.INSTALLER)
    assert answer.json == await read(home, path) == off | {"modbus": True}
    wrong: list[Any] = [off | {"modbus": "yes"}, {"modbus": True}, []]
    for body in wrong:
        assert (await ask(home, "POST", path, body, Access.INSTALLER)).status == 400


async def test_a_way_cut_to_the_maker_shows_in_the_network_and_leaves_the_internet(gateway: MakeGateway) -> None:
    home = gateway()
    home.device.set_connected(False)
    wifi = (await by_type(home))["WifiType"]

    assert (wifi["lastTeslaConnected"], wifi["lastInternetConnected"]) == (False, True)


async def test_masks_are_in_base64_from_23_on(gateway: MakeGateway) -> None:
    (subnet,) = (await by_type(gateway("23.44")))["WifiType"]["iface_network_info"]["ip_networks"]

    assert list(subnet) == ["IP", "Mask"]
    assert subnet["Mask"] == "////AA=="


@pytest.mark.parametrize("body", [b"", b"{", b'{"interface": "WifiType"'])
async def test_a_body_cut_short_is_refused_in_the_known_words(gateway: MakeGateway, body: bytes) -> None:
    answer = await ask(gateway(), "POST", "/api/networks", body)

    assert answer.status == 400
    assert (answer.json["error"], answer.json["message"]) == (
        "unexpected end of JSON input",
        "Unable to unmarshal body",
    )


@pytest.mark.parametrize(
    "edit",
    [
        {"interface": "WifiType", "network_name": "x"},
        {"interface": "WifiType", "network_name": " ", "security_type": "NONE"},
        {"interface": "Smoke", "network_name": "x"},
        {"network_name": "x"},
    ],
)
async def test_a_network_that_makes_no_sense_is_not_saved(gateway: MakeGateway, edit: dict[str, str]) -> None:
    home = gateway()
    before = await read(home)

    assert (await ask(home, "POST", "/api/networks", edit)).status == 400
    assert await read(home) == before
