"""Asks what is kept beside the fast readings: the slow rows, the parts, what is raised; and keeps it.

Rows are asked one after the other, so that a gateway never answers more than a few at once. Where the vitals are not
offered (23.44 and later, restricted gateways), the rows that still tell of parts take their place.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime
from typing import Any

from forebay.errors import MalformedReply
from forebay.recorder.asking import Asker
from forebay.recorder.identity import din_hash_of
from forebay.recorder.lasting import Lasting
from forebay.records import part_reading, raised
from forebay.records import reading as records
from forebay.records.parts import PartReading
from forebay.records.raised import GATEWAY, Raised
from forebay.records.reading import Reading
from forebay.store.fill import fill_spans
from forebay.store.part_writer import PartWriter
from forebay.store.store import Store
from forebay.wire import catalogue, vitals
from forebay.wire.endpoint import Endpoint, Poll
from forebay.wire.site import SiteInfo, SiteName
from forebay.wire.solar import SolarPowerwall
from forebay.wire.system import SystemStatus
from forebay.wire.testing import Problems

_log = logging.getLogger(__name__)

_SHORTEST_S = 1.0
"""At most so often, however fast a gateway's clock runs [real s]."""
_SLOW_ROWS: tuple[Endpoint[Any, Any], ...] = (*records.SLOW_ROWS, catalogue.SITE_NAME, catalogue.PROBLEMS)
INSTEAD: tuple[Endpoint[Any, Any], ...] = (
    catalogue.SYSTEM_STATUS,
    catalogue.SOLAR_POWERWALL,
    catalogue.METERS_SITE,
    catalogue.METERS_SOLAR,
)
"""What is asked for parts where the vitals are not offered."""


class Beside:
    """Asks and keeps what is beside the fast readings of one gateway.

    now: the recording's time. guarded: does a write and tells when the disk fails. slow_s, parts_s: spacing in the
    recording's time [s]; parts_s of 0 asks for no parts.
    """

    def __init__(
        self,
        ask_for: Asker,
        store: Store,
        gateway_id: int,
        *,
        real_s: Callable[[], float],
        now: Callable[[], datetime],
        guarded: Callable[[Callable[[], object]], None],
        slow_s: float,
        parts_s: float,
    ) -> None:
        self._ask_for = ask_for
        self._store = store
        self._id = gateway_id
        self._real_s = real_s
        self._now = now
        self._guarded = guarded
        self._slow_s = slow_s
        self._parts_s = parts_s
        self._pace = 1.0
        self._known: dict[str, tuple[float, object]] = {}
        self._asked_s: dict[str, float] = {}
        self._parts_asked_s = float("-inf")
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._parts: PartWriter | None = None
        self._lasting: Lasting | None = None
        self._malformed = False
        self._told_before: dict[str, list[Raised] | None] = {}

    def begin(self) -> None:
        """Look at what was there before; raises nothing, a failing disk is told."""

        def look() -> None:
            fill_spans(self._store, self._id)
            self._lasting = Lasting(self._store, self._id, self._label_of)

        self._guarded(look)

    def forget(self) -> None:
        """Look up anew what was there before, as when a part of the record was set aside."""
        self._parts = None
        self._told_before = {}
        self.begin()

    def fast(self, reading: Reading, every_s: float) -> None:
        """Take note of a fast reading. every_s: the usual spacing of such in their own time [s]. Raises StoreError."""
        self._spans.fast(reading, every_s)

    def start(self, pace: float, interval_s: float) -> None:
        """Begin to ask for what is due, beside the caller.

        pace: seconds of the recording in each real one. interval_s: until the next call [real s].
        """
        self._pace = max(1.0, pace)  # reckoned anew each time: the pace may have changed since a row was asked
        early_s = self._real_s() + interval_s / 2
        if self._is_free("slow"):
            self._start_slow(early_s)
        if self._parts_s and self._is_free("parts") and early_s >= self._parts_asked_s + self._parts_every_s:
            self._parts_asked_s = self._real_s()
            self._tasks["parts"] = asyncio.create_task(self._poll_parts())

    async def end(self) -> None:
        """Stop asking."""
        for task in self._tasks.values():
            task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)

    def _is_free(self, name: str) -> bool:
        return name not in self._tasks or self._tasks[name].done()

    @property
    def _spans(self) -> Lasting:
        if self._lasting is None:
            self._lasting = Lasting(self._store, self._id, self._label_of)
        return self._lasting

    @property
    def _writer(self) -> PartWriter:
        if self._parts is None:
            self._parts = PartWriter(self._store, self._id)
        return self._parts

    def _label_of(self, one: Raised) -> str:
        return (self._writer.label_of(one.key) if one.key is not None else None) or GATEWAY

    def _at(self) -> datetime:
        """Return the time of what was just told, not before the last reading."""
        last = self._store.latest(self._id)
        return self._now() if last is None else max(self._now(), last.at)

    # slow rows

    def _slow_every_s(self, row: Endpoint[Any, Any]) -> float:
        return max(_SHORTEST_S, self._slow_s * row.poll / Poll.SLOW / self._pace)

    def _start_slow(self, early_s: float) -> None:
        rows = [
            row
            for row in _SLOW_ROWS
            if self._ask_for.is_due(row)
            and early_s >= self._asked_s.get(row.name, float("-inf")) + self._slow_every_s(row)
        ]
        if rows:
            self._asked_s |= {row.name: self._real_s() for row in rows}
            self._tasks["slow"] = asyncio.create_task(self._poll_slow(rows))

    async def _ask(self, row: Endpoint[Any, Any], every_s: float) -> object:
        """Return a row's model, None where it fails; it is known for half as long again as its spacing."""
        model = await self._ask_for.try_call(row)
        if model is None:
            self._known.pop(row.name, None)
        else:
            self._known[row.name] = (self._real_s() + 1.5 * every_s, model)
        return model

    async def _poll_slow(self, rows: list[Endpoint[Any, Any]]) -> None:
        """Ask the slow rows one after the other and keep what they say."""
        heard = {row.name: await self._ask(row, self._slow_every_s(row)) for row in rows}
        for model in heard.values():
            self._identify(model)
        if not any(model is not None for model in heard.values()):
            return
        now_s, at = self._real_s(), self._at()
        models = {name: model for name, (until_s, model) in self._known.items() if until_s >= now_s}
        reading = records.slow_reading(at, models)
        every_s = max(self._slow_s, self._pace * _SHORTEST_S)
        told: dict[str, list[Raised] | None] = {}
        if (faults := self._told(catalogue.GRID_FAULTS, heard)) is not ...:
            told["grid_faults"] = raised.of_grid_faults(faults) if isinstance(faults, list) else None
        if (status := self._told(catalogue.SYSTEM_STATUS, heard)) is not ...:
            told["packs"] = raised.of_packs(status) if isinstance(status, SystemStatus) else None
        problems = heard.get(catalogue.PROBLEMS.name)

        def keep() -> None:
            self._store.append_slow(self._id, reading)
            self._spans.slow(reading, every_s)
            if isinstance(problems, Problems):
                self._spans.problems(raised.of_problems(problems), at, every_s)
            if told:
                self._spans.alerts(told, at, every_s)

        self._guarded(keep)

    def _told(self, row: Endpoint[Any, Any], heard: dict[str, object]) -> Any:
        """Return what a row told, None where the gateway does not offer it, ... where it was not heard."""
        if row.name in heard and heard[row.name] is not None:
            return heard[row.name]
        return None if self._ask_for.is_left_out(row) else ...

    def _identify(self, model: object) -> None:
        """Keep the site's name and zone, and notice another gateway behind the same address."""
        if isinstance(model, SiteName | SiteInfo):
            zone = model.timezone or None
            self._guarded(lambda: self._store.identify(self._id, site_name=model.site_name, timezone=zone))
        din_hash = din_hash_of(model)
        known = self._store.gateway(self._id).din_hash
        if din_hash is None or known == din_hash:
            return
        if known is not None:
            words = "Another gateway answers at this address: its identity number has changed."
            _log.warning("%s: %s", self._ask_for.name, words)
            self._guarded(lambda: self._store.log_event(self._id, self._now(), "gateway_changed", words))
        self._guarded(lambda: self._store.identify(self._id, din_hash=din_hash))

    # parts

    @property
    def _parts_every_s(self) -> float:
        return max(_SHORTEST_S, self._parts_s / self._pace) if self._pace > 1 else self._parts_s

    async def _poll_parts(self) -> None:
        """Ask for the parts, in one request where the vitals are offered."""
        if self._ask_for.is_due(catalogue.VITALS):
            model = await self._ask_for.try_call(catalogue.VITALS)
            if isinstance(model, bytes):
                self._keep_vitals(model)
        elif self._ask_for.is_left_out(catalogue.VITALS):
            await self._poll_instead()

    def _keep_vitals(self, raw: bytes) -> None:
        try:
            devices = vitals.decode(raw)
        except MalformedReply as exc:
            if not self._malformed:
                self._malformed = True
                _log.warning("%s: parts are missing from the readings: %s", self._ask_for.name, exc)
            return
        self._malformed = False
        self._keep(part_reading.of_vitals(devices), {"vitals": raised.of_vitals(devices), "solar": None})

    async def _poll_instead(self) -> None:
        found: list[PartReading] = []
        told: dict[str, list[Raised] | None] = {"vitals": None}
        for row in INSTEAD:
            if not self._ask_for.is_due(row):
                continue
            model = await self._ask(row, self._slow_every_s(row) if row.poll else self._parts_every_s)
            if isinstance(model, SystemStatus):
                self._asked_s[row.name] = self._real_s()  # it need not be asked again among the slow rows
                found += part_reading.of_system_status(model)
                told["packs"] = raised.of_packs(model)
                continue
            if isinstance(model, SolarPowerwall):
                here = part_reading.of_solar_powerwall(model)
                told["solar"] = raised.of_solar(model)
            else:
                here = part_reading.of_meters(model) if isinstance(model, list) else []
            if not here and not self._ask_for.is_failing(row):
                self._ask_for.wait(row, Poll.RARE / self._pace)  # nothing is installed of which it could tell
            found += here
        told |= {"solar": None} if self._ask_for.is_left_out(catalogue.SOLAR_POWERWALL) else {}
        self._keep(found, told)

    def _keep(self, found: list[PartReading], told: dict[str, list[Raised] | None]) -> None:
        if not found and told == self._told_before:
            return  # nothing to write, so nothing is learnt about the disk either
        self._told_before = told
        at = self._at()
        every_s = max(self._parts_s, self._pace * _SHORTEST_S)

        def keep() -> None:
            self._writer.append(at, found)
            self._spans.alerts(told, at, every_s)

        self._guarded(keep)
