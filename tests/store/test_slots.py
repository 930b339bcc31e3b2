"""A curve at any step is what the raw readings say, wherever they are: hot, sealed by day, joined by month."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.store.test_archive import START, seal_all, wild

from forebay.records.reading import Reading
from forebay.store import Store
from forebay.store.rollup import GAUGES
from forebay.store.seal import seal_next_day
from forebay.store.slots import Window, summed
from forebay.store.state import to_ms

STEPS_S = [5, 7, 60, 90, 300, 900, 1800, 2700, 3600, 21_600, 86_400, 30 * 86_400]
Kept = dict[str, tuple[Store, list[Reading]]]


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kept]:
    """The same seven days three times: in the database, in files of days, and partly in a month's file."""
    folder: Path = tmp_path_factory.mktemp("slots")
    found: Kept = {}
    for name in ("hot", "days", "months"):
        store = Store.open(folder / name / "forebay.db")
        found[name] = store, wild(store, 7, every_s=170)
        while name == "days" and seal_next_day(store, 1, "samples"):
            pass
        if name == "months":
            seal_all(store)
    yield found
    for store, _ in found.values():
        store.close()


@given(
    where=st.sampled_from(["hot", "days", "months"]),
    step_s=st.sampled_from(STEPS_S),
    start_s=st.one_of(st.integers(-5000, 650_000), st.integers(-5, 700).map(lambda n: 900 * n)),
    length_s=st.integers(1, 250_000),
)
def test_slots_are_what_the_raw_readings_say(kept: Kept, where: str, step_s: int, start_s: int, length_s: int) -> None:
    store, readings = kept[where]
    start_ms = to_ms(START + timedelta(seconds=start_s))
    window = Window(start_ms, start_ms + 1000 * min(length_s, 400 * step_s), step_s * 1000)
    found = summed(store, 1, window, GAUGES)

    inside = [r for r in readings if window.start_ms <= to_ms(r.at) < window.end_ms]
    for name in GAUGES:
        slots: list[list[float]] = [[] for _ in range(window.slots)]
        for reading in inside:
            value = getattr(reading, name)
            if value is not None:
                slots[(to_ms(reading.at) - window.start_ms) // window.step_ms].append(value)
        means = [sum(values) / len(values) if values else None for values in slots]
        assert found[name].count.tolist() == [len(values) for values in slots]
        assert found[name].means() == pytest.approx(means, abs=0.006)
        assert found[name].lows() == pytest.approx([min(values, default=None) for values in slots], abs=0.006)
        assert found[name].highs() == pytest.approx([max(values, default=None) for values in slots], abs=0.006)
