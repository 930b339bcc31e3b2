"""The rule by which a counter is apportioned inside a pair of readings stands twice, for one edge and for many."""

from __future__ import annotations

import math
import tempfile
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from forebay.records.flows import FLOWS
from forebay.records.reading import Reading
from forebay.store import Store
from forebay.store.energy import _Readings
from forebay.store.state import to_ms
from forebay.store.steps import SWITCH_MS, Point, share

START = datetime(2026, 6, 21, tzinfo=UTC)
POWERS = ("site_power_w", "battery_power_w", "load_power_w", "solar_power_w")
SPANS_MS = st.one_of(
    st.integers(1, 10),
    st.integers(1000, 60_000),
    st.sampled_from([300_000, 300_001, SWITCH_MS, SWITCH_MS + 1, 9_000_000]),
)
WATTS = st.one_of(
    st.none(), st.just(0.0), st.integers(-3, 3).map(float), st.integers(-200_000, 200_000).map(lambda n: n / 10)
)
PAIRS_WH = st.one_of(
    st.just(0.0),
    st.just(-1e6),
    st.just(5e6),
    st.integers(0, 40).map(float),
    st.integers(-1000, 20_000).map(lambda n: n / 10),
)
COUNTED = st.one_of(st.none(), PAIRS_WH)
"""What a counter goes on by from one reading to the next; None where it is not told."""


@st.composite
def series(draw: st.DrawFn) -> list[Reading]:
    """Return readings of powers that come and go, and counters that jump, begin anew and are not told."""
    at, counters = START, {flow.counter: 1e6 for flow in FLOWS}
    found = []
    for _ in range(draw(st.integers(1, 8))):
        told: dict[str, float | None] = {name: draw(WATTS) for name in POWERS}
        for name in counters:
            step_wh = draw(COUNTED)
            counters[name] += step_wh or 0.0
            told[name] = None if step_wh is None else counters[name]
        found.append(Reading(at=at, **told))  # type: ignore[arg-type]
        at += timedelta(milliseconds=draw(SPANS_MS))
    return found


def one_by_one(readings: list[Reading], number: int, edge_ms: int) -> float | None:
    """Return a flow's counter at an edge, by the rule for one."""
    flow = FLOWS[number]
    before = max((r for r in readings if to_ms(r.at) <= edge_ms), key=lambda r: r.at, default=None)
    after = min((r for r in readings if to_ms(r.at) > edge_ms), key=lambda r: r.at, default=None)
    if before is None or after is None or to_ms(after.at) - to_ms(before.at) > SWITCH_MS:
        return None
    points = []
    for reading in (before, after):
        wh, watts = getattr(reading, flow.counter), getattr(reading, flow.power)
        if wh is None:
            return None
        points.append(Point(to_ms(reading.at), wh, None if watts is None else max(0.0, flow.sign * watts)))
    pair_wh = points[1].counter_wh - points[0].counter_wh
    return points[0].counter_wh + pair_wh * share(points[0], points[1], edge_ms, pair_wh)


@settings(max_examples=30, deadline=None)
@given(series(), st.lists(st.floats(-0.05, 1.05), min_size=1, max_size=6))
def test_many_edges_at_once_are_apportioned_as_each_alone(readings: list[Reading], places: list[float]) -> None:
    low_ms, high_ms = to_ms(readings[0].at), to_ms(readings[-1].at)
    on_readings = {to_ms(r.at) + n for r in readings for n in (-1, 0, 1)}
    edges_ms = sorted({low_ms + round(place * (high_ms - low_ms + 1)) for place in places} | on_readings)
    with tempfile.TemporaryDirectory() as folder, Store.open(Path(folder) / "a.db") as store:
        gateway_id = store.gateway_id("gateway")
        for reading in readings:
            store.append(gateway_id, reading)
        found = _Readings(store, gateway_id, edges_ms).at_edges

    for number, flow in enumerate(FLOWS):
        for edge_ms, wh in zip(edges_ms, found[:, number].tolist(), strict=True):
            alone = one_by_one(readings, number, edge_ms)
            assert math.isnan(wh) is (alone is None), flow.name
            assert alone is None or wh == pytest.approx(alone, rel=1e-12, abs=1e-6), flow.name


@settings(max_examples=200, deadline=None)
@given(WATTS, WATTS, PAIRS_WH, st.integers(1, SWITCH_MS), st.lists(st.floats(0, 1), min_size=2, max_size=6))
@example(0.0, 0.0, 10.0, 5000, [0.0, 0.5, 1.0])
@example(0.0, 6000.0, 0.0, 5000, [0.0, 0.5, 1.0])
def test_a_pairs_shares_rise_from_nothing_to_all(
    from_w: float | None, to_w: float | None, pair_wh: float, span_ms: int, places: list[float]
) -> None:
    before, after = (
        Point(at_ms, 0.0, None if watts is None else max(0.0, watts)) for at_ms, watts in ((0, from_w), (span_ms, to_w))
    )
    shares = [
        share(before, after, at_ms, pair_wh) for at_ms in sorted({0, span_ms, *(int(p * span_ms) for p in places)})
    ]

    assert shares[0] == 0
    assert shares[-1] == pytest.approx(1)
    assert all(low <= high + 1e-9 for low, high in pairwise(shares))
