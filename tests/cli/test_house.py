"""Commands that act on the house: asked in words, planned without a write, read back. S096, S104, S111, S119–S122."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from tests.cli.conftest import Emulate, Emulated, Forebay
from tests.conftest import ROOT

from forebay.cli.deeds import DEEDS
from forebay.cli.house_parser import MODES
from forebay.wire import catalogue
from forebay.wire.endpoint import Effect
from forebay.wire.firmware import LOGIN_STOPS_SYSTEM, PROFILES, parse_version

ALL = (
    ("mode", "backup"),
    ("mode",),
    ("reserve", "30"),
    ("reserve",),
    ("stop",),
    ("run",),
    ("off-grid",),
    ("on-grid",),
    ("update", "check"),
    ("update", "status"),
    ("update", "install"),
    ("networks",),
    ("site",),
    ("solars",),
    ("logout",),
)
WRITING = (
    ("mode", "backup"),
    ("reserve", "30"),
    ("stop",),
    ("run",),
    ("off-grid",),
    ("on-grid",),
    ("update", "check"),
    ("update", "install"),
)


class Terminal(io.StringIO):
    """Somebody at a keyboard."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def at_keyboard(forebay: Forebay, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """Run a command for somebody who types an answer."""

    def run(*words: str, answer: str) -> Any:
        with monkeypatch.context() as patch:
            patch.setattr(io, "StringIO", lambda _: Terminal(answer))
            return forebay(*words)

    return run


@pytest.fixture
def installer(gateway: Emulated, monkeypatch: pytest.MonkeyPatch) -> tuple[str, ...]:
    """Options of an installer whom somebody at the house lets in."""
    gateway.control("/switch")
    return ("--host", gateway.host, "--username", "installer")


def test_mode_and_reserve_are_shown_on_both_scales(forebay: Forebay, gateway: Emulated) -> None:
    words = forebay("reserve", "--host", gateway.host)
    shown = forebay("mode", "--host", gateway.host, "--json").json

    assert words.out == "Mode     Self-powered\nReserve  20 % (24 % at the gateway)\n"
    assert shown == {
        "mode": "self_consumption",
        "reserve": {"app_pct": 20.0, "wire_pct": 24.0},
        "export_limit_kw": None,
    }


@pytest.mark.parametrize("word", sorted(MODES))
def test_a_mode_is_set_committed_and_read_back(
    forebay: Forebay, gateway: Emulated, installer: tuple[str, ...], word: str
) -> None:
    outcome = forebay("mode", word, *installer, "--yes", "--json")

    if MODES[word] == "scheduler":
        assert outcome.code == 1
        assert "Unsupported mode" in outcome.err
        return
    assert outcome.code == 0, outcome.err
    assert outcome.json["done"]
    assert outcome.json["before"]["mode"] == "self_consumption"
    assert outcome.json["after"] == {**outcome.json["before"], "mode": MODES[word]}
    assert outcome.json["running"]
    state = gateway.state()
    assert (state["mode"], state["reserve_wire_pct"]) == (MODES[word], 24)


@pytest.mark.parametrize(
    ("words", "wire"), [(("30",), 33.5), (("24.6", "--wire"), 24.6), (("0",), 5.0), (("100",), 100.0)]
)
def test_a_reserve_is_the_apps_unless_the_gateways_scale_is_named(
    forebay: Forebay, gateway: Emulated, installer: tuple[str, ...], words: tuple[str, ...], wire: float
) -> None:
    """S125, S130: app 30 % is 33.5 % at the gateway."""
    outcome = forebay("reserve", *words, *installer, "--yes")

    assert outcome.code == 0, outcome.err
    assert f"({wire:.6g} % at the gateway)" in outcome.out
    assert gateway.state()["reserve_wire_pct"] == wire
    assert "Reserve for outages: 20 % (24 % at the gateway) → " in outcome.err
    assert "--password" not in outcome.err


@pytest.mark.parametrize(("firmware", "bends"), [("21.44", False), ("22.36", True)])
def test_a_reserve_that_newer_firmware_bends_is_warned_about_and_told_when_read_back(
    forebay: Forebay, emulate: Emulate, monkeypatch: pytest.MonkeyPatch, firmware: str, bends: bool
) -> None:
    gateway = emulate(firmware)
    monkeypatch.setenv("FOREBAY_PASSWORD", gateway.password)
    gateway.control("/switch")
    at = ("--host", gateway.host, "--username", "installer", "--yes")
    assert "81 to 99 % for 80 %" not in forebay("reserve", "80", *at).err
    outcome = forebay("reserve", "90", *at)

    assert ("This firmware takes a reserve of 81 to 99 % for 80 %." in outcome.err) == bends
    assert outcome.code == (1 if bends else 0)
    if bends:
        assert "now shows reserve 80 % (81 % at the gateway) instead of 90 % (90.5 % at the gateway)" in outcome.err
        assert "It is committed" in outcome.err


@pytest.mark.parametrize(
    "words", [("reserve", "101"), ("reserve", "x"), ("mode", "dream"), ("update", "soon"), ("update",)]
)
def test_what_makes_no_sense_is_wrong_usage(forebay: Forebay, words: tuple[str, ...]) -> None:
    assert forebay(*words, "--host", "127.0.0.1:1").code == 2


def test_the_owner_is_told_that_it_is_not_permitted_and_how_the_house_is(forebay: Forebay, gateway: Emulated) -> None:
    words = forebay("mode", "backup", "--host", gateway.host, "--yes")
    told = forebay("mode", "backup", "--host", gateway.host, "--yes", "--json")

    assert (words.code, words.out) == (1, "")
    assert "takes the role of an installer" in words.err
    assert "Mode and reserve are as before. The power system runs." in words.err
    error = json.loads(told.err.splitlines()[-1])
    assert (error["kind"], error["setting"], error["power"]) == ("MayNotReconfigure", "unchanged", "running")
    assert (error["step"], error["status"], error["way_back"]) == ("SET_OPERATION", 403, ["There is nothing to undo."])


@pytest.mark.parametrize("words", WRITING, ids=" ".join)
def test_without_a_terminal_and_without_yes_nothing_is_changed_and_it_says_what_would_be(
    forebay: Forebay, gateway: Emulated, installer: tuple[str, ...], words: tuple[str, ...]
) -> None:
    before = gateway.state()
    outcome = forebay(*words, *installer)

    assert (outcome.code, outcome.out) == (1, "")
    assert "Nobody can be asked, as the input is no terminal. Nothing was changed." in outcome.err
    assert "Add --yes to do it." in outcome.err
    assert gateway.state() == before


def test_at_a_keyboard_a_no_is_a_no_and_a_yes_is_a_yes(at_keyboard: Callable[..., Any], gateway: Emulated) -> None:
    no = at_keyboard("stop", "--host", gateway.host, answer="\n")
    assert (no.code, no.out) == (1, "")
    assert "in an outage the house goes dark" in no.err
    assert "Do it? (yes/no) [no]: " in no.err
    assert no.err.endswith("forebay: Nothing was changed.\n")
    assert gateway.state()["running"]

    gateway.control("/solar", watts=0)
    yes = at_keyboard("stop", "--host", gateway.host, answer="yes\n")
    assert (yes.code, yes.out) == (0, "The power system is stopped.\n"), yes.err
    assert not gateway.state()["running"]


def test_call_asks_in_words_too(forebay: Forebay, gateway: Emulated, monkeypatch: pytest.MonkeyPatch) -> None:
    stop = ("call", "POST", "/api/sitemaster/stop", "--body", "{}", "--host", gateway.host)
    outcome = forebay(*stop)
    assert outcome.code == 1
    assert "POST /api/sitemaster/stop changes the house: Stop the power system" in outcome.err
    assert gateway.state()["running"]

    planned = forebay(*stop, "--dry-run", "--json").json
    assert planned["requests"] == [
        {
            "method": "POST",
            "path": "/api/sitemaster/stop",
            "body": {},
            "writes": True,
            "what": catalogue.SITEMASTER_STOP_POST.summary,
        }
    ]
    assert gateway.state()["running"]


@pytest.mark.parametrize("firmware", [profile.name for profile in PROFILES])
def test_a_dry_run_of_every_command_prints_the_requests_and_makes_none_that_writes(
    forebay: Forebay, emulate: Emulate, monkeypatch: pytest.MonkeyPatch, firmware: str
) -> None:
    gateway = emulate(firmware)
    monkeypatch.setenv("FOREBAY_PASSWORD", gateway.password)
    before, version = gateway.state(), parse_version(firmware)
    for words in ALL:
        outcome = forebay(*words, "--host", gateway.host, "--dry-run", "--json")
        if outcome.code:
            assert f"firmware {firmware} does not offer it" in outcome.err, (words, outcome.err)
            continue
        assert outcome.json["dry_run"]
        for request in outcome.json["requests"]:
            row = catalogue.find(request["method"], request["path"])
            assert row is not None
            assert row.offered_by(version), (words, row)
            assert request["writes"] == (row.effect is Effect.WRITES)
            assert request["what"]
        plain = forebay(*words, "--host", gateway.host, "--dry-run")
        assert plain.code == 0
        assert "Nothing was changed." in plain.err
        assert gateway.state() == before, words


def test_stop_and_run_are_read_back(forebay: Forebay, gateway: Emulated) -> None:
    """S092, S093, S095."""
    gateway.control("/solar", watts=0)
    stopped = forebay("stop", "--host", gateway.host, "--yes")
    assert (stopped.code, stopped.out) == (0, "The power system is stopped.\n"), stopped.err
    assert not gateway.state()["running"]

    run = forebay("run", "--host", gateway.host, "--yes", "--json")
    assert run.json == {"done": True, "running": True}
    assert gateway.state()["running"]


def test_a_busy_house_is_stopped_by_force_only(forebay: Forebay, gateway: Emulated) -> None:
    """S094."""
    gateway.control("/solar", watts=0)
    gateway.control("/load", watts=4500)
    outcome = forebay("stop", "--host", gateway.host, "--yes")
    assert outcome.code == 1
    assert "Unable to stop sitemaster" in outcome.err
    assert gateway.state()["running"]

    assert forebay("stop", "--force", "--host", gateway.host, "--yes").code == 0
    assert not gateway.state()["running"]


def test_on_1_40_a_login_that_stops_the_house_is_said_before_and_the_house_runs_after(
    forebay: Forebay, emulate: Emulate, monkeypatch: pytest.MonkeyPatch
) -> None:
    """S103, S104."""
    gateway = emulate("1.40.2")
    monkeypatch.setenv("FOREBAY_PASSWORD", gateway.password)
    for what in ("/load", "/solar"):
        gateway.control(what, watts=0)
    at = ("--host", gateway.host, "--username", "installer")
    for words in (("mode",), ("reserve", "30"), ("run",), ("solars",)):
        refused = forebay(*words, *at)
        assert refused.code == 1
        assert "a log-in stops the Powerwalls" in refused.err
        assert "They are started again at once." in refused.err
        assert gateway.state()["running"]

    outcome = forebay("reserve", "30", *at, "--yes")
    assert outcome.code == 0, outcome.err
    assert gateway.state()["running"]
    assert gateway.state()["reserve_wire_pct"] == 33.5

    with_login = forebay("mode", "backup", *at)  # the log-in is kept: nothing is stopped any more
    assert "a log-in stops" not in with_login.err
    assert forebay("mode", *at).code == 0


def test_off_grid_and_on_grid_wait_until_it_is_so(forebay: Forebay, gateway: Emulated) -> None:
    gateway.control("/time", speed=30)
    off = forebay("off-grid", "--host", gateway.host, "--yes", "--json")
    assert off.json == {"done": True, "grid_state": "SystemIslandedActive"}, off.err
    assert "Leaving the grid." in off.err

    on = forebay("on-grid", "--host", gateway.host, "--yes")
    assert (on.code, on.out) == (0, "Grid connected.\n"), on.err


def test_what_does_not_happen_in_time_is_an_error_that_says_how_it_is(forebay: Forebay, gateway: Emulated) -> None:
    outcome = forebay("off-grid", "--host", gateway.host, "--yes", "--wait", "0")  # its time stands still

    assert (outcome.code, outcome.out) == (1, "Leaving the grid.\n")
    assert "accepted, but not reached within 0 s" in outcome.err


def test_an_update_is_looked_for_and_installed_with_its_progress_on_stderr(
    forebay: Forebay, gateway: Emulated, installer: tuple[str, ...]
) -> None:
    """S060, S061, S063–S065, S067, S068, S072."""
    status = forebay("update", "status", *installer, "--json").json
    assert (status["state"], status["status"]) == ("/update_succeeded", ["nonactionable"])
    assert status["current_time_ms"] > 1e12

    gateway.control("/time", speed=60)
    nothing = forebay("update", "check", *installer, "--yes")
    assert nothing.out == "The last update failed, or was not required: nothing to do: this is the newest firmware.\n"

    gateway.control("/update", available="22.36")
    found = forebay("update", "check", *installer, "--yes")
    assert found.out == "A newer firmware is ready; `forebay update install` installs it.\n", found.err
    assert "Downloading a newer firmware." in found.err

    gateway.control("/time", speed=3000)
    done = forebay("update", "install", *installer, "--yes", "--json")
    assert done.code == 0, done.err
    assert done.json["state"] == "/update_unknown"  # the restart ended the session, and the switch is shut again
    assert done.json["version"].startswith("22.36 ")
    assert "for about 15 minutes" in done.err
    assert "log in again" in done.err
    assert gateway.state()["running"]
    gateway.control("/time", speed=0)
    gateway.control("/switch")
    assert forebay("update", "status", *installer, "--json").json["state"] == "/update_succeeded"


@pytest.mark.parametrize("firmware", [profile.name for profile in PROFILES])
def test_the_installation_is_listed_in_every_release(
    forebay: Forebay, emulate: Emulate, monkeypatch: pytest.MonkeyPatch, firmware: str
) -> None:
    """S083, S084, S136, S163."""
    gateway = emulate(firmware)
    monkeypatch.setenv("FOREBAY_PASSWORD", gateway.password)
    if LOGIN_STOPS_SYSTEM.at(parse_version(firmware)):
        monkeypatch.setenv("FOREBAY_PASSWORD", f"S{gateway.device.serial}")
        for what in ("/load", "/solar"):
            gateway.control(what, watts=0)
    for name in ("networks", "site", "solars"):
        words = forebay(name, "--host", gateway.host, "--yes")
        assert words.code == 0, words.err
        assert len(words.out.splitlines()) >= 2
        found = forebay(name, "--host", gateway.host, "--yes", "--json").json
        assert found["missing"] == {}
    assert "SolarEdge Technologies" in words.out
    assert gateway.state()["running"]


def test_logging_out_ends_the_kept_login(forebay: Forebay, gateway: Emulated) -> None:
    """S088, S089."""
    at = ("--host", gateway.host)
    assert "No log-in is kept" in forebay("logout", *at).err
    assert forebay("mode", *at).code == 0

    assert forebay("logout", *at).code == 1  # nobody was asked
    gone = forebay("logout", *at, "--yes", "--json")
    assert gone.json == {"done": True, "had_login": True}
    assert forebay("logout", *at, "--yes", "--json").json == {"done": True, "had_login": False}


def test_every_deed_says_what_happens_to_the_house() -> None:
    for deed in DEEDS.values():
        assert deed.words.endswith(".")
        assert all(row.writes for row in deed.rows)
        assert not deed.look.writes


def test_what_is_printed_as_json_has_the_documented_members(
    forebay: Forebay, gateway: Emulated, installer: tuple[str, ...]
) -> None:
    page = (ROOT / "docs" / "reference" / "json.md").read_text("utf-8")
    documented: dict[str, set[str]] = {}
    for line in page.splitlines():
        if line.startswith("| `") or line.startswith("| any"):
            commands, members = line.strip("| ").split(" | ")
            names = {name.partition(".")[0] for name in re.findall(r"`([\w.]+)`", members)}
            documented |= dict.fromkeys(re.findall(r"`([^`]+)`", commands), names)
    for what, value in (("/solar", 0), ("/load", 0)):
        gateway.control(what, watts=value)
    gateway.control("/charge", percent=100)
    gateway.control("/time", speed=30)
    for words in ALL:
        outcome = forebay(*words, *installer, "--yes", "--json")
        assert outcome.code == 0, (words, outcome.err)
        key = {"mode backup": "mode MODE", "reserve 30": "reserve PCT"}.get(" ".join(words), " ".join(words))
        assert set(outcome.json) == documented[key], words
        if words[0] not in ("logout",):
            planned = forebay(*words, *installer, "--dry-run", "--json").json
            assert set(planned) == documented["--dry-run"], words
            assert {member for request in planned["requests"] for member in request} == {
                "method",
                "path",
                "body",
                "writes",
                "what",
            }
