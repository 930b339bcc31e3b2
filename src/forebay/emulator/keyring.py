"""The certificates of a fleet, in one file: each home its own, kept from one start to the next."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from forebay.emulator.certificate import Certificate, fresh_certificate
from forebay.errors import EmulatorError

KEYRING_FILE = "fleet.sqlite"

_SCHEMA = """
CREATE TABLE IF NOT EXISTS certificate (
    serial TEXT NOT NULL, address TEXT NOT NULL, fingerprint TEXT NOT NULL, pem BLOB NOT NULL, key_pem BLOB NOT NULL,
    PRIMARY KEY (serial, address)
) WITHOUT ROWID
"""


class Keyring:
    """Certificates by serial number and address; about 1.3 kB each.

    Raises EmulatorError naming the file when it cannot be read or written.
    """

    def __init__(self, state_dir: Path) -> None:
        self._path = state_dir / KEYRING_FILE
        with self._named():
            state_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
            os.close(os.open(self._path, os.O_CREAT | os.O_RDWR, 0o600))  # it holds keys
            self._file = sqlite3.connect(self._path, timeout=10, isolation_level=None)
            self._file.execute("PRAGMA synchronous = NORMAL")
            self._file.execute(_SCHEMA)

    def make(self, homes: Iterable[tuple[str, str]]) -> Mapping[tuple[str, str], str]:
        """Make what is missing for these homes, by serial number and address; return all fingerprints by them."""
        with self._named():
            self._file.execute("BEGIN IMMEDIATE")
            try:
                kept = {
                    (serial, address): fingerprint
                    for serial, address, fingerprint in self._file.execute(
                        "SELECT serial, address, fingerprint FROM certificate"
                    )
                }
                self._file.executemany("INSERT INTO certificate VALUES (?, ?, ?, ?, ?)", _fresh(homes, kept))
            except BaseException:
                self._file.execute("ROLLBACK")
                raise
            self._file.execute("COMMIT")
        return kept

    def certificate(self, serial: str, address: str) -> Certificate:
        """Return a home's certificate, which was made at the start."""
        with self._named():
            row = self._file.execute(
                "SELECT pem, key_pem, fingerprint FROM certificate WHERE serial = ? AND address = ?", (serial, address)
            ).fetchone()
        if row is None:
            raise EmulatorError(f"{self._path} lost the certificate of {address}; start the fleet anew")
        return Certificate(*row)

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()

    @contextlib.contextmanager
    def _named(self) -> Iterator[None]:
        try:
            yield
        except OSError as exc:
            raise EmulatorError(f"{exc.filename or self._path}: {exc.strerror or exc}") from exc
        except sqlite3.Error as exc:
            raise EmulatorError(f"{self._path}: {exc}; delete it for fresh certificates") from exc


def _fresh(
    homes: Iterable[tuple[str, str]], kept: dict[tuple[str, str], str]
) -> Iterator[tuple[str, str, str, bytes, bytes]]:
    for serial, address in homes:
        if (serial, address) not in kept:
            made = fresh_certificate((address,))
            kept[serial, address] = made.fingerprint
            yield serial, address, made.fingerprint, made.pem, made.key_pem
