"""The highest power of each flow, of one gateway and of several together, is the one that all readings give."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from forebay.records.reading import Reading
from forebay.store import Store
from forebay.store.peaks import FLOWS, MOST_LOOKS, peaks
from forebay.store.raw import Raw
from forebay.store.seal import upkeep

START = datetime(2026, 6, 21, 7, tzinfo=UTC)
DAYS = 4
NAMES = ("load_power_w", "site_power_w", "battery_power_w", "solar_power_w")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path / "forebay.db") as opened:
        yield opened


def record(store: Store, name: str, power: Callable[[int, str], float | None], n: int, step_s: int = 60) -> int:
    i = store.gateway_id(name)
    for number in range(n):
        at = START + timedelta(seconds=step_s * number)
        values: dict[str, Any] = {signal: power(number, signal) for signal in NAMES}
        store.append(i, Reading(at=at, **values))
    return i


def spiky(seed: int, *, has_sun: bool = True) -> Callable[[int, str], float | None]:
    dice = random.Random(seed)

    def power(_: int, signal: str) -> float | None:
        if signal == "solar_power_w" and not has_sun:
            return None
        base = round(dice.uniform(-300, 800), 2)
        return base + (round(dice.uniform(0, 9000), 2) if dice.random() < 0.01 else 0.0)

    return power


def test_the_peak_of_a_sum_is_that_of_all_instants_and_not_the_sum_of_the_peaks(store: Store) -> None:
    n = DAYS * 1440
    ids = [record(store, name, spiky(seed), n) for seed, name in enumerate(("house", "barn", "shed"))]
    told: dict[str, list[list[float]]] = {signal: [] for signal in NAMES}
    for seed in range(3):
        power = spiky(seed)
        rows = [{signal: power(k, signal) or 0.0 for signal in NAMES} for k in range(n)]
        for signal in NAMES:
            told[signal].append([row[signal] for row in rows])
    end = START + timedelta(minutes=n)

    for is_sealed in (False, True):
        while is_sealed and upkeep(store):
            pass
        found = peaks(store, ids, START, end)
        for flow, (signal, sign) in FLOWS.items():
            sums = [sign * sum(each) for each in zip(*told[signal], strict=True)]
            peak = found[flow]
            assert peak is not None
            assert not peak.is_least
            assert peak.power_w == pytest.approx(max(sums), abs=0.05)
            assert peak.at == START + timedelta(minutes=sums.index(max(sums)))
        alone = [peaks(store, [i], START, end)["home"] for i in ids]
        together = found["home"]
        assert together is not None
        assert together.power_w < sum(one.power_w for one in alone if one is not None)


def test_a_window_takes_no_reading_from_beside_it(store: Store) -> None:
    i = record(store, "house", lambda k, _: 9000.0 if k in {50, 77} else 100.0 + k, 120)

    found = peaks(store, [i], START + timedelta(minutes=51), START + timedelta(minutes=77))["home"]

    assert found is not None
    assert (found.power_w, found.at) == (176.0, START + timedelta(minutes=76))


def test_readings_that_are_seconds_apart_are_added_and_those_of_a_gap_are_not(store: Store) -> None:
    house = record(store, "house", lambda k, _: 5000.0 if 40 <= k < 60 or k == 300 else 200.0, 600, step_s=5)
    barn = store.gateway_id("barn")
    for number in range(600):
        if not 30 <= number < 90:  # silent while the house takes most
            at = START + timedelta(seconds=5 * number + 2)
            store.append(barn, Reading(at=at, load_power_w=3000.0 if number == 300 else 100.0))

    found = peaks(store, [house, barn], START, START + timedelta(hours=1))

    assert found["home"] is not None
    assert found["home"].power_w == 8000.0
    assert abs(found["home"].at - (START + timedelta(seconds=1500))) <= timedelta(seconds=2)


def test_a_gateway_without_sun_takes_nothing_away_from_the_sun_of_the_others(store: Store) -> None:
    ids = [record(store, "house", spiky(1), 300), record(store, "barn", spiky(2, has_sun=False), 300)]

    both, alone = (peaks(store, some, START, START + timedelta(days=1))["solar"] for some in (ids, ids[:1]))

    assert both is not None
    assert both == alone


def test_powers_that_stay_the_same_are_looked_into_once(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    ids = [record(store, name, lambda _k, _s: 500.004, 2880) for name in ("house", "barn")]
    while upkeep(store):
        pass
    looked: list[int] = []
    raw = Store.raw

    def watched(self: Store, i: int, *rest: Any) -> Raw:
        looked.append(i)
        return raw(self, i, *rest)

    monkeypatch.setattr(Store, "raw", watched)

    found = peaks(store, ids, START, START + timedelta(days=3))["home"]

    assert found is not None
    assert found.at == START
    assert len(looked) <= 2 * len(FLOWS) * len(ids)


def test_a_sum_that_promises_more_than_can_be_looked_into_says_so(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Spikes of two houses that are never at the same time: each quarter of an hour promises twice what it holds."""
    ids = [
        record(store, "house", lambda k, _: 4000.0 if k % 15 == 3 else 100.0, 900),
        record(store, "barn", lambda k, _: 4000.0 if k % 15 == 9 else 100.0, 900),
    ]
    end = START + timedelta(days=1)
    whole = peaks(store, ids, START, end)["home"]
    monkeypatch.setattr("forebay.store.peaks.MOST_LOOKS", 5)
    some = peaks(store, ids, START, end)["home"]

    assert MOST_LOOKS > 60
    assert whole is not None
    assert some is not None
    assert (whole.power_w, whole.is_least) == (4100.0, False)
    assert (some.power_w, some.is_least) == (4100.0, True)


def test_nothing_recorded_has_no_peak(store: Store) -> None:
    i = record(store, "house", lambda _k, _s: 0.0, 30)

    assert set(peaks(store, [i], START, START + timedelta(hours=1)).values()) == {None}
    assert set(peaks(store, [], START, START + timedelta(hours=1)).values()) == {None}
