"""The demo's morning is recorded evenly, however slow the computer is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from forebay.cli.up import Morning
from forebay.recorder import Recorder
from forebay.store.query import fitting_step_s

MIDNIGHT = datetime(2026, 6, 21, 7, tzinfo=UTC)
DAY = (MIDNIGHT, MIDNIGHT + timedelta(days=1))


class Slow:
    """Answers late: each look at the meters takes so long, in turn [real s]."""

    def __init__(self, house: Any, waits_s: list[float]) -> None:
        self._house = house
        self._waits_s = waits_s
        self._count = 0

    async def call(self, row: Any, /) -> Any:
        if row.name == "AGGREGATES":
            self._count += 1
            await self._house.clock.sleep(self._waits_s[self._count % len(self._waits_s)])
        return await self._house.gateway.call(row)


@pytest.mark.parametrize("waits_s", [[0.001], [0.5], [0.01, 0.01, 0.01, 2.0], [0.01] * 30 + [2.5] * 3])
async def test_a_morning_has_no_gap_and_a_fine_curve_on_any_computer(house: Any, waits_s: list[float]) -> None:
    house.follow(MIDNIGHT, 0)
    own = house.gateway.own
    morning = Morning(Slow(house, waits_s), own, 11 * 3600, 60, real=house.clock)
    house.recorder = Recorder(morning, house.store, clock=house.clock, clock_source="gateway")

    await house.live(900, until=lambda: own.speed > 0)

    assert abs(own.now() - MIDNIGHT - timedelta(hours=11)) < timedelta(minutes=5)
    assert house.store.gaps(1, *DAY) == []
    assert max(house.spacings_s) <= 180
    assert house.store.readings(1, *DAY)[0].at == MIDNIGHT
    assert fitting_step_s(house.store, 1, *DAY) <= 300


async def test_after_the_morning_time_flows(house: Any) -> None:
    house.follow(MIDNIGHT, 0)
    own = house.gateway.own
    morning = Morning(house.gateway, own, 3600, 60, real=house.clock)
    house.recorder = Recorder(morning, house.store, clock=house.clock, clock_source="gateway")

    await house.live(60)

    assert own.speed == 60
    assert house.store.tempo(1).speed == 60
    assert house.store.gaps(1, *DAY) == []


async def test_without_hours_time_flows_at_once(house: Any) -> None:
    house.follow(MIDNIGHT, 0)
    morning = Morning(house.gateway, house.gateway.own, 0, 60)
    house.recorder = Recorder(morning, house.store, clock=house.clock, clock_source="gateway")

    await house.live(5)

    assert house.gateway.own.speed == 60
