"""A battery pack: limits, losses, taper and idle draw.

Powers are at the pack's alternating-current terminals [W], + is discharging.
What the pack holds [Wh] follows its own counters exactly:

    energy = start + charged * efficiency_in - discharged / efficiency_out - idle

Figures: 13.5 kWh and 5 kW each, about 90 % for the round trip, tens of watts
idle (levers.md, user reports).
"""

from __future__ import annotations

from dataclasses import dataclass

_ROUNDED_WH = 1e-6
"""What is lost in sums of floating-point numbers [Wh]."""


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

    def takes_w(self, hours: float) -> float:
        """Return the greatest charging power for a step [W], positive; a full one takes what it spends."""
        spec = self.spec
        idle_w = spec.idle_w / spec.efficiency_in
        limit_w = spec.charge_limit_w(self.energy_wh)
        room_w = (spec.full_wh - self.energy_wh) / spec.efficiency_in / hours + idle_w
        limit_w = limit_w if limit_w > idle_w else idle_w
        return limit_w if limit_w < room_w else room_w

    def gives_w(self, floor_wh: float, hours: float) -> float:
        """Return the greatest discharging power for a step [W].

        floor_wh: energy below which nothing is discharged [Wh].
        """
        spec = self.spec
        store_w = (self.energy_wh - floor_wh) * spec.efficiency_out / hours
        return spec.power_w if spec.power_w < store_w else store_w if store_w > 0 else 0.0

    def free_range_wh(self, floor_wh: float, hours: float) -> tuple[float, float]:
        """Return the energies between which the pack takes and gives its full power for a step [Wh]."""
        spec, step_wh = self.spec, self.spec.power_w * hours
        return (
            floor_wh + step_wh / spec.efficiency_out,
            min(spec.taper_from * spec.full_wh, spec.full_wh - step_wh * spec.efficiency_in),
        )

    def charge(self, power_w: float, hours: float) -> None:
        """Take in a power that `takes_w` allows [W], positive."""
        spec, taken_wh = self.spec, power_w * hours
        self.charged_wh += taken_wh
        self.power_w = 0.0 - power_w
        energy_wh = self.energy_wh + taken_wh * spec.efficiency_in - spec.idle_w * hours
        self.energy_wh = spec.full_wh if energy_wh > spec.full_wh - _ROUNDED_WH else energy_wh if energy_wh > 0 else 0.0

    def discharge(self, power_w: float, hours: float) -> None:
        """Give a power that `gives_w` allows [W]."""
        spec, given_wh = self.spec, power_w * hours
        self.discharged_wh += given_wh
        self.power_w = power_w
        energy_wh = self.energy_wh - given_wh / spec.efficiency_out - spec.idle_w * hours
        self.energy_wh = energy_wh if energy_wh > 0 else 0.0

    def rest(self, hours: float) -> None:
        """Stand by; only the idle draw goes on."""
        self.power_w = 0.0
        energy_wh = self.energy_wh - self.spec.idle_w * hours
        self.energy_wh = energy_wh if energy_wh > 0 else 0.0

    def step(self, wanted_w: float, floor_wh: float, seconds: float) -> float:
        """Live for `seconds` [s] at up to `wanted_w`; return the power achieved [W]."""
        hours = seconds / 3600
        if wanted_w > 0 and (most_w := self.gives_w(floor_wh, hours)):
            self.discharge(min(most_w, wanted_w), hours)
        elif wanted_w < 0 and (most_w := self.takes_w(hours)):
            self.charge(min(most_w, -wanted_w), hours)
        else:
            self.rest(hours)
        return self.power_w
