"""`forebay history` as a table."""

from __future__ import annotations

import csv
import json
import re
from datetime import date
from pathlib import Path

import pytest
from tests.cli.conftest import Forebay
from tests.exchange.downloads import power_file

from forebay.cli.history_print import heads
from forebay.cli.output import table
from forebay.records.flows import FLOWS
from forebay.views import text


def test_a_day_of_a_house_fits_into_eighty_columns() -> None:
    labels = [flow.label for flow in FLOWS]
    rows = [*heads(labels), ("Wed 2026-06-24", *(text.energy(123_400) for _ in labels))]
    lines = table(rows, right=range(1, len(labels) + 1)).splitlines()

    assert max(map(len, lines)) <= 80
    assert [" ".join(part for part in column if part) for column in zip(*heads(labels), strict=True)][1:] == labels


@pytest.fixture
def db(forebay: Forebay, tmp_path: Path) -> Path:
    """A record into which three days of July were imported, nothing else."""
    for day in (18, 19, 20):
        power_file(tmp_path, date(2023, 7, day))
    path = tmp_path / "forebay.db"
    outcome = forebay(
        "import", "cloud", str(tmp_path / "power"), "--db", str(path), "--zone", "Europe/Berlin", "--apply"
    )
    assert outcome.code == 0, outcome.err
    return path


def asked(forebay: Forebay, db: Path, *words: str) -> str:
    outcome = forebay("history", *words, "--db", str(db))
    assert (outcome.code, outcome.err) == (0, "")
    return outcome.out


def test_a_day_is_told_by_the_hour_with_what_fed_what(forebay: Forebay, db: Path) -> None:
    out = asked(forebay, db, "2023-07-19")

    assert out.startswith("Wednesday 2023-07-19, Europe/Berlin\n")
    assert len([line for line in out.splitlines() if line.startswith("Wed 19 ")]) == 24
    assert "Solar produced       32.0 kWh" in out
    assert "Solar → home 5.82 kWh, battery 8.00 kWh, grid 18.2 kWh" in out
    assert "Self-sufficiency 54 %   Self-consumption 43 %" in out
    assert "100 % of this time is told by imports alone" in out


def test_the_days_are_a_table_and_the_same_numbers_are_json_and_csv(forebay: Forebay, db: Path) -> None:
    told = json.loads(asked(forebay, db, "2023-07", "--json"))
    rows = list(csv.DictReader(asked(forebay, db, "2023-07", "--csv", "--by", "day").splitlines()))
    plain = asked(forebay, db)

    assert [day["date"] for day in told["days"]] == ["2023-07-18", "2023-07-19", "2023-07-20"]
    assert [day["kwh"]["solar"] for day in told["days"]] == pytest.approx([32, 32, 32])
    assert told["days"][0]["imported"]["solar"] == 1
    assert [float(row["solar_kwh"]) for row in rows if row["solar_kwh"]] == pytest.approx([32, 32, 32])
    assert len(rows) == 31
    assert [line[:14] for line in plain.splitlines()][2:] == ["Tue 2023-07-18", "Wed 2023-07-19", "Thu 2023-07-20"]


def test_a_period_is_compared_with_another(forebay: Forebay, db: Path) -> None:
    out = asked(forebay, db, "2023-07-19", "--compare")
    far = asked(forebay, db, "2023-07-19", "--compare", "last-year")

    assert re.search(r"Solar produced +32\.0 kWh +32\.0 kWh +\+0 Wh +\+0 %", out)
    assert re.search(r"Solar produced +32\.0 kWh +– +–", far)


@pytest.mark.parametrize("width", [40, 60, 80, 120, 200])
@pytest.mark.parametrize("when", ["2023-07-19", "2023-W29", "2023-07", "2023", "2019..2025"])
def test_pictures_keep_to_the_terminal(
    forebay: Forebay, db: Path, monkeypatch: pytest.MonkeyPatch, width: int, when: str
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    out = asked(forebay, db, when, "--plot")

    assert max(map(len, out.splitlines())) <= width
    assert "█" in out
    assert "\033" not in out


def test_the_curve_of_a_signal_is_a_picture_a_table_json_or_csv(forebay: Forebay, db: Path) -> None:
    names = ("2023-07-19", "--signal", "solar_power_w,battery_power_w")
    picture, rows = asked(forebay, db, *names, "--plot"), asked(forebay, db, *names)
    told = json.loads(asked(forebay, db, *names, "--json"))
    sheet = list(csv.DictReader(asked(forebay, db, *names, "--csv").splitlines()))

    assert "Solar power: least 0 W, mean 1333 W, most 4000 W" in picture
    assert re.search(r"2023-07-19 12:00 +4000 +-1000\n", rows)
    assert [float(row["solar_power_w"]) for row in sheet] == told["columns"]["solar_power_w"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("soon",), "soon: is no period; say today"),
        (("2023", "--days", "3"), "say either a period or --days"),
        (("--json", "--csv"), "say either --json or --csv"),
        (("--signal", "solar"), "solar: no curve can be drawn of this; there are"),
        (("--signal", "solar_power_w", "--compare"), "--compare and --by are for energies"),
        (("1990..2030", "--by", "quarter"), "by quarter is too much; say a longer --by"),
        (("--gateway", "barn"), "barn"),
    ],
)
def test_bad_words_are_answered_with_good_ones(forebay: Forebay, db: Path, words: tuple[str, ...], said: str) -> None:
    outcome = forebay("history", *words, "--db", str(db))

    assert (outcome.code, outcome.out, said in outcome.err) == (1, "", True), outcome.err
