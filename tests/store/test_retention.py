"""Nothing is let go of unless asked; then whole files, oldest first, and everything put together of them stays."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.conftest import ROOT
from tests.store.test_archive import seal_all
from tests.store.test_parts import BERLIN, lived

from forebay import run
from forebay.config import load
from forebay.errors import ConfigError, StoreError
from forebay.records.reading import Reading, SlowReading
from forebay.store import Store
from forebay.store.check import check
from forebay.store.energy import energy_between
from forebay.store.part_days import part_days
from forebay.store.query import series
from forebay.store.raw import segments
from forebay.store.retention import EVENT, Bound, let_go, plan
from forebay.store.seal import upkeep

START = datetime(2026, 1, 1, tzinfo=UTC)
DAYS = 70
PER_DAY = 8
END = START + timedelta(days=DAYS)


def record(store: Store, name: str = "house", days: int = DAYS) -> int:
    """Record a house every three hours."""
    gateway_id = store.gateway_id(name)
    for number in range(days * PER_DAY):
        at = START + timedelta(hours=3 * number)
        store.append(gateway_id, Reading(at=at, site_power_w=1000.0 + number % 7, load_wh=500.0 * number))
        if number % 4 == 0:
            store.append_slow(gateway_id, SlowReading(at=at, pack_full_wh=13_500.0))
    seal_all(store)
    return gateway_id


def asked(store: Store) -> list[Any]:
    """Ask what stays for ever."""
    days = [START + timedelta(days=n) for n in range(DAYS + 1)]
    hours = series(store, 1, START, END, step_s=3600, signals=["site_power_w"]).columns
    slow = store.raw(1, "slow_samples").ask("SELECT at_ms, pack_full_wh FROM {table}", 0, 1 << 60)
    return [energy_between(store, 1, days), hours, [row for rows in slow for row in rows]]


def files(store: Store, series_: str = "samples") -> list[str]:
    return [s.file for s in segments(store.database, 1, series_, 0, 1 << 60)]


def test_without_a_bound_nothing_ever_goes(store: Store) -> None:
    record(store)

    assert plan(store, Bound()).files == []
    assert let_go(store, Bound(), END).files == []
    assert len(store.readings(1, START, END)) == DAYS * PER_DAY


def test_a_bound_by_age_lets_go_of_whole_files_and_keeps_energies_curves_and_slow_readings(store: Store) -> None:
    record(store)
    before, had = asked(store), files(store)
    told = plan(store, Bound(keep_days=35))
    done = let_go(store, Bound(keep_days=35), END)

    assert told == done
    assert [due.segment.file for due in done.files] == had[:1] == ["1/samples-2026-01.parquet"]
    assert files(store) == had[1:]
    assert asked(store) == before
    kept = store.readings(1, START, END)
    assert {r.at for r in kept} == {START + timedelta(hours=3 * n) for n in range(31 * PER_DAY, DAYS * PER_DAY)}
    events = [e for e in store.events(1, START, END + timedelta(days=1)) if e.kind == EVENT]
    assert [e.detail[:60] for e in events] == ["raw readings of 2026-01-01 to 2026-02-01 were let go: 1 file"]
    assert check(store) == []
    assert let_go(store, Bound(keep_days=35), END).files == []
    store.append(1, Reading(at=END + timedelta(hours=3), site_power_w=1.0, load_wh=1e6))
    assert store.latest(1) is not None


def test_a_bound_by_size_lets_go_of_the_oldest_first_and_never_of_what_is_hot(store: Store) -> None:
    record(store)
    had = files(store)
    size_mb = plan(store, Bound(keep_mb=10_000)).before_mb
    within = plan(store, Bound(keep_mb=int(size_mb) + 1))
    one = store.archive.path(had[0]).stat().st_size / 1e6
    tight = Bound(keep_mb=0)  # no setting allows it: all that may go goes

    assert within.files == []
    assert plan(store, Bound(keep_mb=10_000)).after_mb == size_mb
    assert [due.segment.file for due in plan(store, tight).files] == had
    assert plan(store, tight).after_mb < size_mb - one
    let_go(store, tight, END)
    hot = store.readings(1, START, END)
    assert len(hot) >= 2 * PER_DAY
    assert hot[-1].at == END - timedelta(hours=3)
    assert check(store) == []


def test_each_gateway_is_told_of_its_own_and_a_younger_one_keeps_all(store: Store) -> None:
    record(store)
    record(store, "second", days=30)

    gone = let_go(store, Bound(keep_days=35), END)
    assert {due.gateway_id for due in gone.files} == {1}
    assert len(store.readings(2, START, END)) == 30 * PER_DAY
    assert [e for e in store.events(2, START, END + timedelta(days=1)) if e.kind == EVENT] == []


def test_days_of_parts_stay_when_their_readings_went(store: Store) -> None:
    lived(store, 8)
    seal_all(store)

    def days() -> Any:
        return part_days(store, 1, [1, 2], date(2026, 5, 28), 5, tz=BERLIN, signals=["power_w", "charged_wh"])

    before = days()
    gone = let_go(store, Bound(keep_mb=0), END)

    assert {due.series for due in gone.files} == {"part_samples/1", "part_samples/2"}
    assert before
    assert days() == before
    assert check(store) == []


def test_the_files_stay_for_an_hour_for_those_who_read_them_and_are_then_taken_away(store: Store) -> None:
    record(store)
    file = store.archive.path(files(store)[0])
    os.utime(file, (time.time() - 99_000, time.time() - 99_000))
    let_go(store, Bound(keep_days=35), END)
    upkeep(store)

    assert file.exists()
    os.utime(file, (time.time() - 4000, time.time() - 4000))
    upkeep(store)
    assert not file.exists()


def test_a_bound_that_cannot_be_written_down_lets_nothing_go(path: Path) -> None:
    with Store.open(path) as store:
        record(store, days=40)
    with Store.read(path) as store:
        had = len(store.readings(1, START, END))
        with pytest.raises(StoreError):
            let_go(store, Bound(keep_days=5), END)
        assert len(store.readings(1, START, END)) == had


async def test_the_recorder_lets_go_by_itself_where_it_is_told_to(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    record(store)
    monkeypatch.setattr(run, "UPKEEP_S", 0.01)
    task = asyncio.create_task(run.keep_up(store, Bound(keep_days=35)))
    async with asyncio.timeout(20):
        while len(files(store)) == len(set(files(store)) | {"1/samples-2026-01.parquet"}):
            await asyncio.sleep(0.01)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)

    assert "1/samples-2026-01.parquet" not in files(store)


@pytest.mark.parametrize(
    "text", ["keep_days = 5", "keep_days = -1", "keep_mb = 10", 'keep_mb = "much"', "keep_days = 30.5"]
)
def test_a_bound_that_makes_no_sense_is_refused_by_name(tmp_path: Path, text: str) -> None:
    (tmp_path / "forebay.toml").write_text(f"[store]\n{text}\n")

    with pytest.raises(ConfigError, match=r"store\.keep_(days|mb): "):
        load(tmp_path / "forebay.toml")


def forebay(*words: str, home: Path) -> subprocess.CompletedProcess[str]:
    env = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT / "src"), "HOME": str(home), "XDG_CONFIG_HOME": str(home)}
    command = [sys.executable, "-m", "forebay", "keep", *words]
    return subprocess.run(command, check=False, env=env, capture_output=True, text=True, timeout=60)


def test_the_command_only_says_what_would_go_until_it_is_told_to(path: Path, tmp_path: Path) -> None:
    with Store.open(path) as store:
        record(store)
    free = forebay("--db", str(path), home=tmp_path)
    dry = forebay("--db", str(path), "--days", "35", home=tmp_path)
    odd = forebay("--db", str(path), "--days", "3", home=tmp_path)
    with Store.read(path) as store:
        untouched = len(files(store))
    real = forebay("--db", str(path), "--days", "35", "--apply", "--json", home=tmp_path)

    assert "every reading is kept for ever" in free.stdout
    assert dry.stdout.splitlines()[0].startswith("2026-01-01 to 2026-02-01")
    assert "1 files would go; --apply lets them go" in dry.stdout
    assert (odd.returncode, "at least 30 days are kept" in odd.stderr) == (1, True)
    assert [one["file"] for one in json.loads(real.stdout)["files"]] == ["1/samples-2026-01.parquet"]
    with Store.read(path) as store:
        assert len(files(store)) == untouched - 1
