"""What can be wrong with a lifetime counter: one row for each trouble, in words.

The store writes the word beside each step that it keeps out of the sums, every
view prints its words from here. How a step is judged: docs/decisions/0087.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Trouble(StrEnum):
    """Why a counter's step is not simply counted."""

    SPIKE = "spike"
    DIP = "dip"
    RESET = "reset"
    FIRMWARE = "firmware"
    SWAP = "swap"
    JUMP = "jump"
    DROP = "drop"
    STUCK = "stuck"
    LATE = "late"
    SLOW = "slow"
    FALLING = "falling"
    CLOCK = "clock"
    DUPLICATE = "duplicate"
    OUT_OF_ORDER = "out_of_order"


@dataclass(frozen=True, slots=True)
class Meaning:
    """A trouble in words.

    words: what happened, to be read after the counter's name. counted: what the sums take instead.
    is_span: whether the counter is not believed at any moment between both ends. is_by_power: nor are its values at
    both ends.
    """

    trouble: Trouble
    words: str
    counted: str
    is_span: bool = False
    is_by_power: bool = False


_POWER = "what the power says"

MEANINGS: tuple[Meaning, ...] = (
    Meaning(
        Trouble.SPIKE,
        "jumped up and came back",
        "what it counted from before to after, spread by power",
        is_span=True,
    ),
    Meaning(
        Trouble.DIP,
        "dropped and came back",
        "what it counted from before to after, spread by power",
        is_span=True,
    ),
    Meaning(Trouble.RESET, "began again at 0", "what the power says, or what it has counted since 0"),
    Meaning(
        Trouble.FIRMWARE,
        "began anew with another firmware",
        "what the power says, or what it has counted since 0",
    ),
    Meaning(
        Trouble.SWAP,
        "goes on from another value, and so do the others of its meter: it was swapped",
        _POWER,
    ),
    Meaning(Trouble.JUMP, "jumped up and stayed there", _POWER),
    Meaning(Trouble.DROP, "fell and stayed there", _POWER),
    Meaning(Trouble.STUCK, "stood still while power flowed", _POWER, is_span=True, is_by_power=True),
    Meaning(Trouble.SLOW, "counted next to nothing while power flowed", _POWER, is_span=True, is_by_power=True),
    Meaning(Trouble.FALLING, "fell little by little", _POWER, is_span=True, is_by_power=True),
    Meaning(
        Trouble.LATE,
        "stood still while power flowed, and caught up",
        "what it caught up with, spread by power",
        is_span=True,
    ),
    Meaning(
        Trouble.CLOCK,
        "counted on while the clock had been set back",
        "what it counted, at the moment when readings were kept again",
    ),
    Meaning(Trouble.DUPLICATE, "came again for a moment that is recorded", "nothing: the first one stays"),
    Meaning(Trouble.OUT_OF_ORDER, "came after a later one", "nothing: only later readings are new"),
)

BY_TROUBLE: dict[Trouble, Meaning] = {row.trouble: row for row in MEANINGS}

SPANS: frozenset[Trouble] = frozenset(row.trouble for row in MEANINGS if row.is_span)
"""The troubles during which the counter tells nothing; its value at both ends does."""

BY_POWER: frozenset[Trouble] = frozenset(row.trouble for row in MEANINGS if row.is_by_power)
"""Those among them of which the power alone tells what was."""
