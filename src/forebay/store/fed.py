"""What fed what in any window, adding up to the counters.

The powers of each quarter of an hour say in which proportion, the counters how
much. The rule is that of records/flows.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from itertools import pairwise

from forebay.records.flows import Split, share_out, split
from forebay.store.energy import Energy, energy_between
from forebay.store.imported import Imported
from forebay.store.rollup import QUARTER_MS, floor_ms
from forebay.store.state import to_ms
from forebay.store.store import Store

PARTS: tuple[str, ...] = tuple(Split.__dataclass_fields__)
"""The seven parts, as in `Split` and in the columns of the table `fed`."""

_ASKED = ("solar", "grid_in", "grid_out", "battery_in", "battery_out")
_SUMS = ", ".join(f"total({part}_sum / n)" for part in PARTS)


def fed_between(
    store: Store, gateway_id: int, edges: Sequence[datetime], energies: Sequence[dict[str, Energy]] | None = None
) -> list[Split | None]:
    """Return what fed what in each window between neighbouring edges [Wh]; None where a total is not known.

    energies: of the same windows, where the caller has them already. A house whose solar was never told has none.
    """
    found: list[Split | None] = []
    if energies is None:
        energies = energy_between(store, gateway_id, edges)
    for (start, end), window in zip(pairwise(edges), energies, strict=True):
        totals = {name: window[name].wh for name in _ASKED}
        if totals["solar"] is None and totals["grid_in"] is not None:
            totals["solar"] = 0.0
        known = {name: wh for name, wh in totals.items() if wh is not None}
        if len(known) < len(_ASKED):
            found.append(None)
        else:
            found.append(share_out(known, seen_between(store, gateway_id, to_ms(start), to_ms(end))))
    return found


def seen_between(store: Store, gateway_id: int, start_ms: int, end_ms: int) -> Split:
    """Return what fed what as the powers say [Wh]; times without readings count as nothing."""
    first_ms = floor_ms(start_ms + QUARTER_MS - 1, QUARTER_MS)
    with store.database.snapshot():
        newest = store.database.rows("SELECT max(start_ms) FROM fed WHERE gateway_id = ?", (gateway_id,))[0][0]
        last_ms = min(floor_ms(end_ms, QUARTER_MS), (newest or 0) + QUARTER_MS)
        if first_ms >= last_ms:
            seen = _of_readings(store, gateway_id, start_ms, end_ms)
            return Split(*map(sum, zip(seen, _of_imports(store, gateway_id, start_ms, end_ms), strict=True)))
        sql = f"SELECT {_SUMS} FROM fed WHERE gateway_id = ? AND start_ms >= ? AND start_ms < ?"  # noqa: S608
        whole = [watts / 4 for watts in store.database.rows(sql, (gateway_id, first_ms, last_ms))[0]]
        head = _of_readings(store, gateway_id, start_ms, first_ms)
        tail = _of_readings(store, gateway_id, last_ms, end_ms)
        imported = _of_imports(store, gateway_id, start_ms, end_ms)
    return Split(*map(sum, zip(whole, head, tail, imported, strict=True)))


def _of_imports(store: Store, gateway_id: int, start_ms: int, end_ms: int) -> list[float]:
    """Return the same of what was imported, for the quarters without a reading."""
    imported = Imported(store, gateway_id)
    parts = [0.0] * len(PARTS)
    if not imported.touches(start_ms, end_ms):
        return parts
    low_ms = floor_ms(start_ms, QUARTER_MS)
    sql = "SELECT start_ms FROM fed WHERE gateway_id = ? AND start_ms >= ? AND start_ms < ? ORDER BY start_ms"
    recorded = [row[0] for row in store.database.rows(sql, (gateway_id, low_ms, end_ms))]
    latest = store.latest(gateway_id)
    if latest is not None and to_ms(latest.at) >= low_ms:  # its quarter is not put together yet
        recorded.append(floor_ms(to_ms(latest.at), QUARTER_MS))
    reached_ms = start_ms
    for quarter_ms in [*recorded, end_ms]:
        if reached_ms < min(quarter_ms, end_ms):
            seen = asdict(imported.seen(reached_ms, min(quarter_ms, end_ms)))
            parts = [have + seen[part] for have, part in zip(parts, PARTS, strict=True)]
        reached_ms = max(reached_ms, quarter_ms + QUARTER_MS)
    return parts


def _of_readings(store: Store, gateway_id: int, start_ms: int, end_ms: int) -> list[float]:
    """Return the same of the raw readings of a span, each counting alike."""
    if start_ms >= end_ms:
        return [0.0] * len(PARTS)
    select = (
        "SELECT coalesce(solar_power_w, 0) AS s, battery_power_w, site_power_w FROM {table}"
        " WHERE battery_power_w IS NOT NULL AND site_power_w IS NOT NULL"
    )
    rows = [row for part in store.raw(gateway_id).ask(select, start_ms, end_ms) for row in part]
    if not rows:
        return [0.0] * len(PARTS)
    splits = [split(*row) for row in rows]
    hours = (end_ms - start_ms) / 3.6e6
    return [sum(getattr(one, part) for one in splits) / len(rows) * hours for part in PARTS]
