"""Imported intervals of a day as a small block of bytes, and back.

A block is a byte for the form (1), two for which columns are there, four for
how many intervals, and then, deflated, the bytes of each column side by side:
starts and lengths [ms], then the columns in hundred-thousandths; the least 64-bit
integer stands for "not known".
"""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from forebay.errors import StoreError
from forebay.records.flows import FLOWS, Split

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Integers = NDArray[np.int64]

COLUMNS: tuple[str, ...] = (
    *(f"{flow.name}_wh" for flow in FLOWS),
    *(f"{part}_wh" for part in Split.__dataclass_fields__),
    "charge_pct",
)
"""What an imported interval may tell: energy of the six flows, what fed what, mean charge on the gateway's scale."""

N_FLOWS = len(FLOWS)
DAY_MS = 86_400_000
_HEAD = struct.Struct(">BHI")
_FORM = 1
_UNKNOWN = -(2**63)
_SCALE = 100_000.0


@dataclass(frozen=True, slots=True)
class Piece:
    """The intervals of one import that begin in one day (UTC), in order of their start.

    starts_ms, lengths_ms: shape (n,) [ms]. values: shape (n, len(COLUMNS)) [Wh, %], NaN where not known.
    """

    day_ms: int
    starts_ms: Integers
    lengths_ms: Integers
    values: Floats

    def __len__(self) -> int:
        return len(self.starts_ms)

    @property
    def end_ms(self) -> int:
        """When the last interval ends."""
        return int((self.starts_ms + self.lengths_ms).max())

    def only(self, rows: NDArray[np.bool_]) -> Piece:
        """Return some of the intervals."""
        return Piece(self.day_ms, self.starts_ms[rows], self.lengths_ms[rows], self.values[rows])

    def whole(self) -> Integers:
        """Return starts, lengths and values as whole numbers, shape (n, 2 + len(COLUMNS)): equal if intervals are."""
        import numpy as np

        scaled = np.where(np.isnan(self.values), _UNKNOWN, np.rint(np.nan_to_num(self.values) * _SCALE))
        return np.column_stack((self.starts_ms, self.lengths_ms, scaled.astype(np.int64)))


def pack(piece: Piece) -> bytes:
    """Return the piece as bytes; energies and charge keep five places."""
    import numpy as np

    whole = piece.whole()[:, 2:]
    there = [n for n in range(len(COLUMNS)) if bool((whole[:, n] != _UNKNOWN).any())]
    columns = [np.diff(piece.starts_ms, prepend=piece.day_ms), piece.lengths_ms, *(whole[:, n] for n in there)]
    body = (
        np.stack(columns).astype(">i8").view(np.uint8).reshape(len(columns), len(piece), 8).transpose(0, 2, 1).tobytes()
    )
    return _HEAD.pack(_FORM, sum(1 << n for n in there), len(piece)) + zlib.compress(body, 6)


def unpack(day_ms: int, block: bytes) -> Piece:
    """Return the piece that `pack` made bytes of. Raises StoreError where they are damaged."""
    import numpy as np

    try:
        form, mask, n = _HEAD.unpack_from(block)
        body = zlib.decompress(block[_HEAD.size :])
        there = [number for number in range(len(COLUMNS)) if mask >> number & 1]
        if form != _FORM or len(body) != (len(there) + 2) * n * 8:
            raise StoreError("an imported day is of a form that this forebay does not know; install a newer one")
    except (struct.error, zlib.error) as exc:
        raise StoreError("an imported day is damaged; undo that import and import it again") from exc
    planes = np.frombuffer(body, np.uint8).reshape(len(there) + 2, 8, n).transpose(0, 2, 1)
    columns = np.ascontiguousarray(planes).view(">i8").reshape(len(there) + 2, n).astype(np.int64)
    values = np.full((n, len(COLUMNS)), np.nan)
    for column, number in zip(columns[2:], there, strict=True):
        values[:, number] = np.where(column == _UNKNOWN, np.nan, column / _SCALE)
    return Piece(day_ms, day_ms + np.cumsum(columns[0]), columns[1], values)
