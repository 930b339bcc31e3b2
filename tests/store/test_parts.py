"""Every part is known by its serial number's hash, and what it told comes out as it went in, hot and sealed."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.store.test_archive import same, seal_all

from forebay.errors import StoreError
from forebay.records.parts import PART_SIGNALS, ROLLED, ROLLED_COLUMNS, PartKey, PartKind, PartReading
from forebay.records.spans import SpanKind
from forebay.store import Store
from forebay.store.backup import back_up, restore
from forebay.store.check import check
from forebay.store.part_days import part_days
from forebay.store.part_writer import PartWriter
from forebay.store.parts import key_of, latest, part_readings, part_series, parts
from forebay.store.query import day_bounds, zone
from forebay.store.raw import segments
from forebay.store.rollup import QUARTER_MS
from forebay.store.spans import open_span, open_spans
from forebay.store.state import to_ms

START = datetime(2026, 5, 28, tzinfo=UTC)
NINTH_MS = to_ms(START + timedelta(days=9))
BERLIN = zone("Europe/Berlin")
CURVES = ["power_w", "voltage_v", "charge_pct", "charged_wh"]
PACK = PartKey(PartKind.PACK, "TG1")
STRING = PartKey(PartKind.STRING, "CN7", "B", "String B")


def lived(store: Store, days: float, *, seed: int = 1, every_s: float = 97.0) -> dict[int, list[tuple[datetime, Any]]]:
    """Record two parts with gaps and unknown values; return what was told by each."""
    rng, gateway_id, at = random.Random(seed), store.gateway_id("gateway"), START
    writer, counted = PartWriter(store, gateway_id), 512_000.0
    told: dict[int, list[tuple[datetime, Any]]] = {1: [], 2: []}
    while at < START + timedelta(days=days):
        at += timedelta(seconds=every_s * rng.choice([1, 1, 1, 1.5]) if rng.random() < 0.995 else 4000)
        counted += rng.choice([0, 10])
        pack: dict[str, Any] = {
            "power_w": rng.choice([None, float(rng.randrange(-500, 500) * 10)]),
            "voltage_v": round(rng.uniform(236, 244), 1),
            "temperature_c": rng.choice([None, 15.5, 16.0]),
            "full_wh": 13_500.0,
            "remaining_wh": float(rng.randrange(0, 13_500)),
            "charged_wh": counted,
            "state": rng.choice(["PINV_GridFollowing", "PINV_GridForming", None]),
            "heating": rng.choice([0, 1, None]),
        }
        string = {"power_w": float(rng.randrange(0, 3000)), "current_a": rng.choice([0.0, 3.21]), "connected": 1}
        both = [PartReading(PACK, pack), PartReading(STRING, string)][: 1 if rng.random() < 0.1 else 2]
        writer.append(at, both)
        for number, reading in enumerate(both, 1):
            told[number].append((at, reading.values))
    return told


def answers(store: Store) -> dict[str, Any]:
    """What can be asked of parts, at even and at odd edges."""
    end = START + timedelta(days=8)
    found: dict[str, Any] = {}
    for name, start, step_s in (
        ("odd", START + timedelta(seconds=7), 600),
        ("quarters", START, 900),
        ("hours", START, 3600),
        ("five seconds", START + timedelta(days=1), 5),
        ("days", START - timedelta(days=1), 86_400),
    ):
        until = start + timedelta(hours=2) if step_s == 5 else end + timedelta(seconds=17)
        curves = part_series(store, 1, [1, 2], start, until, step_s=step_s, signals=CURVES)
        found[name] = [curves.t, curves.columns, curves.low, curves.high]
    berlin = part_days(store, 1, [1, 2], date(2026, 5, 27), 9, tz=BERLIN, signals=["power_w", "charged_wh"])
    for key, days in berlin.items():
        found[key] = [[str(day), row.n, row.mean, row.low, row.high, row.counted_wh] for day, row in days.items()]
    return found


def test_columns_are_the_signals_of_parts(store: Store) -> None:
    sql = "SELECT name, type FROM pragma_table_info('{}')"
    samples = store.database.rows(sql.format("part_samples"))[3:]
    quarters = store.database.rows(sql.format("part_quarters"))[4:]

    assert samples == [(s.name, str(s.held)) for s in PART_SIGNALS]
    assert [name for name, _ in quarters] == list(ROLLED_COLUMNS)


def test_a_part_is_known_again_and_another_in_its_place_is_another(store: Store) -> None:
    writer = PartWriter(store, store.gateway_id("gateway"))
    writer.append(START, [PartReading(PACK, {"power_w": 1.0})])
    again = PartWriter(store, 1)
    again.append(START + timedelta(seconds=5), [PartReading(PACK, {"power_w": 2.0})])
    again.append(START + timedelta(seconds=10), [PartReading(PartKey(PartKind.PACK, "TG2"), {"power_w": 3.0})])
    found = parts(store, 1, "pack")

    assert [(p.id, p.number, p.label, p.first, p.last) for p in found] == [
        (1, 1, "Pack 1", START, START + timedelta(seconds=5)),
        (2, 2, "Pack 2", START + timedelta(seconds=10), START + timedelta(seconds=10)),
    ]
    assert parts(store, 1, PartKind.STRING) == []
    assert latest(store, 1, [1, 2])[2] == (START + timedelta(seconds=10), {"power_w": 3.0})


def test_no_serial_number_is_kept_or_printed(store: Store) -> None:
    PartWriter(store, store.gateway_id("gateway")).append(START, [PartReading(PACK, {"power_w": 1.0})])

    assert "TG1" not in "\n".join(map(str, store.database.rows("SELECT * FROM parts")))
    assert "TG1" not in repr(PartReading(PACK, {}))
    assert len(parts(store, 1)[0].serial_hash) == 16


def test_a_part_without_serial_number_is_the_only_one_of_its_place(store: Store) -> None:
    writer = PartWriter(store, store.gateway_id("gateway"))
    writer.append(START, [PartReading(STRING, {"power_w": 1.0})])
    writer.append(START + timedelta(seconds=5), [PartReading(PartKey(PartKind.STRING, "", "B"), {"power_w": 2.0})])
    writer.append(START + timedelta(seconds=5), [PartReading(PartKey(PartKind.STRING, "", "C"), {"power_w": 3.0})])

    assert [(p.place, p.label) for p in parts(store, 1)] == [("B", "String B"), ("C", "String 2")]


def test_a_reading_not_later_than_the_last_is_left_out(store: Store) -> None:
    writer = PartWriter(store, store.gateway_id("gateway"))

    assert writer.append(START, [PartReading(PACK, {"power_w": 1.0})]) == 1
    assert writer.append(START, [PartReading(PACK, {"power_w": 2.0}), PartReading(STRING, {"power_w": 3.0})]) == 1
    assert store.database.rows("SELECT part_id, power_w FROM part_samples") == [(1, 1.0), (2, 3.0)]


def test_a_signal_that_such_a_part_has_not_cannot_be_kept() -> None:
    with pytest.raises(ValueError, match="temperature_c: no signal of a string"):
        PartReading(STRING, {"temperature_c": 20.0})


@pytest.mark.parametrize("is_sealed", [False, True])
def test_quarters_of_parts_are_what_the_raw_readings_say(store: Store, is_sealed: bool) -> None:
    told = lived(store, 5.3 if is_sealed else 0.6)
    if is_sealed:
        seal_all(store)

    for part_id, readings in told.items():
        quarters: dict[int, list[Any]] = {}
        for at, values in readings:
            quarters.setdefault(to_ms(at) // QUARTER_MS * QUARTER_MS, []).append(values)
        quarters.pop(max(quarters))  # not over yet
        names = ", ".join(ROLLED_COLUMNS)
        asked = store.raw(1, "part_quarters", part_id).ask(
            f"SELECT at_ms, n, {names} FROM {{table}} ORDER BY at_ms", 0, NINTH_MS
        )
        rows = [row for part in asked for row in part]
        assert [(row[0], row[1]) for row in rows] == [(start, len(held)) for start, held in sorted(quarters.items())]
        for row in rows:
            for number, signal in enumerate(ROLLED):
                known = [v for r in quarters[row[0]] if (v := r.get(signal.name)) is not None]
                n, total, least, most = row[2 + 4 * number : 6 + 4 * number]
                assert (n or 0, least, most) == (len(known), min(known, default=None), max(known, default=None))
                assert total == (pytest.approx(sum(known)) if known else None)


def test_sealed_parts_answer_as_they_did_before_also_from_a_month(store: Store) -> None:
    told = lived(store, 7.2)
    before = answers(store)
    steps = seal_all(store)
    after = answers(store)
    files = [segment.file for segment in segments(store.database, 1, "part_samples/1", 0, NINTH_MS)]

    assert steps > 20
    assert files[:2] == ["1/part_samples-1-2026-05.parquet", "1/part_samples-1-2026-06-01.parquet"]
    assert [name for name in before if not same(before[name], after[name])] == []
    assert check(store) == []
    everything = store.raw(1, "part_samples", 1).ask(
        "SELECT at_ms, power_w, state, heating, fan_rpm FROM {table} ORDER BY at_ms",
        0,
        NINTH_MS,
    )
    assert [row for rows in everything for row in rows] == [
        (to_ms(at), v["power_w"], v["state"], v["heating"], None) for at, v in told[1]
    ]
    assert store.database.rows("SELECT count(*) FROM part_samples WHERE at_ms < ?", (to_ms(START),)) == [(0,)]


def test_days_of_a_part_are_those_of_its_readings(store: Store) -> None:
    told = lived(store, 4)
    found = part_days(store, 1, [1], date(2026, 5, 27), 9, tz=BERLIN, signals=["voltage_v", "charged_wh"])

    counter = [(at, values["charged_wh"]) for at, values in told[1]]
    for day, row in found[key_of(1, "voltage_v")].items():
        start, end = day_bounds(day, BERLIN)
        volts = [values["voltage_v"] for at, values in told[1] if start <= at < end]
        assert (row.n, row.low, row.high) == (len(volts), min(volts), max(volts))
        assert row.mean == pytest.approx(sum(volts) / len(volts))
    counted = found[key_of(1, "charged_wh")]
    assert sum(row.counted_wh or 0 for row in counted.values()) == counter[-1][1] - counter[0][1]
    assert {day.isoformat() for day in counted} == {f"2026-05-{n}" for n in (28, 29, 30, 31)} | {"2026-06-01"}


def test_days_of_23_and_25_hours_hold_their_own_readings(store: Store) -> None:
    writer = PartWriter(store, store.gateway_id("gateway"))
    begin = datetime(2026, 3, 27, 23, tzinfo=UTC)
    for hour in range(96):
        writer.append(begin + timedelta(hours=hour), [PartReading(PACK, {"power_w": float(hour)})])
    found = part_days(store, 1, [1], date(2026, 3, 28), 4, tz=BERLIN, signals=["power_w"])

    assert [row.n for row in found["part/1/power_w"].values()] == [24, 23, 24, 24]


def test_what_cannot_be_asked_is_told(store: Store) -> None:
    lived(store, 0.01)

    with pytest.raises(StoreError, match=r"part 9: there is none of this number; there are \[1, 2\]"):
        part_series(store, 1, [9], START, START + timedelta(hours=1), step_s=60, signals=["power_w"])
    with pytest.raises(StoreError, match="state: no curve can be drawn"):
        part_series(store, 1, [1], START, START + timedelta(hours=1), step_s=60, signals=["state"])
    with pytest.raises(StoreError, match="the window is empty"):
        part_series(store, 1, [1], START, START, step_s=60, signals=["power_w"])
    assert list(
        part_series(store, 1, [1, 2], START, START + timedelta(hours=1), step_s=60, signals=["temperature_c"]).columns
    ) == ["part/1/temperature_c"]


@pytest.mark.parametrize("is_sealed", [False, True])
def test_parts_as_they_were_read_are_the_readings(store: Store, is_sealed: bool) -> None:
    told = lived(store, 2.5)
    if is_sealed:
        seal_all(store)
    start, end = START + timedelta(hours=5), START + timedelta(hours=31)
    found = part_readings(store, 1, [1, 2], start, end, signals=["power_w", "charge_pct"])
    times = sorted({at for readings in told.values() for at, _ in readings if start <= at < end})

    assert found.t == [to_ms(at) / 1000 for at in times]
    assert (found.step_s, list(found.columns)) == (97, ["part/1/power_w", "part/1/charge_pct", "part/2/power_w"])
    for part_id in (1, 2):
        by_time = dict(told[part_id])
        expected = [by_time.get(at, {}).get("power_w") for at in times]
        assert found.columns[f"part/{part_id}/power_w"] == expected
    charges = [dict(told[1]).get(at) for at in times]
    assert found.columns["part/1/charge_pct"] == [
        None if values is None else pytest.approx(values["remaining_wh"] / 135) for values in charges
    ]


def test_a_missing_file_of_quarters_is_found_by_the_check(store: Store) -> None:
    lived(store, 3.2)
    seal_all(store)
    whole = check(store)
    file = segments(store.database, 1, "part_quarters/1", 0, NINTH_MS)[0].file
    store.archive.path(file).unlink()

    assert whole == []
    assert any(file in line and "cannot be read" in line for line in check(store))


def test_parts_are_in_a_backup_and_come_back_from_it(store: Store, tmp_path: Path) -> None:
    lived(store, 3.2)
    seal_all(store)
    open_span(store, 1, SpanKind.MODE, "backup", START)
    store.flush()
    before = answers(store)
    back_up(store.database.path, tmp_path / "backup.tar")
    restore(tmp_path / "backup.tar", tmp_path / "again" / "forebay.db")

    with Store.read(tmp_path / "again" / "forebay.db") as again:
        assert same(answers(again), before)
        assert [part.label for part in parts(again, 1)] == ["Pack 1", "String B"]
        assert [span.name for span in open_spans(again, 1)] == ["backup"]


def test_quarters_that_are_not_what_the_readings_say_are_found_by_the_check(store: Store) -> None:
    lived(store, 3.2)
    sql = "UPDATE part_quarters SET n = n + 1 WHERE part_id = 2 AND at_ms = ?"
    store.database.write_at_once([(sql, (to_ms(START + timedelta(hours=6)),))])
    seal_all(store)

    (told,) = check(store)
    assert "part_samples-2-2026-05-28.parquet: 1 quarters of an hour differ from those put together" in told
    assert "2026-05-28 06:00" in told
