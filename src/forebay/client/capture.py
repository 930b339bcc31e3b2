"""Asking a gateway for everything that may safely be read, once and politely.

Only rows that read are asked: on this device GETs write too. One request is
under way at a time, and a 429 ends the round, with what has come.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import quote

import msgspec

from forebay.client.gateway import Gateway
from forebay.client.redaction import Redactor, Withheld
from forebay.client.reply import Reply
from forebay.clock import Clock
from forebay.errors import GatewayError, LoginRejected, NotOffered, NotPermitted, Throttled, Unreachable
from forebay.wire import captured, catalogue
from forebay.wire.captured import Answer, Capture, Missing
from forebay.wire.endpoint import Effect, Endpoint
from forebay.wire.firmware import Version
from forebay.wire.jsontext import ELEMENT, Place

PAUSE_S = 0.25
"""Silence between two requests [s]."""

MOST_UNANSWERED = 3
"""How many requests in a row may go unanswered before the rest is left."""

FILLED_FROM: dict[str, tuple[tuple[Endpoint[Any, Any], Place], ...]] = {
    "serial": ((catalogue.METERS, (ELEMENT, "serial")),),
    "brand": ((catalogue.SOLARS, (ELEMENT, "brand")), (catalogue.SOLAR_BRANDS, (ELEMENT,))),
}
"""Where the values of a path's placeholders are found in earlier answers."""

COUNTED_IN: dict[str, tuple[Endpoint[Any, Any], str]] = {"n": (catalogue.POWERWALLS, "powerwalls")}
"""Placeholders that are numbers from 0 on: for each element of this list of an earlier answer one."""


@dataclass(slots=True)
class Raw:
    """One answer as it came, not to be stored like this."""

    row: Endpoint[Any, Any]
    path: str
    reply: Reply
    at: datetime


@dataclass(slots=True)
class Gathered:
    """What a round brought.

    is_complete: whether everything was asked.
    """

    began_at: datetime
    answers: list[Raw] = field(default_factory=list)
    missing: list[Missing] = field(default_factory=list)
    is_complete: bool = True


def safe_rows(version: Version) -> list[Endpoint[Any, Any]]:
    """Return the rows that a release offers and that change nothing; those with placeholders last.

    An archive is not among them: nobody can take the house out of it.
    """
    rows = [
        row
        for row in catalogue.ALL
        if row.method == "GET" and row.effect is Effect.READS and row.offered_by(version)
        if not row.is_binary or row is catalogue.VITALS
    ]
    return sorted(rows, key=lambda row: (len(row.placeholders), row.placeholders == ("brand",)))


class Round:
    """One round through the rows of a gateway.

    gateway: opened with `on_reply=heard`, where heard is this round's method.
    tell: gets the path of each row before it is asked, its placeholders unfilled.
    """

    def __init__(self, clock: Clock, *, pause_s: float = PAUSE_S, tell: Callable[[str], object] = str) -> None:
        self._clock = clock
        self._pause_s = pause_s
        self._tell = tell
        self._heard: dict[str, Reply] = {}
        self._unanswered = 0
        self.gathered = Gathered(clock.now())

    def heard(self, row: Endpoint[Any, Any], path: str, reply: Reply) -> None:
        """Take in an answer; of several for one path the last counts."""
        if row.effect is Effect.READS:
            self._heard[path] = reply

    async def run(self, gateway: Gateway) -> Version:
        """Ask everything; return the firmware. What came is in `gathered`, after an error too.

        Raises GatewayError where not even the status can be had.
        """
        status = catalogue.STATUS
        self._tell(status.path)
        with contextlib.suppress(NotOffered, NotPermitted):  # a restricted gateway does not tell its release
            await gateway.identify()
        self._keep(status, status.path)
        version = gateway.firmware
        assert version is not None  # noqa: S101 - identify has learned it or raised
        for row in safe_rows(version):
            if row is status:
                continue
            for parts in self._fillings(row):
                if not await self._ask(gateway, row, parts):
                    self.gathered.is_complete = False
                    return version
        return version

    async def _ask(self, gateway: Gateway, row: Endpoint[Any, Any], parts: dict[str, str]) -> bool:
        """Ask one path; whether to go on."""
        path = row.path.format(**{name: quote(value, safe="") for name, value in parts.items()})
        await self._clock.sleep(self._pause_s)
        self._tell(row.path)  # a serial number is not for a terminal either
        reason = ""
        try:
            await gateway.request_raw(row, None, confirm=False, **parts)
        except Throttled as exc:
            self._keep(row, path)
            self._miss(row, path, f"{exc.message}; the rest was left unasked")
            return False
        except Unreachable as exc:
            self._unanswered += 1
            self._miss(row, path, exc.message)
            return self._unanswered < MOST_UNANSWERED
        except LoginRejected as exc:  # what was heard is the refusal of a stranger, not the row's answer
            self._heard.pop(path, None)
            reason = exc.message
        except GatewayError as exc:
            reason = exc.message
        self._unanswered = 0
        if not self._keep(row, path):
            self._miss(row, path, reason)
        return True

    def _keep(self, row: Endpoint[Any, Any], path: str) -> bool:
        reply = self._heard.get(path)
        if reply is None or reply.status in (401, 429):
            return False
        self.gathered.answers.append(Raw(row, path, reply, self._clock.now()))
        return True

    def _miss(self, row: Endpoint[Any, Any], path: str, reason: str) -> None:
        self.gathered.missing.append(Missing(path=path, row=row.name, reason=reason))

    def _fillings(self, row: Endpoint[Any, Any]) -> Iterator[dict[str, str]]:
        if not row.placeholders:
            yield {}
            return
        name = row.placeholders[0]
        values = list(self._values(name)) if len(row.placeholders) == 1 else []
        if not values and not any(raw.row in _sources(name) for raw in self.gathered.answers):
            self._miss(row, row.path, f"no answer tells a {name} to fill in")
        for value in values:
            yield {name: value}

    def _values(self, name: str) -> dict[str, None]:
        found: dict[str, None] = {}
        for row, place in FILLED_FROM.get(name, ()):
            for raw in self.gathered.answers:
                if raw.row is row and raw.reply.status == 200:
                    found.update(dict.fromkeys(_at(_parsed(raw.reply.body), place)))
        for counted, member in (COUNTED_IN[name],) if name in COUNTED_IN else ():
            for raw in self.gathered.answers:
                body = _parsed(raw.reply.body) if raw.row is counted else None
                listed = body.get(member) if isinstance(body, dict) else None
                found.update(dict.fromkeys(str(at) for at in range(len(listed or ()))))
        return found


def _sources(name: str) -> list[Endpoint[Any, Any]]:
    """Return the rows whose answers tell what a placeholder stands for."""
    listed = [row for row, _ in FILLED_FROM.get(name, ())]
    return [*listed, COUNTED_IN[name][0]] if name in COUNTED_IN else listed


def _parsed(body: bytes) -> Any:
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None  # it is stored or withheld as it is; it fills in nothing


def _at(value: Any, place: Place) -> Iterator[str]:
    if not place:
        if isinstance(value, str) and value:
            yield value
    elif place[0] == ELEMENT:
        for element in value if isinstance(value, list) else ():
            yield from _at(element, place[1:])
    elif isinstance(value, dict):
        yield from _at(value.get(place[0]), place[1:])


def redacted(gathered: Gathered, firmware: str) -> tuple[Capture, dict[str, bytes]]:
    """Return the index and the bodies by file name, with nothing private in them."""
    redactor = Redactor()
    for raw in gathered.answers:
        redactor.learn(raw.row.name, raw.path, raw.reply.body)
    for missing in gathered.missing:
        redactor.learn(missing.row, missing.path, b"")
    answers: list[Answer] = []
    gone = [
        Missing(
            path=one.path if "{" in one.path else redactor.path(one.path),
            row=one.row,
            reason=redactor.text(one.reason),
        )
        for one in gathered.missing
    ]
    bodies: dict[str, bytes] = {}
    for raw in gathered.answers:
        path, headers = redactor.path(raw.path), redactor.headers(raw.reply.headers)
        try:
            body = redactor.body(raw.row.name, raw.reply.body)
        except Withheld as exc:
            gone.append(Missing(path=path, row=raw.row.name, reason=f"withheld: {exc}"))
            continue
        name = ""
        if body:
            name = _file_name(path, headers.get("content-type", ""), raw.row, bodies)
            bodies[name] = body
        answers.append(
            Answer(path=path, row=raw.row.name, status=raw.reply.status, headers=headers, body=name, at=raw.at)
        )
    capture = Capture(
        form=captured.FORM,
        firmware=firmware,
        captured_at=gathered.began_at,
        redacted=True,
        complete=gathered.is_complete,
        answers=tuple(answers),
        missing=tuple(gone),
    )
    return capture, bodies


def _file_name(path: str, content_type: str, row: Endpoint[Any, Any], taken: dict[str, bytes]) -> str:
    stem = "".join(c if c.isalnum() or c in "-_" else "." for c in path.strip("/"))[:100].strip(".") or "root"
    ending = "bin" if row.is_binary and "json" not in content_type else "json"
    number, name = 2, f"{captured.BODIES}/{stem}.{ending}"
    while name in taken:
        name = f"{captured.BODIES}/{stem}.{number}.{ending}"
        number += 1
    return name
