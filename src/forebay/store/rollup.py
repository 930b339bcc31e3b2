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

# The rule of records/flows.py in SQL: s sun, d discharge, c charge, h home; sh and sb are what the sun gives them.
_FED = """INSERT OR REPLACE INTO fed SELECT ?, ?, count(*), sum(sh), sum(sb), sum(s - sh - sb), sum(min(d, h - sh)),
 sum(d - min(d, h - sh)), sum(h - sh - min(d, h - sh)), sum(c - sb) FROM (SELECT *, min(s - sh, c) AS sb FROM
 (SELECT *, min(s, h) AS sh FROM (SELECT max(0.0, coalesce(solar_power_w, 0.0)) AS s, max(0.0, battery_power_w) AS d,
 max(0.0, -battery_power_w) AS c, max(0.0, coalesce(solar_power_w, 0.0) + battery_power_w + site_power_w) AS h
 FROM samples WHERE gateway_id = ? AND at_ms >= ? AND at_ms < ?
 AND battery_power_w IS NOT NULL AND site_power_w IS NOT NULL))) HAVING count(*)"""


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
            span = (gateway_id, start_ms, start_ms + length_ms)
            statements.append((_INSERTS[table], span))
            if table == "quarters":
                statements.append((_FED, (gateway_id, start_ms, *span)))
    return statements
