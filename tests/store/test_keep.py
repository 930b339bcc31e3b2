"""A record is checked, backed up while it is written, and put back as it was."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
import tarfile
import threading
from datetime import timedelta
from pathlib import Path

import pytest
from tests.conftest import ROOT
from tests.store.test_archive import START, answers, same, seal_all, wild

from forebay.errors import StoreError
from forebay.records.reading import Reading
from forebay.store import Store
from forebay.store.backup import back_up, restore
from forebay.store.check import check
from forebay.store.seal import seal_next_day
from forebay.store.store import archive_of


@pytest.fixture
def kept(path: Path) -> Path:
    """A record of six days, four of them sealed."""
    with Store.open(path) as store:
        wild(store, 6, every_s=300)
        while seal_next_day(store, 1, "samples") or seal_next_day(store, 1, "slow_samples"):
            pass
    return path


def test_a_whole_record_has_nothing_wrong(kept: Path) -> None:
    told: list[str] = []
    with Store.read(kept) as store:
        assert check(store, progress=told.append) == []

    assert told[0] == "the database"
    assert len(told) > 6


@pytest.mark.parametrize(
    ("damage", "words"),
    [("torn", "is not the file that was written"), ("gone", "cannot be read"), ("other", "is not the file")],
)
def test_a_damaged_file_is_found(kept: Path, damage: str, words: str) -> None:
    file = archive_of(kept) / "1/samples-2026-05-29.parquet"
    if damage == "gone":
        file.unlink()
    else:
        file.write_bytes(file.read_bytes()[:-9] if damage == "torn" else b"PAR1")
    with Store.read(kept) as store:
        found = check(store)

    assert len(found) == 1
    assert found[0].startswith(f"{file}: {words}")


@pytest.mark.parametrize(
    ("sql", "words"),
    [
        ("DELETE FROM segments WHERE file LIKE '%05-29%' AND kind = 'samples'", "breaks off"),
        ("UPDATE segments SET n = n + 1 WHERE file LIKE '%/samples-2026-05-29%'", "not what the database says"),
        (
            "UPDATE quarters SET n = n + 1 WHERE start_ms = (SELECT min(start_ms) FROM quarters)",
            "1 quarters of an hour",
        ),
        ("DELETE FROM quarters WHERE start_ms = (SELECT min(start_ms) FROM quarters)", "1 quarters of an hour"),
    ],
)
def test_a_database_that_disagrees_with_its_files_is_found(kept: Path, sql: str, words: str) -> None:
    with Store.open(kept) as store:
        store.database.write_at_once([(sql, ())])
        found = check(store)

    assert len(found) == 1
    assert words in found[0]


def test_a_backup_comes_back_as_it_was(kept: Path, tmp_path: Path) -> None:
    with Store.read(kept) as store:
        before = answers(store)
    size = back_up(kept, tmp_path / "house.tar")
    restore(tmp_path / "house.tar", tmp_path / "new" / "other.db")

    assert (tmp_path / "house.tar").stat().st_size == size
    assert stat.S_IMODE((tmp_path / "house.tar").stat().st_mode) == 0o600
    assert sorted(p.name for p in (tmp_path / "new").iterdir()) == ["other-archive", "other.db"]
    assert stat.S_IMODE((tmp_path / "new" / "other.db").stat().st_mode) == 0o600
    with Store.open(tmp_path / "new" / "other.db") as store:
        assert same(answers(store), before)
        assert check(store) == []
        seal_all(store)
        assert same(answers(store), before)


def test_a_backup_is_whole_while_the_record_is_written_and_sealed(path: Path, tmp_path: Path) -> None:
    with Store.open(path, flush_s=0.0) as store:
        wild(store, 8, every_s=600)
        last, stop, written = store.latest(1), threading.Event(), []
        assert last is not None

        def write() -> None:
            at = last.at
            while not stop.is_set():
                at += timedelta(seconds=5)
                store.append(1, Reading(at=at, site_power_w=1.0))
                seal_next_day(store, 1, "samples")
                written.append(at)

        writer = threading.Thread(target=write)
        writer.start()
        try:
            for number in range(5):
                back_up(path, tmp_path / f"{number}.tar")
        finally:
            stop.set()
            writer.join(10)
    for number in range(5):
        restore(tmp_path / f"{number}.tar", tmp_path / str(number) / "forebay.db")
        with Store.read(tmp_path / str(number) / "forebay.db") as store:
            assert check(store) == []
            assert len(store.readings(1, START, last.at + timedelta(milliseconds=1))) > 900

    assert written


def test_the_log_of_a_record_that_was_moved_away_is_not_written_into_the_one_put_back(
    kept: Path, tmp_path: Path
) -> None:
    back_up(kept, tmp_path / "house.tar")
    goal = tmp_path / "goal" / "forebay.db"
    goal.parent.mkdir()
    with Store.open(kept, flush_s=0.0) as store:  # a recorder that is killed leaves its log
        wild(store, 9, every_s=900)
        goal.with_name("forebay.db-wal").write_bytes(kept.with_name("forebay.db-wal").read_bytes())

    with pytest.raises(StoreError, match=r"forebay\.db-wal: is there already; move it away first"):
        restore(tmp_path / "house.tar", goal)
    goal.with_name("forebay.db-wal").unlink()
    restore(tmp_path / "house.tar", goal)
    with Store.read(goal) as store:
        assert check(store) == []


def test_nothing_is_ever_overwritten(kept: Path, tmp_path: Path) -> None:
    target = tmp_path / "house.tar"
    back_up(kept, target)

    with pytest.raises(StoreError, match="is there already; name another file"):
        back_up(kept, target)
    with pytest.raises(StoreError, match="is there already; move it away first"):
        restore(target, kept)
    with Store.read(kept) as store:
        assert check(store) == []


@pytest.mark.parametrize("what", ["cut", "foreign", "climbing", "missing part", "absent"])
def test_a_backup_that_is_not_whole_puts_nothing_anywhere(kept: Path, tmp_path: Path, what: str) -> None:
    source, goal = tmp_path / "house.tar", tmp_path / "goal" / "forebay.db"
    back_up(kept, tmp_path / "good.tar")
    if what == "cut":
        source.write_bytes((tmp_path / "good.tar").read_bytes()[:50_000])
    elif what == "foreign":
        with tarfile.open(source, "w") as tar:
            tar.add(ROOT / "README.md", "README.md")
    elif what != "absent":
        with tarfile.open(tmp_path / "good.tar") as good, tarfile.open(source, "w") as tar:
            for member in good.getmembers():
                if what == "climbing" and member.name != "forebay.db":
                    member.name = f"archive/../../{Path(member.name).name}"
                if what == "climbing" or "05-29" not in member.name:
                    tar.addfile(member, good.extractfile(member))
    with pytest.raises(StoreError, match=str(source)):
        restore(source, goal)

    assert not goal.exists()
    assert list(goal.parent.iterdir()) == []
    assert sorted(p.name for p in tmp_path.iterdir()) == sorted(
        {"good.tar", "goal", "home"} | {source.name} - ({source.name} if what == "absent" else set())
    )


def forebay(*words: str, home: Path) -> subprocess.CompletedProcess[str]:
    env = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT / "src"), "HOME": str(home), "XDG_CONFIG_HOME": str(home)}
    command = [sys.executable, "-m", "forebay", *words]
    return subprocess.run(command, check=False, env=env, capture_output=True, text=True, timeout=60)


def test_the_commands_check_back_up_and_put_back(kept: Path, tmp_path: Path) -> None:
    tar, new = str(tmp_path / "house.tar"), str(tmp_path / "new.db")
    checked = forebay("check", "--db", str(kept), home=tmp_path)
    saved = forebay("backup", tar, "--db", str(kept), "--json", home=tmp_path)
    back = forebay("restore", tar, "--db", new, home=tmp_path)
    (archive_of(Path(new)) / "1/samples-2026-05-29.parquet").unlink()
    broken = forebay("check", "--db", new, home=tmp_path)
    again = forebay("restore", tar, "--db", new, home=tmp_path)

    assert (checked.returncode, checked.stdout.strip()) == (0, f"{kept}: whole, with 10 files of the archive")
    assert "… 1/samples-2026-05-28.parquet" in checked.stderr
    assert json.loads(saved.stdout)["bytes"] > 10_000
    assert back.stdout.endswith("is back, checked and whole\n")
    assert (broken.returncode, "cannot be read" in broken.stdout) == (1, True)
    assert (again.returncode, "move it away first" in again.stderr) == (1, True)
