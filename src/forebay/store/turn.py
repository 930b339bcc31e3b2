"""Whose turn it is to write, when a guest wants one beside the writer.

The writer's transactions follow each other so closely that a guest would have to be lucky to come between. So it says
that it wants its turn, by a lock of its own that falls with its process, and the writer begins none meanwhile.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from forebay.errors import StoreError


def privately(path: str, flags: int) -> int:
    """Open a file that only its owner may read."""
    return os.open(path, flags, 0o600)


class Turn:
    """The lock of one database's guests, as one process sees it."""

    def __init__(self, database: Path) -> None:
        self._path = f"{database}.turn.lock"
        self._file: int | None = None

    def _opened(self) -> int:
        if self._file is None:
            self._file = privately(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC)
        return self._file

    @contextmanager
    def wanted(self) -> Iterator[None]:
        """Want a turn, and have it until this ends. Raises StoreError where nothing can be written."""
        try:
            file = self._opened()
            fcntl.flock(file, fcntl.LOCK_EX)  # at most one guest is there; the writer holds it for no time
        except OSError as exc:
            raise StoreError(f"{self._path}: {exc.strerror}; check that the folder may be used") from exc
        try:
            yield
        finally:
            fcntl.flock(file, fcntl.LOCK_UN)

    def is_wanted(self) -> bool:
        """Whether a guest wants its turn, or has it."""
        if self._file is None and not os.path.exists(self._path):
            return False
        try:
            fcntl.flock(self._opened(), fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        except OSError:  # the folder may be gone or full: the transaction itself will tell
            return False
        fcntl.flock(self._opened(), fcntl.LOCK_UN)
        return False

    def close(self) -> None:
        """Let go of the lock's file."""
        if self._file is not None:
            with suppress(OSError):
                os.close(self._file)
            self._file = None
