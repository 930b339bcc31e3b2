"""Turns what is seen at each poll into spans: an alert begins when it is first told, and ends when it is no more."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta

from forebay.records.raised import Raised
from forebay.records.reading import Reading, SlowReading
from forebay.records.spans import GRID_CONNECTED, SpanKind
from forebay.store.spans import observe
from forebay.store.state import from_ms
from forebay.store.store import Store

ORIGINS = ("vitals", "grid_faults", "packs", "solar")
"""Whence alerts come. One is over when none of them tells it."""
_SLOW_KINDS = {SpanKind.FIRMWARE: "firmware", SpanKind.MODE: "operation_mode", SpanKind.UPDATE: "update_state"}
"""Kind -> the slow signal of which it is the states."""
_PATIENCE = timedelta(minutes=15)
"""How long an origin that has not answered keeps alerts open that another one may have told before a restart."""
_LATE, _LATE_S = 3.0, 60.0
"""After how many times the usual spacing, and at least how long a time [s], it counts that nobody looked."""

Present = dict[tuple[str, str], str]


class Lasting:
    """Keeps the spans of one gateway. Methods raise StoreError.

    Of what ended while nobody looked, the end is when it was last seen, and the detail says so.
    """

    def __init__(self, store: Store, gateway_id: int, label_of: Callable[[Raised], str]) -> None:
        self._store = store
        self._id = gateway_id
        self._label_of = label_of
        last, slow = store.latest(gateway_id), store.latest_slow(gateway_id)
        self._before = {"fast": None if last is None else last.at, "slow": None if slow is None else slow.at}
        self._heard: dict[str, datetime] = {}
        self._written: dict[SpanKind, Present] = {}
        self._by_origin: dict[str, list[Raised]] = {}
        self._since: dict[tuple[str, str], datetime] = {}
        self._first: datetime | None = None

    def fast(self, reading: Reading, every_s: float) -> None:
        """Take note of the state of the grid. every_s: the usual spacing of readings in their own time [s]."""
        state = reading.grid_state
        if state is not None:
            present: Present = {} if state == GRID_CONNECTED else {("", state): ""}
            self._see(SpanKind.GRID, present, reading.at, every_s, "fast")

    def slow(self, reading: SlowReading, every_s: float) -> None:
        """Take note of firmware, mode and update."""
        for kind, name in _SLOW_KINDS.items():
            value = getattr(reading, name)
            if value is not None:
                self._see(kind, {("", value): ""}, reading.at, every_s, "slow")

    def problems(self, raised: Iterable[Raised], at: datetime, every_s: float) -> None:
        """Take note of the problems of the installation."""
        self._see(SpanKind.PROBLEM, {("", one.name): one.detail for one in raised}, at, every_s, "slow")

    def alerts(self, told: Mapping[str, Iterable[Raised] | None], at: datetime, every_s: float) -> None:
        """Take note of alerts, by origin; None is an origin that the gateway does not offer."""
        self._first = self._first or at
        self._by_origin |= {origin: list(raised or ()) for origin, raised in told.items()}
        every: Present = {}
        for one in (one for raised in self._by_origin.values() for one in raised):
            key = (self._label_of(one), one.name)  # a part may have been seen only since
            every[key] = one.detail or every.get(key, "")
            if one.since_ms is not None:
                self._since[key] = from_ms(one.since_ms)
        unheard = [origin for origin in ORIGINS if origin not in self._by_origin]
        if unheard and at - self._first < _PATIENCE:
            sources = frozenset(f"\0{origin}" for origin in unheard)  # of nobody: nothing ends yet
            self._see(SpanKind.ALERT, every, at, every_s, "fast", sources)
        else:
            self._see(SpanKind.ALERT, every, at, every_s, "fast")

    def _see(  # noqa: PLR0917 - all of them differ from call to call
        self,
        kind: SpanKind,
        present: Present,
        at: datetime,
        every_s: float,
        began: str,
        sources: frozenset[str] | None = None,
    ) -> None:
        heard = self._heard.get(kind) or self._before[began]
        is_late = heard is not None and (at - heard).total_seconds() > max(_LATE_S, _LATE * every_s)
        if sources is None and self._written.get(kind) == present and not is_late:
            self._heard[kind] = at
            return
        starts = {k: s for k, s in self._since.items() if k in present and s <= at and (heard is None or s >= heard)}
        unseen = f"nobody looked from {heard:%Y-%m-%d %H:%M:%S} to {at:%Y-%m-%d %H:%M:%S} UTC" if is_late else None
        observe(
            self._store,
            self._id,
            kind,
            present,
            at,
            sources=sources,
            starts=starts,
            last_seen=heard if is_late else None,
            detail=unseen,
        )
        if sources is None:
            self._heard[kind] = at
            self._written[kind] = dict(present)
