"""Brings messages to one channel: in order, again until it takes them, without holding up any other."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TypeVar

from forebay.clock import Clock
from forebay.errors import ForebayError, NotDelivered
from forebay.notify.channels.channel import Channel
from forebay.notify.ledger import Delivery, Ledger
from forebay.notify.notice import summary

_log = logging.getLogger(__name__)

MOST_WAITING = 100
"""More than so many messages of one channel do not wait: the oldest are dropped."""
PAUSES_S = (5.0, 15.0, 60.0, 300.0, 900.0)
"""How long to wait after the first, second, … failure in a row [s]."""
MOST_REFUSALS = 3
"""How often a message is tried that the receiver says no to."""

R = TypeVar("R")
Now = Callable[[int], datetime]
"""The recording's time of a gateway, by its id."""


async def durably(work: Callable[[], R]) -> R:
    """Return what `work` returns, done in another thread, and done to its end also when one is cancelled."""
    task = asyncio.ensure_future(asyncio.to_thread(work))
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait([task])
        raise


def _alike(delivery: Delivery) -> tuple[str, int, datetime]:
    return delivery.message.rule, delivery.gateway_id, delivery.message.at


class Courier:
    """Sends what waits for a channel.

    max_age: what has waited longer since it was due is dropped. clock: waits between tries, in real time.
    """

    def __init__(self, channel: Channel, ledger: Ledger, *, now: Now, clock: Clock, max_age: timedelta) -> None:
        self.channel = channel
        self._ledger = ledger
        self._now = now
        self._clock = clock
        self._max_age = max_age
        self._waiting: deque[Delivery] = deque(ledger.waiting(channel.name))
        self._news = asyncio.Event()
        self._failures = 0
        self._refusals = 0
        self._problem = ""
        self._bound()

    @property
    def waiting(self) -> int:
        """How many messages wait."""
        return len(self._waiting)

    def add(self, delivery: Delivery) -> None:
        """Let a message wait, by the time it is due."""
        place = len(self._waiting)
        while place and self._waiting[place - 1].due > delivery.due:
            place -= 1
        self._waiting.insert(place, delivery)
        self._bound()
        self._news.set()

    def wake(self) -> None:
        """Look again: time has passed."""
        if self._waiting:
            self._news.set()

    def _bound(self) -> None:
        surplus = [self._waiting.popleft() for _ in range(max(0, len(self._waiting) - MOST_WAITING))]
        self._drop(surplus, f"more than {MOST_WAITING} messages waited")

    def _drop(self, deliveries: list[Delivery], why: str) -> None:
        if deliveries:
            titles = ", ".join(delivery.message.title for delivery in deliveries[:3])
            _log.warning("%s: %d not told, %s: %s", self.channel.name, len(deliveries), why, titles)
            self._ledger.settle(deliveries, "dropped", self._now(deliveries[0].gateway_id), why)

    def due(self) -> list[Delivery]:
        """Return what is to be sent now as one message, the first that is due and what goes with it.

        That is what waited for the same hour, or further alerts: a house that loses its grid raises many at once.
        What has become too old is dropped first.
        """
        old = [d for d in self._waiting if self._now(d.gateway_id) - d.due > self._max_age]
        for delivery in old:
            self._waiting.remove(delivery)
        self._drop(old, "too old")
        ready = [d for d in self._waiting if self._now(d.gateway_id) >= d.due]
        if not ready:
            return []
        head = ready[0]
        if head.due > head.message.at:
            return [d for d in ready if (d.due, d.gateway_id) == (head.due, head.gateway_id) and d.due > d.message.at]
        if head.message.rule == "alert":
            return [d for d in ready if (d.message.rule, d.gateway_id, d.message.at) == _alike(head)]
        return [head]

    async def deliver(self) -> bool:
        """Whether something was due; sends it, or notes why it could not be sent and waits."""
        batch = self.due()
        if not batch:
            return False
        message = batch[0].message if len(batch) == 1 else summary([d.message for d in batch])
        try:
            await self.channel.send(message)
        except NotDelivered as exc:
            await self._fail(batch, exc)
        except Exception as exc:  # a channel's bug must not silence the others, nor this one for good
            _log.debug("sending failed", exc_info=exc)
            await self._fail(batch, NotDelivered(f"{self.channel.place}: failed unexpectedly ({type(exc).__name__})"))
        else:
            await self._settle(batch)
        return True

    async def _settle(self, batch: list[Delivery]) -> None:
        if self._problem:
            _log.info("%s: notifications are delivered again", self.channel.name)
        self._failures, self._refusals, self._problem = 0, 0, ""
        self._take(batch)
        at = self._now(batch[0].gateway_id)
        await durably(lambda: self._ledger.settle(batch, "sent", at))

    async def _fail(self, batch: list[Delivery], error: NotDelivered) -> None:
        words = str(error)
        if words != self._problem:
            self._problem = words
            _log.warning("%s: a notification waits: %s", self.channel.name, words)
            at = self._now(batch[0].gateway_id)
            await durably(lambda: self._ledger.note_problem(batch[0], at, words))
        self._refusals = self._refusals + 1 if error.is_refused else 0
        if self._refusals >= MOST_REFUSALS:
            self._refusals = 0
            self._take(batch)
            self._drop(batch, f"refused ({words})")
            return
        pause_s = PAUSES_S[min(self._failures, len(PAUSES_S) - 1)]
        self._failures += 1
        await self._clock.sleep(max(pause_s, error.retry_after_s))

    def _take(self, batch: list[Delivery]) -> None:
        for delivery in batch:
            if delivery in self._waiting:
                self._waiting.remove(delivery)

    async def run(self) -> None:
        """Send for ever, until cancelled; what goes wrong beside sending is logged, and tried again after a while."""
        said = ""
        while True:
            try:
                await self._send_what_comes()
            except Exception as exc:  # the store cannot be read, or the channel has a bug: the others go on
                words = f"{type(exc).__name__}: {exc}" if isinstance(exc, ForebayError) else type(exc).__name__
                if words != said:
                    said = words
                    _log.error("%s: notifications stand still: %s", self.channel.name, words)
                await self._clock.sleep(PAUSES_S[2])

    async def _send_what_comes(self) -> None:
        async with self.channel.opened():
            while True:
                while await self.deliver():
                    pass
                await self._news.wait()
                self._news.clear()
