"""Raw readings put together: by minute and by quarter of an hour.

A bucket holds how many readings knew a signal, their sum and their extremes,
so buckets add up without loss. It is written when the first reading after it
comes, from the raw readings themselves, and never touched again. Days and
months are made of quarters at query time: every time zone keeps to them.
Reasons: docs/decisions/0023.
"""

from __future__ import annotations

from forebay.records.signals import FAST, Kind
from forebay.store.database import Statement

GAUGES: tuple[str, ...] = tuple(s.name for s in FAST if s.kind is Kind.GAUGE)
"""The signals that are put together, in the order of the tables' columns."""

MINUTE_MS, QUARTER_MS = 60_000, 900_000
BUCKETS: dict[str, int] = {"minutes": MINUTE_MS, "quarters": QUARTER_MS}
"""Table -> length of its buckets [ms]."""


def _insert(table: str, length_ms: int) -> str:
    parts = ", ".join(f"count({g}), sum({g}), min({g}), max({g})" for g in GAUGES)
    return (
        f"INSERT OR REPLACE INTO {table} SELECT gateway_id, at_ms - at_ms % {length_ms}, count(*), {parts}"  # noqa: S608
        " FROM samples WHERE gateway_id = ? AND at_ms >= ? AND at_ms < ? GROUP BY 2"
    )


_INSERTS = {table: _insert(table, length_ms) for table, length_ms in BUCKETS.items()}


def floor_ms(at_ms: int, length_ms: int) -> int:
    """Return the start of the bucket that holds an instant."""
    return at_ms - at_ms % length_ms


def roll(gateway_id: int, last_ms: int | None, at_ms: int) -> list[Statement]:
    """Return what completes the buckets that end between the last reading and the one at `at_ms`."""
    if last_ms is None:
        return []
    statements: list[Statement] = []
    for table, length_ms in BUCKETS.items():
        start_ms = floor_ms(last_ms, length_ms)
        if floor_ms(at_ms, length_ms) > start_ms:
            statements.append((_INSERTS[table], (gateway_id, start_ms, start_ms + length_ms)))
    return statements
