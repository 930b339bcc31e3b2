"""Every public method of pypowerwall in both its modes, and its writes where a release or a login allows them.

Proves S111, S113, S117 and S120 with a client that is not ours.
"""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable
from typing import Any

import pytest
from tests.clients.conftest import UNCHECKED_TLS, Connect, Sent, Served, said

pypowerwall: Any = pytest.importorskip("pypowerwall", reason="pypowerwall is not installed")

pytestmark = [
    pytest.mark.filterwarnings(UNCHECKED_TLS),
    pytest.mark.filterwarnings("ignore:unclosed file .*session.json:ResourceWarning"),  # the client's own
    pytest.mark.filterwarnings("ignore:Exception ignored in.*session.json:pytest.PytestUnraisableExceptionWarning"),
    pytest.mark.usefixtures("wire"),
]

modes = pytest.mark.parametrize("authmode", ["cookie", "token"])

READS: dict[str, Callable[[Any], bool]] = {
    "alerts": lambda got: "SystemConnectedToGrid" in got,
    "battery": lambda got: isinstance(got, int | float),
    "battery_blocks": lambda got: len(got) == 2,
    "connect": lambda got: got is True,
    "din": lambda got: "--" in got,
    "get_mode": lambda got: got == "self_consumption",
    "get_reserve": lambda got: got == pytest.approx(20),
    "get_time_remaining": lambda got: got > 0,
    "grid": lambda got: isinstance(got, int | float),
    "grid_status": lambda got: got == "UP",
    "home": lambda got: got > 0,
    "is_connected": lambda got: got is True,
    "level": lambda got: 0 < got < 100,
    "load": lambda got: got > 0,
    "poll": lambda got: "site_name" in got,
    "power": lambda got: set(got) == {"site", "solar", "battery", "load"} and got["load"] > 0,
    "site": lambda got: isinstance(got, int | float),
    "site_name": lambda got: got == "Home Energy Gateway",
    "solar": lambda got: isinstance(got, int | float),
    "status": lambda got: "version" in got,
    "strings": lambda got: isinstance(got, dict),
    "system_status": lambda got: len(got["battery_blocks"]) == 2,
    "temps": lambda got: isinstance(got, dict),
    "uptime": lambda got: got.endswith("s"),
    "version": bool,
    "vitals": bool,
}
"""Methods that read a local gateway, and what they give where it has what they ask."""

WRITES: dict[str, tuple[Any, ...]] = {
    "post": ("/api/operation", {"real_mode": "backup", "backup_reserve_percent": 50}),
    "set_mode": ("backup",),
    "set_operation": (50, "backup"),
    "set_reserve": (30,),
}
"""Methods that post a mode or a reserve, with what they are given."""

NOT_LOCAL: dict[str, tuple[Any, ...]] = {
    "cancel_max_backup": (),
    "dispatch_battery_power": (1000, 60),
    "get_backup_events": (),
    "get_grid_charging": (),
    "get_grid_export": (),
    "get_tariff": (),
    "go_off_grid": (True,),
    "reconnect_grid": (),
    "resume_battery_operation": (),
    "schedule_max_backup": (),
    "set_grid_charging": (True,),
    "set_grid_export": ("pv_only",),
    "set_tariff": ({},),
    "wifi_v1r_ready": (),
}
"""Methods for the maker's cloud or another transport: locally they say nothing and change nothing."""

_NO_SYSTEM = {"battery_blocks", "din", "get_time_remaining", "system_status", "vitals"}
LACKING: dict[str, set[str]] = {
    "1.20": {*_NO_SYSTEM, "get_mode"},
    "1.40.2": {*_NO_SYSTEM, "get_mode"},
    "1.50": _NO_SYSTEM,
    "21.44": set(),
    "23.44": {"vitals"},
    "restricted": {
        *_NO_SYSTEM,
        *("get_mode", "get_reserve", "poll", "site_name", "status", "uptime", "version", "is_connected"),
    },
}
"""What each release does not offer, or calls by a name that the client does not know (mode for real_mode)."""


def test_every_public_method_is_considered() -> None:
    public = {n for n, _ in inspect.getmembers(pypowerwall.Powerwall, inspect.isfunction) if not n.startswith("_")}

    assert public == {*READS, *WRITES, *NOT_LOCAL}


@pytest.mark.parametrize("house", LACKING, indirect=True)
@modes
def test_every_method_that_reads_gives_what_the_release_has(
    house: Served, connect: Connect, wire: list[Sent], authmode: str
) -> None:
    if (house.firmware, authmode) == ("1.20", "cookie"):
        pytest.skip("a gateway of 1.20 sets no cookies")
    house.calm()
    client = connect(house, authmode=authmode)
    client.get_reserve()  # logs in where the release has anything to log in for
    if not house.state()["running"]:
        client.poll("/api/sitemaster/run")
    house.move("/load", watts=900)
    for name, is_right in READS.items():
        got = getattr(client, name)()
        if name in LACKING[house.firmware]:
            assert got in (None, {}, [], False), (name, got)
        else:
            assert is_right(got), (name, got)
    assert house.state()["running"]
    state = house.state()
    said(wire)
    for name, given in NOT_LOCAL.items():
        assert getattr(client, name)(*given) in (None, False), name
    assert house.state() == state
    assert not [line for line in said(wire) if line.startswith("POST") and line.endswith(("200", "202"))]


@pytest.mark.parametrize(
    ("house", "authmode", "user"),
    [
        ("1.15", "token", "serial"),
        ("1.20", "token", "customer"),
        ("1.40.2", "token", "serial"),
        ("1.40.2", "cookie", "serial"),
        ("1.50", "token", "installer"),
        ("21.44", "token", "installer"),
        ("21.44", "cookie", "installer"),
        ("23.44", "token", "installer"),
    ],
    indirect=["house"],
)
def test_its_writes_are_staged_where_the_login_may_and_in_force_only_when_committed(
    house: Served, connect: Connect, wire: list[Sent], authmode: str, user: str
) -> None:
    """It never commits by itself: `poll("/api/config/completed")` does."""
    client = _logged_in(house, connect, authmode, user)
    said(wire)

    assert echo(client.set_operation(50, "backup"))["backup_reserve_percent"] == 50
    assert echo(client.set_reserve(30))["backup_reserve_percent"] == 30
    assert echo(client.set_operation(0, "backup"))["backup_reserve_percent"] == 0
    assert echo(client.post(*WRITES["post"]))["backup_reserve_percent"] == 50
    if client.get_mode() is not None:  # from 1.43 on, where it is called real_mode
        assert echo(client.set_mode("autonomous"))["real_mode"] == "autonomous"
    posts = [line for line in said(wire) if line.startswith("POST /api/operation")]
    assert {line.rpartition(" ")[2] for line in posts} == {"200"}
    assert house.state()["mode"] == "self_consumption"
    assert house.state()["reserve_wire_pct"] == 24

    client.poll("/api/config/completed")
    if user == "customer":  # on 1.20 the owner may post; committing takes an installer
        assert said(wire)[-1] == "GET /api/config/completed 403"
        return
    assert house.state()["mode"] in ("backup", "autonomous")
    assert house.state()["reserve_wire_pct"] == 50


def echo(got: Any) -> Any:
    """1.43 to 1.50 answer as plain text, which the client hands on as it is."""
    return json.loads(got) if isinstance(got, str) else got


def _logged_in(house: Served, connect: Connect, authmode: str, user: str) -> Any:
    house.calm()
    client = connect(house, f"S{house.state()['serial']}" if user == "serial" else None, authmode=authmode)
    if user == "installer":  # it knows one user only, so it is handed the log-in of another
        house.move("/switch")
        house.log_in("installer")
        token = {"Authorization": f"Bearer {house._token}"}
        client.client.auth = token if authmode == "token" else {"AuthCookie": house._token, "UserRecord": "x"}
    assert client.get_reserve() is not None
    if not house.state()["running"]:
        client.poll("/api/sitemaster/run")
    assert house.state()["running"]
    return client


@pytest.mark.parametrize("house", ["1.40.2", "1.50", "21.44", "22.36", "23.44"], indirect=True)
@modes
def test_the_owners_writes_are_refused_since_1_37(
    house: Served, connect: Connect, wire: list[Sent], authmode: str
) -> None:
    house.calm()
    client = connect(house, authmode=authmode)
    client.get_reserve()
    if not house.state()["running"]:
        client.poll("/api/sitemaster/run")
    state = house.state()
    said(wire)
    for name, given in WRITES.items():
        assert getattr(client, name)(*given) is None, name
    posts = [line for line in said(wire) if line.startswith("POST")]

    assert posts
    assert set(posts) == {"POST /api/operation 403"}
    assert house.state() == state


@pytest.mark.parametrize("house", ["1.15"], indirect=True)
def test_on_1_15_its_cookie_mode_finds_no_cookies_and_leaves_the_house_stopped(house: Served, connect: Connect) -> None:
    house.calm()
    client = connect(house, f"S{house.state()['serial']}", authmode="cookie")

    with pytest.raises(Exception, match="HTTP 200") as caught:
        client.get_reserve()
    assert type(caught.value).__name__ == "LoginError"
    assert not house.state()["running"]
    assert client.level() is None
    client.poll("/api/sitemaster/run")  # open to everybody on this release
    assert client.level() is not None


@pytest.mark.parametrize("house", ["21.44", "1.40.2"], indirect=True)
@modes
def test_a_login_that_runs_out_between_two_calls_is_made_anew(
    house: Served, connect: Connect, wire: list[Sent], authmode: str
) -> None:
    house.calm()
    client = connect(house, authmode=authmode)
    assert client.get_reserve() == pytest.approx(20)
    for _ in range(3):
        house.move("/time", advance_s=25 * 3600)
        said(wire)
        assert client.get_reserve() == pytest.approx(20)
        assert said(wire) == ["GET /api/operation 403", "POST /api/login/Basic 200", "GET /api/operation 200"]
    assert json.loads(client.poll("/api/operation", jsonformat=True))["backup_reserve_percent"] == 24
