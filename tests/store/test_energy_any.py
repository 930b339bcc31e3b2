"""The energy of any record over any windows: parts add up, and it is the same hot and sealed."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from tests.store.houses import Told, telling
from tests.store.test_archive import seal_all
from tests.store.test_fed_always import FED_BY
from tests.store.test_troubles_mixed import Planted, planted, shown

from forebay.exchange.export import Wanted, rows
from forebay.records.flows import FLOWS
from forebay.records.reading import Reading
from forebay.store import Store
from forebay.store.energy import Energy, energy, energy_between, energy_of_days
from forebay.store.fed import PARTS, fed_between
from forebay.store.query import day_bounds

HOUR_S = 3600.0
UNTIL_S = 30 * HOUR_S
ZONES = ("Europe/Berlin", "America/St_Johns", "Australia/Lord_Howe", "Asia/Kathmandu")
IN, OUT = ("solar", "grid_in", "battery_out"), ("grid_out", "battery_in")
EVERY_S = (7.0, 20.0, 60.0)
# days on which clocks change in Berlin, St. John's and on Lord Howe Island
STARTS = ("2026-03-28T20:00+00:00", "2026-10-24T20:00+00:00", "2026-03-07T22:00+00:00", "2026-10-03T10:00+00:00")


def strange(rng: random.Random, every_s: float) -> Iterable[Told]:
    """Yield what is told: with readings missing, counters in trouble and a clock that jumps."""
    plan: dict[str, list[Planted]] = {
        flow.name: [planted(rng, rng.uniform(1, 28) * HOUR_S) for _ in range(rng.randrange(3))] for flow in FLOWS
    }
    gaps = [(s, s + rng.choice([30, 400, 2640, 9000])) for s in (rng.uniform(0, UNTIL_S) for _ in range(4))]
    jump_s, jump_by_s = rng.uniform(5, 25) * HOUR_S, rng.choice([-900.0, -20.0, 0.0, 600.0, 7200.0])
    for one in telling(UNTIL_S, every_s):
        if rng.random() < 0.02 or any(low <= one.t_s < high for low, high in gaps):
            continue
        at_s = one.t_s + rng.uniform(0, every_s / 3) + (jump_by_s if one.t_s >= jump_s else 0.0)
        yield replace(shown(one, plan), at_s=round(at_s, 3), powers=rng.random() > 0.01)


def record_at(store: Store, gateway_id: int, start: datetime, told: Iterable[Told]) -> None:
    """Record readings of the made-up house at another time of the year."""
    for one in told:
        reading = one.reading()
        store.append(gateway_id, replace(reading, at=start + timedelta(seconds=one.at_s or one.t_s)))


def close(first: float | None, second: float | None, off_wh: float = 0.02) -> bool:
    return first is second or (first is not None and second is not None and abs(first - second) <= off_wh)


def same(first: dict[str, Energy], second: dict[str, Energy]) -> bool:
    return all(
        close(first[name].wh, second[name].wh) and abs(first[name].covered_ratio - second[name].covered_ratio) < 1e-6
        for name in first
    )


def windows(store: Store, gateway_id: int, edges: Sequence[datetime]) -> list[dict[str, Energy]]:
    """Return the energy of these windows, held against the whole, each alone, and what fed what."""
    whole, parts = energy(store, gateway_id, edges[0], edges[-1]), energy_between(store, gateway_id, edges)
    for flow in FLOWS:
        assert close(whole[flow.name].wh, sum(part[flow.name].wh or 0.0 for part in parts)), flow.name
    for (low, high), part, fed in zip(pairwise(edges), parts, fed_between(store, gateway_id, edges), strict=True):
        assert same(part, energy(store, gateway_id, low, high)), (low, high)
        brought_wh, taken_wh = (sum(part[name].wh or 0.0 for name in side) for side in (IN, OUT))
        if fed is None or taken_wh > brought_wh:  # no house does that: a counter in trouble says so
            continue
        assert all(getattr(fed, one) >= 0 for one in PARTS)
        for name, of in FED_BY.items():
            assert name == "home" or close(part[name].wh or 0.0, sum(getattr(fed, one) for one in of), 0.05), name
    return parts


def days_of(store: Store, gateway_id: int, days: Sequence[date], zone: ZoneInfo) -> list[dict[str, Energy]]:
    """Return the energy of local days, held against that of all together."""
    by_day = energy_of_days(store, gateway_id, days[-1], len(days), zone)
    together = energy(store, gateway_id, day_bounds(days[0], zone)[0], day_bounds(days[-1], zone)[1])
    for flow in FLOWS:
        total_wh = sum(one[flow.name].wh or 0.0 for one in by_day.values())
        assert close(together[flow.name].wh, total_wh), (zone.key, flow.name)
    return list(by_day.values())


def hours_exported(store: Store, gateway_id: int, start: datetime, end: datetime) -> None:
    """Hold what is exported against what is asked for."""
    asked = Wanted(gateway_id=gateway_id, start=start, end=end, every="1h", energy=True)
    hours = list(rows(store, asked))
    ends = [at for at, _ in hours] + [hours[-1][0] + timedelta(hours=1)]
    for (_, told), one in list(zip(hours, energy_between(store, gateway_id, ends), strict=True))[:-1]:
        by_name = dict(zip(asked.columns, told, strict=True))
        assert all(close(by_name[f"{flow.name}_wh"], one[flow.name].wh) for flow in FLOWS), (told, one)


@pytest.mark.parametrize("seed", range(4))
def test_energy_adds_up_in_any_zone_and_is_the_same_wherever_it_is_kept(path: Path, seed: int) -> None:
    rng = random.Random(f"attack {seed}")
    start, every_s = datetime.fromisoformat(STARTS[seed % 4]), EVERY_S[seed % 3]
    end = start + timedelta(seconds=UNTIL_S + 8000)
    edges = sorted({start, end, *(start + timedelta(seconds=round(rng.uniform(0, UNTIL_S), 3)) for _ in range(25))})
    days = [start.date() + timedelta(days=n) for n in range(-1, 4)]
    with Store.open(path) as store:
        gateway_id = store.gateway_id("gateway")
        record_at(store, gateway_id, start, strange(rng, every_s))
        kept: list[list[dict[str, Energy]]] = []
        for stage in ("hot", "by the day", "by the month"):
            if stage != "hot":
                for later in (2, 3, 4, 5) if stage == "by the day" else (40, 41, 75, 76):
                    store.append(gateway_id, Reading(at=start + timedelta(days=later)))
                assert seal_all(store) > 0
            parts = windows(store, gateway_id, edges)
            zone_days = {name: days_of(store, gateway_id, days, ZoneInfo(name)) for name in ZONES}
            store.identify(gateway_id, timezone=ZONES[seed % 4])
            hours_exported(store, gateway_id, start, end)
            kept.append([*parts, *(one for found in zone_days.values() for one in found)])
        for stage, found in zip(("by the day", "by the month"), kept[1:], strict=True):
            for number, (hot, sealed) in enumerate(zip(kept[0], found, strict=True)):
                assert same(hot, sealed), (stage, number, hot, sealed)
