"""Appending what packs, strings, inverters and meters told; a part that was never seen is made."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from forebay.records.parts import PART_NAMES, ROLLED, WORDS, PartKey, PartReading
from forebay.store.database import Statement
from forebay.store.parts import Part, parts
from forebay.store.rollup import QUARTER_MS, floor_ms
from forebay.store.state import from_ms, to_ms
from forebay.store.store import Store

_INSERT = (
    f"INSERT OR IGNORE INTO part_samples (gateway_id, part_id, at_ms, {', '.join(PART_NAMES)})"  # noqa: S608
    f" VALUES ({', '.join('?' * (len(PART_NAMES) + 3))})"
)
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

        A part that was never seen is made. What belongs to one instant is kept whole or not at all. Raises StoreError.
        """
        at_ms, statements, new = to_ms(at), [], 0
        for reading in readings:
            part, made = self._part(reading.key, at_ms)
            if not made and part.last is not None and at_ms <= to_ms(part.last):
                continue
            statements += made or self._roll(part, at_ms)
            values = [reading.values.get(name) for name in PART_NAMES]
            statements.append((_INSERT, (self._gateway_id, part.id, at_ms, *values)))
            self._parts[part.kind, part.serial_hash, part.place] = replace(part, last=at)
            new += 1
        if statements:
            self._store.database.write(statements)
        return new

    def _roll(self, part: Part, at_ms: int) -> list[Statement]:
        """Return what completes the quarter of an hour that ended between the last reading and this one."""
        last_ms = at_ms if part.last is None else to_ms(part.last)
        start_ms = floor_ms(last_ms, QUARTER_MS)
        if floor_ms(at_ms, QUARTER_MS) <= start_ms:
            return []
        span = (self._gateway_id, part.id, start_ms, start_ms + QUARTER_MS)
        return [(_ROLL, span), ("UPDATE parts SET last_ms = ? WHERE id = ?", (last_ms, part.id))]

    def _part(self, key: PartKey, at_ms: int) -> tuple[Part, list[Statement]]:
        """Return the part that a key means, and what makes it where it is new."""
        known = self._parts.get((key.kind, key.serial_hash, key.place)) or self._without_serial(key)
        if known is not None:
            return known, []
        number = 1 + max((part.number for part in self._parts.values() if part.kind is key.kind), default=0)
        rows = self._store.database.rows("SELECT coalesce(max(id), 0) FROM parts")
        part_id = 1 + max(rows[0][0], *(part.id for part in self._parts.values()), 0)
        at = from_ms(at_ms)
        label = key.label or f"{WORDS[key.kind]} {number}"
        part = Part(part_id, key.kind, number, label, key.serial_hash, at, at, key.place)
        self._parts[part.kind, part.serial_hash, part.place] = part
        row = (part_id, self._gateway_id, str(key.kind), number, label, key.serial_hash, key.place, at_ms, at_ms)
        return part, [("INSERT INTO parts VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", row)]

    def _without_serial(self, key: PartKey) -> Part | None:
        """Return the only part that a key without a serial number can mean: later firmware no longer tells it."""
        if key.serial:
            return None
        found = [p for p in self._parts.values() if p.kind is key.kind and p.place == key.place]
        return found[0] if len(found) == 1 else None
