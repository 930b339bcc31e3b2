"""One-shot commands: what they print for people and for scripts, and how they end."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from tests.cli.conftest import Emulate, Emulated, Forebay
from tests.cli.processes import Started, wait_for

COMMANDS = ("status", "meters", "soe", "grid", "vitals", "info")


@pytest.mark.parametrize("command", COMMANDS)
def test_a_reading_is_printed_and_nothing_else(forebay: Forebay, gateway: Emulated, command: str) -> None:
    forebay("trust", gateway.host, "--accept", gateway.fingerprint)
    outcome = forebay(command, "--host", gateway.host)

    assert (outcome.code, outcome.err) == (0, "")
    assert outcome.out.strip()
    assert not any(line != line.rstrip() for line in outcome.out.splitlines())
    assert "None" not in outcome.out
    assert "nan" not in outcome.out.split()


@pytest.mark.parametrize("command", COMMANDS)
def test_a_reading_is_valid_json_where_asked(forebay: Forebay, gateway: Emulated, command: str) -> None:
    outcome = forebay(command, "--host", gateway.host, "--json")

    assert outcome.code == 0
    assert outcome.json


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("as_json", [False, True])
def test_an_absent_gateway_is_exit_1_in_words(forebay: Forebay, command: str, as_json: bool) -> None:
    outcome = forebay(command, "--host", "127.0.0.1:1", *(["--json"] if as_json else []))

    assert (outcome.code, outcome.out) == (1, "")
    assert "127.0.0.1:1 refused the connection" in outcome.err
    assert ('"advice": "retry"' in outcome.err) == as_json


def test_without_settings_an_absent_gateway_is_no_riddle(forebay: Forebay) -> None:
    outcome = forebay("status", "--timeout", "2")

    assert outcome.code == 1
    assert "run `forebay setup`, or give --host" in outcome.err


def test_the_status_is_the_world_in_words(forebay: Forebay, gateway: Emulated) -> None:
    gateway.control("/solar", watts=0)
    gateway.control("/load", watts=1500)
    out = forebay("status", "--host", gateway.host).out

    assert re.search(r"Solar +not producing", out)
    assert re.search(r"Home +1\.50 kW used", out)
    assert re.search(r"1\.5\d? kW discharging|1\.49 kW discharging", out)
    assert re.search(r"Grid +no exchange with the grid", out)
    assert "Grid connected" in out
    assert "Self-powered, 20 % kept for outages" in out


def test_the_status_as_json_has_signs_and_both_scales(forebay: Forebay, gateway: Emulated) -> None:
    gateway.control("/charge", percent=62)
    status = forebay("status", "--host", gateway.host, "--json").json

    power = status["power_w"]
    assert power["load"] == pytest.approx(power["site"] + power["battery"] + power["solar"], abs=1)
    assert status["charge"]["wire_pct"] == pytest.approx(62, abs=0.01)
    assert status["charge"]["app_pct"] == pytest.approx(60, abs=0.01)
    assert status["grid_state"] == "SystemGridConnected"
    assert status["mode"] == "self_consumption"
    assert status["missing"] == {}


def test_an_outage_of_the_grid_is_said_with_its_alert(forebay: Forebay, gateway: Emulated) -> None:
    gateway.control("/grid", up=False)
    gateway.control("/time", advance_s=10)
    out = forebay("grid", "--host", gateway.host).out

    assert "Grid down, the home runs on its own" in out
    assert re.search(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC  PINV_a006", out)


def test_a_stopped_house_is_exit_1_and_says_so(forebay: Forebay, gateway: Emulated) -> None:
    assert forebay("call", "POST", "/api/sitemaster/stop", "--host", gateway.host, "--body", '{"force":true}', "--yes")
    outcome = forebay("status", "--host", gateway.host)

    assert (outcome.code, outcome.out) == (1, "")
    assert "the power system is stopped" in outcome.err
    assert "Try again later." in outcome.err


def test_what_a_release_lacks_is_exit_1_and_says_so(forebay: Forebay, emulate: Emulate) -> None:
    old = emulate("1.40.2")
    outcome = forebay("vitals", "--host", old.host)

    assert outcome.code == 1
    assert "/api/devices/vitals" in outcome.err
    assert "This gateway does not have it." in outcome.err


def test_an_old_release_is_read_without_a_log_in_that_would_stop_the_house(forebay: Forebay, emulate: Emulate) -> None:
    old = emulate("1.40.2")
    outcome = forebay("status", "--host", old.host)

    assert outcome.code == 0
    assert "kW" in outcome.out
    assert old.state()["running"]


def test_a_wrong_password_is_exit_1_and_is_not_tried_again_at_once(
    forebay: Forebay, gateway: Emulated, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FOREBAY_PASSWORD", "not-this-one")
    first, second = (forebay("status", "--host", gateway.host) for _ in range(2))

    assert (first.code, second.code) == (1, 1)
    assert "bad credentials" in first.err
    assert "not tried again" in second.err
    assert "not-this-one" not in first.err + second.err


def test_without_a_password_the_answer_says_what_is_missing(forebay: Forebay, emulate: Emulate) -> None:
    outcome = forebay("status", "--host", emulate().host)

    assert outcome.code == 1
    assert "no password was given; `forebay setup` asks for it, or give $FOREBAY_PASSWORD" in outcome.err


def test_vitals_are_shown_without_the_noise_of_their_last_bits(forebay: Forebay, gateway: Emulated) -> None:
    numbers = re.findall(r"  (-?\d+\.\d+)$", forebay("vitals", "--host", gateway.host).out, re.MULTILINE)

    assert numbers
    assert all(len(number.partition(".")[2]) <= 3 for number in numbers)


def test_watching_shows_the_house_twice_and_ends(forebay: Forebay, gateway: Emulated) -> None:
    outcome = forebay("watch", "--host", gateway.host, "--count", "2", "--every", "0.05")

    assert outcome.code == 0
    assert "no exchange with the grid" in outcome.out
    assert "Grid connected" in outcome.out
    assert outcome.out.endswith("\n")


def test_watching_an_absent_gateway_says_so_and_is_not_a_success(forebay: Forebay) -> None:
    outcome = forebay("watch", "--host", "127.0.0.1:1", "--count", "1")

    assert outcome.code == 1
    assert "refused the connection" in outcome.out + outcome.err


def test_watching_without_a_terminal_tells_at_once_on_stderr_what_is_wrong(home: Path) -> None:
    started = Started(home, "watch", "--host", "127.0.0.1:1")
    try:
        wait_for(lambda: "127.0.0.1:1 refused the connection" in started.err)  # it goes on asking meanwhile
        assert started.process.poll() is None
        assert started.end() != 0
    finally:
        started.clean_up()


def test_watching_an_absent_gateway_says_it_once_however_often_it_asks(forebay: Forebay) -> None:
    outcome = forebay("watch", "--host", "127.0.0.1:1", "--count", "1")

    assert outcome.code == 1
    assert outcome.err.count("refused the connection") == 1
