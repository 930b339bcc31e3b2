"""Parquet files as this program writes them, and the reading of exactly those.

A file has groups of at most `GROUP` rows, each column of which is one page: whole numbers and decimals as packed
differences, words by a dictionary, compressed with gzip. Any program that reads Parquet reads them. Before the format's
own description stands an index of ours in JSON, so that a reader finds a column of an hour without reading that.
Reasons and measurements: docs/decisions/0093.
"""

from __future__ import annotations

import json
import struct
import threading
import zlib
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from forebay.store import thrift
from forebay.store.deltas import packed, run_values, runs, unpacked
from forebay.store.thrift import I64

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

GROUP = 8640
"""Rows of a group at most: half a day every five seconds."""
TIME = "at_ms"
_MAGIC, _MARK = b"PAR1", b"FBAY"
_LEVEL = 7
_INT32, _INT64, _DOUBLE, _BYTES = 1, 2, 5, 6
_PLAIN, _RLE, _DELTA, _DICTIONARY = 0, 3, 5, 8
_GZIP = 2
_UTF8, _DECIMAL = 0, 5
_DATA_PAGE, _DICTIONARY_PAGE = 0, 2


class NotOurs(ValueError):
    """A file is damaged, or another program wrote it."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column. kind: "time", "decimal", "double", "integer" or "text". places: of a decimal."""

    name: str
    kind: str
    places: int = 0

    @property
    def physical(self) -> int:
        """The format's type of it."""
        return {"time": _INT64, "decimal": _INT64, "double": _DOUBLE, "integer": _INT32, "text": _BYTES}[self.kind]

    @property
    def encoding(self) -> int:
        """The format's way of writing it."""
        return {"double": _PLAIN, "text": _DICTIONARY}.get(self.kind, _DELTA)

    def schema(self) -> thrift.Struct:
        """Describe it in the format's words."""
        row: thrift.Struct = {1: self.physical, 3: 0 if self.kind == "time" else 1, 4: self.name.encode()}
        if self.kind == "decimal":
            row |= {6: _DECIMAL, 7: self.places, 8: 18}
        if self.kind == "text":
            row |= {6: _UTF8}
        return row


@dataclass(slots=True)
class Page:
    """Where a column of a group is: place and length of its page; of its dictionary, 0 where it has none.

    known: how many values are not NULL.
    """

    at: int
    size: int
    known: int
    words_at: int = 0
    words_size: int = 0


@dataclass(slots=True)
class Group:
    """Rows that stand together: how many, times of the first and last, and each column's page."""

    rows: int
    first_ms: int
    last_ms: int
    pages: list[Page] = field(default_factory=list)


class Writer:
    """Writes one file: groups in order of time, then `finish`."""

    def __init__(self, file: IO[bytes], columns: Sequence[Column]) -> None:
        self._file = file
        self._columns = columns
        self._groups: list[Group] = []
        self._described: list[thrift.Struct] = []
        self._at = 0
        self._write(_MAGIC)

    def _write(self, data: bytes) -> int:
        """Append bytes and return where they begin."""
        at = self._at
        self._file.write(data)
        self._at += len(data)
        return at

    def add(self, table: Mapping[str, Array]) -> None:
        """Append rows in order of time. table: by column; NaN in floats, masked integers and None are NULL."""
        at = table[TIME]
        for first in range(0, len(at), GROUP):
            part = {name: values[first : first + GROUP] for name, values in table.items()}
            self._add_group(part)

    def _add_group(self, part: Mapping[str, Array]) -> None:
        at = part[TIME]
        group = Group(len(at), int(at[0]), int(at[-1]))
        described: list[thrift.Struct] = []
        for column in self._columns:
            begin = self._at
            page, plain = self._add_page(column, part[column.name])
            group.pages.append(page)
            described.append(self._chunk(column, begin, page, plain, group))
        sizes = sum(page.size for page in group.pages)
        self._described.append({1: described, 2: I64(sizes), 3: I64(group.rows)})
        self._groups.append(group)

    def _chunk(self, column: Column, begin: int, page: Page, plain: int, group: Group) -> thrift.Struct:
        data_at = page.words_at + page.words_size if page.words_size else begin
        encodings = [_RLE, column.encoding] + ([_PLAIN] if page.words_size else [])
        told: thrift.Struct = {
            1: column.physical,
            2: encodings,
            3: [column.name.encode()],
            4: _GZIP,
            5: I64(group.rows),
            6: I64(plain),
            7: I64(self._at - begin),
            9: I64(data_at),
        }
        if page.words_size:
            told[11] = I64(begin)
        if column.kind == "time":
            least, most = struct.pack("<q", group.first_ms), struct.pack("<q", group.last_ms)
            told[12] = {3: I64(0), 5: most, 6: least}
        return {2: I64(begin), 3: told}

    def _add_page(self, column: Column, values: Array) -> tuple[Page, int]:
        """Write a column's page, and its dictionary before it; return where, and the size before compression."""
        present, body, words = _encoded(column, values)
        rows, known, begin = len(values), int(present.sum()), self._at
        words_at = words_size = 0
        if words is not None:
            squeezed = _squeezed(words[1])
            head = {1: _DICTIONARY_PAGE, 2: len(words[1]), 3: len(squeezed), 7: {1: words[0], 2: _PLAIN}}
            self._write(thrift.struct(head))
            words_at, words_size = self._write(squeezed), len(squeezed)
        if column.kind != "time":
            levels = runs(present.astype("u1"), 1)
            body = struct.pack("<I", len(levels)) + levels + body
        squeezed = _squeezed(body)
        kind = {1: rows, 2: column.encoding if known else _PLAIN, 3: _RLE, 4: _RLE}
        self._write(thrift.struct({1: _DATA_PAGE, 2: len(body), 3: len(squeezed), 5: kind}))
        at = self._write(squeezed)
        plain = len(body) + (len(words[1]) if words else 0) + (at - begin)
        return Page(at, len(squeezed), known, words_at, words_size), plain

    def finish(self) -> None:
        """Write what the file says of itself."""
        index = {
            "columns": [[c.name, c.kind, c.places] for c in self._columns],
            "groups": [
                [g.rows, g.first_ms, g.last_ms, [[p.at, p.size, p.known, p.words_at, p.words_size] for p in g.pages]]
                for g in self._groups
            ],
        }
        told = zlib.compress(json.dumps(index, separators=(",", ":")).encode(), _LEVEL)
        self._write(told + struct.pack("<I", len(told)) + _MARK)
        schema: list[thrift.Struct] = [{4: b"readings", 5: len(self._columns)}, *(c.schema() for c in self._columns)]
        footer = thrift.struct(
            {
                1: 2,
                2: schema,
                3: I64(sum(group.rows for group in self._groups)),
                4: self._described,
                6: b"forebay",
                7: [{1: {}} for _ in self._columns],  # extremes are by the type's own order
            }
        )
        self._write(footer + struct.pack("<I", len(footer)) + _MAGIC)


def _squeezed(data: bytes) -> bytes:
    squeezer = zlib.compressobj(_LEVEL, zlib.DEFLATED, 31)
    return squeezer.compress(data) + squeezer.flush()


def _encoded(column: Column, values: Array) -> tuple[Array, bytes, tuple[int, bytes] | None]:
    """Return which values are not NULL, those as bytes, and the dictionary with its length where there is one."""
    import numpy as np

    if column.kind == "text":
        present = np.array([isinstance(value, str) for value in values], dtype=bool)
        kept = [value.encode() for value in values[present]]
        if not kept:
            return present, b"", None
        number = {word: n for n, word in enumerate(dict.fromkeys(kept))}
        wide = max(1, (len(number) - 1).bit_length())
        coded = np.array([number[word] for word in kept], dtype=np.int64)
        body = bytes([wide]) + runs(coded, (wide + 7) // 8)
        return present, body, (len(number), b"".join(struct.pack("<I", len(w)) + w for w in number))
    if isinstance(values, np.ma.MaskedArray):
        present = ~np.ma.getmaskarray(values)
        whole = values.data[present].astype(np.int64)
    elif column.kind == "time":
        present, whole = np.ones(len(values), dtype=bool), values.astype(np.int64)
    else:
        present = ~np.isnan(values)
        if column.kind == "double":
            return present, values[present].astype("<f8").tobytes(), None
        whole = np.rint(np.round(values[present], column.places) * 10.0**column.places).astype(np.int64)
    return present, packed(whole) if len(whole) else b"", None


class Kept:
    """Columns of groups that were read last, so that who looks around in a day does not unpack it again. Thread-safe.

    most: how much it may hold [bytes].
    """

    def __init__(self, most: int = 8_000_000) -> None:
        self._most = most
        self._held = 0
        self._columns: OrderedDict[tuple[int, int, str], Array] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: tuple[int, int, str]) -> Array | None:
        """Return what is kept under a key, None where it is not."""
        with self._lock:
            found = self._columns.get(key)
            if found is not None:
                self._columns.move_to_end(key)
            return found

    def put(self, key: tuple[int, int, str], values: Array) -> None:
        """Keep an array, from now on for reading only."""
        values.flags.writeable = False
        with self._lock:
            if key not in self._columns:
                self._columns[key] = values
                self._held += values.nbytes
            while self._held > self._most:
                self._held -= self._columns.popitem(last=False)[1].nbytes

    def clear(self) -> None:
        """Let go of all."""
        with self._lock:
            self._columns.clear()
            self._held = 0


_NUMBERS = count()


class Reader:
    """One file of this program's, read column by column. Raises NotOurs when made of another, OSError."""

    def __init__(self, path: Path, kept: Kept | None = None) -> None:
        self.path = path
        self._kept = kept or Kept(0)
        self._number = next(_NUMBERS)
        with path.open("rb") as file:
            size = file.seek(0, 2)
            file.seek(max(0, size - 8))
            tail = file.read()
            if size < 12 or tail[4:] != _MAGIC:
                raise NotOurs("its end is missing")
            footer_at = size - 8 - struct.unpack("<I", tail[:4])[0]
            file.seek(max(0, footer_at - 8))
            length, mark = struct.unpack("<I4s", file.read(8))
            if mark != _MARK or length > footer_at:
                raise NotOurs("another program wrote it")
            file.seek(footer_at - 8 - length)
            try:
                index = json.loads(zlib.decompress(file.read(length)))
            except (ValueError, zlib.error) as exc:
                raise NotOurs("its index is damaged") from exc
        self.columns = {name: (n, Column(name, kind, to)) for n, (name, kind, to) in enumerate(index["columns"])}
        self.groups = [
            Group(rows, first_ms, last_ms, [Page(*page) for page in pages])
            for rows, first_ms, last_ms, pages in index["groups"]
        ]

    @property
    def rows(self) -> int:
        """How many rows it has."""
        return sum(group.rows for group in self.groups)

    def read(self, names: Sequence[str], start_ms: int, end_ms: int) -> Iterator[dict[str, Array]]:
        """Yield the rows of [start, end) group by group, the time and the columns of these names.

        A column that the file has not is NULL: floats and integers as float arrays with NaN, words as None.
        Raises NotOurs where the bytes are not what was written.
        """
        import numpy as np

        with self.path.open("rb") as file:
            for number, group in enumerate(self.groups):
                if group.last_ms < start_ms or group.first_ms >= end_ms:
                    continue
                try:
                    at = self._once(file, number, TIME)
                    low, high = np.searchsorted(at, (start_ms, end_ms)).tolist()
                    if low < high:
                        found = {TIME: at[low:high]}
                        found |= {name: self._once(file, number, name)[low:high] for name in names}
                        yield found
                except (ValueError, IndexError, zlib.error, struct.error) as exc:
                    raise NotOurs("its bytes are damaged") from exc

    def _once(self, file: IO[bytes], number: int, name: str) -> Array:
        key = (self._number, number, name)
        values = self._kept.get(key)
        if values is None:
            values = self._column(file, self.groups[number], name)
            self._kept.put(key, values)
        return values

    def _column(self, file: IO[bytes], group: Group, name: str) -> Array:
        import numpy as np

        if name not in self.columns:
            return np.full(group.rows, np.nan)  # of words too: what is not a number is NULL
        number, column = self.columns[name]
        page = group.pages[number]
        data = _read(file, page.at, page.size)
        if column.kind == "time":
            return unpacked(data, 0)
        (levels,) = struct.unpack_from("<I", data)
        begin = 4 + levels
        if column.kind == "text":
            given = self._words(file, page, data, begin)
            found: Array = np.full(group.rows, None, dtype=object)
        else:
            given = _numbers(column, data, begin, page.known)
            if page.known == group.rows:
                return given
            found = np.full(group.rows, np.nan)
        found[run_values(data, 4, group.rows, 1).astype(bool)] = given
        return found

    @staticmethod
    def _words(file: IO[bytes], page: Page, data: bytes, begin: int) -> Array:
        import numpy as np

        if not page.known:
            return np.empty(0, dtype=object)
        words, held, at = [], _read(file, page.words_at, page.words_size), 0
        while at < len(held):
            (length,) = struct.unpack_from("<I", held, at)
            words.append(held[at + 4 : at + 4 + length].decode())
            at += 4 + length
        coded = run_values(data, begin + 1, page.known, (data[begin] + 7) // 8)
        return np.array(words, dtype=object)[coded]


def _read(file: IO[bytes], at: int, size: int) -> bytes:
    file.seek(at)
    return zlib.decompress(file.read(size), 31)


def _numbers(column: Column, data: bytes, begin: int, known: int) -> Array:
    import numpy as np

    if not known:
        return np.empty(0)
    if column.kind == "double":
        return np.frombuffer(data, dtype="<f8", count=known, offset=begin)
    whole = unpacked(data, begin)
    if len(whole) != known:
        raise ValueError("its values are not as many as it says")
    return whole / 10.0**column.places if column.kind == "decimal" else whole.astype(np.float64)
