"""Slow readings, parts and spans come out as they were recorded."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest
from tests.store.test_archive import seal_all, wild
from tests.store.test_parts import START, lived

from forebay.errors import StoreError
from forebay.exchange.export import Wanted, rows, write_parquet, write_text
from forebay.records.spans import SpanKind
from forebay.store import Store
from forebay.store.parts import part_series
from forebay.store.spans import close_span, open_span

END = START + timedelta(days=5)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path / "forebay.db", flush_s=0) as opened:
        yield opened


def want(**changes: Any) -> Wanted:
    return Wanted(**{"gateway_id": 1, "start": START, "end": END, **changes})


def ask(sql: str) -> list[Any]:
    with duckdb.connect() as connection:
        return connection.execute(sql).fetchall()


def text(store: Store, wanted: Wanted) -> list[dict[str, str]]:
    sheet = io.StringIO()
    write_text(sheet, "csv", wanted, rows(store, wanted), lambda _: None)
    return list(csv.DictReader(io.StringIO(sheet.getvalue())))


@pytest.mark.parametrize("is_sealed", [False, True])
def test_every_reading_of_every_part_comes_out_in_order(store: Store, is_sealed: bool) -> None:
    wild(store, 5, every_s=900)
    told = lived(store, 4.2)
    if is_sealed:
        seal_all(store)
    found = list(rows(store, want(of="parts", signals=("part", "label", "power_w", "state"))))
    every = [
        (at, part, label, values.get("power_w"), values.get("state"))
        for part, label in ((1, "Pack 1"), (2, "String B"))
        for at, values in told[part]
        if values.get("power_w") is not None or values.get("state") is not None
    ]

    assert [(at, *values) for at, values in found] == sorted(every, key=lambda row: row[:2])


def test_means_of_parts_are_those_of_their_curves(store: Store) -> None:
    wild(store, 3, every_s=900)
    lived(store, 2)
    start, end = START + timedelta(minutes=7), START + timedelta(days=1)
    found = list(rows(store, want(of="parts", every="15m", start=start, end=end, signals=("part", "power_w"))))
    whole = part_series(store, 1, [1, 2], START, end, step_s=900, signals=["power_w"])
    inner = [(at, *values) for at, values in found if at >= START + timedelta(minutes=15)]
    expected = sorted(
        (datetime.fromtimestamp(at_s, START.tzinfo), part, column[slot])
        for part in (1, 2)
        for column in [whole.columns[f"part/{part}/power_w"]]
        for slot, at_s in enumerate(whole.t)
        if column[slot] is not None and at_s >= whole.t[1]
    )

    assert inner == expected
    assert found[0][0] == start


def test_spans_come_out_with_what_an_alert_means(store: Store) -> None:
    gateway_id = store.gateway_id("gateway")
    open_span(store, gateway_id, SpanKind.ALERT, "SYNC_a020_LoadsDropped", START, source="Grid switch", detail="x")
    open_span(store, gateway_id, SpanKind.GRID, "SystemIslandedActive", START + timedelta(hours=1))
    close_span(store, gateway_id, SpanKind.GRID, "SystemIslandedActive", START + timedelta(hours=2))
    first, second = text(store, want(of="spans"))

    assert first == {
        "at": "2026-05-28T00:00:00Z",
        "end": "",
        "kind": "alert",
        "source": "Grid switch",
        "name": "SYNC_a020_LoadsDropped",
        "detail": "x",
        "severity": "fault",
        "words": "The house was left without power.",
    }
    assert (second["at"], second["end"]) == ("2026-05-28T01:00:00Z", "2026-05-28T02:00:00Z")
    assert (second["kind"], second["severity"]) == ("grid", "")


def test_slow_readings_come_out_as_they_went_in(store: Store) -> None:
    wild(store, 5, every_s=900)
    count = store.database.rows("SELECT count(*) FROM slow_samples")[0][0]
    seal_all(store)
    found = text(store, want(of="slow", end=START + timedelta(days=9)))

    assert len(found) == count > 10
    assert {(row["firmware"], row["pack_count"], row["pack_full_wh"]) for row in found} == {("21.44", "2", "")}


@pytest.mark.parametrize("of", ["slow", "parts", "spans"])
def test_parquet_has_the_types_of_the_signals(store: Store, tmp_path: Path, of: Any) -> None:
    wild(store, 2, every_s=900)
    lived(store, 1)
    open_span(store, 1, SpanKind.MODE, "backup", START)
    wanted = want(of=of)
    n = write_parquet(tmp_path / "out.parquet", wanted, rows(store, wanted), lambda _: None)
    described = ask(f"DESCRIBE SELECT * FROM '{tmp_path / 'out.parquet'}'")
    types = {row[0]: row[1] for row in described}

    assert n == ask(f"SELECT count(*) FROM '{tmp_path / 'out.parquet'}'")[0][0] > 0
    expected: dict[str, dict[str, str]] = {
        "slow": {"firmware": "VARCHAR", "pack_count": "BIGINT", "pack_full_wh": "DOUBLE"},
        "parts": {"part": "BIGINT", "label": "VARCHAR", "power_w": "DOUBLE", "state": "VARCHAR", "heating": "BIGINT"},
        "spans": {"end": "TIMESTAMP", "kind": "VARCHAR", "words": "VARCHAR"},
    }
    assert expected[of].items() <= types.items()


def test_what_cannot_be_had_is_told_with_what_can(store: Store) -> None:
    with pytest.raises(StoreError, match="solar_power_w: not offered raw of parts; there are part, part_kind, label"):
        want(of="parts", signals=("solar_power_w",))
    with pytest.raises(StoreError, match="state: not offered as a mean of parts"):
        want(of="parts", every="15m", signals=("state",))
    with pytest.raises(StoreError, match="1h: no such spacing; one of raw"):
        want(of="spans", every="1h")
    with pytest.raises(StoreError, match="leave out either --energy or --of slow"):
        want(of="slow", energy=True)
