"""What fed what as curves: the seven parts as mean powers of slots.

Quarters of an hour keep the parts summed up at full resolution, and slots made of them are exact. In shorter ones the
rule of records/flows.py is put to the slot's mean powers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict

from forebay.records.flows import split
from forebay.store.curves import Column, Curves
from forebay.store.fed import PARTS
from forebay.store.imported import Imported
from forebay.store.rollup import QUARTER_MS
from forebay.store.store import Store

POWERS: tuple[str, ...] = ("solar_power_w", "battery_power_w", "site_power_w")
"""The signals that the parts are told from where no quarter was put together."""

_SUMS = ", ".join(f"sum({part}_sum)" for part in PARTS)


def fed_curves(store: Store, gateway_id: int, curves: Curves, end_s: float) -> dict[str, Column]:
    """Return the mean power of each part in the slots of `curves` [W], which hold POWERS; None where nothing is known.

    end_s: end of the last slot, seconds since 1970.
    """
    found = of_means(curves.columns)
    slots_ms = [int(at * 1000) for at in curves.t]
    step_ms = curves.step_s * 1000
    if not slots_ms or step_ms % QUARTER_MS or slots_ms[0] % QUARTER_MS:
        return found
    ends_ms = [*slots_ms[1:], int(end_s * 1000)]
    number = {at_ms: n for n, at_ms in enumerate(slots_ms)}
    for low_ms, high_ms, length_ms in _runs(slots_ms, ends_ms, step_ms):
        sql = (
            f"SELECT start_ms - (start_ms - {low_ms % length_ms}) % {length_ms}, sum(n), {_SUMS} FROM fed"  # noqa: S608
            " WHERE gateway_id = ? AND start_ms >= ? AND start_ms < ? GROUP BY 1"
        )
        for slot_ms, n, *sums in store.database.rows(sql, (gateway_id, low_ms, high_ms)):
            for part, total in zip(PARTS, sums, strict=True):
                found[part][number[slot_ms]] = total / n
    _fill(Imported(store, gateway_id), found, slots_ms, ends_ms, curves)
    return found


def of_means(columns: Mapping[str, Sequence[float | None]]) -> dict[str, Column]:
    """Return the parts of mean powers, slot by slot; a house without a solar meter has no sun."""
    found: dict[str, Column] = {part: [] for part in PARTS}
    for solar_w, battery_w, site_w in zip(*(columns[name] for name in POWERS), strict=True):
        is_known = battery_w is not None and site_w is not None
        told = asdict(split(solar_w or 0.0, battery_w or 0.0, site_w or 0.0)) if is_known else {}
        for part in PARTS:
            found[part].append(told.get(part))
    return found


def _runs(slots_ms: Sequence[int], ends_ms: Sequence[int], step_ms: int) -> list[tuple[int, int, int]]:
    """Return runs of slots of one length: start, end and length; days are not all of one."""
    if step_ms < 86_400_000:
        return [(slots_ms[0], ends_ms[-1], step_ms)]
    runs: list[tuple[int, int, int]] = []
    for start_ms, end_ms in zip(slots_ms, ends_ms, strict=True):
        if runs and runs[-1][2] == end_ms - start_ms:
            runs[-1] = (runs[-1][0], end_ms, runs[-1][2])
        else:
            runs.append((start_ms, end_ms, end_ms - start_ms))
    return runs


def _fill(
    imported: Imported, found: dict[str, Column], slots_ms: Sequence[int], ends_ms: Sequence[int], curves: Curves
) -> None:
    """Put what the imports say into the slots of which only they know."""
    for n in curves.imported:
        seen = asdict(imported.seen(slots_ms[n], ends_ms[n]))
        hours = (ends_ms[n] - slots_ms[n]) / 3.6e6
        for part in PARTS:
            found[part][n] = seen[part] / hours
