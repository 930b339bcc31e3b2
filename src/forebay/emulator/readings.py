"""What the meters show: the flows as each generation of meters would print them.

Powers are rounded as the meters do, and the house is the sum of what is shown,
so that the shown values balance too. Sources: behaviour.md M05–M14, samples.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import hypot, sqrt
from struct import pack, unpack

from forebay.emulator.device import Device
from forebay.wire.firmware import Timeline
from forebay.wire.gotime import print_instant

SYNCHROMETER = Timeline(("1.15", False), ("20.49", True))
"""Whether the gateway itself measures site and solar; else a Neurio meter does."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_CELL_V = 50.0

GATEWAY_PART = "1232100-00-E"
"""Part number of the gateway, which is also its synchrometers'."""


@dataclass(frozen=True, slots=True)
class Shown:
    """One point as shown: powers [W, VAR], counters [Wh], voltage [V], current [A]."""

    stamp: str
    power_w: float
    reactive_var: float
    exported_wh: float
    imported_wh: float
    voltage_v: float
    frequency_hz: float
    current_a: float

    @property
    def apparent_va(self) -> float:
        """Apparent power, exactly hypot(P, Q) [VA] (M06)."""
        return hypot(self.power_w, self.reactive_var)


@dataclass(frozen=True, slots=True)
class PackShown:
    """One Powerwall as shown: whole Wh, powers in whole W."""

    energy_wh: int
    full_wh: int
    power_w: int
    reactive_var: int
    charged_wh: int
    discharged_wh: int
    voltage_v: float
    frequency_hz: float
    current_a: float


@dataclass(frozen=True, slots=True)
class Readings:
    """Everything that is measured at one instant."""

    site: Shown
    battery: Shown
    load: Shown
    solar: Shown
    packs: tuple[PackShown, ...]
    grid_frequency_hz: float
    leg_v: float

    @property
    def charge_pct(self) -> float:
        """Charge on the gateway's scale [%]: remaining over full (M10)."""
        return 100 * sum(p.energy_wh for p in self.packs) / sum(p.full_wh for p in self.packs)


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


def _read(device: Device) -> Readings:
    world, at_s, flows, counters = device.world, device.now_s, device.power.flows, device.counters
    synchrometer = SYNCHROMETER.at(device.version)
    line_v = world.voltage_v(at_s)
    grid_hz = world.frequency_hz(at_s)
    leg_v = line_v / 2
    packs = tuple(_pack(device, index, line_v, grid_hz) for index in range(len(device.power.packs)))
    shown = _whole if synchrometer else _two_clamps
    site_w, solar_w = shown(flows.site_w), shown(flows.solar_w)
    battery_w = float(sum(p.power_w for p in packs))
    battery_var = float(sum(p.reactive_var for p in packs))
    load_w = max(0.0, site_w + battery_w + solar_w)
    solar_var = shown(-0.012 * flows.solar_w - 8 if flows.solar_w > 20 else -3.0)
    load_var = world.load_reactive_var(at_s, flows.load_w) if flows.load_w else 0.0
    site_var = 0.0 if device.islanded else shown(load_var - solar_var - battery_var)
    shown_v = leg_v * sqrt(3) if synchrometer else _single(line_v)
    meter_hz = 0.0 if synchrometer else _single(round(grid_hz, 2))
    charged, discharged = sum(p.charged_wh for p in packs), sum(p.discharged_wh for p in packs)
    grid_stamp = stamp(device, 0.14, 1)
    load_wh = (
        counters.site_imported
        - counters.site_exported
        + counters.solar_exported
        - counters.solar_imported
        + discharged
        - charged
    )
    return Readings(
        site=Shown(
            grid_stamp, site_w, site_var, counters.site_exported, counters.site_imported, shown_v, meter_hz, 0.0
        ),
        battery=Shown(
            stamp(device, 0.08, 2),
            battery_w,
            battery_var,
            float(discharged),
            float(charged),
            packs[0].voltage_v,
            packs[0].frequency_hz,
            0.0 if synchrometer else round(abs(battery_w) / _CELL_V, 1),
        ),
        load=Shown(
            grid_stamp,
            load_w,
            site_var + solar_var + battery_var,
            0.0,
            load_wh,
            shown_v,
            meter_hz,
            load_w / shown_v,
        ),
        solar=Shown(
            stamp(device, 0.08, 3),
            solar_w,
            solar_var,
            counters.solar_exported,
            counters.solar_imported,
            leg_v * 0.997 * sqrt(3) if synchrometer else _single(line_v),
            meter_hz,
            0.0,
        ),
        packs=packs,
        grid_frequency_hz=grid_hz,
        leg_v=leg_v,
    )


def _pack(device: Device, index: int, line_v: float, grid_hz: float) -> PackShown:
    pack_ = device.power.packs[index]
    power_w = round(pack_.power_w)
    wobble = device.world.wobble(device.now_s, 20 + index)
    return PackShown(
        energy_wh=int(pack_.energy_wh),
        full_wh=int(pack_.spec.full_wh),
        power_w=power_w,
        reactive_var=10 * round(1.5 + wobble) if device.running else 0,
        charged_wh=int(pack_.charged_wh),
        discharged_wh=int(pack_.discharged_wh),
        voltage_v=round((line_v + 1.5 + 0.2 * wobble) * 10) * 0.1,
        frequency_hz=round((grid_hz + 0.004 * wobble) * 1000) * 0.001,
        current_a=round(-power_w / _CELL_V, 1),
    )


def _whole(value: float) -> float:
    return float(round(value))


def _single(value: float) -> float:
    """Round to a 32-bit number, as meters do (F08)."""
    return float(unpack("f", pack("f", value))[0])


def _two_clamps(value: float) -> float:
    """Add the 32-bit readings of the two clamps of a split-phase meter."""
    first = _single(round(value * 0.53, 2))
    return first + _single(round(value - first, 2))


def stamp(device: Device, lag_s: float, channel: int) -> str:
    """Return the time of a reading, to the nanosecond: a little before the present instant, never before the start."""
    jitter = (device.world.wobble(device.now_s, channel) + 1) / 2
    nanoseconds = int((lag_s + 0.04 * jitter) * 1e9)
    total = max(int(device.now_s * 1e9) - nanoseconds, int(device.started_s * 1e9))
    whole, rest = divmod(total, 1000)
    return print_instant(_EPOCH + timedelta(microseconds=whole), device.home.zone, rest)
