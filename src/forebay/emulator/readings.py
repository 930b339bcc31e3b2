"""What the meters show: the flows as each generation of meters would print them.

What a clamp shows is rounded as its meter does, a point is the sum of its
clamps, and the house is the sum of what is shown, so that the shown values
balance too. Sources: behaviour.md M05–M14, samples.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from math import hypot, sqrt
from struct import pack, unpack

import msgspec

from forebay.emulator.device import Device
from forebay.emulator.layouts import GATEWAY_PART, SYNCHROMETER
from forebay.emulator.metering_state import MeteringState
from forebay.emulator.power import Flows
from forebay.emulator.wiring import Input, View
from forebay.wire.gotime import print_instant

__all__ = ["GATEWAY_PART", "SYNCHROMETER", "ClampShown", "PackShown", "Readings", "Shown", "stamp", "take"]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_CELL_V = 50.0
_GENERATOR_VAR = 0.1
"""Reactive power of a generator over its power; a stand-in."""


class ClampShown(msgspec.Struct, frozen=True):
    """One clamp as shown: [W, VAR, V, A]."""

    power_w: float
    reactive_var: float
    voltage_v: float

    @property
    def current_a(self) -> float:
        """Current in the wire [A], without sign."""
        return hypot(self.power_w, self.reactive_var) / self.voltage_v if self.voltage_v else 0.0


class Shown(msgspec.Struct, frozen=True):
    """One point as shown: powers [W, VAR], counters [Wh], voltage [V], currents [A].

    phase_currents_a: of each phase in a house of three, else zeros.
    """

    stamp: str
    power_w: float
    reactive_var: float
    exported_wh: float
    imported_wh: float
    voltage_v: float
    frequency_hz: float
    current_a: float
    phase_currents_a: tuple[float, float, float] = (0.0, 0.0, 0.0)

    @property
    def apparent_va(self) -> float:
        """Apparent power, exactly hypot(P, Q) [VA] (M06)."""
        return hypot(self.power_w, self.reactive_var)


class PackShown(msgspec.Struct, frozen=True):
    """One Powerwall as shown: whole Wh, powers in whole W. phase: the one it is on, counted from 0."""

    energy_wh: int
    full_wh: int
    power_w: int
    reactive_var: int
    charged_wh: int
    discharged_wh: int
    voltage_v: float
    frequency_hz: float
    current_a: float
    enabled: bool
    phase: int


class Readings(msgspec.Struct, frozen=True):
    """Everything that is measured at one instant.

    phase_v: voltage of each outer conductor of the house to neutral [V], 0 in the dark; leg_v: their mean.
    grid_phase_v: that of the utility, where there is one.
    clamps: what each clamp of each meter shows, by serial number.
    """

    site: Shown
    battery: Shown
    load: Shown
    solar: Shown
    generator: Shown
    packs: tuple[PackShown, ...]
    clamps: Mapping[str, tuple[ClampShown, ...]]
    grid_frequency_hz: float
    leg_v: float
    phase_v: tuple[float, ...]
    grid_phase_v: tuple[float, ...]

    @property
    def active_packs(self) -> tuple[PackShown, ...]:
        """The Powerwalls that are not disabled."""
        return tuple(pack for pack in self.packs if pack.enabled)

    @property
    def charge_pct(self) -> float:
        """Charge on the gateway's scale [%]: remaining over full, of those not disabled (M10, M11)."""
        return _charge_pct((pack.energy_wh, pack.full_wh) for pack in self.active_packs)


class _Taken:
    """The latest readings of one device, and which state of it they show."""

    def __init__(self, device: Device) -> None:
        self.revision = device.revision
        self.readings = _read(device)


def take(device: Device) -> Readings:
    """Read all meters of a device that has been brought up to date; once for each of its states."""
    taken = device.area(_Taken)
    if taken.revision != device.revision:
        taken.revision, taken.readings = device.revision, _read(device)
    return taken.readings


def charge_pct(device: Device) -> float:
    """Return what `Readings.charge_pct` would, without reading the meters."""
    return _charge_pct((int(pack_.energy_wh), int(pack_.spec.full_wh)) for pack_ in device.power.active)


def _charge_pct(packs: Iterable[tuple[int, int]]) -> float:
    energy_wh = full_wh = 0
    for one_wh, one_full_wh in packs:
        energy_wh += one_wh
        full_wh += one_full_wh
    return 100 * energy_wh / full_wh if full_wh else 0.0


def _read(device: Device) -> Readings:
    world, at_s, flows, counters = device.world, device.now_s, device.power.flows, device.power.counters
    metering = device.area(MeteringState)
    metering.stay_current()
    view = metering.view
    phases = view.phases
    is_own = metering.kind != "neurio"
    grid_v, grid_hz = world.voltage_v(at_s), world.frequency_hz(at_s)
    line_v = 0.0 if device.power.dark else grid_v
    leg_v = line_v / phases.line
    phase_v = tuple(leg_v * share for share in phases.volts)
    house_hz = device.frequency_hz
    packs = tuple(_pack(device, index, line_v, house_hz) for index in range(len(device.power.packs)))
    working = [pack for pack in packs if pack.enabled]
    battery_w = float(sum(p.power_w for p in working))
    battery_var = float(sum(p.reactive_var for p in working))
    vars_ = _reactive(device, battery_var)
    clamps = _clamps(view, flows, vars_, phase_v, islanded=device.islanded)
    site_w, site_var = _sum(view, clamps, "site")
    generator_w, generator_var = _sum(view, clamps, "generator")
    if metering.inverter_counts:
        solar_w, solar_var = float(round(flows.solar_w)), float(round(vars_.solar_w))
    else:
        solar_w, solar_var = _sum(view, clamps, "solar")
    load_w = max(0.0, site_w + battery_w + solar_w + generator_w)
    load_var = site_var + solar_var + battery_var + generator_var
    shown_v = leg_v * sqrt(3) if is_own else _single(line_v)
    meter_hz = 0.0 if is_own else _single(round(house_hz, 2))
    charged, discharged = sum(p.charged_wh for p in packs), sum(p.discharged_wh for p in packs)
    grid_stamp = stamp(device, 0.14, 1)
    load_wh = (
        counters.site_imported
        - counters.site_exported
        + counters.solar_exported
        - counters.solar_imported
        + counters.generator_exported
        - counters.generator_imported
        + discharged
        - charged
    )

    def amps(load: float, source: float) -> tuple[float, float, float]:
        """Return the current on each of three phases of a flow that is part use, part source [W]."""
        if phases.count < 3 or not line_v:
            return (0.0, 0.0, 0.0)
        a, b, c = (
            abs(load * use - source * give) / volts
            for use, give, volts in zip(phases.load, phases.source, phase_v, strict=True)
        )
        return (a, b, c)

    sources_w = battery_w + solar_w + generator_w
    solar_v = phase_v[0] * sqrt(3) if phases.count < 3 else shown_v
    return Readings(
        site=Shown(
            grid_stamp,
            site_w,
            site_var,
            counters.site_exported,
            counters.site_imported,
            shown_v,
            meter_hz,
            0.0,
            (0.0, 0.0, 0.0) if device.islanded else amps(load_w, sources_w),
        ),
        battery=Shown(
            stamp(device, 0.08, 2),
            battery_w,
            battery_var,
            float(discharged),
            float(charged),
            working[0].voltage_v if working else 0.0,
            working[0].frequency_hz if working else 0.0,
            0.0 if is_own else round(abs(battery_w) / _CELL_V, 1),
            amps(0.0, battery_w),
        ),
        load=Shown(
            grid_stamp,
            load_w,
            load_var,
            0.0,
            max(0.0, load_wh),
            shown_v,
            meter_hz,
            load_w / shown_v if shown_v else 0.0,
            amps(load_w, 0.0),
        ),
        solar=Shown(
            stamp(device, 0.08, 3),
            solar_w,
            solar_var,
            counters.solar_exported,
            counters.solar_imported,
            line_v if metering.inverter_counts else solar_v if is_own else shown_v,
            house_hz if metering.inverter_counts else meter_hz,
            0.0,
            amps(0.0, solar_w),
        ),
        generator=Shown(
            stamp(device, 0.08, 4),
            generator_w,
            generator_var,
            counters.generator_exported,
            counters.generator_imported,
            shown_v,
            meter_hz,
            0.0,
            amps(0.0, generator_w),
        ),
        packs=packs,
        clamps=clamps,
        grid_frequency_hz=grid_hz,
        leg_v=leg_v,
        phase_v=phase_v,
        grid_phase_v=tuple(grid_v / phases.line * share for share in phases.volts),
    )


def _reactive(device: Device, battery_var: float) -> Flows:
    """Return reactive powers in the places of the real ones [VAR]."""
    flows = device.power.flows
    return Flows(
        battery_w=battery_var,
        load_w=device.world.load_reactive_var(device.now_s, flows.load_w) if flows.load_w else 0.0,
        solar_w=(-0.012 * flows.solar_w - 8 if flows.solar_w > 20 else -3.0) if device.home.solar else 0.0,
        generator_w=_GENERATOR_VAR * flows.generator_w,
    )


def _clamps(
    view: View, flows: Flows, vars_: Flows, phase_v: tuple[float, ...], *, islanded: bool
) -> dict[str, tuple[ClampShown, ...]]:
    """Return what each clamp of each meter shows; nothing flows to the grid from an island."""
    phases = view.phases
    flowing = [
        {
            "site": [0.0] * phases.count if islanded else phases.conductors(of),
            "solar": [of.solar_w] * phases.count,
            "generator": [of.generator_w] * phases.count,
        }
        for of in (flows, vars_)
    ]
    volts = [round(volt, 2) for volt in phase_v]
    return {
        serial: tuple([_clamp(one, flowing, 0.0 if one.volts_of is None else volts[one.volts_of]) for one in inputs])
        for serial, inputs in view.inputs.items()
    }


def _clamp(one: Input, flowing: list[dict[str, list[float]]], volts: float) -> ClampShown:
    if not one.gain:
        return ClampShown(0.0, 0.0, volts)
    power_w = flowing[0][one.circuit][one.phase] * one.gain
    reactive_var = flowing[1][one.circuit][one.phase] * one.gain
    if one.is_fine:
        return ClampShown(_single(round(power_w, 2)), _single(round(reactive_var, 2)), volts)
    return ClampShown(float(round(power_w)), float(round(reactive_var)), volts)


def _sum(view: View, clamps: Mapping[str, tuple[ClampShown, ...]], kind: str) -> tuple[float, float]:
    """Return what the clamps that measure one thing show together [W, VAR]."""
    power_w = reactive_var = 0.0
    for serial, number, scale in view.points.get(kind, ()):
        clamp = clamps[serial][number]
        power_w += clamp.power_w * scale
        reactive_var += clamp.reactive_var * scale
    return power_w, reactive_var


def _pack(device: Device, index: int, line_v: float, house_hz: float) -> PackShown:
    pack_ = device.power.packs[index]
    power_w = round(pack_.power_w)
    wobble = device.world.wobble(device.now_s, 20 + index)
    enabled = index not in device.power.disabled
    phases = device.area(MeteringState).view.phases
    return PackShown(
        energy_wh=int(pack_.energy_wh),
        full_wh=int(pack_.spec.full_wh),
        power_w=power_w,
        reactive_var=10 * round(1.5 + wobble) if device.running and enabled else 0,
        charged_wh=int(pack_.charged_wh),
        discharged_wh=int(pack_.discharged_wh),
        voltage_v=round((line_v + 1.5 + 0.2 * wobble) * 10) * 0.1 if line_v else 0.0,
        frequency_hz=round((house_hz + 0.004 * wobble) * 1000) * 0.001 if house_hz else 0.0,
        current_a=round(-power_w / _CELL_V, 1),
        enabled=enabled,
        phase=index % phases.count if phases.count == 3 else 0,
    )


def _single(value: float) -> float:
    """Round to a 32-bit number, as meters do (F08)."""
    return float(unpack("f", pack("f", value))[0])


def stamp(device: Device, lag_s: float, channel: int) -> str:
    """Return the time of a reading, to the nanosecond: a little before the present instant, never before the start."""
    jitter = (device.world.wobble(device.now_s, channel) + 1) / 2
    nanoseconds = int((lag_s + 0.04 * jitter) * 1e9)
    total = max(int(device.now_s * 1e9) - nanoseconds, int(device.started_s * 1e9))
    whole, rest = divmod(total, 1000)
    return print_instant(_EPOCH + timedelta(microseconds=whole), device.home.zone, rest)
