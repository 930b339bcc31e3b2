"""Whether minutes, quarters of an hour and what fed what are those of the raw readings, bucket by bucket."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from forebay.store.rollup import BUCKETS, GAUGES, QUARTER_MS, floor_ms
from forebay.store.slots import Sums, Window, add_readings

if TYPE_CHECKING:
    import numpy as np

    from forebay.store.store import Store

    Array = np.ndarray[Any, Any]

_ROUNDED = 0.01
"""How much a reading in a file may differ from what was put together before it was sealed, in its unit."""
_ROUNDED_THRICE = 0.02
"""The same of what fed what, which is reckoned of three powers [W]."""
_SUN, _BATTERY, _SITE = "solar_power_w", "battery_power_w", "site_power_w"
_PARTS = tuple(
    f"{name}_sum"
    for name in (
        "solar_to_home",
        "solar_to_battery",
        "solar_to_grid",
        "battery_to_home",
        "battery_to_grid",
        "grid_to_home",
        "grid_to_battery",
    )
)


def wrong_buckets(store: Store, gateway_id: int, start_ms: int, end_ms: int, table: str) -> list[int]:
    """Return the starts of the buckets of [start, end) that do not say what the readings say [ms], in order.

    table: "minutes", "quarters" or "fed". A bucket that is not written, or has no readings, is wrong too, but for the
    last one, which may not be over. Raises StoreError where readings cannot be read.
    """
    import numpy as np

    length_ms = BUCKETS.get(table, QUARTER_MS)
    window = Window(floor_ms(start_ms, length_ms), end_ms + -end_ms % length_ms, length_ms)
    names = (_SUN, _BATTERY, _SITE) if table == "fed" else GAUGES
    told = {name: _nothing(window) for name in (_PARTS if table == "fed" else names)}
    count = np.zeros(window.slots)
    for part in store.raw(gateway_id).columns(names, start_ms, end_ms):
        if table == "fed":
            known = ~np.isnan(part[_BATTERY]) & ~np.isnan(part[_SITE])
            part = {name: values[known] for name, values in part.items()}  # noqa: PLW2901
        slot = (part["at_ms"] - window.start_ms) // length_ms
        if not len(slot):
            continue
        count += np.bincount(slot, minlength=window.slots)
        add_readings(told, slot, _shares(part) if table == "fed" else part)
    return [window.start_ms + n * length_ms for n in _differing(store, gateway_id, window, table, told, count)]


def _nothing(window: Window) -> Sums:
    import numpy as np

    n = window.slots
    return Sums(np.zeros(n), np.zeros(n), np.full(n, np.inf), np.full(n, -np.inf))


def _shares(part: Mapping[str, Array]) -> dict[str, Array]:
    """Return the power of each part of what fed what, by the rule of records/flows.py."""
    import numpy as np

    sun, battery = np.nan_to_num(part[_SUN]), part[_BATTERY]
    s, d, c = np.maximum(0.0, sun), np.maximum(0.0, battery), np.maximum(0.0, -battery)
    h = np.maximum(0.0, sun + battery + part[_SITE])
    sh = np.minimum(s, h)
    sb = np.minimum(s - sh, c)
    dh = np.minimum(d, h - sh)
    return dict(zip(_PARTS, (sh, sb, s - sh - sb, dh, d - dh, h - sh - dh, c - sb), strict=True))


def _differing(  # noqa: PLR0917 - what is compared with what
    store: Store, gateway_id: int, window: Window, table: str, told: dict[str, Sums], count: Array
) -> list[int]:
    import numpy as np

    is_fed = table == "fed"
    columns = list(_PARTS) if is_fed else [f"{g}_{of}" for g in GAUGES for of in ("n", "sum", "min", "max")]
    sql = (
        f"SELECT start_ms, n, {', '.join(columns)} FROM {table}"  # noqa: S608
        " WHERE gateway_id = ? AND start_ms >= ? AND start_ms < ?"
    )
    rows = store.database.rows(sql, (gateway_id, window.start_ms, window.end_ms))
    kept = np.array(rows, dtype=float).reshape(len(rows), 2 + len(columns))
    at = ((kept[:, 0] - window.start_ms) // window.step_ms).astype(int)
    n = np.zeros(window.slots)
    n[at] = kept[:, 1]
    wrong = n != count
    room = (_ROUNDED_THRICE if is_fed else _ROUNDED) * np.maximum(count, 1)
    for number, name in enumerate(told):
        sums = told[name]
        pairs: list[tuple[Array, Array | float]] = [(sums.total, room)]
        if not is_fed:
            pairs = [(sums.count, 0.5), *pairs, (sums.low, _ROUNDED), (sums.high, _ROUNDED)]
        for column, (values, most) in enumerate(pairs):
            saved = np.zeros(window.slots)
            saved[at] = np.nan_to_num(kept[:, 2 + number * len(pairs) + column])
            wrong |= np.abs(np.where(sums.count > 0, values, 0.0) - saved) > most
    last = np.flatnonzero(count)
    if len(last) and not n[last[-1]]:  # it is written when the first reading after it comes
        wrong[last[-1]] = False
    return [int(slot) for slot in np.flatnonzero(wrong)]
