"""Captured replies of the installation's rows, against models and emulator."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest
from tests.conftest import MakeDevice
from tests.test_evidence import canonical, same, shape

from forebay.emulator.resources import RESOURCES
from forebay.wire import catalogue, codec
from forebay.wire.endpoint import Endpoint
from forebay.wire.firmware import parse_version

pytestmark = pytest.mark.evidence

RUNNING: dict[str, Endpoint[Any, Any]] = {
    "config": catalogue.CONFIG,
    "installer": catalogue.INSTALLER,
    "installer.companies": catalogue.INSTALLER_COMPANIES,
    "customer": catalogue.CUSTOMER,
    "solars": catalogue.SOLARS,
    "solars.brands": catalogue.SOLAR_BRANDS,
    "generators": catalogue.GENERATORS,
    "generators.disconnect_types": catalogue.DISCONNECT_TYPES,
    "site_info.grid_regions": catalogue.GRID_REGIONS,
}
STOPPED = ("config", "installer", "customer", "solars", "generators", "generators.disconnect_types")
CAPTURED = [("running", name) for name in RUNNING] + [("stopped", name) for name in STOPPED]

# file in other/ -> (row, firmware that printed it, parts of its path)
OTHER: dict[str, tuple[Endpoint[Any, Any], str, dict[str, str]]] = {
    "installer": (catalogue.INSTALLER, "22.36", {}),
    "installer.companies": (catalogue.INSTALLER_COMPANIES, "22.36", {}),
    "legal.radio": (catalogue.RADIOS, "22.36", {}),
    "api_site_info_grid_codes": (catalogue.GRID_CODES, "1.40.2", {}),
    "api_solars_brands": (catalogue.SOLAR_BRANDS, "1.40.2", {}),
    "solar_edge_models": (catalogue.SOLAR_MODELS, "1.40.2", {"brand": "SolarEdge Technologies"}),
}


def emulated(make_device: MakeDevice, row: Endpoint[Any, Any], firmware: str, *, stopped: bool = False) -> Any:
    """What the emulator says of a row that takes no part of the path."""
    device = make_device(firmware)
    if stopped:
        device.stop(force=True)
    return json.loads(codec.encode(RESOURCES[row](device, None, {}), device.version))


@pytest.mark.parametrize(("state", "name"), CAPTURED)
def test_a_captured_reply_prints_back_to_the_letter(evidence: Path, name: str, state: str) -> None:
    text = (evidence / "21.44" / state / f"{name}.json").read_text()

    assert codec.encode(codec.decode(RUNNING[name], text.encode()), (21, 44, 0)).decode() == canonical(text)


@pytest.mark.parametrize("name", OTHER)
def test_replies_of_other_releases_print_back_to_the_letter(evidence: Path, name: str) -> None:
    row, firmware, _ = OTHER[name]
    text = (evidence / "other" / f"{name}.json").read_text()

    printed = codec.encode(codec.decode(row, text.encode()), parse_version(firmware)).decode()
    assert printed == canonical(text)


@pytest.mark.parametrize(("state", "name"), [pair for pair in CAPTURED if pair[1] != "site_info.grid_regions"])
def test_the_emulator_says_the_same_members_in_the_same_order(
    evidence: Path, name: str, state: str, make_device: MakeDevice
) -> None:
    captured = json.loads((evidence / "21.44" / state / f"{name}.json").read_text())

    said = emulated(make_device, RUNNING[name], "21.44", stopped=state == "stopped")
    assert same(shape(captured), shape(said)) == []


@pytest.mark.parametrize("name", ["api_solars_brands", "legal.radio", "solar_edge_models"])
def test_the_lists_of_other_releases_have_the_same_members(evidence: Path, name: str, make_device: MakeDevice) -> None:
    row, firmware, parts = OTHER[name]
    device = make_device("21.44" if firmware == "22.36" else firmware)
    captured = json.loads((evidence / "other" / f"{name}.json").read_text())

    said = json.loads(codec.encode(RESOURCES[row](device, None, parts), device.version))
    assert said
    assert same(shape(captured), shape(said)) == []


def test_grid_regions_have_the_header_and_the_settings_of_the_captured_ones(
    evidence: Path, make_device: MakeDevice
) -> None:
    captured = json.loads((evidence / "21.44/running/site_info.grid_regions.json").read_text())
    said = emulated(make_device, catalogue.GRID_REGIONS, "21.44")
    real, ours = (list(csv.reader(reply["regions"].splitlines())) for reply in (captured, said))

    assert list(captured) == list(said)
    assert captured["regions"].endswith("\n")
    assert said["regions"].endswith("\n")
    assert real[0] == ours[0]
    assert {len(line) for line in ours} == {len(ours[0])}
    assert {line[0] for line in ours[1:]} == set(said["grid_code_settings"])
    assert list(captured["grid_code_settings"]) == sorted(captured["grid_code_settings"])
    assert list(said["grid_code_settings"]) == sorted(said["grid_code_settings"])
    known = [setting for setting in captured["grid_code_settings"].values() if len(setting) == 5]
    plain = [setting for setting in captured["grid_code_settings"].values() if len(setting) == 4]
    for setting in said["grid_code_settings"].values():
        assert same(shape((known if len(setting) == 5 else plain)[0]), shape(setting)) == []


def test_grid_codes_are_the_tree_of_1_15_and_name_the_place_of_the_code_in_force_alone(
    evidence: Path, make_device: MakeDevice
) -> None:
    """S135."""

    def leaves(reply: Any) -> list[tuple[tuple[str, ...], Any]]:
        return [
            ((country, state, standard), code)
            for country, states in reply.items()
            for state, standards in states.items()
            for standard, codes in standards.items()
            for code in codes
        ]

    captured = leaves(json.loads((evidence / "other/api_site_info_grid_codes.json").read_text()))
    said = leaves(emulated(make_device, catalogue.GRID_CODES, "1.40.2"))
    forms = {json.dumps(shape(code)) for _, code in captured}

    assert {json.dumps(shape(code)) for _, code in said} == forms
    for codes in (captured, said):
        ((place, code),) = [pair for pair in codes if "country" in pair[1]]
        assert place == (code["country"], code["state"], code["region"])
