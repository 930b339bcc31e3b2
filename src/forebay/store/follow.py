"""One counter, followed reading by reading: which of its steps are troubles, and what is counted instead.

Pure: it takes points and gives the rows that come and go. Reasons: docs/decisions/0087 and 0117.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, replace

from forebay.records.troubles import SPANS, Trouble
from forebay.store.disbelief import PIECE_MS, REFRESH_MS, Change, Disbelief, Doubt, Past, row_of
from forebay.store.steps import (
    FLOW_W,
    MAX_W,
    NEAR_RATIO,
    SLACK_WH,
    STUCK_WH,
    TRUST_MS,
    Point,
    RefusedStep,
    Seen,
    filled_wh,
    is_plausible,
)

RETURN_MS = 86_400_000
"""A counter that comes back within this time was only away; after it the new value is the counter [ms]."""
DISBELIEVED = (Trouble.SLOW, Trouble.FALLING)
_RECENT = 12
_CANDIDATES = 16
REST_MS = 1_800_000
"""After this long without power a counter that stands still has missed nothing so far [ms]."""
_CAUGHT_WH = 200.0
"""A counter that catches up may make up for this much more than a quarter above what the powers say [Wh]."""
_RESUMED_RATIO, _RESUMED_WH = 0.1, 50.0
"""A counter that goes on by no more than this after standing still has missed the rest."""


@dataclass(frozen=True, slots=True)
class _Still:
    """A counter that stands still: since when, what the powers say it missed, and how long they say nothing.

    row_ms: until when it is listed. flowed_ms: when power flowed last.
    """

    since: Point
    wh: float = 0.0
    unknown_ms: int = 0
    row_ms: int | None = None
    flowed_ms: int = 0


def _is_due(still: _Still, point: Point) -> bool:
    return still.wh >= STUCK_WH and (still.row_ms is None or point.at_ms - still.row_ms >= REFRESH_MS)


def _is_steep(step_wh: float, powers_wh: float | None) -> bool:
    return powers_wh is not None and step_wh > SLACK_WH + 3 * powers_wh


@dataclass(frozen=True, slots=True)
class _Mark:
    """A point that the counter may come back to, what the powers had counted by then, and how far it went away."""

    point: Point
    wh: float
    unknown_ms: int
    size_wh: float
    still: _Still | None = None


class Follower:
    """Follows one counter of one gateway; begun anew with the last point and the last rows after a restart."""

    def __init__(self, signal: str, last: Point | None) -> None:
        self._signal = signal
        self._last = last
        self._wh = 0.0
        self._unknown_ms = 0
        self._recent: deque[_Mark] = deque(maxlen=_RECENT)
        self._marks: list[_Mark] = []
        self._still: _Still | None = None if last is None else _Still(last)
        self._resumed: _Still | None = None
        self._doubt: Doubt | None = None if last is None else Doubt(last)
        self._disbelief: Disbelief | None = None

    @property
    def last(self) -> Point | None:
        """The point that the next one is compared with."""
        return self._last

    def recall(self, rows: Iterable[tuple[RefusedStep, Seen]]) -> None:
        """Take up rows of before a restart, in order, each with what the powers say from its start to the last point.

        A counter that was away may still come back, and one that stands still may catch up.
        """
        for row, seen in rows:
            if row.since_wh is None or self._last is None:
                continue
            point = Point(row.since_ms, row.since_wh, None)
            if row.reason in DISBELIEVED:
                if self._last.at_ms - row.at_ms <= 2 * REFRESH_MS:
                    wh = None if row.fill_wh is None else seen.wh
                    self._disbelief = Disbelief(self._signal, row.reason, point, wh, self._last)
            elif row.reason is Trouble.STUCK and row.step_wh == 0:
                if self._last.counter_wh == row.since_wh and self._last.at_ms - row.at_ms <= 2 * REFRESH_MS:
                    self._still = _Still(point, seen.wh, seen.unknown_ms, row.at_ms, row.at_ms)
            elif row.reason not in SPANS:
                self._put(_Mark(point, -seen.wh, -seen.unknown_ms, row.size_wh or row.step_wh))

    def take(self, point: Point, *, passed_ms: float = 0.0, stale_since_ms: int | None = None) -> Change:
        """Follow the counter to its next point.

        passed_ms: how much time has really passed since the last one, where that may be more than their distance.
        stale_since_ms: since when the gateway's readings were one and the same in everything.
        """
        before, self._last = self._last, point
        if before is None or self._doubt is None:
            self._still, self._doubt = _Still(point), Doubt(point)
            return Change()
        powers_wh = filled_wh(before, point)
        if self._disbelief is not None:
            return self._disbelieve(self._disbelief, before, point, powers_wh)
        step_wh = point.counter_wh - before.counter_wh
        mark = _Mark(before, self._wh, self._unknown_ms, step_wh - (powers_wh or 0.0), self._still)
        self._add(before, point, powers_wh)
        if step_wh == 0:
            change = self._stand(before, point, powers_wh)
        else:
            self._resumed = None
            change = self._move(before, point, powers_wh, passed_ms, stale_since_ms)
            self._still = self._resumed or _Still(point)
        if any(row.reason in SPANS and row.at_ms == point.at_ms for row in change.rows):
            self._recent.clear()  # what lies in a span is nothing to come back to
        else:
            self._recent.append(mark)
        self._expire(point)
        return self._after_doubt(self._doubt, change, before, point, powers_wh)

    def _add(self, before: Point, point: Point, powers_wh: float | None) -> None:
        if powers_wh is None:
            self._unknown_ms += point.at_ms - before.at_ms
        self._wh += powers_wh or 0.0

    def _expire(self, point: Point) -> None:
        while self._marks and point.at_ms - self._marks[0].point.at_ms > RETURN_MS:
            self._marks.pop(0)

    # a counter that is not believed at all

    def _disbelieve(self, disbelief: Disbelief, before: Point, point: Point, powers_wh: float | None) -> Change:
        self._add(before, point, powers_wh)
        self._resumed = None
        back = self._back(before, point, powers_wh)
        change, is_over = disbelief.take(before, point, powers_wh) if back is None else (back, True)
        if is_over:
            self._disbelief, self._doubt, self._still = None, Doubt(point), self._resumed or _Still(point)
        self._expire(point)
        return change

    def _after_doubt(
        self, doubt: Doubt, change: Change, before: Point, point: Point, powers_wh: float | None
    ) -> Change:
        """Return what changes, unless the counter is no longer believed: then that is all there is to say."""
        row = change.rows[-1] if change.rows else None
        if row is not None and (row.reason is not Trouble.STUCK or row.since_ms < doubt.since_ms):
            doubt.restart(point)
            return change
        found = doubt.look(before, point, powers_wh)
        if found is None and row is not None and row.at_ms == before.at_ms and row.since_wh is not None:
            doubt.stood(Past(Point(row.since_ms, row.since_wh, None), row.fill_wh or 0.0), before, point, powers_wh)
        if found is not None:
            reason, past = found
            self._disbelief, change = Disbelief.begin(self._signal, reason, past, point)
            self._forget(past.point.at_ms)
            if reason is Trouble.FALLING:  # it may come back
                size_wh = point.counter_wh - past.point.counter_wh
                self._put(_Mark(past.point, self._wh - past.wh, self._unknown_ms - past.unknown_ms, size_wh))
        elif row is not None and row.at_ms == point.at_ms and row.at_ms - row.since_ms >= PIECE_MS:
            self._disbelief = Disbelief(self._signal, row.reason, point, 0.0, point)  # it is no counter
        if self._disbelief is not None:
            self._recent.clear()
        return change

    def _put(self, mark: _Mark) -> None:
        """Keep a mark; of very many the first and the last."""
        self._marks.append(mark)
        if len(self._marks) > _CANDIDATES:
            self._marks.pop(_CANDIDATES // 2)

    # a counter that stands still

    def _stand(self, before: Point, point: Point, powers_wh: float | None) -> Change:
        still, span_ms = self._still or _Still(before), point.at_ms - before.at_ms
        if powers_wh is None:
            self._still = replace(still, unknown_ms=still.unknown_ms + span_ms)
            return Change()
        if powers_wh * 3.6e6 < FLOW_W * span_ms:
            has_rested = still.row_ms is None and point.at_ms - still.flowed_ms > REST_MS
            self._still = _Still(point) if still.wh == 0 or has_rested else still
            return Change()
        still = replace(still, wh=still.wh + powers_wh, flowed_ms=point.at_ms)
        is_due = _is_due(still, point)
        self._still = replace(still, row_ms=point.at_ms) if is_due else still
        if not is_due:
            return Change()
        self._recent.clear()
        return self._stuck(still, point)

    def _stuck(self, still: _Still, until: Point) -> Change:
        row = row_of(self._signal, still.since, until, Trouble.STUCK, still.wh, size_wh=still.wh)
        return Change([row], still.since.at_ms)

    def _after_standing(self, before: Point, point: Point, powers_wh: float | None) -> Change | None:
        """Return what becomes of the time a counter stood still, None where it did not or that explains nothing."""
        still, step_wh = self._still, point.counter_wh - before.counter_wh
        if still is None or still.since.at_ms == before.at_ms or still.wh == 0 or step_wh < -SLACK_WH:
            return None
        is_stuck = still.wh >= STUCK_WH
        missed_wh = still.wh + (powers_wh or 0.0)
        unknown_ms = still.unknown_ms + (0 if powers_wh is not None else point.at_ms - before.at_ms)
        most_wh = missed_wh * (1 + NEAR_RATIO) + _CAUGHT_WH + MAX_W * unknown_ms / 3.6e6
        possible = is_plausible(step_wh, point.at_ms - before.at_ms)
        if is_stuck and possible and step_wh <= _RESUMED_RATIO * missed_wh + _RESUMED_WH + (powers_wh or 0.0):
            return self._stuck(still, before)
        if (is_stuck and possible) or (not possible and step_wh <= most_wh):
            self._forget(still.since.at_ms)
            return Change([row_of(self._signal, still.since, point, Trouble.LATE, step_wh)], still.since.at_ms)
        return None

    # a counter that moves

    def _move(
        self, before: Point, point: Point, powers_wh: float | None, passed_ms: float, stale_since_ms: int | None
    ) -> Change:
        caught_up = self._after_standing(before, point, powers_wh)
        step_wh, span_ms = point.counter_wh - before.counter_wh, point.at_ms - before.at_ms
        if caught_up is not None:
            return caught_up
        back = self._back(before, point, powers_wh)
        if back is not None:
            return back
        is_possible = is_plausible(step_wh, span_ms)
        if is_possible:
            if _is_steep(step_wh, powers_wh):
                self._put(self._mark(before, powers_wh, step_wh))
            return Change()
        if step_wh > 0 and is_plausible(step_wh, passed_ms):
            return Change([row_of(self._signal, before, point, Trouble.CLOCK, step_wh)])
        if stale_since_ms is not None and is_plausible(step_wh, point.at_ms - stale_since_ms):
            since = Point(stale_since_ms, before.counter_wh, None)
            self._forget(stale_since_ms)
            return Change([row_of(self._signal, since, point, Trouble.LATE, step_wh)], stale_since_ms)
        self._put(self._mark(before, powers_wh, step_wh))
        return Change([self._refused(before, point, powers_wh)])

    def _back(self, before: Point, point: Point, powers_wh: float | None) -> Change | None:
        """Return the span during which the counter was away, if this step looks like its way back, and is."""
        step_wh = point.counter_wh - before.counter_wh
        is_possible = is_plausible(step_wh, point.at_ms - before.at_ms)
        is_half_back = bool(self._marks) and self._marks[-1].size_wh < 0 and step_wh > -self._marks[-1].size_wh / 2
        if is_possible and not is_half_back and not _is_steep(step_wh, powers_wh):
            return None
        return self._come_back(before, point, is_possible=is_possible)

    def _mark(self, before: Point, powers_wh: float | None, size_wh: float) -> _Mark:
        unknown_ms = self._unknown_ms
        if powers_wh is None and self._last is not None:
            unknown_ms -= self._last.at_ms - before.at_ms
        return _Mark(before, self._wh - (powers_wh or 0.0), unknown_ms, size_wh, self._still)

    def _come_back(self, before: Point, point: Point, *, is_possible: bool) -> Change | None:
        """Return the span during which the counter was away, if this step brings it back."""
        back_wh = point.counter_wh - before.counter_wh
        recent = [mark for mark in reversed(self._recent) if mark.size_wh > -back_wh / 2 > 0]
        for mark in [*reversed(self._marks), *recent]:
            since = mark.point
            net_wh = point.counter_wh - since.counter_wh
            seen = Seen(self._wh - mark.wh, self._unknown_ms - mark.unknown_ms)
            goes_on = is_possible and mark.size_wh * back_wh > 0  # the same way again, as a house may
            if goes_on or since.at_ms >= before.at_ms or not seen.fits(net_wh, mark.size_wh):
                continue
            off_wh = abs(net_wh - seen.wh) - MAX_W * seen.unknown_ms / 3.6e6
            was_off_wh = abs(net_wh - seen.wh - back_wh + (filled_wh(before, point) or 0.0))
            if off_wh > was_off_wh / 2 + 2 * SLACK_WH:  # this step does not bring it back
                continue
            self._forget(since.at_ms)
            if net_wh == 0 and mark.still is not None:  # it stands still, and had only been away
                self._resumed = replace(
                    mark.still, wh=mark.still.wh + seen.wh, unknown_ms=mark.still.unknown_ms + seen.unknown_ms
                )
                if _is_due(self._resumed, point):  # one that is away every other reading never stands for two
                    self._resumed = replace(self._resumed, row_ms=point.at_ms, flowed_ms=point.at_ms)
                    return self._stuck(self._resumed, point)
            reason = Trouble.SPIKE if mark.size_wh > 0 else Trouble.DIP
            return Change([row_of(self._signal, since, point, reason, net_wh, size_wh=mark.size_wh)], since.at_ms)
        return None

    def _forget(self, since_ms: int) -> None:
        """Let nothing come back to a point within a span that is settled."""
        for marks in (self._marks, self._recent):
            while marks and marks[-1].point.at_ms >= since_ms:
                marks.pop()

    def _refused(self, before: Point, point: Point, powers_wh: float | None) -> RefusedStep:
        step_wh, span_ms = point.counter_wh - before.counter_wh, point.at_ms - before.at_ms
        if step_wh > 0:
            return row_of(self._signal, before, point, Trouble.JUMP, powers_wh)
        if not is_plausible(point.counter_wh, max(span_ms, TRUST_MS)):
            return row_of(self._signal, before, point, Trouble.DROP, powers_wh)
        counted_wh = max(0.0, point.counter_wh)
        # what a counter that began again at 0 shows by now was counted within this span
        return row_of(self._signal, before, point, Trouble.RESET, counted_wh if powers_wh is None else powers_wh)
