"""What the database can hold of what was told; what is no number, or none that fits, is missing.

One such value must not keep the rest of its reading, or a flush, from being written.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite
from typing import Any

_LIMIT = 2**63
"""What a whole number of SQLite cannot hold."""


def is_storable(value: Any) -> bool:
    """Whether the database can hold it: not NaN, infinity, whole numbers beyond 64 bits, text that is not Unicode."""
    if isinstance(value, str):
        return value.isascii() or not any("\ud800" <= letter <= "\udfff" for letter in value)
    if isinstance(value, float):
        return isfinite(value)
    return value is None or -_LIMIT <= value < _LIMIT


def unstorable(names: Sequence[str], values: Sequence[Any]) -> dict[str, Any]:
    """Return the names whose values the database cannot hold, each with what is kept instead."""
    return {name: None for name, value in zip(names, values, strict=True) if not is_storable(value)}
