"""The meters of a home: what is written is what is read next."""

from __future__ import annotations

from typing import Any

import pytest
from tests.conftest import MakeDevice

from forebay.emulator.device import Device
from forebay.emulator.metering_state import STEP_S
from forebay.emulator.refusal import Refused
from forebay.emulator.resources import RESOURCES
from forebay.wire import catalogue
from forebay.wire.endpoint import Endpoint
from forebay.wire.metering import ClampPhases, ClampRating, Enabled, MeterIdentity, NamedMeter, NewClampGroup, NewMeter
from forebay.wire.power import MeterType

NEW = NewMeter(
    type=MeterType.NEURIO_TCP, serial=" OBB0000000001 ", short_id="00001", location="load", ip_address="", mac=""
)


def ask(device: Device, row: Endpoint[Any, Any], body: Any = None, **parts: str) -> Any:
    return RESOURCES[row](device, body, parts)


def advance(device: Device, seconds: float) -> None:
    device.clock.jump(seconds)
    device.catch_up()


@pytest.fixture
def device(make_device: MakeDevice) -> Device:
    return make_device("21.44")


def x(device: Device) -> str:
    return f"{device.sync_serial}synchrometerX"


def y(device: Device) -> str:
    return f"{device.sync_serial}synchrometerY"


def test_a_synchrometer_reads_only_while_stopped(device: Device) -> None:
    """S173: an error and zeros while running, watts while stopped."""
    device.set_load_w(2000)
    device.set_solar_w(1000)
    running = ask(device, catalogue.METER_READINGS)
    device.stop(force=True)
    stopped = ask(device, catalogue.METER_READINGS)

    for reading in running.values():
        assert reading.error == "run sitemanager flag enabled, sitemanager process is running"
        assert all(clamp.v_V == clamp.p_W == 0 for clamp in reading.data.cts)
    assert stopped[x(device)].error == ""
    assert sum(clamp.p_W for clamp in stopped[x(device)].data.cts) == pytest.approx(1000, abs=2)
    assert stopped[y(device)].data.cts[2].p_W == pytest.approx(500, abs=1)  # one clamp on two legs


def test_a_neurio_counts_watt_seconds(make_device: MakeDevice) -> None:
    """S173: one watt-hour is 3600 of them."""
    device = make_device("1.40.2")
    site = ask(device, catalogue.METERS_SITE)[0].Cached_readings
    (reading,) = ask(device, catalogue.METER_READINGS).values()

    counted = sum(clamp.eImp_Ws for clamp in reading.data.cts[:2])
    assert counted == pytest.approx(site.energy_imported * 3600, rel=1e-6)


def test_meters_come_go_and_are_commissioned(device: Device) -> None:
    added = ask(device, catalogue.ADD_METER, NEW)
    assert not added.connected
    assert added.serial in [meter.serial for meter in ask(device, catalogue.METERS)]

    ask(
        device,
        catalogue.COMMISSION_METER,
        MeterIdentity(serial=added.serial, short_id="00002", mac="00-11"),
        serial=added.serial,
    )
    seen = []
    for _ in range(4):
        seen.append(str(ask(device, catalogue.METER_SETUP).status))
        advance(device, STEP_S)
    assert seen == ["add_meter", "sending_hec_credentials", "updating_meter", "success_meter"]
    (shown,) = [meter for meter in ask(device, catalogue.METERS) if meter.serial == added.serial]
    assert (shown.connected, shown.short_id, shown.mac) == (True, "00002", "00-11")

    named = NamedMeter(location="load", type=MeterType.NEURIO_TCP, ip_address="", serial=added.serial)
    ask(device, catalogue.REMOVE_METER, named)
    ask(device, catalogue.REMOVE_THIS_METER, serial=x(device))
    assert [meter.serial for meter in ask(device, catalogue.METERS)] == [y(device)]
    with pytest.raises(Refused, match="absent"):
        ask(device, catalogue.REMOVE_METER, named)


@pytest.mark.parametrize(("serial", "end"), [("{} ", "success_meter"), ("OBB9", "verify_meter_err")])
def test_a_meter_is_verified_whatever_the_blanks_around_its_serial(device: Device, serial: str, end: str) -> None:
    """S172."""
    gateway = ask(device, catalogue.METERS)[0].short_id
    name = serial.format(x(device))
    ask(device, catalogue.VERIFY_THIS_METER, MeterIdentity(serial=f" {name}", short_id=gateway), serial=name)
    assert str(ask(device, catalogue.METER_SETUP).status) == "verifying_meter"
    advance(device, STEP_S)
    told = ask(device, catalogue.METER_SETUP)

    assert (str(told.status), told.serial) == (end, name.strip())
    assert (told.errors is None) == (end == "success_meter")


def test_clamps_are_set_inverted_and_forgotten(device: Device) -> None:
    group = NewClampGroup(type="load", real_power_scale_factor=1, valid=[False, True, False, False])
    ask(device, catalogue.SET_CLAMPS, group, serial=x(device))
    site, load = ask(device, catalogue.CLAMPS, serial=x(device))
    assert (site.type, site.valid, load.type) == ("site", [True, False, False, False], "load")

    device.stop(force=True)
    before = ask(device, catalogue.METER_READINGS)[x(device)].data.cts[0].p_W
    ask(device, catalogue.INVERT_CLAMPS, [True, False, False, False], serial=x(device))
    after = ask(device, catalogue.METER_READINGS)[x(device)].data.cts[0].p_W
    assert ask(device, catalogue.CLAMPS, serial=x(device))[0].inverted[0]
    assert after == -before != 0

    ask(device, catalogue.REMOVE_CLAMPS, serial=x(device))
    assert ask(device, catalogue.CLAMPS, serial=x(device)) == []


def test_only_a_neurio_has_clamps_of_a_kind(device: Device) -> None:
    ask(device, catalogue.ADD_METER, NEW)
    kinds = ClampRating(amp_ct_type=["800A", "200A", "Smart", "Missing"])
    ask(device, catalogue.SET_CLAMP_RATING, kinds, serial="OBB0000000001")

    assert ask(device, catalogue.CLAMP_RATING, serial="OBB0000000001") == kinds
    with pytest.raises(Refused, match="not_neurio"):
        ask(device, catalogue.SET_CLAMP_RATING, kinds, serial=x(device))


def test_the_phases_of_the_clamps_show_in_the_meters_too(device: Device) -> None:
    wish = ClampPhases(ct1="Phase1", ct2="Phase2", ct3="Phase2")
    assert ask(device, catalogue.SET_CLAMP_PHASES, wish) == wish

    assert ask(device, catalogue.CLAMP_PHASES) == wish
    assert ask(device, catalogue.METERS_SITE)[0].ct_voltage_references.ct3 == "Phase2"


def test_the_inverters_own_meter_is_used_or_not(device: Device) -> None:
    ask(device, catalogue.SET_INVERTER_METER, Enabled(enabled=True))

    assert ask(device, catalogue.INVERTER_METER).enabled


def test_looking_for_meters_is_told_while_it_lasts(device: Device) -> None:
    assert len(ask(device, catalogue.DETECT_METERS)) == 2
    assert str(ask(device, catalogue.METER_SETUP).status) == "detect_modbus"
    advance(device, STEP_S)

    assert str(ask(device, catalogue.METER_SETUP).status) == ""


@pytest.mark.parametrize(
    ("row", "body"),
    [
        (catalogue.SET_CLAMP_PHASES, ClampPhases(ct1="Phase2", ct2="Phase2", ct3="Phase1")),
        (catalogue.INVERT_CLAMPS, [True]),
        (catalogue.SET_CLAMPS, NewClampGroup(type="moon", real_power_scale_factor=1, valid=[True] * 4)),
        (catalogue.SET_CLAMPS, NewClampGroup(type="site", real_power_scale_factor=1, valid=[True])),
    ],
)
def test_a_body_that_makes_no_sense_is_refused_and_changes_nothing(
    device: Device, row: Endpoint[Any, Any], body: Any
) -> None:
    before = ask(device, catalogue.METERS), ask(device, catalogue.CLAMP_PHASES)
    with pytest.raises(Refused, match="bad_value"):
        ask(device, row, body, serial=x(device))

    assert (ask(device, catalogue.METERS), ask(device, catalogue.CLAMP_PHASES)) == before
