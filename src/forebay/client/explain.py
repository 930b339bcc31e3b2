"""Failures of the network and refusals of the gateway, in words."""

from __future__ import annotations

import os
import socket
import ssl
from collections.abc import Iterator, Mapping
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any

import msgspec

from forebay import errors
from forebay.client.address import Address
from forebay.wire.endpoint import Endpoint, Needs
from forebay.wire.faults import BY_KEY, error_for
from forebay.wire.firmware import Version

SILENCE_S = 300.0
"""How long to be silent after a 429 that does not say [s]."""

LONGEST_SILENCE_S = 86_400.0
"""The longest Retry-After that is believed [s]."""

_WORDS_MAX = 200


def causes(exc: BaseException) -> Iterator[BaseException]:
    """Yield an exception and everything that led to it."""
    seen: BaseException | None = exc
    while seen is not None:
        yield seen
        seen = seen.__cause__ or seen.__context__


def connection_failure(exc: BaseException, address: Address, server_name: str) -> str:
    """Say why a connection failed or broke off."""
    chain = list(causes(exc))

    def any_of(*kinds: type[BaseException]) -> BaseException | None:
        return next((link for link in chain if isinstance(link, kinds)), None)

    if any_of(socket.gaierror):
        return f"no address is known for the name {address.host!r}; check the spelling, or use the gateway's IP address"
    if any_of(ConnectionRefusedError):
        return f"{address} refused the connection on port {address.port}; is the gateway there, and is it this port?"
    if (tls := any_of(ssl.SSLError)) is not None:
        # the library's own error of this kind was never given a reason; the one that led to it was
        reason = next((text for link in chain if (text := getattr(link, "reason", None))), None) or str(tls)
        if "UNRECOGNIZED_NAME" in reason:
            return f"TLS failed: {address} does not know the server name {server_name!r}"
        reason = reason.replace("_", " ").lower()
        return f"TLS failed with {address}: {reason}; is it a gateway?"
    if any_of(TimeoutError):
        return f"{address} did not answer in time"
    if any_of(ConnectionResetError, BrokenPipeError, ConnectionAbortedError):
        return f"{address} closed the connection before it had answered"
    numbered = next((link for link in chain if isinstance(link, OSError) and link.errno), None)
    if numbered is not None:
        return f"{address} cannot be reached: {os.strerror(numbered.errno or 0).lower()}"
    return f"{address} closed the connection before it had answered"


class _Refusal(msgspec.Struct):
    code: int | float | None = None
    error: str | None = None
    message: str | None = None


def _refusal_of(body: bytes) -> _Refusal | None:
    if len(body) > 4096 or not body.lstrip().startswith(b"{"):
        return None
    try:
        return msgspec.json.decode(body, type=_Refusal)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def _own_words(refusal: _Refusal | None, body: bytes, content_type: str) -> str:
    if refusal is not None and (refusal.error or refusal.message):
        parts = dict.fromkeys(part for part in (refusal.message, refusal.error) if part)
        return ": ".join(parts)
    return body[:_WORDS_MAX].decode("utf-8", "replace") if content_type.startswith("text/plain") else ""


def printable(text: str, secrets: tuple[str, ...] = ()) -> str:
    """Return the gateway's words on one line, without control characters or secrets."""
    for secret in secrets:
        if len(secret) > 3:
            text = text.replace(secret, "…")
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())[:_WORDS_MAX]


def refusal(
    row: Endpoint[Any, Any],
    path: str,
    *,
    version: Version | None,
    status: int,
    headers: Mapping[str, str],
    body: bytes,
    now: datetime,
    secrets: tuple[str, ...] = (),
) -> errors.GatewayError | None:
    """Return the error that an answer stands for, None for a success.

    An answer of status 200 whose body is an error counts as one (E02). The
    message is the gateway's own, else what the status means.
    """
    told = _refusal_of(body)
    if status < 300:
        if told is None or not (told.error and told.message):
            return None
        code = int(told.code or 0)
        status = code if 400 <= code < 600 else status
    words = printable(_own_words(told, body, headers.get("content-type", "")), secrets)
    kind = _kind(row, version, status, told)
    message = words or _MEANING.get(kind, f"the gateway answered with status {status}")
    if status < 400 and (place := headers.get("location")):
        message = f"the gateway sends elsewhere: {printable(place, secrets)}; redirects are not followed"
    if kind is errors.Throttled:
        wait_s = retry_after_s(headers.get("retry-after"), now)
        return errors.Throttled(message, path=path, status=status, retry_after_s=wait_s)
    hint = _CANNOT_STOP if kind is errors.GatewayBusy and status == BY_KEY["cannot_stop"].status else ""
    return kind(f"{message} (status {status}){hint}", path=path, status=status)


_CANNOT_STOP = "; the power system is busy, as while power flows, and will not stop unless it is forced"


_MEANING: dict[type[errors.GatewayError], str] = {
    errors.LoginRejected: "wrong user or password",
    errors.NotPermitted: "this user may not use it",
    errors.NotOffered: "this firmware does not offer it",
    errors.SiteStopped: "the power system is stopped, so there is nothing to measure",
    errors.GatewayBusy: "the gateway is busy",
    errors.Throttled: "asked too often",
}


def _kind(
    row: Endpoint[Any, Any], version: Version | None, status: int, told: _Refusal | None
) -> type[errors.GatewayError]:
    in_wrong_state = BY_KEY[row.refusal]
    needs = row.needs.at(version) if version is not None else Needs.ANY
    if needs is not Needs.ANY and status == in_wrong_state.status:
        return in_wrong_state.raises
    return error_for(status, told.error if told else None)


def retry_after_s(header: str | None, now: datetime) -> float:
    """Return how long a 429 asks to wait [s]: seconds or a date, else five minutes."""
    text = (header or "").strip()
    if text.isdecimal():
        wait_s = float(text)
    else:
        try:
            wait_s = (parsedate_to_datetime(text) - now).total_seconds()
        except (TypeError, ValueError, OverflowError):
            return SILENCE_S
    return min(max(wait_s, 1.0), LONGEST_SILENCE_S)
