"""A clock that is wrong for a while never stops the record, and never bends it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from tests.recorder.living import NAME, START, House, later, recorded, running
from tests.recorder.virtual import virtually

from forebay.records.reasons import Reason
from forebay.store.aside import aside
from forebay.store.energy import energy
from forebay.store.seal import upkeep

FOREVER = (datetime(1969, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC))
YEAR_S = 365 * 86_400.0


def times(house: House) -> list[datetime]:
    return [reading.at for reading in house.store.readings(1, *FOREVER)]


def latest(house: House) -> datetime:
    reading = house.store.latest(1)
    assert reading is not None
    return reading.at


def widest_s(house: House) -> float:
    return max((b - a).total_seconds() for a, b in pairwise(times(house)))


@pytest.mark.parametrize("off_s", [3600.0, 12 * YEAR_S], ids=["an hour", "twelve years"])
def test_a_clock_that_is_ahead_for_a_minute_leaves_no_trace(tmp_path: Path, off_s: float) -> None:
    async def live() -> None:
        async with recorded(tmp_path) as house:
            await later(minutes=10)
            house.clock.off_s = off_s
            await later(seconds=75)
            assert house.connection.reason is Reason.CLOCK_JUMP
            assert "went ahead" in house.connection.words
            house.clock.off_s = 0.0
            await later(minutes=10)

            assert house.connection.state == "live"
            assert times(house)[-1] <= house.clock.true
            assert widest_s(house) == pytest.approx(30, abs=1)
            assert house.store.gaps(1, *FOREVER) == []

    virtually(live())


@pytest.mark.parametrize("off_s", [3600.0, 86_400.0 * 40, 12 * YEAR_S], ids=["an hour", "forty days", "twelve years"])
def test_readings_of_a_clock_that_was_ahead_for_hours_are_set_aside_and_recording_goes_on_at_once(
    tmp_path: Path, off_s: float
) -> None:
    async def live() -> None:
        async with recorded(tmp_path, fast_s=60.0) as house:
            await later(hours=1)
            house.clock.off_s = off_s
            await later(hours=3)
            assert latest(house) > house.clock.true
            set_right = house.clock.true
            house.clock.off_s = 0.0
            await later(minutes=5)

            assert house.connection.state == "live"
            assert times(house)[-1] <= house.clock.true
            assert latest(house) >= house.clock.true - timedelta(seconds=61)
            (gap,) = house.store.gaps(1, *FOREVER)
            assert gap.end is not None
            assert gap.reason is Reason.CLOCK_JUMP
            assert START + timedelta(minutes=59) <= gap.start <= START + timedelta(minutes=61)
            assert set_right <= gap.end <= set_right + timedelta(minutes=2)
            assert aside(house.store, 1) == pytest.approx(180, abs=3)
            misdated = house.store.readings(1, START + timedelta(minutes=62), set_right - timedelta(minutes=1))
            assert misdated == []
            (kept,) = [e for e in house.store.events(1, *FOREVER) if "set aside" in e.detail]
            assert str(aside(house.store, 1)) in kept.detail
            await later(hours=1)
            counters = house.store.readings(1, START, house.clock.true)
            used_wh = (counters[-1].load_wh or 0.0) - (counters[0].load_wh or 0.0)
            told = energy(house.store, 1, counters[0].at, counters[-1].at)["home"]
            assert told.wh == pytest.approx(used_wh, rel=0.001)

    virtually(live())


def test_a_night_of_the_wrong_year_is_parted_again_even_when_days_were_sealed(tmp_path: Path) -> None:
    async def live() -> None:
        async with recorded(tmp_path, fast_s=900.0, slow_s=3600.0) as house:
            await later(days=4)
            house.clock.off_s = 12 * YEAR_S
            await later(days=4)
            while upkeep(house.store):
                pass
            n_before = len(times(house))
            house.clock.off_s = 0.0
            await later(hours=1)

            assert house.connection.state == "live"
            assert times(house)[-1] <= house.clock.true
            assert len(times(house)) + aside(house.store, 1) == pytest.approx(n_before + 4, abs=2)
            assert len([at for at in times(house) if at < START + timedelta(days=4)]) == pytest.approx(4 * 96, abs=2)
            while upkeep(house.store):
                pass
            await later(days=3)
            while upkeep(house.store):
                pass
            assert len([at for at in times(house) if at < START + timedelta(days=4)]) == pytest.approx(4 * 96, abs=2)

    virtually(live())


def test_a_computer_that_starts_in_1970_keeps_what_it_read_until_its_clock_is_set(tmp_path: Path) -> None:
    async def live() -> None:
        async with recorded(tmp_path) as house:
            await later(minutes=10)
        async with recorded(tmp_path, off_s=-(START.timestamp())) as house:
            begun = house.clock.true
            await later(minutes=5)
            assert house.connection.state == "down"
            assert "1970-01-01" in house.connection.words
            assert "cannot be" in house.connection.words
            house.clock.off_s = 3600.0  # set right, an hour later than the first recorder stopped
            await later(minutes=5)

            assert house.connection.state == "live"
            assert all(at >= START for at in times(house))
            (gap,) = house.store.gaps(1, *FOREVER)
            assert gap.end is not None
            assert gap.reason is Reason.RECORDER_OFF
            assert abs(gap.end - (begun + timedelta(hours=1))) < timedelta(seconds=35)

    virtually(live())


def test_a_clock_set_back_for_no_reason_does_not_touch_the_record(tmp_path: Path) -> None:
    """Neither the gateway's clock nor the record speaks for the new time."""

    async def live() -> None:
        async with recorded(tmp_path) as house:
            await later(hours=5)
            before = times(house)
            house.clock.off_s = -3 * 3600.0
            await later(hours=1)

            assert times(house)[: len(before)] == before
            assert aside(house.store, 1) == 0
            assert house.connection.state == "down"
            assert "went back" in house.connection.words
            house.clock.off_s = 0.0
            await later(minutes=5)

            assert house.connection.state == "live"
            assert widest_s(house) <= 3600
            assert len(times(house)) > len(before) + 100

    virtually(live())


def test_a_computer_that_slept_was_off_and_no_clock_was_set(tmp_path: Path) -> None:
    async def live() -> None:
        async with recorded(tmp_path) as house:
            await later(hours=1)
            house.clock.off_s = 7 * 3600.0  # the monotonic clock stands while a computer sleeps, the house's does not
            house.do("time", advance_s=7 * 3600.0)
            await later(minutes=10)

            (gap,) = house.store.gaps(1, *FOREVER)
            assert gap.end is not None
            assert gap.reason is Reason.RECORDER_OFF
            assert (gap.end - gap.start).total_seconds() == pytest.approx(7 * 3600, abs=65)
            assert house.connection.state == "live"

    virtually(live())


def test_a_gateway_whose_own_clock_is_followed_may_be_wrong_for_a_while(tmp_path: Path) -> None:
    async def live() -> None:
        async with recorded(tmp_path, clock_source="gateway") as house:
            await later(hours=1)
            house.do("time", advance_s=30 * 86_400.0)
            await later(minutes=30)
            house.do("time", set_back_s=30 * 86_400.0)
            await later(minutes=30)

            assert house.connection.state == "live"
            assert times(house)[-1] < START + timedelta(hours=3)
            assert aside(house.store, 1) == pytest.approx(60, abs=3)

    virtually(live())


def test_doubts_are_told_once_and_with_what_to_do(tmp_path: Path) -> None:
    async def live() -> None:
        async with recorded(tmp_path) as house:
            await later(hours=4)
            house.clock.off_s = -3 * 3600.0
            await later(hours=2)

            told = [line for line in house.lines() if "readings" in line]
            assert told == [f"{NAME}: no readings. {house.connection.words}"]
            assert "sets its clock from the network" in house.connection.advice

    virtually(live())


def test_a_day_of_doubt_keeps_memory_bounded(tmp_path: Path) -> None:
    async def live() -> None:
        async with recorded(tmp_path, off_s=-(START.timestamp()), runs=False) as house:
            recorder = house.recorder(fast_s=10.0)
            async with running(recorder):
                await later(hours=4)
                assert recorder._dating.in_doubt
                assert len(recorder._dating._held) <= 720
                assert len(house.lines()) <= 3

    virtually(live())
