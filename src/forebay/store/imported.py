"""What was imported, for the times of which nothing was recorded.

Sums of any span are a difference of two look-ups: `imported_sums` holds them
as counters. Between two quarters of an hour a sum grows evenly. Whoever asks
says for which times the record knows nothing; here nobody looks.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from forebay.records.flows import Split
from forebay.store.import_sums import SUMS, known_cells
from forebay.store.merged import CHARGE, MINUTE_MS
from forebay.store.packed import COLUMNS, N_FLOWS
from forebay.store.rollup import QUARTER_MS
from forebay.store.state import from_ms, to_ms
from forebay.store.steps import TRUST_MS
from forebay.store.store import Store

CURVES: dict[str, tuple[tuple[str, int], ...]] = {
    "solar_power_w": (("solar_wh", 1),),
    "load_power_w": (("home_wh", 1),),
    "site_power_w": (("grid_in_wh", 1), ("grid_out_wh", -1)),
    "battery_power_w": (("battery_out_wh", 1), ("battery_in_wh", -1)),
    "charge_wire_pct": (("charge_pct", 1),),
}
"""Signal -> the imported columns that its curve is made of, with their signs."""

_FINE_MS = 62 * 86_400_000
"""Up to this window a curve finer than quarters of an hour is made of the imported minutes themselves [ms]."""

Sums = tuple[float, ...]
_NOTHING: Sums = (0.0,) * len(SUMS)
_COLUMNS = ", ".join(SUMS)
_SIDE = f"SELECT at_ms, {_COLUMNS} FROM imported_sums WHERE gateway_id = ? AND at_ms {{}} ? ORDER BY at_ms {{}} LIMIT 1"  # noqa: S608


class Imported:
    """The imports of one gateway, as one query sees them."""

    def __init__(self, store: Store, gateway_id: int) -> None:
        self._store = store
        self._gateway_id = gateway_id
        self._known: dict[int, Sums] = {}
        sql = "SELECT min(start_ms), max(end_ms) FROM imports WHERE gateway_id = ?"
        first_ms, last_ms = store.database.rows(sql, (gateway_id,))[0]
        self.start_ms: int = first_ms or 0
        self.end_ms: int = last_ms or 0

    def touches(self, start_ms: int, end_ms: int) -> bool:
        """Whether anything may be imported of [start, end)."""
        return start_ms < self.end_ms and end_ms > self.start_ms

    def _until(self, at_ms: int) -> Sums:
        if at_ms not in self._known:
            self._known[at_ms] = self._looked_up(at_ms)
        return self._known[at_ms]

    def _looked_up(self, at_ms: int) -> Sums:
        before = self._store.database.rows(_SIDE.format("<=", "DESC"), (self._gateway_id, at_ms))
        if not before:
            return _NOTHING
        if before[0][0] == at_ms:
            return before[0][1:]
        after = self._store.database.rows(_SIDE.format(">", "ASC"), (self._gateway_id, at_ms))
        if not after:
            return before[0][1:]
        share = (at_ms - before[0][0]) / (after[0][0] - before[0][0])
        return tuple(low + (high - low) * share for low, high in zip(before[0][1:], after[0][1:], strict=True))

    def energy(self, flow: int, start_ms: int, end_ms: int) -> tuple[float, float]:
        """Return the energy of a flow, by its number in FLOWS, in [start, end) [Wh], and the time it knows [ms]."""
        if start_ms >= end_ms or not self.touches(start_ms, end_ms):
            return 0.0, 0.0
        low, high = self._until(start_ms), self._until(end_ms)
        return high[flow] - low[flow], high[N_FLOWS + flow] - low[N_FLOWS + flow]

    def seen(self, start_ms: int, end_ms: int) -> Split:
        """Return what fed what in [start, end) as the imports say [Wh]."""
        low, high = self._until(start_ms), self._until(end_ms)
        parts = slice(2 * N_FLOWS, 2 * N_FLOWS + len(COLUMNS) - 1 - N_FLOWS)
        return Split(*(to - since for since, to in zip(low[parts], high[parts], strict=True)))

    def curve(self, starts_ms: Sequence[int], step_ms: int, signal: str) -> list[float | None]:
        """Return the mean of a signal over each slot of one length [W, %]; None where not half of it is known.

        starts_ms: rising. Signals that no import tells are None throughout.
        """
        if signal not in CURVES or not starts_ms or not self.touches(starts_ms[0], starts_ms[-1] + step_ms):
            return [None] * len(starts_ms)
        on_quarters = step_ms % QUARTER_MS == 0 and starts_ms[0] % QUARTER_MS == 0
        on_minutes = step_ms % MINUTE_MS == 0 and starts_ms[0] % MINUTE_MS == 0
        if on_minutes and not on_quarters and starts_ms[-1] - starts_ms[0] <= _FINE_MS:
            return self._of_minutes(starts_ms, step_ms, signal)
        return [self._of_sums(at_ms, at_ms + step_ms, signal) for at_ms in starts_ms]

    def _of_sums(self, start_ms: int, end_ms: int, signal: str) -> float | None:
        low, high = self._until(start_ms), self._until(end_ms)
        total, least_ms = 0.0, float("inf")
        for column, sign in CURVES[signal]:
            is_charge = column == "charge_pct"
            value, known = ("charge_pct_h", "charge_ms") if is_charge else (column, column.replace("_wh", "_ms"))
            known_ms = high[SUMS.index(known)] - low[SUMS.index(known)]
            least_ms = min(least_ms, known_ms)
            if known_ms > 0:
                total += sign * (high[SUMS.index(value)] - low[SUMS.index(value)]) * 3.6e6 / known_ms
        return total if least_ms * 2 >= end_ms - start_ms else None

    def _of_minutes(self, starts_ms: Sequence[int], step_ms: int, signal: str) -> list[float | None]:
        import numpy as np

        first_ms = starts_ms[0]
        minutes = known_cells(self._store, self._gateway_id, first_ms, starts_ms[-1] + step_ms)
        known = np.zeros(len(minutes))
        for column, sign in CURVES[signal]:
            number = COLUMNS.index(column)
            known = known + sign * minutes[:, number] * (1 if number == CHARGE else 60)
        per_slot = step_ms // MINUTE_MS
        found: list[float | None] = []
        for at_ms in starts_ms:
            slot = known[(at_ms - first_ms) // MINUTE_MS :][:per_slot]
            there = slot[~np.isnan(slot)]
            found.append(float(there.mean()) if len(there) * 2 >= per_slot else None)
        return found


def known_span(store: Store, gateway_id: int) -> tuple[datetime, datetime] | None:
    """Return from when to when anything was recorded or imported; None where nothing was."""
    sql = (
        "SELECT min(ms) FROM (SELECT min(start_ms) AS ms FROM quarters WHERE gateway_id = ?"
        " UNION ALL SELECT min(at_ms) FROM samples WHERE gateway_id = ?)"
    )
    first_ms = store.database.rows(sql, (gateway_id, gateway_id))[0][0]
    latest, imported = store.latest(gateway_id), Imported(store, gateway_id)
    spans = [(imported.start_ms, imported.end_ms)] if imported.end_ms else []
    if first_ms is not None and latest is not None:
        spans.append((first_ms, to_ms(latest.at) + 1))
    return (from_ms(min(low for low, _ in spans)), from_ms(max(high for _, high in spans))) if spans else None


def unread(store: Store, gateway_id: int, power: str, start_ms: int, end_ms: int) -> list[tuple[int, int]]:
    """Return the spans of [start, end) in which the record has no two values of a power near enough to tell [ms]."""
    near = (start_ms - TRUST_MS, end_ms + TRUST_MS + 1)
    select = (
        "SELECT before_ms, at_ms FROM (SELECT at_ms, lag(at_ms) OVER (ORDER BY at_ms) AS before_ms"  # noqa: S608
        f" FROM {{table}} WHERE {power} IS NOT NULL) AS pairs"
        f" WHERE before_ms IS NULL OR at_ms - before_ms > {TRUST_MS} ORDER BY at_ms"
    )
    last = f"SELECT max(at_ms) FROM {{table}} WHERE {power} IS NOT NULL"  # noqa: S608
    raw = store.raw(gateway_id)
    reached_ms: int | None = None
    holes: list[tuple[int, int]] = []
    for gaps, newest in zip(raw.ask(select, *near), raw.ask(last, *near), strict=True):
        for before_ms, at_ms in gaps:
            since_ms = reached_ms if before_ms is None else before_ms
            if since_ms is None or at_ms - since_ms > TRUST_MS:
                holes.append((start_ms if since_ms is None else since_ms, at_ms))
        reached_ms = reached_ms if newest[0][0] is None else newest[0][0]
    holes.append((start_ms if reached_ms is None else reached_ms, end_ms))
    cut = [(max(low_ms, start_ms), min(high_ms, end_ms)) for low_ms, high_ms in holes]
    return [hole for hole in cut if hole[0] < hole[1]]
