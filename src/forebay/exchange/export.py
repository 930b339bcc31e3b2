"""The record as CSV, JSON lines or Parquet: any range, any spacing, any signals.

Rows come a day at a time, so a year is written in little memory.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal, TextIO
from zoneinfo import ZoneInfo

from forebay.errors import StoreError
from forebay.exchange.beside import (
    PART_CURVES,
    PART_KEYS,
    SLOW_COLUMNS,
    SPAN_COLUMNS,
    part_rows,
    slow_rows,
    span_rows,
)
from forebay.records.flows import FLOWS
from forebay.records.parts import PART_NAMES
from forebay.records.signals import Held
from forebay.store.archive import HELD, literally, quoted
from forebay.store.energy import energy_between
from forebay.store.fed import PARTS, fed_between
from forebay.store.imported import known_span
from forebay.store.query import STEPS_S, day_bounds, series, site_zone
from forebay.store.rollup import GAUGES
from forebay.store.state import from_ms, to_ms
from forebay.store.store import FAST_NAMES, Store

Format = Literal["csv", "json", "parquet"]
FORMATS: tuple[Format, ...] = ("csv", "json", "parquet")

MEANS: dict[str, int] = {f"{s // 60}m" if s < 3600 else f"{s // 3600}h": s for s in STEPS_S} | {"15m": 900}
"""Name of a usual spacing -> seconds; any other part of a day may be asked for too, see `spacing_s`."""
WINDOWS: tuple[str, ...] = ("15m", "1h", "day", "month", "year")
"""What energy is summed over; days, months and years are those of the site's time zone."""

ENERGIES: tuple[str, ...] = (
    *(f"{flow.name}_wh" for flow in FLOWS),
    *(f"{part}_wh" for part in PARTS),
    "covered_ratio",
    "imported_ratio",
)
"""Columns of energies: six flows, what fed what, the least share of the window that a flow accounts for, and the most
that only an import tells."""

Of = Literal["readings", "slow", "parts", "spans"]
KINDS: dict[Of, str] = {
    "readings": "power, counters, charge and grid, about every 5 s",
    "slow": "modes, firmware and the like, about every minute",
    "parts": "each pack, string, inverter and meter",
    "spans": "alerts, problems, times without grid, firmware and modes, each from start to end",
}
"""What can be exported, in words."""

Row = tuple[datetime, Sequence[Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What to export: readings of [start, end).

    of: what, one of KINDS. every: "raw", a spacing such as those of MEANS, or with `energy` one of WINDOWS. signals:
    columns; empty for all.
    """

    gateway_id: int
    start: datetime
    end: datetime
    every: str = "raw"
    signals: tuple[str, ...] = ()
    energy: bool = False
    of: Of = "readings"

    def __post_init__(self) -> None:
        """Check what is wanted. Raises StoreError naming what is not there."""
        if self.energy and self.of != "readings":
            raise StoreError(f"energy is of the readings: leave out either --energy or --of {self.of}")
        spacings = WINDOWS if self.energy else ("raw", *MEANS) if self.of in {"readings", "parts"} else ("raw",)
        has_means = "1m" in spacings
        if self.every not in spacings and not (has_means and spacing_s(self.every)):
            others = ", or another that divides a day, such as 30s or 2h" if has_means else ""
            raise StoreError(f"{self.every}: no such spacing; one of {', '.join(spacings)}{others}")
        if unknown := [name for name in self.signals if name not in self.offered]:
            raise StoreError(f"{', '.join(unknown)}: not offered {self._kind}; there are {', '.join(self.offered)}")
        if self.start >= self.end:
            raise StoreError("the range is empty: it must end after it begins")

    @property
    def _kind(self) -> str:
        how = "as energy" if self.energy else "raw" if self.every == "raw" else "as a mean"
        return how if self.of == "readings" else f"{how} of {self.of}"

    @property
    def offered(self) -> tuple[str, ...]:
        """All columns that there are."""
        if self.of == "slow":
            return SLOW_COLUMNS
        if self.of == "spans":
            return SPAN_COLUMNS
        if self.of == "parts":
            return PART_KEYS + (PART_NAMES if self.every == "raw" else PART_CURVES)
        return ENERGIES if self.energy else FAST_NAMES if self.every == "raw" else GAUGES

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that are wanted, in their order."""
        return self.signals or self.offered


def spacing_s(every: str) -> int | None:
    """Return a spacing of means such as "30s", "5m" or "2h" in seconds; None where it is none or divides no day."""
    match = re.fullmatch(r"([1-9]\d{0,4})([smh])", every)
    if match is None:
        return None
    length_s = int(match[1]) * {"s": 1, "m": 60, "h": 3600}[match[2]]
    return length_s if 86_400 % length_s == 0 else None


def rows(store: Store, wanted: Wanted) -> Iterator[Row]:
    """Yield (instant or start of the window, values), in order; what is not known is None."""
    if wanted.of == "spans":
        yield from span_rows(store, wanted.gateway_id, wanted.start, wanted.end, wanted.columns)
        return
    zone = site_zone(store, wanted.gateway_id)
    recorded = _recorded(store, wanted, zone)
    if recorded is None:
        return
    if wanted.of == "slow":
        yield from slow_rows(store, wanted.gateway_id, *recorded, wanted.columns)
        return
    if wanted.of == "parts":
        step_s = spacing_s(wanted.every)
        yield from part_rows(store, wanted.gateway_id, *recorded, wanted.columns, step_s=step_s)
        return
    if wanted.energy:
        yield from _energies(store, wanted, edges(*recorded, wanted.every, zone))
        return
    for start, end in _days(*recorded, spacing_s(wanted.every)):
        if wanted.every == "raw":
            names = ", ".join(wanted.columns)
            select = f"SELECT at_ms, {names} FROM {{table}} ORDER BY at_ms"  # noqa: S608 - names are checked
            for part in store.raw(wanted.gateway_id).ask(select, to_ms(start), to_ms(end)):
                yield from ((from_ms(row[0]), row[1:]) for row in part)
        else:
            found = series(
                store, wanted.gateway_id, start, end, step_s=spacing_s(wanted.every) or 60, signals=wanted.columns
            )
            for at_s, *values in zip(found.t, *found.columns.values(), strict=True):
                if any(value is not None for value in values):
                    yield from_ms(at_s * 1000), values


def _recorded(store: Store, wanted: Wanted, zone: ZoneInfo) -> tuple[datetime, datetime] | None:
    """Return what is wanted without the local days before the first and after the last that is known.

    None if that is all.
    """
    span = known_span(store, wanted.gateway_id)
    if span is None:
        return None
    start = max(wanted.start, day_bounds(span[0].astimezone(zone).date(), zone)[0])
    last = span[1] - timedelta(milliseconds=1)
    end = min(wanted.end, day_bounds(last.astimezone(zone).date(), zone)[1])
    return (start, end) if start < end else None


def _days(start: datetime, end: datetime, step_s: int | None) -> Iterator[tuple[datetime, datetime]]:
    """Yield the days of [start, end), after a first slot that is cut short where the start is between two."""
    if step_s is not None and to_ms(start) % (step_s * 1000):
        turn = min(end, from_ms((to_ms(start) // (step_s * 1000) + 1) * step_s * 1000))
        yield start, turn
        start = turn
    while start < end:
        midnight = (start + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
        yield start, min(midnight, end)
        start = midnight


def edges(start: datetime, end: datetime, every: str, zone: ZoneInfo) -> list[datetime]:
    """Return the edges of the windows of [start, end): those of the calendar, the first and last cut short."""
    found = [start]
    while found[-1] < end:
        local = found[-1].astimezone(zone)
        if every == "day":
            after = day_bounds(local.date(), zone)[1]
        elif every == "month":
            after = day_bounds((local.date().replace(day=1) + timedelta(days=32)).replace(day=1), zone)[0]
        elif every == "year":
            after = day_bounds(local.date().replace(year=local.year + 1, month=1, day=1), zone)[0]
        else:
            step_ms = 900_000 if every == "15m" else 3_600_000
            after = from_ms((to_ms(found[-1]) // step_ms + 1) * step_ms)
        found.append(min(after, end))
    return found


def _energies(store: Store, wanted: Wanted, every: Sequence[datetime]) -> Iterator[Row]:
    for first in range(0, len(every) - 1, 400):
        part = every[first : first + 401]
        sums = energy_between(store, wanted.gateway_id, part)
        fed = fed_between(store, wanted.gateway_id, part, sums)
        for at, window, split in zip(part, sums, fed, strict=False):
            values: dict[str, Any] = {f"{name}_wh": energy.wh for name, energy in window.items()}
            values |= {f"{name}_wh": wh for name, wh in asdict(split).items()} if split else {}
            known = [energy.covered_ratio for energy in window.values() if energy.wh is not None]
            values["covered_ratio"] = min(known, default=0.0)
            values["imported_ratio"] = max(energy.imported_ratio for energy in window.values())
            if known:
                yield at, [values.get(name) for name in wanted.columns]


def write_text(
    target: TextIO, kind: Format, wanted: Wanted, found: Iterator[Row], progress: Callable[[datetime], object]
) -> int:
    """Write rows as CSV or JSON lines and return how many; `progress` is told of each day that begins."""
    n, day = 0, None
    sheet = csv.writer(target, lineterminator="\n")
    if kind == "csv":
        sheet.writerow(("at", *wanted.columns))
    for at, values in found:
        if at.date() != day:
            day = at.date()
            progress(at)
        if kind == "csv":
            sheet.writerow((_utc(at), *("" if value is None else value for value in values)))
        else:
            target.write(json.dumps({"at": _utc(at), **dict(zip(wanted.columns, values, strict=True))}) + "\n")
        n += 1
    return n


def write_parquet(target: Path, wanted: Wanted, found: Iterator[Row], progress: Callable[[datetime], object]) -> int:
    """Write rows as a Parquet file, whole or not at all, and return how many. Raises StoreError."""
    import duckdb

    part = target.with_name(target.name + ".part")
    text = target.with_name(target.name + ".csv.part")
    types = {"at": "TIMESTAMP", **{name: _type(name) for name in wanted.columns}}
    try:
        with text.open("w", encoding="utf-8", newline="") as file:
            n = write_text(file, "csv", wanted, found, progress)
        listed = ", ".join(f"'{name}': '{kind}'" for name, kind in types.items())
        source, goal = quoted(literally(text.absolute())), quoted(str(part.absolute()))
        plain = "header = true, nullstr = '', auto_detect = false, hive_partitioning = false"
        with duckdb.connect(config={"threads": 1, "autoinstall_known_extensions": False}) as connection:
            select = f"SELECT * FROM read_csv({source}, {plain}, columns = {{{listed}}})"  # noqa: S608
            connection.execute(f"COPY ({select}) TO {goal} (FORMAT parquet, COMPRESSION zstd)")
        part.replace(target)
    except (OSError, duckdb.Error) as exc:
        raise StoreError(f"{target}: cannot be written: {exc}") from exc
    finally:
        for path in (text, part):
            path.unlink(missing_ok=True)
    return n


def _type(name: str) -> str:
    """Return DuckDB's type of a column."""
    known = {"end": "TIMESTAMP", "part": "BIGINT", "grid_services_active": "BOOLEAN"}
    if name in known:
        return known[name]
    if name in {*PART_KEYS, *SPAN_COLUMNS}:
        return "VARCHAR"
    return {Held.TEXT: "VARCHAR", Held.INTEGER: "BIGINT"}.get(HELD.get(name, Held.REAL), "DOUBLE")


def _utc(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z").replace(".000Z", "Z")
