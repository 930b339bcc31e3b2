"""What was recorded comes out as it went in, in any format, range and spacing."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import duckdb
import pytest
from tests.cli.conftest import Forebay, forebay, home
from tests.store.test_archive import START, seal_all, wild
from tests.store.test_fed import live

from forebay.errors import StoreError
from forebay.exchange.export import ENERGIES, MEANS, WINDOWS, Wanted, edges, rows, write_parquet, write_text
from forebay.records.reading import Reading
from forebay.store import Store
from forebay.store.energy import energy_between
from forebay.store.query import series, zone
from forebay.store.store import FAST_NAMES

__all__ = ["forebay", "home"]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path / "forebay.db", flush_s=0) as opened:
        yield opened


def want(**changes: Any) -> Wanted:
    return Wanted(**{"gateway_id": 1, "start": START, "end": START + timedelta(days=6), **changes})


@pytest.mark.parametrize("sealed", [False, True])
def test_raw_readings_come_out_as_they_went_in(store: Store, sealed: bool) -> None:
    kept = [r for r in wild(store, 6, every_s=400) if r.at < START + timedelta(days=6)]
    if sealed:
        seal_all(store)
    found = list(rows(store, want()))

    assert [at for at, _ in found] == [reading.at for reading in kept]
    for (_, values), reading in zip(found, kept, strict=True):
        for name, value in zip(FAST_NAMES, values, strict=True):
            expected = getattr(reading, name)
            assert value == (pytest.approx(expected, abs=0.006) if isinstance(expected, float) else expected), name


def test_means_are_those_of_the_curves(store: Store) -> None:
    wild(store, 3, every_s=60)
    wanted = want(end=START + timedelta(days=3), every="15m", signals=("load_power_w", "charge_wire_pct"))
    found = list(rows(store, wanted))
    curve = series(store, 1, START, wanted.end, step_s=900, signals=wanted.columns)
    known = [n for n, values in enumerate(zip(*curve.columns.values(), strict=True)) if set(values) != {None}]

    assert [int(at.timestamp()) for at, _ in found] == [curve.t[n] for n in known]
    assert [values[0] for _, values in found] == pytest.approx([curve.columns["load_power_w"][n] for n in known])


@pytest.mark.parametrize(("every", "step_s"), [("30s", 30), ("2m", 120), ("2h", 7200), ("24h", 86_400)])
def test_means_of_any_part_of_a_day_are_told(store: Store, every: str, step_s: int) -> None:
    kept = wild(store, 2, every_s=60)
    wanted = want(end=START + timedelta(days=2), every=every, signals=("load_power_w",))
    found = dict(rows(store, wanted))
    for at, values in found.items():
        inside = [r.load_power_w for r in kept if at <= r.at < at + timedelta(seconds=step_s) and r.at < wanted.end]
        known = [value for value in inside if value is not None]
        assert values[0] == pytest.approx(sum(known) / len(known))

    assert all(int(at.timestamp()) % step_s == 0 for at in found)
    assert len(found) > 1


@pytest.mark.parametrize("every", WINDOWS)
def test_energies_add_up_whatever_the_window(store: Store, every: str) -> None:
    live(store, 40, every_s=300)
    start = datetime(2026, 6, 1, tzinfo=UTC)
    wanted = Wanted(gateway_id=1, start=start, end=start + timedelta(hours=36), every=every, energy=True)
    found = [dict(zip(ENERGIES, values, strict=True)) for _, values in rows(store, wanted)]
    whole = energy_between(store, 1, [wanted.start, wanted.end])[0]

    for name in ("solar", "home", "grid_in", "battery_out"):
        assert sum(row[f"{name}_wh"] for row in found) == pytest.approx(whole[name].wh)
    for row in found:
        assert row["solar_to_home_wh"] + row["solar_to_battery_wh"] + row["solar_to_grid_wh"] == pytest.approx(
            row["solar_wh"], abs=1e-6
        )


def test_windows_are_those_of_the_calendar() -> None:
    sydney = zone("Australia/Sydney")
    start = datetime(2026, 9, 30, 3, tzinfo=UTC)
    days = edges(start, start + timedelta(days=6), "day", sydney)
    months = edges(start, start + timedelta(days=70), "month", sydney)

    assert [int((b - a).total_seconds() / 3600) for a, b in pairwise(days)] == [
        11,
        24,
        24,
        24,
        23,
        24,
        14,
    ]
    assert [at.astimezone(sydney).strftime("%m-%d") for at in months[1:-1]] == ["10-01", "11-01", "12-01"]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"every": "7m"}, "7m: no such spacing; one of raw, 1m, 5m"),
        ({"every": "raw", "energy": True}, "raw: no such spacing; one of 15m, 1h, day"),
        ({"signals": ("solar",)}, "solar: not offered raw; there are site_power_w"),
        ({"signals": ("site_import_wh",), "every": "1h"}, "site_import_wh: not offered as a mean"),
        ({"end": START}, "the range is empty"),
    ],
)
def test_what_is_not_there_is_named_with_what_is(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(StoreError, match=words):
        want(**changes)


def test_csv_and_json_hold_the_same(store: Store) -> None:
    wild(store, 1, every_s=600)
    texts = {}
    for kind in ("csv", "json"):
        file = io.StringIO()
        write_text(file, kind, want(), rows(store, want()), lambda _: None)
        texts[kind] = file.getvalue()
    sheet = list(csv.DictReader(io.StringIO(texts["csv"])))
    lines = [json.loads(line) for line in texts["json"].splitlines()]

    assert sheet == [{k: "" if v is None else str(v) for k, v in line.items()} for line in lines]
    assert lines[0]["at"].endswith("Z")
    assert datetime.fromisoformat(lines[0]["at"]) == store.readings(1, START, START + timedelta(days=1))[0].at


def test_the_command_writes_what_it_is_asked_for(store: Store, forebay: Forebay, tmp_path: Path) -> None:
    kept = wild(store, 3, every_s=600)
    db = ("--db", str(tmp_path / "forebay.db"))
    span = ("--since", "2026-05-29T00:00Z", "--until", "2026-05-30T00:00Z")
    printed = forebay("export", *db, *span, "--signals", "site_power_w, load_power_w")
    written = forebay("export", str(tmp_path / "out.parquet"), *db, *span)
    again = forebay("export", str(tmp_path / "out.parquet"), *db, *span)
    day = forebay("export", *db, "--energy", "--format", "json", "--since", "2026-05-29", "--until", "2026-05-31")
    wanted = [r for r in kept if START + timedelta(days=1) <= r.at < START + timedelta(days=2)]
    table = duckdb.connect().execute(f"SELECT * FROM '{tmp_path}/out.parquet'").fetchall()

    assert printed.out.splitlines()[0] == "at,site_power_w,load_power_w"
    assert len(printed.out.splitlines()) == len(wanted) + 1
    assert written.code == 0
    assert f"{len(wanted)} rows" in written.err
    assert [row[0].replace(tzinfo=UTC) for row in table] == [reading.at for reading in wanted]
    assert [row[1] for row in table] == [reading.site_power_w for reading in wanted]
    assert (again.code, "is there already" in again.err) == (1, True)
    assert len([json.loads(line) for line in day.out.splitlines()]) == 2
    assert sorted(path.name for path in tmp_path.glob("out*")) == ["out.parquet"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--since", "yesterday"), "yesterday: is no date or time such as 2026-06-21"),
        (("--format", "parquet"), "Parquet goes into a file"),
        (("out.xyz",), "say in which format with --format"),
        (("--gateway", "other"), "nothing is recorded of other; there are gateway"),
    ],
)
def test_bad_words_are_answered_with_good_ones(
    store: Store, forebay: Forebay, tmp_path: Path, words: tuple[str, ...], said: str
) -> None:
    store.append(store.gateway_id("gateway"), Reading(at=START, site_power_w=1.0))
    outcome = forebay("export", "--db", str(tmp_path / "forebay.db"), *words)

    assert (outcome.code, said in outcome.err) == (1, True), outcome.err


def test_every_spacing_divides_a_day() -> None:
    assert all(86_400 % step_s == 0 for step_s in MEANS.values())


def test_a_range_without_end_costs_no_more_than_the_record(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    wild(store, 1, every_s=600)
    ever = {"start": datetime(1, 1, 2, tzinfo=UTC), "end": datetime(9999, 12, 30, tzinfo=UTC)}
    asked: list[str] = []
    query = store.database.rows

    def counting(sql: str, parameters: Any = ()) -> list[tuple[Any, ...]]:
        asked.append(sql)
        return query(sql, parameters)

    monkeypatch.setattr(store.database, "rows", counting)
    whole = [len(list(rows(store, want(**ever, every=every)))) for every in ("raw", "1h")]
    energies = {every: list(rows(store, want(**ever, every=every, energy=True))) for every in WINDOWS}

    assert whole[0] == len(store.readings(1, START, START + timedelta(days=2)))
    assert 24 <= whole[1] <= 26
    assert energies["year"][0][0] == START.replace(hour=0)
    assert len(energies["15m"]) < 110
    assert len(asked) < 3000


def test_the_slots_of_an_odd_range_are_those_of_the_clock(store: Store) -> None:
    wild(store, 3, every_s=60)
    start = START + timedelta(hours=20, minutes=20, seconds=7)
    found = [at for at, _ in rows(store, want(start=start, end=START + timedelta(days=1, hours=2), every="1h"))]

    hours = [START + timedelta(hours=hour) for hour in range(21, 26)]
    assert found == [start, *hours]


@pytest.mark.parametrize("folder", ["a*b", "[a]", "at=3", "~", "it's"])
def test_parquet_goes_into_any_folder(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, folder: str
) -> None:
    monkeypatch.chdir(tmp_path)
    wild(store, 0.1, every_s=600)
    for name in ("aXb", folder):
        Path(name).mkdir()
    Path("aXb/x.parquet.csv.part").write_text("what a pattern would find")
    n = write_parquet(Path(folder) / "x.parquet", want(), rows(store, want()), lambda _: None)
    (tmp_path / folder / "x.parquet").rename(tmp_path / "plain.parquet")

    found = duckdb.execute(f'SELECT count(*), min("at") FROM "{tmp_path}/plain.parquet"').fetchall()
    first = store.readings(1, START, START + timedelta(days=1))[0].at.replace(tzinfo=None)
    assert found == [(n, first)]
