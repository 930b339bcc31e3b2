"""The files of the public downloader of the vendor's cloud: 5-minute powers, energies by day, charge by quarter.

Source: README and code of netzero-labs/tesla-solar-download, 2023–2025. Powers
are means in W from the row's time on, grid and battery positive into the home;
energies are Wh of the day, or of the span up to the next row; charge is the
app's percentage. `.partial.csv` files end in a row that is not over.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo

from forebay.errors import ConfigError
from forebay.exchange.intake import Bad, Intake, Refused, Taken, digest, files_in
from forebay.exchange.times import Timeline, Times, usual_step_ms
from forebay.records.reading import wire_charge_pct

Kind = Literal["power", "energy", "charge"]
Row = Mapping[str, str]

_DAY_LEAST_MS = 20 * 3_600_000
_LEAST = {"power": 50.0, "energy": 200.0}
"""Where no power [W] or energy of a day [Wh] is larger, they are hardly told in W or Wh, but in kW or kWh."""

_POWERS = ("solar_power", "battery_power", "grid_power", "load_power")
_SUMS: dict[str, tuple[str, ...]] = {
    "solar_wh": ("solar_energy_exported",),
    "grid_in_wh": ("grid_energy_imported",),
    "grid_out_wh": (
        "grid_energy_exported_from_solar",
        "grid_energy_exported_from_battery",
        "grid_energy_exported_from_generator",
    ),
    "battery_in_wh": (
        "battery_energy_imported_from_solar",
        "battery_energy_imported_from_grid",
        "battery_energy_imported_from_generator",
    ),
    "battery_out_wh": ("battery_energy_exported",),
    "home_wh": (
        "consumer_energy_imported_from_solar",
        "consumer_energy_imported_from_battery",
        "consumer_energy_imported_from_grid",
        "consumer_energy_imported_from_generator",
    ),
    "solar_to_home_wh": ("consumer_energy_imported_from_solar",),
    "solar_to_battery_wh": ("battery_energy_imported_from_solar",),
    "solar_to_grid_wh": ("grid_energy_exported_from_solar",),
    "battery_to_home_wh": ("consumer_energy_imported_from_battery",),
    "battery_to_grid_wh": ("grid_energy_exported_from_battery",),
    "grid_to_home_wh": ("consumer_energy_imported_from_grid",),
    "grid_to_battery_wh": ("battery_energy_imported_from_grid",),
}
"""What is kept -> the energies that it is the sum of; those of a generator may be missing."""


@dataclass(frozen=True, slots=True)
class _Form:
    kind: Kind
    is_metered: bool
    step_ms: int
    """What is taken where a file has a single row."""


_FORMS: dict[Kind, _Form] = {
    "power": _Form("power", False, 300_000),
    "energy": _Form("energy", True, 86_400_000),
    "charge": _Form("charge", False, 900_000),
}


def read(
    paths: Sequence[Path], zone: ZoneInfo | None, unit: str | None, progress: Callable[[str], object] = lambda _: None
) -> Taken:
    """Return what the files and folders hold. Raises ConfigError where a file or its unit cannot be told.

    zone: of local times. unit: "W", "kW", "Wh" or "kWh" where the files differ from the downloader's W and Wh.
    """
    taken = Taken()
    intakes: dict[Kind, Intake] = {}
    read_files: dict[Kind, list[Path]] = {}
    files = list(files_in(paths, [".csv"]))
    whole = {path.name for path in files}
    largest: dict[Kind, float] = {}
    for path in files:
        progress(path.name)
        if path.name.endswith(".partial.csv") and path.name.replace(".partial.csv", ".csv") in whole:
            taken.notes.append(f"{path.name}: left out, the whole file is there too")
            continue
        kind = _kind(path)
        if kind is None:
            taken.bad.append(
                Bad(str(path), 1, "", "no file of this kind: neither powers, energies nor charge by timestamp")
            )
            continue
        form = _FORMS[kind]
        intake = intakes.setdefault(kind, Intake(f"cloud-{kind}", form.is_metered))
        read_files.setdefault(kind, []).append(path)
        largest[kind] = max(largest.get(kind, 0.0), _read_file(path, form, zone, _scale(kind, unit), intake, taken))
    for kind, intake in intakes.items():
        share = intake.step_ms / 86_400_000 if kind == "energy" else 1.0
        if unit is None and 0 < largest[kind] < _LEAST.get(kind, 0.0) * share:
            units = ("W", "kW") if kind == "power" else ("Wh", "kWh")
            raise ConfigError(
                f"{read_files[kind][0]}: the largest {kind} of all is {largest[kind]:g}; say whether that is"
                f" --unit {units[0]} or --unit {units[1]}"
            )
        intake.decisions |= {"unit": unit or {"power": "W", "energy": "Wh", "charge": "%"}[kind]}
        if zone is not None:
            intake.decisions["zone"] = zone.key
        candidate = intake.candidate(_named(read_files[kind]), digest(read_files[kind]))
        taken.repeated += intake.repeated
        if candidate is not None:
            taken.candidates.append(candidate)
    return taken


def _named(files: Sequence[Path]) -> str:
    return str(files[0]) if len(files) == 1 else f"{files[0]} and {len(files) - 1} more"


def _scale(kind: Kind, unit: str | None) -> float:
    return 1000.0 if kind != "charge" and unit in ("kW", "kWh") else 1.0


def _kind(path: Path) -> Kind | None:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            heads = [word.strip() for word in next(csv.reader(file), [])]
    except (OSError, UnicodeDecodeError, csv.Error) as exc:
        raise ConfigError(f"{path}: cannot be read as CSV: {exc}") from exc
    if "timestamp" not in heads:
        return None
    if any(name in heads for name in _POWERS):
        return "power"
    if any("_energy_" in name for name in heads):
        return "energy"
    return "charge" if "soe" in heads else None


def _rows(path: Path, bad: list[Bad] | None = None) -> Iterator[tuple[int, Row]]:
    """Yield (line, row) of a file, top to bottom. bad: takes the rows that are none. Raises ConfigError."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            sheet = csv.DictReader(file, skipinitialspace=True)
            for row in sheet:
                if None not in row and None not in row.values():
                    yield sheet.line_num, row
                elif bad is not None:
                    bad.append(Bad(str(path), sheet.line_num, "", "has not as many values as the first line has names"))
    except (OSError, UnicodeDecodeError, csv.Error) as exc:
        raise ConfigError(f"{path}: cannot be read as CSV: {exc}") from exc


def _timed(path: Path, times: Times, taken: Taken) -> Timeline:
    """Return when a file's rows are, whichever way it runs."""
    timeline = Timeline(times)

    def refuse(number: int, reason: str) -> None:
        taken.bad.append(Bad(str(path), number, "timestamp", reason))

    for number, row in _rows(path, taken.bad):
        try:
            timeline.note(number, times.read(row["timestamp"]))
        except Refused as exc:
            refuse(number, exc.reason)
    timeline.settle(refuse)
    return timeline


def _read_file(  # noqa: PLR0917 - what is read, how, and into what
    path: Path, form: _Form, zone: ZoneInfo | None, scale: float, intake: Intake, taken: Taken
) -> float:
    """Take a file's rows in and return its largest value."""
    times = Times(zone)
    timeline = _timed(path, times, taken)
    starts = timeline.starts_ms
    unfinished_ms = starts.pop() if path.name.endswith(".partial.csv") and starts else None
    step_ms = usual_step_ms(starts, form.step_ms)
    by_day = form.kind == "energy" and step_ms >= _DAY_LEAST_MS
    intake.step_ms = max(intake.step_ms, 86_400_000 if by_day else step_ms)
    largest = 0.0
    for number, row in _rows(path):
        at_ms = timeline.at_ms(number)
        if at_ms is None:
            continue
        written = times.read(row["timestamp"])
        if at_ms == unfinished_ms:
            taken.notes.append(f"{path.name}: the last row ({written}) is left out, it was not over")
            continue
        until_ms = min(at_ms + step_ms, timeline.after_ms(at_ms) or at_ms + step_ms)
        span = times.day_ms(times.day(written)) if by_day else (at_ms, until_ms)
        try:
            told, biggest = _told(form.kind, row, scale, (span[1] - span[0]) / 3.6e6)
            intake.put(*span, told)
            largest = max(largest, biggest)
        except Refused as exc:
            taken.bad.append(Bad(str(path), number, exc.column, exc.reason))
    return largest


def _number(row: Row, name: str) -> float | None:
    text = row.get(name, "").strip()
    if not text or text.lower() in ("null", "none", "nan"):
        return None
    try:
        value = float(text.replace("_", "no number"))  # which Python would pass over
    except ValueError as exc:
        raise Refused(name, f"{text} is no number") from exc
    if value != value or abs(value) == float("inf"):  # noqa: PLR0124 - NaN
        raise Refused(name, f"{text} is no number")
    return value


def _told(kind: Kind, row: Row, scale: float, hours: float) -> tuple[dict[str, float | None], float]:
    """Return the columns that a row tells, and its largest value as it was written."""
    if kind == "charge":
        charge = _number(row, "soe")
        if charge is None or not 0 <= charge <= 100:
            raise Refused("soe", f"{row.get('soe') or 'nothing'} is no percentage")
        return {"charge_pct": wire_charge_pct(charge)}, charge
    if kind == "energy":
        found: dict[str, float | None] = {}
        numbers = {name: _number(row, name) for names in _SUMS.values() for name in names}
        for column, names in _SUMS.items():
            known = [value for name in names if (value := numbers[name]) is not None]
            needed = sum(not name.endswith("_generator") for name in names)
            found[column] = sum(known) * scale if len(known) >= needed else None
        values = [abs(value) for value in numbers.values() if value is not None]
    else:
        solar, battery, grid, load = (_number(row, name) for name in _POWERS)
        if load is None and solar is not None and battery is not None and grid is not None:
            load = solar + battery + grid + (_number(row, "generator_power") or 0.0)
        values = [abs(value) for value in (solar, battery, grid, load) if value is not None]
        found = {
            "solar_wh": _side(solar, 1, scale * hours),
            "home_wh": _side(load, 1, scale * hours),
            "grid_in_wh": _side(grid, 1, scale * hours),
            "grid_out_wh": _side(grid, -1, scale * hours),
            "battery_in_wh": _side(battery, -1, scale * hours),
            "battery_out_wh": _side(battery, 1, scale * hours),
        }
    if not values:
        raise Refused("", "tells nothing")
    return found, max(values)


def _side(power: float | None, sign: int, factor: float) -> float | None:
    return None if power is None else max(0.0, sign * power) * factor
