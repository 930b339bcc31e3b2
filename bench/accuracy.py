"""How near the integral of a year's clean powers comes to the counters: for the six flows of an emulated home.

The year is the one that `record` keeps; a folder named in FOREBAY_BENCH_YEAR holds its days between runs.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

from bench import house
from bench.report import Table
from forebay.records.flows import FLOWS
from forebay.records.reading import Reading

LIMIT_RATIO = 0.0005
"""How far the two may differ, of the energy that flows through the house."""
DAYS, QUICK_DAYS = 365, 3


def readings(days: int, kept: Path | None) -> Iterator[Reading]:
    """Yield what the meters of an emulated home told, every 5 s and up to 80 ms late."""
    for day in house.days(days, kept):
        yield from day.fast


def both(told: Iterator[Reading]) -> dict[str, tuple[float, float]]:
    """Return each flow's energy by its counter and by its power [Wh]."""
    flows = [(flow.name, flow.power, flow.sign, flow.counter) for flow in FLOWS]
    begin: dict[str, float] = {}
    end: dict[str, float] = {}
    sums = dict.fromkeys((name for name, *_ in flows), 0.0)
    for before, after in pairwise(told):
        hours = (after.at - before.at).total_seconds() / 3600
        for name, power, sign, counter in flows:
            low_w, high_w = (max(0.0, sign * getattr(one, power)) for one in (before, after))
            sums[name] += (low_w + high_w) / 2 * hours
            begin.setdefault(name, getattr(before, counter))
            end[name] = getattr(after, counter)
    return {name: (end[name] - begin[name], sums[name]) for name in sums}


def run(quick: bool = False) -> list[Table]:
    """Integrate the powers of a year, read every 5 s."""
    days = QUICK_DAYS if quick else DAYS
    kept = os.environ.get("FOREBAY_BENCH_YEAR")
    if kept:
        Path(kept).mkdir(parents=True, exist_ok=True)
    table = Table(
        f"{days} days of powers every 5 s, against the counters",
        ["flow", "counters [kWh]", "powers [kWh]", "apart", f"÷ limit {LIMIT_RATIO:.2%}"],
    )
    for name, (counted_wh, summed_wh) in both(readings(days, Path(kept) if kept else None)).items():
        apart = abs(summed_wh / counted_wh - 1)
        kwh = (f"{counted_wh / 1000:.2f}", f"{summed_wh / 1000:.2f}")
        table.add(name, *kwh, f"{apart:.4%}", f"{apart / LIMIT_RATIO:.2f}")
    table.notes.append("An emulated home; nothing missed, nothing repaired: trapezoids between readings.")
    return [table]
