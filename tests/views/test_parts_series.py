"""Curves of parts, down to the seconds at which they were read."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from forebay.clock import SimClock
from forebay.records.parts import PartKey, PartKind, PartReading
from forebay.records.reading import Reading
from forebay.store import Store
from forebay.store.part_writer import PartWriter
from forebay.views.web.answers import Answers
from forebay.views.web.series import series

START = datetime(2026, 6, 21, 12, tzinfo=UTC)


@pytest.fixture
def answers(tmp_path: Path) -> Iterator[Answers]:
    with Store.open(tmp_path / "forebay.db") as store:
        gateway_id = store.gateway_id("gateway")
        writer = PartWriter(store, gateway_id)
        for n in range(2000):
            at = START + timedelta(seconds=5 * n)
            store.append(gateway_id, Reading(at=at, site_power_w=1.0))
            pack = {"power_w": float(n), "remaining_wh": 100.0 * n, "full_wh": 0.0 if n == 3 else 200_000.0}
            writer.append(at, [PartReading(PartKey(PartKind.PACK, "a"), pack)])
        yield Answers(store, SimClock(START + timedelta(hours=3)))


def test_minutes_of_a_part_are_told_as_it_was_read(answers: Answers) -> None:
    told = series(answers, START, START + timedelta(minutes=10), ["part/1/power_w", "part/1/charge_pct"], 700)

    assert told["step_s"] == 5
    assert told["t"] == [START.timestamp() + 5 * n for n in range(120)]
    assert told["columns"]["part/1/power_w"] == [float(n) for n in range(120)]
    assert told["columns"]["part/1/charge_pct"] == [None if n == 3 else n / 20 for n in range(120)]
    assert told.keys() == series(answers, START, START + timedelta(minutes=10), ["site_power_w"], 700).keys()


def test_parts_beside_the_house_are_told_by_the_minute(answers: Answers) -> None:
    told = series(answers, START, START + timedelta(minutes=10), ["site_power_w", "part/1/power_w"], 700)

    assert told["step_s"] == 60
    assert told["columns"]["part/1/power_w"] == [5.5 + 12 * n for n in range(10)]
    assert told["low"]["part/1/power_w"][1] == 12
