"""A long silence passes quickly, and as many short ones would have passed it."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from astral import Observer
from astral.sun import azimuth, elevation
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.conftest import MakeDevice

from forebay.emulator import readings
from forebay.emulator.control import ControlApp
from forebay.emulator.device import FINE_TICKS, Device
from forebay.emulator.home import Grid, Home, OperationTable, PackTable, Site
from forebay.emulator.injection import Injection
from forebay.emulator.levers import Order
from forebay.emulator.power import PowerSystem
from forebay.emulator.trace import read_trace
from forebay.emulator.world import World
from forebay.physics import sun
from forebay.physics.pack import Pack, PackSpec

YEAR_S = 365 * 86_400
WATTS = st.floats(0, 12_000)


@pytest.mark.parametrize("present", [True, False], ids=["at the grid", "alone"])
def test_a_year_is_lived_to_its_last_second_in_one_go(make_device: MakeDevice, present: bool) -> None:
    """How long it takes is measured by `make bench`."""
    home = msgspec.structs.replace(Home(), grid=Grid(present=present))
    device = make_device(start="2026-01-01T08:00:00", home=home)
    before = device.counters.solar_exported
    device.clock.jump(YEAR_S)
    device.catch_up()

    assert device.now == device.clock.now()
    assert device.counters.solar_exported - before > (5e6 if present else 1e6)


@settings(max_examples=40)
@given(
    st.lists(st.tuples(WATTS, WATTS), min_size=1, max_size=30),
    st.floats(0, 1),
    st.sampled_from([None, Order(), Order(reserve=0.3, refill_w=1_700), Order(serves=False, charge_w=3_300)]),
    st.booleans(),
)
def test_many_minutes_at_once_are_the_same_minutes_one_by_one(
    steps: list[tuple[float, float]], level: float, order: Order | None, alone: bool
) -> None:
    spec, small = PackSpec(), PackSpec(full_wh=9_000, power_w=3_000)
    once = PowerSystem([Pack(spec, level * spec.full_wh), Pack(small, 4_000)])
    singly = PowerSystem([Pack(spec, level * spec.full_wh), Pack(small, 4_000)])
    loads, suns = zip(*steps, strict=True)
    if alone:
        once.live_alone(loads, suns, 60, running=order is not None)
    else:
        once.live(loads, suns, 60, order)
    for load_w, sun_w in steps:
        if alone:
            singly.live_alone((load_w,), (sun_w,), 60, running=order is not None)
        else:
            singly.live((load_w,), (sun_w,), 60, order)

    assert once.flows == singly.flows
    assert [pack.energy_wh for pack in once.packs] == [pack.energy_wh for pack in singly.packs]
    assert vars_of(once.counters) == pytest.approx(vars_of(singly.counters))


def vars_of(counters: object) -> list[float]:
    return [getattr(counters, name) for name in type(counters).__slots__]  # type: ignore[attr-defined]


@pytest.mark.parametrize("overridden", [None, "clouds", "load", "solar"])
@pytest.mark.parametrize("roof", [True, False])
def test_minutes_of_the_world_are_those_it_tells_one_by_one(overridden: str | None, roof: bool) -> None:
    home = Home() if roof else msgspec.structs.replace(Home(), solar=())
    world = World(home, 5)
    world.overrides.cloud_cover = 0.7 if overridden == "clouds" else None
    world.overrides.load_w = 777.0 if overridden == "load" else None
    world.overrides.solar_w = 888.0 if overridden == "solar" else None
    assert_same_minutes(world, datetime(2026, 6, 1, 3, 1, tzinfo=UTC), 3 * 1440)


@pytest.mark.parametrize("begins", ["2026-01-01", "2026-01-01T00:00:30"])
def test_minutes_of_traces_follow_the_wall_clock_over_its_change(tmp_path: Path, begins: str) -> None:
    start = datetime.fromisoformat(begins)
    rows = [f"{start + timedelta(minutes=15 * n)},{(n * 37) % 900},{n % 96}" for n in range(96 * 3)]
    path = tmp_path / "trace.csv"
    path.write_text("timestamp,load_w,solar_w\n" + "\n".join(rows) + "\n")
    trace = read_trace(path, "load_w")
    world = World(Home(), 5, trace, trace)
    assert_same_minutes(world, datetime(2026, 3, 8, 4, 59, tzinfo=UTC), 1440)
    assert_same_minutes(world, datetime(2026, 11, 1, 3, 0, tzinfo=UTC), 1440)


def test_a_trace_shorter_than_a_minute_has_minutes_too(tmp_path: Path) -> None:
    path = tmp_path / "trace.csv"
    path.write_text("timestamp,load_w\n2026-01-01T00:00:00,100\n2026-01-01T00:00:07,300\n")
    world = World(Home(), 5, read_trace(path, "load_w"))
    assert_same_minutes(world, datetime(2026, 3, 8, 4, 59, tzinfo=UTC), 30)


def assert_same_minutes(world: World, start: datetime, minutes: int) -> None:
    at_s, left = start.timestamp(), minutes
    while left:
        loads, suns, count = world.minutes(at_s, left)
        assert 1 <= count <= left
        told = [(load_w, sun_w) for load_w, sun_w, _ in zip(loads, suns, range(count), strict=False)]
        assert len(told) == count
        for load_w, sun_w in told:
            assert load_w == pytest.approx(world.load_w(at_s, 60))
            assert sun_w == pytest.approx(world.solar_w(at_s, 60))
            at_s += 60
        left -= count


def test_a_day_in_pieces_of_two_hours_is_the_day_in_one_piece_but_for_its_last_hours(make_device: MakeDevice) -> None:
    """Decision 0042: what is crossed in minutes and what in half seconds differ by less than the meters show."""
    whole, pieces = make_device(seed=2), make_device(seed=2)
    whole.clock.jump(86_400)
    whole.catch_up()
    for _ in range(12):
        pieces.clock.jump(7_200)
        pieces.catch_up()

    for name in ("site_imported", "site_exported", "solar_exported"):
        one, other = getattr(whole.power.counters, name), getattr(pieces.power.counters, name)
        assert one == pytest.approx(other, abs=100)
    assert whole.power.energy_wh == pytest.approx(pieces.power.energy_wh, rel=5e-3)


def test_an_outage_within_a_year_is_met_at_its_own_instant(make_device: MakeDevice) -> None:
    device = make_device(start="2026-01-01T08:00:00")
    met: list[datetime] = []
    for days in (40.123, 200.5, 364.99):
        device.later(days * 86_400, lambda: met.append(device.now))
    start = device.now
    device.clock.jump(YEAR_S)
    device.catch_up()

    assert [round((when - start) / timedelta(seconds=0.5)) for when in met] == [
        round(days * 86_400 * 2) for days in (40.123, 200.5, 364.99)
    ]


def test_the_hours_of_the_autonomous_mode_are_kept_in_a_long_silence(make_device: MakeDevice) -> None:
    table = OperationTable(mode="autonomous", peak_hours=("17:00-20:00",), cheap_hours=("01:30-03:15",))
    home = msgspec.structs.replace(Home(), operation=table, packs=(PackTable(charge_pct=50),), solar=())
    quick, slow = make_device(home=home), make_device(home=home)
    for device in (quick, slow):
        device.set_load_w(1_000)
    before_wh = charged_wh(quick)
    hour_s = FINE_TICKS / 2
    quick.clock.jump(86_400)
    quick.catch_up()
    for _ in range(24):
        slow.clock.jump(hour_s)
        slow.catch_up()

    assert quick.power.energy_wh == pytest.approx(slow.power.energy_wh, rel=2e-3)
    assert charged_wh(quick) == pytest.approx(charged_wh(slow), abs=50)
    assert charged_wh(quick) - before_wh > 3_000


def charged_wh(device: Device) -> float:
    return device.power.packs[0].charged_wh


@given(st.floats(0, 2.3e9), st.floats(-66, 66), st.floats(-180, 180))
def test_the_sun_stands_where_astronomy_has_it(at_s: float, latitude: float, longitude: float) -> None:
    height, bearing = sun.position(at_s, latitude, longitude)
    when, observer = datetime.fromtimestamp(at_s, UTC), Observer(latitude, longitude, 0.0)

    assert height == pytest.approx(elevation(observer, when, with_refraction=False), abs=0.05)
    if height < 80:
        assert abs((bearing - azimuth(observer, when) + 180) % 360 - 180) < 0.3


def test_the_days_of_a_zone_that_moves_its_clock_have_their_length() -> None:
    home = msgspec.structs.replace(Home(), site=Site(timezone="Australia/Lord_Howe", latitude_deg=-31.5))
    world = World(home, 1)
    assert_same_minutes(world, datetime(2026, 4, 4, 10, 0, tzinfo=UTC), 2 * 1440)


def test_an_instant_shows_the_sun_and_the_load_of_its_half_second(make_device: MakeDevice) -> None:
    device = make_device()
    at_once = device.power.flows
    device.clock.jump(0.5)
    device.catch_up()

    assert at_once.solar_w > 1_000
    assert at_once.solar_w == pytest.approx(device.power.flows.solar_w, rel=1e-6)
    assert at_once.load_w == pytest.approx(device.power.flows.load_w, rel=0.05)


async def test_a_jump_of_a_year_lets_others_through(make_device: MakeDevice) -> None:
    device, silent = make_device(start="2026-01-01T08:00:00"), make_device(start="2026-01-01T08:00:00")
    control = ControlApp(device, Injection())
    body = b'{"advance_s": %d}' % YEAR_S
    sent: list[Any] = []

    async def receive() -> Any:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    headers = [(b"host", b"127.0.0.1"), (b"content-type", b"application/json")]
    scope = {"type": "http", "method": "POST", "path": "/time", "headers": headers}
    jump = asyncio.ensure_future(control(scope, receive, send))
    turns, seen = 0, set()
    while not jump.done():
        await asyncio.sleep(0)
        turns += 1
        device.catch_up()  # what a request does
        seen.add(device.now)
    await jump
    silent.clock.jump(YEAR_S)
    silent.catch_up()

    assert sent[0]["status"] == 200
    assert turns > 100
    assert len(seen) > 100
    assert device.now == device.clock.now() == silent.now
    assert readings.take(device) == readings.take(silent)


def test_a_journey_that_is_broken_off_is_finished_by_who_asks_next(make_device: MakeDevice) -> None:
    device = make_device()
    device.clock.jump(30 * 86_400)
    journey = device.travel()
    next(journey)
    reached = device.now
    device.catch_up()
    waited = device.now
    del journey
    device.catch_up()

    assert reached == waited < device.now == device.clock.now()
