"""How near the integral of a year's clean powers comes to the counters: for the six flows of an emulated home."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from bench.report import Table
from forebay.emulator.build import build_device
from forebay.emulator.home import Home
from forebay.emulator.resources import meters
from forebay.records.flows import FLOWS
from forebay.records.reading import Reading, fast_reading

DAY_S = 86_400
LIMIT_RATIO = 0.0005
"""How far the two may differ, of the energy that flows through the house."""
DAYS, QUICK_DAYS = 365, 3


def readings(days: int, every_s: int) -> Iterator[Reading]:
    """Return what an emulated home's meters tell, at this spacing."""
    device = build_device(Home(), start=datetime(2026, 1, 1, tzinfo=UTC), speed=0)
    for _ in range(days * DAY_S // every_s + 1):
        yield fast_reading(device.now, meters.aggregates(device, None, {}))
        device.clock.jump(every_s)
        device.catch_up()


def both(days: int, every_s: int) -> dict[str, tuple[float, float]]:
    """Return each flow's energy by its counter and by its power [Wh]."""
    told = readings(days, every_s)
    first = last = next(told)
    sums = dict.fromkeys((flow.name for flow in FLOWS), 0.0)
    for reading in told:
        for flow in FLOWS:
            low_w, high_w = (max(0.0, flow.sign * getattr(one, flow.power)) for one in (last, reading))
            sums[flow.name] += (low_w + high_w) / 2 * every_s / 3600
        last = reading
    return {flow.name: (getattr(last, flow.counter) - getattr(first, flow.counter), sums[flow.name]) for flow in FLOWS}


def run(quick: bool = False) -> list[Table]:
    """Integrate the powers of a year, read every 5 s."""
    days = QUICK_DAYS if quick else DAYS
    table = Table(
        f"{days} days of powers every 5 s, against the counters",
        ["flow", "counters [kWh]", "powers [kWh]", "apart", f"÷ limit {LIMIT_RATIO:.2%}"],
    )
    for name, (counted_wh, summed_wh) in both(days, 5).items():
        apart = abs(summed_wh / counted_wh - 1)
        kwh = (f"{counted_wh / 1000:.2f}", f"{summed_wh / 1000:.2f}")
        table.add(name, *kwh, f"{apart:.4%}", f"{apart / LIMIT_RATIO:.2f}")
    table.notes.append("An emulated home of two packs; nothing missed, nothing repaired: trapezoids between readings.")
    return [table]
