"""Replies that our own code did not write, against models and emulator.

Names, types, nullability and odd literals are compared member by member: what
a real gateway said must decode and print back, and what the emulator says must
have the same members in the same order.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from tests.conftest import MakeDevice

from forebay.emulator.resources import RESOURCES
from forebay.wire import catalogue, codec, vitals
from forebay.wire.endpoint import Endpoint
from forebay.wire.firmware import parse_version

pytestmark = pytest.mark.evidence

RUNNING: dict[str, Endpoint[Any, Any]] = {
    "meters.aggregates": catalogue.AGGREGATES,
    "system_status": catalogue.SYSTEM_STATUS,
    "system_status.soe": catalogue.STATE_OF_ENERGY,
    "system_status.grid_status": catalogue.GRID_STATUS,
    "system_status.grid_faults": catalogue.GRID_FAULTS,
    "sitemaster": catalogue.SITEMASTER,
    "operation": catalogue.OPERATION,
    "site_info": catalogue.SITE_INFO,
    "site_info.site_name": catalogue.SITE_NAME,
    "powerwalls": catalogue.POWERWALLS,
    "customer.registration": catalogue.REGISTRATION,
    "status": catalogue.STATUS,
    "system.update.status": catalogue.UPDATE_STATUS,
}
STOPPED = {k: v for k, v in RUNNING.items() if k not in ("meters.aggregates",) and not k.startswith("system_status")}

# file in other/ -> (row, firmware that printed it). Dates and firmwares: samples-index.md.
OTHER: dict[str, tuple[Endpoint[Any, Any], str]] = {
    "api_meters_aggregates": (catalogue.AGGREGATES, "1.20"),
    "api-meters-site": (catalogue.METERS_SITE, "1.20"),
    "api-meters-solar": (catalogue.METERS_SOLAR, "1.20"),
    "meters.site": (catalogue.METERS_SITE, "22.36"),
    "meters.solar": (catalogue.METERS_SOLAR, "22.36"),
    "api-powerwalls": (catalogue.POWERWALLS, "1.40.2"),
    "api-login-basic": (catalogue.LOGIN, "22.36"),
    "operation": (catalogue.OPERATION, "21.44"),
    "system_status": (catalogue.SYSTEM_STATUS, "21.44"),
    "system_status.grid_faults": (catalogue.GRID_FAULTS, "21.44"),
    "system.update.status": (catalogue.UPDATE_STATUS, "1.40.2"),
}


def canonical(text: str, *, negative_zero: bool = True) -> str:
    """The reply without white space, numbers and order as they came."""
    tokens = re.findall(r'"(?:[^"\\]|\\.)*"|[^\s"]+', text)
    joined = "".join(tokens).replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
    return joined if negative_zero else re.sub(r":-0(?=[,}])", ":0", joined)


def shape(value: Any) -> Any:
    """Member names in order, and the kind of each value; lists by their first element."""
    if isinstance(value, dict):
        return {key: shape(member) for key, member in value.items()}
    if isinstance(value, list):
        return [shape(value[0])] if value else []
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int | float):
        return "number"
    return "null" if value is None else "string"


def same(captured: Any, emulated: Any, path: str = "$") -> list[str]:
    """Differences of shape that matter; an empty list on either side tells nothing."""
    if isinstance(captured, dict) and isinstance(emulated, dict):
        if list(captured) != list(emulated):
            return [f"{path}: members {list(captured)} but {list(emulated)}"]
        return [line for key in captured for line in same(captured[key], emulated[key], f"{path}.{key}")]
    if isinstance(captured, list) and isinstance(emulated, list):
        return same(captured[0], emulated[0], f"{path}[]") if captured and emulated else []
    return [] if captured == emulated else [f"{path}: {captured} but {emulated}"]


@pytest.mark.parametrize("state", ["running", "stopped"])
@pytest.mark.parametrize("name", RUNNING)
def test_a_captured_reply_prints_back_to_the_letter(evidence: Path, name: str, state: str) -> None:
    row = (RUNNING if state == "running" else STOPPED).get(name)
    if row is None:
        assert "502" in (evidence / "21.44" / state / f"{name}.err").read_text().split("\n")[0]
        return
    text = (evidence / "21.44" / state / f"{name}.json").read_text()

    assert codec.encode(codec.decode(row, text.encode()), (21, 44, 0)).decode() == canonical(text, negative_zero=False)


@pytest.mark.parametrize("name", OTHER)
def test_replies_of_other_releases_print_back_to_the_letter(evidence: Path, name: str) -> None:
    row, firmware = OTHER[name]
    text = (evidence / "other" / f"{name}.json").read_text()

    assert codec.encode(codec.decode(row, text.encode()), parse_version(firmware)).decode() == canonical(
        text, negative_zero=False
    )


@pytest.mark.parametrize("state", ["running", "stopped"])
@pytest.mark.parametrize("name", RUNNING)
def test_the_emulator_says_the_same_members_in_the_same_order(
    evidence: Path, name: str, state: str, make_device: MakeDevice
) -> None:
    row = (RUNNING if state == "running" else STOPPED).get(name)
    if row is None:
        assert str(RUNNING[name].needs.at((21, 44, 0))) == "running"
        return
    device = make_device("21.44")
    if state == "stopped":
        device.stop(force=True)
    captured = json.loads((evidence / "21.44" / state / f"{name}.json").read_text())
    emulated = json.loads(codec.encode(RESOURCES[row](device, None, {}), device.version))

    assert same(shape(captured), shape(emulated)) == []


@pytest.mark.parametrize(
    ("name", "row"), [("api_meters_aggregates", catalogue.AGGREGATES), ("api-powerwalls", catalogue.POWERWALLS)]
)
def test_the_emulator_says_what_1_40_said(
    evidence: Path, name: str, row: Endpoint[Any, Any], make_device: MakeDevice
) -> None:
    device = make_device("1.40.2")
    captured = json.loads((evidence / "other" / f"{name}.json").read_text())
    emulated = json.loads(codec.encode(RESOURCES[row](device, None, {}), device.version))

    assert same(shape(captured), shape(emulated)) == []


@pytest.mark.parametrize("name", ["api-meters-site", "api-meters-solar"])
def test_the_meters_of_1_40_are_the_neurio_of_the_samples(evidence: Path, name: str, make_device: MakeDevice) -> None:
    device = make_device("1.40.2")
    captured = json.loads((evidence / "other" / f"{name}.json").read_text())
    emulated = json.loads(codec.encode(RESOURCES[OTHER[name][0]](device, None, {}), device.version))

    assert same(shape(captured), shape(emulated)) == []


def test_idle_grid_services_print_a_negative_zero(evidence: Path, make_device: MakeDevice) -> None:
    odd = '"grid_services_power":-0,'
    device = make_device("21.44")

    assert odd in canonical((evidence / "21.44/running/system_status.json").read_text())
    assert odd in codec.encode(RESOURCES[catalogue.SYSTEM_STATUS](device, None, {}), device.version).decode()


def test_vitals_have_the_names_and_kinds_of_the_captured_reply(evidence: Path, make_device: MakeDevice) -> None:
    captured = json.loads((evidence / "other" / "api-devices-vitals.json").read_text())
    known: dict[str, dict[str, str]] = {}
    for din, values in captured.items():
        known.setdefault(din.partition("--")[0], {}).update({k: type(v).__name__ for k, v in values.items()})

    devices = vitals.decode(RESOURCES[catalogue.VITALS](make_device("21.44"), None, {}))

    assert {device.kind for device in devices} <= set(known)
    for device in devices:
        said = {name: type(value).__name__ for name, value in device.vitals.items()}
        facts = {"Parent", "firmwareVersion", "lastCommunicationTime", "manufacturer", "partNumber", "serialNumber"}
        assert said == {k: v for k, v in known[device.kind].items() if k not in facts}, device.kind
