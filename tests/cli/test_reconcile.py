"""`forebay reconcile`: what it says of a record with an outage, and of bills right and wrong."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from tests.cli.conftest import Forebay
from tests.store.houses import START, record, telling, true_wh

from forebay.cli import main
from forebay.exchange.bill import read_bill
from forebay.records.reasons import Reason
from forebay.store import Store

N_DAYS = 4
DAY_S = 86_400
DATES = [f"2026-06-{21 + n}" for n in range(N_DAYS)]


def kwh(flow: str, day: int) -> float:
    return (true_wh(flow, (day + 1) * DAY_S) - true_wh(flow, day * DAY_S)) / 1000


@pytest.fixture(scope="module")
def db(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four days of a house, with an outage of three quarters of an hour on the second."""
    path = tmp_path_factory.mktemp("record") / "record.db"
    out_s = (DAY_S + 30_000, DAY_S + 32_640)
    with Store.open(path) as store:
        told = list(telling(N_DAYS * DAY_S - 1, 120))
        record(store, [one for one in told if one.t_s < out_s[0]])
        last = store.latest(1)
        assert last is not None
        store.open_gap(1, last.at, Reason.RECORDER_OFF)
        store.close_gap(1, START + timedelta(seconds=out_s[1]))
        record(store, [one for one in told if one.t_s >= out_s[1]])
    return path


def bill(folder: Path, rows: Sequence[str], head: str = "date,grid_in,grid_out") -> Path:
    path = folder / "bill.csv"
    path.write_text("\n".join([head, *rows]) + "\n", "utf-8")
    return path


def test_an_outage_is_explained_and_the_exit_code_says_so(forebay: Forebay, db: Path) -> None:
    outcome = forebay("reconcile", "--db", str(db))

    assert (outcome.code, outcome.err) == (0, "")
    assert "2026-06-22 power −" in outcome.out
    assert "counted while nothing was recorded (46 min: recorder_off)" in outcome.out
    assert outcome.out.splitlines()[-1] == "The powers add up to the counters; every difference is explained."
    tables = [line for line in outcome.out.splitlines() if not line.startswith("  ")]
    assert max(map(len, tables)) <= 80


def test_a_bill_that_agrees_says_so_in_one_sentence(forebay: Forebay, db: Path, tmp_path: Path) -> None:
    file = bill(tmp_path, [f"{d},{kwh('grid_in', n):.1f},{kwh('grid_out', n):.1f}" for n, d in enumerate(DATES)])
    outcome = forebay("reconcile", "--db", str(db), "--from", DATES[0], "--to", DATES[-1], "--against", str(file))

    assert outcome.code == 0, outcome.out
    assert "The bill agrees with the record; every difference is explained." in outcome.out
    assert f"Drawn from the grid: the bill says {sum(kwh('grid_in', n) for n in range(N_DAYS)):.0f}" in outcome.out


def test_a_bill_that_is_wrong_is_said_to_be_unexplained(forebay: Forebay, db: Path, tmp_path: Path) -> None:
    wrong = [f"{d};{kwh('grid_in', n) + 7 * (n == 2):.2f}".replace(".", ",") for n, d in enumerate(DATES)]
    file = bill(tmp_path, wrong, "Tag;Bezug kWh")
    asked = ["--month", "2026-06", "--against", str(file), "--columns", "date=Tag,grid_in=Bezug kWh"]
    outcome = forebay("reconcile", "--db", str(db), *asked, "--json")

    assert outcome.code == 1
    left = {
        line["date"]: line["bill_difference"]["unexplained_kwh"]
        for line in outcome.json["lines"]
        if line["flow"] == "grid_in" and line["bill_difference"]
    }
    assert left == {d: pytest.approx(7, abs=1) if d == "2026-06-23" else 0 for d in DATES}
    text = forebay("reconcile", "--db", str(db), *asked)
    assert (text.code, "kWh of the bill stay unexplained." in text.out) == (1, True)


def test_csv_has_a_line_for_each_day_and_flow(forebay: Forebay, db: Path) -> None:
    rows = list(csv.DictReader(io.StringIO(forebay("reconcile", "--db", str(db), "--csv").out)))

    assert len(rows) == N_DAYS * 6
    gap = next(row for row in rows if (row["date"], row["flow"]) == ("2026-06-22", "home"))
    assert "gap" in gap["power_because"].split()
    assert gap["power_unexplained_kwh"] == "0.0000"
    assert float(gap["counters_kwh"]) == pytest.approx(kwh("home", 1), abs=1e-3)


@pytest.mark.parametrize(
    ("head", "rows", "words"),
    [
        ("date,grid_in", ["2026-06-21,x"], "line 2: grid_in is 'x', no number"),
        ("date,grid_in", ["2026-06-21,1", "2026-06-21,2"], "line 3: 2026-06-21 does not come after the line before"),
        ("date,grid_in", ["21.6.2026,1"], "line 2: '21.6.2026' is no date such as 2026-06-21"),
        ("date,grid_in", ["2026-06-21,1,2"], "line 2: has 3 columns, the head has 2"),
        ("date,grid_in", ["2026-06-21,-3"], "an energy is not negative"),
        ("date,grid_in", ["2026-06-21,nan"], "grid_in is 'nan', no number"),
        ("date,other", ["2026-06-21,1"], "no column is named as a flow"),
        ("when,grid_in", ["2026-06-21,1"], "has no column date; say which it is with --columns date=NAME"),
        ("date,grid_in", [], "has no line below its head"),
    ],
)
def test_a_file_that_cannot_be_read_is_told_with_its_line(
    forebay: Forebay, db: Path, tmp_path: Path, head: str, rows: Sequence[str], words: str
) -> None:
    outcome = forebay("reconcile", "--db", str(db), "--against", str(bill(tmp_path, rows, head)))

    assert (outcome.code, outcome.out) == (1, "")
    assert words in outcome.err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--month", "2026-13"], "is no month such as 2026-06"),
        (["--month", "2026-06", "--from", "2026-06-01"], "leave --from and --to away"),
        (["--from", "soon"], "is no day such as 2026-06-21"),
        (["--from", "2026-06-09", "--to", "2026-06-01"], "comes after --to"),
        (["--from", "0001-01-01"], "ask for less"),
        (["--columns", "date=Tag"], "name it with --against"),
        (["--against", "nowhere.csv"], "nowhere.csv: cannot be read"),
        (["--against", "imported"], "nothing was imported of these days"),
        (["--gateway", "other"], "nothing is recorded of other"),
    ],
)
def test_wrong_usage_is_told_in_words(forebay: Forebay, db: Path, arguments: Sequence[str], words: str) -> None:
    outcome = forebay("reconcile", "--db", str(db), *arguments)

    assert outcome.code != 0
    assert outcome.out == ""
    assert words in outcome.err


def test_clocks_that_go_back_are_read_as_two_hours(forebay: Forebay, tmp_path: Path) -> None:
    hours = [f"2026-10-25T{hour:02}:00,1.0" for hour in (0, 1, 2, 2, 3, 4)]
    found = read_bill(bill(tmp_path, hours, "start,home_kwh"), ZoneInfo("Europe/Paris"))

    assert [one.end - one.start for one in found] == [timedelta(hours=1)] * 6
    assert [one.wh["home"] for one in found] == [1000.0] * 6


def test_troubles_of_counters_are_listed_with_time_size_and_reason(forebay: Forebay, tmp_path: Path) -> None:
    path = tmp_path / "record.db"
    with Store.open(path) as store:
        for one in telling(DAY_S, 300):
            home = (one.counters["home"] or 0.0) + (5e6 if 43_200 <= one.t_s < 43_500 else 0.0)
            record(store, [replace(one, counters=one.counters | {"home": home})])
    text = forebay("reconcile", "--db", str(path), "--from", DATES[0], "--to", DATES[0])
    trouble = forebay("reconcile", "--db", str(path), "--from", DATES[0], "--to", DATES[0], "--json").json["troubles"]

    assert text.code == 0
    assert "  2026-06-21 11:55:00 Used by the home: jumped up and came back (+5000." in text.out
    assert [(one["counter"], one["reason"]) for one in trouble] == [("load_wh", "spike")]
    assert trouble[0]["counted_kwh"] < 5


@pytest.mark.parametrize(
    "style",
    ["{:.3f}|,", "{:.1f}|;", '"{:,.2f}"|,', "{:.2f}|;comma", "{:,.3f}|;swap", "\ufeff{:.3f}|\t", "{:,.2f}|;space"],
)
def test_a_bill_in_any_style_of_numbers_agrees(forebay: Forebay, db: Path, tmp_path: Path, style: str) -> None:
    form, _, rest = style.partition("|")
    delimiter, kind = rest[0], rest[1:]
    signs = {"comma": {".": ","}, "swap": {",": ".", ".": ","}, "space": {",": " "}, "": {}}[kind]
    mark = "\ufeff" if form.startswith("\ufeff") else ""

    def cell(flow: str, n: int) -> str:
        return (
            form.removeprefix(mark).format(1000 * kwh(flow, n)).translate({ord(old): new for old, new in signs.items()})
        )

    rows = [delimiter.join([day, cell("grid_in", n), cell("grid_out", n)]) for n, day in enumerate(DATES)]
    file = bill(tmp_path, rows, mark + delimiter.join(["date", "grid_in", "grid_out"]))
    outcome = forebay("reconcile", "--db", str(db), "--against", str(file), "--unit", "Wh", "--from", DATES[0])

    assert (outcome.code, outcome.err) == (0, "")
    assert "unexplained" not in outcome.out
    lines = [line for line in outcome.out.splitlines() if "together" in line]
    assert any(f"{sum(kwh('grid_in', n) for n in range(N_DAYS)):.2f}" in line for line in lines)


@pytest.mark.parametrize("zone", ["America/Los_Angeles", "Asia/Kolkata"])
@pytest.mark.parametrize("gone", [(), (0, 2)])
def test_a_bill_with_offsets_of_another_zone_and_days_missing_agrees_on_the_rest(
    forebay: Forebay, db: Path, tmp_path: Path, zone: str, gone: Sequence[int]
) -> None:
    rows = []
    for hour in range(24 * N_DAYS):
        if hour // 24 not in gone:
            at = (START + timedelta(hours=hour)).astimezone(ZoneInfo(zone))
            wh = [true_wh(flow, (hour + 1) * 3600) - true_wh(flow, hour * 3600) for flow in ("grid_in", "grid_out")]
            rows.append(",".join([at.isoformat(), *(f"{one / 1000:.4f}" for one in wh)]))
    outcome = forebay(
        "reconcile",
        "--db",
        str(db),
        "--against",
        str(bill(tmp_path, rows, "start,grid_in,grid_out")),
        "--json",
        "--from",
        DATES[0],
    )

    lines = [line for line in outcome.json["lines"] if line["flow"] == "grid_in" and line["date"] in DATES]
    assert (outcome.code, len(lines)) == (0, N_DAYS)
    for n, line in enumerate(lines):
        if n in gone:
            assert line["bill_kwh"] is None
        else:
            assert line["bill_kwh"] == pytest.approx(kwh("grid_in", n), abs=1e-3)


def test_progress_is_told_on_a_terminal_and_gone_at_the_end(
    db: Path, home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)

    assert main(["reconcile", "--db", str(db), "--from", DATES[0]]) == 0
    told = capsys.readouterr().err
    assert "powers from 2026-06-21" in told
    assert told.endswith("\r\033[K")
