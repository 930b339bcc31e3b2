"""OpenAPI 3.1: valid for every release, and true of every answer of the emulator."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from tests import asked
from tests.emulator.conftest import Asked, Serve

from forebay.emulator import published
from forebay.emulator.device import Device
from forebay.emulator.home import GatewayTable, Home
from forebay.errors import ConfigError
from forebay.wire import catalogue
from forebay.wire.endpoint import Access, Effect, Endpoint
from forebay.wire.faults import BY_KEY
from forebay.wire.firmware import PROFILES, parse_version
from forebay.wire.refusals import OWN, refusals_of

validator: Any = pytest.importorskip("openapi_spec_validator", reason="openapi-spec-validator is not installed")
jsonschema: Any = pytest.importorskip("jsonschema", reason="jsonschema is not installed")

NAMES = [profile.name for profile in PROFILES]
MakeAsked = Callable[..., Asked]


@pytest.mark.parametrize("firmware", [*NAMES, "21.39.1", "22.18.3", "1.25.0", "restricted"])
def test_every_release_has_a_valid_document(firmware: str) -> None:
    found = json.loads(published.as_bytes(published.of_release(firmware)))

    assert list(validator.OpenAPIV31SpecValidator(found).iter_errors()) == []
    assert found["openapi"] == "3.1.0"
    assert firmware in found["info"]["version"]


@pytest.mark.parametrize("firmware", NAMES)
def test_a_document_has_exactly_the_rows_of_its_release(firmware: str) -> None:
    found = published.of_release(firmware)["paths"]

    rows = {(path, method.upper()) for path, methods in found.items() for method in methods}
    version = parse_version(firmware)
    assert rows == {(row.path, row.method) for row in catalogue.ALL if row.offered_by(version)}
    for row in catalogue.ALL:
        if row.offered_by(version):
            operation = found[row.path][row.method.lower()]
            assert operation["x-forebay-effect"] == str(row.effect)
            assert operation["x-forebay-unverified"] == list(row.unverified)
            assert (operation["security"] == []) is row.is_public(version)
            assert str(row.status.at(version)) in operation["responses"]


def test_a_restricted_gateway_has_few_rows() -> None:
    found = published.of_release("restricted")["paths"]

    assert {"/api/login/Basic", "/api/meters/aggregates", "/api/system_status/soe"} <= set(found)
    assert len(found) < 8


def test_an_unknown_release_is_an_error_that_lists_the_known_ones() -> None:
    with pytest.raises(ConfigError, match=r"1\.40\.2.*23\.44"):
        published.of_release("latest")


def test_words_of_enums_are_listed_and_open() -> None:
    words = published.of_release("21.44")["components"]["schemas"]["GridState"]

    known, others = words["anyOf"]
    assert "SystemGridConnected" in known["enum"]
    assert others == {"type": "string"}


def test_numbers_tell_their_units() -> None:
    schemas = published.of_release("21.44")["components"]["schemas"]

    units = {
        ("Meter", "instant_power"): "[W]",
        ("Meter", "energy_imported"): "[Wh]",
        ("Meter", "frequency"): "[Hz]",
        ("BatteryBlock", "v_out"): "[V]",
        ("ClampReading", "eExp_Ws"): "[watt-seconds]",
    }
    assert {key: schemas[key[0]]["properties"][key[1]]["description"] for key in units} == units


def test_every_row_with_a_refusal_of_its_own_is_in_the_catalogue() -> None:
    assert set(OWN) <= set(catalogue.BY_NAME)
    assert {key for keys in OWN.values() for key in keys} <= set(BY_KEY)


def _state(device: Device, state: str) -> None:
    if state == "stopped":
        device.stop(force=True)
    if state == "dark":
        device.set_grid(up=False)
        device.clock.jump(30)
    device.catch_up()


def _schema_errors(document: dict[str, Any], schema: dict[str, Any], value: object) -> list[str]:
    whole = {**schema, "components": document["components"]}
    return [error.message for error in jsonschema.Draft202012Validator(whole).iter_errors(value)]


def _check(document: dict[str, Any], row: Endpoint[Any, Any], status: int, kind: str, body: bytes) -> None:
    responses = document["paths"][row.path][row.method.lower()]["responses"]
    assert str(status) in responses, f"{row.name}: {status} is not in the document: {body!r}"
    content = responses[str(status)].get("content", {})
    if not body:
        faults = [BY_KEY[key] for key in responses[str(status)].get("x-forebay-faults", ())]
        assert any(fault.body == b"" for fault in faults) if status >= 400 else not content, f"{row.name} {status}"
        return
    assert kind in content or (status >= 400 and "application/json" in content), f"{row.name}: {status} {kind}"
    media = content.get(kind) or content["application/json"]
    if row.is_binary and status < 400:
        return
    errors = _schema_errors(document, media["schema"], json.loads(body))
    assert errors == [], f"{row.name} {status}: {errors} {body[:200]!r}"


@pytest.mark.parametrize("state", ["running", "stopped", "dark"])
@pytest.mark.parametrize("firmware", NAMES)
async def test_every_answer_is_as_the_document_says(gateway: MakeAsked, firmware: str, state: str) -> None:
    one = gateway(firmware)
    _state(one.device, state)
    document = json.loads(published.body_of(one.device))
    rows = [row for row in catalogue.ALL if row.offered_by(one.device.version) and row is not catalogue.WEB_PAGE]

    for row in rows:
        for role in (None, Access.CUSTOMER, Access.ENGINEER):
            if row.effect is not Effect.READS and role is Access.CUSTOMER:
                continue  # one write of each is enough
            headers = [] if role is None else one.token(role)
            body = asked.BODIES.get(row.name, b"{}") if row.body is not type(None) else b""
            answer = await one.ask(row.method, asked.path(row), headers, body)
            _check(document, row, answer.status, answer.header("content-type") or "", answer.body)
        if row.effect is not Effect.READS:
            one = gateway(firmware)  # what was written must not decide what comes next
            _state(one.device, state)


@pytest.mark.parametrize("firmware", NAMES)
async def test_every_wrong_body_is_refused_as_the_document_says(gateway: MakeAsked, firmware: str) -> None:
    one = gateway(firmware)
    document = json.loads(published.body_of(one.device))
    bodies = (b"", b"{", b"null", b"[1]", b'{"a": NaN}', b'"x"', b"\xff\xfe", b" " * 70_000, b"[" * 5000)

    for row in catalogue.ALL:
        if row.offered_by(one.device.version) and row.body is not type(None):
            for body in bodies:
                answer = await one.ask(row.method, asked.path(row), one.token(Access.ENGINEER), body)
                _check(document, row, answer.status, answer.header("content-type") or "", answer.body)


async def test_the_401_of_a_setting_is_in_the_document(gateway: MakeAsked) -> None:
    one = gateway("21.44")
    table = msgspec.structs.replace(one.device.home.gateway, missing_login_status=401)
    one.device.home = msgspec.structs.replace(one.device.home, gateway=table)

    responses = json.loads(published.body_of(one.device))["paths"]["/api/operation"]["get"]["responses"]

    assert {"401", "403"} <= set(responses)
    assert responses["401"]["content"]["application/json"]["examples"]["forbidden"]["value"]["code"] == 401


async def test_the_control_port_serves_the_document_of_its_gateway(served: Serve) -> None:
    running = await served("1.40.2")

    answer = await running.control("GET", "/openapi.json")

    assert answer.status == 200
    assert answer.json["info"]["version"] == "1.40.2"
    assert (await running.control("POST", "/openapi.json", {})).status == 405


@pytest.mark.parametrize("server", ["faithful", "fast"])
async def test_the_gateway_itself_has_the_path_by_setting_only(
    served: Serve, make_device: Callable[..., Device], server: str
) -> None:
    plain = await served("21.44", server=server)
    home = Home(gateway=GatewayTable(openapi=True))
    chosen = await served(device=make_device("21.44", home=home), server=server)

    assert (await plain.ask("GET", "/openapi.json")).status == 404
    answer = await chosen.ask("GET", "/openapi.json")
    assert (answer.status, answer.header("content-type")) == (200, "application/json")
    assert answer.json["openapi"] == "3.1.0"


def test_refusals_follow_the_columns_of_a_row() -> None:
    version = parse_version("21.44")

    keys = {fault.key for fault in refusals_of(catalogue.SET_OPERATION, version, Access.INSTALLER)}
    public = {fault.key for fault in refusals_of(catalogue.STATUS, version, Access.PUBLIC)}

    assert keys == {"forbidden", "bad_json", "bad_value", "unsupported", "throttled", "busy", "too_large"}
    assert public == {"throttled", "busy"}
