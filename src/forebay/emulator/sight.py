"""How far the meters see what flows: clamps that are missing, inverted or misread change it.

What a gateway knows of its house comes from its meters. It counts what they
show, and steers the batteries so that the site's meter shows nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import inf

_NOTHING = 1e-9


@dataclass(frozen=True, slots=True)
class Seen:
    """What one meter shows of the flows; 1 is right, -1 counts it the other way round.

    load, source: of the house's use and of what its sources give, on the way to the grid.
    solar, generator: of these two on their own wires.
    """

    load: float = 0.0
    source: float = 0.0
    solar: float = 0.0
    generator: float = 0.0

    def shown_w(self, load_w: float, solar_w: float, battery_w: float, generator_w: float, *, joined: bool) -> float:
        """Return what is shown [W]; joined: whether the house is on the grid."""
        own_w = self.solar * solar_w + self.generator * generator_w
        if not joined:
            return own_w
        return self.load * load_w - self.source * (solar_w + battery_w + generator_w) + own_w


@dataclass(frozen=True, slots=True)
class Sight:
    """What the meters of site, solar and generator show."""

    site: Seen = Seen(load=1.0, source=1.0)
    solar: Seen = Seen(solar=1.0)
    generator: Seen = Seen(generator=1.0)

    def aim_w(self, load_w: float, solar_w: float) -> float:
        """Return the battery power at which the site's meter shows nothing [W], + discharge.

        A meter that does not see the battery gives no aim, and an inverted one
        lets the battery run away: the more it does, the more is asked of it.
        """
        shown_w = self.site.shown_w(load_w, solar_w, 0.0, 0.0, joined=True)
        weight = self.site.source
        if weight > _NOTHING:
            return shown_w / weight
        if weight >= -_NOTHING or abs(shown_w) <= _NOTHING:
            return 0.0
        return inf if shown_w > 0 else -inf


CLEAR = Sight()
"""Meters that are set up as the house is wired."""
