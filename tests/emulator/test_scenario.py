"""Scenarios: what happens to a home happens at its instant, in order, and again from the same seed."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.conftest import MakeDevice
from tests.emulator.test_control import shown

from forebay.emulator.build import build_device
from forebay.emulator.description import describe
from forebay.emulator.device import Device
from forebay.emulator.home import Home
from forebay.emulator.library import SCENARIOS, find_scenario
from forebay.emulator.networks_state import NetworksState
from forebay.emulator.scenario import Play
from forebay.emulator.scenario_file import Scenario, read_scenario
from forebay.emulator.scenario_time import read_moment, read_span_s
from forebay.wire.system import GridState

Serve = Callable[..., Awaitable[Any]]
NOON = "2026-06-21T12:00:00"
"""A local time at the home."""


def scenario(text: str) -> Scenario:
    return read_scenario(text.encode(), "play.toml")


def home(text: str, start: str = NOON, seed: int = 1) -> Device:
    return build_device(
        Home(), start=datetime.fromisoformat(start), speed=0, seed=seed, firmware="21.44", scenarios=[scenario(text)]
    )


def go(device: Device, **span: float) -> Device:
    device.clock.jump(timedelta(**span).total_seconds())
    device.catch_up()
    return device


OUTAGE = '[[events]]\nat = "18:00"\nfor = "2h"\ngrid = { up = false }\n'


def test_an_outage_comes_at_its_hour_and_goes() -> None:
    """S056–S058."""
    device = home(OUTAGE)

    assert go(device, hours=5, minutes=59).grid_up
    assert not go(device, minutes=1).grid_up
    assert go(device, seconds=30).grid_state is GridState.ISLANDED
    assert not go(device, hours=1, minutes=58).grid_up
    assert go(device, minutes=3).grid_up


def test_a_jump_over_everything_lives_through_all_of_it() -> None:
    stepped, jumped = home(OUTAGE), home(OUTAGE)
    for _ in range(3):
        go(stepped, minutes=4 * 61)
    go(jumped, minutes=12 * 61)

    assert [str(at) for at in jumped.tie.outages_at] == ["2026-06-22 01:00:00+00:00"]
    assert jumped.tie.outages_at == stepped.tie.outages_at
    assert jumped.power.level == pytest.approx(stepped.power.level, abs=0.01)
    plain = go(home('[[events]]\nat = "+9d"\nlogout = {}\n'), minutes=12 * 61)
    assert abs(jumped.counters.site_exported - plain.counters.site_exported) > 1


def test_events_happen_in_order_within_one_jump() -> None:
    device = home(
        '[[events]]\nat = "+3h"\nsite = { name = "third" }\n'
        '[[events]]\nat = "+1h"\nsite = { name = "first" }\n'
        '[[events]]\nat = "+2h"\nsite = { name = "second" }\n'
    )
    seen: list[tuple[str, datetime]] = []
    rename = device.set_site_name

    def noted(name: str) -> None:
        seen.append((name, device.now))
        rename(name)

    device.set_site_name = noted  # type: ignore[method-assign]
    go(device, hours=10)

    start = datetime(2026, 6, 21, 19, tzinfo=UTC)
    assert seen == [(name, start + timedelta(hours=n)) for n, name in enumerate(("first", "second", "third"), 1)]


def test_what_had_ended_is_left_out_and_what_lasts_begins_at_once() -> None:
    device = home(
        "[[events]]\nat = 2026-06-21T06:00:00\nfor = '2h'\ngrid = { up = false }\n"
        "[[events]]\nat = 2026-06-21T11:00:00\nfor = '2h'\nload = { watts = 3210 }\n"
        "[[events]]\nat = 2026-06-21T10:00:00\nsite = { name = 'kept' }\n"
    )
    device.catch_up()

    assert device.grid_up
    assert device.tie.outages_at == []
    assert device.power.flows.load_w == pytest.approx(3210)
    assert device.site_name == "kept"
    assert go(device, minutes=61).world.overrides.load_w is None


def test_every_day_keeps_the_wall_clock_when_the_clocks_change() -> None:
    device = home(OUTAGE.replace("for =", 'every = "1d"\nfor ='), start="2026-10-30T12:00:00")
    go(device, days=4)

    zone = ZoneInfo("America/Los_Angeles")  # daylight saving ends on 1 November
    assert [at.astimezone(zone).strftime("%d %H:%M") for at in device.tie.outages_at] == [
        "30 18:00", "31 18:00", "01 18:00", "02 18:00"
    ]  # fmt: skip


def test_times_and_every_bound_how_often_it_happens() -> None:
    device = home('[[events]]\nat = "+10min"\nevery = "30min"\ntimes = 3\ncharge = { percent = 50 }\n')
    go(device, hours=20)
    assert device.area(Play).happened == 3


def test_a_long_repeated_event_starts_in_the_middle() -> None:
    device = home("[[events]]\nat = 2025-01-01T00:00:00\nevery = '1d'\nfor = '18h'\nload = { watts = 555 }\n")
    device.catch_up()
    assert device.world.overrides.load_w == 555
    assert go(device, hours=7).world.overrides.load_w is None
    assert go(device, hours=6).world.overrides.load_w == 555


def test_the_seed_draws_instants_spans_and_chances_and_the_same_again() -> None:
    text = (
        '[[events]]\nbetween = ["13:00", "15:00"]\nfor = ["10min", "50min"]\nevery = "1d"\nchance = 0.5\n'
        "grid = { up = false }\n"
    )
    lives = {seed: go(home(text, seed=seed), days=8).tie.outages_at for seed in range(6)}

    assert lives == {seed: go(home(text, seed=seed), days=8).tie.outages_at for seed in range(6)}
    assert len({tuple(life) for life in lives.values()}) == 6
    zone = ZoneInfo("America/Los_Angeles")
    every = [at.astimezone(zone) for life in lives.values() for at in life]
    assert all(13 <= at.hour < 15 for at in every)
    assert len(every) == pytest.approx(24, abs=12)


def test_a_between_may_cross_midnight() -> None:
    device = home('[[events]]\nbetween = ["23:00", "01:00"]\nsite = { name = "late" }\n')
    due = device.area(Play).next_due
    assert due is not None
    assert datetime(2026, 6, 22, 6, tzinfo=UTC) <= due < datetime(2026, 6, 22, 8, tzinfo=UTC)


def test_none_gives_a_thing_back_to_the_world() -> None:
    device = home('[[events]]\nat = "+1h"\nsolar = { watts = 0 }\n[[events]]\nat = "+2h"\nsolar = { watts = "none" }\n')
    assert go(device, minutes=90).world.overrides.solar_w == 0
    assert go(device, minutes=60).world.overrides.solar_w is None


def test_what_cannot_be_done_is_logged_with_its_line_and_the_rest_goes_on(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        device = home(OUTAGE)
        device.area(Play).add(
            read_scenario(b'[[events]]\nat = "+1h"\npack = { number = 9, enabled = false }\n', "play.toml")
        )
        go(device, hours=6, minutes=1)

    assert "play.toml:1: pack cannot be done" in caplog.text
    assert not device.grid_up


def test_a_clock_is_set_back_and_jumps_forward() -> None:
    device = build_device(
        Home(), start=datetime.fromisoformat(NOON), speed=0, firmware="21.44",
        scenarios=[find_scenario("scenario:clock-jump")],
    )  # fmt: skip
    start, solar_wh = device.clock.now(), device.counters.solar_exported

    go(device, minutes=11)
    assert device.clock.now() - start == timedelta(minutes=1)
    device.catch_up()
    assert device.now == device.clock.now()
    assert device.counters.solar_exported > solar_wh  # nothing is undone
    go(device, minutes=70)  # the clock has to come by ten minutes past again: that was done already
    assert device.clock.now() - start == timedelta(minutes=71 + 120)
    go(device, minutes=1)
    assert device.area(Play).happened == 2


def test_without_wifi_and_mobile_the_maker_is_out_of_reach() -> None:
    """S050."""
    device = build_device(
        Home(), start=datetime.fromisoformat(NOON), speed=0, firmware="21.44",
        scenarios=[find_scenario("scenario:network-lost")],
    )  # fmt: skip
    networks = device.area(NetworksState)

    reached = []
    for _ in range(7):
        reached.append(networks.reaches_maker)
        go(device, minutes=10)
    assert reached == [True, True, False, False, False, True, True]


async def test_changes_are_busy_for_a_minute(served: Serve) -> None:
    """E13."""
    device = build_device(
        Home(), start=datetime.fromisoformat(NOON), speed=0, firmware="1.40.2",
        scenarios=[find_scenario("scenario:busy")],
    )  # fmt: skip
    gateway = await served(device=device)
    device.stop(force=True)
    bearer = f"Authorization: Bearer {await gateway.token()}\r\n"

    statuses = []
    for advance_s in (0, 301, 60):
        device.clock.jump(advance_s)
        statuses.append((await gateway.ask("GET", "/api/sitemaster/run", bearer)).status)
    assert statuses == [202, 503, 202]


@pytest.mark.parametrize("name", SCENARIOS.names())
def test_every_scenario_of_the_package_is_lived_through(name: str, caplog: pytest.LogCaptureFixture) -> None:
    unserved = {"certificate", "address"}
    play = find_scenario(f"scenario:{name}")
    device = build_device(Home(), start=datetime.fromisoformat(NOON), speed=0, firmware="21.44", scenarios=[play])
    with caplog.at_level(logging.WARNING):
        go(device, days=2)

    assert play.about
    assert device.area(Play).happened > 0 or {event.verb.name for event in play.events} <= unserved
    assert all("nothing serves this home" in record.message for record in caplog.records)
    assert describe(device)["scenarios"]["played"] == [f"scenario:{name}"]


def test_a_home_upgrades_itself_at_an_hour_that_the_seed_draws() -> None:
    """S075."""
    play = find_scenario("scenario:self-upgrade")
    device = build_device(Home(), start=datetime.fromisoformat(NOON), speed=0, firmware="21.44", scenarios=[play])
    due = device.area(Play).next_due
    assert due is not None
    device.clock.jump((due - device.clock.now()).total_seconds() + 1200)
    for _ in range(3):
        go(device, hours=1)

    assert device.home.gateway.firmware == "23.44.3"


# -- served -------------------------------------------------------------------


async def test_a_stranger_s_certificate_is_shown_although_nobody_asked(served: Serve, make_device: MakeDevice) -> None:
    device = make_device("21.44")
    device.area(Play).add(find_scenario("scenario:wrong-certificate"))
    gateway = await served(device=device)
    kept = gateway.ready.fingerprint
    assert await shown(gateway.port) == kept

    device.clock.jump(61)  # nobody asks for anything but a handshake
    await until(lambda: device.area(Play).happened == 1)
    assert await shown(gateway.port) != kept
    await gateway.control("POST", "/time", {"advance_s": 1200})
    assert await shown(gateway.port) == kept


async def test_a_gateway_moves_and_comes_back(served: Serve, make_device: MakeDevice) -> None:
    device = make_device("21.44")
    device.area(Play).add(find_scenario("scenario:new-lease"))
    gateway = await served(device=device)

    moved = (await gateway.control("POST", "/time", {"advance_s": 61})).json
    with pytest.raises(ConnectionRefusedError):
        await gateway.ask("GET", "/api/status")
    back = (await gateway.control("POST", "/time", {"advance_s": 1800})).json

    assert moved["url"] == f"https://127.0.0.2:{gateway.port}"
    assert back["url"] == gateway.ready.url
    assert (await gateway.ask("GET", "/api/status")).status == 200


async def test_logins_are_locked_out_and_the_password_changes(served: Serve, make_device: MakeDevice) -> None:
    """A23."""
    device = make_device("21.44")
    device.area(Play).add(find_scenario("scenario:login-lockout"))
    gateway = await served(device=device)
    body = b'{"username":"customer","password":"%s"}' % device.password.encode()

    statuses = []
    for advance_s in (0, 61, 600, 1200):
        await gateway.control("POST", "/time", {"advance_s": advance_s})
        statuses.append((await gateway.ask("POST", "/api/login/Basic", body=body)).status)

    assert statuses == [200, 429, 200, 401]
    assert await gateway.token(password="changed")


async def test_the_same_seed_scenario_and_requests_give_the_same_bytes(served: Serve) -> None:
    lively = scenario(
        '[[events]]\nbetween = ["+0s", "+30min"]\nevery = "1h"\nfor = ["5min", "20min"]\n'
        'faults = { path = "*", status = 503 }\n'
        '[[events]]\nbetween = ["+0s", "+50min"]\nevery = "1h"\nchance = 0.7\ngrid = { up = false }\n'
        '[[events]]\nbetween = ["+10min", "+50min"]\nevery = "1h"\ngrid = { up = true }\n'
        '[[events]]\nat = "+5min"\nevery = "15min"\nfaults = { path = "*", cut_after = 30, times = 1 }\n'
    )

    async def hear(seed: int) -> list[tuple[int, bytes, str]]:
        device = build_device(
            Home(), start=datetime.fromisoformat(NOON), speed=0, seed=seed, firmware="1.40.2",
            scenarios=[lively, find_scenario("scenario:cloud-bank")],
        )  # fmt: skip
        gateway = await served(device=device)
        heard: list[tuple[int, bytes, str]] = []
        for _ in range(12):
            device.clock.jump(300)
            for path in ("/api/meters/aggregates", "/api/status", "/api/system_status/grid_faults"):
                answer = await gateway.ask("GET", path)
                heard.append((answer.status, answer.body, answer.header("date")))
        await gateway.close()
        return heard

    first = await hear(5)
    assert first == await hear(5)
    assert first != await hear(6)
    assert {status for status, _, _ in first} >= {200, 503}


async def until(true: Callable[[], bool]) -> None:
    """Wait at most five seconds for something to be true."""
    import asyncio

    async with asyncio.timeout(5):
        while not true():
            await asyncio.sleep(0.01)


# -- spans and moments --------------------------------------------------------


@given(st.integers(0, 9), st.integers(0, 23), st.integers(0, 59), st.integers(0, 59))
def test_a_span_is_the_sum_of_its_parts(days: int, hours: int, minutes: int, seconds: int) -> None:
    text = f"{days}d{hours}h{minutes}min{seconds}s"
    assert read_span_s(text) == timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds).total_seconds()


@given(st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 31)), st.times())  # noqa: DTZ001
def test_a_time_of_day_is_the_next_one(start: datetime, clock: Any) -> None:
    zone, begins = ZoneInfo("Europe/Berlin"), start.replace(tzinfo=UTC)
    clock = clock.replace(second=0, microsecond=0)
    found = read_moment(f"{clock:%H:%M}").after(begins, zone)

    assert timedelta() <= found - begins <= timedelta(hours=25)
    if found.astimezone(zone).hour not in (2, 3):  # an hour that a night skips is another
        assert found.astimezone(zone).time() == clock


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("+1d 18:00", "2026-06-23 01:00"),
        ("+90min", "2026-06-21 20:30"),
        ("2026-06-21T18:00", "2026-06-22 01:00"),
        ("2026-06-21T18:00:00Z", "2026-06-21 18:00"),
        ("12:00", "2026-06-21 19:00"),
        ("11:59:59", "2026-06-22 18:59"),
    ],
)
def test_a_moment_is_local_time_of_the_site(text: str, expected: str) -> None:
    start = datetime(2026, 6, 21, 19, tzinfo=UTC)
    found = read_moment(text).after(start, ZoneInfo("America/Los_Angeles"))
    assert found.strftime("%Y-%m-%d %H:%M") == expected


def test_a_scenario_in_a_file_names_the_file(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(OUTAGE)
    assert find_scenario(file).events[0].where == f"{file}:1"
