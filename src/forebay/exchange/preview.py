"""What an import would bring, before anything is written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from forebay.exchange.intake import totals_wh
from forebay.store.candidate import Candidate
from forebay.store.imports import imports, only_new
from forebay.store.rollup import QUARTER_MS, floor_ms
from forebay.store.state import from_ms, to_ms
from forebay.store.store import Store

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Preview:
    """One candidate against what is there.

    n_read, n_new: intervals told, and those that no import of this kind holds already. n_recorded: new intervals at
    times that were recorded, where the record stands. others: numbers of earlier imports of the same time.
    totals_wh: energy of all that was read, by name of the flow; None where it is not told.
    """

    new: Candidate
    n_read: int
    n_recorded: int
    start: datetime
    end: datetime
    totals_wh: Mapping[str, float | None]
    others: tuple[int, ...]

    @property
    def n_new(self) -> int:
        """How many intervals would be kept."""
        return self.new.n


def preview(store: Store | None, gateway_id: int | None, candidate: Candidate) -> Preview:
    """Compare a candidate with a gateway's record; without a store everything is new."""
    import numpy as np

    ends = [0]
    start_ms = None
    n_recorded = 0
    new = candidate
    others: tuple[int, ...] = ()
    recorded = np.array([], dtype=np.int64)
    if store is not None and gateway_id is not None:
        new = only_new(store, gateway_id, candidate)
        recorded = _recorded(store, gateway_id)
    for piece in candidate.pieces():
        start_ms = int(piece.starts_ms[0]) if start_ms is None else start_ms
        ends.append(piece.end_ms)
    for piece in new.pieces():
        low = piece.starts_ms - piece.starts_ms % QUARTER_MS
        before = np.searchsorted(recorded, low, side="left")
        after = np.searchsorted(recorded, piece.starts_ms + piece.lengths_ms, side="left")
        n_recorded += int((after > before).sum())
    start, end = from_ms(start_ms or 0), from_ms(max(ends))
    if store is not None and gateway_id is not None:
        others = tuple(one.id for one in imports(store, gateway_id) if one.start < end and one.end > start)
    return Preview(new, candidate.n, n_recorded, start, end, totals_wh(candidate), others)


def _recorded(store: Store, gateway_id: int) -> NDArray[np.int64]:
    """Return the quarters of an hour with readings, in order [ms]."""
    import numpy as np

    sql = "SELECT start_ms FROM quarters WHERE gateway_id = ? AND n > 0 ORDER BY start_ms"
    found = [row[0] for row in store.database.rows(sql, (gateway_id,))]
    latest = store.latest(gateway_id)
    if latest is not None and (not found or found[-1] < floor_ms(to_ms(latest.at), QUARTER_MS)):
        found.append(floor_ms(to_ms(latest.at), QUARTER_MS))
    return np.array(found, dtype=np.int64)
