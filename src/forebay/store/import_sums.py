"""All imports of a gateway put together as counters at quarters of an hour (`imported_sums`).

They can be reckoned before a change is written, as they will be after it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from forebay.store.candidate import Candidate
from forebay.store.merged import CHARGE, MINUTE_MS, Layer, cells
from forebay.store.packed import COLUMNS, DAY_MS, N_FLOWS, Piece, unpack
from forebay.store.rollup import QUARTER_MS
from forebay.store.state import from_ms
from forebay.store.store import Store

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

SUMS: tuple[str, ...] = (
    *COLUMNS[:N_FLOWS],
    *(name.replace("_wh", "_ms") for name in COLUMNS[:N_FLOWS]),
    *COLUMNS[N_FLOWS:CHARGE],
    "charge_pct_h",
    "charge_ms",
)
"""The columns of `imported_sums` after gateway and time."""

_CHUNK_MS, _MARGIN_MS = 32 * DAY_MS, 2 * DAY_MS
_PER_QUARTER = QUARTER_MS // MINUTE_MS


@dataclass(frozen=True, slots=True)
class History:
    """The imports of a gateway: those that are kept, `without` one of them, and `new` ones, the newest last."""

    store: Store
    gateway_id: int
    new: Sequence[Candidate] = ()
    without: int | None = None

    def layers(self, start_ms: int, end_ms: int) -> list[Layer]:
        """Return the imports' days that may touch [start, end), the newest import first."""
        sql = (
            "SELECT id, is_metered, step_ms, day_ms, packed FROM imports JOIN imported_days ON import_id = id"
            " WHERE gateway_id = ? AND day_ms >= ? AND day_ms < ? AND id IS NOT ? ORDER BY id DESC, day_ms"
        )
        low_ms = start_ms - _MARGIN_MS
        found: dict[int, tuple[bool, int, list[Piece]]] = {}
        for number, is_metered, step_ms, day_ms, block in self.store.database.rows(
            sql, (self.gateway_id, low_ms, end_ms, self.without)
        ):
            found.setdefault(number, (bool(is_metered), step_ms, []))[2].append(unpack(day_ms, block))
        new = [
            Layer(one.is_metered, one.step_ms, [unpack(day, one.days[day]) for day in days])
            for one in reversed(self.new)
            if (days := [day_ms for day_ms in sorted(one.days) if low_ms <= day_ms < end_ms])
        ]
        return [*new, *(Layer(*one) for one in found.values())]

    def cells(self, start_ms: int, end_ms: int) -> Floats:
        """Return what the imports know of each minute of [start, end), whole minutes; see `cells`."""
        low_ms, high_ms = start_ms - _MARGIN_MS, end_ms + _MARGIN_MS
        found = cells(self.layers(low_ms, high_ms), low_ms, high_ms)
        return found[_MARGIN_MS // MINUTE_MS : (end_ms - low_ms) // MINUTE_MS]

    def chunks(self, start_ms: int) -> Iterator[tuple[int, int]]:
        """Yield spans that cover all days from a day on which anything was imported, each of a month at most."""
        sql = (
            "SELECT DISTINCT day_ms FROM imported_days JOIN imports ON id = import_id"
            " WHERE gateway_id = ? AND day_ms >= ? AND id IS NOT ?"
        )
        since_ms = start_ms - _MARGIN_MS
        there = {row[0] for row in self.store.database.rows(sql, (self.gateway_id, since_ms, self.without))}
        days = sorted(there | {day_ms for one in self.new for day_ms in one.days if day_ms >= since_ms})
        low_ms = start_ms
        while days:
            low_ms = max(low_ms, days[0])
            high_ms = low_ms + _CHUNK_MS
            yield low_ms, high_ms
            days = [day_ms for day_ms in days if day_ms + _MARGIN_MS > high_ms]
            low_ms = high_ms


def known_cells(store: Store, gateway_id: int, start_ms: int, end_ms: int) -> Floats:
    """Return what the imports know of each minute of [start, end), whole minutes; see `cells`."""
    return History(store, gateway_id).cells(start_ms, end_ms)


def begin_ms(first_ms: int) -> int:
    """Return from when on a change of a day changes sums."""
    return first_ms - first_ms % DAY_MS - _MARGIN_MS


def merging(
    after: History, store: Store, gateway_id: int, first_ms: int, progress: Callable[[datetime], object]
) -> Iterator[tuple[list[int], Floats]]:
    """Yield times and rows of `imported_sums` after the day before which they stay as they are, a month at once."""
    import numpy as np

    from_ms_ = begin_ms(first_ms)
    columns = ", ".join(SUMS)
    last = store.database.rows(
        f"SELECT at_ms, {columns} FROM imported_sums WHERE gateway_id = ? AND at_ms <= ?"  # noqa: S608
        " ORDER BY at_ms DESC LIMIT 1",
        (gateway_id, from_ms_),
    )
    written_ms = last[0][0] if last else None
    total = np.array(last[0][1:] if last else [0.0] * len(SUMS), dtype=np.float64)
    for low_ms, high_ms in after.chunks(from_ms_):
        progress(from_ms(low_ms))
        times: list[int] = []
        rows: list[Floats] = []
        for at_ms, added in _quarters(after.cells(low_ms, high_ms), low_ms):
            if written_ms != at_ms - QUARTER_MS:
                times.append(at_ms - QUARTER_MS)
                rows.append(total)
            total = total + added
            written_ms = at_ms
            times.append(at_ms)
            rows.append(total)
        if times:
            yield times, np.array(rows)


def _quarters(minutes: Floats, start_ms: int) -> Iterator[tuple[int, Floats]]:
    """Yield (end of a quarter of an hour, what it adds to each sum) for those of which anything is known."""
    import numpy as np

    by_quarter = minutes.reshape(-1, _PER_QUARTER, len(COLUMNS))
    sums, n_known = np.nansum(by_quarter, axis=1), (~np.isnan(by_quarter)).sum(axis=1)
    flows, parts = slice(0, N_FLOWS), slice(N_FLOWS, CHARGE)
    charge = slice(CHARGE, CHARGE + 1)
    added = np.concatenate(
        (
            sums[:, flows],
            n_known[:, flows] * MINUTE_MS,
            sums[:, parts],
            sums[:, charge] / 60,
            n_known[:, charge] * MINUTE_MS,
        ),
        axis=1,
    )
    for number in np.flatnonzero(n_known.any(axis=1)).tolist():
        yield start_ms + (number + 1) * QUARTER_MS, added[number]
