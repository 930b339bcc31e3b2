"""Whether the clock that stamps readings can be believed, and what to do with readings while it cannot.

A reading whose time is in doubt waits in memory. As soon as the clock is settled it is dated by the
seconds that have passed since, which no clock that is set can change: docs/decisions/0097.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from forebay.recorder.asking import Answer
from forebay.records.reading import Reading
from forebay.records.reasons import Reason
from forebay.records.tempo import Source
from forebay.store.store import Store

EARLIEST = datetime(2024, 1, 1, tzinfo=UTC)
"""A clock that shows an earlier time was never set: this program is younger."""
AHEAD_S = 600.0
"""How far ahead of what is possible a clock may be without being doubted [s]."""
FAR_S = 86_400.0
"""How far ahead of the gateway's clock, by which the record goes on, ours may be when recording begins [s]."""
SAME_S = 600.0
"""Up to this difference two clocks tell the same time [s]."""
SETTLED_S = 120.0
"""How long a clock that went ahead must go on evenly until it is believed [s]."""
BACK_S = 4.0
"""How long one that went back must [s], and at least one more reading."""
STEADY_S = 60.0
"""By how much a clock may differ from the seconds passed and still goes evenly [s]."""
LONGEST_BACK_S = 90_000.0
"""Up to this a clock may have been ahead all along without a trace in the record [s]: a day and an hour."""
_MOST_HELD = 720
_LOOK_BACK = timedelta(days=40)


class Doubt(StrEnum):
    """What is wrong with the clock."""

    UNSET = "unset"
    AHEAD = "ahead"
    BEHIND = "behind"


@dataclass(frozen=True, slots=True)
class Judgement:
    """What to do: keep these readings, after setting aside what is dated from `aside` on; and what is in doubt."""

    kept: tuple[tuple[Answer, Reading], ...] = ()
    doubt: Doubt | None = None
    aside: datetime | None = None


@dataclass(frozen=True, slots=True)
class Past:
    """What the record tells of a time that the clock has gone back to.

    last_at: the last reading. jump: why it has a gap there, None where it has none. is_first: nothing is older.
    began: when, by its own time, the clock went ahead by as much as it has come back now; None where it did not.
    """

    last_at: datetime
    jump: Reason | None
    is_first: bool
    began: datetime | None


def past_of(store: Store, gateway_id: int, at: datetime, last_at: datetime) -> Past:
    """Look up what the record tells of a time before its last reading."""
    jump, began, back_s = None, None, seconds(last_at - at)
    for gap in store.gaps(gateway_id, at - _LOOK_BACK, last_at):
        if gap.end is None:
            continue
        if gap.start <= at < gap.end:
            jump = gap.reason
        if gap.reason is Reason.CLOCK_JUMP and abs(seconds(gap.end - gap.start) - back_s) <= SAME_S:
            began = gap.end
    return Past(last_at, jump, is_first=store.is_before_all(gateway_id, at), began=began)


def seconds(span: timedelta) -> float:
    """Return a span in seconds."""
    return span.total_seconds()


def was_asleep(before: Answer, answer: Answer) -> bool:
    """Whether this computer slept between two answers: the gateway's clock went on by as much as ours."""
    if before.told is None or answer.told is None:
        return False
    return abs(seconds(answer.told - before.told) - seconds(answer.at - before.at)) <= SAME_S


def doubt_words(doubt: Doubt, at: datetime, last_at: datetime | None, source: Source) -> tuple[str, str | None]:
    """Return what is wrong with the clock, in a sentence, and advice where it is not the usual one."""
    whose = "This computer's clock" if source == "system" else "The gateway's clock"
    shown = f"{at:%Y-%m-%d %H:%M} UTC"
    if doubt is Doubt.UNSET:
        return f"{whose} says {shown}, which cannot be: readings wait until it is set.", None
    if doubt is Doubt.AHEAD or last_at is None:
        return f"{whose} went ahead to {shown}: readings wait a moment to see whether it stays there.", None
    words = f"{whose} went back to {shown}: readings are kept again after {last_at:%Y-%m-%d %H:%M}, or once it is set."
    return words, None if source == "system" else "Set the clock right, or record into another file."


class Dating:
    """Judges the readings of one gateway as they come."""

    def __init__(self) -> None:
        self._before: Answer | None = None
        self._held: deque[tuple[Answer, Reading]] = deque(maxlen=_MOST_HELD)
        self._since: Answer | None = None

    @property
    def in_doubt(self) -> bool:
        """Whether readings wait for their time."""
        return bool(self._held)

    def judge(
        self, answer: Answer, reading: Reading, last_at: datetime | None, past: Past | None, *, is_ours: bool
    ) -> Judgement:
        """Judge one reading.

        last_at: of the last reading on record. past: None where this one is later.
        is_ours: whether our clock has stamped it; the gateway's own is followed wherever it goes ahead.
        """
        doubt = self._doubt(answer, last_at, past) if is_ours else (None if past is None else Doubt.BEHIND)
        if doubt is None:
            return self._settled(answer, reading, is_ours=is_ours)
        if not self._goes_evenly(answer, reading, is_ours=is_ours):
            self._since = answer
        self._held.append((answer, reading))
        since = self._since or answer
        passed_s = answer.real_s - since.real_s
        if doubt is Doubt.AHEAD and passed_s >= SETTLED_S:
            return self._settled(answer, reading, is_ours=is_ours)
        is_over = doubt is Doubt.BEHIND and passed_s >= BACK_S and past is not None
        if is_over and past is not None and _was_ahead(answer, reading, past, is_ours=is_ours):
            cut = reading.at - timedelta(seconds=passed_s if is_ours else 0.0)
            if past.began is not None:
                cut = min(cut, past.began - timedelta(milliseconds=1))
            return replace(self._settled(answer, reading, is_ours=is_ours), aside=cut)
        return Judgement(doubt=doubt)

    def _doubt(self, answer: Answer, last_at: datetime | None, past: Past | None) -> Doubt | None:
        if answer.at < EARLIEST:
            return Doubt.UNSET
        if past is not None:
            return Doubt.BEHIND
        told, before = answer.told, self._before
        if before is None:
            goes_on = told is not None and last_at is not None and told >= last_at  # by the gateway's clock
            return Doubt.AHEAD if told and goes_on and seconds(answer.at - told) > FAR_S else None
        ahead_s = seconds(answer.at - before.at) - (answer.real_s - before.real_s)
        if ahead_s <= AHEAD_S or was_asleep(before, answer):
            return None
        is_confirmed = told is not None and abs(seconds(told - answer.at)) <= SAME_S
        return None if is_confirmed else Doubt.AHEAD

    def _goes_evenly(self, answer: Answer, reading: Reading, *, is_ours: bool) -> bool:
        """Whether the clock goes on from the last reading in doubt as it should."""
        if not self._held or self._since is None:
            return False
        last, dated = self._held[-1]
        went_s = seconds(reading.at - dated.at)
        return went_s > -STEADY_S and (not is_ours or abs(went_s - (answer.real_s - last.real_s)) <= STEADY_S)

    def _settled(self, answer: Answer, reading: Reading, *, is_ours: bool) -> Judgement:
        """Keep what waited, dated by the seconds until now, and this reading."""
        held = [pair for pair in self._held if pair[0] is not answer] if is_ours else []
        self._held.clear()
        self._since, self._before = None, answer
        dated = [(one, replace(old, at=answer.at - timedelta(seconds=answer.real_s - one.real_s))) for one, old in held]
        return Judgement((*dated, (answer, reading)))


def _was_ahead(answer: Answer, reading: Reading, past: Past, *, is_ours: bool) -> bool:
    """Whether the later readings on record were dated by a clock that was ahead, rather than this one being behind.

    The gateway's clock tells, or a gap that the record has had since the clock went ahead.
    """
    if not is_ours:
        return past.jump is Reason.CLOCK_JUMP or past.began is not None
    told = answer.told
    if told is None:
        return past.jump is Reason.CLOCK_JUMP or past.began is not None
    if abs(seconds(told - reading.at)) > SAME_S:
        return False
    is_short = seconds(past.last_at - reading.at) <= LONGEST_BACK_S
    return is_short or past.jump is not None or past.is_first or past.began is not None
