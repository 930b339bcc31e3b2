"""A gateway that lives faster than we do is recorded in its own time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from forebay.errors import Unreachable
from forebay.recorder import Recorder
from forebay.records.reasons import Reason
from forebay.store.energy import energy

START = datetime(2026, 6, 21, 7, tzinfo=UTC)
THEN = datetime(2007, 2, 1, tzinfo=UTC)
FOREVER = (THEN - timedelta(days=1), START + timedelta(days=365))


@pytest.mark.parametrize(("speed", "spacing_s"), [(10, 5), (60, 5), (3600, 180)])
async def test_readings_are_five_seconds_apart_in_the_gateways_time_but_at_most_twenty_polls_a_second(
    house: Any, speed: float, spacing_s: float
) -> None:
    house.follow(THEN, speed)

    await house.live(20)

    steady = house.spacings_s[-50:]
    assert sum(steady) / len(steady) == pytest.approx(spacing_s, rel=0.05)
    assert house.gateway.asked["AGGREGATES"] <= 20 * 20
    tempo = house.store.tempo(1)
    assert (tempo.source, tempo.speed) == ("gateway", speed)
    assert house.store.gaps(1, *FOREVER) == []


async def test_the_first_reading_of_a_fast_gateway_is_kept_with_its_time(house: Any) -> None:
    house.follow(THEN, 3600)

    await house.live(10)

    first, last = house.store.readings(1, *FOREVER)[0], house.store.latest(1)
    assert first.at == THEN
    counted = energy(house.store, 1, THEN, last.at)["home"]
    assert counted.wh == pytest.approx((last.at - THEN).total_seconds(), rel=1e-6)
    assert counted.covered_ratio == 1


async def test_views_know_the_gateways_time_between_answers(house: Any) -> None:
    house.follow(THEN, 60)

    await house.live(10)

    expected = house.gateway.own.now() + timedelta(seconds=120)
    house.clock.advance(2)
    assert abs(house.store.now(1, house.clock.now()) - expected) < timedelta(seconds=2)


async def test_a_change_of_pace_is_followed_without_a_gap(house: Any) -> None:
    house.follow(THEN, 60)

    await house.live(20, until=house.later(10, lambda: house.gateway.own.set_speed(600)))
    assert house.store.tempo(1).speed == 600

    assert house.store.gaps(1, *FOREVER) == []


async def test_a_clock_that_stands_gives_no_readings_twice_and_no_gap(house: Any) -> None:
    house.follow(THEN, 60)
    acts = [
        house.later(10, lambda: house.gateway.own.set_speed(0)),
        house.later(60, lambda: house.gateway.own.set_speed(60)),
    ]
    seen: list[Any] = []
    look = house.later(50, lambda: seen.append((house.store.tempo(1).speed, house.store.connection(1).state)))

    await house.live(70, until=lambda: any([act() for act in (*acts, look)]))

    assert seen == [(0.0, "live")]
    assert min(house.spacings_s) > 0
    assert house.store.gaps(1, *FOREVER) == []
    assert (house.store.latest(1).at - THEN).total_seconds() == pytest.approx(20 * 60, rel=0.05)


async def test_back_at_our_pace_the_gateways_date_is_kept(house: Any) -> None:
    house.follow(THEN, 60)

    await house.live(60, until=house.later(10, lambda: house.gateway.own.set_speed(1)))

    assert house.store.tempo(1).speed == 1
    assert house.store.latest(1).at.year == 2007
    assert house.store.gaps(1, *FOREVER) == []


async def test_a_gateway_that_begins_to_run_fast_is_followed(house: Any) -> None:
    await house.live(120, until=house.later(60, lambda: house.gateway.own.set_speed(60)))

    assert house.store.tempo(1).source == "gateway"
    assert house.store.latest(1).at > START + timedelta(minutes=30)


async def test_an_outage_of_a_fast_gateway_is_one_gap_in_its_time(house: Any) -> None:
    house.follow(THEN, 60)
    acts = [
        house.later(10, lambda: house.gateway.fail(None, Unreachable("killed"))),
        house.later(20, lambda: house.gateway.fail(None, None)),
    ]

    await house.live(60, until=lambda: any([act() for act in acts]))

    (gap,) = house.store.gaps(1, *FOREVER)
    assert gap.reason is Reason.UNREACHABLE
    assert 600 <= (gap.end - gap.start).total_seconds() <= 2400
    last = house.store.latest(1).at
    counted = energy(house.store, 1, THEN, last)["home"].wh
    assert counted == pytest.approx((last - THEN).total_seconds(), rel=1e-6)


async def test_a_clock_set_back_stores_nothing_twice_and_says_so(house: Any) -> None:
    house.follow(THEN, 60)

    await house.live(20, until=house.later(10, lambda: house.gateway.own.jump(-7200)))

    connection = house.store.connection(1)
    assert (connection.state, connection.reason) == ("down", Reason.CLOCK_JUMP)
    assert "went back" in connection.words
    assert min(house.spacings_s) > 0
    assert len(house.store.events(1, *FOREVER)) == 1


async def test_a_clock_set_forward_is_a_gap_that_says_so(house: Any) -> None:
    house.follow(THEN, 60)

    await house.live(20, until=house.later(10, lambda: house.gateway.own.jump(6 * 3600)))

    (gap,) = house.store.gaps(1, *FOREVER)
    assert gap.reason is Reason.CLOCK_JUMP


async def test_a_restarted_recorder_goes_on_in_the_gateways_time(house: Any) -> None:
    house.follow(THEN, 60)
    await house.live(10)
    house.clock.advance(60)
    house.gateway.own.set_speed(1)
    house.recorder = Recorder(house.gateway, house.store, clock=house.clock)

    await house.live(30)

    assert house.store.latest(1).at.year == 2007
    (gap,) = house.store.gaps(1, *FOREVER)
    assert gap.reason is Reason.RECORDER_OFF


@pytest.mark.parametrize(("source", "year"), [("system", 2026), ("gateway", 2007)])
async def test_whose_time_can_be_said(house: Any, source: str, year: int) -> None:
    house.follow(THEN, 1, clock_source=source)

    await house.live(30)

    assert {r.at.year for r in house.store.readings(1, *FOREVER)} == {year}


async def test_slow_rows_follow_the_pace_at_once(house: Any) -> None:
    house.follow(THEN, 60, clock_source="gateway")

    await house.live(20)

    assert 15 <= house.gateway.asked["OPERATION"] <= 21
