"""What a reader of a foreign history hands over: intervals, and the rows that it could not take.

Rows may come in any order. Days are packed as soon as many are open, so that
ten years of minutes stay small.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from forebay.errors import ConfigError
from forebay.records.flows import FLOWS
from forebay.store.candidate import Candidate
from forebay.store.merged import LONGEST_MS, MINUTE_MS
from forebay.store.packed import COLUMNS, DAY_MS, Piece, unpack
from forebay.store.steps import MAX_W

Values = Sequence[float | None]
_OPEN_DAYS = 70
_NUMBER = {name: number for number, name in enumerate(COLUMNS)}


@dataclass(frozen=True, slots=True)
class Bad:
    """A row that was not taken: where it is, and why. column: "" where it is the whole row."""

    file: str
    line: int
    column: str
    reason: str

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        return f"{place}: {self.column}: {self.reason}" if self.column else f"{place}: {self.reason}"


class Refused(Exception):
    """A row cannot be taken; the reader lists it and goes on. It never leaves the readers."""

    def __init__(self, column: str, reason: str) -> None:
        super().__init__(f"{column}: {reason}" if column else reason)
        self.column = column
        self.reason = reason


@dataclass(slots=True)
class Intake:
    """The intervals of one kind of history, by day.

    repeated: rows that were told before with the same values.
    """

    kind: str
    is_metered: bool
    step_ms: int = 0
    repeated: int = 0
    decisions: dict[str, Any] = field(default_factory=dict)
    _open: dict[int, dict[int, tuple[int, tuple[float | None, ...]]]] = field(default_factory=dict)
    _packed: Candidate | None = None

    def put(self, start_ms: int, end_ms: int, told: dict[str, float | None]) -> None:
        """Take an interval in. told: by names of COLUMNS [Wh, %]. Raises Refused where no house can be meant."""
        length_ms = end_ms - start_ms
        if not MINUTE_MS <= length_ms <= LONGEST_MS:
            hours = f"{length_ms / 3.6e6:.1f} h" if length_ms >= 3_600_000 else f"{length_ms / 1000:g} s"
            raise Refused("", f"an interval of {hours}; it must be at least a minute and at most 25 hours long")
        for name, value in told.items():
            if value is not None and not 0 <= value <= (100 if name == "charge_pct" else MAX_W * length_ms / 3.6e6):
                raise Refused(name, f"{value:g} in {length_ms / 60_000:g} minutes is nothing that a home does")
        values = tuple(told.get(name) for name in COLUMNS)
        day = self._day(start_ms - start_ms % DAY_MS)
        before = day.get(start_ms)
        if before is not None and before != (length_ms, values):
            raise Refused("", "another row tells this time with other values; the first one is kept")
        self.repeated += before is not None
        day[start_ms] = (length_ms, values)

    def fill(self, start_ms: int, end_ms: int, told: dict[str, float]) -> None:
        """Add columns to an interval that may be there already; what it tells already stays."""
        day = self._day(start_ms - start_ms % DAY_MS)
        length_ms, values = day.get(start_ms, (end_ms - start_ms, (None,) * len(COLUMNS)))
        new = list(values)
        for name, value in told.items():
            if new[_NUMBER[name]] is None:
                new[_NUMBER[name]] = value
        day[start_ms] = (length_ms, tuple(new))

    def _day(self, day_ms: int) -> dict[int, tuple[int, tuple[float | None, ...]]]:
        if day_ms in self._open:
            return self._open[day_ms]
        if len(self._open) >= _OPEN_DAYS:
            self._pack(next(iter(self._open)))
        self._open[day_ms] = self._unpacked(day_ms)
        return self._open[day_ms]

    def _unpacked(self, day_ms: int) -> dict[int, tuple[int, tuple[float | None, ...]]]:
        if self._packed is None or day_ms not in self._packed.days:
            return {}
        piece = unpack(day_ms, self._packed.days.pop(day_ms))
        self._packed.n -= len(piece)
        rows = zip(piece.starts_ms.tolist(), piece.lengths_ms.tolist(), piece.values.tolist(), strict=True)
        return {
            start: (length, tuple(None if value != value else value for value in values))  # noqa: PLR0124 - NaN
            for start, length, values in rows
        }

    def _pack(self, day_ms: int) -> None:
        import numpy as np

        rows = sorted(self._open.pop(day_ms).items())
        if not rows:
            return
        if self._packed is None:
            self._packed = Candidate(self.kind, "", "", self.is_metered, self.step_ms, self.decisions)
        values = np.array([row[1][1] for row in rows], dtype=np.float64)
        starts, lengths = (
            np.array(column, dtype=np.int64) for column in zip(*((s, r[0]) for s, r in rows), strict=True)
        )
        self._packed.put(Piece(day_ms, starts, lengths, values))

    def candidate(self, source: str, sha256: str) -> Candidate | None:
        """Return everything taken in so far, None where it is nothing."""
        for day_ms in list(self._open):
            self._pack(day_ms)
        if self._packed is None:
            return None
        self._packed.source, self._packed.sha256 = source, sha256
        self._packed.step_ms = self.step_ms
        return self._packed


@dataclass(slots=True)
class Taken:
    """What was found in a foreign history. notes: sentences on what was decided or left out."""

    candidates: list[Candidate] = field(default_factory=list)
    bad: list[Bad] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    repeated: int = 0


def totals_wh(candidate: Candidate) -> dict[str, float | None]:
    """Return the energy of each flow, by its name, and of the mean charge nothing; None where it is not told."""
    import numpy as np

    sums = np.zeros(len(FLOWS))
    known = np.zeros(len(FLOWS), dtype=bool)
    for piece in candidate.pieces():
        flows = piece.values[:, : len(FLOWS)]
        sums += np.nansum(flows, axis=0)
        known |= (~np.isnan(flows)).any(axis=0)
    return {flow.name: float(wh) if is_known else None for flow, wh, is_known in zip(FLOWS, sums, known, strict=True)}


def digest(paths: Sequence[Path]) -> str:
    """Return the SHA-256 of the files' contents, one after the other."""
    total = hashlib.sha256()
    for path in paths:
        with path.open("rb") as file:
            while block := file.read(1 << 20):
                total.update(block)
    return total.hexdigest()


def files_in(paths: Sequence[Path], suffixes: Sequence[str]) -> Iterator[Path]:
    """Yield the files that are named, and those in folders that are named, in order of their names.

    Raises ConfigError for a path where there is nothing.
    """
    for path in paths:
        if path.is_dir():
            found = sorted(p for p in path.rglob("*") if p.is_file() and p.name.lower().endswith(tuple(suffixes)))
            if not found:
                raise ConfigError(f"{path}: no file in this folder ends in {' or '.join(suffixes)}")
            yield from found
        elif path.exists():
            yield path
        else:
            raise ConfigError(f"{path}: is not there; check the name")
