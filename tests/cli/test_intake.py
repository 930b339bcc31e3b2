"""`forebay import`: first told, then kept, and taken away again."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path

import pytest
from tests.cli.conftest import Forebay
from tests.cli.processes import environment
from tests.exchange.downloads import power_file, power_text

from forebay.store import Store

DAY = date(2023, 7, 19)
ZONE = ("--zone", "Europe/Berlin")


@pytest.fixture
def db(tmp_path: Path) -> Path:
    return tmp_path / "forebay.db"


def test_without_apply_nothing_is_written(forebay: Forebay, tmp_path: Path, db: Path) -> None:
    outcome = forebay("import", "cloud", str(power_file(tmp_path, DAY)), "--db", str(db), *ZONE)

    assert outcome.code == 0, outcome.err
    assert "288, all new" in outcome.out
    assert "Nothing has been written. Add --apply" in outcome.out
    assert not db.exists()


def test_applied_listed_told_again_and_undone(forebay: Forebay, tmp_path: Path, db: Path) -> None:
    power_file(tmp_path, DAY)
    command = ("import", "cloud", str(tmp_path / "power"), "--db", str(db), *ZONE)
    first = json.loads(forebay(*command, "--apply", "--json").out)
    with Store.read(db) as store:
        kept = store.database.rows("SELECT * FROM imports")
    again = json.loads(forebay(*command, "--apply", "--json").out)
    power_file(tmp_path, DAY + timedelta(days=1))
    longer = forebay(*command)
    listed = json.loads(forebay("import", "list", "--db", str(db), "--json").out)
    undone = forebay("import", "undo", "1", "--db", str(db))
    left = forebay("import", "list", "--db", str(db))

    assert [(one["id"], one["intervals"], one["new"]) for one in first["imports"]] == [(1, 288, 288)]
    assert first["imports"][0]["kwh"]["solar"] == pytest.approx(32)
    assert [(one["id"], one["new"]) for one in again["imports"]] == [(None, 0)]
    assert len(kept) == 1
    assert "576, of which 288 new" in longer.out
    assert [(one["id"], one["sha256"], one["decisions"]["zone"]) for one in listed] == [
        (1, first["imports"][0]["sha256"], "Europe/Berlin")
    ]
    assert "import 1 (cloud-power, 288 intervals" in undone.out
    assert left.out == "nothing was imported\n"


def test_bad_rows_are_told_up_to_a_limit_and_written_whole(forebay: Forebay, tmp_path: Path, db: Path) -> None:
    file = tmp_path / "2023-07-19.csv"
    lines = power_text(DAY).splitlines()
    file.write_text("\n".join([lines[0], *(line.replace(",0.0,", ",x,", 1) for line in lines[1:])]))
    outcome = forebay(
        "import", "cloud", str(file), "--db", str(db), *ZONE, "--limit", "2", "--bad", str(tmp_path / "bad.csv")
    )
    listed = list(csv.DictReader((tmp_path / "bad.csv").read_text().splitlines()))

    assert outcome.code == 0
    assert outcome.out.count("not taken: ") == 2
    assert f"… and {len(listed) - 2} more rows not taken" in outcome.out
    assert {row["column"] for row in listed} == {"solar_power"}
    assert int(listed[0]["line"]) == 2


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("cloud",), "name what to import: forebay import cloud FILE"),
        (("cloud", "nowhere.csv"), "nowhere.csv: is not there"),
        (("undo",), "say which import by its number"),
        (("undo", "seven"), "say which import by its number"),
        (("undo", "7"), "there is no import 7; there are: none"),
        (("cloud", "x.csv", "--zone", "Mars/Base"), "Mars/Base: is no time zone such as Europe/Berlin"),
        (("cloud", "x.csv", "--gateway", "barn"), "has no gateway barn; there are gateway"),
    ],
)
def test_bad_words_are_answered_with_good_ones(forebay: Forebay, db: Path, words: tuple[str, ...], said: str) -> None:
    with Store.open(db) as store:
        store.gateway_id("gateway")
    outcome = forebay("import", *words, "--db", str(db))

    assert (outcome.code, said in outcome.err) == (1, True), outcome.err


def test_a_utilitys_columns_are_named_in_the_command(forebay: Forebay, tmp_path: Path, db: Path) -> None:
    file = tmp_path / "bill.csv"
    file.write_text("Von;Bezug;Lieferung\n05.01.2026 10:00;1,5;0\n05.01.2026 11:00;0;0,25\n")
    command = ("import", "csv", str(file), "--db", str(db), *ZONE, "--json")
    options = ("--time", "Von", "--import-kwh", "Bezug", "--export-kwh", "Lieferung", "--decimal", ",")
    outcome = forebay(*command, *options, "--date-format", "%d.%m.%Y %H:%M", "--apply")
    unnamed = forebay(*command)

    assert outcome.code == 0, outcome.err
    (one,) = json.loads(outcome.out)["imports"]
    assert (one["kwh"]["grid_in"], one["kwh"]["grid_out"], one["kwh"]["solar"]) == (1.5, 0.25, None)
    assert one["start"] == "2026-01-05T09:00:00+00:00"
    assert (unnamed.code, "say which column holds the time" in unnamed.err) == (1, True)


@pytest.mark.parametrize("statement", [1, 2, 12, 24])
def test_killed_at_any_moment_an_import_is_there_whole_or_not_at_all(
    home: Path, forebay: Forebay, tmp_path: Path, db: Path, statement: int
) -> None:
    for number in range(20):
        power_file(tmp_path, DAY + timedelta(days=number))
    words = ["import", "cloud", str(tmp_path / "power"), "--db", str(db), *ZONE, "--apply"]
    code = (
        "import os, sys\n"
        "from forebay.store.database import Database\n"
        "whole = Database.write_at_once\n"
        "def killed(self, statements):\n"
        "    def each():\n"
        "        for n, one in enumerate(statements, 1):\n"
        f"            if n == {statement}:\n"
        "                os.kill(os.getpid(), 9)\n"
        "            yield one\n"
        "    whole(self, each())\n"
        "Database.write_at_once = killed\n"
        "from forebay.cli import main\n"
        "sys.exit(main(sys.argv[1:]))\n"
    )
    done = subprocess.run([sys.executable, "-c", code, *words], env=environment(home), check=False, timeout=120)
    with Store.read(db) as store:
        left = [
            store.database.rows(f"SELECT count(*) FROM {t}")[0][0]
            for t in ("gateways", "imports", "imported_days", "imported_sums")
        ]
    again = forebay(*words, "--json")

    assert done.returncode == -9
    assert left == [0, 0, 0, 0]
    assert json.loads(again.out)["imports"][0]["new"] == 20 * 288


@pytest.mark.parametrize("when", ["before", "in the transaction"])
def test_on_a_full_disk_nothing_is_imported_and_it_is_told(
    home: Path, forebay: Forebay, tmp_path: Path, db: Path, when: str
) -> None:
    """The system itself refuses the bytes: first those that are reckoned before, then those of the transaction."""
    for number in range(20):
        power_file(tmp_path, DAY + timedelta(days=number))
    with Store.open(db) as store:
        store.gateway_id("house")
    words = ["import", "cloud", str(tmp_path / "power"), "--db", str(db), *ZONE, "--apply"]
    code = (
        "import resource, sys\n"
        "from forebay.store.database import Database\n"
        "whole = Database.write_at_once\n"
        "def full(*given):\n"
        "    resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, 10_000))\n"
        "    whole(*given)\n"
        "Database.write_at_once = full\n"
        f"if {when == 'before'}: resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, 10_000))\n"
        "from forebay.cli import main\n"
        "sys.exit(main(sys.argv[1:]))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *words],
        env=environment(home),
        check=False,
        timeout=120,
        capture_output=True,
        text=True,
    )
    with Store.read(db) as store:
        left = [
            store.database.rows(f"SELECT count(*) FROM {t}")[0][0]
            for t in ("gateways", "imports", "imported_days", "imported_sums")
        ]
        whole = store.database.rows("PRAGMA integrity_check")
    again = forebay(*words, "--json")

    assert done.returncode == 1
    assert str(db.parent) in done.stderr
    assert "room" in done.stderr
    assert (left, whole) == ([1, 0, 0, 0], [("ok",)])
    assert json.loads(again.out)["imports"][0]["new"] == 20 * 288


@pytest.mark.parametrize("what", ["cloud", "influx"])
def test_a_file_of_which_nothing_can_be_taken_is_told_as_such(
    forebay: Forebay, tmp_path: Path, db: Path, what: str
) -> None:
    file = tmp_path / "other.csv"
    file.write_text("a,b\n1,2\n")
    outcome = forebay("import", what, str(file), "--db", str(db), *ZONE, "--apply")

    assert (outcome.code, "Nothing of it can be taken." in outcome.out or "nothing new" in outcome.out) == (1, True)
    assert "not taken: " in outcome.out
    assert not db.exists()
