"""Something that holds or does not: when that is sure enough to be news."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum


class Edge(StrEnum):
    """Which end of something is told."""

    BEGINS = "begins"
    ENDS = "ends"


@dataclass(frozen=True, slots=True)
class Condition:
    """How one subject of a rule stands.

    begun: since when it holds, None while it does not. told: when its beginning was told last.
    is_told: whether the beginning of what holds now was told; only then its end is news.
    turn: since when the opposite is seen, None while it is not.
    """

    begun: datetime | None = None
    told: datetime | None = None
    is_told: bool = False
    turn: datetime | None = None


@dataclass(frozen=True, slots=True)
class Look:
    """What is seen of one subject of a rule.

    holds: None where it cannot be told now. at: when it was seen. since: when it began where that is known better.
    values: what the words need, by name.
    """

    subject: str
    holds: bool | None
    at: datetime
    values: dict[str, float | str]
    since: datetime | None = None


def first(look: Look) -> Condition:
    """Return how a subject stands that was never looked at: what lasts already is no news."""
    return Condition(begun=(look.since or look.at) if look.holds else None)


@dataclass(frozen=True, slots=True)
class Change:
    """News: what began at `begun`, or what lasted from then until `ended`. was_told: whether its beginning was told."""

    edge: Edge
    begun: datetime
    ended: datetime | None = None
    was_told: bool = False


def step(condition: Condition, look: Look, enter_s: float, leave_s: float) -> tuple[Condition, Change | None]:
    """Return how it stands after a look, and what has become news by it.

    enter_s, leave_s: how long it must hold, or be over, without a break to be believed [s].
    """
    if look.holds is None:
        return condition, None
    begun = condition.begun
    if look.holds is (begun is not None):
        return replace(condition, turn=None), None
    turn = condition.turn or look.since or look.at
    if (look.at - turn).total_seconds() < (enter_s if begun is None else leave_s):
        return replace(condition, turn=turn), None
    if begun is not None:
        change = Change(Edge.ENDS, begun, turn, condition.is_told)
        return replace(condition, begun=None, is_told=False, turn=None), change
    return replace(condition, begun=turn, is_told=False, turn=None), Change(Edge.BEGINS, turn)
