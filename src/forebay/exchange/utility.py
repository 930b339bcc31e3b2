"""A utility's interval data as CSV, its columns named by whoever imports it."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo

from forebay.errors import ConfigError
from forebay.exchange.intake import Bad, Intake, Refused, Taken, digest, files_in
from forebay.exchange.times import Times, usual_step_ms
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


@dataclass(slots=True)
class _Line:
    number: int
    at_ms: int
    cells: list[str]


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


def _text(path: Path, taken: Taken) -> str:
    try:
        raw = path.read_bytes()
    except OSError as exc:
        raise ConfigError(f"{path}: cannot be read: {exc.strerror}") from exc
    encoding = "utf-16" if raw[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        return raw.decode(encoding)
    except UnicodeDecodeError:
        taken.notes.append(f"{path}: is no UTF-8, read as Windows-1252")
        return raw.decode("cp1252", errors="replace")


def _head(path: Path, text: str, layout: Layout) -> tuple[int, str, dict[str, int]]:
    """Return how many lines to leave out, the delimiter, and where each needed column is."""
    best: list[str] = []
    lines = text.splitlines(keepends=True)[:_LINES]
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


def _read_file(path: Path, layout: Layout, zone: ZoneInfo | None, intake: Intake, taken: Taken) -> None:
    text = _text(path, taken)
    try:
        skip, delimiter, places = _head(path, text, layout)
        rows = list(_rows(text, skip, delimiter))
    except csv.Error as exc:
        raise ConfigError(f"{path}: cannot be read as CSV: {exc}") from exc
    lines = list(_timed(path, rows, places, layout, zone, taken))
    if not lines:
        return
    step_ms = usual_step_ms(sorted(line.at_ms for line in lines), 3_600_000)
    if layout.interval_min is not None:
        step_ms = round(layout.interval_min * 60_000)
    elif len(lines) < 2:
        raise ConfigError(f"{path}: has a single row; say how long it is with --interval MINUTES")
    intake.step_ms = max(intake.step_ms, step_ms)
    for line, after in pairwise([*lines, None]):
        assert line is not None  # noqa: S101 - the type of pairwise
        start_ms = line.at_ms if layout.stamp == "start" else line.at_ms - step_ms
        end_ms = start_ms + step_ms
        if layout.stamp == "start" and after is not None and start_ms < after.at_ms < end_ms:
            end_ms = after.at_ms
        try:
            intake.put(start_ms, end_ms, _told(line.cells, places, layout, (end_ms - start_ms) / 3.6e6))
        except Refused as exc:
            column = layout.columns.get(exc.column.removesuffix("_wh"), exc.column)
            taken.bad.append(Bad(str(path), line.number, column, exc.reason))


def _rows(text: str, skip: int, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    body = "".join(text.splitlines(keepends=True)[skip:])
    sheet = csv.reader(io.StringIO(body), delimiter=delimiter)
    for cells in sheet:
        if any(cell.strip() for cell in cells):
            yield skip + sheet.line_num, cells


def _timed(  # noqa: PLR0917 - what is read, how, and into what
    path: Path,
    rows: Sequence[tuple[int, list[str]]],
    places: Mapping[str, int],
    layout: Layout,
    zone: ZoneInfo | None,
    taken: Taken,
) -> Iterator[_Line]:
    """Yield the rows that count, with their time, the oldest first."""
    probe = Times(zone, layout.date_format)
    written: list[tuple[int, datetime, list[str]]] = []
    for number, cells in rows:
        if len(cells) <= max(places.values()):
            taken.bad.append(
                Bad(str(path), number, "", f"has {len(cells)} values, too few for the columns that are named")
            )
            continue
        if any(cells[places[name]].strip() != text for name, text in layout.where.items()):
            continue
        try:
            at = probe.read(" ".join(cells[places[name]].strip() for name in layout.times))
        except Refused as exc:
            taken.bad.append(Bad(str(path), number, layout.time, exc.reason))
            continue
        written.append((number, at, cells))
    falls = len(written) > 1 and written[0][1].replace(tzinfo=None) > written[-1][1].replace(tzinfo=None)
    times = Times(zone, layout.date_format, falls=falls)
    found: list[_Line] = []
    for number, at, cells in written:
        try:
            found.append(_Line(number, times.at_ms(at), cells))
        except Refused as exc:
            taken.bad.append(Bad(str(path), number, layout.time, exc.reason))
    yield from reversed(found) if falls else found


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
