"""What gives way when nothing can be written for so long that waiting statements would fill the memory.

The oldest readings do, and nothing else: a gap with its reason takes their place. Reasons: docs/decisions/0095.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from forebay.records.reasons import Reason

Statement = tuple[str, tuple[Any, ...]]

_READINGS = tuple(f"INSERT OR IGNORE INTO {table} " for table in ("samples", "slow_samples", "part_samples"))
_BUCKETS = tuple(f"INSERT OR REPLACE INTO {table} " for table in ("minutes", "quarters", "fed", "part_quarters"))
_GAP = (
    "INSERT OR REPLACE INTO gaps VALUES (?, coalesce((SELECT max(at_ms) FROM samples"
    " WHERE gateway_id = ? AND at_ms < ?), ?), ?, ?, ?)"
)


def give_way(waiting: Sequence[Statement], count: int) -> list[Statement]:
    """Return the statements that go on waiting when the oldest `count` of them have to shrink.

    Of those every reading goes. What completes a bucket of time stays if it is the first of its kind: readings that are
    on the disk already may be in that bucket; the others would find nothing.
    """
    head, tail = waiting[:count], waiting[count:]
    stays: list[Statement] = []
    first_ms: dict[int, int] = {}
    last_ms: dict[int, int] = {}
    lost: dict[int, int] = {}
    begun: set[tuple[Any, ...]] = set()
    for sql, parameters in head:
        if sql == _GAP:  # of an earlier time that this follows on
            first_ms.setdefault(parameters[0], parameters[2])
            lost[parameters[0]] = lost.get(parameters[0], 0) + _count_of(parameters)
        elif sql.startswith(_READINGS[0]):
            first_ms.setdefault(parameters[0], parameters[1])
            last_ms[parameters[0]] = parameters[1]
            lost[parameters[0]] = lost.get(parameters[0], 0) + 1
        elif sql.startswith(_BUCKETS):
            key = (sql, *parameters[:-2])
            key = (sql, parameters[0]) if "part_quarters" not in sql else key
            if key not in begun:
                begun.add(key)
                stays.append((sql, parameters))
        elif not sql.startswith(_READINGS):
            stays.append((sql, parameters))
    next_ms: dict[int, int] = {}
    for sql, parameters in tail:
        if sql.startswith(_READINGS[0]):
            next_ms.setdefault(parameters[0], parameters[1])
    gaps = [
        (_GAP, (i, i, at_ms, at_ms, next_ms.get(i, last_ms.get(i, at_ms) + 1), str(Reason.STORE), _words(lost[i])))
        for i, at_ms in first_ms.items()
    ]
    return [*stays, *gaps, *tail]


def _words(count: int) -> str:
    return f"{count} readings waited in memory until there was no more room"


def _count_of(parameters: Sequence[Any]) -> int:
    return int(str(parameters[-1]).partition(" ")[0])
