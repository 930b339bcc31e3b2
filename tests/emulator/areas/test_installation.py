"""The wizard's data: each write changes what the next read shows.

S136, S137, S138, S139, S140, S141, S143, S145, S146, S147, S149, S150, S151.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from tests.conftest import MakeDevice

from forebay.emulator.home import Home, InstallerTable, Owner
from forebay.emulator.resources import RESOURCES
from forebay.emulator.resources import installation as answers
from forebay.emulator.resources.site import registration
from forebay.wire import catalogue
from forebay.wire.codec import encode
from forebay.wire.endpoint import Access, Endpoint
from forebay.wire.installation import CustomerEntry, Installer

MakeGateway = Callable[..., Any]

UNREGISTERED = Home(owner=Owner(registered=False))
OWNER = {
    "given_name": "Ada", "family_name": "Example", "email": "ada@example.com", "phone": "1", "street": "1 Lane",
    "city": "Ely", "state": "Cambs", "zip": "CB7", "country": "GB",
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


async def test_config_is_the_identity_that_the_status_tells(gateway: MakeGateway) -> None:
    """S141."""
    home = gateway()

    assert (await read(home, "/api/config"))["vin"] == (await read(home, "/api/status"))["din"]


async def test_the_installer_says_run_sitemaster_only_while_it_runs(gateway: MakeGateway) -> None:
    """S147, S11."""
    for firmware in ("1.40.2", "21.44"):
        home = gateway(firmware)
        assert (await read(home, "/api/installer"))["run_sitemaster"] is True
        home.device.stop(force=True)
        assert "run_sitemaster" not in await read(home, "/api/installer")
        home.device.run()
        assert (await read(home, "/api/installer"))["run_sitemaster"] is True


def test_the_installer_of_1_15_is_three_members(make_device: MakeDevice) -> None:
    """S145."""
    device = make_device("1.40.2")
    model = answers.installer(device, None, {})

    assert list(json.loads(encode(model, (1, 15, 0)))) == ["company", "customer_id", "phone"]
    assert list(json.loads(encode(model, (1, 40, 2)))) == ["company", "customer_id", "phone", "email", "run_sitemaster"]


async def test_an_installer_that_is_posted_is_the_one_that_is_read(gateway: MakeGateway) -> None:
    """S146."""
    home = gateway()
    before = await read(home, "/api/installer")
    change = {"company": "Fellside Renewables", "phone": "123", "mounting": "Wall", "run_sitemaster": False}

    assert await write(home, "/api/installer", change) == {}
    after = await read(home, "/api/installer")
    numbers = {c["company"]: c["customer_id"] for c in await read(home, "/api/installer/companies")}
    wanted = before | {"company": "Fellside Renewables", "phone": "123", "mounting": "Wall"}
    assert after == wanted | {"customer_id": numbers["Fellside Renewables"]}
    assert list(after) == list(before)


async def test_the_installer_can_be_written_into_the_home(gateway: MakeGateway) -> None:
    home = gateway(home=Home(installer=InstallerTable(company="Me", phone="42")))

    said = await read(home, "/api/installer")
    assert (said["company"], said["phone"], said["customer_id"]) == ("Me", "42", "0000000")


async def test_companies_have_a_country_and_longer_numbers_since_2020(gateway: MakeGateway) -> None:
    """S151."""
    old = await read(gateway("1.40.2"), "/api/installer/companies")
    new = await read(gateway("21.44"), "/api/installer/companies")

    assert all(list(c) == ["company", "customer_id"] and c["customer_id"].startswith("AN-") for c in old)
    assert all(list(c) == ["company", "customer_id", "country"] and len(c["customer_id"]) == 36 for c in new)
    assert len({c["customer_id"] for c in new}) == len(new)


async def test_an_owner_who_registers_is_registered_and_shown_where_the_release_shows_him(
    gateway: MakeGateway,
) -> None:
    home = gateway(home=UNREGISTERED)
    assert await read(home, "/api/customer") == {"registered": False}
    assert (await read(home, "/api/customer/registration"))["registered"] is False

    answer = await home.ask("POST", "/api/customer", home.token(Access.CUSTOMER), body=json.dumps(OWNER).encode())
    assert (answer.status, answer.json) == (200, {})
    assert await read(home, "/api/customer") == {"registered": True}
    assert (await read(home, "/api/customer/registration"))["registered"] is True
    shown = json.loads(encode(answers.customer(home.device, None, {}), (1, 40, 2)))
    assert {key: shown[key] for key in ("city", "state", "zip", "country")} == {
        key: OWNER[key] for key in ("city", "state", "zip", "country")
    }


async def test_the_customer_of_1_40_lives_somewhere(gateway: MakeGateway) -> None:
    """S140."""
    said = await read(gateway("1.40.2", home=Home(owner=Owner(city="New York", zip="10010"))), "/api/customer")

    assert (said["city"], said["zip"], said["country"]) == ("New York", "10010", "US")
    assert list(said)[4:] == ["registered", "privacy_notice", "limited_warranty", "emailed_registration"]
    assert all(said[key] is True for key in list(said)[4:])


@pytest.mark.parametrize("firmware", ["1.40.2", "21.44"])
async def test_consents_are_echoed_and_shown_by_registration_and_customer(gateway: MakeGateway, firmware: str) -> None:
    home = gateway(firmware, home=UNREGISTERED)
    names = ("marketing", "privacy_notice", "limited_warranty", "grid_services")
    before = await read(home, "/api/customer/registration")
    assert {before[name] for name in names} == {None}
    consents = dict(zip(names, (False, True, True, False), strict=True))
    body = json.dumps(consents).encode()

    answer = await home.ask("POST", "/api/customer/registration/legal", home.token(Access.CUSTOMER), body=body)
    assert (answer.status, answer.json, list(answer.json)) == (200, consents, list(consents))
    after = await read(home, "/api/customer/registration")
    assert {name: after[name] for name in names} == consents
    shown = await read(home, "/api/customer")
    assert {name: shown[name] for name in names if name in shown}.items() <= consents.items()
    assert shown["privacy_notice"] is True


async def test_a_skipped_and_a_mailed_registration_show_in_the_form_of_1_15(gateway: MakeGateway) -> None:
    """S149, S150."""
    home = gateway("1.40.2", home=UNREGISTERED)

    def shown() -> tuple[bool, bool]:
        said = json.loads(encode(registration(home.device, None, {}), (1, 15, 0)))
        return said["emailed_registration"], said["skipped_registration"]

    assert shown() == (False, False)
    await write(home, "/api/customer/registration/skip")
    assert shown() == (False, True)
    await write(home, "/api/customer/registration/emailed")
    assert shown() == (True, True)
    assert (await read(home, "/api/customer"))["emailed_registration"] is True


@pytest.mark.parametrize(
    "path", ["/api/customer/registration/skip", "/api/customer/registration/emailed", "/api/site_info/grid_codes"]
)
async def test_what_ended_in_2020_is_a_404_since(gateway: MakeGateway, path: str) -> None:
    home = gateway("21.44")

    for method in ("GET", "POST"):
        assert (await home.ask(method, path, home.token())).status == 404


async def test_the_radios_are_told_to_everybody_since_2020(gateway: MakeGateway) -> None:
    answer = await gateway("21.44").ask("GET", "/api/legal/radio")

    assert answer.status == 200
    assert [list(radio) for radio in answer.json] == [["manufacturer", "model", "fcc_id", "ic_id"]] * 2
    assert (await gateway("1.40.2").ask("GET", "/api/legal/radio")).status == 404


async def test_the_inverter_carries_the_roof_and_is_one_that_the_wizard_lists(gateway: MakeGateway) -> None:
    """S136, S137, S138."""
    home = gateway()
    (solar,) = await read(home, "/api/solars")
    brands = await read(home, "/api/solars/brands")
    models = await read(home, f"/api/solars/brands/{solar['brand']}")

    assert solar["power_rating_watts"] == sum(string.peak_w for string in home.device.home.solar)
    assert solar["brand"] in brands
    assert brands == sorted(brands, key=str.casefold)
    assert solar["model"] in [model["model"] for model in models]
    assert {model["brand"] for model in models} == {solar["brand"]}
    assert await read(gateway(home=Home(solar=())), "/api/solars") == []
    for brand in brands:
        assert await read(home, f"/api/solars/brands/{brand}")


async def test_an_unknown_brand_is_a_400_that_names_it(gateway: MakeGateway) -> None:
    home = gateway()

    answer = await home.ask("GET", "/api/solars/brands/Nobody <&>", home.token(Access.CUSTOMER))
    assert (answer.status, answer.json["code"]) == (400, 400)
    assert "Nobody <&>" in answer.json["error"]


async def test_a_brand_is_percent_encoded_in_the_path(served: Any) -> None:
    """S138."""
    house = await served("21.44")
    bearer = f"Authorization: Bearer {await house.token()}\r\n"

    answer = await house.ask("GET", "/api/solars/brands/SolarEdge%20Technologies", bearer)
    assert answer.status == 200
    assert "SE5000 (240V) w/ -ER-US or A-US" in [model["model"] for model in answer.json]
    answer = await house.ask("GET", "/api/solars/brands/Diehl%20AKO%20Stiftung%20%26%20Co.%20KG", bearer)
    assert answer.status == 200
    assert b"Stiftung \\u0026 Co. KG" in answer.body


async def test_there_is_no_generator_and_one_way_to_cut_one_off(gateway: MakeGateway) -> None:
    """S139, S143."""
    home = gateway("1.40.2")

    assert await read(home, "/api/generators") == {"disconnect_type": "None", "generators": []}
    assert await read(home, "/api/generators/disconnect_types") == ["DownstreamATS"]


SHOWN: tuple[Endpoint[Any, Any], ...] = (
    catalogue.INSTALLER,
    catalogue.CUSTOMER,
    catalogue.REGISTRATION,
    catalogue.SITE_INFO,
    catalogue.EXTRA_PROGRAMS,
)

WRONG: dict[str, object] = {
    "/api/installer": {"company": 7},
    "/api/customer": {"given_name": "Ada"},
    "/api/customer/registration/legal": {"marketing": "yes"},
    "/api/site_info/site_name": {"site_name": None},
    "/api/site_info/timezone": {"timezone": "Mars/Olympus"},
    "/api/site_info/export_mode": {"net_meter_mode": "everything"},
    "/api/site_info/extra_programs": [],
    "/api/site_info/grid_code": {"grid_code": "55Hz_none", "country": "*", "state": "*", "region": "*"},
    "/api/site_info/offgrid": {"offgrid": "maybe"},
}


@pytest.mark.parametrize("path", WRONG)
async def test_a_wrong_body_is_a_400_that_changes_nothing(gateway: MakeGateway, path: str) -> None:
    home = gateway()
    state = [RESOURCES[row](home.device, None, {}) for row in SHOWN]

    wrong = await home.ask("POST", path, home.token(), body=json.dumps(WRONG[path]).encode())
    cut = await home.ask("POST", path, home.token(), body=b"")
    assert (wrong.status, wrong.json["code"], set(wrong.json)) == (400, 400, {"code", "error", "message"})
    assert cut.json == {
        "code": 400,
        "error": "unexpected end of JSON input",
        "message": "Unable to unmarshal body",
    }
    assert [RESOURCES[row](home.device, None, {}) for row in SHOWN] == state


@pytest.mark.parametrize("path", [path for path in WRONG if "customer" not in path and "site_name" not in path])
async def test_an_owner_may_not_change_the_installation(gateway: MakeGateway, path: str) -> None:
    home = gateway()

    answer = await home.ask("POST", path, home.token(Access.CUSTOMER), body=b"{}")
    assert (answer.status, answer.json["error"]) == (403, "Unable to POST to resource")


def test_names_and_numbers_of_people_are_not_printed() -> None:
    assert "Ada" not in repr(CustomerEntry(**OWNER))
    assert "555" not in repr(Installer(company="C", phone="555"))
