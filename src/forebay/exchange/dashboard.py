"""What the usual dashboard stack keeps in InfluxDB, and how it becomes intervals.

Source: influxdb.sql and tools/solar-only of jasonacox/Powerwall-Dashboard. Its
policy `autogen` holds means of a minute of the measurement `http`: powers [W],
each direction a field of its own, and the charge on the gateway's scale. Points
tagged `source=cloud` were filled in from the vendor's cloud: 5-minute means,
charge by quarter of an hour. `kwh`, `daily` and `monthly` are computed from
these minutes with known losses and are left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from forebay.exchange.intake import Bad
from forebay.store.candidate import Candidate
from forebay.store.merged import MINUTE_MS
from forebay.store.packed import COLUMNS, DAY_MS, Piece, unpack
from forebay.store.steps import MAX_W

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Integers = NDArray[np.int64]

DATABASE, POLICY, MEASUREMENT = "powerwall", "autogen", "http"

FIELDS: Mapping[str, str] = {
    "solar": "solar_wh",
    "home": "home_wh",
    "from_grid": "grid_in_wh",
    "to_grid": "grid_out_wh",
    "to_pw": "battery_in_wh",
    "from_pw": "battery_out_wh",
    "percentage": "charge_pct",
}
"""Field of the measurement -> what it becomes."""

_CHARGE = COLUMNS.index("charge_pct")
_MINUTES = DAY_MS // MINUTE_MS
_CLOUD_MINUTES, _CLOUD_CHARGE_MINUTES = 5, 15
_STILL_W = -1000.0
"""A power below zero is an inverter's own use or a meter's rest, and counts as none; below this it is no power."""
_OPEN_DAYS = 40
_FIRST_MS, _END_MS = 946_684_800_000, 7_258_118_400_000
"""From 2000 to before 2200: other times are none of a home's history."""


_DERIVED = frozenset({"kwh", "daily", "monthly"})
_APART: Mapping[str, str] = {
    "raw": "the last three days, of which the minutes are made",
    "strings": "powers, voltages and currents of strings",
    "pwtemps": "temperatures of packs",
    "vitals": "frequencies and voltages",
    "grid": "whether the grid was there",
    "pod": "what each pack holds, and what it holds when full",
    "alerts": "which alerts there were",
}
"""Policy of the dashboard that is left out -> what it holds. Source: its influxdb.sql and telegraf.conf."""


def left_out_notes(policies: Iterable[str]) -> list[str]:
    """Return a sentence for each kind of policies that are there and not taken."""
    names = set(policies)
    notes = []
    if derived := sorted(_DERIVED & names):
        notes.append(f"{', '.join(derived)}: left out, they are computed from the minutes")
    notes += [f"{name}: left out ({_APART[name]})" for name in sorted(_APART.keys() & names)]
    if others := sorted(names - _DERIVED - _APART.keys()):
        notes.append(f"{', '.join(others)}: left out, no powers or charge of the house by the minute")
    return notes


def series_tags(series: str) -> tuple[str, dict[str, str]]:
    """Return the measurement and the tags of a series as InfluxDB writes it, commas escaped by a backslash."""
    name, *tags = re.split(r"(?<!\\),", series)
    pairs = (re.split(r"(?<!\\)=", tag, maxsplit=1) for tag in tags)
    return name, {pair[0]: pair[1] for pair in pairs if len(pair) == 2}


@dataclass(slots=True)
class Minutes:
    """Collects points of the dashboard's measurement, minute by minute.

    bad: values that no house can have, a sentence for each block of points that has some.
    """

    bad: list[Bad] = field(default_factory=list)
    n_points: int = 0
    _open: dict[tuple[int, bool], Floats] = field(default_factory=dict)
    _packed: dict[bool, Candidate] = field(default_factory=dict)

    def add(self, name: str, times_ms: Integers, values: Floats, *, is_cloud: bool, place: tuple[str, int]) -> None:
        """Take points of a field in; of several in a minute the mean counts, of a minute told again the last.

        place: file and line to name where a value is impossible.
        """
        import numpy as np

        column = COLUMNS.index(FIELDS[name])
        low, high = (0.0, 100.0) if column == _CHARGE else (_STILL_W, MAX_W)
        good = (values >= low) & (values <= high) & (times_ms >= _FIRST_MS) & (times_ms < _END_MS)
        if not good.all():
            first = int(np.flatnonzero(~good)[0])
            n, what = int((~good).sum()), values[first]
            told = f"{what:g} at {np.datetime64(int(times_ms[first]), 'ms')}Z is nothing that a home does"
            self.bad.append(Bad(*place, name, told if n == 1 else f"{told}, and {n - 1} more"))
            times_ms, values = times_ms[good], values[good]
        self.n_points += len(values)
        if column != _CHARGE:
            values = np.maximum(values, 0.0) / 60
        days = times_ms // DAY_MS
        for day in np.unique(days).tolist():
            here = days == day
            minute = (times_ms[here] - day * DAY_MS) // MINUTE_MS
            told_minutes, owner, n_told = np.unique(minute, return_inverse=True, return_counts=True)
            means = np.bincount(owner, weights=values[here]) / n_told
            self._day(day * DAY_MS, is_cloud)[told_minutes, column] = means

    def _day(self, day_ms: int, is_cloud: bool) -> Floats:
        import numpy as np

        if (day_ms, is_cloud) not in self._open:
            if len(self._open) >= _OPEN_DAYS:
                self._pack(*next(iter(self._open)))
            grid = np.full((_MINUTES, len(COLUMNS)), np.nan)
            packed = self._packed.get(is_cloud)
            if packed is not None and day_ms in packed.days:
                piece = unpack(day_ms, packed.days.pop(day_ms))
                packed.n -= len(piece)
                grid[(piece.starts_ms - day_ms) // MINUTE_MS] = piece.values
            self._open[day_ms, is_cloud] = grid
        return self._open[day_ms, is_cloud]

    def _pack(self, day_ms: int, is_cloud: bool) -> None:
        grid = self._open.pop((day_ms, is_cloud))
        self._packed.setdefault(is_cloud, _candidate("", "")).put(_piece(day_ms, grid))

    def candidate(self, source: str, sha256: str) -> Candidate | None:
        """Return everything taken in; what the dashboard recorded counts before what it fetched from the cloud."""
        for key in list(self._open):
            self._pack(*key)
        days = sorted({day_ms for one in self._packed.values() for day_ms in one.days})
        found = _candidate(source, sha256)
        carried = None
        for day_ms in days:
            own, cloud = (self._grid(day_ms, is_cloud) for is_cloud in (False, True))
            cloud, carried = _spread(cloud, carried, day_ms)
            piece = _piece(day_ms, _over(own, cloud))
            if len(piece):
                found.put(piece)
        return found if found.n else None

    def _grid(self, day_ms: int, is_cloud: bool) -> Floats:
        import numpy as np

        grid = np.full((_MINUTES, len(COLUMNS)), np.nan)
        packed = self._packed.get(is_cloud)
        if packed is not None and day_ms in packed.days:
            piece = unpack(day_ms, packed.days[day_ms])
            grid[(piece.starts_ms - day_ms) // MINUTE_MS] = piece.values
        return grid


def _candidate(source: str, sha256: str) -> Candidate:
    decisions = {"unit": "W", "policy": POLICY, "charge": "gateway's scale"}
    return Candidate("dashboard", source, sha256, False, MINUTE_MS, decisions)


def _piece(day_ms: int, grid: Floats) -> Piece:
    import numpy as np

    rows = np.flatnonzero(~np.isnan(grid).all(axis=1))
    lengths = np.full(len(rows), MINUTE_MS, dtype=np.int64)
    return Piece(day_ms, day_ms + rows.astype(np.int64) * MINUTE_MS, lengths, grid[rows])


def _over(own: Floats, cloud: Floats) -> Floats:
    import numpy as np

    return np.where(np.isnan(own), cloud, own)


def _spread(cloud: Floats, carried: tuple[int, Floats] | None, day_ms: int) -> tuple[Floats, tuple[int, Floats] | None]:
    """Let each point from the cloud stand for the minutes that it is the mean of, into the next day too."""
    import numpy as np

    lead = np.full((_CLOUD_CHARGE_MINUTES, len(COLUMNS)), np.nan)
    if carried is not None and carried[0] == day_ms:
        lead = carried[1]
    long = np.concatenate((lead, cloud))
    found = long.copy()
    for column in range(len(COLUMNS)):
        reach = _CLOUD_CHARGE_MINUTES if column == _CHARGE else _CLOUD_MINUTES
        for minutes in range(1, reach):
            later = found[minutes:, column]
            empty = np.isnan(later) & np.isnan(long[minutes:, column])
            later[empty] = long[:-minutes, column][empty]
    return found[len(lead) :], (day_ms + DAY_MS, cloud[-_CLOUD_CHARGE_MINUTES:])
