"""The store keeps what it was given, for one writer and any number of readers."""

from __future__ import annotations

import asyncio
import os
import signal
import sqlite3
import subprocess
import sys
import textwrap
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from forebay.errors import StoreError
from forebay.records.reading import Reading, SlowReading
from forebay.records.reasons import Reason
from forebay.records.signals import FAST, SLOW
from forebay.records.tempo import Tempo
from forebay.store import Store
from forebay.store import database as database_module
from forebay.store.state import Connection, Gap

START = datetime(2026, 6, 21, 7, tzinfo=UTC)


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def test_a_reading_comes_back_as_it_went_in(store: Store) -> None:
    i = store.gateway_id("a")
    reading = Reading(at=START, site_power_w=-12.5, load_wh=1e7, grid_state="SystemGridConnected")
    flagged = Reading(at=at(5), grid_services_active=False)
    slow = SlowReading(at=START, firmware="21.44 b7", pack_count=2, sitemaster_running=True, grid_alerts="")

    assert store.append(i, reading)
    assert store.append(i, flagged)
    assert store.append_slow(i, slow)

    assert store.readings(i, START, at(60)) == [reading, flagged]
    assert store.latest(i) == flagged
    assert store.latest_slow(i) == slow


def test_windows_are_half_open(store: Store) -> None:
    i = store.gateway_id("a")
    for n in range(3):
        store.append(i, Reading(at=at(n)))

    assert [r.at for r in store.readings(i, at(0), at(2))] == [at(0), at(1)]


def test_columns_are_the_signals(store: Store) -> None:
    for table, signals in (("samples", FAST), ("slow_samples", SLOW)):
        columns = store.database.rows(f"SELECT name, type FROM pragma_table_info('{table}')")
        assert columns[2:] == [(s.name, str(s.held)) for s in signals]


def test_missing_is_null_and_never_zero(store: Store) -> None:
    i = store.gateway_id("a")
    store.append(i, Reading(at=START, site_power_w=0.0))

    row = store.database.rows("SELECT site_power_w, solar_power_w, grid_services_active FROM samples")

    assert row == [(0.0, None, None)]
    assert store.latest(i) == Reading(at=START, site_power_w=0.0)


def test_only_later_readings_are_new(store: Store) -> None:
    i = store.gateway_id("a")
    first = Reading(at=START, site_power_w=1.0)
    store.append(i, first)

    assert not store.append(i, Reading(at=START, site_power_w=2.0))
    assert not store.append(i, Reading(at=at(-5), site_power_w=3.0))
    assert store.readings(i, at(-60), at(60)) == [first]


def test_gateways_do_not_mix(store: Store) -> None:
    a, b = store.gateway_id("a"), store.gateway_id("b")
    store.append(a, Reading(at=START, site_power_w=1.0))

    assert a != b
    assert store.gateway_id("a") == a
    assert store.latest(b) is None


def test_what_a_gateway_tells_of_itself_is_kept(store: Store) -> None:
    i = store.gateway_id("a")
    store.identify(i, site_name="Home", timezone="Europe/Paris")
    store.identify(i, din_hash="abc")

    row = store.gateway(i)

    assert (row.site_name, row.timezone, row.din_hash) == ("Home", "Europe/Paris", "abc")
    with pytest.raises(StoreError, match="no gateway 99"):
        store.gateway(99)


def test_a_gap_is_open_until_it_is_closed(store: Store) -> None:
    i = store.gateway_id("a")
    store.open_gap(i, at(0), Reason.UNREACHABLE, "no answer")
    store.open_gap(i, at(10), Reason.BUSY)

    assert store.present_gap(i) == Gap(at(0), None, Reason.UNREACHABLE, "no answer")
    store.close_gap(i, at(60))
    assert store.present_gap(i) is None
    assert store.gaps(i, at(59), at(70)) == [Gap(at(0), at(60), Reason.UNREACHABLE, "no answer")]
    assert store.gaps(i, at(60), at(70)) == []


def test_a_gap_of_no_length_is_forgotten(store: Store) -> None:
    i = store.gateway_id("a")
    store.open_gap(i, at(0), Reason.UNREACHABLE)
    store.close_gap(i, at(0))

    assert store.gaps(i, at(-10), at(10)) == []


def test_everything_is_there_after_reopening(path: Path) -> None:
    connection = Connection("down", START, "It is off.", "Switch it on.", Reason.STOPPED)
    tempo = Tempo("gateway", 60.0, START, at(3), 5.0)
    with Store.open(path) as store:
        i = store.gateway_id("a")
        store.append(i, Reading(at=START, load_wh=5.0))
        store.set_connection(i, connection)
        store.set_tempo(i, tempo)
        store.log_event(i, START, "clock_jump", "back")

    with Store.open(path) as store:
        assert store.latest(i) == Reading(at=START, load_wh=5.0)
        assert store.connection(i) == connection
        assert store.tempo(i) == tempo
        assert store.now(i, at(4)) == START + timedelta(seconds=60)
        assert [e.detail for e in store.events(i, START, at(1))] == ["back"]


def test_own_queries_see_what_is_not_durable_yet_and_other_processes_see_it_after_a_flush(path: Path) -> None:
    now_s = [0.0]
    with Store.open(path, flush_s=10.0, real_s=lambda: now_s[0]) as store:
        i = store.gateway_id("a")
        store.append(i, Reading(at=START))
        other = Store.read(path)
        assert store.latest(i) is not None
        assert other.latest(i) is None

        now_s[0] = 10.0
        store.flush_if_due()

        assert other.latest(i) == Reading(at=START)
        other.close()


def test_readers_in_another_process_read_while_it_is_written(store: Store, path: Path) -> None:
    i = store.gateway_id("a")
    store.append(i, Reading(at=START, site_power_w=7.0))
    store.flush()
    script = (
        "import sys; from pathlib import Path; from forebay.store import Store;"
        f"s = Store.read(Path(sys.argv[1])); print(s.latest({i}).site_power_w)"
    )

    done = subprocess.run([sys.executable, "-c", script, path], capture_output=True, text=True, check=True)

    assert done.stdout == "7.0\n"


def test_a_reader_cannot_write(store: Store, path: Path) -> None:
    with Store.read(path) as reader, pytest.raises(StoreError, match="reading only"):
        reader.append(1, Reading(at=START))


def test_a_second_writer_is_refused_in_words(store: Store, path: Path) -> None:
    with pytest.raises(StoreError, match=f"process {os.getpid()}.* is writing here"):
        Store.open(path)


def test_nothing_recorded_yet_is_told(path: Path) -> None:
    with pytest.raises(StoreError, match="nothing was recorded here yet"):
        Store.read(path)


def test_a_file_of_another_kind_is_told_and_left_alone(tmp_path: Path) -> None:
    strange = tmp_path / "letter.txt"
    strange.write_text("Dear Sir, " * 200)

    with pytest.raises(StoreError, match="not a forebay database"):
        Store.open(strange)

    assert strange.read_text().startswith("Dear Sir")


@pytest.mark.parametrize("version", [0, 1, 7, 99])
@pytest.mark.parametrize("opened", [Store.open, Store.read])
def test_another_programs_database_is_told_and_no_byte_of_it_changes(
    tmp_path: Path, version: int, opened: Callable[[Path], Store]
) -> None:
    strange = tmp_path / "home-assistant.db"
    with closing(sqlite3.connect(strange)) as connection:
        connection.executescript(f"CREATE TABLE states (x); PRAGMA user_version = {version};")
    strange.chmod(0o644)
    before = strange.read_bytes()

    with pytest.raises(StoreError, match=r"home-assistant\.db: it is not a forebay database"):
        opened(strange)

    assert strange.read_bytes() == before
    assert strange.stat().st_mode & 0o777 == 0o644
    assert sorted(path.name for path in tmp_path.glob("*.db*")) in (
        ["home-assistant.db"],
        ["home-assistant.db", "home-assistant.db.lock"],
    )


def test_an_empty_file_becomes_a_record(tmp_path: Path) -> None:
    (tmp_path / "empty.db").touch()

    with Store.open(tmp_path / "empty.db") as store:
        assert store.gateway_id("a") == 1


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(StoreError, match="check that the folder exists"):
        Store.open(tmp_path / "file" / "x.db")


def test_a_full_disk_is_told_leaves_nothing_half_written_and_loses_nothing_once_there_is_room(path: Path) -> None:
    with Store.open(path, flush_s=0.0) as store:
        i = store.gateway_id("a")
        store.append(i, Reading(at=START))
        (pages,) = store.database.rows("PRAGMA page_count")[0]
        store.database.rows(f"PRAGMA max_page_count = {pages}")
        kept = 0

        def fill_up() -> None:
            nonlocal kept
            while kept < 5000:
                kept += 1
                store.append(i, Reading(at=at(5 * kept), grid_state="x" * 100))

        with pytest.raises(StoreError, match="disk is full"):
            fill_up()
        with closing(sqlite3.connect(path)) as other:
            durable = other.execute("SELECT count(*) FROM samples").fetchone()[0]
        assert durable == kept

        store.database.rows("PRAGMA max_page_count = 1000000")
        store.append(i, Reading(at=at(5 * kept + 5)))

        assert [r.at for r in store.readings(i, START, at(1e6))] == [at(5 * n) for n in range(kept + 2)]


def test_a_killed_writer_loses_at_most_the_last_flush_and_never_the_file(path: Path) -> None:
    script = textwrap.dedent("""
        import sys
        from datetime import UTC, datetime, timedelta
        from pathlib import Path
        from forebay.records.reading import Reading
        from forebay.store import Store
        now_s = 0.0
        store = Store.open(Path(sys.argv[1]), flush_s=10.0, real_s=lambda: now_s)
        i = store.gateway_id("a")
        n = 0
        while True:
            store.append(i, Reading(at=datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=5 * n), load_wh=float(n)))
            n += 1
            now_s += 1.0
            print(n, flush=True)
    """)
    for round_ in range(3):
        child = subprocess.Popen([sys.executable, "-c", script, path], stdout=subprocess.PIPE, text=True)
        assert child.stdout is not None
        appended = [int(child.stdout.readline()) for _ in range(50 + 37 * round_)][-1]
        child.send_signal(signal.SIGKILL)
        rest, _ = child.communicate()
        appended = max([appended, *(int(line) for line in rest.split("\n")[:-1])])

        with Store.open(path) as store:
            kept = store.readings(1, datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC))
            assert store.database.rows("PRAGMA integrity_check") == [("ok",)]
        assert [r.load_wh for r in kept] == [float(n) for n in range(len(kept))]
        assert appended - 11 <= len(kept) <= appended + 1
        for leftover in path.parent.iterdir():
            leftover.unlink()


def test_an_older_schema_is_migrated_and_a_newer_one_refused(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Store.open(path).close()
    known = database_module.migrations()
    grown = [*known, (len(known) + 1, "CREATE TABLE more (x INTEGER) STRICT;")]

    monkeypatch.setattr(database_module, "migrations", lambda: grown)
    with pytest.raises(StoreError, match="older forebay"):
        Store.read(path)
    with Store.open(path) as store:
        assert store.database.rows("SELECT * FROM more") == []

    monkeypatch.undo()
    with pytest.raises(StoreError, match="newer forebay"):
        Store.open(path)


def test_a_migration_that_fails_changes_nothing(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Store.open(path).close()
    broken = [*database_module.migrations(), (2, "CREATE TABLE more (x INTEGER); CREATE TABLE samples (x);")]

    monkeypatch.setattr(database_module, "migrations", lambda: broken)
    with pytest.raises(StoreError, match="already exists"):
        Store.open(path)

    monkeypatch.undo()
    with Store.open(path) as store:
        assert store.database.rows("SELECT name FROM sqlite_schema WHERE name = 'more'") == []


async def test_watchers_are_told_of_readings_and_of_states(store: Store) -> None:
    i = store.gateway_id("a")
    with store.watch() as watch:
        assert not await watch.wait(0)
        store.append(i, Reading(at=START))
        assert await watch.wait(1)
        assert not await watch.wait(0)
        store.set_connection(i, Connection("live", START))
        assert await watch.wait(1)
        await asyncio.to_thread(store.append, i, Reading(at=at(1)))
        assert await watch.wait(1)


async def test_a_watcher_beside_the_writing_process_is_told_of_each_flush(store: Store, path: Path) -> None:
    i = store.gateway_id("a")
    with Store.read(path) as reader, reader.watch() as watch:
        store.append(i, Reading(at=START))
        store.flush()

        assert await watch.wait(5)


def test_only_the_owner_may_read_the_record_and_what_lies_beside_it(tmp_path: Path) -> None:
    with Store.open(tmp_path / "forebay.db") as store:
        store.gateway_id("home")
        modes = {file.name: file.stat().st_mode & 0o777 for file in tmp_path.iterdir()}

    assert len(modes) == 4
    assert set(modes.values()) == {0o600}


def test_an_interrupt_right_after_a_commit_neither_fails_nor_doubles_what_was_written(path: Path) -> None:
    with Store.open(path) as store:
        i = store.gateway_id("a")
        store.log_event(i, START, "clock_jump", "once")
        store.database.rows("COMMIT")  # done, and then interrupted before it was noted

        store.flush()
        store.log_event(i, at(1), "clock_jump", "twice")

    with Store.read(path) as store:
        assert [e.detail for e in store.events(i, START, at(9))] == ["once", "twice"]
