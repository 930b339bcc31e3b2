"""How a gateway's answers look on the wire: status, headers in their order, body.

Source: behaviour.md T13, T16, T17, E01, E07; samples of 21.44.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from email.utils import format_datetime
from typing import NamedTuple

import msgspec

from forebay.clock import Clock
from forebay.wire.codec import encode
from forebay.wire.faults import BY_KEY, Fault
from forebay.wire.firmware import REFUSAL_BODY_HEADERS, REFUSAL_HEADERS, Version

HeaderList = list[tuple[bytes, bytes]]

BROKEN = Fault("broken", 500, BY_KEY["bad_json"].raises, "the emulator failed", "this is an error of the emulator")


class Reply(NamedTuple):
    """One answer. headers: without `date`, which is added when it leaves."""

    status: int
    headers: HeaderList
    body: bytes


class Dates:
    """The `date` header, by the gateway's own clock."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._second: datetime | None = None
        self._header = (b"date", b"")

    def header(self) -> tuple[bytes, bytes]:
        """Return the header for the present second."""
        second = self._clock.now().replace(microsecond=0)
        if second != self._second:
            self._second = second
            self._header = (b"date", format_datetime(second, usegmt=True).encode())
        return self._header


def encoded(headers: Iterable[tuple[str, str]]) -> HeaderList:
    """Return headers as they go over the wire."""
    return [(name.encode(), value.encode()) for name, value in headers]


def success(status: int, content_type: bytes, body: bytes) -> Reply:
    """Return a success; 204 has no content headers at all."""
    if status == 204:
        return Reply(status, [], b"")
    length = (b"content-length", b"%d" % len(body))
    if not body or not content_type:
        return Reply(status, [length], body)
    return Reply(status, [(b"content-type", content_type), length], body)


def refusal(
    fault: Fault,
    version: Version,
    *,
    method: str,
    path: str,
    error: str | None = None,
    message: str | None = None,
    status: int | None = None,
) -> Reply:
    """Return a refusal of the fault table; error, message and status replace its own."""
    code = status or fault.status
    if code == 204:
        return Reply(code, [], b"")
    body = fault.body
    if body is None:
        words = {
            "code": code,
            "error": fault.error.replace("{method}", method) if error is None else error,
            "message": fault.message.replace("{path}", path) if message is None else message,
        }
        body = encode(msgspec.to_builtins(words), version)
    headers = encoded(REFUSAL_HEADERS.at(version))
    if body and fault.content_type:
        headers += [(b"content-type", fault.content_type.encode()), *encoded(REFUSAL_BODY_HEADERS.at(version))]
    headers.append((b"content-length", b"%d" % len(body)))
    return Reply(code, headers, body)
