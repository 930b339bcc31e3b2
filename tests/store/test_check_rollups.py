"""`check` holds every minute, quarter of an hour and part of what fed what to the readings, hot and sealed."""

from __future__ import annotations

import random
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from forebay.records.reading import Reading
from forebay.store import Store
from forebay.store.check import check
from forebay.store.rollup import GAUGES
from forebay.store.seal import upkeep

START = datetime(2026, 6, 21, 7, 3, 11, tzinfo=UTC)
PARTS = ("solar_to_home", "solar_to_battery", "solar_to_grid", "battery_to_home", "grid_to_home", "grid_to_battery")


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four days and a bit with holes, of which the first are sealed."""
    folder = tmp_path_factory.mktemp("recorded")
    chance = random.Random(7)
    with Store.open(folder / "forebay.db") as opened:
        i = opened.gateway_id("house")
        for number in range(4 * 1440 + 500):
            if 2000 < number < 2100 or chance.random() < 0.02:
                continue
            at = START + timedelta(minutes=number, milliseconds=chance.randrange(999))
            values: dict[str, Any] = {
                name: round(chance.uniform(-4000, 4000), 1) for name in GAUGES if chance.random() > 0.05
            }
            opened.append(i, Reading(at=at, **values))
        opened.database.flush()
        while upkeep(opened):
            pass
        assert opened.database.rows("SELECT count(*) FROM segments")[0][0] >= 2
    return folder


@pytest.fixture
def store(recorded: Path, tmp_path: Path) -> Iterator[Store]:
    shutil.copytree(recorded, tmp_path / "record")
    with Store.open(tmp_path / "record" / "forebay.db") as opened:
        yield opened


def test_a_whole_record_is_whole(store: Store) -> None:
    assert check(store) == []


@pytest.mark.parametrize("column", ["n", *(f"{g}_{of}" for g in GAUGES for of in ("n", "sum", "min", "max"))])
@pytest.mark.parametrize(("table", "at"), [("minutes", "DESC"), ("quarters", "DESC"), ("quarters", "ASC")])
def test_any_cell_that_was_changed_is_found(store: Store, table: str, at: str, column: str) -> None:
    where = f"(SELECT start_ms FROM {table} WHERE {column} IS NOT NULL ORDER BY start_ms {at} LIMIT 1)"
    store.database.write_at_once([(f"UPDATE {table} SET {column} = {column} + 1 WHERE start_ms = {where}", ())])

    (found,) = check(store)
    assert "1 quarters of an hour differ" in found or "1 minutes differ" in found


@pytest.mark.parametrize("at", ["DESC", "ASC"])
@pytest.mark.parametrize("part", PARTS)
def test_any_part_of_what_fed_what_that_was_changed_is_found(store: Store, part: str, at: str) -> None:
    where = f"(SELECT start_ms FROM fed ORDER BY start_ms {at} LIMIT 1)"
    store.database.write_at_once([(f"UPDATE fed SET {part}_sum = {part}_sum + 1000 WHERE start_ms = {where}", ())])

    (found,) = check(store)
    assert "1 quarters of what fed what differ" in found


@pytest.mark.parametrize("table", ["minutes", "quarters", "fed"])
def test_a_bucket_that_is_gone_is_missed(store: Store, table: str) -> None:
    where = f"(SELECT start_ms FROM {table} ORDER BY start_ms DESC LIMIT 1 OFFSET 40)"
    store.database.write_at_once([(f"DELETE FROM {table} WHERE start_ms = {where}", ())])

    (found,) = check(store)
    assert "differ from the database" in found
