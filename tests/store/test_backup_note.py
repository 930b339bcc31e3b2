"""When the last backup was is known beside the record, told on the page, and never in the way of the backup itself."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from forebay.cli import main
from forebay.errors import StoreError
from forebay.records.reading import Reading
from forebay.store import Store
from forebay.store.aside import set_aside
from forebay.store.backup_note import BackupNote, last_backup, note_backup, note_of
from forebay.views.web.asked import Asked
from forebay.views.web.system import system

NOON = datetime(2026, 6, 21, 12, tzinfo=UTC)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "record" / "forebay.db"
    with Store.open(path) as store:
        i = store.gateway_id("house")
        store.identify(i, timezone="Europe/Berlin")
        for number in range(60):
            store.append(i, Reading(at=NOON + timedelta(seconds=5 * number), load_power_w=500.0))
    return path


@pytest.fixture
def store(path: Path) -> Iterator[Store]:
    with Store.open(path) as opened:
        yield opened


def test_the_page_says_never_until_a_backup_is_made_beside_the_recording(
    store: Store, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = system(Asked(store, 1, NOON))["store"]["backup"]

    assert main(["backup", "--db", str(store.database.path), str(tmp_path / "house.tar")]) == 0
    after = system(Asked(store, 1, NOON))["store"]["backup"]

    assert before["at"] is None
    assert before["words"].startswith("Never.")
    assert (after["file"], after["bytes"]) == ("house.tar", (tmp_path / "house.tar").stat().st_size)
    assert datetime.now(UTC) - datetime.fromisoformat(after["at"]) < timedelta(minutes=10)
    assert after["words"].endswith("into house.tar.")
    assert str(tmp_path) not in str(after)
    assert stat.S_IMODE(note_of(store.database.path).stat().st_mode) == 0o600


def test_a_record_that_is_put_back_knows_its_backup(path: Path, tmp_path: Path) -> None:
    tar, new = tmp_path / "house.tar", tmp_path / "new" / "forebay.db"
    assert main(["backup", "--db", str(path), str(tar)]) == 0
    assert main(["restore", "--db", str(new), str(tar)]) == 0

    note = last_backup(new)

    assert note is not None
    assert note.file == "house.tar"
    assert abs(note.at.timestamp() - tar.stat().st_mtime) <= 1


def test_a_backup_that_fails_leaves_the_note_as_it_was(path: Path, tmp_path: Path) -> None:
    note = BackupNote(NOON, "older.tar", 12)
    note_backup(path, note)
    (tmp_path / "house.tar").write_text("is there")

    assert main(["backup", "--db", str(path), str(tmp_path / "house.tar")]) != 0
    assert last_backup(path) == note


def test_a_backup_that_cannot_be_noted_is_made_and_says_so(
    path: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    note_of(path).with_name("forebay-backup.json.part").mkdir()

    assert main(["backup", "--db", str(path), str(tmp_path / "house.tar")]) == 0
    assert "the backup is made, but cannot be noted" in capsys.readouterr().err
    assert last_backup(path) is None


@pytest.mark.parametrize("text", ["", "{", "[]", '{"at": "soon", "file": "a", "bytes": 1}', '{"at": "2026-06-21"}'])
def test_a_damaged_note_is_named_and_no_page_falls_with_it(store: Store, text: str) -> None:
    note_of(store.database.path).write_text(text)

    with pytest.raises(StoreError, match=r"forebay-backup\.json: cannot be read"):
        last_backup(store.database.path)
    told = system(Asked(store, 1, NOON))["store"]["backup"]
    assert told["at"] is None
    assert "cannot be read" in told["words"]


def test_the_page_tells_what_a_clock_that_was_ahead_had_dated(store: Store) -> None:
    assert system(Asked(store, 1, NOON))["aside"] == []

    set_aside(store, 1, NOON + timedelta(seconds=200))

    assert system(Asked(store, 1, NOON))["aside"] == [
        {
            "at": "2026-06-21T12:03:20Z",
            "readings": 19,
            "first": "2026-06-21T12:03:25Z",
            "last": "2026-06-21T12:04:55Z",
        }
    ]
