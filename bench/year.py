"""A year of one home at one-minute steps, by the processor's time."""

from __future__ import annotations

import time
from datetime import UTC, datetime

from bench.report import Table
from bench.stats import spread
from forebay.clock import ScaledClock
from forebay.emulator.device import Device
from forebay.emulator.home import Home
from forebay.emulator.world import World

YEAR_S = 365 * 86_400
LIMIT_S = 3.0
"""What a year of one home may take [s]."""
RUNS = 5


def run(quick: bool = False) -> list[Table]:
    """Let the built-in home live through a year in one silence."""
    table = Table("A year of one home", ["", "processor [s]", f"÷ limit {LIMIT_S:.0f} s"])
    took_s = [_year_s(seed) for seed in range(1, (1 if quick else RUNS) + 1)]
    measured = spread(took_s)
    table.add("one-minute steps, two packs", measured.text(), f"{measured.median / LIMIT_S:.2f}")
    table.notes.append("Sun, clouds, house and packs of another seed each time, from nothing; median (middle half).")
    table.notes.append("The last hour is lived in half seconds, as after every silence.")
    return [table]


def _year_s(seed: int) -> float:
    home = Home()
    clock = ScaledClock(datetime(2026, 1, 1, 8, tzinfo=UTC), 0)
    device = Device(home, clock, World(home, seed), seed=seed)
    clock.jump(YEAR_S)
    began = time.process_time()
    device.catch_up()
    return time.process_time() - began
