"""Commands of the house when it goes wrong: interrupted, half done, not there, restricted."""

from __future__ import annotations

import json
import signal
from collections.abc import Callable

import pytest
from tests.cli.conftest import Emulate, Emulated, Forebay
from tests.cli.processes import Started, wait_for


def test_ctrl_c_in_the_middle_of_a_change_leaves_no_house_half_changed(
    gateway: Emulated, start: Callable[..., Started]
) -> None:
    gateway.control("/switch")
    gateway.control("/faults", path="/api/config/completed", delay_s=1.0, times=1)
    change = start(
        "mode",
        "backup",
        "--yes",
        "--host",
        gateway.host,
        "--username",
        "installer",
        FOREBAY_PASSWORD=gateway.device.installer_password,
    )
    wait_for(lambda: gateway.state()["faults"] == 0)  # the request that commits has arrived
    code = change.end(signal.SIGINT)

    assert code == 130
    assert "A change that had begun was brought to its end" in change.err
    assert "Traceback" not in change.err
    assert gateway.state()["mode"] == "backup"


@pytest.mark.parametrize(
    ("path", "setting", "in_force"),
    [("/api/config/completed", "staged", False), ("/api/sitemaster", "unchanged", False)],
)
def test_a_change_that_breaks_off_is_told_as_data_and_doing_it_again_finishes_it(
    forebay: Forebay, gateway: Emulated, path: str, setting: str, in_force: bool
) -> None:
    gateway.control("/switch")
    gateway.control("/faults", path=path, status=503, times=1)
    words = ("mode", "backup", "--host", gateway.host, "--username", "installer", "--yes")
    broken = forebay(*words, "--json")

    assert (broken.code, broken.out) == (1, "")
    told = json.loads(broken.err.splitlines()[-1])
    assert (told["kind"], told["setting"], told["power"]) == ("NotReconfigured", setting, "running")
    assert told["way_back"]
    assert (gateway.state()["mode"] == "backup") == in_force

    again = forebay(*words)
    assert again.code == 0, again.err
    assert gateway.state()["mode"] == "backup"


@pytest.mark.parametrize("status", [404, 403])
def test_a_restricted_gateway_refuses_in_words_and_stays_as_it_is(
    forebay: Forebay, emulate: Emulate, monkeypatch: pytest.MonkeyPatch, status: int
) -> None:
    gateway = emulate("restricted", restricted=status)
    monkeypatch.setenv("FOREBAY_PASSWORD", gateway.password)
    before = gateway.state()
    for words in (("mode",), ("reserve", "30"), ("stop",), ("networks",), ("site",), ("update", "status")):
        outcome = forebay(*words, "--host", gateway.host, "--yes")
        assert (outcome.code, outcome.out) == (1, ""), words
        assert f"status {status}" in outcome.err, (words, outcome.err)
        assert "Traceback" not in outcome.err
    assert forebay("logout", "--host", gateway.host, "--yes").code in (0, 1)
    assert gateway.state() == before


@pytest.mark.parametrize("firmware", ["1.15", "1.40.2"])
def test_on_1_x_the_house_is_stopped_and_started_by_command(
    forebay: Forebay, emulate: Emulate, monkeypatch: pytest.MonkeyPatch, firmware: str
) -> None:
    """S092, S095, S104."""
    gateway = emulate(firmware)
    monkeypatch.setenv("FOREBAY_PASSWORD", f"S{gateway.device.serial}")
    for what in ("/load", "/solar"):
        gateway.control(what, watts=0)
    at = ("--host", gateway.host, "--yes")

    assert forebay("stop", *at).out == "The power system is stopped.\n"
    assert not gateway.state()["running"]
    assert forebay("run", *at).out == "The power system runs.\n"
    assert gateway.state()["running"]


@pytest.mark.parametrize("words", [("mode", "backup"), ("stop",), ("networks",), ("logout",), ("update", "check")])
def test_a_gateway_that_is_not_there_is_an_error_in_words(forebay: Forebay, words: tuple[str, ...]) -> None:
    outcome = forebay(*words, "--host", "127.0.0.1:1", "--yes")

    if words == ("logout",):  # nothing is kept, so nothing is asked
        assert outcome.code == 0
        return
    assert (outcome.code, outcome.out) == (1, "")
    assert "refused the connection on port 1" in outcome.err
