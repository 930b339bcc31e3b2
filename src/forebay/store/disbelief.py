"""Counters that move, but not as their power does: such as count far too little, or fall little by little.

Two parts, both pure as `follow` is: `Doubt` watches a counter that is believed, `Disbelief` lists one that is not,
until it counts again. Reasons: docs/decisions/0117.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from forebay.records.troubles import Trouble
from forebay.store.steps import FLOW_W, MAX_W, SLACK_WH, Point, RefusedStep, is_plausible

SLOW_WH = 1000.0
"""A counter is slow if it has counted next to nothing of this much [Wh]."""
SLOW_RATIO = 0.1
"""And next to nothing is no more than this part of what the powers say."""
SOUND_WH = 200.0
"""It is believed again when it has counted this much [Wh], by the powers, at half to twice their pace."""
PIECE_MS = 86_400_000
"""What lasts is listed in rows of no more than this, so that a day's energy never asks for a year of powers [ms]."""
REFRESH_MS = 300_000
"""How often it is written that a trouble still lasts [ms]."""


@dataclass(slots=True)
class Change:
    """What a point does to the list of refused steps: rows that come, and since when earlier ones go [ms]."""

    rows: list[RefusedStep] = field(default_factory=list)
    forget_since_ms: int | None = None


def row_of(
    signal: str,
    since: Point,
    until: Point,
    reason: Trouble,
    fill_wh: float | None,
    *,
    size_wh: float | None = None,
    most_wh: float | None = None,
) -> RefusedStep:
    """Return a row of the list; size_wh: the step where none is given."""
    step_wh = until.counter_wh - since.counter_wh
    size = step_wh if size_wh is None else size_wh
    return RefusedStep(signal, since.at_ms, until.at_ms, step_wh, fill_wh, reason, since.counter_wh, size, most_wh)


@dataclass(slots=True)
class Past:
    """What happened since a point: what the powers say, the part of it that a meter must have seen, and moves."""

    point: Point
    wh: float = 0.0
    flowed_wh: float = 0.0
    unknown_ms: int = 0
    moves: int = 0

    def add(self, before: Point, point: Point, powers_wh: float | None) -> None:
        """Add a pair of readings."""
        span_ms = point.at_ms - before.at_ms
        self.moves += point.counter_wh != before.counter_wh
        if powers_wh is None:
            self.unknown_ms += span_ms
            return
        self.wh += powers_wh
        if powers_wh * 3.6e6 >= FLOW_W * span_ms:
            self.flowed_wh += powers_wh


class Doubt:
    """Watches a counter that is believed."""

    def __init__(self, point: Point) -> None:
        self.restart(point)

    def restart(self, point: Point) -> None:
        """Begin anew at a point: what was before is settled."""
        self._top, self._slow = Past(point), Past(point)
        self._stood: Past | None = None

    @property
    def since_ms(self) -> int:
        """Since when the counter may have been too slow [ms]."""
        return self._slow.point.at_ms

    def look(self, before: Point, point: Point, powers_wh: float | None) -> tuple[Trouble, Past] | None:
        """Return what is wrong and since when, None where nothing is."""
        self._top.add(before, point, powers_wh)
        self._slow.add(before, point, powers_wh)
        if point.counter_wh >= self._top.point.counter_wh:
            self._top = Past(point)
        elif self._top.point.counter_wh - point.counter_wh > SLACK_WH:
            return Trouble.FALLING, self._top
        slow = self._slow
        if point.counter_wh - slow.point.counter_wh > SLOW_RATIO * slow.flowed_wh:
            self._slow, self._stood = Past(point), None
        elif slow.moves >= 2 and slow.flowed_wh >= SLOW_WH and point.counter_wh != before.counter_wh:
            if self._stood is not None:
                slow.point = self._stood.point
                slow.wh, slow.unknown_ms = slow.wh + self._stood.wh, slow.unknown_ms + self._stood.unknown_ms
            return Trouble.SLOW, slow
        return None

    def stood(self, past: Past, before: Point, point: Point, powers_wh: float | None) -> None:
        """Note that the counter stood still up to `before`: once is an accident, twice may be its pace."""
        self._stood, self._slow = past, Past(before)
        self._slow.add(before, point, powers_wh)


@dataclass(slots=True)
class _Sound:
    """A point since when the counter goes with the powers: their energy since, and the row's before [Wh]."""

    since: Point
    row_wh: float
    wh: float = 0.0


class Disbelief:
    """Lists a counter that is not believed; what it shows meanwhile is not looked at."""

    def __init__(self, signal: str, reason: Trouble, since: Point, wh: float | None, last: Point) -> None:
        self._signal, self._reason = signal, reason
        self._since, self._wh = since, wh
        self._row_ms: int | None = None
        self._sound = _Sound(last, wh or 0.0)

    @classmethod
    def begin(cls, signal: str, reason: Trouble, past: Past, point: Point) -> tuple[Disbelief, Change]:
        """Disbelieve a counter since a point of the past; return the first rows, too."""
        most_wh = past.wh + MAX_W * past.unknown_ms / 3.6e6 if past.unknown_ms else None
        rows = [row_of(signal, past.point, point, reason, past.wh, most_wh=most_wh)]
        is_whole = most_wh is None and point.at_ms - past.point.at_ms < PIECE_MS
        self = cls(signal, reason, past.point, past.wh, point) if is_whole else cls(signal, reason, point, 0.0, point)
        self._row_ms = point.at_ms
        return self, Change(rows, past.point.at_ms)

    def take(self, before: Point, point: Point, powers_wh: float | None) -> tuple[Change, bool]:
        """Go on to the next point; return what changes in the list, and whether the counter is believed again."""
        change = Change()
        if (powers_wh is None) is not (self._wh is None):
            self._close(change, before, self._wh)
            self._wh = None if powers_wh is None else 0.0
        if self._wh is not None and powers_wh is not None:
            self._wh += powers_wh
        if self._is_sound(before, point, powers_wh):
            good = self._sound
            change.forget_since_ms = self._forget_since_ms(change)
            if good.since.at_ms > self._since.at_ms:
                change.rows.append(self._row(good.since, good.row_wh))
            return change, True
        if point.at_ms - self._since.at_ms >= PIECE_MS:
            self._close(change, point, self._wh)
            self._wh = None if self._wh is None else 0.0
            self._sound.row_wh = 0.0
        elif self._row_ms is None or point.at_ms - self._row_ms >= REFRESH_MS:
            change.forget_since_ms = self._forget_since_ms(change)
            change.rows.append(self._row(point, self._wh))
            self._row_ms = point.at_ms
        return change, False

    def _forget_since_ms(self, change: Change) -> int:
        return self._since.at_ms if change.forget_since_ms is None else change.forget_since_ms

    def _close(self, change: Change, until: Point, wh: float | None) -> None:
        """Write the row up to a point, and begin the next one there."""
        change.forget_since_ms = self._forget_since_ms(change)
        if until.at_ms > self._since.at_ms:
            change.rows.append(self._row(until, wh))
        self._since, self._row_ms = until, None

    def _row(self, until: Point, wh: float | None) -> RefusedStep:
        size_wh = wh if self._reason is Trouble.STUCK else None
        return row_of(self._signal, self._since, until, self._reason, wh, size_wh=size_wh)

    def _is_sound(self, before: Point, point: Point, powers_wh: float | None) -> bool:
        """Whether the counter has gone with the powers for long enough."""
        step_wh, span_ms = point.counter_wh - before.counter_wh, point.at_ms - before.at_ms
        if powers_wh is not None and is_plausible(step_wh, span_ms):
            self._sound.wh += powers_wh
            counted_wh = point.counter_wh - self._sound.since.counter_wh
            if self._sound.wh / 2 <= counted_wh <= 2 * self._sound.wh + SLACK_WH:
                return self._sound.wh >= SOUND_WH
        self._sound = _Sound(point, self._wh or 0.0)
        return False
