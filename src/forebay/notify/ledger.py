"""What was told and what is still to be told, kept in the store, so that a restart tells nothing twice."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from forebay.errors import StoreError
from forebay.notify.condition import Condition
from forebay.notify.notice import Message
from forebay.store.database import Statement
from forebay.store.state import from_ms, to_ms
from forebay.store.store import Store

_log = logging.getLogger(__name__)

Key = tuple[int, str, str]
"""Gateway, rule, subject."""
Outcome = Literal["sent", "dropped"]


@dataclass(frozen=True, slots=True)
class Delivery:
    """A message on its way to one channel; `due` is when it may be sent, in the recording's time."""

    message: Message
    gateway_id: int
    channel: str
    due: datetime


class Ledger:
    """The tables of notifications, with what they say at hand.

    A store that cannot be written to is told in the log once and stops no message: what it should hold stays in memory
    and is written when it can be.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._problem = ""
        self._conditions: dict[Key, Condition] = {
            (gateway_id, rule, subject): Condition(_at(begun_ms), _at(told_ms), bool(is_told), _at(turn_ms))
            for gateway_id, rule, subject, begun_ms, told_ms, is_told, turn_ms in store.database.rows(
                "SELECT gateway_id, rule, subject, begun_ms, told_ms, is_told, turn_ms FROM notify_states"
            )
        }

    def condition(self, key: Key) -> Condition | None:
        """Return how a subject stands, None where it was never looked at."""
        return self._conditions.get(key)

    def subjects(self, gateway_id: int, rule: str) -> dict[str, Condition]:
        """Return every subject of a rule."""
        return {k[2]: c for k, c in self._conditions.items() if k[:2] == (gateway_id, rule)}

    def keep(self, key: Key, condition: Condition) -> list[Statement]:
        """Remember how a subject stands; return what writes it, nothing where the record says so already."""
        before = self._conditions.get(key)
        self._conditions[key] = condition
        if before == condition:
            return []
        row = (*key, _ms(condition.begun), _ms(condition.told), int(condition.is_told), _ms(condition.turn))
        return [("INSERT OR REPLACE INTO notify_states VALUES (?, ?, ?, ?, ?, ?, ?)", row)]

    def forget(self, keys: Iterable[Key]) -> list[Statement]:
        """Forget subjects, so that they are met anew; return what writes it."""
        sql = "DELETE FROM notify_states WHERE gateway_id = ? AND rule = ? AND subject = ?"
        return [(sql, key) for key in keys if self._conditions.pop(key, None) is not None]

    @property
    def keys(self) -> list[Key]:
        """Everything that stands somehow."""
        return list(self._conditions)

    def write(self, statements: list[Statement], *, is_news: bool = True) -> None:
        """Write; durable at once if it is news, else with the readings that it follows from."""
        if statements:
            self._guarded(lambda: self._store.database.write(statements))
        if statements and is_news:
            self._guarded(self._store.flush)

    def announce(self, gateway_id: int, message: Message, due: datetime, channels: Iterable[str]) -> list[Statement]:
        """Return what writes a new message to each channel; one that is known stays as it is."""
        row = (message.id, gateway_id, to_ms(message.at), message.rule, message.subject, message.edge)
        notice = "INSERT OR IGNORE INTO notices VALUES (?, ?, ?, ?, ?, ?, ?)"
        delivery = "INSERT OR IGNORE INTO notice_deliveries VALUES (?, ?, ?, 'waiting', NULL, '')"
        return [
            (notice, (*row, message.to_json())),
            *((delivery, (message.id, channel, to_ms(due))) for channel in channels),
        ]

    def is_known(self, message_id: str) -> bool:
        """Whether a message of this id was made already."""
        return bool(self._store.database.rows("SELECT 1 FROM notices WHERE id = ?", (message_id,)))

    def waiting(self, channel: str) -> list[Delivery]:
        """Return what was not sent yet, the oldest first."""
        sql = (
            "SELECT message, gateway_id, due_ms FROM notice_deliveries JOIN notices ON id = notice_id"
            " WHERE channel = ? AND state = 'waiting' ORDER BY due_ms, notices.at_ms, id"
        )
        rows = self._store.database.rows(sql, (channel,))
        return [Delivery(Message.from_json(text), gateway, channel, from_ms(due)) for text, gateway, due in rows]

    def settle(self, deliveries: Iterable[Delivery], outcome: Outcome, at: datetime, problem: str = "") -> None:
        """Note what became of messages."""
        sql = "UPDATE notice_deliveries SET state = ?, at_ms = ?, problem = ? WHERE notice_id = ? AND channel = ?"
        self.write([(sql, (outcome, to_ms(at), problem, d.message.id, d.channel)) for d in deliveries])

    def note_problem(self, delivery: Delivery, at: datetime, problem: str) -> None:
        """Note why a message could not be sent yet."""
        sql = "UPDATE notice_deliveries SET at_ms = ?, problem = ? WHERE notice_id = ? AND channel = ?"
        self.write([(sql, (to_ms(at), problem, delivery.message.id, delivery.channel))])

    def abandon(self, channels: Iterable[str]) -> None:
        """Drop what waits for channels that are not in the settings any more."""
        known = set(channels)
        rows = self._store.database.rows("SELECT DISTINCT channel FROM notice_deliveries WHERE state = 'waiting'")
        gone = [channel for (channel,) in rows if channel not in known]
        sql = "UPDATE notice_deliveries SET state = 'dropped', problem = ? WHERE channel = ? AND state = 'waiting'"
        self.write([(sql, ("the channel is not in the settings any more", channel)) for channel in gone])

    def _guarded(self, write: Callable[[], object]) -> None:
        try:
            write()
        except StoreError as exc:
            if str(exc) != self._problem:
                self._problem = str(exc)
                _log.error("notifications cannot be kept, they may come twice after a restart: %s", exc)
        else:
            self._problem = ""


def _at(at_ms: int | None) -> datetime | None:
    return None if at_ms is None else from_ms(at_ms)


def _ms(at: datetime | None) -> int | None:
    return None if at is None else to_ms(at)
