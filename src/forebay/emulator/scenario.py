"""Scenarios that are played: what happens to a home at instants of its own time, replayable from its seed.

Everything is planned in the home's agenda, so that it happens at its instant
whoever asks and however far time jumps. What the seed draws depends on the
seed, the scenario's place among those played, the event's and how often it was.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from random import Random
from typing import Any

from forebay.emulator.device import TICK_S, Device, tick_of
from forebay.emulator.refusal import Refused
from forebay.emulator.scenario_file import Event, Scenario
from forebay.emulator.verb_kinds import BadRequest
from forebay.errors import EmulatorError

LOOK_S = 0.05
"""How often a home with a scenario looks whether something is due although nobody asks [s of real time]."""

_DAY_S = 86_400.0

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One time that an event happens. ends: None for good. happens: whether chance lets it."""

    begins: datetime
    ends: datetime | None
    happens: bool


class Play:
    """The scenarios of one home."""

    def __init__(self, device: Device) -> None:
        self._device = device
        self._start = device.now
        self._played: list[Scenario] = []
        self.happened = 0

    @property
    def names(self) -> list[str]:
        """The scenarios that are played."""
        return [scenario.name for scenario in self._played]

    @property
    def next_due(self) -> datetime | None:
        """The next instant at which something is to be done to the home; None for nothing."""
        tick = self._device.agenda.next_tick
        return None if tick is None else datetime.fromtimestamp(tick * TICK_S, UTC)

    def add(self, scenario: Scenario) -> None:
        """Play a scenario from now on.

        What would have ended by now is left out; what would last still begins at once.
        """
        self._start = self._device.now
        part = len(self._played)
        self._played.append(scenario)
        for number, event in enumerate(scenario.events):
            self._plan(event, self._start, f"{self._device.rng_seed}:{part}:{number}", 0)

    def _plan(self, event: Event, start: datetime, key: str, count: int) -> None:
        """Plan an event from its occurrence `count` on, the first that is not over at the start."""
        while event.times is None or count < event.times:
            occurrence = occurrence_of(event, start, self._device, f"{key}:{count}", count)
            if not _is_over(occurrence, start, repeats=event.every_s is not None):
                begin = partial(self._begin, event, start, key, count + 1, occurrence)
                self._device.agenda.plan(tick_of(occurrence.begins), begin)
                return
            if event.every_s is None:
                return
            count += max(1, int((start - occurrence.begins).total_seconds() // event.every_s) - 1)

    def _begin(self, event: Event, start: datetime, key: str, following: int, occurrence: Occurrence) -> None:
        if occurrence.happens:
            done = self._attempt(event, lambda: event.verb.do(self._device, event.body))
            undo = event.verb.undo
            if done is not _FAILED and occurrence.ends is not None and undo is not None:
                self._device.agenda.plan(
                    tick_of(occurrence.ends),
                    lambda: self._attempt(event, lambda: undo(self._device, event.body, done)),
                )
        if event.every_s is not None:
            self._plan(event, start, key, following)

    def _attempt(self, event: Event, action: Callable[[], Any]) -> Any:
        """Do something; what cannot be done is logged, and the rest of the scenario goes on."""
        try:
            done = action()
        except (BadRequest, EmulatorError) as exc:
            log.warning("%s: %s cannot be done: %s", event.where, event.verb.name, exc)
        except Refused as exc:
            log.warning("%s: %s cannot be done: the gateway refuses: %s", event.where, event.verb.name, exc.key)
        else:
            self.happened += 1
            return done
        return _FAILED


_FAILED = object()


def occurrence_of(event: Event, start: datetime, device: Device, key: str, count: int) -> Occurrence:
    """Return when an event happens for the time `count`, counted from 0, as the seed draws it."""
    rng = Random(f"scenario:{key}")  # noqa: S311 - a play, not a secret
    zone = device.home.zone
    begins = event.begins[0].after(start, zone)
    if len(event.begins) > 1:
        latest = event.begins[1].after(begins, zone) if event.begins[1].clock else event.begins[1].after(start, zone)
        begins += max(timedelta(), latest - begins) * rng.random()
    if event.every_s is not None:
        days, rest_s = divmod(event.every_s * count, _DAY_S)
        local = (begins.astimezone(zone) + timedelta(days=days)).astimezone(UTC)  # the wall clock is kept
        begins = local + timedelta(seconds=rest_s)
    happens = rng.random() < event.chance
    lasts_s = event.lasts_s[0] if event.lasts_s else None
    if lasts_s is not None and len(event.lasts_s) > 1:
        lasts_s += (event.lasts_s[1] - lasts_s) * rng.random()
    return Occurrence(begins, None if lasts_s is None else begins + timedelta(seconds=lasts_s), happens)


def _is_over(occurrence: Occurrence, start: datetime, *, repeats: bool) -> bool:
    """Whether an occurrence has no effect any more; of what repeats for good, earlier ones have none."""
    if occurrence.ends is not None:
        return occurrence.ends <= start
    return repeats and occurrence.begins < start


@contextlib.asynccontextmanager
async def on_time(device: Device) -> AsyncIterator[None]:
    """Let things happen when they are due although nobody asks; costs nothing without a scenario."""
    play = device.area(Play)
    if not play.names:
        yield
        return
    device.catch_up()
    watch = asyncio.create_task(_watch(device, play))
    try:
        yield
    finally:
        watch.cancel()
        await asyncio.wait({watch})


async def _watch(device: Device, play: Play) -> None:
    while True:
        await asyncio.sleep(LOOK_S)
        due = play.next_due
        if due is not None and due <= device.clock.now():
            device.catch_up()
