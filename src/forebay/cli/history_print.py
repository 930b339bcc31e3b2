"""How `forebay history` looks: pictures on a terminal, tables elsewhere, the same numbers in both."""

from __future__ import annotations

import csv
import os
import shutil
import sys
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from forebay.cli.output import table
from forebay.records.flows import FLOWS
from forebay.views import plot, text

_HEAD_WIDTH = 10
"""Width of the heads' lines: six energies and a date fit into 80 columns."""
_COLOURS = {"solar": 33, "home": 34, "grid_in": 35, "grid_out": 35, "battery_in": 32, "battery_out": 32}
_SOURCES = (
    ("Solar", ("solar_to_home", "solar_to_battery", "solar_to_grid")),
    ("Battery", ("battery_to_home", "battery_to_grid")),
    ("Grid", ("grid_to_home", "grid_to_battery")),
)
_LEAST_WIDTH = 40
_FLOW_HEIGHT, _SIGNAL_HEIGHT = 2, 6


@dataclass(frozen=True, slots=True)
class Screen:
    """Where it is printed. width: columns. is_plotted: pictures instead of tables. has_colour: and in colour."""

    width: int
    is_plotted: bool
    has_colour: bool

    @classmethod
    def of(cls, *, plots: bool | None) -> Screen:
        """Return what stdout is: pictures on a terminal or when asked for, colour unless NO_COLOR is set."""
        is_terminal = sys.stdout.isatty()
        colour = is_terminal and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
        width = shutil.get_terminal_size((80, 24)).columns
        return cls(max(_LEAST_WIDTH, width), is_terminal if plots is None else plots, colour)

    def painted(self, line: str, flow: str) -> str:
        """Return a line in its flow's colour."""
        return f"\033[{_COLOURS[flow]}m{line}\033[0m" if self.has_colour and flow in _COLOURS else line


def heads(labels: Sequence[str]) -> list[tuple[str, ...]]:
    """Return the rows above the energies: each label in narrow lines, the last one next to its numbers."""
    folded = [textwrap.wrap(label, _HEAD_WIDTH) for label in labels]
    height = max(map(len, folded))
    return [("", *line) for line in zip(*([""] * (height - len(lines)) + lines for lines in folded), strict=True)]


def _kwh(value: float | None) -> str:
    return text.energy(None if value is None else value * 1000)


_FORMS = {"quarter": "%a %d %H:%M", "hour": "%a %d %H:%M", "week": "week of %Y-%m-%d", "month": "%Y-%m", "year": "%Y"}


def energy_table(told: Mapping[str, Any], zone: ZoneInfo) -> str:
    """Return one row for each bucket of which anything is known."""
    rows = heads([flow.label for flow in FLOWS])
    form = _FORMS.get(told["by"], "%a %Y-%m-%d")
    for number, at_s in enumerate(told["t"]):
        values = [told["kwh"][flow.name][number] for flow in FLOWS]
        if any(value is not None for value in values):
            rows.append((f"{_local(at_s, zone):{form}}", *map(_kwh, values)))
    return table(rows, right=range(1, len(FLOWS) + 1))


def _local(at_s: float, zone: ZoneInfo) -> datetime:
    return datetime.fromtimestamp(at_s, UTC).astimezone(zone)


def energy_plot(told: Mapping[str, Any], peaks: Mapping[str, Any], zone: ZoneInfo, screen: Screen) -> str:
    """Return the six flows as filled curves under each other, all on one scale, with their energies and peaks."""
    labels = {flow.name: flow.label for flow in FLOWS}
    sums = {name: _kwh(told["total"]["kwh"][name]) for name in labels}
    left = max(map(len, labels.values())) + 2
    right = max(map(len, sums.values())) + 2
    width = screen.width - left - right - 1
    curves = {name: plot.fitted(told["kwh"][name], width) for name in labels}
    high = max((value for curve in curves.values() for value in curve if value is not None), default=0.0)
    lines = []
    for name, label in labels.items():
        if told["total"]["kwh"][name] is None:
            continue
        peak = peaks.get(name)
        under = f"peak {text.power(peak['w'])}" if peak else ""
        above, below = plot.strip(curves[name], _FLOW_HEIGHT, (0.0, high), width)
        lines.append(f"{label:<{left}}{screen.painted(above, name)}".rstrip())
        lines.append(f"{under:<{left}}{screen.painted(f'{below:<{width}}', name)}{sums[name]:>{right}}")
    lines.append(" " * left + plot.axis(_marks(told, zone), width))
    return "\n".join(lines)


def _marks(told: Mapping[str, Any], zone: ZoneInfo) -> list[tuple[float, str]]:
    times, by = told["t"], told["by"]
    if not times:
        return []
    forms = {"hour": "%a", "day": "%d", "week": "%d %b", "month": "%b", "year": "%Y"}
    found = []
    for number, at_s in enumerate(times):
        local = _local(at_s, zone)
        if by == "quarter" and (local.minute or local.hour % 6):
            continue
        if by == "hour" and local.hour:
            continue
        form = forms.get(by, "%H:%M")
        word = f"{local:{form}}"
        if by == "month" and local.month == 1:
            word = f"{local:%Y}"
        if by == "day" and (number == 0 or local.day == 1):
            word = f"{local:%d %b}"
        found.append((number / len(times), word))
    return found


def summary(told: Mapping[str, Any], peaks: Mapping[str, Any], zone: ZoneInfo, *, is_plotted: bool) -> list[str]:
    """Return what the whole comes to: sums, shares, what fed what, and the highest use of the home."""
    total = told["total"]
    lines = []
    if not is_plotted:
        rows = [(flow.label, _kwh(total["kwh"][flow.name]), _peak_words(peaks.get(flow.name), zone)) for flow in FLOWS]
        lines.append(table(rows, right=(1,)))
    shares = [
        f"{label} {value:.0f} %"
        for label, value in (
            ("Self-sufficiency", total["self_sufficiency_pct"]),
            ("Self-consumption", total["self_consumption_pct"]),
        )
        if value is not None
    ]
    if shares:
        lines.append("   ".join(shares))
    for source, parts in _SOURCES:
        known = [(part, total["fed_kwh"][part]) for part in parts]
        if any(value for _, value in known):
            words = ", ".join(f"{part.rsplit('_', 1)[1]} {_kwh(value)}" for part, value in known if value is not None)
            lines.append(f"{source} → {words}")
    return [*lines, *_coverage(total)]


def _peak_words(peak: Mapping[str, Any] | None, zone: ZoneInfo) -> str:
    if not peak:
        return ""
    at = datetime.fromisoformat(peak["at"]).astimezone(zone)
    return f"peak {text.power(peak['w'])} on {at:%Y-%m-%d} at {at:%H:%M}"


def _coverage(total: Mapping[str, Any]) -> list[str]:
    lines = []
    if total["imported_ratio"]:
        lines.append(f"{_percent(total['imported_ratio'])} of this time is told by imports alone")
    if total["covered_ratio"] is not None and total["covered_ratio"] < 0.9995:
        lines.append(f"{_percent(1 - total['covered_ratio'])} of this time is not known: the sums are the least it was")
    return lines


def _percent(ratio: float) -> str:
    return "less than 1 %" if 0 < ratio < 0.01 else f"{min(99, 100 * ratio) if ratio < 1 else 100:.0f} %"


def comparison(told: Mapping[str, Any], other: Mapping[str, Any], names: tuple[str, str]) -> str:
    """Return both sums of each flow and how they differ. names: of the period and of the one it is compared with."""
    rows: list[tuple[str, ...]] = [("", *names, "difference", "")]
    for flow in FLOWS:
        now, then = told["total"]["kwh"][flow.name], other["total"]["kwh"][flow.name]
        if now is None and then is None:
            continue
        if now is None or then is None:
            rows.append((flow.label, _kwh(now), _kwh(then), "–", ""))
            continue
        sign = "+" if now >= then else "−"
        share = f"{100 * (now / then - 1):+.0f} %".replace("-", "−") if then else ""
        rows.append((flow.label, _kwh(now), _kwh(then), f"{sign}{_kwh(abs(now - then))}", share))
    for label, key in (("Self-sufficiency", "self_sufficiency_pct"), ("Self-consumption", "self_consumption_pct")):
        now, then = told["total"][key], other["total"][key]
        if now is not None and then is not None:
            points = f"{now - then:+.0f} points".replace("-", "−")
            rows.append((label, f"{now:.0f} %", f"{then:.0f} %", points, ""))
    return table(rows, right=(1, 2, 3, 4))


def signal_plot(  # noqa: PLR0917 - what is drawn, and on what
    label: str, unit: str, told: Mapping[str, Any], name: str, zone: ZoneInfo, screen: Screen
) -> str:
    """Return the curve of one signal, its scale at the left and the extremes of its readings in words."""
    values = told["columns"][name]
    known = [value for value in values if value is not None]
    if not known:
        return f"{label}: nothing is known of this time"
    low, high = min(0.0, *known), max(known)
    if low == 0.0 and unit not in ("W", "Wh", "A"):
        low = min(known)
    marks = [f"{text.significant(value)} {unit}".strip() for value in (high, low)]
    left = max(map(len, marks)) + 1
    width = screen.width - left - 1
    curve = plot.fitted(values, width)
    body = plot.strip(curve, _SIGNAL_HEIGHT, (low, high), width)
    edge = [marks[0], *[""] * (_SIGNAL_HEIGHT - 2), marks[1]]
    lines = [f"{label}: {_extremes(told, name, unit)}"]
    lines += [f"{mark:>{left - 1}} {line}".rstrip() for mark, line in zip(edge, body, strict=True)]
    return "\n".join([*lines, " " * left + plot.axis(_times(told["t"], zone), width)])


def _extremes(told: Mapping[str, Any], name: str, unit: str) -> str:
    values = [value for value in told["columns"][name] if value is not None]
    least = min([v for v in told["low"].get(name, ()) if v is not None] or values)
    most = max([v for v in told["high"].get(name, ()) if v is not None] or values)
    words = [f"{text.significant(value)} {unit}".strip() for value in (least, sum(values) / len(values), most)]
    return f"least {words[0]}, mean {words[1]}, most {words[2]}"


def _times(times: Sequence[float], zone: ZoneInfo) -> list[tuple[float, str]]:
    span_s = times[-1] - times[0] if len(times) > 1 else 0
    form = "%H:%M" if span_s <= 2 * 86_400 else "%d %b" if span_s <= 400 * 86_400 else "%b %Y"
    return [(part / 4, f"{_local(times[part * len(times) // 4], zone):{form}}") for part in range(4)]


def signal_table(told: Mapping[str, Any], names: Sequence[str], heads_: Sequence[str], zone: ZoneInfo) -> str:
    """Return one row for each slot of which anything is known."""
    rows: list[tuple[str, ...]] = [("", *heads_)]
    for number, at_s in enumerate(told["t"]):
        values = [told["columns"][name][number] for name in names]
        if any(value is not None for value in values):
            cells = ("–" if value is None else f"{value:g}" for value in values)
            rows.append((f"{_local(at_s, zone):%Y-%m-%d %H:%M}", *cells))
    return table(rows, right=range(1, len(names) + 1))


def write_csv(columns: Mapping[str, Sequence[Any]], times: Sequence[float]) -> None:
    """Write columns to stdout, one row for each start of a slot, in UTC; what is not known is empty."""
    sheet = csv.writer(sys.stdout, lineterminator="\n")
    sheet.writerow(("start", *columns))
    for number, at_s in enumerate(times):
        at = datetime.fromtimestamp(at_s, UTC).isoformat().replace("+00:00", "Z")
        sheet.writerow((at, *("" if (v := column[number]) is None else v for column in columns.values())))
