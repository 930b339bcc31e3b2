"""Days that are kept put together: they say what the readings say, and go when those do."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.views.years import House, record, utc

from forebay.store import Store
from forebay.store.aside import set_aside
from forebay.store.check import check
from forebay.store.keep import keep_days, subjects, wrong_days
from forebay.store.seal import upkeep
from forebay.views.web.asked import Asked
from forebay.views.web.battery import battery
from forebay.views.web.grid import grid
from forebay.views.web.solar import solar

FIRST = utc(2026, 3, 10, 9)
DAYS = 45
"""The clock of the site is put forward on 29 March."""
PAGES = (battery, grid, solar)


def house(**kept: Any) -> House:
    return House(
        first=FIRST,
        days=DAYS,
        packs=2,
        strings=3,
        reserve_ratio=0.3,
        outages=[(utc(2026, 3, 20, 16), utc(2026, 3, 20, 19)), (utc(2026, 4, 6, 21, 40), utc(2026, 4, 7, 1, 5))],
        gaps=[(utc(2026, 4, 1, 8), utc(2026, 4, 3, 9))],
        roof_off=[(utc(2026, 4, 10), utc(2026, 4, 11))],
        **kept,
    )


@pytest.fixture(scope="module")
def sealed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a record of six weeks, sealed, with its days put together."""
    path = tmp_path_factory.mktemp("kept") / "forebay.db"
    with Store.open(path) as store:
        record(store, house())
        for _ in range(400):
            if not upkeep(store):
                break
        else:
            pytest.fail("the upkeep does not come to an end")
    return path


@pytest.fixture
def store(sealed: Path, tmp_path: Path) -> Iterator[Store]:
    """Return a copy of that record that may be written."""
    import shutil

    shutil.copytree(sealed.parent, tmp_path / "copy")
    with Store.open(tmp_path / "copy" / sealed.name) as opened:
        yield opened


def told(store: Store, now: datetime, last: int) -> list[dict[str, Any]]:
    return [page(Asked(store, 1, now, last=last)) for page in PAGES]


def without_kept(store: Store) -> None:
    store.database.write_at_once([("DELETE FROM kept_days", ()), ("DELETE FROM kept_until", ())])


def kept(store: Store) -> dict[str, int]:
    rows = store.database.rows("SELECT what, count(*) FROM kept_days GROUP BY what")
    return dict(rows)


def now_of(store: Store) -> datetime:
    reading = store.latest(1)
    assert reading is not None
    return reading.at + timedelta(seconds=3)


@pytest.mark.parametrize("last", [1, 2, 8, 30, 400])
def test_pages_say_the_same_with_and_without_days_that_are_kept(store: Store, last: int) -> None:
    with_kept = told(store, now_of(store), last)
    assert min(kept(store).values()) > 35

    without_kept(store)

    assert with_kept == told(store, now_of(store), last)


def test_pages_say_the_same_in_another_time_zone_and_its_days_replace_the_others(store: Store) -> None:
    before = kept(store)
    store.identify(1, site_name="House", timezone="Asia/Kathmandu")  # 5 h 45 min ahead
    moved = told(store, now_of(store), 60)

    while keep_days(store, 1):
        pass
    after = told(store, now_of(store), 60)
    zones = store.database.rows("SELECT DISTINCT timezone FROM kept_until")

    assert zones == [("Asia/Kathmandu",)]
    assert set(kept(store)) == set(before)
    assert moved == after
    without_kept(store)
    assert moved == told(store, now_of(store), 60)


def test_only_days_whose_readings_are_sealed_are_kept(tmp_path: Path) -> None:
    with Store.open(tmp_path / "forebay.db") as store:
        record(store, House(first=FIRST, days=2, strings=1))

        assert keep_days(store, 1) == 0
        assert kept(store) == {}


def test_every_kept_day_ends_before_what_is_not_sealed_begins(store: Store) -> None:
    for subject in subjects(store, 1):
        sql = "SELECT max(end_ms) FROM segments WHERE gateway_id = 1 AND kind = ?"
        until_ms = store.database.rows(sql, (subject.of,))[0][0]
        sql = "SELECT count(*), max(end_ms) FROM kept_days WHERE gateway_id = 1 AND what = ?"
        n, last_ms = store.database.rows(sql, (subject.what,))[0]

        assert n
        assert until_ms - 86_400_000 < last_ms <= until_ms


def test_days_after_a_clock_that_was_ahead_are_let_go_and_kept_anew(store: Store) -> None:
    cut = utc(2026, 4, 8, 13, 20)
    set_aside(store, 1, cut)
    left = store.database.rows("SELECT max(end_ms) FROM kept_days")[0][0]

    assert left <= cut.timestamp() * 1000
    assert list(wrong_days(store, 1)) == []
    here = told(store, cut, 60)
    while upkeep(store):
        pass
    assert told(store, cut, 60) == here
    assert check(store) == []


def test_the_check_names_a_kept_day_that_is_not_what_the_readings_say(store: Store) -> None:
    assert check(store) == []
    sql = "UPDATE kept_days SET told = (SELECT told FROM kept_days WHERE what = 'grid' ORDER BY start_ms LIMIT 1)"
    last = "start_ms = (SELECT max(start_ms) FROM kept_days WHERE what = 'grid')"
    store.database.write_at_once([(f"{sql} WHERE what = 'grid' AND {last}", ())])

    found = check(store)

    assert len(found) == 1
    assert "1 days of grid are not what the readings say" in found[0]


def test_a_file_that_cannot_be_read_costs_the_days_of_its_part_alone(store: Store) -> None:
    without_kept(store)
    sql = "SELECT file FROM segments WHERE kind = 'part_quarters/1' ORDER BY start_ms LIMIT 1"
    store.archive.path(store.database.rows(sql)[0][0]).unlink()

    done = 1
    while done:
        done = keep_days(store, 1) if len(kept(store)) < len(subjects(store, 1)) - 1 else 0

    assert set(kept(store)) == {subject.what for subject in subjects(store, 1)} - {"part/1"}
