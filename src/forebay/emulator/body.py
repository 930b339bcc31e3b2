"""The body of a request, of bounded length."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from forebay.emulator.refusal import Refused

BODY_LIMIT_BYTES = 65_536
"""A longer request body gets 413; the longest a gateway is sent is under 2 kB."""


class TooLarge(Exception):
    """The request's body is longer than the limit."""


async def read_body(receive: Callable[[], Awaitable[dict[str, Any]]]) -> bytes:
    """Return the whole body. Raises TooLarge, and Refused("bad_json") where it breaks off."""
    body = b""
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":  # or a body whose framing is broken
            raise Refused("bad_json")
        chunk: bytes = message.get("body", b"")
        body += chunk
        if len(body) > BODY_LIMIT_BYTES:
            raise TooLarge
        if not message.get("more_body", False):
            return body
