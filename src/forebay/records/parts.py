"""The parts of a home's equipment, and the table of what is kept of each: packs, strings, inverters, meters.

A signal's name is its column in `part_samples`; with `_n`, `_sum`, `_min` and
`_max` behind it, a column of `part_quarters`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from forebay.records.signals import Held, Kind

Value = float | int | str | None


class PartKind(StrEnum):
    """What sort of thing a part is."""

    PACK = "pack"
    """A battery with its own inverter."""
    STRING = "string"
    """One string of solar panels."""
    INVERTER = "inverter"
    """A solar inverter within a pack."""
    METER = "meter"
    """Current clamps of one circuit, or both sides of the switch to the grid."""


WORDS: dict[PartKind, str] = {
    PartKind.PACK: "Pack",
    PartKind.STRING: "String",
    PartKind.INVERTER: "Inverter",
    PartKind.METER: "Meter",
}
"""What a part is called where it has no better name; its number follows."""


@dataclass(frozen=True, slots=True)
class PartSignal:
    """One quantity of a part.

    unit: as printed after the number, "" where there is none. positive: what + means, "" where there is no sign.
    of: the kinds of part that may tell it.
    """

    name: str
    label: str
    kind: Kind
    of: tuple[PartKind, ...]
    unit: str = ""
    positive: str = ""
    held: Held = Held.REAL

    def __post_init__(self) -> None:
        """Check the row; a wrong one cannot be built."""
        if not self.of:
            raise ValueError(f"{self.name}: no part tells it")
        if self.kind is Kind.COUNTER and (self.unit != "Wh" or not self.positive):
            raise ValueError(f"{self.name}: a counter counts Wh of something")
        if self.kind is not Kind.STATE and self.held is not Held.REAL:
            raise ValueError(f"{self.name}: what is measured or counted is held as REAL")


_P, _S, _I, _M = PartKind.PACK, PartKind.STRING, PartKind.INVERTER, PartKind.METER


def _gauge(name: str, label: str, unit: str, *of: PartKind, positive: str = "") -> PartSignal:
    return PartSignal(name, label, Kind.GAUGE, of, unit, positive)


def _counter(name: str, label: str, positive: str, *of: PartKind) -> PartSignal:
    return PartSignal(name, label, Kind.COUNTER, of, "Wh", positive)


def _state(name: str, label: str, held: Held, *of: PartKind) -> PartSignal:
    return PartSignal(name, label, Kind.STATE, of, held=held)


_POWER = "given by a pack, a string or an inverter; through a meter as its circuit counts, into the house at the grid"

# fmt: off
PART_SIGNALS: tuple[PartSignal, ...] = (
    _gauge("power_w", "Power", "W", _P, _S, _I, _M, positive=_POWER),
    _gauge("reactive_power_var", "Reactive power", "VAR", _P, _I, _M),
    _gauge("voltage_v", "Voltage", "V", _P, _S, _I),
    _gauge("current_a", "Current", "A", _S, _I),
    _gauge("frequency_hz", "Frequency", "Hz", _P, _I, _M),
    _gauge("full_wh", "Energy when full", "Wh", _P),
    _gauge("remaining_wh", "Energy in it", "Wh", _P),
    _gauge("available_charge_w", "Power it can take", "W", _P, positive="charging"),
    _gauge("available_discharge_w", "Power it can give", "W", _P, positive="discharging"),
    _gauge("temperature_c", "Temperature of the housing's air", "°C", _P),
    _gauge("fan_rpm", "Fan", "rpm", _I),
    _gauge("voltage_l1_v", "Voltage of line 1", "V", _P, _I, _M),
    _gauge("voltage_l2_v", "Voltage of line 2", "V", _P, _I, _M),
    _gauge("voltage_l3_v", "Voltage of line 3", "V", _M),
    _gauge("power_l1_w", "Power of line 1", "W", _M, positive=_POWER),
    _gauge("power_l2_w", "Power of line 2", "W", _M, positive=_POWER),
    _gauge("power_l3_w", "Power of line 3", "W", _M, positive=_POWER),
    _gauge("current_l1_a", "Current of line 1", "A", _M),
    _gauge("current_l2_a", "Current of line 2", "A", _M),
    _gauge("current_l3_a", "Current of line 3", "A", _M),
    _gauge("grid_voltage_l1_v", "Voltage of line 1 on the grid's side", "V", _M),
    _gauge("grid_voltage_l2_v", "Voltage of line 2 on the grid's side", "V", _M),
    _gauge("grid_voltage_l3_v", "Voltage of line 3 on the grid's side", "V", _M),
    _gauge("grid_frequency_hz", "Frequency on the grid's side", "Hz", _M),
    _counter("charged_wh", "Charged", "charged", _P),
    _counter("discharged_wh", "Discharged", "discharged", _P),
    _counter("produced_wh", "Produced", "produced", _I),
    _counter("imported_wh", "Imported", "into the circuit, as the meter counts", _M),
    _counter("exported_wh", "Exported", "out of the circuit, as the meter counts", _M),
    _state("state", "State", Held.TEXT, _P, _S, _I, _M),
    _state("cell_state", "State of the cells", Held.TEXT, _P),
    _state("housing_state", "State of the housing", Held.TEXT, _P),
    _state("limiter", "What limits its power", Held.TEXT, _P),
    _state("heating", "Heating", Held.INTEGER, _P),
    _state("connected", "Connected", Held.INTEGER, _S),
    _state("enabled", "Allowed to feed", Held.INTEGER, _P, _I),
)
"""Every signal of a part, in the order of the columns."""
# fmt: on

PART_NAMES: tuple[str, ...] = tuple(s.name for s in PART_SIGNALS)
BY_PART_NAME: dict[str, PartSignal] = {s.name: s for s in PART_SIGNALS}

ROLLED: tuple[PartSignal, ...] = tuple(s for s in PART_SIGNALS if s.held is Held.REAL)
"""What is put together by quarter of an hour: gauges and counters."""

ROLLED_COLUMNS: dict[str, PartSignal] = {f"{s.name}_{how}": s for s in ROLLED for how in ("n", "sum", "min", "max")}
"""Column of `part_quarters` -> the signal in it."""


@dataclass(frozen=True, slots=True)
class PartKey:
    """Which part it is.

    serial: of the device, never stored, printed or logged; "" where the gateway does not tell it.
    place: which of several at that device: the letter of a string, the circuit of a meter; "" for the only one.
    label: a better name than its number, "" where there is none.
    """

    kind: PartKind
    serial: str = field(default="", repr=False)
    place: str = ""
    label: str = ""

    @property
    def serial_hash(self) -> str:
        """SHA-256 of the serial number, shortened; "" where none is told."""
        return hashlib.sha256(self.serial.encode()).hexdigest()[:16] if self.serial else ""


@dataclass(frozen=True, slots=True)
class PartReading:
    """What one part told at one instant, by the names of the table; what it did not tell is left out or None.

    is_there: False where the device only has room for such a part, and nothing shows that there is one. A part that
    was there once keeps its readings.
    """

    key: PartKey
    values: Mapping[str, Value]
    is_there: bool = True

    def __post_init__(self) -> None:
        """Check the names. Raises ValueError naming one that such a part has not."""
        for name in self.values:
            if name not in BY_PART_NAME or self.key.kind not in BY_PART_NAME[name].of:
                raise ValueError(f"{name}: no signal of a {self.key.kind}")
