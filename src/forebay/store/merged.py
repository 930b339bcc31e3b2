"""Several imports put together into one history, minute by minute.

Amounts come from metered energies (the shortest intervals first), the shape
inside them from whatever is finer. Powers tell amounts only where nothing was
metered, again the finest first; of equals the newest import counts. No sum is
counted twice. Reasons: docs/decisions/0108.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from forebay.store.packed import COLUMNS, N_FLOWS, Piece

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Integers = NDArray[np.int64]

MINUTE_MS = 60_000
LONGEST_MS = 25 * 3_600_000
"""The longest interval that is taken [ms]: a local day when clocks are set back."""
_SPLIT_MS = 3_600_000
"""Up to this length mean powers tell what fed what [ms]; over a day they would net the night against the noon."""
_FULL = 0.05
"""The share of a metered interval that finer powers may lack, to be taken as telling its whole shape."""
CHARGE = len(COLUMNS) - 1


@dataclass(frozen=True, slots=True)
class Layer:
    """The intervals of one import that touch a span. is_metered: whether they are energies that were counted."""

    is_metered: bool
    step_ms: int
    pieces: Sequence[Piece]


def order(layers: Sequence[Layer]) -> list[Layer]:
    """Return the layers, the one that counts first in front. layers: the newest import first."""
    return sorted(layers, key=lambda layer: (layer.step_ms, not layer.is_metered))


def cells(layers: Sequence[Layer], start_ms: int, end_ms: int) -> Floats:
    """Return what is known of each minute of [start, end): energies [Wh] and the mean charge [%], NaN if unknown.

    layers: the newest import first. start_ms, end_ms: whole minutes. Shape (minutes, len(COLUMNS)).
    An interval is told whole only if it lies within the span: ask for a day more at each side.
    """
    import numpy as np

    n = (end_ms - start_ms) // MINUTE_MS
    found = np.full((n, len(COLUMNS)), np.nan)
    counted = np.zeros((n, N_FLOWS), dtype=bool)
    for layer in order(layers):
        for piece in layer.pieces:
            first = np.rint((piece.starts_ms - start_ms) / MINUTE_MS).astype(np.int64)
            last = np.rint((piece.starts_ms + piece.lengths_ms - start_ms) / MINUTE_MS).astype(np.int64)
            last = np.maximum(last, first + 1)
            inside = (first >= 0) & (last <= n)
            _add_piece(found, counted, layer, first[inside], last[inside], piece.values[inside])
    return found


def _add_piece(  # noqa: PLR0917 - what is laid, and on what
    found: Floats, counted: NDArray[np.bool_], layer: Layer, first: Integers, last: Integers, values: Floats
) -> None:
    import numpy as np

    size = last - first
    if not len(size):
        return
    index = np.repeat(first - np.concatenate(([0], np.cumsum(size)[:-1])), size) + np.arange(int(size.sum()))
    owner = np.repeat(np.arange(len(size)), size)
    told = _with_parts(values, last - first)
    for column in range(len(COLUMNS)):
        if np.isnan(told[:, column]).all():
            continue
        each = told[owner, column] / (1 if column == CHARGE else size[owner])
        if layer.is_metered and column < N_FLOWS:
            _meter(found[:, column], counted[:, column], index, owner, told[:, column])
        else:
            new = np.isnan(found[index, column]) & ~np.isnan(each)
            found[index[new], column] = each[new]


def _with_parts(values: Floats, minutes: Integers) -> Floats:
    """Return the values, with what fed what by the rule of records/flows.py where it is not told."""
    import numpy as np

    told = values.copy()
    solar, grid_in, grid_out, charge, discharge = (values[:, n] for n in (0, 2, 3, 4, 5))
    open_rows = np.isnan(values[:, N_FLOWS:CHARGE]).all(axis=1) & (minutes * MINUTE_MS <= _SPLIT_MS)
    home = np.maximum(0.0, solar + discharge - charge + grid_in - grid_out)
    solar_home = np.minimum(solar, home)
    solar_battery = np.minimum(solar - solar_home, charge)
    battery_home = np.minimum(discharge, home - solar_home)
    parts = np.stack(
        [
            solar_home,
            solar_battery,
            solar - solar_home - solar_battery,
            battery_home,
            discharge - battery_home,
            home - solar_home - battery_home,
            charge - solar_battery,
        ],
        axis=1,
    )
    told[:, N_FLOWS:CHARGE] = np.where(open_rows[:, None], parts, values[:, N_FLOWS:CHARGE])
    return told


def _meter(found: Floats, counted: NDArray[np.bool_], index: Integers, owner: Integers, totals: Floats) -> None:
    """Lay metered energies over what is known of their minutes, keeping what finer meters counted."""
    import numpy as np

    n = len(totals)
    known = found[index]
    is_counted, is_open = counted[index], np.isnan(known)
    is_shape = ~is_counted & ~is_open
    n_shape, n_open = (np.bincount(owner, weights=mask, minlength=n) for mask in (is_shape, is_open))
    fixed_wh = np.bincount(owner, weights=np.where(is_counted, known, 0.0), minlength=n)
    shape_wh = np.bincount(owner, weights=np.where(is_shape, known, 0.0), minlength=n)
    rest_wh = np.maximum(0.0, totals - fixed_wh)
    free = n_shape + n_open
    whole = n_open <= _FULL * free
    with np.errstate(divide="ignore", invalid="ignore"):
        mean_wh = np.where(n_shape > 0, shape_wh / n_shape, 0.0)
        filled_wh = shape_wh + np.where(whole, mean_wh * n_open, 0.0)
        even_wh = np.where(free > 0, rest_wh / free, 0.0)
        scale = np.where(filled_wh > 0, rest_wh / filled_wh, 0.0)
        scale = np.where(whole | (shape_wh > rest_wh), scale, 1.0)
        open_wh = np.where(whole, mean_wh * scale, np.maximum(0.0, rest_wh - shape_wh) / n_open)
    level = whole & (filled_wh <= 0)
    new = np.where(is_shape, known * scale[owner], open_wh[owner])
    new = np.where(level[owner], even_wh[owner], new)
    lay = ~is_counted & ~np.isnan(totals)[owner]
    found[index[lay]] = new[lay]
    counted[index[lay]] = True
