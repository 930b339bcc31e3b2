"""How far the meters see what flows: clamps that are missing, inverted or misread change it.

What a gateway knows of its house comes from its meters. It counts what they
show, and steers the batteries so that the site's meter shows nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import inf

_NOTHING = 1e-9


@dataclass(frozen=True, slots=True)
class Sight:
    """The share of each flow that the meters show; 1 is right, -1 counts it the other way round.

    load, solar, battery, generator: how much of each shows at the site's meter.
    own_solar, own_generator: what the meters of these two show of them.
    """

    load: float = 1.0
    solar: float = 1.0
    battery: float = 1.0
    generator: float = 1.0
    own_solar: float = 1.0
    own_generator: float = 1.0

    def site_w(self, load_w: float, solar_w: float, battery_w: float, generator_w: float = 0.0) -> float:
        """Return what the site's meter shows while the house is on the grid [W], + from the grid."""
        return self.load * load_w - self.solar * solar_w - self.battery * battery_w - self.generator * generator_w

    def aim_w(self, load_w: float, solar_w: float) -> float:
        """Return the battery power at which the site's meter shows nothing [W], + discharge.

        A meter that does not see the battery gives no aim, and an inverted one
        lets the battery run away: the more it does, the more is asked of it.
        """
        shown_w = self.site_w(load_w, solar_w, 0.0)
        if self.battery > _NOTHING:
            return shown_w / self.battery
        if abs(self.battery) <= _NOTHING or abs(shown_w) <= _NOTHING:
            return 0.0
        return inf if shown_w > 0 else -inf


CLEAR = Sight()
"""Meters that are set up as the house is wired."""
