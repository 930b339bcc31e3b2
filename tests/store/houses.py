"""A made-up house of six flows whose truth is known at every millisecond, and what may go wrong with its counters."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from forebay.records.flows import FLOWS
from forebay.records.reading import Reading
from forebay.store import Store

START = datetime(2026, 6, 21, tzinfo=UTC)
BASE_WH: dict[str, float] = {flow.name: 1_000_000.0 + 111_111.1 * n for n, flow in enumerate(FLOWS)}
SLOT_S = 600
"""The house's powers stay the same for this long [s]."""
_IN = {"solar": 1.0, "grid_in": 1.0, "battery_out": 1.0, "home": 3.0}
_OUT = {"solar": 3.0, "grid_out": 1.0, "battery_in": 1.0, "home": 1.0}
"""What flows at the same time adds up: the house uses what solar, grid and battery leave over."""


def watts(flow: str, t_s: float) -> float:
    """Return the true power of a flow [W]; grid and battery go one way at a time."""
    slot = int(t_s // SLOT_S)
    goes_in = slot // 3 % 2 == 0
    hours = 0.3 + 1.7 * (slot // 12 * 2_654_435_761 % 2**32) / 2**32  # no two hours and no two days are alike
    level = 150.0 + 0.45 * hours * (137.0 * (slot * 7 % 23) + 900.0 * (slot % 5))
    return level * (_IN if goes_in else _OUT).get(flow, 0.0)


def true_wh(flow: str, t_s: float) -> float:
    """Return what a flow has brought since the start [Wh]."""
    full = int(t_s // SLOT_S)
    whole = sum(_slot_wh(flow, slot) for slot in range(full))
    return whole + watts(flow, full * SLOT_S) * (t_s - full * SLOT_S) / 3600


_SLOTS: dict[tuple[str, int], float] = {}


def _slot_wh(flow: str, slot: int) -> float:
    if (flow, slot) not in _SLOTS:
        _SLOTS[flow, slot] = watts(flow, slot * SLOT_S) * SLOT_S / 3600
    return _SLOTS[flow, slot]


@dataclass(frozen=True, slots=True)
class Told:
    """What the gateway tells at one time: the true one [s], and its counters by flow [Wh]."""

    t_s: float
    counters: dict[str, float | None]
    at_s: float | None = None
    """The recording's time, where its clock is wrong [s]."""
    powers: bool = True

    def reading(self) -> Reading:
        """Return it as a reading."""
        power = {flow.name: watts(flow.name, self.t_s) for flow in FLOWS}
        known: dict[str, Any] = {flow.counter: self.counters[flow.name] for flow in FLOWS}
        if self.powers:
            known |= {
                "site_power_w": power["grid_in"] - power["grid_out"],
                "battery_power_w": power["battery_out"] - power["battery_in"],
                "load_power_w": power["home"],
                "solar_power_w": power["solar"],
            }
        return Reading(at=START + timedelta(seconds=self.t_s if self.at_s is None else self.at_s), **known)


def telling(until_s: float, every_s: float) -> Iterator[Told]:
    """Return what a healthy gateway tells."""
    counted = dict(BASE_WH)
    n = int(until_s / every_s) + 1
    for number in range(n):
        t_s = number * every_s
        yield Told(t_s, dict(counted))
        for flow in FLOWS:
            counted[flow.name] += _between(flow.name, t_s, t_s + every_s)


def _between(flow: str, low_s: float, high_s: float) -> float:
    total, at_s = 0.0, low_s
    while at_s < high_s - 1e-9:
        until_s = min(high_s, (at_s // SLOT_S + 1) * SLOT_S)
        total += watts(flow, at_s) * (until_s - at_s) / 3600
        at_s = until_s
    return total


Change = Callable[[str, Sequence[Told]], Iterable[Told]]


def changed(flow: str, change: Callable[[float, float], float | None]) -> Callable[[Iterable[Told]], list[Told]]:
    """Return what puts another value into one counter: change(t_s, true value) [Wh]."""

    def do(told: Iterable[Told]) -> list[Told]:
        out = []
        for one in told:
            value = one.counters[flow]
            assert value is not None
            out.append(replace(one, counters=one.counters | {flow: change(one.t_s, value)}))
        return out

    return do


def record(store: Store, told: Iterable[Told], name: str = "gateway") -> int:
    """Append all of it; return the gateway's id."""
    gateway_id = store.gateway_id(name)
    for one in told:
        store.append(gateway_id, one.reading())
    return gateway_id
