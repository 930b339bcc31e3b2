"""Houses of every phase and every kind of meter: what is shown agrees everywhere."""

from __future__ import annotations

from math import sqrt
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.emulator.houses import FIRMWARES, KINDS, PHASE_KINDS, Kind, PhaseKind, agree, ask, flow, made

from forebay.emulator.refusal import Refused
from forebay.emulator.wiring import PHASES
from forebay.wire import catalogue
from forebay.wire.metering import Enabled, MeterIdentity
from forebay.wire.model import UNSET

every_kind = pytest.mark.parametrize("kind", KINDS)
every_phase = pytest.mark.parametrize("phases", PHASE_KINDS)


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
