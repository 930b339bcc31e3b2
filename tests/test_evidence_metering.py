"""Captured replies of meters, the switch, updates and Powerwalls, against models and emulator."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.conftest import MakeDevice
from tests.test_evidence import canonical, same, shape

from forebay.emulator.refusal import Refused
from forebay.emulator.resources import RESOURCES
from forebay.wire import catalogue, codec
from forebay.wire.endpoint import Endpoint
from forebay.wire.faults import BY_KEY
from forebay.wire.firmware import parse_version

pytestmark = pytest.mark.evidence

CAPTURED: dict[str, Endpoint[Any, Any]] = {
    "meters": catalogue.METERS,
    "meters.readings": catalogue.METER_READINGS,
    "meters.status": catalogue.METER_SETUP,
    "meters.METER_SERIALsynchrometerX.cts": catalogue.CLAMPS,
    "meters.METER_SERIALsynchrometerY.cts": catalogue.CLAMPS,
    "powerwalls.status": catalogue.PACK_STATUS,
    "auth.toggle.supported": catalogue.TOGGLE_SUPPORTED,
    "autoconfig.status": catalogue.AUTOCONFIG,
    "synchrometer.ct_voltage_references": catalogue.CLAMP_PHASES,
    "synchrometer.ct_voltage_references.options": catalogue.CLAMP_PHASE_OPTIONS,
}
REFUSED: dict[str, Endpoint[Any, Any]] = {
    "powerwalls.phase_usages": catalogue.PHASE_USAGES,
    "meters.METER_SERIALsynchrometerX.ct_config": catalogue.CLAMP_RATING,
    "meters.METER_SERIALsynchrometerY.ct_config": catalogue.CLAMP_RATING,
}
OTHER: dict[str, tuple[Endpoint[Any, Any], str]] = {
    "meters": (catalogue.METERS, "22.36"),
    "meters.readings": (catalogue.METER_READINGS, "1.15"),
    "meters.readings.err": (catalogue.METER_READINGS, "22.36"),
    "password.change.response": (catalogue.CHANGE_PASSWORD, "22.36"),
    "powerwalls.pvi_sub_package_numbers": (catalogue.PACKAGE_NUMBERS, "22.36"),
    "powerwalls.status.non-offgrid-capable": (catalogue.PACK_STATUS, "22.36"),
    "v2.islanding.mode.off-grid": (catalogue.ISLANDING, "22.36"),
    "v2.islanding.mode.on-grid": (catalogue.ISLANDING, "22.36"),
}

states = pytest.mark.parametrize("state", ["running", "stopped"])


def parts(name: str, serial: str) -> dict[str, str]:
    words = name.split(".")
    return {"serial": words[1].replace("METER_SERIAL", serial)} if "METER_SERIAL" in name else {}


def nameless(value: Any) -> Any:
    """The values of an object whose keys are serial numbers, else the value."""
    is_by_serial = isinstance(value, dict) and all("synchrometer" in key or key[:3] == "OBB" for key in value)
    return list(value.values()) if is_by_serial else value


@states
@pytest.mark.parametrize("name", CAPTURED)
def test_a_captured_reply_prints_back_to_the_letter(evidence: Path, name: str, state: str) -> None:
    file = evidence / "21.44" / state / f"{name}.json"
    if not file.exists():
        assert (CAPTURED[name], state) == (catalogue.CLAMP_PHASE_OPTIONS, "running")
        return
    text = file.read_text()
    printed = codec.encode(codec.decode(CAPTURED[name], text.encode()), (21, 44, 0)).decode()

    assert printed == canonical(text, negative_zero=False)


@pytest.mark.parametrize("name", OTHER)
def test_replies_of_other_releases_print_back_to_the_letter(evidence: Path, name: str) -> None:
    row, firmware = OTHER[name]
    text = (evidence / "other" / f"{name}.json").read_text()
    printed = codec.encode(codec.decode(row, text.encode()), parse_version(firmware)).decode()

    assert printed == canonical(text, negative_zero=False)


def test_a_captured_change_of_password_decodes(evidence: Path) -> None:
    """E090."""
    body = codec.decode_body(
        catalogue.CHANGE_PASSWORD.body, (evidence / "other/password.change.request.json").read_bytes()
    )

    assert (body.old_password, body.toggled_pw) == ("<<OLD_PASSWORD>>", False)


@states
@pytest.mark.parametrize("name", CAPTURED)
def test_the_emulator_says_the_same_members_in_the_same_order(
    evidence: Path, name: str, state: str, make_device: MakeDevice
) -> None:
    """S144, S173."""
    file = evidence / "21.44" / state / f"{name}.json"
    if not file.exists():
        return
    device = make_device("21.44")
    if state == "stopped":
        device.stop(force=True)
    captured = json.loads(file.read_text())
    row = CAPTURED[name]
    emulated = json.loads(
        codec.encode(RESOURCES[row](device, None, parts(name, device.sync_serial)), device.version).decode()
    )

    assert same(shape(nameless(captured)), shape(nameless(emulated))) == []


@states
@pytest.mark.parametrize(
    "name", ["meters.status", "powerwalls.status", "auth.toggle.supported", "autoconfig.status", "meters.readings"]
)
def test_where_nothing_is_measured_the_emulator_says_the_very_values(
    evidence: Path, name: str, state: str, make_device: MakeDevice
) -> None:
    device = make_device("21.44")
    if state == "stopped":
        device.stop(force=True)
    captured = json.loads((evidence / "21.44" / state / f"{name}.json").read_text())
    emulated = json.loads(codec.encode(RESOURCES[CAPTURED[name]](device, None, {}), device.version).decode())

    if name == "meters.readings" and state == "stopped":
        captured, emulated = ([v["error"] for v in reply.values()] for reply in (captured, emulated))
    assert nameless(emulated) == nameless(captured)


@states
@pytest.mark.parametrize("name", REFUSED)
def test_the_emulator_refuses_in_the_captured_words(
    evidence: Path, name: str, state: str, make_device: MakeDevice
) -> None:
    device = make_device("21.44")
    if state == "stopped":
        device.stop(force=True)
    captured = json.loads((evidence / "21.44" / state / f"{name}.err").read_text().partition("\n\n")[2])
    with pytest.raises(Refused) as caught:
        RESOURCES[REFUSED[name]](device, None, parts(name, device.sync_serial))

    fault = BY_KEY[caught.value.key]
    told = {
        "code": fault.status,
        "error": caught.value.error or fault.error,
        "message": caught.value.message or fault.message,
    }
    assert told == captured


def test_the_options_are_refused_while_running_in_the_captured_words(evidence: Path) -> None:
    text = (evidence / "21.44/running/synchrometer.ct_voltage_references.options.err").read_text()
    fault = BY_KEY[catalogue.CLAMP_PHASE_OPTIONS.refusal]

    assert json.loads(text.partition("\n\n")[2]) == {
        "code": fault.status,
        "error": fault.error,
        "message": fault.message,
    }


@pytest.mark.parametrize("name", ["meters.readings", "meters"])
def test_a_neurio_reads_as_the_captured_one(evidence: Path, name: str, make_device: MakeDevice) -> None:
    """S144, S173."""
    row, _ = OTHER[name]
    device = make_device("1.40.2")
    captured = json.loads((evidence / "other" / f"{name}.json").read_text())
    emulated = json.loads(codec.encode(RESOURCES[row](device, None, {}), device.version).decode())

    if name == "meters":  # captured on 22.36, which tells more than 1.40
        captured = [{key: meter[key] for key in ("serial", "short_id", "connected", "cts")} for meter in captured]
    else:
        captured, emulated = list(captured.values()), list(emulated.values())
    assert same(shape(captured), shape(emulated)) == []
