"""The signal table: every quantity that is kept, one row each.

A signal's name is its field in a reading, its SQL column and its chart key.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from forebay.wire.endpoint import Poll


class Kind(StrEnum):
    """How a signal may be put together over time."""

    GAUGE = "gauge"
    """An instantaneous value: averages mean something."""
    COUNTER = "counter"
    """A lifetime sum: differences mean something."""
    STATE = "state"
    """A word, a flag or a small number that holds until it changes."""


class Held(StrEnum):
    """The SQL type that a signal is held in."""

    REAL = "REAL"
    INTEGER = "INTEGER"
    TEXT = "TEXT"


@dataclass(frozen=True, slots=True)
class Signal:
    """One quantity.

    unit: as printed after the number, "" where there is none.
    positive: what + means, "" where there is no sign.
    device_class: Home Assistant's word for the kind of quantity, "" where it has none.
    poll: FAST signals are in `Reading`, SLOW ones in `SlowReading`.
    """

    name: str
    label: str
    kind: Kind
    unit: str = ""
    positive: str = ""
    device_class: str = ""
    poll: Poll = Poll.FAST
    held: Held = Held.REAL

    def __post_init__(self) -> None:
        """Check the row; a wrong one cannot be built."""
        if self.poll not in (Poll.FAST, Poll.SLOW):
            raise ValueError(f"{self.name}: a signal is fast or slow")
        if self.kind is Kind.COUNTER and (self.unit != "Wh" or not self.positive):
            raise ValueError(f"{self.name}: a counter counts Wh of something")


def _power(name: str, label: str, positive: str) -> Signal:
    return Signal(name, label, Kind.GAUGE, "W", positive, "power")


def _counter(name: str, label: str, positive: str) -> Signal:
    return Signal(name, label, Kind.COUNTER, "Wh", positive, "energy")


def _slow(  # noqa: PLR0917 - a table reads best as a table
    name: str, label: str, kind: Kind, unit: str = "", device_class: str = "", held: Held = Held.REAL
) -> Signal:
    return Signal(name, label, kind, unit, "", device_class, Poll.SLOW, held)


SIGNALS: tuple[Signal, ...] = (
    _power("site_power_w", "Grid power", "drawn from the grid"),
    _power("battery_power_w", "Battery power", "discharging"),
    _power("load_power_w", "Home power", "used by the home"),
    _power("solar_power_w", "Solar power", "produced"),
    _counter("site_import_wh", "Drawn from the grid", "drawn from the grid"),
    _counter("site_export_wh", "Sent to the grid", "sent to the grid"),
    _counter("solar_export_wh", "Solar produced", "produced"),
    _counter("solar_import_wh", "Solar system's own use", "used by the solar system itself"),
    _counter("battery_discharge_wh", "Battery discharged", "discharged"),
    _counter("battery_charge_wh", "Battery charged", "charged"),
    _counter("load_wh", "Used by the home", "used by the home"),
    Signal("charge_wire_pct", "Charge on the gateway's scale", Kind.GAUGE, "%", "", "battery"),
    Signal("grid_state", "Grid", Kind.STATE, device_class="enum", held=Held.TEXT),
    Signal("grid_services_active", "Grid services", Kind.STATE, held=Held.INTEGER),
    Signal("site_voltage_v", "Grid voltage", Kind.GAUGE, "V", "", "voltage"),
    Signal("site_frequency_hz", "Grid frequency", Kind.GAUGE, "Hz", "", "frequency"),
    Signal("battery_frequency_hz", "Battery frequency", Kind.GAUGE, "Hz", "", "frequency"),
    _slow("pack_full_wh", "Energy of the full packs", Kind.GAUGE, "Wh", "energy_storage"),
    _slow("pack_remaining_wh", "Energy in the packs", Kind.GAUGE, "Wh", "energy_storage"),
    _slow("pack_count", "Packs", Kind.STATE, held=Held.INTEGER),
    _slow("operation_mode", "Operation mode", Kind.STATE, "", "enum", Held.TEXT),
    _slow("reserve_wire_pct", "Backup reserve on the gateway's scale", Kind.STATE, "%", "battery"),
    _slow("firmware", "Firmware", Kind.STATE, held=Held.TEXT),
    _slow("uptime_s", "Gateway's up time", Kind.GAUGE, "s", "duration"),
    _slow("sitemaster_running", "Power system running", Kind.STATE, "", "running", Held.INTEGER),
    _slow("vendor_connected", "Gateway reaches its maker", Kind.STATE, "", "connectivity", Held.INTEGER),
    _slow("update_state", "Firmware update", Kind.STATE, "", "enum", Held.TEXT),
    _slow("grid_alerts", "Grid alerts", Kind.STATE, held=Held.TEXT),
)
"""Every signal. grid_alerts: names in order, joined by commas; "" is none."""

FAST: tuple[Signal, ...] = tuple(s for s in SIGNALS if s.poll is Poll.FAST)
SLOW: tuple[Signal, ...] = tuple(s for s in SIGNALS if s.poll is Poll.SLOW)
COUNTERS: tuple[Signal, ...] = tuple(s for s in SIGNALS if s.kind is Kind.COUNTER)
BY_NAME: dict[str, Signal] = {s.name: s for s in SIGNALS}
