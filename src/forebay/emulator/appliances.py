"""What a home has beside what every house has: a car, a heat pump, a pool; each with its hours and its chance.

A run belongs to the day on which it starts and may last into the next one, so
that a car that is plugged in at eleven in the evening charges after midnight.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable
from datetime import date, time, timedelta
from random import Random

from forebay.emulator.home import Appliance

_DAY_MIN = 1440


def add_appliances(load_w: array[float], day: date, seed: int, appliances: Iterable[Appliance]) -> None:
    """Add the runs of a day to its use per minute [W]; minutes count from local midnight."""
    for number, appliance in enumerate(appliances):
        length = round(appliance.minutes)
        for back in range(1 + (length + appliance.spread_minutes) // _DAY_MIN + 1):
            begin = _start_min(appliance, day - timedelta(days=back), seed, number)
            if begin is None:
                continue
            first = begin - back * _DAY_MIN
            for minute in range(max(0, first), min(len(load_w), first + length)):
                load_w[minute] += appliance.power_w


def _start_min(appliance: Appliance, day: date, seed: int, number: int) -> int | None:
    """Return the minute of the day at which it starts; None on a day without it."""
    if appliance.months and day.month not in appliance.months:
        return None
    rng = Random(f"{seed}:{day.isoformat()}:{number}:{appliance.name}")  # noqa: S311 - habits, not secrets
    if rng.random() >= appliance.chance:
        return None
    start = time.fromisoformat(appliance.start)
    return max(0, start.hour * 60 + start.minute + round(appliance.spread_minutes * rng.uniform(-0.5, 0.5)))
