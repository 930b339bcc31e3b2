"""A generator of the house: when it runs and what it gives."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class Generator:
    """A generator behind a transfer switch of its own: it carries the house, it charges no pack.

    power_w: what it can give [W]. starts_below, stops_above: charge of the packs, 0–1.
    """

    power_w: float
    starts_below: float
    stops_above: float
    is_running: bool = False

    def able_w(self, level: float, *, needed: bool) -> float:
        """Return what it can give now [W], starting or stopping it by the charge (0–1).

        needed: whether the house is on an island; on the grid a generator rests.
        """
        limit = self.stops_above if self.is_running else self.starts_below
        self.is_running = needed and level < limit
        return self.power_w if self.is_running else 0.0
