"""Polls the rows worth polling and appends what they say to the store.

It runs until cancelled, through every failure of the gateway and of the disk,
and never asks more often than the gateway's answers allow. Whose time the
readings carry: docs/decisions/0021.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any, Literal

from forebay.clock import Clock, SystemClock
from forebay.errors import ForebayError
from forebay.recorder.asking import Answer, Asker, Caller, Pause
from forebay.recorder.beside import Beside
from forebay.recorder.dating import Dating, Doubt, doubt_words, past_of, was_asleep
from forebay.recorder.notes import Notes, detail_of, sentence
from forebay.records import reading as records
from forebay.records.reading import Reading
from forebay.records.reasons import BY_REASON, Reason, explain
from forebay.records.tempo import SKEW_S, STILL, RateMeter, Source, Tempo, skew_words, tidy
from forebay.store.aside import set_aside
from forebay.store.state import Connection
from forebay.store.store import Store
from forebay.wire import catalogue
from forebay.wire.endpoint import Endpoint
from forebay.wire.power import Aggregates
from forebay.wire.system import GridStatus, StateOfEnergy

ClockSource = Literal["auto", "system", "gateway"]

_log = logging.getLogger(__name__)

_SHORTEST_S = 0.05
"""At most 20 polls in a real second, however fast a gateway's clock runs."""
_PROBE_S = (0.2, 0.8, 1.0)
_STILL_POLL_S = 0.25


class Recorder:
    """Records one gateway.

    gateway: anything with `call`. name: the gateway's name in the store.
    fast_s, slow_s, parts_s: spacing of readings in the recording's time [s]; that of parts is the fast one unless
    given, and 0 asks for none.
    clock_source: whose time readings carry; "auto" finds out (docs/decisions/0021).
    real_s: monotonic seconds, replaced in tests.
    """

    def __init__(
        self,
        gateway: Caller,
        store: Store,
        *,
        clock: Clock | None = None,
        name: str = "gateway",
        fast_s: float = 5.0,
        slow_s: float = 60.0,
        parts_s: float | None = None,
        clock_source: ClockSource = "auto",
        real_s: Callable[[], float] | None = None,
    ) -> None:
        self._store = store
        self._clock = clock or SystemClock()
        is_system = isinstance(self._clock, SystemClock)
        self._real_s = real_s or (time.monotonic if is_system else lambda: self._clock.now().timestamp())
        self._fast_s = fast_s
        self._id = store.gateway_id(name)
        self._source: Source | None = None if clock_source == "auto" else clock_source
        self._may_switch = clock_source == "auto"
        self._rates = RateMeter()
        self._undecided: list[Answer] = []
        self._ask_for = Asker(gateway, self._real_s, name)
        self._pause = Pause()
        self._notes = Notes(store, self._id, name)
        self._guarded = self._notes.guarded
        self._dating = Dating()
        self._last_answer: Answer | None = None
        self._asked_s: float | None = None
        self._probes = 0
        self._beside = Beside(
            self._ask_for,
            store,
            self._id,
            real_s=self._real_s,
            now=self._now,
            guarded=self._guarded,
            slow_s=slow_s,
            parts_s=fast_s if parts_s is None else parts_s,
        )

    @property
    def gateway_id(self) -> int:
        """The gateway's id in the store."""
        return self._id

    async def run(self) -> None:
        """Record until cancelled; what was read is durable afterwards."""
        self._begin()
        due_s = self._real_s()
        try:
            while True:
                due_s += await self._poll()
                now_s = self._real_s()
                due_s = max(due_s, now_s)  # a late poll is not made up for
                await self._clock.sleep(due_s - now_s)
        finally:
            await self._beside.end()
            self._decide(at_end=True)
            self._guarded(self._store.flush)

    def _begin(self) -> None:
        self._beside.begin()
        last = self._store.latest(self._id)
        if last is not None:
            self._guarded(lambda: self._store.open_gap(self._id, last.at, Reason.RECORDER_OFF))
            before = self._store.tempo(self._id)
            if self._source is None and before is not None and before.source == "gateway":
                self._source = "gateway"
                self._store.set_tempo(self._id, Tempo("gateway", 0.0, last.at, self._clock.now(), self._fast_s))
        self._guarded(lambda: self._store.set_connection(self._id, Connection("waiting")))

    # one round

    async def _poll(self) -> float:
        """Ask once and record it; return the seconds until the next poll [real s]."""
        idle_s = 0.0 if self._asked_s is None else self._real_s() - self._asked_s
        try:
            answer = replace(await self._ask(), idle_s=idle_s)
        except ForebayError as exc:
            self._ask_for.hush()
            await self._flush()
            return self._fail(exc)
        finally:
            self._asked_s = self._real_s()
        self._ask_for.tell()
        self._pause.reset()
        if answer.told is not None:
            self._rates.observe(answer.real_s, answer.told)
        await self._flush()
        self._undecided.append(answer)
        self._decide()
        if self._source is not None and not self._dating.in_doubt:
            self._beside.start(self._speed, self._interval_s())
        return self._interval_s()

    async def _flush(self) -> None:
        """Make readings durable when it is time, without holding up the event loop."""
        if self._store.database.is_flush_due:
            await asyncio.to_thread(self._guarded, self._store.flush)

    async def _ask(self) -> Answer:
        """Poll the fast rows; while the gateway is away, the most telling one alone first."""
        is_live = self._store.connection(self._id).state == "live"
        others = [row for row in records.FAST_ROWS[1:] if self._ask_for.is_due(row)]
        if is_live:
            told, rest = await asyncio.gather(self._call_fast(), self._call_others(others))
        else:
            told, rest = await self._call_fast(), await self._call_others(others)
        real_s, at, model = told
        charge = next((m for m in rest if isinstance(m, StateOfEnergy)), None)
        grid = next((m for m in rest if isinstance(m, GridStatus)), None)
        return Answer(real_s, at, records.gateway_time(model), model, charge, grid)

    async def _call_fast(self) -> tuple[float, datetime, Aggregates]:
        model = await self._ask_for.call(catalogue.AGGREGATES)
        return self._real_s(), self._clock.now(), model

    async def _call_others(self, rows: list[Endpoint[Any, Any]]) -> list[object]:
        return await asyncio.gather(*(self._ask_for.try_call(row) for row in rows))

    # failures

    def _fail(self, error: ForebayError) -> float:
        row, detail = explain(error), detail_of(error)
        wait_s = self._pause.after(error, max(5 * _SHORTEST_S, self._fast_s / max(1.0, self._speed)))
        self._rates.reset()
        self._notes.gap(row, detail, now=self._clock.now() if self._is_our_time else None)
        self._notes.down(row, sentence(row, detail, wait_s), self._now())
        return wait_s

    def _say_live(self, answer: Answer) -> None:
        advice = None
        if self._source == "system" and answer.told is not None:
            skew_s = (answer.told - answer.at).total_seconds()
            if abs(skew_s) > SKEW_S:
                advice = skew_words(skew_s)
        self._notes.live(self._now(), advice)

    # time

    @property
    def _speed(self) -> float:
        tempo = self._store.tempo(self._id)
        return tempo.speed if tempo is not None and self._source == "gateway" else 1.0

    @property
    def _is_our_time(self) -> bool:
        tempo = self._store.tempo(self._id)
        return (self._source or (tempo.source if tempo else "system")) == "system"

    def _now(self) -> datetime:
        return self._store.now(self._id, self._clock.now())

    def _interval_s(self) -> float:
        """Return the spacing of polls [real s]."""
        if self._source is None or (self._source == "gateway" and self._rates.rate is None):
            self._probes += 1
            return _PROBE_S[min(self._probes, len(_PROBE_S)) - 1]
        speed = self._speed
        if speed < STILL:
            return min(self._fast_s, _STILL_POLL_S)
        return max(_SHORTEST_S, min(self._fast_s, self._fast_s / speed))

    def _decide(self, *, at_end: bool = False) -> None:
        """Settle whose time to follow as soon as it can be told, then record what waited for it."""
        if not self._undecided:
            return
        answer = self._undecided[-1]
        skew_s = 0.0 if answer.told is None else (answer.told - answer.at).total_seconds()
        if self._source is None:
            self._source = self._rates.verdict(skew_s)
            if self._source is None and (at_end or answer.told is None):
                self._source = "system"
        elif self._source == "system" and self._may_switch and self._rates.is_faster_throughout:
            self._source = "gateway"
            _log.warning("%s: its clock runs fast: readings carry its time from now on", self._ask_for.name)
        if self._source is None:
            return
        waiting, self._undecided = self._undecided, []
        for one in waiting:
            self._record(one, self._source)

    def _record(self, answer: Answer, source: Source) -> None:
        reading = answer.reading(source)
        last = self._store.latest(self._id)
        behind_s = -1.0 if last is None else (last.at - reading.at).total_seconds()
        if last is not None and 0 <= behind_s <= self._fast_s:  # a clock that stands gives the same reading again
            self._set_tempo(answer, reading.at, source)
            self._guarded(lambda: self._store.close_gap(self._id, last.at))
            self._say_live(answer)
            return
        past = past_of(self._store, self._id, reading.at, last.at) if last is not None and behind_s > 0 else None
        last_at = None if last is None else last.at
        judged = self._dating.judge(answer, reading, last_at, past, is_ours=source == "system")
        if judged.aside is not None:
            self._set_aside(judged.aside)
        for one, dated in judged.kept:
            self._keep(one, dated, source)
        if judged.doubt is not None:
            if source == "gateway":
                self._set_tempo(answer, reading.at, source)
            self._say_doubt(judged.doubt, reading.at, last)

    def _keep(self, answer: Answer, reading: Reading, source: Source) -> None:
        last = self._store.latest(self._id)
        if last is not None and reading.at <= last.at:
            return
        self._close_gap(answer, reading.at, last)
        self._set_tempo(answer, reading.at, source)

        def keep() -> None:
            self._store.append(self._id, reading)
            self._beside.fast(reading, max(self._fast_s, self._speed * _SHORTEST_S))

        self._guarded(keep)
        self._last_answer = answer
        if self._notes.store_error:
            self._notes.disk_is_failing(self._now())
        else:
            self._say_live(answer)

    def _set_tempo(self, answer: Answer, at: datetime, source: Source) -> None:
        if source == "system":
            tempo = Tempo("system", 1.0, at, answer.at, self._fast_s)
        else:
            rate = self._rates.rate
            speed = self._speed if rate is None else tidy(rate)
            tempo = Tempo("gateway", speed, at, answer.at, max(self._fast_s, speed * _SHORTEST_S))
        self._guarded(lambda: self._store.set_tempo(self._id, tempo))

    def _say_doubt(self, doubt: Doubt, at: datetime, last: Reading | None) -> None:
        """Say, once, that the clock is not believed."""
        row = BY_REASON[Reason.CLOCK_JUMP]
        if self._store.connection(self._id).reason is row.reason:
            return
        words, advice = doubt_words(doubt, at, None if last is None else last.at, self._source or "system")
        self._guarded(lambda: self._store.log_event(self._id, at, str(row.reason), words))
        self._notes.down(row, words, at, advice=advice)

    def _set_aside(self, cut: datetime) -> None:
        """Take out of the record what a clock that was ahead has dated."""

        def part() -> None:
            n = set_aside(self._store, self._id, cut)
            self._beside.forget()
            words = f"The clock had been ahead: {n} readings dated after {cut:%Y-%m-%d %H:%M} UTC were set aside."
            self._store.log_event(self._id, cut, str(Reason.CLOCK_JUMP), words)
            _log.warning("%s: %s", self._ask_for.name, words)

        self._guarded(part)

    def _close_gap(self, answer: Answer, at: datetime, last: Reading | None) -> None:
        """End a gap that was noted, or note one that nobody saw coming."""
        if self._store.present_gap(self._id) is not None:
            self._guarded(lambda: self._store.close_gap(self._id, at))
            return
        before, speed = self._last_answer, self._speed
        if last is None or before is None or speed < STILL:
            return
        real_s = answer.real_s - before.real_s
        passed_s = (at - last.at).total_seconds()
        is_late = real_s > 3 * max(self._interval_s(), 1.0)
        is_jump = passed_s > 3 * self._fast_s and passed_s > real_s * self._highest_pace(speed)
        if not is_late and not is_jump:
            return
        slept = is_jump and self._source == "system" and was_asleep(before, answer)
        reason, detail = Reason.CLOCK_JUMP if is_jump and not slept else Reason.RECORDER_OFF, ""
        if not is_jump and answer.idle_s < real_s / 2:
            reason, detail = Reason.SLOW, f"{real_s:.0f} s from one reading to the next"
        if is_jump and answer.told is not None:
            self._rates.reset()
            self._rates.observe(answer.real_s, answer.told)

        def note() -> None:
            self._store.open_gap(self._id, last.at, reason, detail)
            self._store.close_gap(self._id, at)

        self._guarded(note)

    def _highest_pace(self, speed: float) -> float:
        """Return the pace that is a jump of the clock: an emulated one may be set to run much faster."""
        return 2.0 if self._source == "system" else 100 * max(speed, 1.0)
