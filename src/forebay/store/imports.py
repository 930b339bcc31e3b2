"""Keep what was imported, apart from what was recorded: add, list, undo.

An import is there whole or not at all. It holds only what no earlier import of
its kind held already. After each change the gateway's imports are put together
anew from the first day that changed (store/merged.py).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from forebay.errors import StoreError
from forebay.store.database import Statement
from forebay.store.merged import CHARGE, MINUTE_MS, Layer, cells
from forebay.store.packed import COLUMNS, DAY_MS, N_FLOWS, Piece, pack, unpack
from forebay.store.rollup import QUARTER_MS
from forebay.store.state import from_ms, to_ms
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
class Import:
    """One import as it is listed. n: how many intervals it holds; decisions: what was decided about units and times."""

    id: int
    at: datetime
    kind: str
    source: str
    sha256: str
    is_metered: bool
    step_s: float
    start: datetime
    end: datetime
    n: int
    decisions: Mapping[str, Any]


@dataclass(slots=True)
class Candidate:
    """What may become an import: intervals by day, packed, and where they came from.

    kind: such as "cloud-power"; source: names of files or an address, without secrets.
    is_metered: whether the energies were counted by a meter, or are made of powers.
    """

    kind: str
    source: str
    sha256: str
    is_metered: bool
    step_ms: int
    decisions: dict[str, Any] = field(default_factory=dict)
    days: dict[int, bytes] = field(default_factory=dict)
    n: int = 0

    def put(self, piece: Piece) -> None:
        """Take a day's intervals in; they replace those of that day."""
        self.days[piece.day_ms] = pack(piece)
        self.n += len(piece)

    def pieces(self) -> Iterator[Piece]:
        """Yield the days in order."""
        for day_ms in sorted(self.days):
            yield unpack(day_ms, self.days[day_ms])


def imports(store: Store, gateway_id: int) -> list[Import]:
    """Return what was imported for a gateway, the oldest import first."""
    sql = (
        "SELECT id, at_ms, kind, source, sha256, is_metered, step_ms, start_ms, end_ms, n, decisions"
        " FROM imports WHERE gateway_id = ? ORDER BY id"
    )
    return [
        Import(
            id=row[0],
            at=from_ms(row[1]),
            kind=row[2],
            source=row[3],
            sha256=row[4],
            is_metered=bool(row[5]),
            step_s=row[6] / 1000,
            start=from_ms(row[7]),
            end=from_ms(row[8]),
            n=row[9],
            decisions=json.loads(row[10]),
        )
        for row in store.database.rows(sql, (gateway_id,))
    ]


def only_new(store: Store, gateway_id: int, candidate: Candidate) -> Candidate:
    """Return the candidate without the intervals that an import of its kind holds already, with the same values."""
    import numpy as np

    found = Candidate(
        candidate.kind,
        candidate.source,
        candidate.sha256,
        candidate.is_metered,
        candidate.step_ms,
        candidate.decisions,
    )
    sql = (
        "SELECT packed FROM imported_days JOIN imports ON id = import_id"
        " WHERE gateway_id = ? AND kind = ? AND day_ms = ?"
    )
    for piece in candidate.pieces():
        held = [
            unpack(piece.day_ms, row[0]) for row in store.database.rows(sql, (gateway_id, candidate.kind, piece.day_ms))
        ]
        new = np.ones(len(piece), dtype=bool)
        for one in held:
            new &= ~np.isin(_rows(piece), _rows(one))
        if new.any():
            found.put(piece.only(new))
    return found


def _rows(piece: Piece) -> Any:
    import numpy as np

    whole = np.ascontiguousarray(piece.whole())
    return whole.view([("", whole.dtype)] * whole.shape[1]).ravel()


def add(
    store: Store,
    gateway_id: int,
    candidates: Sequence[Candidate],
    at: datetime,
    progress: Callable[[datetime], object] = lambda _: None,
) -> list[int]:
    """Keep the candidates, all or none, and return the numbers of the imports. Raises StoreError.

    at: when, in real time. progress: is told of each day that has been put together.
    """
    wanted = [candidate for candidate in candidates if candidate.days]
    numbers: list[int] = []

    def adding() -> Iterator[Statement]:
        for one in wanted:
            yield from _keeping(store, gateway_id, one, to_ms(at), numbers)
        yield from _merging(store, gateway_id, min(min(one.days) for one in wanted), progress)

    if wanted:
        store.database.write_at_once(adding())
    return numbers


def _keeping(store: Store, gateway_id: int, one: Candidate, at_ms: int, numbers: list[int]) -> Iterator[Statement]:
    first, last = (unpack(day_ms, one.days[day_ms]) for day_ms in (min(one.days), max(one.days)))
    row = (gateway_id, at_ms, one.kind, one.source, one.sha256, int(one.is_metered), one.step_ms)
    names = "gateway_id, at_ms, kind, source, sha256, is_metered, step_ms, start_ms, end_ms, n, decisions"
    sql = f"INSERT INTO imports ({names}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"  # noqa: S608
    yield sql, (*row, int(first.starts_ms[0]), last.end_ms, one.n, json.dumps(one.decisions))
    number: int = store.database.rows("SELECT last_insert_rowid()")[0][0]
    numbers.append(number)
    for piece in one.pieces():
        row_of_day = (number, piece.day_ms, len(piece), one.days[piece.day_ms])
        yield "INSERT INTO imported_days VALUES (?, ?, ?, ?)", row_of_day


def undo(store: Store, gateway_id: int, number: int, progress: Callable[[datetime], object] = lambda _: None) -> Import:
    """Take an import away as if it had never been, and return what it was. Raises StoreError if there is none."""
    known = {one.id: one for one in imports(store, gateway_id)}
    if number not in known:
        listed = ", ".join(map(str, known)) or "none"
        raise StoreError(f"there is no import {number}; there are: {listed}")

    def undoing() -> Iterator[Statement]:
        yield "DELETE FROM imported_days WHERE import_id = ?", (number,)
        yield "DELETE FROM imports WHERE id = ?", (number,)
        yield from _merging(store, gateway_id, to_ms(known[number].start), progress)

    store.database.write_at_once(undoing())
    return known[number]


def damaged_days(store: Store, gateway_id: int, name: str) -> list[str]:
    """Return a sentence for each day of an import that cannot be read any more, naming the gateway."""
    sql = (
        "SELECT id, day_ms, imported_days.n, packed FROM imports JOIN imported_days ON import_id = id"
        " WHERE gateway_id = ? AND id = ? ORDER BY day_ms"
    )
    found = []
    for one in imports(store, gateway_id):
        for number, day_ms, n, block in store.database.rows(sql, (gateway_id, one.id)):
            try:
                is_whole = len(unpack(day_ms, block)) == n
            except StoreError:
                is_whole = False
            if not is_whole:
                found.append(
                    f"{name}: {from_ms(day_ms):%Y-%m-%d} of import {number} is damaged;"
                    f" `forebay import undo {number}` and import {one.source} again"
                )
    return found


def layers(store: Store, gateway_id: int, start_ms: int, end_ms: int) -> list[Layer]:
    """Return the imports' days that may touch [start, end), the newest import first."""
    sql = (
        "SELECT id, is_metered, step_ms, day_ms, packed FROM imports JOIN imported_days ON import_id = id"
        " WHERE gateway_id = ? AND day_ms >= ? AND day_ms < ? ORDER BY id DESC, day_ms"
    )
    found: dict[int, tuple[bool, int, list[Piece]]] = {}
    for number, is_metered, step_ms, day_ms, block in store.database.rows(
        sql, (gateway_id, start_ms - _MARGIN_MS, end_ms)
    ):
        found.setdefault(number, (bool(is_metered), step_ms, []))[2].append(unpack(day_ms, block))
    return [Layer(*one) for one in found.values()]


def known_cells(store: Store, gateway_id: int, start_ms: int, end_ms: int) -> Floats:
    """Return what the imports know of each minute of [start, end), whole minutes; see `cells`."""
    low_ms, high_ms = start_ms - _MARGIN_MS, end_ms + _MARGIN_MS
    found = cells(layers(store, gateway_id, low_ms, high_ms), low_ms, high_ms)
    return found[_MARGIN_MS // MINUTE_MS : (end_ms - low_ms) // MINUTE_MS]


def _merging(
    store: Store, gateway_id: int, first_ms: int, progress: Callable[[datetime], object]
) -> Iterator[Statement]:
    """Yield what brings `imported_sums` up to date from a day on."""
    import numpy as np

    from_ms_ = first_ms - first_ms % DAY_MS - _MARGIN_MS
    yield "DELETE FROM imported_sums WHERE gateway_id = ? AND at_ms > ?", (gateway_id, from_ms_)
    columns = ", ".join(SUMS)
    last = store.database.rows(
        f"SELECT at_ms, {columns} FROM imported_sums WHERE gateway_id = ? ORDER BY at_ms DESC LIMIT 1",  # noqa: S608
        (gateway_id,),
    )
    written_ms = last[0][0] if last else None
    total = np.array(last[0][1:] if last else [0.0] * len(SUMS), dtype=np.float64)
    whole = np.array([name.endswith("_ms") for name in SUMS])
    sql = f"INSERT INTO imported_sums VALUES ({', '.join('?' * (len(SUMS) + 2))})"  # noqa: S608
    for low_ms, high_ms in _chunks(store, gateway_id, from_ms_):
        progress(from_ms(low_ms))
        for at_ms, added in _quarters(known_cells(store, gateway_id, low_ms, high_ms), low_ms):
            if written_ms != at_ms - QUARTER_MS:
                yield sql, (gateway_id, at_ms - QUARTER_MS, *_mixed(total, whole))
            total = total + added
            written_ms = at_ms
            yield sql, (gateway_id, at_ms, *_mixed(total, whole))


def _mixed(total: Floats, whole: NDArray[np.bool_]) -> list[float]:
    return [round(value) if is_whole else value for value, is_whole in zip(total.tolist(), whole.tolist(), strict=True)]


def _chunks(store: Store, gateway_id: int, start_ms: int) -> Iterator[tuple[int, int]]:
    """Yield spans that cover all days from a day on which anything was imported, each of a month at most."""
    sql = (
        "SELECT DISTINCT day_ms FROM imported_days JOIN imports ON id = import_id"
        " WHERE gateway_id = ? AND day_ms >= ? ORDER BY day_ms"
    )
    days = [row[0] for row in store.database.rows(sql, (gateway_id, start_ms - _MARGIN_MS))]
    low_ms = start_ms
    while days:
        low_ms = max(low_ms, days[0])
        high_ms = low_ms + _CHUNK_MS
        yield low_ms, high_ms
        days = [day_ms for day_ms in days if day_ms + _MARGIN_MS > high_ms]
        low_ms = high_ms


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
