"""Which steps of a counter a house can make, and what power says of a span."""

from __future__ import annotations

from dataclasses import dataclass

from forebay.records.troubles import Trouble

MAX_W = 100_000.0
"""No home draws or makes more [W]."""
SLACK_WH = 100.0
"""Packs count in steps of 10 Wh each, and the load's counter is computed from theirs [Wh]."""
TRUST_MS = 300_000
"""Up to this span two readings' powers tell what happened between them [ms]."""

SWITCH_MS = 1_800_000
"""Up to this span a single change of power explains a pair's energy [ms]."""

FLOW_W = 100.0
"""A counter may stand still below this mean power [W]: meters do not count their own noise."""
STUCK_WH = 500.0
"""A counter that has missed this much by power stands still [Wh]."""
NEAR_RATIO = 0.25
"""How far what a counter says after a trouble may be from what the powers say."""
NEAR_WH = 500.0
"""And by how much anyway, or by half the trouble's size if that is less [Wh]."""


@dataclass(frozen=True, slots=True)
class Point:
    """A counter and the power it counts (not below 0, None if unknown) at one instant."""

    at_ms: int
    counter_wh: float
    power_w: float | None


@dataclass(frozen=True, slots=True)
class RefusedStep:
    """A step that is not simply counted, as listed for people.

    signal: the counter; of readings that were left out "readings", with detail.
    step_wh: what the counter went on by from `since_ms` to `at_ms`. size_wh: the largest jump seen within.
    fill_wh: what is counted instead; None where nothing can tell. most_wh: not None where that is only the least
    that it can have been: then the most, as the highest power on record would have it.
    since_wh: the counter before it.
    """

    signal: str
    since_ms: int
    at_ms: int
    step_wh: float
    fill_wh: float | None
    reason: Trouble = Trouble.JUMP
    since_wh: float | None = None
    size_wh: float | None = None
    most_wh: float | None = None
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Seen:
    """What the powers say of a span: the energy of what they know [Wh], and the time that they do not [ms]."""

    wh: float
    unknown_ms: int

    def fits(self, net_wh: float, size_wh: float) -> bool:
        """Whether a counter that went on by `net_wh` after a trouble of this size may be the same counter."""
        near_wh = min(NEAR_WH, abs(size_wh) / 2)
        least_wh = max(-SLACK_WH, self.wh * (1 - NEAR_RATIO) - near_wh)
        return least_wh <= net_wh <= self.wh * (1 + NEAR_RATIO) + near_wh + MAX_W * self.unknown_ms / 3.6e6


def is_plausible(step_wh: float, span_ms: float) -> bool:
    """Whether a house can have made this step of a counter in this span."""
    return -SLACK_WH <= step_wh <= MAX_W * span_ms / 3.6e6 + SLACK_WH


def trapezoid_wh(from_w: float, to_w: float, span_ms: int) -> float:
    """Return the energy between two readings of a power [Wh]."""
    return (from_w + to_w) / 2 * span_ms / 3.6e6


def filled_wh(before: Point, after: Point) -> float | None:
    """Return what the powers say was counted between two points [Wh]; None over long spans."""
    span_ms = after.at_ms - before.at_ms
    if span_ms > TRUST_MS or before.power_w is None or after.power_w is None:
        return None
    return trapezoid_wh(before.power_w, after.power_w, span_ms)


def share(before: Point, after: Point, at_ms: int, pair_wh: float) -> float:
    """Return the part of a pair's energy that belongs before `at_ms`, 0–1.

    pair_wh: energy of the pair. Homes switch, so up to half an hour it is taken
    that the power changed once, at the moment that gives this energy. Where no
    such moment exists, or over longer spans, evenly.
    """
    return share_of(at_ms - before.at_ms, after.at_ms - before.at_ms, before.power_w, after.power_w, pair_wh)


def share_of(passed_ms: int, span_ms: int, from_w: float | None, to_w: float | None, pair_wh: float) -> float:
    """Return the same of a pair that is `span_ms` long, when `passed_ms` of it have passed."""
    x = passed_ms / span_ms
    if span_ms > SWITCH_MS or from_w is None or to_w is None:
        return x
    mean_w = pair_wh * 3.6e6 / span_ms
    if mean_w > 0 and from_w != to_w and min(from_w, to_w) <= mean_w <= max(from_w, to_w):
        switch = (mean_w - to_w) / (from_w - to_w)
        return (from_w * min(x, switch) + to_w * max(0.0, x - switch)) / mean_w
    return x
