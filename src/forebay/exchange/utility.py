"""A utility's interval data as CSV, its columns named by whoever imports it."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo

from forebay.errors import ConfigError
from forebay.exchange.intake import Bad, Intake, Refused, Taken, digest, files_in
from forebay.exchange.times import Timeline, Times, usual_step_ms
from forebay.records.flows import FLOWS

SIGNED: dict[str, tuple[str, str]] = {"net": ("grid_in", "grid_out"), "battery": ("battery_out", "battery_in")}
"""A column whose sign tells the direction -> the flow that is +, and the one that is −."""
QUANTITIES: tuple[str, ...] = (*(flow.name for flow in FLOWS), *SIGNED)

_DELIMITERS = ",;\t|"
_LINES = 50
"""How far down the line with the names may be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """How a file is to be read.

    time: the column of the time, or several joined by "+". columns: quantity (QUANTITIES) -> name of its column.
    unit: "kWh", "Wh", or "kW", "W" for means of the interval. interval_min: None takes the rows' usual spacing.
    stamp: which end of its interval a row's time is. decimal: the sign before the tenths. where: column -> what it
    must say for the row to count. delimiter, date_format: None finds out.
    """

    time: str
    columns: Mapping[str, str]
    unit: str = "kWh"
    interval_min: float | None = None
    stamp: Literal["start", "end"] = "start"
    decimal: Literal[".", ","] = "."
    delimiter: str | None = None
    date_format: str | None = None
    where: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Check that something is wanted. Raises ConfigError."""
        if not self.columns:
            raise ConfigError("say which column holds the energy, such as --import-kwh 'Usage (kWh)'")
        for both, flows in SIGNED.items():
            if both in self.columns and set(flows) & self.columns.keys():
                raise ConfigError(f"a {both} column tells both directions; leave those of one direction out")

    @property
    def times(self) -> list[str]:
        """The columns that make up the time."""
        return [name.strip() for name in self.time.split("+")]

    @property
    def names(self) -> list[str]:
        """Every column that is needed."""
        return [*self.times, *self.columns.values(), *self.where]


def read(paths: Sequence[Path], layout: Layout, zone: ZoneInfo | None) -> Taken:
    """Return what the files hold. Raises ConfigError where a file has not the columns that are named."""
    taken = Taken()
    intake = Intake("csv", is_metered=layout.unit in ("kWh", "Wh"))
    files = list(files_in(paths, [".csv", ".txt"]))
    for path in files:
        _read_file(path, layout, zone, intake, taken)
    intake.decisions |= {"unit": layout.unit, "stamp": layout.stamp, "time": layout.time, **layout.columns}
    if zone is not None:
        intake.decisions["zone"] = zone.key
    source = str(files[0]) if len(files) == 1 else f"{files[0]} and {len(files) - 1} more"
    candidate = intake.candidate(source, digest(files))
    taken.repeated = intake.repeated
    if candidate is not None:
        taken.candidates.append(candidate)
    return taken


def _encoding(path: Path, taken: Taken) -> str:
    """Return how a file's letters are written. Raises ConfigError where it cannot be read."""
    try:
        with path.open("rb") as file:
            if file.read(2) in (b"\xff\xfe", b"\xfe\xff"):
                return "utf-16"
        with path.open(encoding="utf-8-sig") as text:
            while text.read(1 << 20):
                pass
    except OSError as exc:
        raise ConfigError(f"{path}: cannot be read: {exc.strerror}") from exc
    except UnicodeDecodeError:
        taken.notes.append(f"{path}: is no UTF-8, read as Windows-1252")
        return "cp1252"
    return "utf-8-sig"


def _head(path: Path, encoding: str, layout: Layout) -> tuple[int, str, dict[str, int]]:
    """Return how many lines to leave out, the delimiter, and where each needed column is."""
    best: list[str] = []
    with path.open(encoding=encoding, errors="replace", newline="") as file:
        lines = list(islice(file, _LINES))
    for number, line in enumerate(lines):
        for delimiter in layout.delimiter or _DELIMITERS:
            cells = [cell.strip() for cell in next(csv.reader([line], delimiter=delimiter), [])]
            places = {name: _place(cells, name) for name in layout.names}
            if all(place is not None for place in places.values()):
                return number + 1, delimiter, {name: place for name, place in places.items() if place is not None}
            found = sum(place is not None for place in places.values())
            if (found, len(cells)) > (sum(_place(best, name) is not None for name in layout.names), len(best)):
                best = cells
    missing = [name for name in layout.names if _place(best, name) is None]
    listed = ", ".join(cell for cell in best if cell) or "none"
    raise ConfigError(f"{path}: has no column {', '.join(missing)}; there are: {listed}")


def _place(cells: Sequence[str], name: str) -> int | None:
    if name in cells:
        return cells.index(name)
    folded = [cell.casefold() for cell in cells]
    return folded.index(name.casefold()) if name.casefold() in folded else None


@dataclass(frozen=True, slots=True)
class _Sheet:
    """A file whose head line is found. skip: lines up to it; places: column -> where it is in a row."""

    path: Path
    encoding: str
    skip: int
    delimiter: str
    places: Mapping[str, int]
    layout: Layout

    def rows(self, bad: list[Bad] | None = None) -> Iterator[tuple[int, list[str]]]:
        """Yield (line, cells) of the rows that count, top to bottom. bad: takes those with too few values."""
        with self.path.open(encoding=self.encoding, errors="replace", newline="") as file:
            for _ in range(self.skip):
                next(file, None)
            sheet = csv.reader(file, delimiter=self.delimiter)
            for cells in sheet:
                number = self.skip + sheet.line_num
                if not any(cell.strip() for cell in cells):
                    continue
                if len(cells) <= max(self.places.values()):
                    if bad is not None:
                        words = f"has {len(cells)} values, too few for the columns that are named"
                        bad.append(Bad(str(self.path), number, "", words))
                elif all(cells[self.places[name]].strip() == text for name, text in self.layout.where.items()):
                    yield number, cells

    def written(self, cells: Sequence[str]) -> str:
        """Return a row's time as it is written."""
        return " ".join(cells[self.places[name]].strip() for name in self.layout.times)


def _read_file(path: Path, layout: Layout, zone: ZoneInfo | None, intake: Intake, taken: Taken) -> None:
    encoding = _encoding(path, taken)
    try:
        sheet = _Sheet(path, encoding, *_head(path, encoding, layout), layout)
        timeline = _timed(sheet, zone, taken)
        if timeline.starts_ms:
            _take(sheet, timeline, intake, taken)
    except (OSError, UnicodeDecodeError, csv.Error) as exc:
        raise ConfigError(f"{path}: cannot be read as CSV: {exc}") from exc


def _timed(sheet: _Sheet, zone: ZoneInfo | None, taken: Taken) -> Timeline:
    """Return when the rows that count are, whichever way the file runs."""
    times = Times(zone, sheet.layout.date_format)
    timeline = Timeline(times)

    def refuse(number: int, reason: str) -> None:
        taken.bad.append(Bad(str(sheet.path), number, sheet.layout.time, reason))

    for number, cells in sheet.rows(taken.bad):
        try:
            timeline.note(number, times.read(sheet.written(cells)))
        except Refused as exc:
            refuse(number, exc.reason)
    timeline.settle(refuse)
    return timeline


def _take(sheet: _Sheet, timeline: Timeline, intake: Intake, taken: Taken) -> None:
    layout = sheet.layout
    step_ms = usual_step_ms(timeline.starts_ms, 3_600_000)
    if layout.interval_min is not None:
        step_ms = round(layout.interval_min * 60_000)
    elif len(timeline.starts_ms) < 2:
        raise ConfigError(f"{sheet.path}: has a single row; say how long it is with --interval MINUTES")
    intake.step_ms = max(intake.step_ms, step_ms)
    for number, cells in sheet.rows():
        at_ms = timeline.at_ms(number)
        if at_ms is None:
            continue
        start_ms = at_ms if layout.stamp == "start" else at_ms - step_ms
        end_ms = start_ms + step_ms
        if layout.stamp == "start":
            end_ms = min(end_ms, timeline.after_ms(at_ms) or end_ms)
        try:
            intake.put(start_ms, end_ms, _told(cells, sheet.places, layout, (end_ms - start_ms) / 3.6e6))
        except Refused as exc:
            column = layout.columns.get(exc.column.removesuffix("_wh"), exc.column)
            taken.bad.append(Bad(str(sheet.path), number, column, exc.reason))


def _told(cells: Sequence[str], places: Mapping[str, int], layout: Layout, hours: float) -> dict[str, float | None]:
    factor = {"kWh": 1000.0, "Wh": 1.0, "kW": 1000.0 * hours, "W": hours}[layout.unit]
    found: dict[str, float | None] = {}
    for quantity, name in layout.columns.items():
        value = _number(cells[places[name]], name, layout.decimal)
        if quantity in SIGNED:
            forth, back = SIGNED[quantity]
            found[f"{forth}_wh"] = None if value is None else max(0.0, value) * factor
            found[f"{back}_wh"] = None if value is None else max(0.0, -value) * factor
        elif value is not None and value < 0:
            raise Refused(name, f"{value:g} is below zero; --net-kwh and --battery-kwh take columns with a sign")
        else:
            found[f"{quantity}_wh"] = None if value is None else value * factor
    if all(value is None for value in found.values()):
        raise Refused("", "tells nothing")
    return found


def _number(text: str, name: str, decimal: str) -> float | None:
    plain = text.strip().replace("\u00a0", "").replace(" ", "").replace("'", "")
    if not plain or plain.lower() in ("null", "none", "nan", "n/a", "-"):
        return None
    thousands = "." if decimal == "," else ","
    if not re.fullmatch(rf"[+-]?(\d+|\d{{1,3}}(\{thousands}\d{{3}})+)?(\{decimal}\d*)?([eE][+-]?\d+)?", plain):
        hint = f"; --decimal {thousands} reads it" if thousands in plain and decimal not in plain else ""
        raise Refused(name, f"{text.strip()} is no number{hint}")
    try:
        return float(plain.replace(thousands, "").replace(decimal, "."))
    except ValueError as exc:
        raise Refused(name, f"{text.strip()} is no number") from exc
