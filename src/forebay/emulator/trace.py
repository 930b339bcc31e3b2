"""Recorded load or solar power from a CSV file, as a function of local time."""

from __future__ import annotations

import csv
import math
from array import array
from datetime import datetime, timedelta
from itertools import accumulate
from pathlib import Path

from forebay.errors import EmulatorError

_DAY_S = 86_400.0


class Trace:
    """Average power per interval, repeated over whole days outside its range.

    The CSV has a header with `timestamp` (local time of the site, start of the
    interval) and the wanted column [W]; rows are evenly spaced.
    """

    def __init__(self, start: datetime, step_s: float, columns: dict[str, array[float]]) -> None:
        self.start = start
        self.step_s = step_s
        self._columns = columns
        self._sums = {name: array("d", accumulate(values, initial=0.0)) for name, values in columns.items()}
        rows = len(next(iter(columns.values())))
        whole_days = rows * step_s // _DAY_S * _DAY_S
        self.length_s = whole_days or rows * step_s

    def has(self, column: str) -> bool:
        """Whether the file had this column."""
        return column in self._columns

    def mean(self, column: str, local: datetime, seconds: float) -> float:
        """Return the mean over `seconds` [s] from a naive local time."""
        begin_s = (local - self.start).total_seconds() % self.length_s
        total, left_s = 0.0, seconds
        while left_s > 1e-9:
            part_s = min(left_s, self.length_s - begin_s)
            total += self._integral(column, begin_s + part_s) - self._integral(column, begin_s)
            begin_s, left_s = 0.0, left_s - part_s
        return total / seconds

    def means(self, column: str, local: datetime, seconds: float, count: int) -> list[float]:
        """Return the means over `count` spans of `seconds` [s], one after the other, from a naive local time."""
        if self.length_s < seconds:
            return [self.mean(column, local + timedelta(seconds=seconds * number), seconds) for number in range(count)]
        begin_s = (local - self.start).total_seconds() % self.length_s
        if self.step_s % seconds == 0 and begin_s % seconds == 0:  # each span is within one row
            each, first, all_ = int(self.step_s // seconds), int(begin_s // seconds), int(self.length_s // seconds)
            values = self._columns[column]
            return [values[number % all_ // each] for number in range(first, first + count)]
        out: list[float] = []
        reached = self._integral(column, begin_s)
        for _ in range(count):
            end_s = begin_s + seconds
            if end_s > self.length_s:
                whole = self._integral(column, self.length_s)
                end_s -= self.length_s
                gone = whole - reached
                reached = self._integral(column, end_s)
                out.append((gone + reached) / seconds)
            else:
                before, reached = reached, self._integral(column, end_s)
                out.append((reached - before) / seconds)
            begin_s = end_s
        return out

    def _integral(self, column: str, until_s: float) -> float:
        index, rest_s = divmod(until_s, self.step_s)
        row = int(index)
        sums = self._sums[column]
        if row >= len(sums) - 1:
            return sums[-1] * self.step_s
        return sums[row] * self.step_s + self._columns[column][row] * rest_s


def read_trace(path: Path, column: str) -> Trace:
    """Read a trace that must have `column`; other number columns come along.

    Raises EmulatorError naming file and line.
    """
    stamps: list[datetime] = []
    columns: dict[str, array[float]] = {}
    line = 1
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            rows = csv.DictReader(file)
            names = list(rows.fieldnames or [])
            if "timestamp" not in names or column not in names:
                raise EmulatorError(f"{path}: the header must name timestamp and {column}, it has: {', '.join(names)}")
            columns = {name: array("d") for name in names if name != "timestamp"}
            for row in rows:
                line = rows.line_num
                stamps.append(datetime.fromisoformat(row["timestamp"]).replace(tzinfo=None))
                for name, values in columns.items():
                    values.append(_number(name, row[name]))
                _check_step(stamps)
    except OSError as exc:
        raise EmulatorError(f"{path}: cannot be read: {exc.strerror or exc}") from exc
    except (ValueError, TypeError) as exc:
        raise EmulatorError(f"{path}: line {line}: {exc}") from exc
    if len(stamps) < 2:
        raise EmulatorError(f"{path}: a trace needs at least two rows")
    return Trace(stamps[0], (stamps[1] - stamps[0]).total_seconds(), columns)


def _number(name: str, text: str | None) -> float:
    number = math.nan if text is None else float(text)
    if not math.isfinite(number):
        raise ValueError(f"{name} must be a number, got {'nothing' if text is None else text}")
    return number


def _check_step(stamps: list[datetime]) -> None:
    if len(stamps) < 2:
        return
    step = stamps[1] - stamps[0]
    if step <= timedelta(0) or stamps[-1] - stamps[-2] != step:
        raise ValueError(f"rows must be evenly spaced; {stamps[-2]} is followed by {stamps[-1]}")
