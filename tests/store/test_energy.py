"""Energy agrees with the meter, whatever was missed in between."""

from __future__ import annotations

import csv
import math
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from forebay.records.reading import Reading
from forebay.store import Store
from forebay.store.energy import energy, energy_between, energy_of_days
from forebay.store.steps import Point, share

RecordHouse = Callable[..., list[Reading]]

START = datetime(2026, 6, 21, 7, tzinfo=UTC)
TRACE = Path(__file__).parents[3] / "shared" / "data" / "house-load-1min.csv"


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def wavy_w(t: float) -> float:
    return 1500 + 1200 * math.sin(t / 700) + 200 * math.sin(t / 31)


def counted(store: Store, *pairs: tuple[float, float | None], power_w: float | None = None) -> None:
    i = store.gateway_id("gateway")
    for seconds, counter_wh in pairs:
        store.append(i, Reading(at=at(seconds), load_wh=counter_wh, load_power_w=power_w))


def home_wh(store: Store, start_s: float, end_s: float) -> float | None:
    return energy(store, 1, at(start_s), at(end_s))["home"].wh


def test_a_window_is_the_difference_of_its_counters(store: Store) -> None:
    counted(store, (0, 1000.0), (5, 1001.0), (10, 1003.0), (15, 1004.0))

    assert home_wh(store, 0, 10) == 3.0
    assert home_wh(store, 0, 15) == 4.0


def test_nothing_recorded_is_unknown_and_not_zero(store: Store) -> None:
    counted(store, (0, 1000.0), (5, 1001.0))

    flows = energy(store, 1, at(0), at(5))

    assert flows["solar"].wh is None
    assert flows["solar"].covered_ratio == 0
    assert home_wh(store, 3600, 7200) is None
    assert home_wh(store, -7200, -3600) is None


def test_an_edge_inside_a_pair_is_apportioned_by_power(store: Store) -> None:
    i = store.gateway_id("gateway")
    store.append(i, Reading(at=at(0), load_wh=0.0, load_power_w=0.0))
    store.append(i, Reading(at=at(60), load_wh=45.0, load_power_w=3600.0))

    assert home_wh(store, 0, 30) == pytest.approx(15.0)
    assert home_wh(store, 30, 60) == pytest.approx(30.0)


@given(st.floats(0, 10_000), st.floats(0, 10_000), st.floats(0, 1), st.floats(0, 1), st.integers(1, 1_800_000))
def test_a_switch_between_two_readings_is_put_where_it_was(
    from_w: float, to_w: float, switched: float, x: float, span_ms: int
) -> None:
    def used_wh(ratio: float) -> float:
        return (from_w * min(ratio, switched) + to_w * max(0.0, ratio - switched)) * span_ms / 3.6e6

    at_ms = round(x * span_ms)
    before, after = Point(0, 0.0, from_w), Point(span_ms, used_wh(1), to_w)

    part_wh = share(before, after, at_ms, used_wh(1)) * used_wh(1)

    assert part_wh == pytest.approx(used_wh(at_ms / span_ms), abs=1e-6, rel=1e-6)


@given(
    st.floats(0, 1e4) | st.none(), st.floats(0, 1e4) | st.none(), st.floats(-100, 1e5), st.integers(2, 10**8), st.data()
)
def test_shares_rise_from_nothing_to_all(
    from_w: float | None, to_w: float | None, pair_wh: float, span_ms: int, data: st.DataObject
) -> None:
    before, after = Point(0, 0.0, from_w), Point(span_ms, pair_wh, to_w)
    times = sorted(data.draw(st.lists(st.integers(0, span_ms), max_size=5)))

    shares = [share(before, after, at_ms, pair_wh) for at_ms in (0, *times, span_ms)]

    assert shares[0] == pytest.approx(0, abs=1e-9)
    assert shares[-1] == pytest.approx(1)
    assert all(b >= a - 1e-9 for a, b in pairwise(shares))


def test_an_edge_inside_a_long_gap_is_apportioned_evenly(store: Store) -> None:
    counted(store, (0, 0.0), (7200, 6000.0), power_w=100.0)

    assert home_wh(store, 0, 3600) == pytest.approx(3000)


@given(edges=st.lists(st.floats(-600, 4200), min_size=3, max_size=8, unique=True))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
def test_windows_add_up(store: Store, record_house: RecordHouse, edges: list[float]) -> None:
    if store.latest(store.gateway_id("gateway")) is None:
        record_house(store, START, wavy_w, until_s=3600, skip=lambda t: 1000 < t < 1900)
    times = sorted({round(edge, 3) for edge in edges})
    if len(times) < 2:
        return

    parts = energy_between(store, 1, [at(t) for t in times])
    whole = energy(store, 1, at(times[0]), at(times[-1]))

    for name in ("home", "grid_in"):
        assert sum(part[name].wh or 0 for part in parts) == pytest.approx(whole[name].wh or 0, abs=1e-6)


@pytest.mark.parametrize(("outage_s", "power_w"), [(44 * 60, 11_000.0), (140 * 60, 3000.0)])
def test_an_outage_of_the_recorder_loses_no_energy(
    store: Store, record_house: RecordHouse, outage_s: float, power_w: float
) -> None:
    def draw_w(t: float) -> float:
        return power_w if 3600 <= t < 3600 + outage_s else 250.0

    readings = record_house(store, START, draw_w, until_s=6 * 3600, skip=lambda t: 3600 <= t < 3600 + outage_s)

    truth_wh = readings[-1].load_wh - readings[0].load_wh  # type: ignore[operator]
    assert home_wh(store, 0, 6 * 3600) == pytest.approx(truth_wh, rel=1e-9)
    assert truth_wh > power_w * outage_s / 3600


def test_samples_of_powers_integrate_to_the_counters(store: Store, record_house: RecordHouse) -> None:
    record_house(store, START, wavy_w, until_s=3600)
    by_counters = home_wh(store, 0, 3600)
    other = store.gateway_id("without counters")
    for n in range(721):
        store.append(other, Reading(at=at(5 * n), load_power_w=wavy_w(5 * n)))

    by_power = energy(store, other, at(0), at(3600))["home"]

    assert by_power.wh == pytest.approx(by_counters, rel=5e-4)
    assert by_power.covered_ratio == 1


def test_power_does_not_bridge_what_nobody_saw(store: Store) -> None:
    i = store.gateway_id("gateway")
    for seconds in (0, 60, 3600, 3660):
        store.append(i, Reading(at=at(seconds), load_power_w=600.0))

    flow = energy(store, i, at(0), at(3660))["home"]

    assert flow.wh == pytest.approx(20.0)
    assert flow.covered_ratio == pytest.approx(120 / 3660)


def test_power_fills_where_counters_begin_late(store: Store) -> None:
    counted(store, *((t, None) for t in range(0, 60, 5)), power_w=720.0)
    counted(store, *((t, 500 + 0.2 * (t - 60)) for t in range(60, 121, 5)), power_w=720.0)

    flow = energy(store, 1, at(0), at(120))["home"]

    assert flow.wh == pytest.approx(24.0)
    assert flow.covered_ratio == 1


def test_partial_coverage_is_told(store: Store) -> None:
    counted(store, (0, 0.0), (5, 1.0), (1800, 500.0))

    assert energy(store, 1, at(0), at(3600))["home"].covered_ratio == pytest.approx(0.5)
    assert energy(store, 1, at(-1800), at(1800))["home"].covered_ratio == pytest.approx(0.5)


@pytest.mark.parametrize("broken_wh", [0.0, 5_000_000.0, -1.0])
def test_a_counter_that_jumps_and_comes_back_is_kept_out_and_listed(store: Store, broken_wh: float) -> None:
    counted(store, *((t, 10_000 + t / 5) for t in range(0, 60, 5)), power_w=720.0)
    counted(store, (60, broken_wh), power_w=720.0)
    counted(store, *((t, 10_000 + t / 5) for t in range(65, 121, 5)), power_w=720.0)

    assert home_wh(store, 0, 120) == pytest.approx(24.0)
    (step,) = store.refused_steps(1, at(0), at(200))
    assert (step.signal, step.at_ms - step.since_ms) == ("load_wh", 10_000)
    assert (step.reason, step.size_wh) == ("spike" if broken_wh > 0 else "dip", broken_wh - 10_011)
    assert [step.step_wh, step.fill_wh] == pytest.approx([2.0, 2.0])


def test_a_swapped_meter_begins_anew(store: Store) -> None:
    counted(store, (0, 900_000.0), (5, 900_001.0), power_w=720.0)
    counted(store, (10, 12.0), (15, 13.0), power_w=720.0)

    assert home_wh(store, 0, 15) == pytest.approx(3.0)
    (step,) = store.refused_steps(1, at(0), at(60))
    assert (step.signal, step.step_wh) == ("load_wh", -899_989.0)
    assert step.fill_wh == pytest.approx(1.0)


def test_a_reset_during_an_outage_counts_what_came_after_it_and_is_not_covered(store: Store) -> None:
    counted(store, (0, 900_000.0), (1800, 900_500.0), (3600, 10.0), (5400, 510.0))

    flow = energy(store, 1, at(0), at(5400))["home"]

    assert flow.wh == pytest.approx(500 + 10 + 500)
    assert flow.covered_ratio == pytest.approx(2 / 3)
    parts = energy_between(store, 1, [at(0), at(2000), at(3000), at(5400)])
    assert sum(part["home"].wh or 0 for part in parts) == pytest.approx(1010)


def test_a_counter_that_trembles_by_a_packs_step_is_believed(store: Store) -> None:
    counted(store, (0, 1000.0), (5, 990.0), (10, 1002.0))

    assert home_wh(store, 0, 10) == pytest.approx(2.0)
    assert store.refused_steps(1, at(0), at(60)) == []


def test_a_refused_step_is_found_after_a_restart_too(path: Path) -> None:
    with Store.open(path) as store:
        counted(store, (0, 900_000.0))
    with Store.open(path) as store:
        counted(store, (5, 3.0))
        assert len(store.refused_steps(1, at(0), at(60))) == 1


@pytest.mark.parametrize("last_day", [date(2026, 3, 30), date(2026, 10, 26), date(2026, 6, 23)])
def test_days_sum_to_the_range_also_over_a_change_of_clocks(
    store: Store, record_house: RecordHouse, last_day: date
) -> None:
    tz = ZoneInfo("Europe/Paris")
    start = datetime(last_day.year, last_day.month, last_day.day, tzinfo=tz).astimezone(UTC) - timedelta(days=2)
    record_house(store, start - timedelta(hours=2), lambda _: 1000.0, until_s=76 * 3600, every_s=240)

    days = energy_of_days(store, 1, last_day, 3, tz)

    hours = {date(2026, 3, 30): [24, 23, 24], date(2026, 10, 26): [24, 25, 24]}.get(last_day, [24, 24, 24])
    assert [round(flows["home"].wh or 0) / 1000 for flows in days.values()] == hours
    assert list(days)[-1] == last_day


@pytest.mark.skipif(not TRACE.exists(), reason=f"no real house at {TRACE}")
@pytest.mark.parametrize("outage_h", [0, 3])
def test_a_real_house_comes_out_as_in_its_file(store: Store, outage_h: int) -> None:
    with TRACE.open() as file:
        loads_w = [float(row["load_w"]) for row in csv.DictReader(file)]
    i = store.gateway_id("gateway")
    tz = ZoneInfo("Europe/Paris")
    start = datetime(2007, 2, 1, tzinfo=tz)
    counter_wh = 4_000_000.0
    for minute, load_w in enumerate([*loads_w, loads_w[-1]]):
        is_away = 600 <= minute < 600 + 60 * outage_h
        if minute % 3 == 0 and not is_away:
            when = (start + timedelta(minutes=minute)).astimezone(UTC)
            store.append(i, Reading(at=when, load_power_w=load_w, load_wh=counter_wh))
        counter_wh += load_w / 60

    days = energy_of_days(store, i, date(2007, 2, 2), 2, tz)

    truth_wh = [sum(loads_w[:1440]) / 60, sum(loads_w[1440:]) / 60]
    assert sum(truth_wh) == pytest.approx(58_208, abs=1)
    for flows, wh in zip(days.values(), truth_wh, strict=True):
        assert flows["home"].wh == pytest.approx(wh, rel=0.005)
        assert flows["home"].covered_ratio == 1


def test_a_sum_reads_its_edges_and_not_what_lies_between(
    store: Store, record_house: RecordHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    record_house(store, START, wavy_w, until_s=7200)
    read: list[int] = []
    rows = store.database.rows

    def counted(sql: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        found = rows(sql, parameters)
        read.append(len(found))
        return found

    monkeypatch.setattr(store.database, "rows", counted)
    assert energy(store, 1, at(0), at(7000))["home"].wh

    assert sum(read) < 100
