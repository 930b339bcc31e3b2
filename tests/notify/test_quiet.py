"""Quiet hours go by the site's clock."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forebay.errors import ConfigError
from forebay.notify.quiet import QuietHours

BERLIN = ZoneInfo("Europe/Berlin")
NIGHT = QuietHours.parse("22:00-07:00")


def local(*parts: int, fold: int = 0) -> datetime:
    return datetime(*parts, tzinfo=BERLIN, fold=fold).astimezone(UTC)  # type: ignore[arg-type,misc]


@pytest.mark.parametrize(
    ("at", "is_quiet"),
    [
        (local(2026, 6, 21, 21, 59), False),
        (local(2026, 6, 21, 22, 0), True),
        (local(2026, 6, 22, 0, 0), True),
        (local(2026, 6, 22, 6, 59), True),
        (local(2026, 6, 22, 7, 0), False),
    ],
)
def test_quiet_hours_go_over_midnight(at: datetime, is_quiet: bool) -> None:
    assert NIGHT.holds(at, BERLIN) is is_quiet


def test_what_happens_in_the_night_is_told_in_the_morning() -> None:
    assert NIGHT.until(local(2026, 6, 21, 23, 30), BERLIN) == local(2026, 6, 22, 7)
    assert NIGHT.until(local(2026, 6, 22, 3), BERLIN) == local(2026, 6, 22, 7)
    assert NIGHT.until(local(2026, 6, 22, 12), BERLIN) == local(2026, 6, 22, 12)


@pytest.mark.parametrize("night", [(2026, 3, 28, 29, 8), (2026, 10, 24, 25, 10)], ids=["23 hours", "25 hours"])
def test_a_night_in_which_the_clock_is_set_ends_by_the_clock(night: tuple[int, int, int, int, int]) -> None:
    year, month, evening, morning, length_h = night
    at = local(year, month, evening, 22)

    assert NIGHT.until(at, BERLIN) - at == timedelta(hours=length_h)
    assert NIGHT.until(at, BERLIN) == local(year, month, morning, 7)


def test_an_hour_shown_twice_is_told_of_at_the_end_of_its_own() -> None:
    early = QuietHours.parse("01:00-02:30")
    assert early.until(local(2026, 10, 25, 2, 10, fold=0), BERLIN) == local(2026, 10, 25, 2, 30, fold=0)
    assert early.until(local(2026, 10, 25, 2, 10, fold=1), BERLIN) == local(2026, 10, 25, 2, 30, fold=1)


def test_an_end_that_the_clock_skips_into_the_next_quiet_hours_is_when_the_clock_is_set() -> None:
    hours = QuietHours.parse("03:15-02:45")
    assert hours.until(local(2026, 3, 28, 6), BERLIN) == local(2026, 3, 29, 3)


@given(
    start_of=st.sampled_from([datetime(2026, 3, 27, tzinfo=UTC), datetime(2026, 10, 23, tzinfo=UTC)]),
    after_min=st.integers(0, 4 * 1440),
    start=st.times(),
    end=st.times(),
)
def test_quiet_hours_end_within_a_day_and_are_over_then(
    start_of: datetime, after_min: int, start: time, end: time
) -> None:
    hours = QuietHours(start.replace(second=0, microsecond=0), end.replace(second=0, microsecond=0))
    if hours.start == hours.end:
        return
    at = start_of + timedelta(minutes=after_min)
    until = hours.until(at, BERLIN)

    assert timedelta(0) <= until - at <= timedelta(hours=26)
    assert not hours.holds(until, BERLIN)


def test_hours_of_no_length_are_refused_by_the_key() -> None:
    with pytest.raises(ConfigError, match=r"notify\.quiet"):
        QuietHours.parse("07:00-07:00")
