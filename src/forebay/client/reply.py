"""An answer of the gateway as it came."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from forebay.wire.endpoint import Endpoint


@dataclass(frozen=True, slots=True)
class Reply:
    """A successful answer as it came; header names in lower case."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    cookies: Mapping[str, str] = field(default_factory=dict, repr=False)


OnReply = Callable[[Endpoint[Any, Any], str, Reply], object]
"""Is shown every answer, refusals too: row, path as sent, answer."""
