"""What a roof makes when no cloud is in the way, learned from the roof itself.

Days are rows of 96 quarters of an hour (mean power, NaN where there was no reading). The clear day of a date is,
quarter by quarter, what only one in twenty of the days within 15 days of that date exceeded, in whatever year.
Reasons: docs/decisions/0102.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

QUARTERS = 96
NEAR_DAYS = 15
"""How far in the year a day may be to tell of another."""
FEWEST_DAYS = 10
"""With fewer days nobody knows what a clear one is."""
EXCEEDED = 0.95
"""The share of the days that stay below the clear day."""
DAYLIGHT = 0.02
"""A quarter is daylight where the clear day makes more than this share of its best quarter."""

_YEAR = 365.2425


def clear_days(ordinals: Array, power_w: Array, wanted: Array) -> Array:
    """Return the clear day of each wanted date, shape (n_wanted, 96) [W]; NaN where it cannot be told.

    ordinals: dates of the rows, as `date.toordinal`, shape (n,). power_w: shape (n, 96). wanted: dates, likewise.
    """
    import numpy as np

    clear = np.full((len(wanted), QUARTERS), np.nan)
    places: dict[int, Array] = {}
    for row, ordinal in enumerate(wanted.tolist()):
        place = round(ordinal % _YEAR)
        if place not in places:
            away = np.abs((ordinals - ordinal + _YEAR / 2) % _YEAR - _YEAR / 2)
            places[place] = _upper(power_w[away <= NEAR_DAYS])
        clear[row] = places[place]
    return clear


def _upper(rows: Array) -> Array:
    """Return by quarter what the share `EXCEEDED` of the days does not exceed."""
    import numpy as np

    if not len(rows):
        return np.full(QUARTERS, np.nan)
    ordered = np.sort(rows, axis=0)  # NaN comes last
    known = (~np.isnan(rows)).sum(axis=0)
    index = np.floor(EXCEEDED * np.maximum(known - 1, 0)).astype(int)
    found = np.take_along_axis(ordered, index[None, :], axis=0)[0]
    return np.where(known >= FEWEST_DAYS, np.maximum(found, 0.0), np.nan)


@dataclass(frozen=True, slots=True)
class Dark:
    """Daylight quarters [first, until) of a day in which hardly anything was made.

    made_wh, clear_wh: what was made and what a clear day makes in them [Wh].
    """

    first: int
    until: int
    made_wh: float
    clear_wh: float


@dataclass(frozen=True, slots=True)
class DayOfSun:
    """One day beside its clear day.

    clear_wh: of the whole day; None where nobody knows. seen_ratio: the part of it whose quarters were read, 0–1.
    ratio: made / clear over the quarters that were read; None where too few were.
    dark: the quarters in which production was missing, from the first to the last; None where it was not.
    """

    clear_wh: float | None
    seen_ratio: float
    ratio: float | None
    dark: Dark | None


SEEN_ENOUGH = 0.5
"""A day is judged if half of its clear energy falls into quarters that were read."""
FAR_BELOW = 0.1
"""A whole day below this share of a clear one is listed; the thickest clouds leave about as much."""
STOPPED = 0.02
"""Quarters below this share have no production at all: no cloud does that."""
STOPPED_QUARTERS = 8
"""So many of them in a row are listed."""
_HIGH_SUN = 0.3


def judge(made_w: Array, clear_w: Array) -> DayOfSun:
    """Return how a day compares with its clear day; both shape (96,) [W]."""
    import numpy as np

    best = np.nanmax(clear_w) if not np.isnan(clear_w).all() else 0.0
    if best <= 0:
        return DayOfSun(None, 0.0, None, None)
    daylight = clear_w > DAYLIGHT * best
    seen = daylight & ~np.isnan(made_w)
    clear_wh = float(clear_w[daylight].sum() / 4)
    seen_wh = float(clear_w[seen].sum() / 4)
    seen_ratio = seen_wh / clear_wh
    if seen_ratio < SEEN_ENOUGH:
        return DayOfSun(clear_wh, seen_ratio, None, _stretch(made_w, clear_w, seen, best))
    made_wh = float(np.maximum(made_w[seen], 0).sum() / 4)
    ratio = made_wh / seen_wh
    if ratio < FAR_BELOW:
        quarters = seen.nonzero()[0]
        return DayOfSun(clear_wh, seen_ratio, ratio, _dark(made_w, clear_w, quarters))
    return DayOfSun(clear_wh, seen_ratio, ratio, _stretch(made_w, clear_w, seen, best))


def _dark(made_w: Array, clear_w: Array, quarters: Array) -> Dark:
    import numpy as np

    made_wh = float(np.maximum(made_w[quarters], 0).sum() / 4)
    return Dark(int(quarters[0]), int(quarters[-1]) + 1, made_wh, float(clear_w[quarters].sum() / 4))


def _stretch(made_w: Array, clear_w: Array, seen: Array, best: float) -> Dark | None:
    """Return the longest run of quarters with a high sun and no production, None where none is long enough."""
    import numpy as np

    stopped = seen & (clear_w > _HIGH_SUN * best) & (made_w < STOPPED * clear_w)
    edges = np.diff(np.concatenate(([0], stopped.astype(int), [0])))
    starts, ends = (edges == 1).nonzero()[0], (edges == -1).nonzero()[0]
    if not len(starts) or (ends - starts).max() < STOPPED_QUARTERS:
        return None
    longest = int((ends - starts).argmax())
    return _dark(made_w, clear_w, np.arange(starts[longest], ends[longest]))
