"""The base of all wire models, and enums that let new firmware pass.

A member that a release does not send is UNSET; one that is null is None.
Members unknown to a model are ignored, unknown enum values are kept as they
came. A model whose members or their order differ between releases says so in
`MEMBERS`, which the printer follows.
"""

from __future__ import annotations

from enum import Enum
from typing import Any, ClassVar, Self

import msgspec
from msgspec import UNSET, UnsetType

from forebay.wire.firmware import Timeline

__all__ = ["UNSET", "Accepted", "OpenEnum", "UnsetType", "Wire"]


class Wire(msgspec.Struct, kw_only=True):
    """A JSON object that crosses the LAN."""

    MEMBERS: ClassVar[Timeline[tuple[str, ...]] | None] = None
    """Names of the members on the wire, in their order, by release."""


class Accepted(Wire, kw_only=True):
    """An empty object: what a gateway answers when it has nothing to tell; inferred."""


class OpenEnum(str, Enum):  # noqa: UP042 - a StrEnum cannot hold unknown words
    """A set of known words that also holds words nobody has seen yet.

    A new word becomes a member named "UNKNOWN" whose value is the word.
    """

    @classmethod
    def _missing_(cls, value: object) -> Self | None:
        if not isinstance(value, str):
            return None
        member: Any = str.__new__(cls, value)
        member._name_, member._value_ = "UNKNOWN", value
        known: Self = member
        return known

    @property
    def is_known(self) -> bool:
        """Whether the word was known when this was written."""
        return self.name != "UNKNOWN"

    def __str__(self) -> str:
        return str(self.value)
