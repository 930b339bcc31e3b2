"""Whose time is followed, and how fast it is taken to run."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forebay.records.tempo import RateMeter, Tempo, tidy

START = datetime(2026, 6, 21, 6, tzinfo=UTC)


def metered(points: list[tuple[float, float]]) -> RateMeter:
    meter = RateMeter()
    for real_s, gateway_s in points:
        meter.observe(real_s, START + timedelta(seconds=gateway_s))
    return meter


def test_one_look_decides_nothing() -> None:
    assert metered([(0, 0)]).verdict(1e6) is None


@pytest.mark.parametrize("speed", [5, 60, 3600])
def test_a_fast_clock_is_followed_within_a_second(speed: float) -> None:
    assert metered([(0, 0), (0.2, 0.2 * speed), (1.0, speed)]).verdict(0) == "gateway"


def test_a_gateway_at_another_date_keeps_our_time_if_its_clock_runs_like_ours() -> None:
    assert metered([(0, 0), (0.2, 0.2), (1.0, 1.0)]).verdict(1e7) == "system"


@given(st.lists(st.floats(-0.5, 0.5), min_size=7, max_size=7))
def test_a_meter_that_is_read_irregularly_is_no_fast_clock(jitter_s: list[float]) -> None:
    times = (0.0, 0.2, 1.0, 2.0, 3.0, 4.0, 5.5)
    meter = RateMeter()
    verdicts = []
    last = -1.0
    for real_s, late_s in zip(times, jitter_s, strict=True):
        last = max(last, real_s + late_s)
        meter.observe(real_s, START + timedelta(seconds=last))
        verdicts.append(meter.verdict(0.0))

    assert next(v for v in verdicts if v) == "system"


def test_a_standing_clock_at_another_date_is_followed() -> None:
    still = metered([(0, 0), (1, 0), (2, 0), (5.2, 0)])

    assert still.verdict(1e6) == "gateway"
    assert still.verdict(1) == "system"


def test_a_new_pace_is_noticed_within_a_second_or_so() -> None:
    points = [(n / 10, n / 10 * 60) for n in range(40)]
    points += [(4 + n / 10, 240 + n / 10 * 3600) for n in range(13)]

    assert metered(points).rate == pytest.approx(3600, rel=0.1)


@given(st.lists(st.floats(0, 0.09), min_size=150, max_size=150))
def test_late_answers_do_not_look_like_a_new_pace(late_s: list[float]) -> None:
    points = [(n / 10 + late, n / 10 * 3600) for n, late in enumerate(late_s)]

    assert metered(points).rate == pytest.approx(3600, rel=0.1)


def test_a_clock_set_back_is_measured_anew() -> None:
    meter = metered([(0, 1000), (1, 1060), (2, 0), (3, 60)])

    assert meter.rate == pytest.approx(60)


@pytest.mark.parametrize(("rate", "shown"), [(59.3, 60), (3581, 3600), (1.01, 1), (0.004, 0), (12.34, 12.3)])
def test_a_rate_is_told_as_one_would_have_set_it(rate: float, shown: float) -> None:
    assert tidy(rate) == pytest.approx(shown, rel=0.02)


def test_a_followed_clock_goes_on_between_answers() -> None:
    heard = datetime(2026, 11, 1, tzinfo=UTC)
    tempo = Tempo("gateway", 60, START, heard)

    assert tempo.now(heard + timedelta(seconds=2)) == START + timedelta(minutes=2)
    assert Tempo("system", 1, START, heard).now(heard) == heard
