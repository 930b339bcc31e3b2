"""What the members of a verb may be, in words and as a check."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol

from forebay.emulator.tables import nearest
from forebay.emulator.units import nearest_unit
from forebay.errors import ConfigError
from forebay.wire.firmware import release


class BadRequest(Exception):
    """A request that cannot be carried out; the text names the key and what is allowed."""


class Kind(Protocol):
    """What a member may be."""

    @property
    def words(self) -> str:
        """The allowed values in words."""
        ...

    def allows(self, value: object) -> bool:
        """Whether the value may be given."""
        ...


@dataclass(frozen=True, slots=True)
class Number:
    """A number within limits, null too where `or_null`."""

    least: float
    most: float
    unit: str = ""
    or_null: bool = False
    whole: bool = False

    @property
    def words(self) -> str:
        """The allowed values in words."""
        kind = "a whole number" if self.whole else "a number"
        unit = f" {self.unit}" if self.unit else ""
        return f"{kind} from {self.least:,.10g} to {self.most:,.10g}{unit}{' or null' if self.or_null else ''}"

    def allows(self, value: object) -> bool:
        """Whether the value may be given."""
        if value is None:
            return self.or_null
        if isinstance(value, bool) or not isinstance(value, int if self.whole else int | float):
            return False
        return self.least <= value <= self.most


@dataclass(frozen=True, slots=True)
class Flag:
    """true or false, or true only."""

    true_only: bool = False

    @property
    def words(self) -> str:
        """The allowed values in words."""
        return "true" if self.true_only else "true or false"

    def allows(self, value: object) -> bool:
        """Whether the value may be given."""
        return value is True or (value is False and not self.true_only)


@dataclass(frozen=True, slots=True)
class Text:
    """A text of bounded length that starts with `start`, or is one of `others`."""

    most: int
    start: str = ""
    others: tuple[str, ...] = ()

    @property
    def words(self) -> str:
        """The allowed values in words."""
        start = f" that starts with {self.start}" if self.start else ""
        return " or ".join([f"a text of 1 to {self.most} characters{start}", *(f'"{other}"' for other in self.others)])

    def allows(self, value: object) -> bool:
        """Whether the value may be given."""
        if not isinstance(value, str):
            return False
        return value in self.others or (0 < len(value) <= self.most and value.startswith(self.start))


@dataclass(frozen=True, slots=True)
class OneOf:
    """One of a few texts."""

    choices: tuple[str, ...]

    @property
    def words(self) -> str:
        """The allowed values in words."""
        return "one of " + ", ".join(f'"{choice}"' for choice in self.choices)

    def allows(self, value: object) -> bool:
        """Whether the value may be given."""
        return value in self.choices


@dataclass(frozen=True, slots=True)
class Firmware:
    """A release that is imitated, by itself or as an older one."""

    words: str = 'a firmware from 1.15 on, such as "22.1.1"'

    def allows(self, value: object) -> bool:
        """Whether the value may be given."""
        try:
            return isinstance(value, str) and bool(release(value))
        except ConfigError:
            return False


@dataclass(frozen=True, slots=True)
class Anything:
    """Any JSON value."""

    words: str = "a text, sent as it is, or any other JSON value"

    def allows(self, value: object) -> bool:
        """Whether the value may be given: always."""
        return True


def problems(
    body: object,
    members: Mapping[str, Kind],
    needed: Iterable[str],
    *,
    exactly_one: bool = False,
    some: Iterable[str] = (),
) -> Iterator[tuple[str, str]]:
    """Yield what is wrong with a body, as (key, words); the key is "" for the whole of it.

    needed: members that must be there. some: at least one of these must be.
    """
    if not isinstance(body, dict):
        yield "", f"expected a JSON object with {_list(members)}"
        return
    for key, value in body.items():
        kind = members.get(key)
        if kind is None:
            like = nearest_unit(key, members) or nearest(key, members)
            yield key, f"is unknown; {f'did you mean {like}? ' if like else ''}allowed: {_list(members)}"
        elif not kind.allows(value):
            yield key, f"must be {kind.words}"
    for key in needed:
        if key not in body:
            yield key, f"is missing; it must be {members[key].words}"
    if exactly_one and len(body) != 1:
        yield "", f"give exactly one of {_list(members)}"
    if some and not {*some} & {*body}:
        yield "", f"say more: at least one of {_list(some)}"


def _list(members: Iterable[str]) -> str:
    return ", ".join(f'"{key}"' for key in members) or "no keys"
