"""The clear day is learned from the days themselves, and what is missing from one is found."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from forebay.records.clear_day import FEWEST_DAYS, QUARTERS, clear_days, judge

FIRST = date(2025, 6, 1).toordinal()
BELL = np.maximum(0, np.sin(np.linspace(-0.6, np.pi + 0.6, QUARTERS))) * 5000.0
"""A clear day: the sun is up from quarter 16 to 80, about."""


def days(n: int, every_clear: int = 3) -> np.ndarray:
    """Return days of which each `every_clear`-th is clear and the others have half the light."""
    return np.array([BELL if i % every_clear == 0 else BELL / 2 for i in range(n)])


def test_the_clear_day_is_that_of_the_clear_days_among_cloudy_ones() -> None:
    ordinals = np.arange(FIRST, FIRST + 40)

    clear = clear_days(ordinals, days(40), ordinals[15:20])

    assert clear == pytest.approx(np.tile(BELL, (5, 1)))


def test_one_reading_of_nonsense_is_not_the_clear_day() -> None:
    power = days(40)
    power[20, 50] = 1e6
    ordinals = np.arange(FIRST, FIRST + 40)

    assert clear_days(ordinals, power, ordinals[20:21])[0] == pytest.approx(BELL)


def test_other_years_tell_of_the_same_time_of_the_year_and_winter_does_not() -> None:
    ordinals = np.concatenate([np.arange(FIRST - 365, FIRST - 335), np.arange(FIRST - 180, FIRST - 150)])
    power = np.concatenate([days(30), np.tile(BELL * 0.1, (30, 1))])

    assert clear_days(ordinals, power, np.array([FIRST + 10]))[0] == pytest.approx(BELL)


def test_the_turn_of_the_year_is_no_border() -> None:
    last = date(2025, 12, 31).toordinal()
    ordinals = np.arange(last - 14, last + 1)

    found = clear_days(ordinals, days(15, 1), np.array([last + 1]))[0]

    assert found == pytest.approx(BELL)


def test_few_days_know_no_clear_one() -> None:
    ordinals = np.arange(FIRST, FIRST + FEWEST_DAYS - 1)

    clear = clear_days(ordinals, days(FEWEST_DAYS - 1), ordinals)

    assert np.isnan(clear).all()
    assert judge(BELL, clear[0]).ratio is None


def test_half_the_light_is_half_a_clear_day_and_nothing_is_missing() -> None:
    judged = judge(BELL / 2, BELL)

    assert judged.ratio == pytest.approx(0.5)
    assert judged.seen_ratio == 1.0
    assert judged.dark is None


def test_a_day_without_production_is_missing_from_dawn_to_dusk() -> None:
    judged = judge(np.zeros(QUARTERS), BELL)

    assert judged.ratio == 0
    assert judged.dark is not None
    assert (judged.dark.first, judged.dark.until) == (
        int((BELL > 100).argmax()),
        int(QUARTERS - (BELL[::-1] > 100).argmax()),
    )
    assert judged.dark.clear_wh == pytest.approx(BELL[BELL > 100].sum() / 4)


def test_hours_without_production_at_noon_are_missing_and_an_hour_is_not() -> None:
    long, short = BELL.copy(), BELL.copy()
    long[44:56] = 0
    short[44:48] = 0

    found = judge(long, BELL).dark

    assert found is not None
    assert (found.first, found.until, found.made_wh) == (44, 56, 0)
    assert judge(short, BELL).dark is None


def test_what_was_not_read_is_not_missing() -> None:
    unread, half = BELL.copy(), BELL.copy()
    unread[:] = np.nan
    half[40:60] = np.nan

    assert judge(unread, BELL).dark is None
    assert judge(unread, BELL).seen_ratio == 0
    assert judge(half, BELL).dark is None
    assert judge(half, BELL).ratio == pytest.approx(1.0)  # of what was read
    half[36:64] = np.nan
    assert judge(half, BELL).seen_ratio < 0.5
    assert judge(half, BELL).ratio is None


def test_the_sun_at_night_is_no_production_that_could_be_missing() -> None:
    assert judge(np.zeros(QUARTERS), np.zeros(QUARTERS)).clear_wh is None
