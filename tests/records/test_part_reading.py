"""From the gateway's words to parts: the captured names are understood, and what is not known is left out."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from forebay.records import part_reading, raised
from forebay.records.parts import PART_SIGNALS, PartKind, PartReading
from forebay.records.signals import Kind
from forebay.wire import catalogue, codec
from forebay.wire.system import BatteryBlock, SystemStatus
from forebay.wire.testing import Problems
from forebay.wire.vitals import VitalsDevice

EVIDENCE = Path(__file__).parents[3] / "shared" / "evidence"
UNITS = {
    **{"W": "_w", "Wh": "_wh", "V": "_v", "A": "_a", "Hz": "_hz"},
    **{"VAR": "_var", "°C": "_c", "rpm": "_rpm", "": ""},
}


def captured() -> list[VitalsDevice]:
    file = EVIDENCE / "other" / "api-devices-vitals.json"
    if not file.exists():
        pytest.skip(f"{file} is not here")
    told = json.loads(file.read_text())
    known = {"Parent", "firmwareVersion", "lastCommunicationTime", "manufacturer", "partNumber", "serialNumber"}
    return [
        VitalsDevice(
            din,
            serial_number=values["serialNumber"],
            parent_din=values["Parent"],
            last_seen_s=int(values["lastCommunicationTime"]),
            vitals={name: value for name, value in values.items() if name not in known},
        )
        for din, values in told.items()
    ]


def by_label(found: list[PartReading]) -> dict[str, Any]:
    return {f"{one.key.kind} {one.key.place or one.key.serial}": (one.values, one.is_there) for one in found}


def test_names_end_in_their_unit() -> None:
    for signal in PART_SIGNALS:
        assert signal.name.endswith(UNITS[signal.unit]), signal.name
        assert signal.unit or signal.kind is Kind.STATE


def test_the_captured_vitals_are_understood() -> None:
    found = by_label(part_reading.of_vitals(captured()))

    pack, _ = found["pack 44444444444444"]
    assert (pack["power_w"], pack["voltage_v"], pack["frequency_hz"]) == (-180, 241.1, 59.975)
    assert (pack["full_wh"], pack["remaining_wh"], pack["temperature_c"]) == (14339, 9915, 16)
    assert (pack["charged_wh"], pack["discharged_wh"], pack["heating"]) == (465300, 393790, 0)
    assert (pack["voltage_l1_v"], pack["voltage_l2_v"]) == (120.7, 120.4)
    assert (pack["state"], pack["cell_state"]) == ("PINV_GridFollowing", "POD_ACTIVE")
    assert found["string A"][0] == {
        **{"power_w": 552, "voltage_v": 244.8, "current_a": 2.24},
        **{"state": "PV_Active", "connected": 1},
    }
    assert [found[f"string {letter}"][1] for letter in "ABCD"] == [True, False, True, True]
    inverter, _ = found["inverter CCCCCCCCCCCCCC"]
    assert (inverter["power_w"], inverter["produced_wh"], inverter["enabled"]) == (1610, 1543380, 1)
    grid, is_there = found["meter X"]
    assert (grid["power_l1_w"], grid["power_l2_w"], grid["power_w"]) == (434, -433, 1)
    assert (grid["voltage_l1_v"], grid["imported_wh"]) == (120.3, 1904776)
    assert "voltage_l3_v" not in grid
    assert "power_l3_w" not in grid
    assert is_there
    switch, _ = found["meter switch"]
    assert (switch["grid_voltage_l2_v"], switch["grid_frequency_hz"]) == (121, 59.98)
    assert found["meter solar"][0]["power_w"] == pytest.approx(1576.0757)
    assert set(found) >= {"pack GGGGGGGGGGGGGG", "meter Y"}


def test_a_meter_that_was_never_connected_is_not_there() -> None:
    told = captured()
    synchronizer = next(device for device in told if device.kind == "TESYNC")
    idle = {name: 0.0 if name.startswith("METER_Y_L") else value for name, value in synchronizer.vitals.items()}
    found = by_label(part_reading.of_vitals([replace(synchronizer, vitals=idle)]))

    assert [found[f"meter {name}"][1] for name in "XY"] == [True, False]


def test_a_device_that_was_not_heard_lately_is_left_out() -> None:
    told = captured()
    silent = [replace(d, last_seen_s=d.last_seen_s - 61) if "GGGG" in d.din else d for d in told]

    assert "pack GGGGGGGGGGGGGG" in by_label(part_reading.of_vitals(told))
    assert "pack GGGGGGGGGGGGGG" not in by_label(part_reading.of_vitals(silent))


def test_captured_packs_without_vitals_are_understood() -> None:
    file = EVIDENCE / "21.44" / "running" / "system_status.json"
    if not file.exists():
        pytest.skip(f"{file} is not here")
    ((pack),) = part_reading.of_system_status(codec.decode(catalogue.SYSTEM_STATUS, file.read_bytes()))

    assert pack.key.kind is PartKind.PACK
    assert pack.values == {
        **{"power_w": -70, "reactive_power_var": 30, "voltage_v": 246.9, "frequency_hz": 60.007, "enabled": 1},
        **{"full_wh": 14061, "remaining_wh": 5964, "charged_wh": 642500, "discharged_wh": 567740},
        "state": "PINV_GridFollowing",
    }


@pytest.mark.parametrize(
    ("file", "watts", "volts"), [("meters.site", -18.0, 247.56), ("meters.solar", 2867.16, 250.72)]
)
def test_captured_meters_without_vitals_are_understood(file: str, watts: float, volts: float) -> None:
    path = EVIDENCE / "other" / f"{file}.json"
    if not path.exists():
        pytest.skip(f"{path} is not here")
    ((meter),) = part_reading.of_meters(codec.decode(catalogue.METERS_SITE, path.read_bytes()))

    assert meter.values["power_w"] == pytest.approx(watts, abs=0.01)
    assert meter.values["voltage_l1_v"] == pytest.approx(volts, abs=0.01)
    assert "current_l1_a" not in meter.values  # zeros are not measured


def test_a_disabled_pack_leaves_out_what_is_null_and_says_why() -> None:
    file = EVIDENCE / "21.44" / "running" / "system_status.json"
    if not file.exists():
        pytest.skip(f"{file} is not here")
    status: SystemStatus = codec.decode(catalogue.SYSTEM_STATUS, file.read_bytes())
    block: BatteryBlock = status.battery_blocks[0]
    block.disabled_reasons, block.p_out, block.v_out = ["DisabledExcessiveVoltageDrop"], None, None
    ((pack),) = part_reading.of_system_status(status)
    ((why),) = raised.of_packs(status)

    assert pack.values.keys() & {"power_w", "voltage_v"} == set()
    assert pack.values["enabled"] == 0
    assert (why.name, why.key) == ("DisabledExcessiveVoltageDrop", pack.key)


def test_problems_of_any_form_are_kept_as_far_as_they_can_be_read() -> None:
    told = [{"name": "A", "message": "b"}, {"alert_name": "C"}, "plain words", {}, 7, None, {"x": 1}, "y" * 999]
    found = [(one.name, one.detail) for one in raised.of_problems(Problems(problems=told))]

    assert found == [
        ("A", "b"),
        ("C", ""),
        ("plain words", ""),
        ("unnamed", ""),
        ("7", ""),
        ("unnamed", ""),
        ("y" * 200, ""),
    ]


def test_what_is_no_number_is_not_known_and_long_words_are_cut() -> None:
    told: dict[str, Any] = {
        "PINV_Pout": float("nan"),
        "PINV_Vout": float("inf"),
        "PINV_State": "x" * 999,
        "PINV_Fout": 60.0,
    }
    housing = VitalsDevice("TETHC--1--A", serial_number="A", vitals={"THC_AmbientTemp": -(10.0**300)})
    inverter = VitalsDevice("TEPINV--1--B", serial_number="B", parent_din="TETHC--1--A", vitals=told)
    ((pack),) = part_reading.of_vitals([housing, inverter])

    assert pack.values == {"frequency_hz": 60.0, "state": "x" * 80, "temperature_c": -(10.0**300)}
