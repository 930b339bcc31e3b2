"""Clamps and meters that are changed change what is shown, counted and steered by."""

from __future__ import annotations

import pytest
from tests.conftest import MakeDevice
from tests.emulator.houses import KINDS, PHASE_KINDS, Kind, PhaseKind, agree, ask, flow, home, made, shown
from tests.emulator.test_laws import build

from forebay.emulator.device import Device
from forebay.emulator.refusal import Refused
from forebay.wire import catalogue
from forebay.wire.metering import ClampPhases, MeterIdentity, NamedMeter, NewClampGroup, NewMeter
from forebay.wire.model import UNSET
from forebay.wire.power import MeterType

every_kind = pytest.mark.parametrize("kind", KINDS)
every_phase = pytest.mark.parametrize("phases", PHASE_KINDS)


def serial(device: Device, kind: str) -> str:
    """The first meter that measures this."""
    return next(
        str(meter.serial)
        for meter in sorted(ask(device, catalogue.METERS), key=lambda meter: meter.serial)
        if kind in [group.type for group in meter.cts]
    )


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
