"""`forebay emulate --replay` and `forebay openapi`, as processes; and a capture that somebody interrupts."""

from __future__ import annotations

import json
import signal
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.cli.conftest import Emulated, Forebay
from tests.cli.processes import Started, wait_for

Start = Callable[..., Started]


@pytest.fixture
def house(forebay: Forebay, gateway: Emulated, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A capture."""
    monkeypatch.setenv("FOREBAY_PASSWORD", gateway.password)
    assert forebay("capture", gateway.host, tmp_path / "house", "--pause", "0.000001").code == 0
    return tmp_path / "house"


def test_a_capture_is_served_and_captured_again(forebay: Forebay, start: Start, house: Path, tmp_path: Path) -> None:
    running = start("emulate", "--replay", house, "--port", "0")
    words = running.ready()
    host = words[1].removeprefix("https://")

    outcome = forebay("capture", host, tmp_path / "again", "--pause", "0.000001")

    assert (words[0], words[2:4]) == ("ready", ["firmware", "21.44"])
    assert outcome.code == 0
    bodies = {path.name: path.read_bytes() for path in (house / "bodies").iterdir()}
    assert {path.name: path.read_bytes() for path in (tmp_path / "again" / "bodies").iterdir()} == bodies
    assert running.end() == 0


@pytest.mark.parametrize(
    ("option", "named"),
    [
        (("--firmware", "21.44"), "--firmware"),
        (("--speed", "60"), "--speed"),
        (("--server", "fast"), "--server"),
        (("--homes", "3"), "--homes"),
    ],
)
def test_an_option_of_a_living_home_does_not_go_with_a_replay(
    forebay: Forebay, tmp_path: Path, option: tuple[str, str], named: str
) -> None:
    outcome = forebay("emulate", "--replay", tmp_path, *option)

    assert outcome.code == 1
    assert f"{named} is for a home that lives" in outcome.err


def test_moving_times_are_those_of_a_replay(forebay: Forebay) -> None:
    outcome = forebay("emulate", "--moving-times", "--port", "0")

    assert outcome.code == 1
    assert "--moving-times is for --replay DIR" in outcome.err


def test_a_folder_that_is_no_capture_is_named(forebay: Forebay, tmp_path: Path) -> None:
    outcome = forebay("emulate", "--replay", tmp_path)

    assert outcome.code == 1
    assert str(tmp_path / "capture.json") in outcome.err


def test_an_interrupt_keeps_what_came(start: Start, gateway: Emulated, tmp_path: Path) -> None:
    folder = tmp_path / "house"
    running = start("capture", gateway.host, folder, "--pause", "0.2", FOREBAY_PASSWORD=gateway.password)
    wait_for(lambda: running.err.count("GET ") > 4)

    assert running.end(signal.SIGINT) == 130
    index = json.loads((folder / "capture.json").read_bytes())
    assert index["complete"] is False
    assert len(index["answers"]) >= 3
    assert "what came until then" in running.err


def test_the_document_of_a_release_is_printed(forebay: Forebay) -> None:
    outcome = forebay("openapi", "--firmware", "1.40.2")

    assert outcome.code == 0
    assert outcome.json["info"]["version"] == "1.40.2"
    assert "get" in outcome.json["paths"]["/api/sitemaster/stop"]


def test_an_unknown_release_is_named(forebay: Forebay) -> None:
    outcome = forebay("openapi", "--firmware", "new")

    assert (outcome.code, outcome.out) == (1, "")
    assert "not a firmware: 'new'" in outcome.err
