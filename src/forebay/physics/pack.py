"""A battery pack: limits, losses, taper and idle draw.

Powers are at the pack's alternating-current terminals [W], + is discharging.
What the pack holds [Wh] follows its own counters exactly:

    energy = start + charged * efficiency_in - discharged / efficiency_out - idle

Figures: 13.5 kWh and 5 kW each, about 90 % for the round trip, tens of watts
idle (levers.md, user reports).
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PackSpec:
    """What a pack can do.

    full_wh: energy when full [Wh]. power_w: greatest power either way [W].
    efficiency_in, efficiency_out: 0–1, their product is the round trip.
    idle_w: drawn from the cells at all times [W].
    taper_from: charge (0–1) above which charging slows, down to `taper_to` of
        the limit when full.
    """

    full_wh: float = 13_500.0
    power_w: float = 5_000.0
    efficiency_in: float = 0.95
    efficiency_out: float = 0.95
    idle_w: float = 20.0
    taper_from: float = 0.95
    taper_to: float = 0.1

    def charge_limit_w(self, energy_wh: float) -> float:
        """Return the greatest charging power at this energy [W], positive."""
        if energy_wh >= self.full_wh:
            return 0.0
        level = energy_wh / self.full_wh
        if level <= self.taper_from:
            return self.power_w
        share = (level - self.taper_from) / (1 - self.taper_from)
        return self.power_w * (1 - share * (1 - self.taper_to))


@dataclass(slots=True)
class Pack:
    """A pack and what it has lived through; counters and energy in Wh."""

    spec: PackSpec
    energy_wh: float
    charged_wh: float = 0.0
    discharged_wh: float = 0.0
    power_w: float = 0.0

    @property
    def level(self) -> float:
        """Charge from 0 to 1."""
        return self.energy_wh / self.spec.full_wh

    def room_w(self, floor_wh: float, seconds: float) -> tuple[float, float]:
        """Return the least and the greatest power possible for a step [W].

        floor_wh: energy below which nothing is discharged [Wh].
        """
        spec, hours = self.spec, seconds / 3600
        into_w = (spec.full_wh - self.energy_wh) / spec.efficiency_in / hours
        out_w = (self.energy_wh - floor_wh) * spec.efficiency_out / hours
        least = -min(spec.charge_limit_w(self.energy_wh), max(0.0, into_w))
        return least, min(spec.power_w, max(0.0, out_w))

    def step(self, wanted_w: float, floor_wh: float, seconds: float) -> float:
        """Live for `seconds` [s] at up to `wanted_w`; return the power achieved [W]."""
        least_w, most_w = self.room_w(floor_wh, seconds)
        power_w = min(most_w, max(least_w, wanted_w))
        spec, hours = self.spec, seconds / 3600
        if power_w > 0:
            self.discharged_wh += power_w * hours
            self.energy_wh -= power_w * hours / spec.efficiency_out
        elif power_w < 0:
            self.charged_wh -= power_w * hours
            self.energy_wh -= power_w * hours * spec.efficiency_in
        self.energy_wh = min(spec.full_wh, max(0.0, self.energy_wh - spec.idle_w * hours))
        self.power_w = power_w
        return power_w
