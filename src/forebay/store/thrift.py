"""The compact encoding in which a Parquet file describes itself; only what is needed to write one.

Source: the Thrift compact protocol and parquet.thrift, both of Apache.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

_I32, _I64, _BINARY, _LIST, _STRUCT = 5, 6, 8, 9, 12


@dataclass(frozen=True, slots=True)
class I64:
    """A whole number that is told in 64 bits; a bare one is told in 32."""

    value: int


Struct = dict[int, Any]
"""Number of the field -> its value, in rising order: int, I64, bytes, a struct, or a list of one of them."""


def varint(value: int) -> bytes:
    """Return a whole number of 0 or more in as few bytes as it needs."""
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    out.append(value)
    return bytes(out)


def zigzag(value: int) -> bytes:
    """Return a whole number of either sign in as few bytes as it needs."""
    return varint(value << 1 if value >= 0 else (-value << 1) - 1)


def _kind(value: object) -> int:
    return {int: _I32, I64: _I64, bytes: _BINARY, list: _LIST, dict: _STRUCT}[type(value)]


def struct(fields: Struct) -> bytes:
    """Return a struct as bytes."""
    out, before = bytearray(), 0
    for number, value in fields.items():
        out.append((number - before) << 4 | _kind(value))
        out += _value(value)
        before = number
    out.append(0)
    return bytes(out)


def _value(value: Any) -> bytes:
    if isinstance(value, int):
        return zigzag(value)
    if isinstance(value, I64):
        return zigzag(value.value)
    if isinstance(value, bytes):
        return varint(len(value)) + value
    return struct(value) if isinstance(value, dict) else _list(value)


def _list(values: Sequence[Any]) -> bytes:
    kind = _kind(values[0]) if values else _I32
    head = bytes([len(values) << 4 | kind]) if len(values) < 15 else bytes([0xF0 | kind]) + varint(len(values))
    return head + b"".join(map(_value, values))
