"""A difference between two ways of counting the same energy, and how it is taken apart.

First the causes whose amount is known, then those that may explain anything up to a bound, in the order of
`records/causes.py`; what is left is said to be unexplained.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from forebay.records.causes import Cause
from forebay.store.energy import Energy
from forebay.store.steps import RefusedStep

NOTHING_WH = 1.0
"""What is left of a difference is not worth a word below this [Wh]."""
METER_WH = 50.0
"""Two ways of counting may always differ by this much a day [Wh]."""
METER_RATIO = {"power": 0.01, "bill": 0.02}
"""And by this much of the energy: counters and power of one meter, or two meters."""


@dataclass(frozen=True, slots=True)
class Billed:
    """What a bill says of an interval.

    wh: energy by name of the flow [Wh]; a flow that is not named is not told. places_wh: the value of its last digit.
    """

    start: datetime
    end: datetime
    wh: Mapping[str, float]
    places_wh: float = 0.0


@dataclass(frozen=True, slots=True)
class Explained:
    """A part of a difference [Wh], and why."""

    cause: Cause
    wh: float
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Difference:
    """How a sum differs from the counters: wh = theirs minus the counters' [Wh]."""

    wh: float
    explained: tuple[Explained, ...]
    left_wh: float

    @property
    def is_explained(self) -> bool:
        """Whether nothing worth a word is left."""
        return abs(self.left_wh) <= NOTHING_WH


@dataclass(frozen=True, slots=True)
class Line:
    """One flow on one day [Wh]; None is not known, or not told.

    counted: by the counters, None for a flow without one. power: the integral of what is known of the power.
    bill: what the bill says. Each difference is to the counters, or where there is none, to the power.
    """

    day: date
    flow: str
    counted: Energy | None
    power_wh: float | None
    bill_wh: float | None = None
    by_power: Difference | None = None
    by_bill: Difference | None = None


@dataclass(frozen=True, slots=True)
class Account:
    """What `reconcile` found.

    shift: by how much later than midnight, on the site's clock, the bill's days begin. lines: by day, then flow.
    troubles: what was wrong with the counters in these days, in order of their ends.
    """

    zone: ZoneInfo
    lines: tuple[Line, ...]
    shift: timedelta = timedelta()
    troubles: tuple[RefusedStep, ...] = ()


Bound = tuple[Cause, float, float, str]
"""A cause, the least and the most that it may explain [Wh], and words."""


def taken_apart(wh: float, exact: Sequence[Explained], bounds: Sequence[Bound]) -> Difference:
    """Take a difference apart: exact amounts first, then as much as is needed of each bound, in order."""
    left_wh, found = wh - sum(one.wh for one in exact), list(exact)
    for cause, low_wh, high_wh, words in bounds:
        if abs(left_wh) <= NOTHING_WH:
            break
        part_wh = min(max(left_wh, low_wh), high_wh)
        if abs(part_wh) > NOTHING_WH:
            found.append(Explained(cause, part_wh, words))
            left_wh -= part_wh
    return Difference(wh, tuple(found), left_wh)


def duration_words(seconds: float) -> str:
    """Return a length of time as a person would say it: 44 min, 2 h 20 min, 3 days."""
    minutes = round(seconds / 60)
    if minutes < 60:
        return f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    if hours < 48:
        return f"{hours} h {minutes} min" if minutes else f"{hours} h"
    return f"{hours // 24} days {hours % 24} h" if hours % 24 else f"{hours // 24} days"


def total_of(lines: Sequence[Line], flow: str) -> Line | None:
    """Return the sum of all days of a flow, with what is left unexplained; None where there is none."""
    mine = [line for line in lines if line.flow == flow]
    if not mine:
        return None
    counted = [line.counted for line in mine if line.counted is not None]
    whole = (
        Energy(sum(one.wh or 0.0 for one in counted), sum(one.covered_ratio for one in counted) / len(counted))
        if counted
        else None
    )
    power, bill = [
        [wh for wh in values if wh is not None]
        for values in ([one.power_wh for one in mine], [one.bill_wh for one in mine])
    ]
    return replace(
        mine[0],
        counted=whole,
        power_wh=sum(power) if power else None,
        bill_wh=sum(bill) if bill else None,  # of the days of which it says something
        by_power=_summed([line.by_power for line in mine]),
        by_bill=_summed([line.by_bill for line in mine]),
    )


def _summed(differences: Sequence[Difference | None]) -> Difference | None:
    known = [one for one in differences if one is not None]
    if not known:
        return None
    causes: dict[Cause, float] = {}
    for one in known:
        for part in one.explained:
            causes[part.cause] = causes.get(part.cause, 0.0) + part.wh
    left = sum(one.left_wh for one in known if not one.is_explained)
    return Difference(sum(one.wh for one in known), tuple(Explained(c, wh) for c, wh in causes.items()), left)
