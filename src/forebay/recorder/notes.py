"""What a recorder tells of itself: gaps with their reason, a sentence for every view, one line in the log.

A state is told when it begins and when it ends, not at each poll.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from forebay.errors import CertificateChanged, ForebayError, GatewayError, StoreError
from forebay.records.reasons import BY_REASON, Explanation, Reason
from forebay.store.state import Connection
from forebay.store.store import Store

_log = logging.getLogger(__name__)


def detail_of(error: ForebayError) -> str:
    """Return what happened; the hint that may follow a semicolon is left to the reason's own advice."""
    if isinstance(error, CertificateChanged) and error.pinned and error.presented:
        return f"it begins with {_beginning(error.presented)}, the trusted one with {_beginning(error.pinned)}"
    return (error.message if isinstance(error, GatewayError) else str(error)).split("; ")[0].rstrip(".")


def _beginning(fingerprint: str) -> str:
    return ":".join(fingerprint.split(":")[:4])


def sentence(row: Explanation, detail: str, wait_s: float = 0.0) -> str:
    """Return what is wrong, in one sentence.

    wait_s: how long until it is asked again [s].
    """
    words = row.words
    if row.reason is Reason.THROTTLED and wait_s >= 90:
        words = f"{words.rstrip('.')}; it is asked again in {wait_s / 60:.0f} min."
    elif row.tells_detail and detail:
        words = f"{words.rstrip('.')}: {detail}."
    return words


class Notes:
    """Writes down how the recording of one gateway stands. name: of the gateway, for the log."""

    def __init__(self, store: Store, gateway_id: int, name: str) -> None:
        self._store = store
        self._id = gateway_id
        self._name = name
        self.store_error = ""

    def guarded(self, write: Callable[[], object]) -> None:
        """Do a write to the store; a failing disk is told, and never ends the recording.

        It is told once, until something has become durable: a full disk often takes a statement and not its commit.
        """
        try:
            write()
        except StoreError as exc:
            if self.store_error != str(exc):
                self.store_error = str(exc)
                _log.error("%s: nothing can be written: %s", self._name, exc)
        else:
            if self.store_error and not self._store.database.is_failing:
                self.store_error = ""
                _log.info("%s: the store can be written again", self._name)

    def gap(self, row: Explanation, detail: str, *, now: datetime | None) -> None:
        """Open a gap since the last reading; one for another reason ends `now`, or goes on where that is None."""
        last, present = self._store.latest(self._id), self._store.present_gap(self._id)
        if last is None or (present is not None and (present.reason is row.reason or now is None)):
            return
        start = last.at if present is None or now is None else max(present.start, now)

        def note() -> None:
            if present is not None:
                self._store.close_gap(self._id, start)
            self._store.open_gap(self._id, start, row.reason, detail)

        self.guarded(note)

    def down(self, row: Explanation, words: str, since: datetime, *, advice: str | None = None) -> None:
        """Say that nothing is recorded, and why; the log is told when the reason is new."""
        present = self._store.connection(self._id)
        is_known = present.state == "down" and present.reason is row.reason
        if is_known and present.words == words:
            return
        if not is_known:
            _log.warning("%s: no readings. %s", self._name, words)
        if present.state == "down" and present.since is not None:
            since = present.since
        connection = Connection("down", since, words, advice or row.advice, row.reason)
        self.guarded(lambda: self._store.set_connection(self._id, connection))

    def live(self, now: datetime, advice: str | None) -> None:
        """Say that readings come; the log is told when they come again."""
        present = self._store.connection(self._id)
        if present.state == "live" and (present.advice is None) == (advice is None):
            return
        if present.state == "down":
            silent = timedelta() if present.since is None else max(timedelta(), now - present.since)
            _log.info("%s: readings again, after %s", self._name, str(silent).split(".")[0])
        since = present.since if present.state == "live" else now
        self.guarded(lambda: self._store.set_connection(self._id, Connection("live", since, "", advice)))

    def disk_is_failing(self, now: datetime) -> None:
        """Say that readings cannot be written."""
        row = BY_REASON[Reason.STORE]
        self.down(row, sentence(row, self.store_error.rstrip(".")), now)
