"""Why two ways of counting the same energy differ: one row for each cause, in words, in the order they are tried."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Cause(StrEnum):
    """Why a sum differs from the counters."""

    GAP = "gap"
    SHIFT = "shift"
    MISSING = "missing"
    TROUBLE = "trouble"
    UNCOVERED = "uncovered"
    CLOCK = "clock"
    ROUNDING = "rounding"
    SPACING = "spacing"
    METER = "meter"


@dataclass(frozen=True, slots=True)
class Because:
    """A cause in words.

    words: to be read after the energy it explains. rule: how much it may explain.
    is_exact: whether it explains a known amount rather than anything up to a bound.
    """

    cause: Cause
    words: str
    rule: str
    is_exact: bool = False


BECAUSE: tuple[Because, ...] = (
    Because(
        Cause.GAP,
        "counted while nothing was recorded",
        "what the counters went on by while the power was not known for more than 5 minutes",
        is_exact=True,
    ),
    Because(
        Cause.SHIFT,
        "the bill's day begins at another hour",
        "what was counted between both hours; the one hour is taken with which most days agree",
        is_exact=True,
    ),
    Because(
        Cause.MISSING,
        "the bill says nothing of a part of the day",
        "what was counted in the hours of which the bill says nothing",
        is_exact=True,
    ),
    Because(Cause.TROUBLE, "a counter was in trouble", "what was put in its place, or up to the most it can have been"),
    Because(
        Cause.UNCOVERED,
        "the record does not know the whole day",
        "what the highest power on record makes of the time that is not known",
    ),
    Because(Cause.CLOCK, "a clock was set", "what the counters went on by while the clock was wrong"),
    Because(Cause.ROUNDING, "the bill is rounded", "half of the last digit of each of its values"),
    Because(
        Cause.SPACING,
        "the power was read now and then",
        "three standard deviations of the error that changes between two readings make",
    ),
    Because(
        Cause.METER,
        "within what meters differ",
        "1 % between counters and power, 2 % between two meters; 50 Wh a day in any case",
    ),
)

BY_CAUSE: dict[Cause, Because] = {row.cause: row for row in BECAUSE}
