"""The row type of the endpoint catalogue: all that both sides must agree on."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from functools import cached_property
from typing import Any, Generic, Literal, TypeVar

from forebay.wire.firmware import Timeline, Version, always

B = TypeVar("B")
R = TypeVar("R")

Method = Literal["GET", "POST", "DELETE"]


class Access(IntEnum):
    """Least role that may use a resource; greater may all that lesser may."""

    PUBLIC = 0
    KIOSK = 1
    CUSTOMER = 2
    INSTALLER = 3
    ENGINEER = 4


class Effect(StrEnum):
    """What calling a resource does.

    Not derivable from the HTTP method: on this device
    `GET /api/sitemaster/stop` switches the battery system off.
    """

    READS = "reads"
    SESSION = "session"
    WRITES = "writes"


class Poll(IntEnum):
    """How often the recorder asks [s]; NEVER is 0."""

    NEVER = 0
    FAST = 5
    SLOW = 60
    RARE = 900


class Needs(StrEnum):
    """The state of the site master that a resource needs."""

    ANY = "any"
    RUNNING = "running"
    STOPPED = "stopped"


class Quality(StrEnum):
    """How well a resource is known."""

    DOCUMENTED = "documented"
    PARTIAL = "partial"
    INFERRED = "inferred"


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """How a row differs on a gateway whose owner says so, where sources contradict each other.

    setting: the key of a home's [gateway] table that is true then. access, offered: replace
        those of the row in every release; None leaves them.
    """

    setting: str
    access: Access | None = None
    offered: bool | None = None


JSON = "application/json"
TEXT = "text/plain; charset=utf-8"
OCTETS = "application/octet-stream"

_PLACEHOLDER = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, slots=False, kw_only=True, eq=False)
class Endpoint(Generic[B, R]):
    """One resource of the gateway.

    spec: id of the row in the collected knowledge, such as "E003".
    path: may hold placeholders, "/api/meters/{serial}/verify".
    body, reply: types of what is sent and answered; None where empty, bytes
        where the answer is not JSON.
    offered: whether a release answers this method and path at all.
    access: least role, by release.
    effect: what a call does to the house, whatever the method.
    needs: state of the site master without which it refuses.
    refusal: id of the fault answered in the wrong state.
    status, content_type: of a success, by release; "" is no content type.
    poll: how often the recorder may ask.
    kept: whether a restricted gateway answers it, as a Powerwall 3 does (clients.md).
    variant: how it differs where a setting says so (behaviour.md 12).
    quality, source, unverified: how well it is known, where from, and what is not.
    seed: acceptance ids of the founding document that this row serves.
    """

    name: str
    spec: str
    method: Method
    path: str
    body: type[B]
    reply: type[R]
    summary: str
    source: str
    seed: tuple[str, ...] = ()
    offered: Timeline[bool] = field(default_factory=lambda: always(True))
    access: Timeline[Access] = field(default_factory=lambda: always(Access.CUSTOMER))
    effect: Effect = Effect.READS
    needs: Timeline[Needs] = field(default_factory=lambda: always(Needs.ANY))
    refusal: str = "stopped"
    status: Timeline[int] = field(default_factory=lambda: always(200))
    content_type: Timeline[str] = field(default_factory=lambda: always(JSON))
    poll: Poll = Poll.NEVER
    kept: bool = False
    variant: Variant | None = None
    quality: Quality = Quality.DOCUMENTED
    unverified: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Check the row; a wrong one cannot be built."""
        if not self.path.startswith(("/", "http://")) or not self.source or not self.spec:
            raise ValueError(f"{self.name}: a row needs a path, a spec id and a source")
        if self.poll and self.effect is not Effect.READS:
            raise ValueError(f"{self.name}: only a row that reads may be polled")
        if self.method != "GET" and self.effect is Effect.READS:
            raise ValueError(f"{self.name}: {self.method} needs an effect")

    def __repr__(self) -> str:
        return f"<{self.name} {self.method} {self.path}>"

    @cached_property
    def placeholders(self) -> tuple[str, ...]:
        """Names of the parts of the path to be filled in."""
        return tuple(_PLACEHOLDER.findall(self.path))

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """A pattern that matches concrete paths and captures the placeholders."""
        parts = _PLACEHOLDER.split(self.path)
        return re.compile("".join(re.escape(p) if i % 2 == 0 else f"(?P<{p}>[^/]+)" for i, p in enumerate(parts)))

    def offered_by(self, version: Version) -> bool:
        """Whether a gateway of this firmware answers the row at all."""
        return self.offered.at(version)

    def is_public(self, version: Version) -> bool:
        """Whether no login is needed at this firmware."""
        return self.access.at(version) is Access.PUBLIC

    @property
    def writes(self) -> bool:
        """Whether a call changes the house."""
        return self.effect is Effect.WRITES

    @property
    def is_binary(self) -> bool:
        """Whether the answer is bytes, not JSON."""
        reply: Any = self.reply
        return reply is bytes
