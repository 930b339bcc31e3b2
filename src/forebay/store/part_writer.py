"""Appending what packs, strings, inverters and meters told; a part that was never seen is made."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from itertools import chain
from typing import Any

from forebay.records.parts import PART_NAMES, ROLLED, WORDS, PartKey, PartReading
from forebay.store.database import Statement
from forebay.store.door import is_storable
from forebay.store.parts import Part, parts
from forebay.store.rollup import QUARTER_MS, floor_ms
from forebay.store.state import from_ms, to_ms
from forebay.store.store import Store

_INTO = f"INSERT OR IGNORE INTO part_samples (gateway_id, part_id, at_ms, {', '.join(PART_NAMES)}) VALUES "  # noqa: S608
_MARKS = f"({', '.join('?' * (len(PART_NAMES) + 3))})"
_MOST_ROWS = 32_000 // (len(PART_NAMES) + 3)
"""How many rows fit into one statement of SQLite."""
_SUMS = ", ".join(f"count({s.name}), sum({s.name}), min({s.name}), max({s.name})" for s in ROLLED)
_ROLL = (
    f"INSERT OR REPLACE INTO part_quarters SELECT gateway_id, part_id, at_ms - at_ms % {QUARTER_MS}, count(*), {_SUMS}"  # noqa: S608
    " FROM part_samples WHERE gateway_id = ? AND part_id = ? AND at_ms >= ? AND at_ms < ? GROUP BY 3"
)


class PartWriter:
    """Appends readings of parts to a store; one for each gateway that is recorded."""

    def __init__(self, store: Store, gateway_id: int) -> None:
        self._store = store
        self._gateway_id = gateway_id
        self._parts = {(part.kind, part.serial_hash, part.place): part for part in parts(store, gateway_id)}

    def append(self, at: datetime, readings: Iterable[PartReading]) -> int:
        """Keep what was told at an instant; return how many of the readings were new: later than their part's last.

        What is no number, such as NaN or infinity, is kept as missing. A part that was never seen is made, at once
        durable. What belongs to one instant is kept whole or not at all.
        Raises StoreError.
        """
        at_ms, statements = to_ms(at), []
        rows: list[tuple[Any, ...]] = []
        for reading in readings:
            part = self._find(reading.key)
            if part is None:
                if not reading.is_there:
                    continue
                part = self._made(reading.key, at_ms)
            elif part.last is not None and at_ms <= to_ms(part.last):
                continue
            statements += self._roll(part, at_ms)
            told = (reading.values.get(name) for name in PART_NAMES)
            values = (value if is_storable(value) else None for value in told)
            rows.append((self._gateway_id, part.id, at_ms, *values))
            self._parts[part.kind, part.serial_hash, part.place] = replace(part, last=at)
        for first in range(0, len(rows), _MOST_ROWS):  # few statements: a full disk keeps so many waiting
            some = rows[first : first + _MOST_ROWS]
            statements.append((_INTO + ", ".join([_MARKS] * len(some)), tuple(chain.from_iterable(some))))
        if statements:
            self._store.database.write(statements)
        return len(rows)

    def _roll(self, part: Part, at_ms: int) -> list[Statement]:
        """Return what completes the quarter of an hour that ended between the last reading and this one."""
        last_ms = at_ms if part.last is None else to_ms(part.last)
        start_ms = floor_ms(last_ms, QUARTER_MS)
        if floor_ms(at_ms, QUARTER_MS) <= start_ms:
            return []
        span = (self._gateway_id, part.id, start_ms, start_ms + QUARTER_MS)
        return [(_ROLL, span), ("UPDATE parts SET last_ms = ? WHERE id = ?", (last_ms, part.id))]

    def _made(self, key: PartKey, at_ms: int) -> Part:
        """Make a part."""
        number = 1 + max((part.number for part in self._parts.values() if part.kind is key.kind), default=0)
        part_id = 1 + self._store.database.rows("SELECT coalesce(max(id), 0) FROM parts")[0][0]
        at = from_ms(at_ms)
        label = self._label(key.label or f"{WORDS[key.kind]} {number}")
        part = Part(part_id, key.kind, number, label, key.serial_hash, at, at, key.place)
        row = (part_id, self._gateway_id, str(key.kind), number, label, key.serial_hash, key.place, at_ms, at_ms)
        self._store.database.write_at_once([("INSERT INTO parts VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", row)])
        self._parts[part.kind, part.serial_hash, part.place] = part
        return part

    def label_of(self, key: PartKey) -> str | None:
        """Return the label of the part that a key means, None where it was never seen."""
        part = self._find(key)
        return part.label if part else None

    def _label(self, wanted: str) -> str:
        """Return a label that no other part has: the second "String A" is "String A (2)"."""
        taken = {part.label for part in self._parts.values()}
        n, label = 1, wanted
        while label in taken:
            n += 1
            label = f"{wanted} ({n})"
        return label

    def _find(self, key: PartKey) -> Part | None:
        """Return the part that a key means.

        A key without a serial number means the only one of its place: later firmware no longer tells it.
        """
        known = self._parts.get((key.kind, key.serial_hash, key.place))
        if known is not None or key.serial:
            return known
        found = [p for p in self._parts.values() if p.kind is key.kind and p.place == key.place]
        return found[0] if len(found) == 1 else None
