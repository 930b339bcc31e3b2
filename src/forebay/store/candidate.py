"""What may become an import: intervals of one kind, packed by day."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from forebay.store.packed import Piece, pack, unpack


@dataclass(slots=True)
class Candidate:
    """What may become an import: intervals by day, packed, and where they came from.

    kind: such as "cloud-power"; source: names of files or an address, without secrets.
    is_metered: whether the energies were counted by a meter, or are made of powers.
    """

    kind: str
    source: str
    sha256: str
    is_metered: bool
    step_ms: int
    decisions: dict[str, Any] = field(default_factory=dict)
    days: dict[int, bytes] = field(default_factory=dict)
    n: int = 0

    def put(self, piece: Piece) -> None:
        """Take a day's intervals in; they replace those of that day."""
        self.days[piece.day_ms] = pack(piece)
        self.n += len(piece)

    def pieces(self) -> Iterator[Piece]:
        """Yield the days in order."""
        for day_ms in sorted(self.days):
            yield unpack(day_ms, self.days[day_ms])
