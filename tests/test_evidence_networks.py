"""Captured replies about networks and tests, against models and emulator."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from tests.conftest import MakeDevice
from tests.test_evidence import canonical, same, shape

from forebay.emulator.resources import RESOURCES
from forebay.wire import catalogue, codec
from forebay.wire.endpoint import Endpoint
from forebay.wire.firmware import parse_version
from forebay.wire.networks import NetworkConnect

pytestmark = pytest.mark.evidence

SAMPLES: dict[str, Endpoint[Any, Any]] = {
    "networks": catalogue.NETWORKS,
    "networks.client_protocols": catalogue.CLIENT_PROTOCOLS,
    "system.networks.conn_tests": catalogue.CONN_TESTS,
    "system.networks.ping_test": catalogue.PING_TEST,
    "system.testing": catalogue.TESTING,
    "troubleshooting.problems": catalogue.PROBLEMS,
}
OTHER: dict[str, tuple[Endpoint[Any, Any], str]] = {
    "networks": (catalogue.NETWORKS, "22.36"),
    "networks.access_points": (catalogue.ACCESS_POINTS, "22.36"),
    "system.networks.conn_tests.get.1": (catalogue.CONN_TESTS, "22.36"),
    "system.networks.conn_tests.get.2": (catalogue.CONN_TESTS, "22.36"),
    "system.networks.conn_tests.post": (catalogue.START_CONN_TESTS, "22.36"),
    "system.testing": (catalogue.TESTING, "1.15"),
}


def emulated(row: Endpoint[Any, Any], device: Any) -> Any:
    return json.loads(codec.encode(RESOURCES[row](device, None, {}), device.version))


@pytest.mark.parametrize("state", ["running", "stopped"])
@pytest.mark.parametrize("name", SAMPLES)
def test_a_captured_reply_prints_back_to_the_letter(evidence: Path, name: str, state: str) -> None:
    text = (evidence / "21.44" / state / f"{name}.json").read_text()

    assert codec.encode(codec.decode(SAMPLES[name], text.encode()), (21, 44, 0)).decode() == canonical(text)


@pytest.mark.parametrize("name", OTHER)
def test_replies_of_other_releases_print_back_to_the_letter(evidence: Path, name: str) -> None:
    row, firmware = OTHER[name]
    text = (evidence / "other" / f"{name}.json").read_text()

    assert codec.encode(codec.decode(row, text.encode()), parse_version(firmware)).decode() == canonical(text)


@pytest.mark.parametrize("state", ["running", "stopped"])
@pytest.mark.parametrize("name", SAMPLES)
def test_the_emulator_says_the_same_members_in_the_same_order(
    evidence: Path, name: str, state: str, make_device: MakeDevice
) -> None:
    device = make_device("21.44")
    if state == "stopped":
        device.stop(force=True)
    captured = json.loads((evidence / "21.44" / state / f"{name}.json").read_text())

    assert same(shape(captured), shape(emulated(SAMPLES[name], device))) == []


def test_every_kind_of_network_has_the_members_of_the_captured_one(evidence: Path, make_device: MakeDevice) -> None:
    captured = json.loads((evidence / "21.44/running/networks.json").read_text())

    assert shape_of_each(captured) == shape_of_each(emulated(catalogue.NETWORKS, make_device("21.44")))


def shape_of_each(networks: list[dict[str, Any]]) -> list[Any]:
    return [(shape(network), list(network)) for network in networks]


def test_the_connectivity_test_says_what_the_captured_ones_said(evidence: Path, make_device: MakeDevice) -> None:
    device = make_device("22.36")
    posted, first, third = (
        json.loads((evidence / "other" / f"system.networks.conn_tests.{name}.json").read_text())
        for name in ("post", "get.1", "get.2")
    )

    assert emulated(catalogue.START_CONN_TESTS, device) == posted
    device.clock.jump(0.5)
    device.catch_up()
    assert blurred(emulated(catalogue.CONN_TESTS, device)) == blurred(first)
    device.clock.jump(1.5)
    device.catch_up()
    assert blurred(emulated(catalogue.CONN_TESTS, device)) == blurred(third)


def blurred(group: Any) -> Any:
    """The group without its times, except whether they are there."""
    for check in group["checks"]:
        check |= {end: check[end] is not None for end in ("start_time", "end_time")}
    return group


def test_a_finished_test_has_the_members_of_the_captured_one(evidence: Path, make_device: MakeDevice) -> None:
    captured = json.loads((evidence / "other/system.testing.json").read_text())
    said = emulated(catalogue.TESTING, make_device("1.40.2"))

    assert same(shape(captured), shape(said)) == []
    for member in ("running", "status", "charge_tests", "hysteresis", "error"):
        assert said[member] == captured[member]


def test_the_captured_request_is_a_request_of_ours(evidence: Path) -> None:
    text = (evidence / "other/networks.connect.json").read_bytes()
    request = msgspec.json.decode(text, type=NetworkConnect)

    assert json.loads(codec.encode_request(request)) == json.loads(text)
