"""`forebay capture HOST DIR`: its words, its exit codes, and what it leaves behind."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.cli.conftest import Emulate, Emulated, Forebay


@pytest.fixture
def password(gateway: Emulated, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("FOREBAY_PASSWORD", gateway.password)
    return gateway.password


def test_a_capture_is_one_line_and_a_folder(forebay: Forebay, gateway: Emulated, tmp_path: Path, password: str) -> None:
    folder = tmp_path / "house"

    outcome = forebay("capture", gateway.host, folder, "--pause", "0.000001")

    assert (outcome.code, outcome.out.count("\n")) == (0, 1)
    assert f"answers of firmware 21.44 are in {folder}" in outcome.out
    index = json.loads((folder / "capture.json").read_bytes())
    assert index["redacted"] is True
    stored = b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())
    assert gateway.device.serial.encode() not in stored
    assert b"AuthCookie" not in stored
    device = gateway.device
    told = outcome.out + outcome.err
    assert not [serial for serial in (device.serial, device.meter_serial, *device.pack_serials) if serial in told]


def test_a_dry_run_asks_the_status_only_and_stores_nothing(
    forebay: Forebay, gateway: Emulated, tmp_path: Path, password: str
) -> None:
    outcome = forebay("capture", gateway.host, tmp_path / "house", "--dry-run")

    assert outcome.code == 0
    lines = outcome.out.splitlines()
    assert "GET /api/meters/aggregates" in lines
    assert all(line.startswith("GET /api/") for line in lines)
    assert not {"GET /api/sitemaster/run", "GET /api/config/completed", "GET /api/logout"} & set(lines)
    assert not (tmp_path / "house").exists()
    assert gateway.device.area is not None


def test_a_folder_that_is_not_empty_is_an_error_before_anything_is_asked(forebay: Forebay, tmp_path: Path) -> None:
    (tmp_path / "house").mkdir()
    (tmp_path / "house" / "x").touch()

    outcome = forebay("capture", "127.0.0.1:1", tmp_path / "house")

    assert outcome.code == 1
    assert "not empty" in outcome.err


def test_what_could_not_be_had_is_said_and_the_exit_code_tells(
    forebay: Forebay, gateway: Emulated, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FOREBAY_PASSWORD", "wrong")

    outcome = forebay("capture", gateway.host, tmp_path / "house", "--pause", "0.000001", "--json")

    assert outcome.code == 1
    assert (tmp_path / "house" / "capture.json").exists()
    told = json.loads(outcome.out)
    assert {"path": "/api/config", "row": "CONFIG"}.items() <= next(
        one for one in told["missing"] if one["row"] == "CONFIG"
    ).items()


def test_a_restricted_gateway_is_captured_and_listed_too(
    forebay: Forebay, emulate: Emulate, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    restricted = emulate("restricted")
    monkeypatch.setenv("FOREBAY_PASSWORD", restricted.password)

    listed = forebay("capture", restricted.host, tmp_path / "house", "--dry-run")
    stored = forebay("capture", restricted.host, tmp_path / "house", "--pause", "0.000001", "--json")

    assert listed.code == 0
    assert "GET /api/system_status/soe" in listed.out
    index = json.loads((tmp_path / "house" / "capture.json").read_bytes())
    statuses = {answer["row"]: answer.get("status", 200) for answer in index["answers"]}
    assert (statuses["STATE_OF_ENERGY"], statuses["STATUS"]) == (200, 404)
    assert (stored.code, json.loads(stored.out)["missing"]) == (0, [])
