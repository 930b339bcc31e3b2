"""Pictures out of characters keep to their width and tell little from nothing."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forebay.errors import ConfigError
from forebay.views import plot
from forebay.views.period import last_days, like, period

TODAY = date(2026, 6, 24)
VALUES = st.lists(st.one_of(st.none(), st.floats(0, 1e6)), min_size=1, max_size=200)


@given(VALUES, st.integers(1, 120), st.integers(1, 6))
def test_a_picture_is_as_wide_and_high_as_it_was_asked_to_be(
    values: list[float | None], width: int, height: int
) -> None:
    shown = plot.fitted(values, width)
    lines = plot.strip(shown, height, (0.0, max([v for v in shown if v is not None] or [1.0])), width)

    assert len(lines) == height
    assert {len(line) for line in lines} == {width}
    assert ("·" in lines[-1]) == any(value is None for value in shown)


@given(VALUES, st.integers(1, 50))
def test_columns_that_share_values_show_their_mean(values: list[float | None], width: int) -> None:
    shown = plot.fitted(values, width)
    known = [value for value in values if value is not None]

    assert len(shown) == min(width, len(values))
    assert all(value is None or min(known) - 1e-6 <= value <= max(known) + 1e-6 for value in shown)


def test_height_grows_with_the_value_and_little_is_not_nothing() -> None:
    (line,) = plot.strip([0, 0.01, 1, 2, 4, 8, None], 1, (0.0, 8.0), 7)

    assert line == " ▁▁▂▄█·"
    assert plot.strip([5.0, 5.0], 1, (5.0, 5.0), 2) == ["▄▄"]


def test_labels_without_room_are_left_out() -> None:
    assert plot.axis([(0, "00:00"), (0.25, "06:00"), (0.5, "12:00")], 16) == "00:00   12:00"
    assert plot.axis([(0, "a"), (1, "end")], 10) == "a      end"


@pytest.mark.parametrize(
    ("text", "first", "end", "title"),
    [
        ("today", "2026-06-24", "2026-06-25", "Wednesday 2026-06-24"),
        ("yesterday", "2026-06-23", "2026-06-24", "Tuesday 2026-06-23"),
        ("2026-02-28", "2026-02-28", "2026-03-01", "Saturday 2026-02-28"),
        ("week", "2026-06-22", "2026-06-29", "week 2026-W26, 2026-06-22 to 2026-06-28"),
        ("2026-W01", "2025-12-29", "2026-01-05", "week 2026-W01, 2025-12-29 to 2026-01-04"),
        ("month", "2026-06-01", "2026-07-01", "June 2026"),
        ("2025-12", "2025-12-01", "2026-01-01", "December 2025"),
        ("2024", "2024-01-01", "2025-01-01", "2024"),
        ("2026-06-01..2026-06-15", "2026-06-01", "2026-06-16", "2026-06-01 to 2026-06-15"),
        ("2025..2026-03", "2025-01-01", "2026-04-01", "2025-01-01 to 2026-03-31"),
    ],
)
def test_periods_are_those_of_the_calendar(text: str, first: str, end: str, title: str) -> None:
    found = period(text, TODAY)

    assert (found.first.isoformat(), found.end.isoformat(), found.title) == (first, end, title)


@pytest.mark.parametrize(
    ("text", "before", "year_before"),
    [
        ("2026-03", "February 2026", "March 2025"),
        ("2024", "2023", "2023"),
        ("2024-02-29", "Wednesday 2024-02-28", "Tuesday 2023-02-28"),
        ("2026-W26", "week 2026-W25, 2026-06-15 to 2026-06-21", "week 2025-W26, 2025-06-23 to 2025-06-29"),
        ("2026-06-11..2026-06-20", "2026-06-01 to 2026-06-10", "2025-06-11 to 2025-06-20"),
    ],
)
def test_the_period_before_is_of_the_same_kind(text: str, before: str, year_before: str) -> None:
    found = period(text, TODAY)

    assert (found.before.title, found.year_before.title) == (before, year_before)


@pytest.mark.parametrize(
    ("one", "title"),
    [("2026", "2025-01-01 to 2025-06-24"), ("month", "2026-05-01 to 2026-05-24"), ("2024", "2023"), ("today", None)],
)
def test_what_is_not_over_is_compared_with_as_many_days(one: str, title: str | None) -> None:
    found = period(one, TODAY)

    assert like(found.before, found, TODAY).title == (title or "Tuesday 2026-06-23")


def test_the_last_days_end_today() -> None:
    assert last_days(14, TODAY).title == "2026-06-11 to 2026-06-24"


@pytest.mark.parametrize("text", ["soon", "2026-13", "2026-02-30", "2026-W60", "2026-06-20..2026-06-10", "", "0000"])
def test_what_is_no_period_is_told_with_what_is(text: str) -> None:
    with pytest.raises(ConfigError, match="is no period; say today, yesterday, week"):
        period(text, TODAY)
