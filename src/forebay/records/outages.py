"""Times without the grid, and whether the house came through them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

JOIN_S = 120.0
"""States of the grid that follow each other within this time are one outage [s]."""
DARK_W = 20.0
"""A house that draws less is dark: no home with a refrigerator and a router does [W]."""
FLICKER_S = 30.0
"""Meters that are read one after the other may show so long what never was [s]."""
FAULTED = "SystemMicroGridFaulted"
"""The gateway's own word for a house whose supply of its own has failed."""
LEAVING, RETURNING = "SystemTransitionToIsland", "SystemTransitionToGrid"
"""The moments in which a house leaves the grid and comes back to it."""


class Through(StrEnum):
    """How a house came through."""

    THROUGH = "through"
    DARK = "dark"
    EMPTY = "empty"
    """The charge was at 0, and yet the home drew power: from the sun, or from what the gateway keeps back."""
    UNKNOWN = "unknown"
    LASTS = "lasts"


@dataclass(frozen=True, slots=True)
class Outage:
    """Time without the grid, half-open; end is None while it lasts. states: of the grid, as told, in order."""

    start: datetime
    end: datetime | None
    states: tuple[str, ...]


def outages(states: Iterable[tuple[str, datetime, datetime | None]], *, join_s: float = JOIN_S) -> list[Outage]:
    """Return outages from the states of the grid that were not "connected", in order of their start.

    A state that is only the way out or back belongs to its outage; alone it is none: the house never was on its own.
    """
    found: list[Outage] = []
    for name, start, end in states:
        last = found[-1] if found else None
        if last is not None and (last.end is None or start - last.end <= timedelta(seconds=join_s)):
            later = None if end is None or last.end is None else max(end, last.end)
            found[-1] = Outage(last.start, later, (*last.states, name))
        else:
            found.append(Outage(start, end, (name,)))
    return [one for one in found if set(one.states) - {LEAVING, RETURNING}]


@dataclass(frozen=True, slots=True)
class Passage:
    """What was read during an outage.

    readings: how many knew what the home drew. unseen_s: how long nothing was read at all [s]. dark_s: the part of the
    rest in which the home drew less than `DARK_W` [s]. lowest_w: the least that it drew. lowest_app_pct: the lowest
    charge on the app's scale.
    """

    readings: int
    unseen_s: float
    dark_s: float
    lowest_w: float | None
    lowest_app_pct: float | None


def came_through(outage: Outage, passage: Passage) -> Through:
    """Return how the house came through: dark if it ever was, unknown if that cannot be told of all the time."""
    if FAULTED in outage.states or passage.dark_s > FLICKER_S:
        return Through.DARK
    if outage.end is None:
        return Through.LASTS
    if passage.readings == 0 or passage.unseen_s > FLICKER_S:
        return Through.UNKNOWN
    if passage.lowest_app_pct is not None and passage.lowest_app_pct <= 0:
        return Through.EMPTY
    return Through.THROUGH
