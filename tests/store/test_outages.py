"""An outage of the recorder loses no energy that the counters saw, wherever it begins and ends; the curve shows it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.store.test_archive import seal_all

from forebay.emulator.build import build_device
from forebay.emulator.device import Device
from forebay.emulator.home import Home
from forebay.emulator.resources import meters
from forebay.records.flows import FLOWS
from forebay.records.reading import Reading, fast_reading
from forebay.records.reasons import Reason
from forebay.store import Store
from forebay.store.energy import energy, energy_between, energy_of_days
from forebay.store.integral import powers_between
from forebay.store.query import day_bounds, series

PARIS = ZoneInfo("Europe/Paris")
REST_W = 250.0
CLOSE = 0.001
"""How near sums come to the truth."""
OUTAGES = [(44 * 60, 11_000.0), (140 * 60, 3000.0)]
PLACES = {
    "in the afternoon": datetime(2026, 6, 21, 13, 3, 7, tzinfo=UTC),
    "over a quarter's edge": datetime(2026, 6, 21, 12, 59, 58, tzinfo=UTC),
    "over midnight": datetime(2026, 6, 21, 21, 41, tzinfo=UTC),
    "where clocks go forward": datetime(2026, 3, 29, 0, 47, 1, tzinfo=UTC),
    "where clocks go back": datetime(2026, 10, 25, 0, 22, tzinfo=UTC),
    "over the end of a sealed day": datetime(2026, 6, 21, 23, 40, tzinfo=UTC),
}


def drawn_wh(t_s: float, car_s: tuple[float, float], car_w: float) -> float:
    """Return what the house has drawn since the start of the recording [Wh]."""
    return (REST_W * t_s + (car_w - REST_W) * min(max(t_s - car_s[0], 0.0), car_s[1] - car_s[0])) / 3600


def record_around(
    store: Store, begin: datetime, length_s: float, car_w: float, every_s: float
) -> tuple[datetime, tuple[float, float]]:
    """Record three hours, then nothing while a car charges, then three hours; return the start and when it charged."""
    gateway_id, before_s = store.gateway_id("gateway"), 3 * 3600.0
    start, car_s = begin - timedelta(seconds=before_s), (before_s - 300, before_s + length_s + 240)
    n = int((2 * before_s + length_s) / every_s)
    is_away = False
    for t_s in (number * every_s for number in range(n + 1)):
        at = start + timedelta(seconds=t_s)
        if before_s <= t_s < before_s + length_s:
            if not is_away:
                last = store.latest(gateway_id)
                assert last is not None
                store.open_gap(gateway_id, last.at, Reason.UNREACHABLE)
                is_away = True
            continue
        if is_away:
            store.close_gap(gateway_id, at)
            is_away = False
        watts = car_w if car_s[0] <= t_s < car_s[1] else REST_W
        counted = 3_000_000 + drawn_wh(t_s, car_s, car_w)
        reading = Reading(at=at, site_power_w=watts, load_power_w=watts, site_import_wh=counted, load_wh=counted)
        store.append(gateway_id, reading)
    return start, car_s


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize(("length_s", "car_w"), OUTAGES)
@pytest.mark.parametrize("every_s", [5.0, 60.0])
def test_the_sums_have_the_outage_and_the_curve_has_a_hole(
    store: Store, place: str, length_s: float, car_w: float, every_s: float
) -> None:
    start, car_s = record_around(store, PLACES[place], length_s, car_w, every_s)
    end_s = 2 * 3 * 3600.0 + length_s - every_s
    outside = [0.0, 77.7, 5000.0, 9000.0, car_s[1] + 900.3, end_s - 3000.1, end_s]

    for _ in ("hot", "sealed"):
        windows = energy_between(store, 1, [start + timedelta(seconds=t) for t in outside])
        for (low_s, high_s), window in zip(pairwise(outside), windows, strict=True):
            truth_wh = drawn_wh(high_s, car_s, car_w) - drawn_wh(low_s, car_s, car_w)
            for name in ("home", "grid_in"):
                assert window[name].wh == pytest.approx(truth_wh, rel=CLOSE), (low_s, high_s)
                assert window[name].covered_ratio == 1
        days = energy_of_days(store, 1, (start + timedelta(seconds=end_s)).astimezone(PARIS).date(), 2, PARIS)
        assert sum(day["home"].wh or 0 for day in days.values()) == pytest.approx(
            drawn_wh(end_s, car_s, car_w), rel=CLOSE
        )
        assert_hole(store, start, length_s, every_s)
        for day in range(1, 5):
            store.append(1, Reading(at=start + timedelta(days=day, hours=12)))
        seal_all(store)


def assert_hole(store: Store, start: datetime, length_s: float, every_s: float) -> None:
    begin = start + timedelta(hours=3)
    curve = series(store, 1, start, begin + timedelta(seconds=length_s + 7200), step_s=300, signals=["load_power_w"])
    low_s, high_s = begin.timestamp(), begin.timestamp() + length_s
    for t, watts in zip(curve.t, curve.columns["load_power_w"], strict=True):
        if t >= low_s and t + 300 <= high_s - every_s:
            assert watts is None
        elif t + 300 <= low_s - every_s or t >= high_s + every_s:
            assert watts is not None


@given(
    outage=st.sampled_from(OUTAGES),
    every_s=st.sampled_from([5.0, 60.0, 47.3]),
    offset_s=st.integers(0, 7200),
    edges=st.lists(st.floats(0, 1), min_size=1, max_size=6),
)
@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_wherever_an_outage_begins_windows_around_it_are_right_and_add_up(
    tmp_path_factory: pytest.TempPathFactory,
    outage: tuple[float, float],
    every_s: float,
    offset_s: int,
    edges: list[float],
) -> None:
    length_s, car_w = outage
    begin = datetime(2026, 3, 28, 23, tzinfo=UTC) + timedelta(seconds=offset_s)
    with Store.open(tmp_path_factory.mktemp("house") / "forebay.db") as store:
        start, car_s = record_around(store, begin, length_s, car_w, every_s)
        end_s = 2 * 3 * 3600.0 + length_s - 2 * every_s
        cuts = sorted({0.0, end_s, *(round(edge * end_s, 3) for edge in edges)})
        windows = energy_between(store, 1, [start + timedelta(seconds=t) for t in cuts])

        assert sum(window["home"].wh or 0 for window in windows) == pytest.approx(
            drawn_wh(end_s, car_s, car_w), rel=CLOSE
        )
        for (low_s, high_s), window in zip(pairwise(cuts), windows, strict=True):
            if not (3 * 3600 - 600 < low_s < car_s[1] + 300 or 3 * 3600 - 600 < high_s < car_s[1] + 300):
                truth_wh = drawn_wh(high_s, car_s, car_w) - drawn_wh(low_s, car_s, car_w)
                assert window["home"].wh == pytest.approx(truth_wh, rel=CLOSE, abs=0.5)


def living(device: Device, seconds: float, every_s: float) -> Iterator[Reading]:
    """Let an emulated home live; give what its meters tell."""
    for _ in range(int(seconds / every_s)):
        device.clock.jump(every_s)
        device.catch_up()
        yield told_by(device)


def told_by(device: Device) -> Reading:
    return fast_reading(device.now, meters.aggregates(device, None, {}))


@pytest.mark.parametrize(("length_s", "car_w"), OUTAGES)
@pytest.mark.parametrize(("every_s", "begin_h"), [(5.0, 15.0), (60.0, 22.6)])
def test_an_emulated_houses_own_truth_is_met_over_an_outage(
    store: Store, length_s: float, car_w: float, every_s: float, begin_h: float
) -> None:
    start = datetime(2026, 6, 21, tzinfo=UTC) + timedelta(hours=begin_h)
    device, gateway_id = build_device(Home(), start=start, speed=0), store.gateway_id("gateway")
    first = told_by(device)
    store.append(gateway_id, first)
    for reading in living(device, 3600, every_s):
        store.append(gateway_id, reading)
    device.set_load_w(car_w)
    for reading in living(device, 120, every_s):
        store.append(gateway_id, reading)
    for _ in living(device, length_s, 60.0):
        pass  # nobody looks
    device.set_load_w(None)
    last = first
    for last in living(device, 3600, every_s):
        store.append(gateway_id, last)

    found = energy(store, gateway_id, first.at, last.at)
    for flow in FLOWS:
        truth_wh = getattr(last, flow.counter) - getattr(first, flow.counter)
        assert found[flow.name].wh == pytest.approx(truth_wh, rel=CLOSE, abs=0.1), flow.name
        assert found[flow.name].covered_ratio == 1
    assert (found["home"].wh or 0) > car_w * length_s / 3600
    seen = powers_between(store, gateway_id, [first.at, last.at])[0]["home"]
    assert seen.wh < (found["home"].wh or 0) - 0.9 * car_w * length_s / 3600  # what adding up powers would say


def test_clean_samples_of_an_emulated_house_integrate_to_the_counters(store: Store) -> None:
    gateway_id, edges = store.gateway_id("gateway"), []
    for month in (1, 4, 7, 10):
        begin = day_bounds(datetime(2026, month, 10, tzinfo=UTC).date(), PARIS)[0] + timedelta(hours=9)
        device = build_device(Home(), start=begin, speed=0)
        for reading in living(device, 6 * 3600, 5.0):
            store.append(gateway_id, reading)
        edges += [begin + timedelta(seconds=5), begin + timedelta(hours=6)]
    counted, powers = energy_between(store, gateway_id, edges)[::2], powers_between(store, gateway_id, edges)[::2]

    through_wh = sum(window["home"].wh or 0 for window in counted)
    for flow in FLOWS:
        truth_wh = sum(window[flow.name].wh or 0 for window in counted)
        summed_wh = sum(window[flow.name].wh for window in powers)
        assert summed_wh == pytest.approx(truth_wh, abs=0.0005 * max(truth_wh, through_wh)), flow.name
        assert all(window[flow.name].known_ms == (6 * 3600 - 5) * 1000 for window in powers)
