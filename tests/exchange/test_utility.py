"""A utility's intervals, however it writes them."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from tests.exchange.downloads import BERLIN

from forebay.errors import ConfigError
from forebay.exchange.intake import Taken, totals_wh
from forebay.exchange.utility import Layout, read
from forebay.store.packed import COLUMNS
from forebay.store.state import from_ms

PLAIN = {"time": "Start", "columns": {"grid_in": "Import", "grid_out": "Export"}}
Row = tuple[datetime, float, dict[str, float]]


def rows_of(taken: Taken, zone: ZoneInfo = BERLIN) -> list[Row]:
    return [
        (from_ms(int(start)).astimezone(zone), length / 60_000, dict(zip(COLUMNS, values, strict=True)))
        for piece in taken.candidates[0].pieces()
        for start, length, values in zip(piece.starts_ms, piece.lengths_ms, piece.values, strict=True)
    ]


def take(tmp_path: Path, text: str, zone: ZoneInfo | None = BERLIN, **changes: Any) -> Taken:
    file = tmp_path / "meter.csv"
    file.write_text(text)
    return read([file], Layout(**{**PLAIN, **changes}), zone)


def test_quarters_with_import_and_export(tmp_path: Path) -> None:
    text = "Start,Import,Export\n2026-01-05 10:00,0.25,0\n2026-01-05 10:15,0.5,0.125\n2026-01-05 10:30,,1\n"
    found = rows_of(take(tmp_path, text))

    assert [(f"{at:%H:%M}", minutes) for at, minutes, _ in found] == [("10:00", 15), ("10:15", 15), ("10:30", 15)]
    assert found[1][2]["grid_in_wh"] == 500
    assert found[1][2]["grid_out_wh"] == 125
    assert found[2][2]["grid_in_wh"] != found[2][2]["grid_in_wh"]  # not told is not zero


def test_a_german_file_with_words_above_its_head(tmp_path: Path) -> None:
    head = "Lastgang;Zählpunkt DE00\n\nDatum;Uhrzeit;Bezug kWh;Einspeisung kWh\n"
    text = head + "05.01.2026;00:15;1.234,5;0\n05.01.2026;00:30;0,25;0,125\n"
    taken = take(
        tmp_path,
        text,
        time="Datum+Uhrzeit",
        columns={"grid_in": "bezug kwh", "grid_out": "Einspeisung kWh"},
        decimal=",",
        stamp="end",
        date_format="%d.%m.%Y %H:%M",
        unit="Wh",
    )
    found = rows_of(taken)

    assert taken.bad == []
    assert [f"{at:%H:%M}" for at, _, _ in found] == ["00:00", "00:15"]
    assert found[0][2]["grid_in_wh"] == 1234.5
    assert found[1][2]["grid_out_wh"] == 0.125


def test_an_american_file_with_date_and_time_apart_and_a_type(tmp_path: Path) -> None:
    head = "Name,X\nAddress,Y\n\nTYPE,DATE,START TIME,END TIME,USAGE,UNITS\n"
    rows = "".join(f"Electric usage,2026-01-05,{h:02}:00,{h:02}:59,{h - 2}.5,kWh\n" for h in range(24))
    taken = take(
        tmp_path,
        head + rows + "Electric cost,2026-01-05,00:00,00:59,9,kWh\n",
        time="DATE+START TIME",
        columns={"net": "USAGE"},
        where={"TYPE": "Electric usage"},
        zone=ZoneInfo("America/Los_Angeles"),
    )
    totals = totals_wh(taken.candidates[0])

    assert taken.candidates[0].n == 24
    assert totals["grid_out"] == pytest.approx(2500 + 1500)
    assert totals["grid_in"] == pytest.approx(sum(h - 1.5 for h in range(2, 24)) * 1000)


@pytest.mark.parametrize("falls", [False, True])
@pytest.mark.parametrize("stamp", ["start", "end"])
def test_the_hour_that_comes_twice_is_two_hours(tmp_path: Path, falls: bool, stamp: str) -> None:
    begin = datetime(2026, 10, 25, tzinfo=BERLIN).astimezone(ZoneInfo("UTC"))
    shift = timedelta(minutes=15 if stamp == "end" else 0)
    rows = [
        f"{(begin + n * timedelta(minutes=15) + shift).astimezone(BERLIN):%Y-%m-%d %H:%M},{(n + 1) / 10},0"
        for n in range(100)
    ]
    taken = take(tmp_path, "\n".join(["Start,Import,Export", *(reversed(rows) if falls else rows)]), stamp=stamp)
    found = rows_of(taken, ZoneInfo("UTC"))

    assert taken.bad == []
    assert [at for at, _, _ in found] == [begin + n * timedelta(minutes=15) for n in range(100)]
    assert [told["grid_in_wh"] for _, _, told in found] == pytest.approx([100 * (n + 1) for n in range(100)])


def test_the_end_of_a_day_may_be_called_24_oclock(tmp_path: Path) -> None:
    text = "Start,Import,Export\n2026-01-05 23:45,1,0\n2026-01-05 24:00,2,0\n"
    found = rows_of(take(tmp_path, text, stamp="end"))

    assert [f"{at:%d %H:%M}" for at, _, _ in found] == ["05 23:30", "05 23:45"]


def test_means_of_power_are_energies_of_their_interval(tmp_path: Path) -> None:
    text = "Start,Import,Export\n2026-01-05 10:00,4,0\n2026-01-05 10:15,8,0\n"
    taken = take(tmp_path, text, unit="kW")

    assert totals_wh(taken.candidates[0])["grid_in"] == pytest.approx(3000)
    assert not taken.candidates[0].is_metered


def test_a_battery_in_one_column_is_charged_and_discharged(tmp_path: Path) -> None:
    text = "Start,Import,Export\n2026-01-05 10:00,4,-1\n2026-01-05 11:00,0,2.5\n"
    totals = totals_wh(take(tmp_path, text, columns={"solar": "Import", "battery": "Export"}).candidates[0])

    assert (totals["solar"], totals["battery_in"], totals["battery_out"], totals["grid_in"]) == (4000, 1000, 2500, None)


def test_bad_rows_are_listed_with_line_and_column(tmp_path: Path) -> None:
    good = [f"2026-01-05 {h:02}:00,1,0" for h in range(10)]
    lines = ["Start,Import,Export", *good]
    lines[2], lines[4], lines[6] = "2026-01-05 01:00,-1,0", "2026-01-05 03:00,x,0", "05/01/2026 05:00,1,0"
    lines[7], lines[8], lines[9] = "2026-01-05 06:00", "2026-01-05 07:00,,", "2026-01-05 08:00,200,0"
    lines.append("2026-01-05 00:00,7,0")
    taken = take(tmp_path, "\n".join(lines))

    assert [(bad.line, bad.column) for bad in sorted(taken.bad, key=lambda bad: bad.line)] == [
        (3, "Import"),
        (5, "Import"),
        (7, "Start"),
        (8, ""),
        (9, ""),
        (10, "Import"),
        (12, ""),
    ]
    assert taken.candidates[0].n == 4


def test_a_decimal_comma_is_hinted_at(tmp_path: Path) -> None:
    (bad, *_) = take(tmp_path, "Start;Import;Export\n2026-01-05 10:00;0,2512;0\n2026-01-05 11:00;1;0\n").bad

    assert bad.reason == "0,2512 is no number; --decimal , reads it"


@pytest.mark.parametrize(
    ("changes", "text", "words"),
    [
        ({"columns": {}}, "", "say which column holds the energy"),
        (
            {"columns": {"net": "N", "grid_in": "Import"}},
            "",
            "a net column tells both directions; leave those of one direction out",
        ),
        ({"time": "When"}, "Start,Import,Export\n", "has no column When; there are: Start, Import, Export"),
        ({}, "Start,Import,Export\n2026-01-05 10:00,1,0\n", "say how long it is with --interval"),
        ({"zone": None}, "Start,Import,Export\n2026-01-05 10:00,1,0\n2026-01-05 11:00,1,0\n", "say --zone"),
    ],
)
def test_what_cannot_be_read_is_told_with_what_to_do(
    tmp_path: Path, changes: dict[str, Any], text: str, words: str
) -> None:
    with pytest.raises(ConfigError, match=words):
        take(tmp_path, text, **changes)


def test_old_windows_files_are_read(tmp_path: Path) -> None:
    file = tmp_path / "meter.csv"
    file.write_bytes("Start;Zähler\n2026-01-05 10:00;1\n2026-01-05 11:00;1\n".encode("cp1252"))
    taken = read([file], Layout(time="Start", columns={"grid_in": "Zähler"}), BERLIN)

    assert taken.candidates[0].n == 2
    assert "Windows-1252" in taken.notes[0]


@pytest.mark.parametrize(("minutes", "said"), [(0.5, "an interval of 30 s"), (1501, ""), (1500.0, "")])
def test_intervals_are_a_minute_to_a_day_long(tmp_path: Path, minutes: float, said: str) -> None:
    text = "Start,Import,Export\n2026-01-05 10:00,0.01,0\n"
    taken = take(tmp_path, text, interval_min=minutes)

    assert len(taken.bad) == (0 if minutes == 1500 else 1)
    assert all(said in bad.reason and "at least a minute and at most 25 hours" in bad.reason for bad in taken.bad)


@pytest.mark.parametrize(
    "text", ["x" * 300_000, "Start,Import,Export\n" + "x" * 300_000, 'Start,Import,Export\n"' + "x" * 200_000]
)
def test_a_cell_without_end_is_told_in_words(tmp_path: Path, text: str) -> None:
    with pytest.raises(ConfigError, match="cannot be read as CSV"):
        take(tmp_path, text)
