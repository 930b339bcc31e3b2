"""When the battery will be full, or down to what is kept back, if it goes on like this."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from forebay.records.reading import wire_charge_pct
from forebay.store.state import to_ms
from forebay.store.store import Store

RECENT = timedelta(minutes=15)
"""The rate is the mean power of so long."""
LEAST = timedelta(minutes=5)
"""Readings must reach back so far at least."""
REST_W = 100.0
"""Below this the battery is at rest [W]: what it then holds for days says nothing."""
FARTHEST_H = 24.0
"""Farther ahead nobody can tell [h]: the sun, or the evening, comes first."""
_FULL_RATIO, _ISLAND = 0.995, "SystemIsland"


class Goal(StrEnum):
    """What the battery is on its way to."""

    FULL = "full"
    RESERVE = "reserve"
    """What is kept for outages."""
    EMPTY = "empty"
    """On an island the reserve is what the battery is for."""
    REST = "rest"
    """Neither: it is at rest, or has arrived."""


@dataclass(frozen=True, slots=True)
class Outlook:
    """Where the battery's charge is going.

    at: when it is there at this rate; None at rest. power_w: the rate, mean of RECENT, + discharging [W].
    """

    goal: Goal
    at: datetime | None
    power_w: float


@dataclass(frozen=True, slots=True)
class _Battery:
    """A battery just now: power and rate [W, + discharging], what it holds, can hold and does not give [Wh].

    is_reserve: whether what it does not give is kept for outages. floor_wh: None where nobody knows.
    """

    at: datetime
    power_w: float
    rate_w: float
    held_wh: float
    full_wh: float
    floor_wh: float | None
    is_reserve: bool


def outlook(store: Store, *gateway_ids: int) -> Outlook | None:
    """Return where the charge is going, of several gateways that of all their packs; None where it cannot be told.

    It cannot where capacity, charge or reserve of one are unknown, readings do not reach back LEAST, the battery has
    just turned from charging to discharging or back, or it would be more than FARTHEST_H ahead.
    """
    found = [_battery(store, gateway_id) for gateway_id in gateway_ids]
    batteries = [one for one in found if one is not None]
    return _outlook(batteries) if batteries and len(batteries) == len(found) else None


def _battery(store: Store, gateway_id: int) -> _Battery | None:
    reading, slow = store.latest(gateway_id), store.latest_slow(gateway_id)
    if reading is None or slow is None or not slow.pack_full_wh:
        return None
    power_w, wire_pct, reserve_pct = reading.battery_power_w, reading.charge_wire_pct, slow.reserve_wire_pct
    rate_w = _rate_w(store, gateway_id, reading.at)
    if power_w is None or wire_pct is None or rate_w is None:
        return None
    is_island = (reading.grid_state or "").startswith(_ISLAND)
    empty_pct = wire_charge_pct(0.0)
    floor_pct = empty_pct if is_island else None if reserve_pct is None else max(reserve_pct, empty_pct)
    return _Battery(
        reading.at,
        power_w,
        rate_w,
        slow.pack_full_wh * wire_pct / 100,
        slow.pack_full_wh,
        None if floor_pct is None else slow.pack_full_wh * floor_pct / 100,
        floor_pct is not None and floor_pct > empty_pct,
    )


def _outlook(batteries: Sequence[_Battery]) -> Outlook | None:
    """Return where batteries are going that are charged and discharged as one."""
    rate_w, power_w = sum(one.rate_w for one in batteries), sum(one.power_w for one in batteries)
    if max(abs(rate_w), abs(power_w)) < REST_W:
        return Outlook(Goal.REST, None, rate_w)
    if abs(rate_w) < REST_W or (rate_w > 0) is not (power_w > 0):
        return None  # it has just turned
    held_wh, full_wh = sum(one.held_wh for one in batteries), sum(one.full_wh for one in batteries)
    if rate_w < 0:
        goal, missing_wh = Goal.FULL, full_wh - held_wh
        is_there = held_wh >= _FULL_RATIO * full_wh
    else:
        floors = [one.floor_wh for one in batteries]
        if any(floor is None for floor in floors):
            return None
        goal = Goal.RESERVE if any(one.is_reserve for one in batteries) else Goal.EMPTY
        missing_wh = held_wh - sum(floor or 0.0 for floor in floors)
        is_there = missing_wh <= 0
    if is_there:
        return Outlook(Goal.REST, None, rate_w)
    hours = missing_wh / abs(rate_w)
    at = max(one.at for one in batteries)
    return None if hours > FARTHEST_H else Outlook(goal, at + timedelta(hours=hours), rate_w)


def _rate_w(store: Store, gateway_id: int, now: datetime) -> float | None:
    """Return the mean of the battery's recent power [W]; None where readings do not reach back far enough."""
    sql = "SELECT min(at_ms), avg(battery_power_w) FROM samples WHERE gateway_id = ? AND at_ms >= ? AND at_ms <= ?"
    known = f"{sql} AND battery_power_w IS NOT NULL"
    first_ms, mean_w = store.database.rows(known, (gateway_id, to_ms(now - RECENT), to_ms(now)))[0]
    if first_ms is None or to_ms(now) - first_ms < LEAST / timedelta(milliseconds=1):
        return None
    return float(mean_w)
