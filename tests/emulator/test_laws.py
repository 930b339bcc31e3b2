"""The laws of the emulated house, whatever the weather, the seed and the hand at the controls."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from math import hypot, sqrt

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.conftest import FIRMWARES, MakeDevice

from forebay.clock import ScaledClock
from forebay.emulator import readings
from forebay.emulator.device import Device
from forebay.emulator.home import Home, PackTable
from forebay.emulator.levers import Setting
from forebay.emulator.world import World
from forebay.physics.pack import Pack, PackSpec
from forebay.wire.percent import WirePercent
from forebay.wire.site import OperationMode
from forebay.wire.system import GridState


def build(firmware: str, seed: int, hour: int, home: Home | None = None) -> Device:
    home = home or Home()
    home = msgspec.structs.replace(home, gateway=msgspec.structs.replace(home.gateway, firmware=firmware))
    clock = ScaledClock(datetime(2026, 3, 20, hour, 7, 11, tzinfo=UTC), 0)
    return Device(home, clock, World(home, seed), seed=seed)


def wait(device: Device, amount: float) -> None:
    device.clock.jump(0.5 + amount * 200)
    device.catch_up()


def set_mode(device: Device, amount: float) -> None:
    mode = [OperationMode.BACKUP, OperationMode.SELF_CONSUMPTION, OperationMode.TIME_OF_USE][int(amount * 2.99)]
    device.stage(Setting(mode, WirePercent(100 * amount), None if amount < 0.5 else 4 * (1 - amount)))
    device.commit()


def switch_powerwalls(device: Device, amount: float) -> None:
    device.sitemaster.powerwalls_on = amount > 0.3
    device.settle()


ACTS: dict[str, Callable[[Device, float], None]] = {
    "wait": wait,
    "grid": lambda device, _: device.set_grid(not device.grid_up),
    "clouds": lambda device, amount: device.set_clouds(amount),
    "load": lambda device, amount: device.set_load_w(None if amount < 0.1 else amount * 14_000),
    "solar": lambda device, amount: device.set_solar_w(None if amount < 0.1 else amount * 9_000),
    "charge": lambda device, amount: device.set_charge_pct(100 * amount),
    "mode": set_mode,
    "stop": lambda device, _: device.stop(force=True),
    "run": lambda device, _: device.run(),
    "leave": lambda device, _: device.leave_grid(),
    "rejoin": lambda device, _: device.rejoin_grid(),
    "without a grid": lambda device, amount: device.set_site_without_grid(amount > 0.5),
    "switch": switch_powerwalls,
    "commission": lambda device, _: device.sitemaster.run(commissioning=True),
    "pack": lambda device, amount: device.set_pack_enabled(int(amount * 1.99), enabled=amount > 0.3),
}
"""What may happen to a house, each with an amount from 0 to 1."""


STEPS = st.lists(
    st.tuples(
        st.sampled_from([*ACTS]),
        st.floats(0, 1),
    ),
    min_size=1,
    max_size=10,
)


def act(device: Device, verb: str, amount: float) -> None:
    ACTS[verb](device, amount)


def check(device: Device) -> None:
    now = readings.take(device)
    assert abs(now.site.power_w + now.battery.power_w + now.solar.power_w - now.load.power_w) <= 1
    assert now.load.power_w >= 0
    assert now.solar.power_w >= -100
    for point in (now.site, now.battery, now.load, now.solar):
        assert point.apparent_va == hypot(point.power_w, point.reactive_var)
        assert point.exported_wh >= 0
        assert point.imported_wh >= 0
    assert now.load.imported_wh == pytest.approx(
        now.site.imported_wh
        - now.site.exported_wh
        + now.solar.exported_wh
        - now.solar.imported_wh
        + now.battery.exported_wh
        - now.battery.imported_wh,
        rel=1e-12,
    )
    assert now.load.current_a == (now.load.power_w / now.load.voltage_v if now.load.voltage_v else 0)
    working = [p for p in now.packs if p.enabled]
    if working:  # M11
        assert now.charge_pct == 100 * sum(p.energy_wh for p in working) / sum(p.full_wh for p in working)
    for pack in device.power.packs:
        assert 0 <= pack.energy_wh <= pack.spec.full_wh
        assert abs(pack.power_w) <= pack.spec.power_w
    if device.islanded:
        assert now.site.power_w == 0


@settings(max_examples=30, deadline=None)
@given(st.sampled_from(FIRMWARES), st.integers(0, 10_000), st.integers(0, 23), STEPS)
def test_the_laws_hold_at_every_instant(firmware: str, seed: int, hour: int, steps: list[tuple[str, float]]) -> None:
    """S034, S037, S038."""
    device = build(firmware, seed, hour)
    check(device)
    for verb, amount in steps:
        act(device, verb, amount)
        check(device)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000), st.integers(0, 23), STEPS)
def test_counters_are_the_integrals_of_the_powers(seed: int, hour: int, steps: list[tuple[str, float]]) -> None:
    device = build("21.44", seed, hour)
    for verb, amount in steps:
        if verb != "charge":  # energy put in by hand is no power
            act(device, verb, amount)
    before, state = readings.take(device), device.grid_state
    lived = dict.fromkeys(("site_in", "site_out", "solar_out", "charged", "discharged"), 0.0)
    for _ in range(240):
        device.clock.jump(0.5)
        device.catch_up()
        if device.grid_state is not state:  # the powers changed within this half second: begin anew
            before, state = readings.take(device), device.grid_state
            lived = dict.fromkeys(lived, 0.0)
            continue
        flows = device.power.flows
        powers = [pack.power_w for pack in device.power.packs]
        lived["site_in"] += max(0.0, flows.site_w) / 7200
        lived["site_out"] += max(0.0, -flows.site_w) / 7200
        lived["solar_out"] += max(0.0, flows.solar_w) / 7200
        lived["charged"] += sum(max(0.0, -power_w) for power_w in powers) / 7200
        lived["discharged"] += sum(max(0.0, power_w) for power_w in powers) / 7200
    after = readings.take(device)

    assert after.site.imported_wh - before.site.imported_wh == pytest.approx(lived["site_in"], abs=1e-3)
    assert after.site.exported_wh - before.site.exported_wh == pytest.approx(lived["site_out"], abs=1e-3)
    assert after.solar.exported_wh - before.solar.exported_wh == pytest.approx(lived["solar_out"], abs=1e-3)
    assert after.battery.imported_wh - before.battery.imported_wh == pytest.approx(lived["charged"], abs=2.01)
    assert after.battery.exported_wh - before.battery.exported_wh == pytest.approx(lived["discharged"], abs=2.01)


@given(
    st.lists(st.tuples(st.floats(-9_000, 9_000), st.floats(0.5, 3_600)), max_size=40),
    st.floats(0, 1),
    st.floats(0, 0.9),
)
def test_charge_follows_the_counters(steps: list[tuple[float, float]], start: float, floor: float) -> None:
    spec = PackSpec(idle_w=0.0)
    pack = Pack(spec, spec.full_wh * start)
    for wanted_w, seconds in steps:
        before_wh = pack.energy_wh
        achieved_w = pack.step(wanted_w, floor * spec.full_wh, seconds)
        assert achieved_w == 0 or (achieved_w > 0) == (wanted_w > 0)
        assert abs(achieved_w) <= min(abs(wanted_w), spec.power_w) + 1e-9
        assert pack.energy_wh >= min(before_wh, floor * spec.full_wh) - 1e-6

    expected = spec.full_wh * start + pack.charged_wh * spec.efficiency_in - pack.discharged_wh / spec.efficiency_out
    assert pack.energy_wh == pytest.approx(expected, abs=1e-6)


def test_an_idle_pack_sinks_by_its_idle_draw() -> None:
    pack = Pack(PackSpec(idle_w=25.0), 10_000.0)
    pack.step(0.0, 10_000.0, 3600)

    assert pack.energy_wh == pytest.approx(9_975.0)


def test_charging_slows_near_full() -> None:
    spec = PackSpec()

    assert spec.charge_limit_w(0.9 * spec.full_wh) == spec.power_w
    assert spec.charge_limit_w(0.99 * spec.full_wh) < 0.3 * spec.power_w
    assert spec.charge_limit_w(spec.full_wh) == 0


def test_who_asks_and_how_often_changes_nothing(make_device: MakeDevice) -> None:
    often, seldom = make_device(seed=7), make_device(seed=7)
    for _ in range(1800):
        often.clock.jump(1)
        often.catch_up()
    seldom.clock.jump(1800)
    seldom.catch_up()

    assert readings.take(often) == readings.take(seldom)


def test_the_same_seed_lives_the_same_life_and_another_does_not(make_device: MakeDevice) -> None:
    lives = []
    for seed in (3, 3, 4):
        device = make_device(seed=seed)
        device.clock.jump(3_000)
        device.catch_up()
        lives.append(readings.take(device))

    assert lives[0] == lives[1] != lives[2]


def test_ten_days_of_silence_conserve_energy(make_device: MakeDevice) -> None:
    device = make_device()
    before = readings.take(device)
    device.clock.jump(864_000)
    device.catch_up()
    after = readings.take(device)
    wanted = sum(device.world.load_w(device.now_s - 864_000 + m * 60, 60) for m in range(14_400)) / 60

    assert after.load.imported_wh - before.load.imported_wh == pytest.approx(wanted, rel=2e-3)
    check(device)


def test_an_outage_islands_the_house_and_its_end_brings_it_back(make_device: MakeDevice) -> None:
    """S055–S058."""
    device = make_device()
    seen = [device.grid_state]
    device.set_grid(False)
    for seconds in (0, 1, 30):
        device.clock.jump(seconds)
        device.catch_up()
        seen.append(device.grid_state)
    device.set_grid(True)
    for seconds in (0, 59, 2):
        device.clock.jump(seconds)
        device.catch_up()
        seen.append(device.grid_state)

    assert seen == [
        GridState.CONNECTED,
        GridState.TO_ISLAND,
        GridState.ISLANDED,
        GridState.ISLANDED,
        GridState.TO_GRID,
        GridState.TO_GRID,
        GridState.CONNECTED,
    ]


def test_a_full_island_holds_the_sun_back(make_device: MakeDevice) -> None:
    device = make_device()
    device.set_charge_pct(100)
    device.set_solar_w(6_000)
    device.set_load_w(800)
    device.set_grid(False)
    device.clock.jump(60)
    device.catch_up()
    now = readings.take(device)

    assert now.load.power_w == pytest.approx(800, abs=1)
    assert now.solar.power_w < 900


def test_an_empty_island_goes_dark_and_invents_nothing(make_device: MakeDevice) -> None:
    device = make_device(start="2026-06-22T07:00:00")
    device.set_charge_pct(0)
    device.set_grid(False)
    device.clock.jump(600)
    device.catch_up()
    now = readings.take(device)

    assert (now.site.power_w, now.battery.power_w, now.load.power_w, now.solar.power_w) == (0, 0, 0, 0)


def test_a_stopped_system_neither_charges_nor_discharges(make_device: MakeDevice) -> None:
    """S093."""
    device = make_device()
    device.stop(force=True)
    before = readings.take(device)
    device.clock.jump(3_000)
    device.catch_up()
    after = readings.take(device)

    assert after.battery.power_w == 0
    assert after.battery.imported_wh == before.battery.imported_wh
    assert after.battery.exported_wh == before.battery.exported_wh


def test_backup_charges_to_full_and_holds(make_device: MakeDevice) -> None:
    device = make_device(start="2026-01-10T08:00:00")
    device.stage(Setting(OperationMode.BACKUP, WirePercent(24)))
    device.commit()
    device.clock.jump(8 * 3600)
    device.catch_up()

    assert readings.take(device).charge_pct > 99.5
    assert device.power.flows.battery_w <= 0


def test_the_reserve_is_kept_for_the_night(make_device: MakeDevice) -> None:
    home = msgspec.structs.replace(Home(), packs=(PackTable(charge_pct=30),))
    home = msgspec.structs.replace(home, grid=msgspec.structs.replace(home.grid, charging=False))
    device = make_device(start="2026-06-22T05:00:00", home=home)
    device.set_load_w(3_000)
    lowest = 100.0
    for _ in range(60):
        device.clock.jump(300)
        device.catch_up()
        lowest = min(lowest, readings.take(device).charge_pct)

    assert 22.5 < lowest < 24.5


@pytest.mark.parametrize("firmware", FIRMWARES)
def test_readings_are_never_from_the_future_and_time_goes_on(firmware: str, make_device: MakeDevice) -> None:
    from forebay.wire.gotime import instant

    device = make_device(firmware)
    last = instant(readings.take(device).site.stamp)
    for _ in range(50):
        device.clock.jump(0.5)
        device.catch_up()
        now = instant(readings.take(device).site.stamp)
        assert now is not None
        assert last is not None
        assert last < now <= device.clock.now()
        last = now


def test_the_synchrometer_shows_legs_times_root_three(make_device: MakeDevice) -> None:
    now = readings.take(make_device("21.44"))

    assert now.site.voltage_v == pytest.approx(now.leg_v * sqrt(3))


def test_one_instant_is_read_once_and_every_change_is_read_anew(make_device: MakeDevice) -> None:
    device = make_device()
    first = readings.take(device)
    again = readings.take(device)
    device.set_load_w(4_321)
    changed = readings.take(device)

    assert again is first
    assert changed.load.power_w == pytest.approx(4_321, abs=1)
