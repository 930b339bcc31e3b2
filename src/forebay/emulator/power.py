"""What a gateway does with power: mode, reserve and the grid decide over the packs."""

from __future__ import annotations

from dataclasses import dataclass, field

from forebay.emulator.generator import Generator
from forebay.emulator.sight import CLEAR, Sight
from forebay.physics.pack import Pack

GRID_CHARGE_BACKUP_W = 3_300.0
"""Charging from the grid in backup mode, per Powerwall [W] (levers.md, user reports)."""
GRID_CHARGE_RESERVE_W = 1_700.0
"""Charging from the grid below the reserve, per Powerwall [W] (levers.md, user reports)."""
RESERVE_HYSTERESIS = 0.005
"""Share of a full pack by which it may sink under the reserve before it is refilled."""
DARK_LEVEL = 0.002
"""Charge (0–1) at which an island without enough sun goes dark, until the grid is back."""
PEAK_HOURS = range(16, 21)
"""Local hours in which the autonomous mode serves the house; a stand-in, unverified."""


@dataclass(slots=True)
class Counters:
    """Lifetime energy as the meters counted it [Wh]; exported is out of the point."""

    site_imported: float = 0.0
    site_exported: float = 0.0
    solar_exported: float = 0.0
    solar_imported: float = 0.0
    generator_exported: float = 0.0
    generator_imported: float = 0.0


@dataclass(slots=True)
class Flows:
    """Power that flows [W]: site + from the grid, battery + discharging, the rest + into the house."""

    site_w: float = 0.0
    battery_w: float = 0.0
    load_w: float = 0.0
    solar_w: float = 0.0
    generator_w: float = 0.0


@dataclass(slots=True)
class PowerSystem:
    """Packs, counters and the present flows of one home.

    packs: all of them; active: those that are not disabled. sight: how the meters see the flows.
    """

    packs: list[Pack]
    grid_charging: bool
    generator: Generator | None = None
    sight: Sight = CLEAR
    counters: Counters = field(default_factory=Counters)
    flows: Flows = field(default_factory=Flows)
    refilling: bool = False
    dark: bool = False
    is_islanded: bool = False
    active: list[Pack] = field(init=False)

    def __post_init__(self) -> None:
        self.active = list(self.packs)

    def use(self, packs: list[Pack]) -> None:
        """Let only these packs work; the others rest and are not counted (M11)."""
        self.active = packs
        for pack in self.packs:
            if not any(pack is used for used in packs):
                pack.power_w = 0.0

    @property
    def full_wh(self) -> float:
        """Energy of the active packs when full [Wh]."""
        return sum(pack.spec.full_wh for pack in self.active)

    @property
    def energy_wh(self) -> float:
        """Energy left in the active packs [Wh]."""
        return sum(pack.energy_wh for pack in self.active)

    @property
    def level(self) -> float:
        """Charge of the active packs, 0–1; 0 where there is none."""
        full_wh = self.full_wh
        return self.energy_wh / full_wh if full_wh else 0.0

    def step(
        self,
        load_w: float,
        solar_w: float,
        seconds: float,
        *,
        islanded: bool,
        running: bool,
        mode: str,
        reserve: float,
        hour: int,
        trim_w: float = 0.0,
        may_export: bool = True,
    ) -> None:
        """Live for `seconds` [s].

        trim_w: how far the control misses its aim [W]; the grid makes it good.
        may_export: whether sun may flow into the grid; without, a running system holds it back.

        load_w: what the house wants [W]; solar_w: what the roof could give [W].
        reserve: 0–1 on the gateway's scale. hour: local hour of the day.
        """
        self.is_islanded = islanded
        if islanded:
            self._island(load_w, solar_w, seconds, running=running)
        else:
            self.dark = False
            if self.generator is not None:
                self.generator.able_w(self.level, needed=False)
            aim_w = load_w - solar_w if self.sight is CLEAR else self.sight.aim_w(load_w, solar_w)
            wanted_w, floor = (0.0, 1.0) if not running else self._wish(aim_w, mode, reserve, hour)
            if wanted_w:
                wanted_w += trim_w
            battery_w = self._drive(wanted_w, floor, seconds)
            if running and not may_export:
                solar_w = min(solar_w, max(0.0, load_w - battery_w))
            self.flows = Flows(load_w - solar_w - battery_w, battery_w, load_w, solar_w)
        self._count(seconds)

    def _wish(self, net_w: float, mode: str, reserve: float, hour: int) -> tuple[float, float]:
        """Return the wanted battery power [W] and the level not to go below (0–1)."""
        if mode == "backup":
            grid_w = GRID_CHARGE_BACKUP_W * len(self.active) if self.grid_charging else 0.0
            return min(net_w, 0.0, -grid_w), 1.0
        self.refilling = self.level < reserve - (0.0 if self.refilling else RESERVE_HYSTERESIS)
        if self.refilling:
            grid_w = GRID_CHARGE_RESERVE_W * len(self.active) if self.grid_charging else 0.0
            return min(net_w, 0.0, -grid_w), 1.0
        if mode == "autonomous" and hour not in PEAK_HOURS:
            return min(net_w, 0.0), reserve
        return net_w, reserve

    def _island(self, load_w: float, solar_w: float, seconds: float, *, running: bool) -> None:
        able_w = self.generator.able_w(self.level, needed=running) if self.generator is not None else 0.0
        rooms = [pack.room_w(0.0, seconds) for pack in self.active]
        charge_w, discharge_w = -sum(low for low, _ in rooms), sum(high for _, high in rooms)
        empty = self.energy_wh <= DARK_LEVEL * self.full_wh and load_w > solar_w and not able_w
        self.dark = self.dark and not able_w
        if not running or empty or self.dark:
            self.dark = self.dark or empty
            self._drive(0.0, 0.0, seconds)
            self.flows = Flows()
            return
        sun_w = min(solar_w, load_w + charge_w)  # the inverters are held back
        generator_w = min(able_w, max(0.0, load_w - sun_w))
        served_w = min(load_w, sun_w + generator_w + discharge_w)  # the rest is shed
        battery_w = self._drive(served_w - sun_w - generator_w, 0.0, seconds)
        self.flows = Flows(0.0, battery_w, sun_w + generator_w + battery_w, sun_w, generator_w)

    def _drive(self, wanted_w: float, floor: float, seconds: float) -> float:
        """Share the wish among the packs by what each can do; return the sum achieved [W]."""
        rooms = [pack.room_w(floor * pack.spec.full_wh, seconds) for pack in self.active]
        side = 1 if wanted_w > 0 else 0
        able_w = sum(room[side] for room in rooms)
        if able_w == 0:
            for pack in self.active:
                pack.step(0.0, 0.0, seconds)
            return 0.0
        share = min(1.0, wanted_w / able_w)
        return sum(
            pack.step(room[side] * share, floor * pack.spec.full_wh, seconds)
            for pack, room in zip(self.active, rooms, strict=True)
        )

    def _count(self, seconds: float) -> None:
        hours, flows, counters, sight = seconds / 3600, self.flows, self.counters, self.sight
        site_w, solar_w, generator_w = flows.site_w, flows.solar_w, flows.generator_w
        if sight is not CLEAR:
            site_w, solar_w, generator_w = self.seen_w
        if site_w > 0:
            counters.site_imported += site_w * hours
        else:
            counters.site_exported -= site_w * hours
        if solar_w > 0:
            counters.solar_exported += solar_w * hours
        else:
            counters.solar_imported -= solar_w * hours
        if generator_w > 0:
            counters.generator_exported += generator_w * hours
        else:
            counters.generator_imported -= generator_w * hours

    @property
    def seen_w(self) -> tuple[float, float, float]:
        """What the meters show of site, solar and generator [W]."""
        flows, sight = self.flows, self.sight
        solar_w, generator_w = flows.solar_w * sight.own_solar, flows.generator_w * sight.own_generator
        if self.is_islanded:  # nothing flows over an open switch
            return 0.0, solar_w, generator_w
        site_w = sight.site_w(flows.load_w, flows.solar_w, flows.battery_w, flows.generator_w)
        return site_w, solar_w, generator_w
