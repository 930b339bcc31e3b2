"""Record: what is asked, what is stored when things go wrong, and that nothing writes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.capture.conftest import Captured, capture_from

from forebay.client import capturefiles
from forebay.client.capture import COUNTED_IN, FILLED_FROM, safe_rows
from forebay.emulator.device import Device
from forebay.emulator.http import GatewayApp
from forebay.emulator.injected import InjectedFault
from forebay.emulator.injection import Injection
from forebay.errors import ConfigError, Unreachable
from forebay.wire import captured as form
from forebay.wire import catalogue
from forebay.wire.captured import Answer, Capture
from forebay.wire.endpoint import Effect
from forebay.wire.firmware import PROFILES, parse_version

NAMES = [profile.name for profile in PROFILES]


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """Every request that reaches an emulated gateway."""
    requests: list[tuple[str, str]] = []
    answer = GatewayApp._answer

    async def noted(self: GatewayApp, scope: dict[str, Any], receive: Any) -> Any:
        requests.append((scope["method"], scope["path"]))
        return await answer(self, scope, receive)

    monkeypatch.setattr(GatewayApp, "_answer", noted)
    return requests


@pytest.fixture
def faults(monkeypatch: pytest.MonkeyPatch) -> list[InjectedFault]:
    """What goes wrong at the next gateway that is served."""
    wrong: list[InjectedFault] = []
    monkeypatch.setattr(Injection, "take", lambda _, path: next((one for one in wrong if one.path == path), None))
    return wrong


@pytest.mark.parametrize("firmware", NAMES)
async def test_nothing_that_writes_is_ever_asked(
    captured: Captured, asked: list[tuple[str, str]], firmware: str
) -> None:
    await captured(firmware)

    rows = [catalogue.find(method, path) for method, path in asked]
    wrote = [row for row in rows if row is not None and row.effect is Effect.WRITES]
    assert None not in rows
    # a log-in on 1.x stops the house, and the client starts it again
    assert {row.name for row in wrote} <= {"SITEMASTER_RUN"}
    assert len(asked) == len(set(asked)) + (len(wrote) - 1 if wrote else 0)


async def test_without_a_password_only_what_is_public_is_asked(
    captured: Captured, asked: list[tuple[str, str]]
) -> None:
    index, *_ = await captured("1.40.2", login=False)

    version = parse_version("1.40.2")
    assert all(catalogue.find(*request).is_public(version) for request in asked)  # type: ignore[union-attr]
    assert {"AGGREGATES", "SITE_INFO"} <= {answer.row for answer in index.answers}
    missing = {one.row: one.reason for one in index.missing}
    assert "password" in missing["UPDATE_STATUS"]
    assert missing["SOLAR_MODELS"] == "no answer tells a brand to fill in"


@pytest.mark.parametrize("firmware", NAMES)
async def test_every_safe_row_of_a_release_is_answered_or_named(captured: Captured, firmware: str) -> None:
    index, *_ = await captured(firmware)

    named = {answer.row for answer in index.answers} | {one.row for one in index.missing}
    assert named == {row.name for row in safe_rows(parse_version(firmware))}
    assert index.complete
    assert not index.missing


def test_an_archive_is_not_asked_for() -> None:
    assert catalogue.LOGS not in safe_rows(parse_version("21.44"))
    assert catalogue.VITALS in safe_rows(parse_version("21.44"))


def test_every_placeholder_of_a_row_that_reads_is_known_how_to_be_filled() -> None:
    rows = [row for row in catalogue.ALL if row.effect is Effect.READS]

    offered = [row for row in rows if any(row.offered_by(parse_version(name)) for name in NAMES)]
    assert {name for row in offered for name in row.placeholders} == {*FILLED_FROM, *COUNTED_IN}


async def test_a_stopped_gateway_is_captured_with_its_refusals(captured: Captured) -> None:
    def stop(device: Device) -> None:
        device.stop(force=True)

    index, bodies, *_ = await captured("21.44", before=stop)

    by_path = {answer.path: answer for answer in index.answers}
    refused = by_path["/api/meters/aggregates"]
    assert (refused.status, refused.body, refused.headers["cache-control"]) == (502, "", "no-cache, no-store")
    assert "content-type" not in refused.headers
    assert json.loads(bodies[by_path["/api/sitemaster"].body])["running"] is False
    assert by_path["/api/synchrometer/ct_voltage_references/options"].status == 200


async def test_a_429_ends_the_round_and_what_came_is_kept(
    captured: Captured, faults: list[InjectedFault], asked: list[tuple[str, str]]
) -> None:
    faults.append(InjectedFault(path="/api/system_status/soe", status=429))

    index, *_ = await captured("21.44")

    last = index.missing[-1]
    assert (last.path, index.complete) == ("/api/system_status/soe", False)
    assert "the rest was left unasked" in last.reason
    assert len(index.answers) > 3
    assert "/api/system_status/soe" not in {answer.path for answer in index.answers}
    assert all(path != "/api/solars" for _, path in asked)


async def test_what_breaks_is_named_and_the_rest_is_kept(captured: Captured, faults: list[InjectedFault]) -> None:
    faults.append(InjectedFault(path="/api/solars", cut_after=3))
    faults.append(InjectedFault(path="/api/config", garbage=True))
    faults.append(InjectedFault(path="/api/customer", status=500, body={"error": "x", "message": "at QZ7193VADUZ4"}))

    index, bodies, *_ = await captured("21.44")

    missing = {one.path: one.reason for one in index.missing}
    assert "broke off" in missing["/api/solars"]
    assert "withheld" in missing["/api/config"]
    by_path = {answer.path: answer for answer in index.answers}
    assert by_path["/api/customer"].status == 500
    assert b"QZ7193VADUZ4" not in bodies[by_path["/api/customer"].body]
    assert len(by_path) > 40


async def test_a_refusal_of_the_role_is_an_answer(captured: Captured, faults: list[InjectedFault]) -> None:
    faults.append(InjectedFault(path="/api/config", status=403))

    index, *_ = await captured("21.44")

    assert next(answer.status for answer in index.answers if answer.row == "CONFIG") == 403


async def test_a_gateway_that_is_not_there_leaves_no_folder(tmp_path: Path) -> None:
    folder = tmp_path / "capture"

    with pytest.raises(Unreachable):
        await capture_from("https://127.0.0.1:1", None, tmp_path, folder)

    assert not folder.exists()


INDEX = Capture(form=form.FORM, firmware="21.44", answers=(Answer(path="/api/status", body="bodies/a.json"),))


def test_a_capture_is_written_as_a_whole_and_reads_back(tmp_path: Path) -> None:
    folder = tmp_path / "new"
    folder.mkdir()

    capturefiles.write(folder, INDEX, {"bodies/a.json": b"{}"})

    assert sorted(path.name for path in tmp_path.iterdir()) == ["new"]
    assert form.decode((folder / "capture.json").read_bytes()) == INDEX
    assert (folder / "bodies" / "a.json").read_bytes() == b"{}"


def test_a_folder_that_holds_something_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("x")

    with pytest.raises(ConfigError, match="not empty"):
        capturefiles.write(tmp_path, INDEX, {})

    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_a_write_that_fails_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(capturefiles, "_write", full)

    with pytest.raises(ConfigError, match="No space left"):
        capturefiles.write(tmp_path / "new", INDEX, {"bodies/a.json": b"{}"})

    assert list(tmp_path.iterdir()) == []
