"""Up to 1.40 a log-in stops the power system, and a busy one refuses it. A13, A14, S094, S096, S103."""

from __future__ import annotations

import pytest
from tests.cli.conftest import Emulate, Emulated, Forebay


@pytest.fixture
def busy(emulate: Emulate, monkeypatch: pytest.MonkeyPatch) -> Emulated:
    """A house of 1.40.2 at noon, whose sun charges the pack: power flows."""
    gateway = emulate("1.40.2")
    monkeypatch.setenv("FOREBAY_PASSWORD", gateway.password)
    return gateway


def at(gateway: Emulated, user: str = "installer") -> tuple[str, ...]:
    return "--host", gateway.host, "--username", user


@pytest.mark.parametrize("words", [("mode", "backup"), ("reserve", "50"), ("networks",), ("stop",)], ids="_".join)
def test_a_busy_house_refuses_the_log_in_and_it_is_said_what_helps(
    forebay: Forebay, busy: Emulated, words: tuple[str, ...]
) -> None:
    outcome = forebay(*words, *at(busy), "--yes")

    assert outcome.code == 1
    assert "Cannot Start Wizard (status 500); the power system is busy" in outcome.err
    assert "unless it is forced" in outcome.err
    assert "report" not in outcome.err
    assert busy.state()["running"]


def test_a_forced_log_in_changes_a_busy_house_and_lets_it_run_again(forebay: Forebay, busy: Emulated) -> None:
    outcome = forebay("reserve", "50", *at(busy), "--yes", "--force-login")

    assert outcome.code == 0, outcome.err
    assert "a log-in stops the Powerwalls" in outcome.err
    assert busy.state()["reserve_wire_pct"] == 52.5
    assert busy.state()["running"]


def test_stopping_by_a_forced_log_in_leaves_the_house_stopped(forebay: Forebay, busy: Emulated) -> None:
    planned = forebay("stop", *at(busy), "--dry-run")
    outcome = forebay("stop", *at(busy), "--yes", "--force-login")

    assert "/api/sitemaster/run" not in planned.out
    assert outcome.code == 0, outcome.err
    assert "started again" not in outcome.err
    assert not busy.state()["running"]
    assert forebay("run", *at(busy), "--yes").code == 0
    assert busy.state()["running"]


@pytest.mark.parametrize("version", ["1.15", "1.40.2"])
def test_a_kept_log_in_is_no_obstacle_to_a_forced_stop(
    forebay: Forebay, emulate: Emulate, monkeypatch: pytest.MonkeyPatch, version: str
) -> None:
    gateway = emulate(version)
    monkeypatch.setenv("FOREBAY_PASSWORD", f"S{gateway.device.serial}")
    assert forebay("mode", *at(gateway), "--yes", "--force-login").code == 0
    refused = forebay("stop", *at(gateway), "--yes")
    assert (refused.code, gateway.state()["running"]) == (1, True)

    outcome = forebay("stop", *at(gateway), "--yes", "--force-login")
    assert outcome.code == 0, outcome.err
    assert not gateway.state()["running"]


def test_a_value_that_the_gateway_does_not_know_is_nothing_to_report(forebay: Forebay, busy: Emulated) -> None:
    asked = forebay("call", "GET", "/api/solars/brands/Nobody", *at(busy), "--yes", "--force-login")

    assert (asked.code, "unknown solar brand" in asked.err, "report" in asked.err) == (1, True, False)


def test_who_may_log_in_but_not_stop_is_told_how_the_house_is(forebay: Forebay, busy: Emulated) -> None:
    """The log-in has stopped it, whoever it is."""
    outcome = forebay("stop", *at(busy, "customer"), "--yes", "--force-login", "--json")

    assert outcome.json == {"done": True, "running": False}
    assert not busy.state()["running"]


def test_call_forces_a_log_in_too(forebay: Forebay, busy: Emulated) -> None:
    refused = forebay("call", "GET", "/api/operation", *at(busy), "--yes")
    outcome = forebay("call", "GET", "/api/operation", *at(busy), "--yes", "--force-login", "--json")

    assert refused.code == 1
    assert outcome.code == 0, outcome.err
    assert outcome.json["mode"] == "self_consumption"
