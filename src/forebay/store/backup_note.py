"""When a record was put into a backup last: noted in a file beside it, for another process writes the record."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from forebay.errors import StoreError
from forebay.store.turn import privately


@dataclass(frozen=True, slots=True)
class BackupNote:
    """A backup of a record. at: when it was begun, UTC. file: its name, without where it is. bytes: its size."""

    at: datetime
    file: str
    bytes: int


def note_of(database: Path) -> Path:
    """Return the file in which the last backup of a record is noted."""
    return database.with_name(f"{database.stem}-backup.json")


def note_backup(database: Path, note: BackupNote) -> None:
    """Note a backup in place of the one before. Raises StoreError where nothing can be written beside the record."""
    path = note_of(database)
    part = path.with_name(path.name + ".part")
    told = {"at": note.at.astimezone(UTC).isoformat(timespec="seconds"), "file": note.file, "bytes": note.bytes}
    try:
        with open(part, "w", encoding="utf-8", opener=privately) as file:
            json.dump(told, file)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except OSError as exc:
        raise StoreError(f"{path}: the backup is made, but cannot be noted: {exc.strerror or exc}") from exc


def last_backup(database: Path) -> BackupNote | None:
    """Return the last backup of a record, None where none was noted. Raises StoreError for a note that is damaged."""
    path = note_of(database)
    try:
        told = json.loads(path.read_text("utf-8"))
        return BackupNote(datetime.fromisoformat(told["at"]).astimezone(UTC), str(told["file"]), int(told["bytes"]))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError, KeyError, OverflowError) as exc:
        raise StoreError(f"{path}: cannot be read; the next backup writes it anew") from exc
