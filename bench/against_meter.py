"""Energy of a recorded year against the counters of the home itself, from forebay and from InfluxDB's sums."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

from bench import influx
from bench.report import Table
from forebay.store.energy import energy_of_days
from forebay.store.query import day_bounds
from forebay.store.store import Store

ZONE = ZoneInfo("America/Los_Angeles")
TRUE = {
    "home": "load_wh",
    "solar": "solar_export_wh",
    "grid_in": "site_import_wh",
    "grid_out": "site_export_wh",
    "battery_in": "battery_charge_wh",
    "battery_out": "battery_discharge_wh",
}
PEER = {
    "home": "home",
    "solar": "solar",
    "grid_in": "from_grid",
    "grid_out": "to_grid",
    "battery_in": "to_pw",
    "battery_out": "from_pw",
}


@dataclass(slots=True)
class Recorded:
    """What was put into both, and how long each sample took."""

    days: list[date] = field(default_factory=list)
    true_wh: list[dict[str, float]] = field(default_factory=list)
    append_ms: list[float] = field(default_factory=list)
    slowest_ms: float = 0.0
    seal_ms: list[float] = field(default_factory=list)
    peer_ms: list[float] = field(default_factory=list)
    samples: int = 0


def accuracy(database: Path, done: Recorded, peer: influx.Influx | None) -> Table:
    """Compare the days of both with the home's; the second half of them had outages of the recorder."""
    table = Table(
        "Energy against what the home's own counters say",
        ["", "year's total off by [%]", "worst day off by [kWh]", "days off by over 1 %"],
    )
    half = len(done.days) // 2
    with Store.read(database) as store:
        found = list(energy_of_days(store, 1, done.days[-1], len(done.days), ZONE).values())
    ours = [{name: day[name].wh or 0.0 for name in TRUE} for day in found]
    told = [("forebay", ours)]
    if peer is not None:
        told.append(("InfluxDB's continuous queries", _peer_wh(peer, done)))
    for name, days in told:
        for words, span in (("no outage", slice(0, half)), ("recorder off at times", slice(half, None))):
            table.add(f"{name}: {words}", *_off(days[span], done.true_wh[span]))
    table.notes.append(
        f"Six flows of {half} and {len(done.days) - half} local days each; off by: the sum over the flows of what is"
        " missing or too much, by the sum of the flows. Recorder off: 44 minutes every week, 140 every month, at random"
        " times. The counters of each day were taken from the emulated home at its midnights."
    )
    return table


def _peer_wh(peer: influx.Influx, done: Recorded) -> list[dict[str, float]]:
    series = peer.ask(f"SELECT {', '.join(influx.FLOWS)} FROM daily.http")
    by_time: dict[int, dict[str, float]] = {}
    for one in series:
        names = one["columns"]
        for row in one["values"]:
            told = dict(zip(names, row, strict=True))
            kept = by_time.setdefault(told["time"], dict.fromkeys(TRUE, 0.0))
            for name, theirs in PEER.items():
                kept[name] += (told[theirs] or 0.0) * 1000
    nothing = dict.fromkeys(TRUE, 0.0)
    return [by_time.get(int(day_bounds(day, ZONE)[0].timestamp() * 1000), nothing) for day in done.days]


def _off(days: Sequence[dict[str, float]], true: Sequence[dict[str, float]]) -> tuple[str, str, str]:
    total = sum(sum(day.values()) for day in true)
    missing = sum(abs(sum(day[name] for day in days) - sum(day[name] for day in true)) for name in TRUE)
    by_day = [sum(abs(one[name] - other[name]) for name in TRUE) for one, other in zip(days, true, strict=True)]
    over = sum(off > 0.01 * sum(day.values()) for off, day in zip(by_day, true, strict=True))
    return f"{100 * missing / total:.4f}", f"{max(by_day) / 1000:.3f}", str(over)
