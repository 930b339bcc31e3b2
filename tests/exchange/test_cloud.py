"""The files of the public downloader of the vendor's cloud."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest
from tests.exchange.downloads import BERLIN, ENERGY_HEAD, POWER_HEAD, power_file, power_text, powers, starts

from forebay.errors import ConfigError
from forebay.exchange.cloud import read
from forebay.exchange.intake import Taken, totals_wh
from forebay.store.packed import COLUMNS
from forebay.store.state import from_ms, to_ms

DAY = date(2023, 7, 19)
SPRING, AUTUMN = date(2023, 3, 26), date(2023, 10, 29)


def rows_of(taken: Taken, kind: str) -> list[tuple[int, int, dict[str, float]]]:
    (one,) = [candidate for candidate in taken.candidates if candidate.kind == kind]
    return [
        (int(start), int(length), dict(zip(COLUMNS, values, strict=True)))
        for piece in one.pieces()
        for start, length, values in zip(piece.starts_ms, piece.lengths_ms, piece.values, strict=True)
    ]


@pytest.mark.parametrize("day", [DAY, SPRING, AUTUMN], ids=str)
@pytest.mark.parametrize("offsets", [True, False])
def test_a_day_of_powers_has_every_interval_where_it_was(tmp_path: Path, day: date, offsets: bool) -> None:
    taken = read([power_file(tmp_path, day, offsets=offsets)], BERLIN, None)
    found = rows_of(taken, "cloud-power")

    assert taken.bad == []
    assert [start for start, _, _ in found] == [to_ms(at) for at in starts(day)]
    assert {length for _, length, _ in found} == {300_000}
    assert len(found) == {SPRING: 276, AUTUMN: 300}.get(day, 288)


def test_signs_are_those_of_the_flows(tmp_path: Path) -> None:
    totals = totals_wh(read([power_file(tmp_path, DAY)], BERLIN, None).candidates[0])
    told = [powers(at) for at in starts(DAY)]

    assert totals["solar"] == pytest.approx(sum(solar for solar, *_ in told) / 12)
    assert totals["battery_in"] == pytest.approx(sum(-battery for _, battery, _, _ in told if battery < 0) / 12)
    assert totals["battery_out"] == pytest.approx(sum(battery for _, battery, _, _ in told if battery > 0) / 12)
    assert totals["grid_in"] == pytest.approx(sum(grid for _, _, grid, _ in told if grid > 0) / 12)
    assert totals["grid_out"] == pytest.approx(sum(-grid for _, _, grid, _ in told if grid < 0) / 12)
    assert totals["home"] == pytest.approx(sum(load for *_, load in told) / 12)


@pytest.mark.parametrize("stamp", ["2023-07-19 01:00:00", "2023-07-19", "2023-07-19T01:00:00+02:00"])
def test_a_day_of_energies_is_the_local_day(tmp_path: Path, stamp: str) -> None:
    file = tmp_path / "2023-07.csv"
    file.write_text(f"{ENERGY_HEAD}\n{stamp},66700,6493.5,43456,0,16760,249.5,15640.5,6244,7603.5,16760\n")
    taken = read([file], BERLIN, None)
    ((start, length, told),) = rows_of(taken, "cloud-energy")

    assert from_ms(start).astimezone(BERLIN).isoformat() == "2023-07-19T00:00:00+02:00"
    assert length == 86_400_000
    assert taken.candidates[0].is_metered
    assert told["solar_wh"] == 66700
    assert told["battery_in_wh"] == 249.5 + 15640.5
    assert told["home_wh"] == 6244 + 7603.5 + 16760
    assert told["solar_to_grid_wh"] == 43456


def test_days_of_23_and_25_hours_are_whole(tmp_path: Path) -> None:
    file = tmp_path / "energy.csv"
    days = [SPRING + timedelta(days=n - 1) for n in range(3)] + [AUTUMN + timedelta(days=n - 1) for n in range(3)]
    file.write_text(ENERGY_HEAD + "".join(f"\n{day} 01:00:00{',1000' * 10}" for day in days))
    hours = [length / 3.6e6 for _, length, _ in rows_of(read([file], BERLIN, None), "cloud-energy")]

    assert hours == [24, 23, 24, 24, 25, 24]


def test_energies_within_the_day_are_of_their_span(tmp_path: Path) -> None:
    file = tmp_path / "energy.csv"
    rows = [f"2023-07-19T{n // 2:02}:{n % 2 * 30:02}:00+02:00{',100' * 10}" for n in range(48)]
    file.write_text("\n".join([ENERGY_HEAD, *rows]))
    found = rows_of(read([file], None, None), "cloud-energy")

    assert {length for _, length, _ in found} == {1_800_000}
    assert len(found) == 48


def test_charge_is_taken_from_the_apps_scale_to_the_gateways(tmp_path: Path) -> None:
    file = tmp_path / "soe.csv"
    file.write_text("timestamp,soe\n2024-07-19 00:00:00,44\n2024-07-19 00:15:00,0\n2024-07-19 00:30:00,100\n")
    found = rows_of(read([file], BERLIN, None), "cloud-charge")

    assert [told["charge_pct"] for _, _, told in found] == pytest.approx([46.8, 5, 100])
    assert {length for _, length, _ in found} == {900_000}


def test_columns_that_nobody_needs_are_let_be_and_a_missing_load_is_added_up(tmp_path: Path) -> None:
    file = tmp_path / "2023-07-19.csv"
    head = "timestamp,solar_power,battery_power,grid_power,grid_services_power,generator_power"
    file.write_text(f"{head}\n2023-07-19 10:00:00,6000,-1200,300,9,600\n")
    ((_, _, told),) = rows_of(read([file], BERLIN, None), "cloud-power")

    assert told["home_wh"] == pytest.approx((6000 - 1200 + 300 + 600) / 12)


def test_each_bad_row_is_listed_with_its_line_and_the_rest_is_taken(tmp_path: Path) -> None:
    lines = power_text(DAY).splitlines()
    lines[5] = f"{lines[5].rsplit(',', 1)[0]},much"
    lines[9] = "yesterday,1,2,3,4"
    lines[20] = lines[20].rsplit(",", 2)[0]
    lines[30] = f"{lines[30].split(',')[0]},9e9,0,0,0"
    lines[40] = f"{lines[39].split(',')[0]},1,1,1,1"
    lines[50] = f"{lines[50].split(',')[0]},,,,"
    lines[60] = f"{lines[60].split(',')[0]},nan,inf,1,1"
    file = tmp_path / "2023-07-19.csv"
    file.write_text("\n".join(lines))
    taken = read([file], BERLIN, None)

    assert [(bad.line, bad.column) for bad in sorted(taken.bad, key=lambda bad: bad.line)] == [
        (6, "load_power"),
        (10, "timestamp"),
        (21, ""),
        (31, "solar_wh"),
        (41, ""),
        (51, ""),
        (61, "battery_power"),
    ]
    assert taken.candidates[0].n == 288 - 7
    assert all(bad.reason and str(bad).startswith(f"{file}:") for bad in taken.bad)


def test_a_time_that_clocks_skip_is_a_bad_row(tmp_path: Path) -> None:
    file = tmp_path / "2023-03-26.csv"
    file.write_text(f"{POWER_HEAD}\n2023-03-26 01:55:00,0,0,500,500\n2023-03-26 02:30:00,0,0,500,500\n")
    (bad,) = read([file], BERLIN, None).bad

    assert (bad.line, "skipped when clocks went forward in Europe/Berlin" in bad.reason) == (3, True)


def test_kilowatts_are_asked_about_and_taken_when_named(tmp_path: Path) -> None:
    file = tmp_path / "2023-07-19.csv"
    file.write_text(f"{POWER_HEAD}\n2023-07-19 10:00:00,7.5,-3.5,0.6,4.6\n")
    with pytest.raises(ConfigError, match=r"largest power of all is 7\.5; say whether that is --unit W or --unit kW"):
        read([file], BERLIN, None)

    assert totals_wh(read([file], BERLIN, "kW").candidates[0])["solar"] == pytest.approx(625)
    assert totals_wh(read([file], BERLIN, "W").candidates[0])["solar"] == pytest.approx(0.625)


def test_local_times_without_a_zone_are_asked_about(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="say --zone"):
        read([power_file(tmp_path, DAY, offsets=False)], None, None)
    assert read([power_file(tmp_path, DAY)], None, None).candidates[0].n == 288


def test_a_day_that_is_not_over_lacks_its_last_row_and_gives_way_to_the_whole(tmp_path: Path) -> None:
    part = power_file(tmp_path, DAY, name=f"{DAY}.partial.csv")
    part.write_text("\n".join(power_text(DAY).splitlines()[:101]))
    alone = read([tmp_path], BERLIN, None)
    power_file(tmp_path, DAY)
    both = read([tmp_path], BERLIN, None)

    assert (alone.candidates[0].n, len(alone.notes)) == (99, 1)
    assert (both.candidates[0].n, both.bad, both.repeated) == (288, [], 0)


def test_a_file_twice_in_one_go_counts_once(tmp_path: Path) -> None:
    file = power_file(tmp_path, DAY)
    taken = read([file, file], BERLIN, None)

    assert (taken.candidates[0].n, taken.repeated, taken.bad) == (288, 288, [])


def test_other_files_and_nothing_at_all_are_told(tmp_path: Path) -> None:
    (tmp_path / "other.csv").write_text("a,b\n1,2\n")
    (bad,) = read([tmp_path / "other.csv"], BERLIN, None).bad

    assert "neither powers, energies nor charge" in bad.reason
    with pytest.raises(ConfigError, match="is not there"):
        read([tmp_path / "missing.csv"], BERLIN, None)
    (tmp_path / "empty").mkdir()
    with pytest.raises(ConfigError, match=r"no file in this folder ends in \.csv"):
        read([tmp_path / "empty"], BERLIN, None)
    (tmp_path / "binary.csv").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigError, match="cannot be read as CSV"):
        read([tmp_path / "binary.csv"], BERLIN, None)


@pytest.mark.parametrize("stamp", ["9999-12-31", "0001-01-01", "1969-12-31 23:59:59", "2023-07-19T25:00"])
def test_times_of_no_homes_history_are_bad_rows(tmp_path: Path, stamp: str) -> None:
    file = tmp_path / "2023-07.csv"
    file.write_text(f"{ENERGY_HEAD}\n{stamp}{',5000' * 10}\n2023-07-19{',5000' * 10}\n")
    taken = read([file], BERLIN, None)

    assert [(bad.line, bad.column) for bad in taken.bad] == [(2, "timestamp")]
    assert taken.candidates[0].n == 1


@pytest.mark.parametrize("offsets", [True, False])
def test_a_file_of_powers_may_have_the_newest_row_first(tmp_path: Path, offsets: bool) -> None:
    head, *rows = power_text(AUTUMN, offsets=offsets).splitlines()
    whole = read([power_file(tmp_path, AUTUMN, offsets=offsets)], BERLIN, None)
    file = tmp_path / "falling.csv"
    file.write_text("\n".join([head, *reversed(rows)]) + "\n")

    falling = read([file], BERLIN, None)
    spans = [[row[:2] for row in rows_of(taken, "cloud-power")] for taken in (whole, falling)]

    assert spans[0] == spans[1]
    assert totals_wh(falling.candidates[0]) == totals_wh(whole.candidates[0])


def test_energies_within_the_day_keep_their_span_in_any_order(tmp_path: Path) -> None:
    file = tmp_path / "falling.csv"
    values = "100,50,0,0,10,0,10,50,40,10"
    stamps = [f"2023-07-19T00:{minute:02d}:00+02:00" for minute in (45, 30, 0, 15)]
    file.write_text("\n".join([ENERGY_HEAD, *(f"{stamp},{values}" for stamp in stamps)]) + "\n")
    taken = read([file], BERLIN, None)

    assert {length for _, length, _ in rows_of(taken, "cloud-energy")} == {900_000}
    assert totals_wh(taken.candidates[0])["solar"] == 400


def test_a_day_that_is_told_in_utc_is_the_local_day_it_begins(tmp_path: Path) -> None:
    file = tmp_path / "2023-07.csv"
    file.write_text(f"{ENERGY_HEAD}\n2023-07-18T22:00:00Z,66700,6493.5,43456,0,16760,249.5,15640.5,6244,7603.5,16760\n")
    ((start, _, _),) = rows_of(read([file], BERLIN, None), "cloud-energy")

    assert from_ms(start).astimezone(BERLIN).isoformat() == "2023-07-19T00:00:00+02:00"
