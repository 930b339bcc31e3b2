"""What mode, reserve and hour make the packs do: the levers a user really has.

The device offers no "charge at so many watts": each mode has its own rate.
Rates are per Powerwall and settings of the home. Source: levers.md; the rates
are user reports, the hours of the autonomous mode are a stand-in, unverified.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from forebay.emulator.home import OperationTable
from forebay.wire.percent import AppPercent, WirePercent
from forebay.wire.site import OperationMode

_DAY_S = 86_400
_SATURDAY = 5
_SNAPS_TO, _FULL = 80, 100


@dataclass(frozen=True, slots=True)
class Setting:
    """An operation mode with its reserve, and how much sun may flow out [kW]; None is no limit."""

    mode: OperationMode
    reserve: WirePercent
    max_pv_export_kw: float | None = None


@dataclass(frozen=True, slots=True)
class Order:
    """What the packs are to do for as long as it stands.

    serves: whether they discharge for the house.
    charge_w: they charge with at least this, out of the grid too [W].
    reserve: 0–1; the packs do not go below it, and below it they only refill, with refill_w [W].
    export_w: how much sun may flow into the grid [W].
    fixed_w: they do exactly this instead of all that [W], negative is charging.
    """

    serves: bool = True
    charge_w: float = 0.0
    reserve: float = 0.0
    refill_w: float = 0.0
    export_w: float = math.inf
    fixed_w: float | None = None


@dataclass(frozen=True, slots=True)
class Hours:
    """Spans of the local day, in seconds from its midnight; a span may go over midnight."""

    spans: tuple[tuple[int, int], ...]

    def holds(self, second: int) -> bool:
        """Whether this second of the day is within a span."""
        return any(
            start <= second < end if start < end else second >= start or second < end for start, end in self.spans
        )

    @property
    def edges(self) -> tuple[int, ...]:
        """The seconds at which something begins or ends."""
        return tuple(edge for span in self.spans for edge in span)


def read_hours(texts: tuple[str, ...]) -> Hours:
    """Read spans such as "16:00-21:00" or "22:00-06:00".

    Raises ValueError that says what is wrong with which.
    """
    return Hours(tuple(_span(text) for text in texts))


def _span(text: str) -> tuple[int, int]:
    start, dash, end = text.partition("-")
    if not dash or _second(start, text) == _second(end, text):
        raise ValueError(f"{text!r}: write a span of the day such as 16:00-21:00")
    return _second(start, text), _second(end, text)


def _second(clock: str, text: str) -> int:
    hour, colon, minute = clock.strip().partition(":")
    if colon and hour.isdecimal() and minute.isdecimal() and len(minute) == 2:
        second = int(hour) * 3600 + int(minute) * 60
        if int(minute) < 60 and second <= _DAY_S:
            return second
    raise ValueError(f"{text!r}: write a span of the day such as 16:00-21:00")


def snapped(setting: Setting) -> Setting:
    """Return a setting whose reserve of 81 to 99 % in the app has become 80 % (levers.md)."""
    app_pct = setting.reserve.app.shown
    if not _SNAPS_TO < app_pct < _FULL:
        return setting
    return replace(setting, reserve=AppPercent(_SNAPS_TO).wire)


class Levers:
    """Turns a setting into an order.

    commanded_w: what the packs do whatever is set, negative is charging [W]; None lets the setting decide.
    """

    def __init__(self, table: OperationTable, *, grid_charging: bool) -> None:
        self._backup_w = table.backup_charge_w if grid_charging else 0.0
        self._refill_w = table.reserve_charge_w if grid_charging else 0.0
        self._cheap_w = table.autonomous_charge_w if grid_charging else 0.0
        self.peak = read_hours(table.peak_hours)
        self.cheap = read_hours(table.cheap_hours)
        self._weekends_peak = table.weekends_have_peaks
        edges = {0, *self.peak.edges, *self.cheap.edges}
        self._edges = tuple(sorted(edge % _DAY_S for edge in edges))
        self.commanded_w: float | None = None

    def order(self, setting: Setting, local: datetime, packs: int, *, may_export: bool) -> Order:
        """Return what so many packs are to do at a local time."""
        export_w = math.inf if setting.max_pv_export_kw is None else setting.max_pv_export_kw * 1000
        if not may_export:
            export_w = 0.0
        if self.commanded_w is not None:
            return Order(serves=False, export_w=export_w, fixed_w=self.commanded_w)
        if setting.mode is OperationMode.BACKUP:
            return Order(serves=False, charge_w=self._backup_w * packs, export_w=export_w)
        serves, charge_w = True, 0.0
        if setting.mode is OperationMode.TIME_OF_USE:
            second = local.hour * 3600 + local.minute * 60 + local.second
            serves = self._is_peak(local, second)
            charge_w = 0.0 if serves or not self.cheap.holds(second) else self._cheap_w * packs
        return Order(serves, charge_w, setting.reserve.value / 100, self._refill_w * packs, export_w)

    def _is_peak(self, local: datetime, second: int) -> bool:
        return (self._weekends_peak or local.weekday() < _SATURDAY) and self.peak.holds(second)

    def stands_s(self, setting: Setting, local: datetime) -> float:
        """Return for how long an order given at a local time stands at least [s]; at most to midnight."""
        midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
        gone_s = (local - midnight) / timedelta(seconds=1)
        if setting.mode is not OperationMode.TIME_OF_USE:
            return _DAY_S - gone_s
        following = [edge for edge in self._edges if edge > gone_s]
        return (following[0] if following else _DAY_S) - gone_s
