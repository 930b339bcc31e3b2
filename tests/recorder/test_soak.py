"""A week in which everything goes wrong, one thing after the other: nothing is lost, nobody is hammered."""

from __future__ import annotations

import asyncio
import os
from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from random import Random

import pytest
from tests.recorder.faults import FAULTS, Fault
from tests.recorder.living import START, House, later, recorded
from tests.recorder.virtual import virtually

from forebay.emulator.resources.meters import aggregates
from forebay.store.energy import energy
from forebay.wire.power import Meter

HOURS = int(os.environ.get("FOREBAY_SOAK_HOURS", "168"))
SEEDS = int(os.environ.get("FOREBAY_SOAK_SEEDS", "1"))
FAST_S = 900.0


def _ahead(house: House) -> None:
    house.clock.off_s = 7200.0


def _right(house: House) -> None:
    house.clock.off_s = 0.0


OUR_CLOCK = Fault("our clock", _ahead, _right, None, most=430)


@dataclass(frozen=True)
class Counted:
    """What the emulated meters have counted [Wh]."""

    solar: float
    home: float
    grid_in: float
    grid_out: float
    battery_in: float
    battery_out: float


def counted(house: House) -> Counted:
    house.device.catch_up()
    told = aggregates(house.device, None, {})
    assert isinstance(told.solar, Meter)
    assert isinstance(told.site, Meter)
    assert isinstance(told.battery, Meter)
    assert isinstance(told.load, Meter)
    site, battery = told.site, told.battery
    return Counted(
        told.solar.energy_exported or 0.0,
        told.load.energy_imported or 0.0,
        site.energy_imported or 0.0,
        site.energy_exported or 0.0,
        battery.energy_imported or 0.0,
        battery.energy_exported or 0.0,
    )


async def week(seed: int, folder: Path) -> None:
    rng = Random(f"soak:{seed}")
    async with recorded(folder, fast_s=FAST_S, slow_s=3600.0) as house:
        before = counted(house)
        await later(minutes=30)
        left_s, spans = HOURS * 3600.0, 0
        most = logins = 40.0
        while left_s > 0:
            fault = rng.choice([*FAULTS, OUR_CLOCK])
            lasts_s, pause_s = rng.uniform(60, 4 * 3600), rng.uniform(fault.back_s + 600, 8 * 3600)
            fault.begin(house)
            await asyncio.sleep(lasts_s)
            fault.end(house)
            await asyncio.sleep(pause_s)
            assert house.connection.state == "live", (fault.name, house.connection)
            left_s -= lasts_s + pause_s
            hours = lasts_s / 3600 + 1
            most += fault.most * hours + 5 * pause_s / FAST_S + 20 * (pause_s / 3600 + 1)
            logins += fault.logins[0] + fault.logins[1] * hours + fault.relogins
            logins += pause_s / 86_400  # a token lasts a day
            spans += fault.reason is not None
        await _until_read(house)
        after, last = counted(house), house.store.latest(1)
        assert last is not None
        gaps = house.store.gaps(1, START, last.at)
        sums = energy(house.store, 1, START, last.at)
        asked, lines = house.asked.copy(), house.lines()

    for name, flow in sums.items():
        true_wh = getattr(after, name) - getattr(before, name)
        assert flow.wh == pytest.approx(true_wh, rel=0.001, abs=30), name
    assert sum(asked.values()) <= most
    assert asked["LOGIN"] <= logins
    assert all(a.end is not None and a.end <= b.start for a, b in pairwise(gaps))
    assert len(gaps) <= spans * 2 + 20
    assert len([line for line in lines if "no readings" in line]) <= len(lines) <= 12 * spans + 40
    assert sum((gap.end - gap.start for gap in gaps if gap.end), timedelta()) < timedelta(hours=HOURS)


async def _until_read(house: House) -> None:
    """Live on until just after a reading."""
    seen = house.store.latest(1)
    while house.store.latest(1) == seen:
        await asyncio.sleep(1)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(SEEDS))
def test_a_week_of_faults_leaves_sums_that_agree_with_the_meters(seed: int, tmp_path: Path) -> None:
    virtually(week(seed, tmp_path))
