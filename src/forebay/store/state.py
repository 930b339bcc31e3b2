"""What the store keeps beside readings: gateways, connection, gaps, events."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

from forebay.records.reasons import Reason
from forebay.records.tempo import Tempo

Health = Literal["waiting", "live", "down"]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def to_ms(at: datetime) -> int:
    """Return whole milliseconds since 1970 UTC."""
    return (at - _EPOCH) // timedelta(milliseconds=1)


def from_ms(at_ms: int) -> datetime:
    """Return the UTC time of milliseconds since 1970."""
    return _EPOCH + timedelta(milliseconds=at_ms)


@dataclass(frozen=True, slots=True)
class GatewayRow:
    """One gateway of this store; what it has not told yet is None.

    din_hash: SHA-256 of its identity number, shortened; never the number.
    timezone: IANA name.
    """

    id: int
    name: str
    din_hash: str | None = None
    site_name: str | None = None
    timezone: str | None = None


@dataclass(frozen=True, slots=True)
class Connection:
    """How the recorder stands with a gateway.

    since: in the recording's time. words, advice: sentences; advice is None
    where there is nothing to do. reason: why it is down.
    """

    state: Health
    since: datetime | None = None
    words: str = ""
    advice: str | None = None
    reason: Reason | None = None

    def to_json(self) -> str:
        """Write as text for the database."""
        since_ms = None if self.since is None else to_ms(self.since)
        return json.dumps([self.state, since_ms, self.words, self.advice, self.reason])

    @classmethod
    def from_json(cls, text: str | None) -> Connection:
        """Read what `to_json` wrote; None is a gateway never asked."""
        if text is None:
            return cls("waiting")
        state, since_ms, words, advice, reason = json.loads(text)
        since = None if since_ms is None else from_ms(since_ms)
        return cls(state, since, words, advice, None if reason is None else Reason(reason))


def tempo_to_json(tempo: Tempo) -> str:
    """Write a tempo as text for the database."""
    return json.dumps([tempo.source, tempo.speed, to_ms(tempo.at), to_ms(tempo.heard), tempo.interval_s])


def tempo_from_json(text: str | None) -> Tempo | None:
    """Read what `tempo_to_json` wrote; None where no gateway was heard yet."""
    if text is None:
        return None
    source, speed, at_ms, heard_ms, interval_s = json.loads(text)
    return Tempo(source, speed, from_ms(at_ms), from_ms(heard_ms), interval_s)


@dataclass(frozen=True, slots=True)
class Gap:
    """Time without readings, half-open; end is None while it lasts."""

    start: datetime
    end: datetime | None
    reason: Reason
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to the recording, in words."""

    at: datetime
    kind: str
    detail: str
