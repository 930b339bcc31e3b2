"""Houses of every phase and every kind of meter, for tests; and what must agree in each."""

from __future__ import annotations

from math import hypot
from typing import Any, Literal, get_args

import pytest
from tests.emulator.test_laws import build

from forebay.emulator.device import Device
from forebay.emulator.home import GeneratorTable, Grid, Home, MetersTable, PackTable
from forebay.emulator.resources import RESOURCES
from forebay.emulator.sight import CLEAR
from forebay.emulator.wiring import PHASES
from forebay.wire import catalogue
from forebay.wire.endpoint import Endpoint
from forebay.wire.model import UNSET

Kind = Literal["neurio", "synchrometer", "pvac"]
PhaseKind = Literal["split", "single", "three"]
KINDS: tuple[Kind, ...] = get_args(Kind)
PHASE_KINDS: tuple[PhaseKind, ...] = get_args(PhaseKind)
FIRMWARES = ("1.15", "1.40.2", "1.50", "20.49", "21.44", "22.36", "23.44")


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


def agree(device: Device) -> None:
    """Hold all that tells of power against each other."""
    told = ask(device, catalogue.AGGREGATES)
    phases = PHASES[device.home.phase_kind]
    points = [p for p in (told.site, told.battery, told.solar, told.generator) if p is not UNSET]
    given_w = sum(point.instant_power for point in points)  # whole watts of each may leave a house without use below 0
    assert max(0.0, given_w) == pytest.approx(told.load.instant_power, abs=1e-3)
    assert given_w > -5 or device.power.sight is not CLEAR
    assert told.load.instant_power >= 0
    assert told.load.instant_total_current == told.load.instant_power / told.load.instant_average_voltage
    for point in (*points, told.load):
        assert point.instant_apparent_power == hypot(point.instant_power, point.instant_reactive_power)
        currents = (point.i_a_current, point.i_b_current, point.i_c_current)
        assert (currents == (0, 0, 0)) or phases.count == 3
    for row, point in ((catalogue.METERS_SITE, told.site), (catalogue.METERS_SOLAR, told.solar)):
        details = ask(device, row)
        if details is None:
            own_inverter = row is catalogue.METERS_SOLAR and ask(device, catalogue.INVERTER_METER).enabled
            assert own_inverter or point is UNSET or point.num_meters_aggregated is UNSET
            continue
        read = [meter.Cached_readings for meter in details]
        assert sum(one.instant_power for one in read) == pytest.approx(point.instant_power, abs=1e-6)
        assert sum(one.instant_reactive_power for one in read) == pytest.approx(point.instant_reactive_power, abs=1e-6)
        for one in read if device.power.sight is CLEAR else ():
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


def shown(device: Device, point: str) -> float:
    """Return what a point of the aggregates shows [W]; 0 where it is not told."""
    meter = getattr(ask(device, catalogue.AGGREGATES), point)
    return 0.0 if meter is UNSET else float(meter.instant_power)
