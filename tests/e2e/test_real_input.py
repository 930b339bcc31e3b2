"""A recorded house, lived through quickly, comes out of the record with the energy that its file has."""

from __future__ import annotations

import csv
import json
import subprocess
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.cli.processes import command, environment, wait_for
from tests.conftest import SHARED
from tests.e2e.conftest import Recorded, fetch

TRACE = SHARED / "data/house-load-1min.csv"

pytestmark = pytest.mark.slow


SPEED = 3600
"""An emulated day takes 24 seconds."""


def at(house: Recorded) -> str:
    """The time of the last reading, as text that sorts."""
    return str(house.now()["at"] or "")


def slow_over(house: Recorded, midnight: str) -> None:
    """Slow the clock for a quarter of an hour before local midnight, which is 08:00 UTC.

    A poll that a busy machine holds up would span minutes of two days there: 3,680 W before, 326 W after.
    """
    wait_for(lambda: at(house) >= midnight.replace("08:00", "07:45"), within_s=60, every_s=0.1)
    house.move("/time", speed=SPEED / 12)
    wait_for(lambda: at(house) > midnight, within_s=30, every_s=0.1)
    house.move("/time", speed=SPEED)


def kwh_of_file() -> dict[str, float]:
    """Energy of each day, from one mean power a minute."""
    days: dict[str, float] = defaultdict(float)
    with TRACE.open() as file:
        for row in csv.DictReader(file):
            days[row["timestamp"][:10]] += float(row["load_w"]) / 60_000
    return days


def test_both_days_of_a_recorded_house_are_within_half_a_percent_of_the_file(
    record: Callable[..., Recorded], tmp_path: Path
) -> None:
    if not TRACE.is_file():
        pytest.skip("no recorded house: ../shared/data is not beside this clone")
    settings = ("--speed", str(SPEED), "--server", "fast", "--control-port", "0")
    house = record("--load-trace", str(TRACE), *settings, fast_s=5.0)
    for midnight in ("2007-02-02T08:00", "2007-02-03T08:00"):
        slow_over(house, midnight)
    wait_for(lambda: at(house) >= "2007-02-03T08:10", within_s=20, every_s=0.1)
    page = {day["date"]: day["kwh"]["home"] for day in fetch(f"{house.page}api/days?last=3")["days"]}
    assert house.up.end() == 0

    said = subprocess.run(
        [*command(), "history", "--db", str(house.db), "--json"],
        env=environment(tmp_path),
        capture_output=True,
        text=True,
        check=True,
    )
    history: dict[str, Any] = {day["date"]: day["kwh"]["home"] for day in json.loads(said.stdout)["days"]}
    fed: dict[str, Any] = {day["date"]: day["fed_kwh"] for day in json.loads(said.stdout)["days"]}
    expected = kwh_of_file()
    assert sum(expected.values()) == pytest.approx(58.208, abs=0.001)
    for day, kwh in expected.items():
        assert history[day] == pytest.approx(kwh, rel=0.005)
        assert page[day] == pytest.approx(kwh, rel=0.005)
        to_home = sum(fed[day][part] for part in ("solar_to_home", "battery_to_home", "grid_to_home"))
        assert to_home == pytest.approx(history[day], rel=0.005)
    assert json.loads(said.stdout)["gaps"] == []
