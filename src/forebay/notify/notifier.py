"""Looks at the store whenever it has news, and tells what has begun and what is over."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from forebay.clock import Clock, SystemClock
from forebay.errors import StoreError
from forebay.notify import looks, rules
from forebay.notify.capacity import Capacity
from forebay.notify.channels.channel import Channel
from forebay.notify.condition import Change, Condition, Edge, Look, first, step
from forebay.notify.courier import Courier, durably
from forebay.notify.ledger import Delivery, Key, Ledger
from forebay.notify.notice import Message
from forebay.notify.quiet import QuietHours
from forebay.notify.settings import NotifySettings
from forebay.store.database import Statement
from forebay.store.query import zone
from forebay.store.state import GatewayRow
from forebay.store.store import Store

_log = logging.getLogger(__name__)

EVERY_S = 5.0
"""How often it is looked although there are no news [real s]: silence makes none."""
PRODUCTION_EVERY, CAPACITY_EVERY = timedelta(minutes=15), timedelta(hours=12)
ABSENT = timedelta(minutes=1)
"""After so long without a look nobody was there, or the clock was set [real]: silence is counted anew."""
PAUSE_S = 0.2
"""The shortest time between two looks [real s]: readings of a fast clock are looked at together."""
MET = ""
"""The subject of the mark that a gateway's alerts were met."""
SETTLING = timedelta(minutes=5)
"""How long after the first look alerts that show up are taken for old ones."""


@dataclass(frozen=True, slots=True)
class Made:
    """A message that was written down: whose news it is, when it may be told, and by which couriers."""

    message: Message
    gateway_id: int
    due: datetime
    takers: list[Courier]


class Notifier:
    """Tells what happens to gateways of a store.

    names: the gateways that are recorded; others of the store are not looked at. settings: see [notify].
    clock: the real time; what is told is judged in the recording's time.
    """

    def __init__(
        self,
        store: Store,
        names: Sequence[str],
        settings: NotifySettings,
        channels: Iterable[Channel],
        *,
        clock: Clock | None = None,
    ) -> None:
        self._store = store
        self._names = tuple(names)
        self._settings = settings
        self._clock = clock or SystemClock()
        self._quiet = None if settings.quiet is None else QuietHours.parse(settings.quiet)
        self._max_age = timedelta(hours=settings.max_age_h)
        self._ledger = Ledger(store)
        kept = [*channels]
        self._ledger.abandon(channel.name for channel in kept)
        self.couriers = [
            Courier(channel, self._ledger, now=self._now, clock=self._clock, max_age=self._max_age) for channel in kept
        ]
        self._seen: dict[int, datetime] = {}
        self._begun: dict[int, datetime] = {}
        self._looked: datetime | None = None
        self._due: dict[tuple[int, str], datetime] = {}
        self._capacity = Capacity()
        self._problem = ""
        self._forget_what_is_off()

    def _now(self, gateway_id: int) -> datetime:
        return self._store.now(gateway_id, self._clock.now())

    def _forget_what_is_off(self) -> None:
        """A rule that is switched on again begins anew: what lasts by then is no news."""
        on = {rule.name for rule in rules.RULES if rules.settings_of(rule, self._settings.rules).on}
        self._ledger.write(self._ledger.forget(key for key in self._ledger.keys if key[1] not in on))

    # looking

    def look(self) -> list[Message]:
        """Look at everything new; return the messages that it made, which wait for their channels now."""
        return self._hand_on(self._examine())

    def _examine(self) -> list[Made]:
        """Look at everything new and write down what is to be told; may run in another thread."""
        made: list[Made] = []
        real = self._clock.now()
        if self._looked is None or abs(real - self._looked) > ABSENT:
            self._begun.clear()
        self._looked = real
        for gateway in self._store.gateways():
            if gateway.name in self._names:
                made += self._look_at(gateway)
        return made

    def _look_at(self, gateway: GatewayRow) -> list[Made]:
        latest = self._store.latest(gateway.id)
        if latest is None:
            return []
        now, of_rules = self._now(gateway.id), self._settings.rules
        found: list[looks.Found] = []
        since = self._seen.get(gateway.id, latest.at - timedelta(milliseconds=1))
        self._begun.setdefault(gateway.id, now)
        if latest.at > since:
            slow = self._store.latest_slow(gateway.id)
            moment = timedelta(milliseconds=1)
            for reading in self._store.readings(gateway.id, since + moment, latest.at + moment):
                found += looks.at_reading(reading, slow, of_rules)
            self._seen[gateway.id] = latest.at
        found += looks.silence(self._store, gateway.id, now, self._begun[gateway.id], of_rules)
        if self._is_time(gateway.id, "production", now, PRODUCTION_EVERY):
            found += looks.production(self._store, gateway.id, now, of_rules)
        found += self._capacity_of(gateway.id, now)
        statements = self._meet_alerts(gateway.id, now, found) if of_rules.alert.on else []
        return self._judge(gateway, found, now, statements)

    def _meet_alerts(self, gateway_id: int, now: datetime, found: list[looks.Found]) -> list[Statement]:
        """Look at the alerts too; return what writes that they were met.

        An alert has no state before it is raised, so a mark tells since when new ones are news: a while after the first
        look, when the recorder has asked for all that there are.
        """
        mark = (gateway_id, "alert", MET)
        met = self._ledger.condition(mark) or Condition(told=now)
        known = self._ledger.subjects(gateway_id, "alert").keys() - {MET}
        alerts = looks.alerts(self._store, gateway_id, now, known, self._settings.rules)
        found += alerts
        statements = self._ledger.keep(mark, met)
        for _, look in alerts:
            if look.subject not in known and met.told is not None and look.at > met.told + SETTLING:
                statements += self._ledger.keep((gateway_id, "alert", look.subject), Condition())
        return statements

    def _capacity_of(self, gateway_id: int, now: datetime) -> list[looks.Found]:
        rule = self._settings.rules.capacity_dropped
        if not rule.on or now < self._due.get((gateway_id, "capacity"), now):
            return []
        if not self._capacity.read_on(self._store, gateway_id, now):
            return []  # a month was read; the next look reads another
        self._due[gateway_id, "capacity"] = now + CAPACITY_EVERY
        seen = self._capacity.look(self._store, gateway_id, now, rule)
        return [] if seen is None else [("capacity_dropped", seen)]

    def _is_time(self, gateway_id: int, what: str, now: datetime, every: timedelta) -> bool:
        due = self._due.get((gateway_id, what))
        if due is not None and due - every <= now < due:
            return False
        self._due[gateway_id, what] = now + every
        return True

    # judging

    def _judge(
        self, gateway: GatewayRow, found: Iterable[looks.Found], now: datetime, statements: list[Statement]
    ) -> list[Made]:
        timezone = zone(gateway.timezone).key
        house = rules.House(gateway.name, gateway.site_name or gateway.name, timezone, gateway.din_hash or "")
        made: list[Made] = []
        for name, look in found:
            rule = rules.BY_NAME[name]
            settings = rules.settings_of(rule, self._settings.rules)
            if not settings.on:
                continue
            key = (gateway.id, name, look.subject)
            before = self._ledger.condition(key)
            if before is None:
                if look.holds is not None:
                    statements += self._ledger.keep(key, first(look)) + self._replaced(key)
                continue
            after, change = step(before, look, rule.enter_s(settings), rule.leave_s(settings))
            if change is not None and self._is_news(rule, before, change, look, now):
                message = rules.message(rule, change, look, house=house, is_urgent=settings.urgent)
                due = look.at if settings.urgent or self._quiet is None else self._quiet.until(look.at, zone(timezone))
                takers = [c for c in self.couriers if not c.channel.rules or name in c.channel.rules]
                statements += self._ledger.announce(gateway.id, message, due, [c.channel.name for c in takers])
                made.append(Made(message, gateway.id, due, takers))
                if change.edge is Edge.BEGINS:
                    after = replace(after, told=look.at, is_told=True)
            statements += self._ledger.keep(key, after)
        self._ledger.write(statements, is_news=bool(made))
        return made

    def _is_news(self, rule: rules.Rule, before: Condition, change: Change, look: Look, now: datetime) -> bool:
        settings = rules.settings_of(rule, self._settings.rules)
        if now - look.at > self._max_age:
            return False
        if change.edge is Edge.ENDS:
            return bool(change.was_told and settings.over)
        return before.told is None or look.at - before.told >= timedelta(seconds=rule.again_s(settings))

    def _replaced(self, key: Key) -> list[Statement]:
        """Forget the other subjects of a rule that has one at a time."""
        gateway_id, rule, subject = key
        if rule == "alert":
            return []
        others = [other for other in self._ledger.subjects(gateway_id, rule) if other != subject]
        return self._ledger.forget((gateway_id, rule, other) for other in others)

    def _hand_on(self, made: list[Made]) -> list[Message]:
        """Let messages that are written down wait for their channels."""
        for one in made:
            for courier in one.takers:
                courier.add(Delivery(one.message, one.gateway_id, courier.channel.name, one.due))
        for courier in self.couriers:
            courier.wake()
        return [one.message for one in made]

    # running

    async def run(self) -> None:
        """Look and send until cancelled; what could not be sent is sent after the next start."""
        tasks = [asyncio.create_task(courier.run()) for courier in self.couriers]
        try:
            with self._store.watch() as watch:
                while True:
                    await self._look_guarded()
                    await asyncio.sleep(PAUSE_S)
                    await watch.wait(EVERY_S)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _look_guarded(self) -> None:
        try:
            self._hand_on(await durably(self._examine))
        except StoreError as exc:
            if str(exc) != self._problem:
                self._problem = str(exc)
                _log.error("notifications cannot read the store: %s", exc)
        else:
            self._problem = ""
