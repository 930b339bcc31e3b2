"""Energy of any window from lifetime counters, so that it agrees with the meter.

The energy of a window is the counter's value at its end minus that at its
start. Inside the pair of readings around an edge it is apportioned by power.
Hence windows add up exactly, and a span without readings loses nothing that
the counters saw. Power is integrated only where there is no counter, and what
was imported fills only what neither knows.
Reasons: docs/decisions/0022.
"""

from __future__ import annotations

import json
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from itertools import accumulate, groupby, pairwise
from operator import attrgetter, itemgetter
from typing import TYPE_CHECKING, Any, NamedTuple
from zoneinfo import ZoneInfo

from forebay.records.flows import FLOWS
from forebay.records.troubles import SPANS
from forebay.store.counting import refused_steps
from forebay.store.imported import Imported, unread
from forebay.store.integral import Integral, integrals
from forebay.store.query import day_bounds, day_start
from forebay.store.raw import first_reading_ms, sealed_until
from forebay.store.rollup import QUARTER_MS, floor_ms
from forebay.store.state import to_ms
from forebay.store.steps import SWITCH_MS, TRUST_MS, Point, RefusedStep, share
from forebay.store.store import Store

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]


class Energy(NamedTuple):
    """What one flow brought in a window.

    wh: energy [Wh]; None where nothing is known of any part of the window.
    covered_ratio: the part of the window that it accounts for, 0–1; of the rest it holds the least that it was.
    imported_ratio: the part of the window that only an import tells, 0–1.
    """

    wh: float | None
    covered_ratio: float
    imported_ratio: float = 0.0


@dataclass(frozen=True, slots=True)
class _Edge:
    """The counter's points around one edge of a window: at or before it, and after it.

    wh: the counter at the edge itself, apportioned; None where a point is missing or steps were refused.
    ratio: the part of the pair's energy before the edge, where the powers between the two points tell it.
    """

    at_ms: int
    before: Point | None
    after: Point | None
    wh: float | None = None
    ratio: float | None = None


_FOR_EVER_MS = 1 << 62
_BY_POWER = -1.0
"""Stands for a ratio that the powers have to tell."""
_KNOWN_RATIO = 0.9
"""The powers tell how energy is spread over a span if they know at least this part of it."""
_N = len(FLOWS)
_SEEN = ["at_ms", *(flow.counter for flow in FLOWS), *(flow.power for flow in FLOWS)]
_AROUND = (
    f"SELECT {', '.join(f'{side}.{name}' for side in ('b', 'a') for name in _SEEN)}, e.key FROM json_each(?) AS e"  # noqa: S608
    " LEFT JOIN samples AS b ON b.gateway_id = ?"
    " AND b.at_ms = (SELECT max(at_ms) FROM samples WHERE gateway_id = ? AND at_ms <= e.value)"
    " LEFT JOIN samples AS a ON a.gateway_id = ?"
    " AND a.at_ms = (SELECT min(at_ms) FROM samples WHERE gateway_id = ? AND at_ms > e.value)"
)


class _Readings:
    """The readings before and after each edge, fetched at once for all flows."""

    def __init__(self, store: Store, gateway_id: int, edges_ms: Sequence[int]) -> None:
        rows = store.database.rows(_AROUND, (json.dumps(list(edges_ms)), *[gateway_id] * 4))
        self._rows = sorted(rows, key=itemgetter(-1))
        self._number = {at_ms: n for n, at_ms in enumerate(edges_ms)}
        self.at_edges = self._apportioned(edges_ms)
        latest = store.latest(gateway_id)
        self._first_ms = first_reading_ms(store.database, gateway_id) or 0
        self._last_ms = to_ms(latest.at) if latest else 0

    def _apportioned(self, edges_ms: Sequence[int]) -> Array:
        """Return each flow's counter at the edges, apportioned between the readings beside each.

        An array of a row for each edge; NaN where a reading is missing, does not know the counter, or is more than
        half an hour from the other. The same as `share_of`, for all edges at once.
        """
        import numpy as np

        beside = np.array(self._rows, dtype=float).reshape(len(edges_ms), 2 * len(_SEEN) + 1)
        before, after = beside[:, : len(_SEEN)], beside[:, len(_SEEN) : -1]
        signs = np.array([flow.sign for flow in FLOWS], dtype=float)
        from_w, to_w = (np.maximum(0.0, signs * side[:, 1 + _N :]) for side in (before, after))
        from_wh, pair_wh = before[:, 1 : 1 + _N], after[:, 1 : 1 + _N] - before[:, 1 : 1 + _N]
        span_ms = (after[:, 0] - before[:, 0])[:, None]
        with np.errstate(divide="ignore", invalid="ignore"):  # what divides by nothing is not chosen below
            x = (np.array(edges_ms, dtype=float)[:, None] - before[:, :1]) / span_ms
            mean_w = pair_wh * 3.6e6 / span_ms
            is_switched = (mean_w > 0) & (from_w != to_w)
            is_switched &= (np.minimum(from_w, to_w) <= mean_w) & (mean_w <= np.maximum(from_w, to_w))
            switch = (mean_w - to_w) / (from_w - to_w)
            moved = (from_w * np.minimum(x, switch) + to_w * np.maximum(0.0, x - switch)) / mean_w
            found = from_wh + pair_wh * np.where(is_switched, moved, x)
        found[(span_ms > SWITCH_MS).ravel()] = np.nan
        apportioned: Array = found
        return apportioned

    def reach(self, start_ms: int, end_ms: int) -> bool:
        """Whether two readings may lie around a part of [start, end)."""
        return start_ms < self._last_ms and end_ms > self._first_ms

    def point(self, edge_ms: int, number: int, *, after: bool) -> Point | None:
        """Return a flow's point beside an edge; None where that reading does not know the counter."""
        row, at = self._rows[self._number[edge_ms]], len(_SEEN) if after else 0
        if row[at + 1 + number] is None:
            return None
        power, sign = row[at + 1 + _N + number], FLOWS[number].sign
        return Point(row[at], row[at + 1 + number], None if power is None else max(0.0, sign * power))


class _Ledger:
    """One counter of one gateway, read around edges."""

    def __init__(self, store: Store, gateway_id: int, number: int, readings: _Readings, imported: Imported) -> None:
        flow = FLOWS[number]
        self._imported = imported
        self._number = number
        self._readings = readings
        self._store = store
        self._gateway_id = gateway_id
        self._flow = flow
        self._sealed_ms = sealed_until(store.database, gateway_id, "samples") or 0
        signed = f"{flow.sign} * {flow.power}"
        self._power = f"CASE WHEN {signed} > 0 THEN {signed} WHEN {flow.power} IS NOT NULL THEN 0.0 END"
        known = "SELECT 1 FROM counters WHERE gateway_id = ? AND signal = ?"
        self._is_counted = bool(store.database.rows(known, (gateway_id, flow.counter)))
        self._hole: tuple[int, Point | None, Point | None] | None = None
        steps = refused_steps(store.database, gateway_id, 0, _FOR_EVER_MS, flow.counter) if self._is_counted else []
        self._refused = [(s.at_ms, s.since_ms, s.step_wh, s.fill_wh, s.most_wh is not None) for s in steps]
        spans = [s for s in steps if s.reason in SPANS and s.since_wh is not None]
        self._spans = sorted(spans, key=attrgetter("since_ms"))
        self._by_power: dict[tuple[int, int], Integral] = {}

    def windows(self, edges_ms: Sequence[int]) -> list[Energy]:
        """Return the energy of each window between neighbouring ones of these instants, which rise."""
        import numpy as np

        between_wh = np.diff(self._plain(edges_ms))
        odd = set(np.flatnonzero(np.isnan(between_wh)).tolist())
        for at_ms, since_ms, *_ in self._refused:
            first = max(0, bisect_right(edges_ms, since_ms - SWITCH_MS) - 1)
            odd.update(range(first, min(bisect_right(edges_ms, at_ms + SWITCH_MS), len(edges_ms) - 1)))
        beside = sorted(odd | {n + 1 for n in odd})
        found = dict(zip(beside, self.edges([edges_ms[n] for n in beside]), strict=True)) if beside else {}
        return [
            self.between(found[n], found[n + 1]) if n in odd else Energy(wh, 1.0)
            for n, wh in enumerate(between_wh.tolist())
        ]

    def _plain(self, edges_ms: Sequence[int]) -> Array:
        """Return the counter at each edge whose readings beside it are at hand, NaN at any other."""
        import numpy as np

        if not self._is_counted:
            return np.full(len(edges_ms), np.nan)
        at_ms = np.array(edges_ms, dtype=np.int64)
        is_in_file = (at_ms < self._sealed_ms) & (at_ms % QUARTER_MS != 0)
        return np.where(is_in_file, np.nan, self._readings.at_edges[:, self._number])

    def edges(self, edges_ms: Sequence[int]) -> list[_Edge]:
        """Find the points around each of these instants, which rise."""
        found = [self.edge(at_ms) for at_ms in edges_ms]
        if not self._is_counted:
            windows = integrals(self._store, self._gateway_id, [self._flow], edges_ms)
            self._by_power = {pair: one for pair, (one,) in zip(pairwise(edges_ms), windows, strict=True)}
        shapeless = [edge for edge in found if edge.ratio is not None]
        shaped: dict[int, _Edge] = {}
        for (before, after), group in groupby(shapeless, lambda edge: (edge.before, edge.after)):
            if before is not None and after is not None:
                shaped |= {edge.at_ms: edge for edge in self._shaped(before, after, list(group))}
        return [shaped.get(edge.at_ms, edge) for edge in found]

    def _shaped(self, before: Point, after: Point, edges: Sequence[_Edge]) -> list[_Edge]:
        """Return edges between two points with the part of the energy that the powers between put before each."""
        cuts_ms = sorted({before.at_ms, *(edge.at_ms for edge in edges), after.at_ms})
        windows = [one for (one,) in integrals(self._store, self._gateway_id, [self._flow], cuts_ms)]
        known_ms, total_wh = sum(one.known_ms for one in windows), sum(one.wh for one in windows)
        if known_ms < _KNOWN_RATIO * (after.at_ms - before.at_ms) or total_wh <= 0:
            return [replace(edge, ratio=None) for edge in edges]
        sums = dict(zip(cuts_ms[1:], accumulate(one.wh for one in windows), strict=True))
        return [replace(edge, ratio=sums.get(edge.at_ms, 0.0) / total_wh) for edge in edges]

    def _span_at(self, at_ms: int) -> RefusedStep | None:
        """Return the span during which the counter is not believed at this moment."""
        number = bisect_right(self._spans, at_ms, key=attrgetter("since_ms")) - 1
        return self._spans[number] if number >= 0 and at_ms < self._spans[number].at_ms else None

    def edge(self, at_ms: int) -> _Edge:
        """Find the points around an instant."""
        if not self._is_counted:
            return _Edge(at_ms, None, None)
        span = self._span_at(at_ms)
        if span is not None and span.since_wh is not None:
            ends = Point(span.since_ms, span.since_wh, None), Point(span.at_ms, span.since_wh + span.step_wh, None)
            return _Edge(at_ms, *ends, ratio=_BY_POWER)
        before = self._readings.point(at_ms, self._number, after=False)
        after = self._readings.point(at_ms, self._number, after=True)
        if before is None or after is None:
            before, after = self._around(at_ms)
        quarter_ms = floor_ms(at_ms, QUARTER_MS)
        if quarter_ms != at_ms and at_ms < self._sealed_ms:  # what lies nearer is in a file
            before = self._nearest(quarter_ms, at_ms + 1, "DESC") or before
            after = self._nearest(at_ms + 1, quarter_ms + QUARTER_MS, "ASC") or after
        if before is not None and after is not None and after.at_ms - before.at_ms > SWITCH_MS:
            return _Edge(at_ms, before, after, ratio=_BY_POWER)
        if before is None or after is None or self._refused:
            return _Edge(at_ms, before, after)
        pair_wh = after.counter_wh - before.counter_wh
        return _Edge(at_ms, before, after, before.counter_wh + pair_wh * share(before, after, at_ms, pair_wh))

    def _around(self, at_ms: int) -> tuple[Point | None, Point | None]:
        """Return the points in the database around an instant; those of a hole are looked for once."""
        if self._hole is not None:
            since_ms, before, after = self._hole
            if since_ms <= at_ms and (after is None or at_ms < after.at_ms):
                return before, after
        before, after = self._point("<=", "DESC", at_ms), self._point(">", "ASC", at_ms)
        self._hole = (at_ms, before, after)
        return before, after

    def _point(self, relation: str, order: str, at_ms: int) -> Point | None:
        counter = self._flow.counter
        sql = (
            f"SELECT at_ms, {counter}, {self._power} FROM samples WHERE gateway_id = ?"  # noqa: S608
            f" AND at_ms {relation} ? AND {counter} IS NOT NULL ORDER BY at_ms {order} LIMIT 1"
        )
        rows = self._store.database.rows(sql, (self._gateway_id, at_ms))
        return Point(*rows[0]) if rows else None

    def _nearest(self, start_ms: int, end_ms: int, order: str) -> Point | None:
        counter = self._flow.counter
        select = (
            f"SELECT at_ms, {counter} AS wh, {self._power} AS w FROM {{table}}"  # noqa: S608
            f" WHERE {counter} IS NOT NULL ORDER BY at_ms {order} LIMIT 1"
        )
        rows = [row for part in self._store.raw(self._gateway_id).ask(select, start_ms, end_ms) for row in part]
        found = (max if order == "DESC" else min)(rows, default=None)
        return Point(*found) if found else None

    def refused(self, after_ms: int, until_ms: int) -> tuple[float, int]:
        """Return what to add for the steps refused in (after, until] [Wh] and the time nobody can tell [ms]."""
        add_wh, lost_ms = 0.0, 0
        low = bisect_right(self._refused, after_ms, key=itemgetter(0))
        high = bisect_right(self._refused, until_ms, key=itemgetter(0))
        for at_ms, since_ms, step_wh, fill_wh, is_least in self._refused[low:high]:
            add_wh += (fill_wh or 0.0) - step_wh
            lost_ms += at_ms - since_ms if fill_wh is None or is_least else 0
        return add_wh, lost_ms

    def part(self, edge: _Edge) -> tuple[float, int]:
        """Return the pair's energy before the edge [Wh], and how much of that time is unknown [ms]."""
        if edge.before is None or edge.after is None:
            return 0.0, 0
        add_wh, lost_ms = self.refused(edge.before.at_ms, edge.after.at_ms)
        pair_wh = edge.after.counter_wh - edge.before.counter_wh + add_wh
        ratio = share(edge.before, edge.after, edge.at_ms, pair_wh) if edge.ratio is None else edge.ratio
        return pair_wh * ratio, (edge.at_ms - edge.before.at_ms) if lost_ms else 0

    def by_power(self, start_ms: int, end_ms: int) -> tuple[float, float]:
        """Return the integral of the power over [start, end) [Wh] and the time it knows [ms]."""
        if end_ms <= start_ms:
            return 0.0, 0
        if not self._readings.reach(start_ms, end_ms):
            return 0.0, 0
        known = self._by_power.get((start_ms, end_ms))
        one = known or integrals(self._store, self._gateway_id, [self._flow], [start_ms, end_ms])[0][0]
        return one.wh, one.known_ms

    def _unread(self, start_ms: int, end_ms: int) -> list[tuple[int, int]]:
        """Return the spans of [start, end) without a power, for imports to fill; none where nothing was imported."""
        if start_ms >= end_ms or not self._imported.touches(start_ms, end_ms):
            return []
        if not self._readings.reach(start_ms - TRUST_MS, end_ms + TRUST_MS):
            return [(start_ms, end_ms)]
        return unread(self._store, self._gateway_id, self._flow.power, start_ms, end_ms)

    def between(self, start: _Edge, end: _Edge) -> Energy:
        """Return the energy of the window between two edges."""
        if start.wh is not None and end.wh is not None:
            return Energy(end.wh - start.wh, 1.0)
        first, last = start.before or start.after, end.before
        if first is None or last is None or last.at_ms < first.at_ms or (start.after is None):
            return self._energy(start, end, 0.0, 0, [(start.at_ms, end.at_ms)])
        add_wh, lost_ms = self.refused(first.at_ms, last.at_ms)
        head_wh, head_lost_ms = self.part(start)
        tail_wh, tail_lost_ms = self.part(end)
        total_wh = last.counter_wh - first.counter_wh + add_wh - head_wh + tail_wh
        low_ms = start.at_ms if start.before else first.at_ms
        high_ms = end.at_ms if end.after else last.at_ms
        known_ms = high_ms - low_ms - lost_ms + head_lost_ms - tail_lost_ms
        return self._energy(start, end, total_wh, known_ms, [(start.at_ms, low_ms), (high_ms, end.at_ms)])

    def _energy(
        self, start: _Edge, end: _Edge, total_wh: float, known_ms: float, uncounted: Sequence[tuple[int, int]]
    ) -> Energy:
        imported_ms = 0.0
        for from_ms, until_ms in uncounted:
            power_wh, power_ms = self.by_power(from_ms, until_ms)
            total_wh, known_ms = total_wh + power_wh, known_ms + power_ms
            for low_ms, high_ms in self._unread(from_ms, until_ms):
                hole_wh, hole_ms = self._imported.energy(self._number, low_ms, high_ms)
                total_wh, imported_ms = total_wh + hole_wh, imported_ms + hole_ms
        window_ms = end.at_ms - start.at_ms
        if known_ms + imported_ms <= 0 and not total_wh:
            return Energy(None, 0.0)
        covered_ratio = min(1.0, max(0.0, (known_ms + imported_ms) / window_ms))
        return Energy(total_wh, covered_ratio, imported_ms / window_ms)


def energy_between(store: Store, gateway_id: int, edges: Sequence[datetime]) -> list[dict[str, Energy]]:
    """Return the energy of each window between neighbouring edges, by name of the flow.

    edges: rising; n edges give n - 1 windows, whose energies add up to that of the whole.
    """
    edges_ms = [to_ms(at) for at in edges]
    with store.database.snapshot():
        readings, imported = _Readings(store, gateway_id, edges_ms), Imported(store, gateway_id)
        ledgers = [_Ledger(store, gateway_id, number, readings, imported) for number in range(_N)]
        flows = [ledger.windows(edges_ms) for ledger in ledgers]
    names = [flow.name for flow in FLOWS]
    return [dict(zip(names, window, strict=True)) for window in zip(*flows, strict=True)]


def energy(store: Store, gateway_id: int, start: datetime, end: datetime) -> dict[str, Energy]:
    """Return the energy of [start, end) by name of the flow."""
    return energy_between(store, gateway_id, [start, end])[0] if end > start else {}


def energy_of_days(
    store: Store, gateway_id: int, last_day: date, n_days: int, tz: ZoneInfo
) -> dict[date, dict[str, Energy]]:
    """Return the energy of the `n_days` local days that end with `last_day`, oldest first."""
    days = [last_day - timedelta(days=n) for n in reversed(range(n_days))]
    edges = [day_start(day, tz) for day in days] + [day_bounds(last_day, tz)[1]]
    return dict(zip(days, energy_between(store, gateway_id, edges), strict=True))
