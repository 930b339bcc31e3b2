"""A bill, or an app's export, as intervals of energy: read from a CSV whose columns are named."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

from forebay.errors import ConfigError
from forebay.exchange.numbers import decimal_of, number_of, places_of
from forebay.records.flows import FLOWS
from forebay.store.differences import Billed
from forebay.store.query import day_bounds

NAMES: tuple[str, ...] = tuple(flow.name for flow in FLOWS)
_UNITS = {"kwh": 1000.0, "wh": 1.0, "mwh": 1e6}
_TIMES = ("date", "day", "start", "timestamp", "time", "datetime")
_MOST_WH = 1e9
_LINES = 1_000_000
_BYTES = 200_000_000
_SHORTEST = timedelta(minutes=1)

_Told = tuple[datetime, bool, dict[str, float], float]
"""A line: its time, whether that is a day, its energies [Wh] and the value of their last digit [Wh]."""


def read_bill(path: Path, zone: ZoneInfo, columns: Mapping[str, str] | None = None, unit: str = "kWh") -> list[Billed]:
    """Return the intervals of a CSV file, in order.

    columns: what the file calls "date" and the flows, where it does not use our names (`solar`, `grid_in` …, also
    with the unit at the end: `grid_in_kwh`). A date alone is a local day; a date with a time begins an interval that
    lasts until the next one. unit: of the values, Wh or kWh, where the column's name does not tell. Which sign is
    before the tenths is found from the numbers themselves.
    Raises ConfigError naming the line; nothing is guessed.
    """
    if unit.lower() not in _UNITS:
        raise ConfigError(f"{unit}: energies are in Wh, kWh or MWh")
    lines = _lines(path)
    dialect = ";" if lines[0].count(";") > lines[0].count(",") else "\t" if "\t" in lines[0] else ","
    rows = list(csv.reader(lines, delimiter=dialect))
    head = [word.strip().lstrip("\ufeff") for word in rows[0]]
    when, flows = _columns(path, head, columns or {}, unit)
    decimal = decimal_of(
        (
            (row[column], f"{path}: line {number}")
            for number, row in enumerate(rows[1:], start=2)
            for column, _ in flows.values()
            if len(row) == len(head)
        ),
        "," if dialect == ";" else ".",
    )
    found: list[_Told] = []
    for number, row in enumerate(rows[1:], start=2):
        if not any(cell.strip() for cell in row):
            continue
        where = f"{path}: line {number}"
        if len(row) != len(head):
            raise ConfigError(f"{where}: has {len(row)} columns, the head has {len(head)}")
        start, is_day = _when(row[when], zone, where)
        if found and start <= found[-1][0] and not is_day:
            start = _when(row[when], zone, where, fold=1)[0]  # the hour that comes twice when clocks go back
        if found and start <= found[-1][0]:
            raise ConfigError(
                f"{where}: {row[when]} does not come after the line before; sort the file, each time once"
            )
        values: dict[str, float] = {}
        places_wh = 1e6
        for name, (column, factor) in flows.items():
            text = row[column].strip()
            if text:
                values[name] = _number(text, decimal, where, head[column]) * factor
                places_wh = min(places_wh, factor * 10.0 ** -places_of(text, decimal))
        found.append((start, is_day, values, places_wh))
    if not found:
        raise ConfigError(f"{path}: has no line below its head")
    return _intervals(path, found, zone)


def _lines(path: Path) -> list[str]:
    try:
        if path.stat().st_size > _BYTES:
            raise ConfigError(f"{path}: is larger than {_BYTES // 10**6} MB; that is no bill")
        text = path.read_text("utf-8-sig")
    except OSError as exc:
        raise ConfigError(f"{path}: cannot be read: {exc.strerror}") from exc
    except UnicodeDecodeError as exc:
        raise ConfigError(f"{path}: is not text in UTF-8; export it as CSV") from exc
    lines = text.splitlines()
    if not lines or len(lines) > _LINES or "\0" in text:
        raise ConfigError(f"{path}: is not a CSV with a head and lines")
    return lines


def _columns(
    path: Path, head: Sequence[str], named: Mapping[str, str], unit: str
) -> tuple[int, dict[str, tuple[int, float]]]:
    """Return which column tells the time, and which each flow with its factor to Wh."""
    lower = [word.lower() for word in head]
    for key, word in named.items():
        if key not in {"date", *NAMES}:
            raise ConfigError(f"--columns {key}: is none of date, {', '.join(NAMES)}")
        if word not in head:
            raise ConfigError(f"{path}: has no column {word}; there are {', '.join(head)}")
    when = head.index(named["date"]) if "date" in named else next((lower.index(w) for w in _TIMES if w in lower), None)
    if when is None:
        raise ConfigError(f"{path}: has no column date; say which it is with --columns date=NAME")
    flows: dict[str, tuple[int, float]] = {}
    for name in NAMES:
        if name in named:
            flows[name] = (head.index(named[name]), _UNITS[unit.lower()])
            continue
        for word, factor in ((name, _UNITS[unit.lower()]), *((f"{name}_{u}", f) for u, f in _UNITS.items())):
            if word in lower:
                flows[name] = (lower.index(word), factor)
    if not flows:
        words = "--columns grid_in=NAME,grid_out=NAME"
        raise ConfigError(f"{path}: no column is named as a flow ({', '.join(NAMES)}); say which is which with {words}")
    return when, flows


def _when(text: str, zone: ZoneInfo, where: str, *, fold: int = 0) -> tuple[datetime, bool]:
    text = text.strip()
    try:
        if len(text) == 10:
            return day_bounds(date.fromisoformat(text), zone)[0], True
        at = datetime.fromisoformat(text)
        return (at if at.tzinfo else at.replace(tzinfo=zone, fold=fold)).astimezone(UTC), False
    except (ValueError, OverflowError) as exc:
        raise ConfigError(f"{where}: {text!r} is no date such as 2026-06-21, or time such as 2026-06-21T14:15") from exc


def _number(text: str, decimal: str, where: str, column: str) -> float:
    value = number_of(text, decimal)
    if value is None:
        raise ConfigError(f"{where}: {column} is {text!r}, no number")
    if not -1e-9 <= value < _MOST_WH:
        raise ConfigError(f"{where}: {column} is {text}; an energy is not negative and no house's is that large")
    return max(0.0, value)


def _intervals(
    path: Path, found: Sequence[tuple[datetime, bool, dict[str, float], float]], zone: ZoneInfo
) -> list[Billed]:
    steps = sorted(b[0] - a[0] for a, b in pairwise(found))
    usual = steps[len(steps) // 2] if steps else timedelta(hours=1)
    if usual < _SHORTEST:
        raise ConfigError(
            f"{path}: has a line every {usual.total_seconds():.0f} s; a bill's intervals last a minute or more"
        )
    finest_wh = min((places_wh for *_, values, places_wh in found if values), default=0.0)
    out = []
    for number, (start, is_day, values, _) in enumerate(found):
        end = day_bounds(start.astimezone(zone).date(), zone)[1] if is_day else start + usual
        if number + 1 < len(found):
            end = min(end, found[number + 1][0])
        out.append(Billed(start, end, values, finest_wh))
    return out
