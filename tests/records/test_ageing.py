"""The line through a battery's capacities says what made them, and says nothing of too few."""

from __future__ import annotations

import random
from datetime import date, timedelta
from statistics import median

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forebay.records.ageing import Warranty, round_trip_ratio, thinned, trend, weighted_median

FIRST = date(2020, 3, 1)


def fading(days: int, per_year: float, *, noise: float = 0.0, seed: int = 1) -> list[tuple[date, float]]:
    """Return 13.5 kWh that change by `per_year` Wh a year, one value a day."""
    dice = random.Random(seed)
    return [
        (FIRST + timedelta(days=n), 13_500 + per_year * n / 365.25 + (dice.gauss(0, noise) if noise else 0.0))
        for n in range(days)
    ]


def test_a_clean_line_is_found_exactly() -> None:
    found = trend(fading(2000, -270))

    assert found is not None
    assert found.per_year == pytest.approx(-270, rel=1e-9)
    assert found.at == pytest.approx(found.on(found.day))
    assert found.on(FIRST) == pytest.approx(13_500, rel=1e-6)


def test_the_spread_holds_the_true_slope_and_narrows_with_the_years() -> None:
    short, long = trend(fading(400, -270, noise=150)), trend(fading(2000, -270, noise=150))

    assert short is not None
    assert long is not None
    for found in (short, long):
        assert found.low_per_year < -270 < found.high_per_year
        assert found.low_per_year < found.per_year < found.high_per_year
    assert long.high_per_year - long.low_per_year < (short.high_per_year - short.low_per_year) / 3


def test_a_fifth_of_nonsense_moves_the_line_hardly() -> None:
    points = fading(1500, -270)
    dice = random.Random(2)
    for n in dice.sample(range(1500), 300):
        points[n] = (points[n][0], dice.choice([0.0, 27_000.0, 6_750.0]))

    found = trend(points)

    assert found is not None
    assert found.per_year == pytest.approx(-270, abs=15)


def test_a_record_of_one_season_has_no_trend() -> None:
    assert trend(fading(179, -3000)) is None
    assert trend([]) is None
    assert trend(fading(181, -270)) is not None


def test_when_a_line_reaches_a_value_is_told_and_never_where_it_rises() -> None:
    falling, rising = trend(fading(366, -1000)), trend(fading(366, 10))

    assert falling is not None
    assert rising is not None
    assert falling.reaches(falling.at - 500) == pytest.approx(0.5)
    assert falling.reaches(20_000) == 0
    assert rising.reaches(9_450) is None


def test_a_warranty_line_goes_from_the_nominal_to_what_is_promised_and_stays() -> None:
    line = Warranty()

    assert [line.at(age, 13_500) for age in (-1, 0, 5, 10, 12)] == pytest.approx([13_500, 13_500, 11_475, 9_450, 9_450])


@pytest.mark.parametrize(
    ("charged", "discharged", "gained", "expected"),
    [
        (10_000, 9_000, 0, 0.9),
        (10_000, 0, 9_000, None),  # nearly all is still inside
        (20_000, 13_500, 5_000, 0.9),
        (10_000, 13_500, -5_000, 0.9),
        (0, 500, -500, None),
        (0, 0, 0, None),
    ],
)
def test_round_trip_counts_what_is_still_inside_as_not_yet_lost(
    charged: float, discharged: float, gained: float, expected: float | None
) -> None:
    found = round_trip_ratio(charged, discharged, gained)

    assert found == (None if expected is None else pytest.approx(expected))


@given(st.lists(st.tuples(st.integers(-5, 5).map(float), st.integers(1, 4)), min_size=1, max_size=12))
def test_a_median_of_counted_values_is_that_of_the_values(counts: list[tuple[float, int]]) -> None:
    assert weighted_median(counts) == median([value for value, n in counts for _ in range(n)])


def test_thinning_keeps_the_ends_of_the_record_and_the_order() -> None:
    points = fading(3650, -270)

    thin = thinned(points, 120)

    assert len(thin) <= 120
    assert [day for day, _ in thin] == sorted(day for day, _ in thin)
    assert (thin[0][0] - points[0][0]).days < 31
    assert (points[-1][0] - thin[-1][0]).days < 31
