"""Keep what was imported, apart from what was recorded: add, list, undo.

An import is there whole or not at all. It holds only what no earlier import of
its kind held already. With each change the gateway's imports are put together
anew from the first day that changes (store/merged.py): before the transaction,
so that a recorder waits for the writing alone. Reasons: docs/decisions/0112.
"""

from __future__ import annotations

import json
import pickle
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import repeat
from typing import Any

from forebay.errors import StoreError
from forebay.store.candidate import Candidate
from forebay.store.database import Rows, Statement
from forebay.store.import_sums import SUMS, History, begin_ms, merging
from forebay.store.packed import Piece, unpack
from forebay.store.state import from_ms, to_ms
from forebay.store.store import Store


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


def revision(store: Store) -> str:
    """Return a word that changes with every import that is kept or taken away."""
    made = store.database.rows("SELECT seq FROM sqlite_sequence WHERE name = 'imports'")
    (there,) = store.database.rows("SELECT count(*) FROM imports")
    return f"{made[0][0] if made else 0}-{there[0]}"


def claim(store: Store, name: str, zone: str | None = None) -> tuple[int, list[Statement]]:
    """Return the id of a gateway by its name, and what makes it where the name is new.

    zone: kept where the gateway has not told its own.
    """
    rows = store.gateways()
    known = next((row for row in rows if row.name == name), None)
    if known is None:
        number = 1 + max((row.id for row in rows), default=0)
        return number, [("INSERT INTO gateways (id, name, timezone) VALUES (?, ?, ?)", (number, name, zone))]
    sql = "UPDATE gateways SET timezone = coalesce(timezone, ?) WHERE id = ?"
    return known.id, [(sql, (zone, known.id))] if zone is not None and known.timezone is None else []


def add(
    store: Store,
    gateway_id: int,
    candidates: Sequence[Candidate],
    at: datetime,
    progress: Callable[[datetime], object] = lambda _: None,
    *,
    first: Sequence[Statement] = (),
) -> list[int]:
    """Keep the candidates, all or none, and return the numbers of the imports. Raises StoreError.

    at: when, in real time. progress: is told of each day that is put together. first: what is written before them
    in the same transaction, such as their gateway.
    """
    wanted = [candidate for candidate in candidates if candidate.days]
    numbers: list[int] = []
    if not wanted:
        return numbers

    def adding() -> Iterator[Statement]:
        yield from first
        for one in wanted:
            yield from _keeping(store, gateway_id, one, to_ms(at), numbers)

    first_ms = min(min(one.days) for one in wanted)
    _change(store, gateway_id, History(store, gateway_id, new=wanted), first_ms, adding(), progress)
    return numbers


def _change(  # noqa: PLR0917 - what changes, and how
    store: Store,
    gateway_id: int,
    after: History,
    first_ms: int,
    change: Iterable[Statement | Rows],
    progress: Callable[[datetime], object],
) -> None:
    """Do a change and bring `imported_sums` up to what they are after it, in one transaction."""
    before = revision(store)
    with tempfile.TemporaryFile(dir=store.database.path.parent, prefix=".forebay-") as file:
        count = 0
        try:
            for sums in merging(after, store, gateway_id, first_ms, progress):
                pickle.dump(sums, file, pickle.HIGHEST_PROTOCOL)
                count += 1
            file.flush()
        except OSError as exc:
            raise StoreError(f"{store.database.path.parent}: {exc.strerror}; make room, nothing was imported") from exc

        def changing() -> Iterator[Statement | Rows]:
            if revision(store) != before:
                raise StoreError("another import was kept or taken away meanwhile; do this one again")
            yield from change
            yield "DELETE FROM imported_sums WHERE gateway_id = ? AND at_ms > ?", (gateway_id, begin_ms(first_ms))
            sql = f"INSERT INTO imported_sums VALUES ({', '.join('?' * (len(SUMS) + 2))})"  # noqa: S608
            file.seek(0)
            for _ in range(count):
                times, sums = pickle.load(file)  # noqa: S301 - written above
                columns = (
                    (sums[:, n].round().astype(int) if name.endswith("_ms") else sums[:, n]).tolist()
                    for n, name in enumerate(SUMS)
                )
                yield sql, list(zip(repeat(gateway_id), times, *columns, strict=False))

        store.database.write_at_once(changing())


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

    undoing: list[Statement] = [
        ("DELETE FROM imported_days WHERE import_id = ?", (number,)),
        ("DELETE FROM imports WHERE id = ?", (number,)),
    ]
    after = History(store, gateway_id, without=number)
    _change(store, gateway_id, after, to_ms(known[number].start), undoing, progress)
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
