"""How a column's values become bytes and come back: whole numbers as differences, words and NULLs as runs.

These are the encodings DELTA_BINARY_PACKED and RLE of the Parquet format. Of the differences, blocks of 512 are held in
whole bytes each: what that wastes the compression behind it gets back, and reading them is a copy instead of a sum of
bits.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from forebay.store.thrift import varint, zigzag

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

BLOCK = 512
_BYTES = {0: 0, 1: 1, 2: 2, 3: 4, 4: 4}


def packed(values: Array) -> bytes:
    """Return whole numbers as differences in blocks. values: int64, at least one."""
    import numpy as np

    count = len(values)
    out = bytearray(varint(BLOCK) + varint(1) + varint(count) + zigzag(int(values[0])))
    steps = np.diff(values)
    for first in range(0, count - 1, BLOCK):
        block = steps[first : first + BLOCK]
        least = int(block.min())
        over = (block - least).astype(np.uint64)
        wide = (int(over.max()).bit_length() + 7) // 8
        wide = _BYTES.get(wide, 8)
        out += zigzag(least)
        out.append(8 * wide)
        if wide:
            whole = np.zeros(BLOCK, dtype=f"<u{wide}")
            whole[: len(block)] = over
            out += whole.tobytes()
    return bytes(out)


def unpacked(data: bytes, at: int) -> Array:
    """Return the whole numbers that `packed` wrote at a place of these bytes. Raises ValueError for other bytes."""
    import numpy as np

    size, at = _varint(data, at)
    parts, at = _varint(data, at)
    if size != BLOCK or parts != 1:
        raise ValueError("not a block of this program's")
    count, at = _varint(data, at)
    first, at = _varint(data, at)
    steps = np.empty(count, dtype=np.int64)
    steps[0] = _signed(first)
    done = 1
    while done < count:
        least, at = _varint(data, at)
        wide = data[at] // 8
        at += 1
        n = min(BLOCK, count - done)
        into = steps[done : done + n]
        if wide:
            into[:] = np.frombuffer(data, dtype=f"<u{wide}", count=n, offset=at)
            into += _signed(least)
            at += BLOCK * wide
        else:
            into[:] = _signed(least)
        done += n
    np.cumsum(steps, out=steps)
    return steps


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[at]
        value |= (byte & 127) << shift
        at += 1
        if byte < 128:
            return value, at
        shift += 7


def _signed(value: int) -> int:
    return value >> 1 if not value & 1 else -((value + 1) >> 1)


def runs(values: Array, wide: int) -> bytes:
    """Return small whole numbers as runs of equal ones; wide: bytes of each."""
    import numpy as np

    turns = np.flatnonzero(values[1:] != values[:-1]) + 1
    begins = np.concatenate(([0], turns)) if len(values) else np.empty(0, dtype=np.int64)
    lengths = np.diff(np.append(begins, len(values)))
    out = bytearray()
    for begin, length in zip(begins.tolist(), lengths.tolist(), strict=True):
        out += varint(length << 1) + int(values[begin]).to_bytes(wide, "little")
    return bytes(out)


def run_values(data: bytes, at: int, count: int, wide: int) -> Array:
    """Return `count` small whole numbers that `runs` wrote at a place of these bytes."""
    import numpy as np

    values: list[int] = []
    lengths: list[int] = []
    left = count
    while left > 0:
        head, at = _varint(data, at)
        if head & 1 or not head:
            raise ValueError("not a run of this program's")
        lengths.append(head >> 1)
        values.append(int.from_bytes(data[at : at + wide], "little"))
        at += wide
        left -= head >> 1
    if left:
        raise ValueError("a run is too long")
    return np.repeat(np.array(values, dtype=np.int64), lengths)
