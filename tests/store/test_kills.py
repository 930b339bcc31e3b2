"""Two hundred times a recording process is killed at a random moment, and each time the record is whole.

The process appends, flushes, seals days and joins months without a pause. What it has appended and flushed it notes in
a small file of shared memory, so that the test knows what may be missing at most.
"""

from __future__ import annotations

import multiprocessing
import os
import random
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from multiprocessing.context import ForkServerProcess
from pathlib import Path

import pytest
from tests.store.recording import EVERY, NOTE, PER_FLUSH, START, load_wh, reading, record

from forebay.store import Store
from forebay.store.check import check
from forebay.store.energy import energy_between
from forebay.store.raw import segments
from forebay.store.state import to_ms

KILLS = 200
_FOR_EVER_MS = 1 << 60


@contextmanager
def running(path: Path, noted: Path) -> Iterator[ForkServerProcess]:
    process = _CONTEXT.Process(target=record, args=(path, noted))
    process.start()
    try:
        yield process
    finally:
        os.kill(process.pid or 0, signal.SIGKILL)
        process.join(10)
        process.close()


_CONTEXT = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload(["tests.store.recording", "duckdb", "numpy"])


class Ledger:
    """What must be there after a kill, and what was asked before it."""

    def __init__(self) -> None:
        self.rng = random.Random(2026)
        self.asked: list[tuple[tuple[datetime, datetime], float]] = []
        self.most = 0

    def look(self, path: Path, flushed: int, appended: int) -> int:
        """Return how many readings are there, after comparing all that can be asked."""
        with Store.open(path) as store:
            assert store.database.rows("PRAGMA integrity_check") == [("ok",)]
            sums = "count(*), count(DISTINCT at_ms), coalesce(max(at_ms), 0), coalesce(sum(load_wh), 0)"
            parts = store.raw(1).ask(f"SELECT {sums} FROM {{table}}", 0, _FOR_EVER_MS)
            count: int = sum(row[0] for part in parts for row in part)
            distinct = sum(row[1] for part in parts for row in part)
            total_wh = sum(row[3] for part in parts for row in part)
            assert count == distinct
            assert flushed <= count <= appended
            assert count >= self.most  # what was durable once stays
            assert total_wh == sum(map(load_wh, range(count)))
            if count:
                assert max(row[2] for part in parts for row in part) == to_ms(reading(count - 1).at)
            if count > 2:
                self._energies(store, count)
            self.most = max(self.most, flushed)
        return count

    def _energies(self, store: Store, count: int) -> None:
        first, last = sorted(self.rng.sample(range(count), 2))
        self.asked.append(((reading(first).at, reading(last).at), load_wh(last) - load_wh(first)))
        for (start, end), wh in self.rng.sample(self.asked, min(4, len(self.asked))):
            assert energy_between(store, 1, [start, end])[0]["home"].wh == pytest.approx(wh, abs=1e-6)


@pytest.mark.slow
def test_two_hundred_kills_at_random_moments_corrupt_nothing_and_cost_one_flush_at_most(path: Path) -> None:
    noted = path.parent / "noted"
    path.parent.mkdir()
    noted.write_bytes(bytes(NOTE.size))
    ledger, rng, count = Ledger(), random.Random(1), 0
    for _ in range(KILLS):
        with running(path, noted) as process:
            process.join(rng.uniform(0.01, 0.15))
            assert process.exitcode is None
        flushed, appended = NOTE.unpack(noted.read_bytes())
        count = ledger.look(path, flushed, appended)
        assert count >= appended - PER_FLUSH - 1

    with Store.open(path) as store:
        assert check(store) == []
        found = store.readings(1, START, START + count * EVERY)
        files = [s.file for s in segments(store.database, 1, "samples", 0, _FOR_EVER_MS)]
    assert found == [reading(number) for number in range(count)]
    assert "1/samples-2026-01.parquet" in files
