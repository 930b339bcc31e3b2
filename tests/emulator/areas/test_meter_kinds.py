"""Houses of every phase and every kind of meter: what is shown agrees everywhere, and follows the clamps."""

from __future__ import annotations

from math import hypot, sqrt
from typing import Any, Literal, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.conftest import MakeDevice
from tests.emulator.test_laws import build

from forebay.emulator.device import Device
from forebay.emulator.home import GeneratorTable, Grid, Home, MetersTable, PackTable
from forebay.emulator.refusal import Refused
from forebay.emulator.resources import RESOURCES
from forebay.emulator.wiring import PHASES
from forebay.wire import catalogue
from forebay.wire.endpoint import Endpoint
from forebay.wire.metering import ClampPhases, Enabled, MeterIdentity, NamedMeter, NewClampGroup, NewMeter
from forebay.wire.model import UNSET
from forebay.wire.power import MeterType

Kind = Literal["neurio", "synchrometer", "pvac"]
PhaseKind = Literal["split", "single", "three"]
KINDS: tuple[Kind, ...] = get_args(Kind)
PHASE_KINDS: tuple[PhaseKind, ...] = get_args(PhaseKind)
FIRMWARES = ("1.40.2", "20.49", "21.44")


def home(kind: Kind, phases: PhaseKind, *, generator: bool = True, **meters: Any) -> Home:
    at_60_hz = phases == "split"
    return Home(
        packs=(PackTable(model="plus" if kind == "pvac" else "ac_v2"), PackTable(charge_pct=60)),
        meters=MetersTable(kind=kind, **meters),
        grid=Grid(phases=phases, voltage_v=240 if at_60_hz else 230, frequency_hz=60 if at_60_hz else 50),
        generator=GeneratorTable(power_w=5_000 if generator else 0, starts_below_pct=30),
    )


def made(kind: Kind, phases: PhaseKind, firmware: str = "21.44", **more: Any) -> Device:
    return build(firmware, 1, 19, home(kind, phases, **more))


def ask(device: Device, row: Endpoint[Any, Any], body: Any = None, **parts: str) -> Any:
    return RESOURCES[row](device, body, parts)


def flow(device: Device, load_w: float, solar_w: float) -> None:
    device.set_load_w(load_w)
    device.set_solar_w(solar_w)


every_kind = pytest.mark.parametrize("kind", KINDS)
every_phase = pytest.mark.parametrize("phases", PHASE_KINDS)


def agree(device: Device) -> None:
    """Hold all that tells of power against each other."""
    told = ask(device, catalogue.AGGREGATES)
    phases = PHASES[device.home.phase_kind]
    points = [p for p in (told.site, told.battery, told.solar, told.generator) if p is not UNSET]
    assert sum(point.instant_power for point in points) == pytest.approx(told.load.instant_power, abs=1e-3)
    assert told.load.instant_power >= 0
    assert told.load.instant_total_current == told.load.instant_power / told.load.instant_average_voltage
    for point in (*points, told.load):
        assert point.instant_apparent_power == hypot(point.instant_power, point.instant_reactive_power)
        currents = (point.i_a_current, point.i_b_current, point.i_c_current)
        assert (currents == (0, 0, 0)) or phases.count == 3
    for row, point in ((catalogue.METERS_SITE, told.site), (catalogue.METERS_SOLAR, told.solar)):
        details = ask(device, row)
        if details is None:
            assert row is catalogue.METERS_SOLAR
            continue
        read = [meter.Cached_readings for meter in details]
        assert sum(one.instant_power for one in read) == point.instant_power
        assert sum(one.instant_reactive_power for one in read) == pytest.approx(point.instant_reactive_power, abs=1e-6)
        for one in read:
            legs = [w for w in (one.real_power_a, one.real_power_b, one.real_power_c) if w is not UNSET]
            volts = [v for v in (one.v_l1n, one.v_l2n, one.v_l3n) if v is not UNSET]
            assert sum(legs) == pytest.approx(one.instant_power, abs=1e-9)
            assert len(legs) == len(volts) <= phases.count
            assert all(0.95 < v / (device.home.grid.voltage_v / phases.line) < 1.07 for v in volts)
    raw = {"energy_imported": "energy_exported", "energy_exported": "energy_imported"}
    if (details := ask(device, catalogue.METERS_SOLAR)) is not None:
        for name, other in raw.items():  # M13
            counted = sum(getattr(meter.Cached_readings, name) for meter in details)
            assert counted == getattr(told.solar, other)


@settings(max_examples=80)
@given(
    st.sampled_from(KINDS),
    st.sampled_from(PHASE_KINDS),
    st.sampled_from(FIRMWARES),
    st.floats(0, 20_000),
    st.floats(0, 9_000),
    st.floats(0, 100),
    st.booleans(),
)
def test_every_house_balances_whatever_measures_it(
    kind: Kind, phases: PhaseKind, firmware: str, load_w: float, solar_w: float, charge_pct: float, grid_up: bool
) -> None:
    """S033–S042, M05–M09, M13."""
    device = made(kind, phases, firmware)
    device.set_charge_pct(charge_pct)
    flow(device, load_w, solar_w)
    device.set_grid(grid_up)
    device.clock.jump(3)
    device.catch_up()
    agree(device)
    flows, told = device.power.flows, ask(device, catalogue.AGGREGATES)

    slack_w = 3 * PHASES[phases].count + 1  # whole watts at each clamp, some count twice
    assert told.site.instant_power == pytest.approx(flows.site_w, abs=slack_w)
    assert told.solar.instant_power == pytest.approx(flows.solar_w, abs=slack_w)
    assert told.generator.instant_power == pytest.approx(flows.generator_w, abs=slack_w)
    assert told.load.instant_power == pytest.approx(flows.load_w, abs=3 * slack_w)
    if not grid_up:
        assert told.site.instant_power == 0


@every_phase
def test_each_phase_has_its_own_wire_at_the_meter(phases: PhaseKind) -> None:
    device = made("synchrometer", phases)
    flow(device, 6_000, 0)
    device.stop(force=True)
    read = ask(device, catalogue.METERS_SITE)[0].Cached_readings
    legs = [read.real_power_a, read.real_power_b, read.real_power_c][: PHASES[phases].count]
    clamps = ask(device, catalogue.METER_READINGS)[f"{device.sync_serial}synchrometerX"].data.cts

    assert [clamp.p_W for clamp in clamps][: len(legs)] == legs
    assert all(
        watts == pytest.approx(6_000 * share, abs=1) for watts, share in zip(legs, PHASES[phases].load, strict=True)
    )
    assert clamps[3].ct == 0


def test_solar_and_battery_flow_between_the_legs_of_a_split_phase() -> None:
    """As captured: one leg draws while the other gives."""
    device = made("synchrometer", "split")
    flow(device, 3_000, 3_000)
    read = ask(device, catalogue.METERS_SITE)[0].Cached_readings

    assert read.real_power_a > 50
    assert read.real_power_b < -50


@every_phase
@every_kind
def test_the_voltage_is_that_of_the_grid(kind: Kind, phases: PhaseKind) -> None:
    device = made(kind, phases)
    volts = device.world.voltage_v(device.now_s)
    told = ask(device, catalogue.AGGREGATES)

    assert told.battery.instant_average_voltage == pytest.approx(volts, rel=0.02)
    shown = {"split": volts / 2, "single": volts, "three": volts}[phases] * sqrt(3)
    assert told.site.instant_average_voltage == pytest.approx(volts if kind == "neurio" else shown, rel=1e-6)


def test_three_phases_tell_three_currents() -> None:
    device = made("synchrometer", "three")
    flow(device, 9_000, 0)
    device.set_charge_pct(0)
    told = ask(device, catalogue.AGGREGATES)
    currents = (told.load.i_a_current, told.load.i_b_current, told.load.i_c_current)

    assert all(
        amps == pytest.approx(9_000 * share / 232, rel=0.03)
        for amps, share in zip(currents, PHASES["three"].load, strict=True)
    )


# -- kinds -----------------------------------------------------------------------


def test_each_kind_names_its_meters() -> None:
    """S144."""

    def types(kind: Kind, **more: Any) -> list[tuple[str, list[str]]]:
        return [
            (str(meter.type), [group.type for group in meter.cts])
            for meter in sorted(
                ask(made(kind, "split", generator=False, **more), catalogue.METERS), key=lambda m: m.serial
            )
        ]

    assert types("neurio") == [("neurio_tcp", ["solar", "site"])]
    assert types("neurio", neurio="w2_mb") == [("neurio_w2_mb", ["solar", "site"])]
    assert types("synchrometer") == [("synchrometerX", ["site"]), ("synchrometerY", ["site", "solar"])]
    assert types("pvac") == [("synchrometerX", ["site"]), ("synchrometerY", ["site"])]


def test_a_neurio_on_a_bus_has_no_address() -> None:
    device = made("neurio", "split", neurio="mb")
    (meter,) = ask(device, catalogue.METERS)
    (reading,) = ask(device, catalogue.METER_READINGS).values()

    assert (meter.ip_address, meter.mac, reading.data.IP) == (UNSET, UNSET, UNSET)
    assert reading.error == ""


@every_phase
def test_the_inverter_measures_the_sun_of_a_powerwall_with_panels(phases: PhaseKind) -> None:
    """E003: its time-out is a second; E005: no other meter tells of it."""
    device = made("pvac", phases)
    flow(device, 500, 4_000)
    told = ask(device, catalogue.AGGREGATES)

    assert (told.solar.instant_power, told.solar.timeout, told.site.timeout) == (4_000, 1_000_000_000, 1_500_000_000)
    assert ask(device, catalogue.METERS_SOLAR) is None
    assert ask(device, catalogue.INVERTER_METER).enabled
    ask(device, catalogue.SET_INVERTER_METER, Enabled(enabled=False))
    assert ask(device, catalogue.AGGREGATES).solar is UNSET
    ask(device, catalogue.SET_INVERTER_METER, Enabled(enabled=True))
    assert ask(device, catalogue.AGGREGATES).solar.instant_power == 4_000


@every_kind
def test_the_rating_of_clamps_is_told_by_a_neurio_alone(kind: Kind) -> None:
    """E08."""
    device = made(kind, "split")
    meter = ask(device, catalogue.METERS)[0]
    if kind == "neurio":
        assert ask(device, catalogue.CLAMP_RATING, serial=meter.serial).amp_ct_type == ["200A"] * 4
        return
    with pytest.raises(Refused, match="not_neurio") as caught:
        ask(device, catalogue.CLAMP_RATING, serial=meter.serial)
    assert caught.value.error == f"meter type must be Neurio ({meter.type})"


@every_kind
def test_only_a_neurio_is_read_while_the_system_runs(kind: Kind) -> None:
    """S05, S173."""
    device = made(kind, "split")
    running = {value.error for value in ask(device, catalogue.METER_READINGS).values()}
    device.stop(force=True)
    stopped = {value.error for value in ask(device, catalogue.METER_READINGS).values()}

    said = "run sitemanager flag enabled, sitemanager process is running"
    assert (running, stopped) == ({"" if kind == "neurio" else said}, {""})


@every_kind
@every_phase
def test_every_installed_meter_verifies(kind: Kind, phases: PhaseKind) -> None:
    """S172."""
    device = made(kind, phases)
    for meter in ask(device, catalogue.METERS):
        body = MeterIdentity(serial=f" {meter.serial}", short_id=meter.short_id)
        ask(device, catalogue.VERIFY_THIS_METER, body, serial=meter.serial)
        device.clock.jump(5)
        device.catch_up()
        assert str(ask(device, catalogue.METER_SETUP).status) == "success_meter"


# -- what is done to meters ------------------------------------------------------


def serial(device: Device, kind: str) -> str:
    """The first meter that measures this."""
    return next(
        meter.serial
        for meter in sorted(ask(device, catalogue.METERS), key=lambda meter: meter.serial)
        if kind in [group.type for group in meter.cts]
    )


def shown(device: Device, point: str) -> float:
    meter = getattr(ask(device, catalogue.AGGREGATES), point)
    return 0.0 if meter is UNSET else meter.instant_power


inversions = pytest.mark.parametrize("kind", ["neurio", "synchrometer"])


@inversions
@every_phase
def test_an_inverted_solar_clamp_flips_the_sun(kind: Kind, phases: PhaseKind) -> None:
    device = made(kind, phases)
    flow(device, 9_000, 3_000)
    before_w, name = shown(device, "solar"), serial(device, "solar")
    valid = next(g.valid for g in ask(device, catalogue.CLAMPS, serial=name) if g.type == "solar")
    ask(device, catalogue.INVERT_CLAMPS, valid, serial=name)
    after_w = shown(device, "solar")
    group = next(g for g in ask(device, catalogue.CLAMPS, serial=name) if g.type == "solar")

    assert before_w == pytest.approx(3_000, abs=3)
    assert after_w == -before_w
    assert group.inverted == group.valid
    counted = ask(device, catalogue.AGGREGATES).solar
    device.clock.jump(60)
    device.catch_up()
    later = ask(device, catalogue.AGGREGATES).solar
    assert later.energy_imported - counted.energy_imported == pytest.approx(50, abs=1)
    assert later.energy_exported == counted.energy_exported
    agree(device)


@inversions
@every_phase
def test_an_inverted_site_meter_flips_the_grid_and_the_battery_runs_away(kind: Kind, phases: PhaseKind) -> None:
    """The gateway pushes the wrong way, as hard as the packs can."""
    device = made(kind, phases)
    flow(device, 2_000, 0)
    device.stop(force=True)
    before_w = device.power.flows.site_w
    ask(device, catalogue.INVERT_CLAMPS, [True] * 4, serial=serial(device, "site"))
    assert shown(device, "site") == pytest.approx(-before_w, abs=4)

    device.run()
    device.clock.jump(1)
    device.catch_up()
    assert device.power.flows.battery_w == -10_000
    assert device.power.flows.site_w == pytest.approx(12_000)
    assert shown(device, "site") == pytest.approx(-12_000, abs=4)
    assert shown(device, "load") == 0  # never below


@inversions
def test_clamps_put_on_the_wrong_way_round_are_put_right_by_the_wizard(kind: Kind) -> None:
    device = build("21.44", 1, 19, home(kind, "split", inverted=("solar",)))
    flow(device, 9_000, 3_000)
    assert shown(device, "solar") == pytest.approx(-3_000, abs=3)

    name = serial(device, "solar")
    valid = next(g.valid for g in ask(device, catalogue.CLAMPS, serial=name) if g.type == "solar")
    ask(device, catalogue.INVERT_CLAMPS, valid, serial=name)
    assert shown(device, "solar") == pytest.approx(3_000, abs=3)


@inversions
@every_phase
def test_without_its_clamps_the_sun_is_gone_and_back_with_them(kind: Kind, phases: PhaseKind) -> None:
    device = made(kind, phases, generator=False)
    flow(device, 9_000, 3_000)
    name = serial(device, "solar")
    (group,) = [g for g in ask(device, catalogue.CLAMPS, serial=name) if g.type == "solar"]
    ask(device, catalogue.REMOVE_CLAMPS, serial=name)

    assert ask(device, catalogue.AGGREGATES).solar is UNSET
    assert ask(device, catalogue.METERS_SOLAR) is None
    scale = 1.0 if group.real_power_scale_factor is UNSET else group.real_power_scale_factor
    again = NewClampGroup(type="solar", real_power_scale_factor=scale, valid=group.valid)
    ask(device, catalogue.SET_CLAMPS, again, serial=name)
    assert shown(device, "solar") == pytest.approx(3_000, abs=3)


def test_a_release_that_tells_zeros_tells_them_of_a_sun_that_nothing_measures() -> None:
    """M05."""
    device = made("neurio", "split", "1.40.2", generator=False)
    flow(device, 1_000, 3_000)
    ask(device, catalogue.REMOVE_CLAMPS, serial=device.meter_serial)
    told = ask(device, catalogue.AGGREGATES)

    assert (told.solar.instant_power, told.site.instant_power) == (0, 0)
    assert told.solar.last_communication_time == told.generator.last_communication_time == "0001-01-01T00:00:00Z"


@every_kind
def test_without_meters_the_battery_rests_and_nothing_is_counted(kind: Kind) -> None:
    device = made(kind, "split", generator=False)
    flow(device, 3_000, 1_000)
    for meter in ask(device, catalogue.METERS):
        ask(device, catalogue.REMOVE_THIS_METER, serial=meter.serial)
    device.clock.jump(2)
    device.catch_up()
    before = ask(device, catalogue.AGGREGATES).site.energy_imported
    device.clock.jump(600)
    device.catch_up()

    assert device.power.flows.battery_w == 0
    assert device.power.flows.site_w == pytest.approx(2_000)
    assert ask(device, catalogue.AGGREGATES).site.energy_imported == before == 0
    assert ask(device, catalogue.METERS_SITE) is None


def test_a_meter_that_comes_back_lies_around_the_same_wires() -> None:
    device = made("synchrometer", "split", generator=False)
    flow(device, 9_000, 3_000)
    name = serial(device, "solar")
    groups = ask(device, catalogue.CLAMPS, serial=name)
    ask(
        device,
        catalogue.REMOVE_METER,
        NamedMeter(location="solar", type=MeterType.SYNCHROMETER_Y, ip_address="", serial=name),
    )
    assert ask(device, catalogue.AGGREGATES).solar is UNSET

    kind, short = MeterType.SYNCHROMETER_Y, "1"
    ask(
        device,
        catalogue.ADD_METER,
        NewMeter(type=kind, serial=name, short_id=short, location="solar", ip_address="", mac=""),
    )
    for group in groups:
        body = NewClampGroup(type=group.type, real_power_scale_factor=group.real_power_scale_factor, valid=group.valid)
        ask(device, catalogue.SET_CLAMPS, body, serial=name)
    ask(device, catalogue.COMMISSION_METER, MeterIdentity(serial=name, short_id=short), serial=name)
    device.clock.jump(10)
    device.catch_up()
    assert shown(device, "solar") == pytest.approx(3_000, abs=3)


def test_a_new_neurio_measures_the_sun_once_it_is_commissioned() -> None:
    device = made("synchrometer", "split", generator=False)
    flow(device, 9_000, 3_000)
    ask(device, catalogue.REMOVE_CLAMPS, serial=serial(device, "solar"))
    body = NewMeter(
        type=MeterType.NEURIO_W2_TCP, serial="OBB77", short_id="77", location="solar", ip_address="", mac=""
    )
    ask(device, catalogue.ADD_METER, body)
    wanted = NewClampGroup(type="solar", real_power_scale_factor=1, valid=[True, False, False, False])
    ask(device, catalogue.SET_CLAMPS, wanted, serial="OBB77")
    assert "no such host" in ask(device, catalogue.METER_READINGS)["OBB77"].error
    assert ask(device, catalogue.AGGREGATES).solar is UNSET

    ask(device, catalogue.COMMISSION_METER, MeterIdentity(serial="OBB77", short_id="77"), serial="OBB77")
    device.clock.jump(10)
    device.catch_up()
    assert ask(device, catalogue.METER_READINGS)["OBB77"].data.cts[0].p_W == pytest.approx(3_000, abs=1)
    assert shown(device, "solar") == pytest.approx(3_000, abs=1)


def test_a_clamp_said_to_be_on_the_other_leg_counts_the_other_way() -> None:
    """Legs of a split phase oppose each other."""
    device = made("synchrometer", "split")
    flow(device, 9_000, 3_000)
    before_w = shown(device, "solar")
    ask(device, catalogue.SET_CLAMP_PHASES, ClampPhases(ct1="Phase1", ct2="Phase2", ct3="Phase2"))
    assert shown(device, "solar") == -before_w

    ask(device, catalogue.SET_CLAMP_PHASES, ClampPhases(ct1="Phase1", ct2="Phase2", ct3="PhaseNone"))
    assert shown(device, "solar") == 0


def test_the_wizard_offers_the_phases_that_there_are() -> None:
    offered = {phases: ask(made("synchrometer", phases), catalogue.CLAMP_PHASE_OPTIONS) for phases in PHASE_KINDS}

    assert (offered["split"].ct2, offered["split"].ct3) == (["Phase2"], ["Phase1", "Phase2"])
    assert offered["single"].ct2 == offered["single"].ct3 == ["Phase1"]
    assert offered["three"].ct3 == ["Phase1", "Phase2", "Phase3"]
    with pytest.raises(Refused, match="bad_value"):
        ask(
            made("synchrometer", "single"),
            catalogue.SET_CLAMP_PHASES,
            ClampPhases(ct1="Phase1", ct2="Phase2", ct3="Phase1"),
        )


def test_an_update_lets_a_gateway_find_its_own_clamps(make_device: MakeDevice) -> None:
    device = make_device("1.40.2")
    assert [meter.serial for meter in ask(device, catalogue.METERS)] == [device.meter_serial]
    device.become("21.44")
    flow(device, 9_000, 3_000)

    assert len(ask(device, catalogue.METERS)) == 2
    assert shown(device, "solar") == pytest.approx(3_000, abs=3)


def test_a_described_kind_outlives_an_update() -> None:
    device = made("neurio", "split", "1.40.2")
    device.become("21.44")

    assert [str(meter.type) for meter in ask(device, catalogue.METERS)] == ["neurio_tcp"]


@every_kind
@every_phase
def test_the_generator_shows_where_it_flows(kind: Kind, phases: PhaseKind) -> None:
    """S042: zeros without one on 1.x; law: site + battery + solar + generator = load."""
    device = made(kind, phases)
    flow(device, 2_000, 300)
    device.set_charge_pct(10)
    device.set_grid(False)
    device.clock.jump(600)
    device.catch_up()
    told = ask(device, catalogue.AGGREGATES)
    agree(device)

    assert told.generator.instant_power == pytest.approx(1_700, abs=3)
    assert told.generator.energy_exported == pytest.approx(1_700 / 6, rel=0.02)
    device.set_grid(True)
    device.clock.jump(120)
    device.catch_up()
    assert ask(device, catalogue.AGGREGATES).generator.instant_power == 0


def test_a_house_without_a_generator_tells_zeros_or_nothing() -> None:
    old, new = (made("neurio", "split", firmware, generator=False) for firmware in ("1.40.2", "21.44"))

    assert ask(old, catalogue.AGGREGATES).generator.instant_power == 0
    assert ask(new, catalogue.AGGREGATES).generator is UNSET
