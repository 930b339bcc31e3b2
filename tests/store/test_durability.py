"""A full disk, a read-only one, damage, older and newer schemas: told with path and way back, nothing half-written."""

from __future__ import annotations

import contextlib
import os
import resource
import shutil
import sqlite3
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.conftest import ROOT
from tests.store.test_archive import seal_all

from forebay.errors import StoreError
from forebay.records.reading import Reading, SlowReading
from forebay.records.reasons import Reason
from forebay.store import Store
from forebay.store import database as database_module
from forebay.store.backup import back_up, restore
from forebay.store.check import check
from forebay.store.database import migrations
from forebay.store.energy import energy_between
from forebay.store.rollup import BUCKETS

START = datetime(2026, 3, 1, tzinfo=UTC)


def at(minutes: float) -> datetime:
    return START + timedelta(minutes=minutes)


def reading(number: int, every: float = 1.0) -> Reading:
    return Reading(at=at(number * every), site_power_w=600.0, load_power_w=600.0, load_wh=1000.0 + 10 * number)


def fill(store: Store, first: int, last: int) -> list[str]:
    """Record one reading a minute; return what failed."""
    failed = []
    for number in range(first, last):
        try:
            store.append(store.gateways()[0].id, reading(number))
        except StoreError as exc:
            failed.append(str(exc))
    return failed


@contextlib.contextmanager
def no_room(store: Store) -> Iterator[None]:
    (pages,) = store.database.rows("PRAGMA page_count")[0]
    store.database.rows(f"PRAGMA max_page_count = {pages}")
    try:
        yield
    finally:
        store.database.rows("PRAGMA max_page_count = 1000000")


def test_what_gives_way_on_a_full_disk_is_a_gap_and_nothing_else_is_lost(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database_module, "_MAX_UNSAVED", 400)
    with Store.open(path, flush_s=0.0) as store:
        i = store.gateway_id("house")
        fill(store, 0, 100)
        with no_room(store):
            failed = fill(store, 100, 2000)
            with contextlib.suppress(StoreError):
                store.log_event(i, at(2000), "kept", "also what happened meanwhile")
        fill(store, 2001, 2100)

        gaps = [gap for gap in store.gaps(i, START, at(3000)) if gap.reason is Reason.STORE]
        times = [r.at for r in store.readings(i, START, at(3000))]
        assert failed
        assert {"disk is full; make room" in words for words in failed} == {True}
        assert len(gaps) == 1
        assert gaps[0].end is not None
        assert (gaps[0].start in times, gaps[0].end in times) == (True, True)
        assert not any(gaps[0].start < one < gaps[0].end for one in times)
        n_lost = (gaps[0].end - gaps[0].start) // timedelta(minutes=1) - 1
        assert gaps[0].detail.startswith(f"{n_lost} readings waited")
        assert len(times) == 2000 + 99 - n_lost
        assert [e.detail for e in store.events(i, START, at(3000)) if e.kind == "kept"]
        assert energy_between(store, i, [at(50), at(2050)])[0]["home"].wh == pytest.approx(20_000)
        _buckets_are_true(store, len(times))
        assert store.database.rows("PRAGMA integrity_check") == [("ok",)]


def _buckets_are_true(store: Store, count: int) -> None:
    for table, length_ms in BUCKETS.items():
        raw = dict(
            store.database.rows(f"SELECT at_ms - at_ms % {length_ms}, count(*) FROM samples GROUP BY 1 ORDER BY 1")
        )
        kept = dict(store.database.rows(f"SELECT start_ms, n FROM {table} ORDER BY 1"))
        assert sum(raw.values()) == count
        assert {start: n for start, n in raw.items() if start < max(raw)} == kept


def test_many_statements_on_a_healthy_disk_are_written_before_any_gives_way(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database_module, "_MAX_UNSAVED", 50)
    with Store.open(path, flush_s=1e9) as store:
        i = store.gateway_id("house")
        assert fill(store, 0, 500) == []
        assert len(store.readings(i, START, at(600))) == 500
        assert store.gaps(i, START, at(600)) == []


def _child(script: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    command = [sys.executable, "-c", textwrap.dedent(script), *arguments]
    return subprocess.run(command, env=env, capture_output=True, text=True, timeout=60, check=False)


def test_a_file_that_may_not_grow_is_told_and_recording_goes_on_when_it_may(path: Path) -> None:
    """The system itself refuses the bytes here, in the log beside the database."""
    script = """
        import resource, sys
        from datetime import UTC, datetime, timedelta
        from pathlib import Path
        from forebay.errors import StoreError
        from forebay.records.reading import Reading
        from forebay.store import Store
        from forebay.store.check import check
        start = datetime(2026, 3, 1, tzinfo=UTC)
        with Store.open(Path(sys.argv[1]), flush_s=0.0) as store:
            i, failed = store.gateway_id("house"), set()
            for n in range(900):
                if n == 300:
                    log = Path(sys.argv[1] + "-wal").stat().st_size
                    resource.setrlimit(resource.RLIMIT_FSIZE, (log + 50_000, resource.RLIM_INFINITY))
                if n == 600:
                    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
                try:
                    store.append(i, Reading(at=start + timedelta(seconds=5 * n), load_wh=float(n)))
                except StoreError as exc:
                    failed.add(str(exc))
            store.flush()
            found = [r.load_wh for r in store.readings(i, start, start + timedelta(days=1))]
            print(len(found), found == [float(n) for n in range(900)], check(store), sorted(failed))
    """
    done = _child(script, str(path))

    assert done.stderr == ""
    assert done.stdout.startswith("900 True [] [")
    assert f"{path}: the disk" in done.stdout
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] == resource.RLIM_INFINITY


def test_a_folder_or_file_that_may_not_be_written_is_told_with_its_path(tmp_path: Path) -> None:
    with Store.open(tmp_path / "home" / "forebay.db") as store:
        store.gateway_id("house")
    script = """
        import os, sys
        from pathlib import Path
        from forebay.errors import StoreError
        from forebay.store import Store
        folder, path = Path(sys.argv[1]), Path(sys.argv[2])
        Store.open(path).close()  # whatever it imports is there before the user changes
        if os.getuid() == 0:  # whom no permission stops
            for one in (folder, *folder.iterdir()):
                os.chown(one, 65534, 65534)
            os.setgid(65534); os.setuid(65534)
        def tried(open_):
            try:
                open_(path).close()
            except StoreError as exc:
                print(exc)
            else:
                print("opened")
        path.chmod(0o000); tried(Store.open); tried(Store.read); path.chmod(0o600)
        path.chmod(0o400); folder.chmod(0o500); tried(Store.open); folder.chmod(0o700); path.chmod(0o600)
        tried(Store.open)
    """
    for one in (tmp_path, *tmp_path.parents):
        with contextlib.suppress(PermissionError):
            one.chmod(one.stat().st_mode | 0o011)
    done = _child(script, str(tmp_path / "home"), str(tmp_path / "home" / "forebay.db"))

    lines = done.stdout.splitlines()
    assert done.stderr == ""
    assert len(lines) == 4
    assert all(line.startswith(f"{tmp_path}/home/forebay.db: ") for line in lines[:3])
    assert all("permissions" in line or "may be used" in line for line in lines[:3])
    assert lines[3] == "opened"


def sealed(path: Path, days: int = 5) -> None:
    with Store.open(path) as store:
        store.gateway_id("house")
        for number in range(days * 96):
            store.append(1, reading(number, 15))
        seal_all(store)


def problems(path: Path) -> list[str]:
    """Return what `forebay check` would say, or why the record cannot be opened."""
    try:
        with Store.open(path) as store:
            return check(store)
    except StoreError as exc:
        return [str(exc)]


@pytest.mark.parametrize("damage", ["torn", "garbage", "empty head"])
def test_a_damaged_database_is_told_with_its_path_and_comes_back_from_a_backup(tmp_path: Path, damage: str) -> None:
    path = tmp_path / "home" / "forebay.db"
    sealed(path)
    back_up(path, tmp_path / "house.tar")
    whole = path.read_bytes()
    half = len(whole) // 2
    path.write_bytes(
        {
            "torn": whole[:half],
            "garbage": whole[:4096] + bytes(n % 251 for n in range(len(whole) - 4096)),
            "empty head": bytes(4096) + whole[4096:],
        }[damage]
    )

    found = problems(path)
    assert found
    assert all(words.startswith(f"{path}: ") for words in found)
    (tmp_path / "moved").mkdir()
    for one in list(path.parent.iterdir()):
        one.rename(tmp_path / "moved" / one.name)
    restore(tmp_path / "house.tar", path)
    with Store.open(path) as store:
        assert check(store) == []
        assert len(store.readings(1, START, at(1e5))) == 5 * 96


def test_a_log_that_is_missing_leaves_what_was_in_the_database(path: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy" / "forebay.db"
    copy.parent.mkdir()
    with Store.open(path, flush_s=0.0) as store:
        store.gateway_id("house")
        fill(store, 0, 500)
        store.database.rows("PRAGMA wal_checkpoint(TRUNCATE)")
        fill(store, 500, 600)
        shutil.copy(path, copy)  # as after a crash, without the log
    with Store.open(copy) as store:
        assert len(store.readings(1, START, at(1000))) == 500
        assert check(store) == []
        assert fill(store, 600, 700) == []


def filled(path: Path, schema: int) -> None:
    """Make a database as a forebay of this schema left it, with two days of readings."""
    with closing(sqlite3.connect(path)) as connection:
        for number, script in migrations()[:schema]:
            connection.executescript(f"BEGIN;\n{script}\nPRAGMA user_version = {number};\nCOMMIT;")
        connection.execute("INSERT INTO gateways (id, name, timezone) VALUES (1, 'house', 'UTC')")
        connection.execute("INSERT INTO counters VALUES (1, 'load_wh', ?)", (int(START.timestamp() * 1000),))
        rows = [(1, int(at(n * 5).timestamp() * 1000), 600.0, 1000.0 + 50 * n) for n in range(576)]
        connection.executemany(
            "INSERT INTO samples (gateway_id, at_ms, load_power_w, load_wh) VALUES (?, ?, ?, ?)", rows
        )
        slow = [(1, int(at(n * 60).timestamp() * 1000), "21.44") for n in range(48)]
        connection.executemany("INSERT INTO slow_samples (gateway_id, at_ms, firmware) VALUES (?, ?, ?)", slow)
        connection.commit()


@pytest.mark.parametrize("schema", range(1, len(migrations()) + 1))
def test_a_database_of_each_schema_is_opened_checked_recorded_into_and_sealed(path: Path, schema: int) -> None:
    path.parent.mkdir(parents=True)
    filled(path, schema)
    if schema < len(migrations()):
        with pytest.raises(StoreError, match="older forebay"):
            Store.read(path)
    with Store.open(path) as store:
        assert energy_between(store, 1, [at(60), at(2820)])[0]["home"].wh == pytest.approx(27_600)
        for number in range(576, 1700):
            store.append(1, Reading(at=at(number * 5), load_power_w=600.0, load_wh=1000.0 + 50 * number))
            store.append_slow(1, SlowReading(at=at(number * 5), firmware="21.44"))
        seal_all(store)
        assert energy_between(store, 1, [at(60), at(2820)])[0]["home"].wh == pytest.approx(27_600)
        assert len(store.readings(1, START, at(1e5))) == 1700
        assert store.database.rows("PRAGMA integrity_check") == [("ok",)]
        assert store.database.rows("PRAGMA user_version") == [(len(migrations()),)]


def test_a_database_of_a_later_schema_is_left_alone(path: Path) -> None:
    sealed(path, 1)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA user_version = 999")
    before = path.read_bytes()

    for open_ in (Store.open, Store.read):
        with pytest.raises(StoreError, match=rf"{path}: written by a newer forebay \(schema 999\); install that one"):
            open_(path)
    assert path.read_bytes() == before
