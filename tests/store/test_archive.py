"""Days that are over go into Parquet files, and nothing that is asked comes out otherwise than before."""

from __future__ import annotations

import asyncio
import math
import multiprocessing
import os
import random
import signal
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.store.conftest import RecordHouse

from forebay import run
from forebay.errors import StoreError
from forebay.records.reading import Reading, SlowReading
from forebay.store import Store
from forebay.store import seal as sealing
from forebay.store.aside import set_aside
from forebay.store.energy import energy, energy_between, energy_of_days
from forebay.store.query import series, zone
from forebay.store.raw import sealed_until, segments
from forebay.store.rollup import BUCKETS, GAUGES
from forebay.store.seal import upkeep
from forebay.store.state import to_ms

START = datetime(2026, 5, 28, 0, 0, 0, tzinfo=UTC)
DAY_S = 86_400
EVERY_S = 97.0


def wild(store: Store, days: float, *, seed: int = 1, every_s: float = EVERY_S) -> list[Reading]:
    """Record days with gaps, unknown values, words, and powers of either sign."""
    rng, gateway_id, at, kept = random.Random(seed), store.gateway_id("gateway"), START, []
    counted = dict.fromkeys(("site_import_wh", "site_export_wh", "load_wh", "solar_export_wh"), 1_234_567.89)
    while at < START + timedelta(days=days):
        at += timedelta(seconds=every_s * rng.choice([1, 1, 1, 1, 1.5]) if rng.random() < 0.995 else 4000)
        site = round(rng.uniform(-4000, 4000), 2)
        for name in counted:
            counted[name] = round(counted[name] + rng.uniform(0, 3), 2)
        known: dict[str, Any] = {
            "site_power_w": site,
            "load_power_w": abs(site),
            "solar_power_w": rng.choice([None, 0.0, round(rng.uniform(0, 5000))]),
            "battery_power_w": float(rng.randrange(-500, 500) * 10),
            "site_voltage_v": rng.choice([None, round(rng.uniform(236, 244), 1)]),
            "charge_wire_pct": round(rng.uniform(5, 100), 4),
            "grid_state": rng.choice(["SystemGridConnected", "SystemIslandedActive", None]),
            "grid_services_active": rng.choice([True, False, None]),
        }
        if rng.random() < 0.9:
            known |= counted
        kept.append(Reading(at=at, **known))
        store.append(gateway_id, kept[-1])
        if rng.random() < 0.1:
            store.append_slow(
                gateway_id, SlowReading(at=at, firmware="21.44", pack_count=2, pack_remaining_wh=at.minute)
            )
    return kept


def seal_all(store: Store) -> int:
    steps = 0
    while done := upkeep(store):
        steps += done
    return steps


def same(first: Any, second: Any) -> bool:
    """Whether two answers agree as far as the archive's decimals go."""
    if isinstance(first, float) and isinstance(second, float):
        return math.isclose(first, second, rel_tol=1e-9, abs_tol=0.011)
    if isinstance(first, dict):
        return first.keys() == second.keys() and all(same(first[key], second[key]) for key in first)
    if isinstance(first, Sequence) and not isinstance(first, str):
        return len(first) == len(second) and all(map(same, first, second))
    return bool(first == second)


def answers(store: Store) -> dict[str, Any]:
    """Everything that can be asked of a span, at even and at odd edges."""
    rng, end = random.Random(7), START + timedelta(days=7)
    edges = sorted(START + timedelta(seconds=rng.uniform(-9e4, 8 * DAY_S)) for _ in range(25))
    sums = energy_between(store, 1, edges)
    days = energy_of_days(store, 1, end.date(), 9, zone("Australia/Lord_Howe"))
    return {
        "readings": [
            [getattr(r, name) for name in ("at", *GAUGES, "grid_state")] for r in store.readings(1, START, end)
        ],
        "flags": [r.grid_services_active for r in store.readings(1, START, end)],
        "sums": [{name: [e.wh, e.covered_ratio] for name, e in window.items()} for window in sums],
        "days": {str(d): {name: [e.wh, e.covered_ratio] for name, e in window.items()} for d, window in days.items()},
        "odd": series(store, 1, START + timedelta(seconds=7), end, step_s=600, signals=GAUGES).columns,
        "minutes": series(store, 1, START, end, step_s=60, signals=GAUGES).columns,
        "quarters": series(store, 1, START, end + timedelta(seconds=17), step_s=1800, signals=GAUGES).columns,
        "days_of_curve": series(store, 1, START, end, step_s=DAY_S, signals=GAUGES).columns,
    }


def test_sealed_days_answer_as_they_did_before(store: Store) -> None:
    wild(store, 7)
    before, n_before = answers(store), store.database.rows("SELECT count(*) FROM samples")[0][0]
    steps = seal_all(store)
    after = answers(store)

    assert steps >= 10  # four days and more of readings and of slow ones, and a month of each
    assert [name for name in before if not same(before[name], after[name])] == []
    assert store.database.rows("SELECT count(*) FROM samples")[0][0] < n_before / 2
    assert sealed_until(store.database, 1, "samples") == to_ms(START + timedelta(days=6))
    assert store.database.rows("SELECT count(*) FROM slow_samples WHERE at_ms < ?", (to_ms(START),)) == [(0,)]


def test_a_day_is_sealed_two_hours_after_its_end_and_not_before(store: Store) -> None:
    gateway_id, end = store.gateway_id("gateway"), START + timedelta(days=1)
    for at in (START, START + timedelta(hours=12), end, end + timedelta(hours=1, minutes=59, seconds=59)):
        store.append(gateway_id, Reading(at=at, solar_power_w=100.0))
    seal_all(store)
    before_ms = sealed_until(store.database, gateway_id, "samples")
    store.append(gateway_id, Reading(at=end + timedelta(hours=2), solar_power_w=100.0))
    seal_all(store)

    assert (before_ms, sealed_until(store.database, gateway_id, "samples")) == (None, to_ms(end))


def test_a_month_that_a_wrong_clock_ended_goes_on_in_a_file_of_its_own(store: Store) -> None:
    gateway_id, every = store.gateway_id("gateway"), timedelta(hours=1)

    def live(begin: datetime, days: int) -> None:
        for n in range(24 * days):
            store.append(gateway_id, Reading(at=begin + n * every, solar_power_w=float(n)))
        seal_all(store)

    live(datetime(2026, 6, 1, tzinfo=UTC), 4)
    live(datetime(2038, 6, 1, tzinfo=UTC), 2)
    set_aside(store, gateway_id, datetime(2026, 6, 5, tzinfo=UTC))
    live(datetime(2026, 6, 5, tzinfo=UTC), 30)

    told = store.readings(gateway_id, START, START + timedelta(days=99))
    assert [r.at for r in told] == [datetime(2026, 6, 1, tzinfo=UTC) + n * every for n in range(24 * 34)]
    assert [segment.file for segment in segments(store.database, gateway_id, "samples", 0, to_ms(told[-1].at))][:2] == [
        "1/samples-2026-06.parquet",
        "1/samples-2026-06.2.parquet",
    ]


def test_a_month_that_is_over_is_one_file(store: Store) -> None:
    wild(store, 12, every_s=900)
    seal_all(store)
    found = segments(store.database, 1, "samples", 0, to_ms(START + timedelta(days=99)))

    assert [segment.file for segment in found][:2] == ["1/samples-2026-05.parquet", "1/samples-2026-06-01.parquet"]
    assert [a.end_ms for a in found[:-1]] == [b.start_ms for b in found[1:]]
    assert store.archive.path(found[0].file).stat().st_size == found[0].bytes
    assert (store.archive.path(found[0].file).stat().st_mode & 0o777, found[0].n > 200) == (0o600, True)


@pytest.mark.parametrize("seed", range(5))
def test_buckets_are_what_the_raw_readings_say(store: Store, seed: int) -> None:
    kept = wild(store, 0.4, seed=seed)

    for table, length_ms in BUCKETS.items():
        buckets: dict[int, list[Reading]] = {}
        for reading in kept:
            buckets.setdefault(to_ms(reading.at) // length_ms * length_ms, []).append(reading)
        buckets.pop(max(buckets))  # not over yet
        rows = store.database.rows(f"SELECT * FROM {table} ORDER BY start_ms")
        assert [(row[1], row[2]) for row in rows] == [(start, len(held)) for start, held in sorted(buckets.items())]
        for row in rows:
            for number, gauge in enumerate(GAUGES):
                known = [v for r in buckets[row[1]] if (v := getattr(r, gauge)) is not None]
                n, total, least, most = row[3 + 4 * number : 7 + 4 * number]
                assert (n, least, most) == (len(known), min(known, default=None), max(known, default=None))
                assert total == (pytest.approx(sum(known)) if known else None)


def test_an_edge_between_quarters_is_found_in_the_file(store: Store, record_house: RecordHouse) -> None:
    record_house(store, START, lambda t: 1000 + 800 * math.sin(t / 500), until_s=4 * DAY_S, every_s=30)
    odd = (START + timedelta(hours=5, minutes=7, seconds=13), START + timedelta(hours=9, minutes=52, seconds=1))
    before = energy(store, 1, *odd)
    seal_all(store)

    assert energy(store, 1, *odd)["home"].wh == pytest.approx(before["home"].wh, abs=0.02)


@pytest.mark.parametrize("moment", ["written", "joined"])
def test_a_crash_between_file_and_database_loses_and_doubles_nothing(
    path: Path, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    with Store.open(path) as store:
        wild(store, 7, every_s=300)
        before = answers(store)
        if moment == "joined":
            while sealing.seal_next_day(store, 1, "samples"):
                pass

        def crash(_: object) -> None:
            raise KeyboardInterrupt

        monkeypatch.setattr(store.database, "write_at_once", crash)
        with pytest.raises(KeyboardInterrupt):
            upkeep(store)
    monkeypatch.undo()
    with Store.open(path) as store:
        assert same(answers(store), before)
        seal_all(store)
        assert same(answers(store), before)


def test_files_that_no_segment_names_are_taken_away_when_nobody_can_read_them(store: Store) -> None:
    wild(store, 7, every_s=900)
    seal_all(store)
    days = sorted(store.archive.folder.rglob("*-2026-05-*.parquet"))
    upkeep(store)
    still_there = [file.exists() for file in days]
    for file in days:
        os.utime(file, (time.time() - 4000, time.time() - 4000))
    upkeep(store)

    assert days
    assert all(still_there)
    assert not any(file.exists() for file in days)
    assert len(store.readings(1, START, START + timedelta(days=9))) > 100


@pytest.mark.parametrize("damage", ["torn", "gone", "garbage"])
def test_a_damaged_file_is_named_and_the_other_days_are_read(
    store: Store, record_house: RecordHouse, damage: str
) -> None:
    record_house(store, START, lambda t: 1000.0, until_s=6 * DAY_S, every_s=300)
    while sealing.seal_next_day(store, 1, "samples"):
        pass
    file = store.archive.path("1/samples-2026-05-29.parquet")
    whole = file.read_bytes()
    if damage == "gone":
        file.unlink()
    else:
        file.write_bytes(whole[: len(whole) // 2] if damage == "torn" else b"PAR1" + bytes(99))
    second = START + timedelta(days=1)

    with pytest.raises(StoreError, match=r"samples-2026-05-29\.parquet: is missing or damaged; put it back"):
        store.readings(1, second, second + timedelta(hours=1))
    assert store.readings(1, START, second)
    assert energy(store, 1, second, second + timedelta(hours=6))["home"].wh is not None  # quarters are at hand
    assert series(store, 1, second, second + timedelta(hours=2), step_s=900, signals=["site_power_w"]).columns
    file.write_bytes(whole)
    assert store.readings(1, second, second + timedelta(hours=1))


def test_an_archive_that_cannot_be_written_leaves_the_readings_where_they_are(store: Store) -> None:
    wild(store, 6, every_s=600)
    before = answers(store)
    store.archive.folder.write_text("in the way")

    with pytest.raises(StoreError, match="cannot be written"):
        upkeep(store)
    assert same(answers(store), before)
    store.archive.folder.unlink()
    assert seal_all(store)
    assert same(answers(store), before)


def _seal_for_ever(path: Path) -> None:
    with Store.open(path, flush_s=0.01) as store:
        while True:
            upkeep(store)


async def test_upkeep_runs_beside_the_recorder_and_says_once_what_is_wrong(
    store: Store, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    wild(store, 5, every_s=900)
    monkeypatch.setattr(run, "UPKEEP_S", 0.01)
    store.archive.folder.write_text("in the way")
    task = asyncio.create_task(run.keep_up(store))
    async with asyncio.timeout(20):
        while not caplog.records:
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.1)  # several tries, which may not say it again
        store.archive.folder.unlink()
        while sealed_until(store.database, 1, "samples") is None:
            await asyncio.sleep(0.01)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)

    assert len([r for r in caplog.records if "cannot be written" in r.message]) == 1


def test_a_kill_at_any_moment_of_sealing_loses_nothing(path: Path) -> None:
    with Store.open(path) as store:
        wild(store, 9, every_s=120)
        n = len(store.readings(1, START, START + timedelta(days=30)))
    rng, context, kills = random.Random(3), multiprocessing.get_context("fork"), 0
    for _ in range(12):
        process = context.Process(target=_seal_for_ever, args=(path,))
        process.start()
        time.sleep(rng.uniform(0.02, 0.4))
        os.kill(process.pid or 0, signal.SIGKILL)
        process.join(5)
        process.close()
        kills += 1
        with Store.read(path) as store:
            times = [r.at for r in store.readings(1, START, START + timedelta(days=30))]
            assert (len(times), len(set(times))) == (n, n)

    assert kills == 12


def test_a_reader_beside_the_sealing_process_sees_every_reading_once(path: Path) -> None:
    with Store.open(path) as store:
        wild(store, 9, every_s=200)
        n = len(store.readings(1, START, START + timedelta(days=30)))
        with Store.read(path) as reader:
            steps = 0
            while upkeep(store):
                steps += 1
                assert len(reader.readings(1, START, START + timedelta(days=30))) == n

    assert steps > 5
