"""Files of the archive are Parquet to any program, and come back to this one as they went in."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.store.test_archive import START, answers, same, seal_all, wild

from forebay.errors import StoreError
from forebay.records.signals import SIGNALS
from forebay.store import Store
from forebay.store import archive as archive_module
from forebay.store import seal as sealing
from forebay.store.archive import Archive
from forebay.store.check import check
from forebay.store.deltas import packed, run_values, runs, unpacked
from forebay.store.parquet import GROUP, TIME, Column, NotOurs, Reader, Writer
from forebay.store.raw import segments
from forebay.store.state import to_ms
from forebay.store.store import archive_of

COLUMNS = (
    Column(TIME, "time"),
    Column("whole", "decimal", 0),
    Column("fine", "decimal", 3),
    Column("wild", "double"),
    Column("flag", "integer"),
    Column("word", "text"),
    Column("nothing", "decimal", 2),
    Column("silent", "text"),
)
NAMES = [column.name for column in COLUMNS if column.name != TIME]
WORDS = ["", "SystemGridConnected", "ä ü 電", "x" * 300, *(f"w{n}" for n in range(300))]


def table(n: int, seed: int) -> dict[str, Any]:
    """Return columns of every kind, with NULLs, long runs, jumps and both signs."""
    rng = random.Random(seed)

    def some(value: Any) -> Any:
        return None if rng.random() < 0.1 else value

    def floats(make: Any) -> Any:
        return np.array([some(make()) for _ in range(n)], dtype=np.float64)

    words = WORDS[: rng.choice([1, 2, 3, 40, 304])]
    return {
        TIME: np.cumsum([rng.choice([1, 4970, 5000, 5030, 10**9]) for _ in range(n)]) + 1_700_000_000_000,
        "whole": floats(lambda: float(rng.choice([0, 1, -1, 250, 2**31, -(2**33), 10**11]))),
        "fine": floats(lambda: round(rng.uniform(-5000, 5000), 3)),
        "wild": floats(lambda: rng.choice([1e300, -0.0, float("inf"), 5e-324, rng.random()])),
        "flag": floats(lambda: float(rng.choice([0, 1, -7, 2**31 - 1]))),
        "word": np.array([some(rng.choice(words)) for _ in range(n)], dtype=object),
        "nothing": np.full(n, np.nan),
        "silent": np.full(n, None, dtype=object),
    }


def written(path: Path, *tables: dict[str, Any]) -> Reader:
    with path.open("wb") as file:
        writer = Writer(file, COLUMNS)
        for one in tables:
            writer.add(one)
        writer.finish()
    return Reader(path)


def lists(values: Any) -> list[Any]:
    return [None if v is None or v != v else v for v in values]


@pytest.mark.parametrize("n", [1, 2, 512, 513, 514, GROUP, GROUP + 1, 3 * GROUP - 1])
def test_what_went_in_comes_out_for_this_program_and_for_another(tmp_path: Path, n: int) -> None:
    given_ = table(n, n)
    reader = written(tmp_path / "x.parquet", given_)

    parts = list(reader.read(NAMES, -(1 << 62), 1 << 62))
    found = {name: [v for part in parts for v in lists(part[name])] for name in (TIME, *NAMES)}
    foreign = duckdb.connect().execute(f"SELECT * FROM '{tmp_path}/x.parquet'").fetchall()

    assert found == {name: lists(values.tolist()) for name, values in given_.items()}
    assert reader.rows == len(foreign) == n
    for number, column in enumerate(COLUMNS):
        told = [row[number] for row in foreign]
        assert [None if v is None else v if column.kind == "text" else float(v) for v in told] == found[column.name]


def test_a_window_reads_the_rows_of_it_and_a_column_that_is_not_there_is_null(tmp_path: Path) -> None:
    given_ = table(2 * GROUP, 3)
    reader = written(tmp_path / "x.parquet", given_)
    times = given_[TIME]
    low, high = int(times[GROUP - 5]), int(times[GROUP + 7])

    parts = list(reader.read(["fine", "unheard"], low, high))

    assert [t for part in parts for t in part[TIME].tolist()] == times[GROUP - 5 : GROUP + 7].tolist()
    assert [v for part in parts for v in lists(part["fine"])] == lists(given_["fine"][GROUP - 5 : GROUP + 7])
    assert {v for part in parts for v in lists(part["unheard"])} == {None}
    assert list(reader.read(["fine"], 0, int(times[0]))) == []


@given(st.lists(st.integers(-(2**52), 2**52), min_size=1, max_size=1200))
def test_differences_come_back(values: list[int]) -> None:
    assert unpacked(packed(np.array(values, dtype=np.int64)), 0).tolist() == values


@given(st.lists(st.integers(0, 300), max_size=600))
def test_runs_come_back(values: list[int]) -> None:
    data = b"??" + runs(np.array(values, dtype=np.int64), 2)

    assert run_values(data, 2, len(values), 2).tolist() == values


@given(cut=st.integers(0, 10_000), flip=st.integers(0, 10_000))
def test_a_damaged_file_is_an_error_in_one_word_or_another_value_but_nothing_else(
    tmp_path_factory: pytest.TempPathFactory, cut: int, flip: int
) -> None:
    path = tmp_path_factory.getbasetemp() / "damaged.parquet"
    written(path, table(700, 5))
    whole = path.read_bytes()
    cut, flip = cut % len(whole), flip % len(whole)
    flipped = bytearray(whole)
    flipped[flip] ^= 0x55
    for damaged in (whole[:cut], bytes(flipped)):
        path.write_bytes(damaged)
        try:
            list(Reader(path).read(NAMES, -(1 << 62), 1 << 62))
        except NotOurs:
            continue
        assert damaged == bytes(flipped), "a file that was cut was read"


def as_before(store: Store) -> None:
    """Make the archive's files what an earlier forebay wrote: by DuckDB, with zstd."""
    for file in store.archive.folder.rglob("*.parquet"):
        old = file.with_suffix(".old")
        duckdb.connect().execute(f"COPY (SELECT * FROM '{file}') TO '{old}' (FORMAT parquet, COMPRESSION zstd)")
        old.replace(file)


def test_files_of_an_earlier_forebay_answer_as_they_did_and_become_months(store: Store) -> None:
    wild(store, 7, every_s=120)
    while sealing.seal_next_day(store, 1, "samples") or sealing.seal_next_day(store, 1, "slow_samples"):
        pass
    before = answers(store)
    as_before(store)
    with pytest.raises(NotOurs):
        Reader(next(store.archive.folder.rglob("*.parquet")))

    assert same(answers(store), before)
    seal_all(store)
    assert same(answers(store), before)
    sealed = segments(store.database, 1, "samples", 0, 1 << 60)
    assert Reader(store.archive.path(sealed[0].file)).rows == sealed[0].n  # the month is ours again


@pytest.mark.parametrize("limit", [10, 10_000, 1_000_000])
def test_a_query_that_must_see_all_rows_at_once_does_so_and_others_are_added_up(
    store: Store, monkeypatch: pytest.MonkeyPatch, limit: int
) -> None:
    monkeypatch.setattr(archive_module, "_ROWS_AT_ONCE", limit)  # of more, DuckDB is asked
    wild(store, 12, every_s=290)
    seal_all(store)
    raw = store.raw(1)
    span = (to_ms(START), 1 << 60)
    times = [r.at for r in store.readings(1, START, START.replace(year=2027))]

    pairs = raw.ask("SELECT at_ms - lag(at_ms) OVER (ORDER BY at_ms) FROM {table}", *span)
    counts = raw.ask("SELECT at_ms % 2 AS odd, count(*) AS n FROM {table} GROUP BY 1", *span)
    most = raw.ask("SELECT count(*), max(at_ms) FROM {table}", *span)
    assert len(times) > 1_000
    assert len(pairs) == 2  # the files, and the database
    assert sum(v[0] for rows in pairs for v in rows if v[0] is not None) == to_ms(times[-1]) - to_ms(times[0]) - (
        _step(times, store)
    )
    assert sum(n for rows in counts for _, n in rows) == len(times)
    assert (len(counts) > 2) == (limit < 1_000_000)
    assert [len(rows) for rows in most] == [1, 1]
    assert sum(rows[0][0] for rows in most) == len(times)


def _step(times: list[Any], store: Store) -> int:
    """Return the length of the pair that lies between the files and the database [ms]."""
    until_ms = segments(store.database, 1, "samples", 0, 1 << 60)[-1].end_ms
    first = next(n for n, at in enumerate(times) if to_ms(at) >= until_ms)
    return to_ms(times[first]) - to_ms(times[first - 1])


def test_other_programs_find_the_units_places_in_the_files(path: Path) -> None:
    with Store.open(path) as store:
        wild(store, 5, every_s=300)
        seal_all(store)
        assert check(store) == []
    file = next(archive_of(path).rglob("samples-*.parquet"))
    kinds = dict(
        duckdb.connect().execute(f"SELECT column_name, column_type FROM (DESCRIBE SELECT * FROM '{file}')").fetchall()
    )

    assert kinds["at_ms"] == "BIGINT"
    assert kinds["site_power_w"] == "DECIMAL(18,2)"
    assert kinds["grid_state"] == "VARCHAR"
    assert set(kinds) == {"at_ms", *(s.name for s in SIGNALS if s.poll.name == "FAST")}


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"archive/1/gone\.parquet: is missing or damaged; put it back"):
        list(Archive(tmp_path / "archive").columns(["1/gone.parquet"], ["site_power_w"]))
