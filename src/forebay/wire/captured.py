"""The form of a stored capture: one index and one file for each body.

Written by `forebay capture`, by hand, or by another program; read by
`forebay emulate --replay`. docs/reference/captures.md explains the keys.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import PurePosixPath
from typing import Annotated

import msgspec
from msgspec import Meta

from forebay.errors import ConfigError
from forebay.wire.firmware import parse_version

INDEX = "capture.json"
FORM = 1
BODIES = "bodies"

HEADERS = (
    "content-type",
    "cache-control",
    "x-content-type-options",
    "allow",
    "retry-after",
    "location",
    "access-control-allow-credentials",
    "access-control-allow-headers",
    "access-control-allow-methods",
    "access-control-allow-origin",
    "access-control-max-age",
    "date",
)
"""The headers that are kept; cookies and everything unknown are not."""


class Answer(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """One answer to a GET.

    path: percent-encoded, as it was asked. body: file beside the index; "" is an empty body.
    row: name of the catalogue's row, "" for a path that it does not have.
    public: whether it is given without a login; null is what the release does with its row.
    at: when it came.
    """

    path: str
    row: str = ""
    status: Annotated[int, Meta(ge=200, le=599)] = 200
    headers: dict[str, str] = {}
    body: str = ""
    public: bool | None = None
    at: datetime | None = None


class Missing(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A path that gave no answer, or one that is withheld, and why."""

    path: str
    row: str
    reason: str


class Capture(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """The index of a capture.

    form: of this file. firmware: as the gateway says it. captured_at: when it began.
    redacted: whether names, numbers and places are stand-ins.
    complete: whether every path that the release offers was asked.
    """

    form: int
    firmware: str
    captured_at: datetime | None = None
    redacted: bool = False
    complete: bool = True
    answers: tuple[Answer, ...] = ()
    missing: tuple[Missing, ...] = ()


def encode(capture: Capture) -> bytes:
    """Print an index, indented."""
    return msgspec.json.format(msgspec.json.encode(capture), indent=2) + b"\n"


def decode(raw: bytes) -> Capture:
    """Read an index and check it. Raises ConfigError naming the key."""
    try:
        capture = msgspec.json.decode(raw, type=Capture)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as exc:
        reason, _, place = str(exc).partition(" - at `")
        key = place.rstrip("`").removeprefix("$").removeprefix(".")
        raise ConfigError(f"{key or 'top level'}: {reason}") from exc
    _check(capture)
    return capture


def _check(capture: Capture) -> None:
    if capture.form != FORM:
        raise ConfigError(f"form: {capture.form} is not known; this version reads {FORM}")
    try:
        parse_version(capture.firmware)
    except ConfigError as exc:
        raise ConfigError(f"firmware: {exc}") from exc
    seen: dict[str, int] = {}
    for number, answer in enumerate(capture.answers):
        key = f"answers[{number}]"
        if not answer.path.startswith("/") or "?" in answer.path or not answer.path.isascii():
            raise ConfigError(f"{key}.path: a percent-encoded path that begins with / was expected: {answer.path!r}")
        if answer.path in seen:
            raise ConfigError(f"{key}.path: {answer.path} is answered by answers[{seen[answer.path]}] already")
        seen[answer.path] = number
        body = PurePosixPath(answer.body)
        if body.is_absolute() or ".." in body.parts or "\\" in answer.body or "\0" in answer.body:
            raise ConfigError(f"{key}.body: a file beside the index was expected: {answer.body!r}")
        for name, value in answer.headers.items():
            if name != name.lower() or not _is_header(name, value):
                raise ConfigError(f"{key}.headers: a name in lower case and one line of ASCII: {name!r}: {value!r}")


def _is_header(name: str, value: str) -> bool:
    token = name.replace("-", "").isalnum() and name.isascii()
    return bool(token) and value.isascii() and value.isprintable()
