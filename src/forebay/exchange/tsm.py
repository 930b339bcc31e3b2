"""The files that InfluxDB 1.x keeps its points in (TSM), as far as numbers go.

Written after the description of the format in InfluxDB's own source (1.x,
tsdb/engine/tsm1: DESIGN.md and the comments of its encoders), and tried on
files of InfluxDB 1.6. A file is a head, blocks of up to a thousand points of
one field of one series, and an index. Words and switches are left out.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Integers = NDArray[np.int64]
    Floats = NDArray[np.float64]

MAGIC = b"\x16\xd1\x16\xd1"
_SEPARATOR = "#!~#"
_FLOAT, _INTEGER = 0, 1
_ENTRY = struct.Struct(">qqQI")
_END = 0x7FF8000000000001
"""The not-a-number that ends a block of floats."""
_BITS: tuple[tuple[int, int], ...] = ((0, 240), (0, 120), (1, 60), (2, 30), (3, 20), (4, 15), (5, 12), (6, 10))
_BITS += ((7, 8), (8, 7), (10, 6), (12, 5), (15, 4), (20, 3), (30, 2), (60, 1))
"""By the first four bits of a packed word: how many bits a number has in it, and how many there are."""


class Damaged(Exception):
    """A file is not what it should be; the reader of the backup says which."""


@dataclass(frozen=True, slots=True)
class Block:
    """Points of one field: its series (measurement and tags, as they are written), its name, times [ns] and values."""

    series: str
    field: str
    times_ns: Integers
    values: Floats


def blocks(file: bytes, wanted: Callable[[str, str], bool]) -> Iterator[Block]:
    """Yield the blocks of numbers of the fields that are wanted. Raises Damaged.

    wanted: is asked with the series and the field's name.
    """
    if file[:4] != MAGIC or len(file) < 13:
        raise Damaged("is no TSM file")
    if file[4] != 1:
        raise Damaged(f"is a TSM file of version {file[4]}; only version 1 is known")
    try:
        place, end = struct.unpack(">Q", file[-8:])[0], len(file) - 8
        if not 5 <= place < end:
            raise Damaged("is cut off: there is no index at its end")
        while place < end:
            (length,) = struct.unpack_from(">H", file, place)
            key = file[place + 2 : place + 2 + length].decode("utf-8", "replace")
            kind, count = struct.unpack_from(">BH", file, place + 2 + length)
            place += 5 + length
            series, _, field = key.partition(_SEPARATOR)
            if kind in (_FLOAT, _INTEGER) and wanted(series, field):
                for number in range(count):
                    _, _, offset, size = _ENTRY.unpack_from(file, place + number * _ENTRY.size)
                    times_ns, values = _block(file[offset : offset + size])
                    yield Block(series, field, times_ns, values)
            place += count * _ENTRY.size
    except (struct.error, IndexError, ValueError) as exc:
        raise Damaged(f"is cut off or damaged ({exc})") from exc


def _block(block: bytes) -> tuple[Integers, Floats]:
    import numpy as np

    if len(block) < 7 or zlib.crc32(block[4:]) != struct.unpack_from(">I", block)[0]:
        raise Damaged("has a block with a wrong checksum")
    length, place = _varint(block, 5)
    times = decode_times(block[place : place + length])
    body = block[place + length :]
    values = decode_floats(body) if block[4] == _FLOAT else decode_integers(body).astype(np.float64)
    if len(times) != len(values):
        raise Damaged(f"has a block of {len(times)} times and {len(values)} values")
    return times, values


def _varint(data: bytes, place: int) -> tuple[int, int]:
    number, shift = 0, 0
    while True:
        byte = data[place]
        number |= (byte & 0x7F) << shift
        place, shift = place + 1, shift + 7
        if byte < 0x80:
            return number, place


def decode_times(data: bytes) -> Integers:
    """Return times [ns]. Raises Damaged."""
    import numpy as np

    form, scale = data[0] >> 4, 10 ** (data[0] & 0x0F)
    if form == 0:
        return np.cumsum(np.frombuffer(data, ">i8", offset=1).astype(np.int64))
    (first,) = struct.unpack_from(">q", data, 1)
    if form == 1:
        steps = _unpacked(data[9:]).astype(np.int64) * scale
        return np.concatenate(([first], first + np.cumsum(steps)))
    if form == 2:
        step, place = _varint(data, 9)
        count, _ = _varint(data, place)
        times: Integers = np.arange(count, dtype=np.int64) * (step * scale) + first
        return times
    raise Damaged(f"has times in the unknown form {form}")


def decode_integers(data: bytes) -> Integers:
    """Return whole numbers. Raises Damaged."""
    import numpy as np

    form = data[0] >> 4
    if form == 0:
        return np.cumsum(_signed(np.frombuffer(data, ">u8", offset=1).astype(np.uint64)))
    (first,) = _signed(np.frombuffer(data, ">u8", count=1, offset=1).astype(np.uint64)).tolist()
    if form == 1:
        return np.concatenate(([first], first + np.cumsum(_signed(_unpacked(data[9:])))))
    if form == 2:
        step, place = _varint(data, 9)
        count, _ = _varint(data, place)
        (delta,) = _signed(np.array([step], dtype=np.uint64)).tolist()
        numbers: Integers = np.arange(count + 1, dtype=np.int64) * delta + first
        return numbers
    raise Damaged(f"has whole numbers in the unknown form {form}")


def _signed(numbers: NDArray[np.uint64]) -> Integers:
    import numpy as np

    return (numbers >> np.uint64(1)).astype(np.int64) ^ -(numbers & np.uint64(1)).astype(np.int64)


def _unpacked(data: bytes) -> NDArray[np.uint64]:
    """Return the numbers of packed 64-bit words (simple8b)."""
    import numpy as np

    words = np.frombuffer(data, ">u8").astype(np.uint64)
    forms = (words >> np.uint64(60)).astype(np.int64)
    counts = np.array([count for _, count in _BITS], dtype=np.int64)[forms]
    ends = np.cumsum(counts)
    found = np.ones(int(counts.sum()), dtype=np.uint64)
    for form in np.unique(forms).tolist():
        bits, count = _BITS[form]
        rows = np.flatnonzero(forms == form)
        if bits:
            shifts = np.arange(count, dtype=np.uint64) * np.uint64(bits)
            numbers = (words[rows][:, None] >> shifts) & np.uint64((1 << bits) - 1)
            found[(ends[rows] - count)[:, None] + np.arange(count)] = numbers
    return found


def decode_floats(data: bytes) -> Floats:
    """Return floats; each is told by the bits that changed since the one before. Raises Damaged."""
    import numpy as np

    if data[0] >> 4 != 1:
        raise Damaged(f"has floats in the unknown form {data[0] >> 4}")
    bits = int.from_bytes(data[1:9], "big")
    found: list[int] = []
    place, last, keep, shift = 72, len(data) * 8, 0, 0
    padded = data + bytes(12)
    while bits != _END:
        found.append(bits)
        if place >= last:
            raise Damaged("has floats without an end")
        at = place >> 3  # a number takes 77 bits at most
        window = int.from_bytes(padded[at : at + 11], "big") << (place & 7) & 0xFFFFFFFFFFFFFFFFFFFFFF
        if not window >> 87:
            place += 1
            continue
        if window >> 86 == 3:
            keep = window >> 75 & 0x3F or 64
            shift = 64 - (window >> 81 & 0x1F) - keep
            changed = window >> (75 - keep) & ((1 << keep) - 1)
            place += 13 + keep
        else:
            changed = window >> (86 - keep) & ((1 << keep) - 1)
            place += 2 + keep
        if shift < 0:
            raise Damaged("has floats that cannot be")
        bits ^= changed << shift
    return np.array(found, dtype=np.uint64).view(np.float64)
