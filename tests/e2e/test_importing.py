"""An import beside a recorder that goes on: nothing is lost, nothing waits for long, the page shows it at once."""

from __future__ import annotations

import fcntl
import json
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.cli.processes import run, wait_for
from tests.e2e.conftest import Recorded, fetch
from tests.exchange.downloads import power_file

from forebay.store.turn import Turn

FIRST, DAYS = date(2023, 7, 1), 60
WINDOW = ("2023-07-10T00:00:00Z", "2023-07-11T00:00:00Z")


@pytest.fixture
def downloaded(tmp_path: Path) -> Path:
    for number in range(DAYS):
        power_file(tmp_path, FIRST + timedelta(days=number))
    return tmp_path / "power"


@pytest.fixture
def house(record: Callable[..., Recorded]) -> Recorded:
    house = record(fast_s=1.0, flush_s=2.0)
    house.settle()
    return house


def curve(house: Recorded) -> list[float | None]:
    """What the page draws of a day that was imported."""
    start, end = WINDOW
    told = fetch(f"{house.page}api/series?start={start}&end={end}&points=300&signals=solar_power_w")
    column: list[float | None] = told["columns"]["solar_power_w"]
    return column


def forebay(house: Recorded, *words: str) -> Any:
    return run(house.folder, "import", *words, "--db", str(house.db))


def count(house: Recorded) -> int:
    """How many readings there are."""
    return int(house.query("SELECT count(*) FROM samples")[0][0])


def test_beside_a_recorder_an_import_is_kept_shown_and_taken_away(house: Recorded, downloaded: Path) -> None:
    told = house.now()["imports"]
    applied = forebay(house, "cloud", str(downloaded), "--apply", "--json")
    shown = curve(house)
    anew = wait_for(lambda: house.now()["imports"] != told)
    again = forebay(house, "cloud", str(downloaded), "--apply", "--json")
    undone = forebay(house, "undo", "1")
    gone = curve(house)
    before = count(house)
    wait_for(lambda: count(house) > before + 2)

    assert applied.returncode == 0, applied.stderr
    assert json.loads(applied.stdout)["imports"][0]["new"] == DAYS * 288
    assert anew
    assert max(value for value in shown if value is not None) > 1000
    assert json.loads(again.stdout)["imports"][0]["new"] == 0
    assert undone.returncode == 0, undone.stderr
    assert [value for value in gone if value is not None] == []
    assert house.up.process.poll() is None
    assert "nothing can be written" not in house.up.err
    assert house.query("PRAGMA integrity_check") == [("ok",)]


def test_while_another_writes_the_recorder_keeps_every_reading_until_it_may(house: Recorded) -> None:
    """The transaction stands for an import's, and lasts over several flushes."""
    turn = Turn(house.db)
    with closing(sqlite3.connect(house.db, isolation_level=None, timeout=30)) as other, turn.wanted():
        other.execute("BEGIN IMMEDIATE")
        held_at = time.time()
        wait_for(lambda: time.time() - held_at > 6.0)
        shown = house.now()["connection"]["state"]
        other.execute("ROLLBACK")
    turn.close()
    freed_ms = time.time() * 1000
    wait_for(lambda: house.query("SELECT max(at_ms) FROM samples")[0][0] > freed_ms)
    inside = house.query(f"SELECT count(*) FROM samples WHERE at_ms BETWEEN {held_at * 1000} AND {freed_ms}")

    assert shown == "live"
    assert inside[0][0] >= 3
    assert house.query(f"SELECT count(*) FROM gaps WHERE start_ms > {held_at * 1000}") == [(0,)]
    assert "nothing can be written" not in house.up.err


def test_a_second_import_at_once_is_refused_and_leaves_the_first_alone(house: Recorded, downloaded: Path) -> None:
    with open(f"{house.db}.import.lock", "a+", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        lock.write("4711")
        lock.flush()
        refused = forebay(house, "cloud", str(downloaded), "--apply")
        looked = forebay(house, "cloud", str(downloaded))

    assert refused.returncode == 1
    assert "another import (process 4711) is at work here; wait until it is done" in refused.stderr
    assert looked.returncode == 0, looked.stderr
    assert house.query("SELECT count(*) FROM imports") == [(0,)]
