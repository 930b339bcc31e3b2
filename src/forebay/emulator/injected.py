"""One thing that a gateway is made to do wrong, as data: in HOME.toml, in a scenario, at the control port."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from msgspec import Meta

from forebay.emulator.patterns import FAULT_PATH


class InjectedFault(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """[[faults]]: one thing that goes wrong, at one path or ("*") at all of them.

    path: the exact path, such as /api/meters/aggregates, or "*".
    status: answered instead of the usual; with the body the gateway is known to send with it.
    body: sent instead of that body: a text as it is, anything else as JSON.
    delay_s: real seconds of silence before the answer; clients' timeouts are real too.
    cut_after: bytes of the body after which the connection breaks.
    bytes_per_s: the body comes in drops, so many bytes in each real second.
    garbage: the body is bytes that are not JSON, of the promised length.
    retry_after_s: the header Retry-After that goes with the answer, as some send with a 429 [s].
    hang: no answer until the client gives up.
    times: how often it happens before it is gone; until deleted when left out.
    """

    path: Annotated[str, Meta(pattern=FAULT_PATH)]
    status: Annotated[int, Meta(ge=200, le=599)] | None = None
    delay_s: Annotated[float, Meta(ge=0, le=600)] | None = None
    cut_after: Annotated[int, Meta(ge=0, le=1_000_000)] | None = None
    bytes_per_s: Annotated[int, Meta(ge=1, le=1_000_000)] | None = None
    garbage: bool = False
    retry_after_s: Annotated[int, Meta(ge=0, le=604_800)] | None = None
    hang: bool = False
    times: Annotated[int, Meta(ge=1, le=1_000_000)] | None = None
    body: Any = None

    @property
    def does_something(self) -> bool:
        """Whether it says what goes wrong."""
        return (
            self.garbage
            or self.hang
            or any(
                part is not None
                for part in (self.status, self.delay_s, self.cut_after, self.bytes_per_s, self.retry_after_s, self.body)
            )
        )


HARMS = ("status", "delay_s", "cut_after", "bytes_per_s", "garbage", "retry_after_s", "hang", "body")
"""Members of a fault that say what goes wrong; at least one is needed."""
