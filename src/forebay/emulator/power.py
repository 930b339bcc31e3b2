"""How sun, house, packs and grid balance, minute after minute."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import repeat

from forebay.emulator.generator import Generator
from forebay.emulator.levers import Order
from forebay.emulator.sight import CLEAR, Sight
from forebay.physics.pack import Pack

RESERVE_HYSTERESIS = 0.005
"""Share of a full pack by which it may sink under the reserve before it is refilled."""
DARK_LEVEL = 0.002
"""Charge (0–1) above its floor at which an island without enough sun goes dark."""


Range = tuple[Pack, float, float]
"""A pack, and the energies between which it takes and gives its full power for a step [Wh]."""


NO_TRIMS = repeat(0.0)
"""A control that hits its aim in every step."""


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

    packs: all of them; active: those that are not disabled, disabled: why the others are.
    sight: how the meters see the flows.
    refilling: whether the packs are below their reserve.
    dark: whether an island is switched off. alone_floor: charge (0–1) that an island keeps.
    sun_share: how much of the sun that there is is let in, 0–1.
    """

    packs: list[Pack]
    generator: Generator | None = None
    sight: Sight = CLEAR
    counters: Counters = field(default_factory=Counters)
    flows: Flows = field(default_factory=Flows)
    refilling: bool = False
    dark: bool = False
    is_islanded: bool = False
    alone_floor: float = 0.0
    sun_share: float = 1.0
    disabled: dict[int, str] = field(default_factory=dict)
    active: list[Pack] = field(init=False)

    def __post_init__(self) -> None:
        self.active = list(self.packs)

    def enable(self, index: int, enabled: bool, reason: str) -> None:
        """Let a pack work, counted from 0, or take it out: it rests and is not counted (M11).

        Raises IndexError when there is none.
        """
        if not 0 <= index < len(self.packs):
            raise IndexError(f"no Powerwall {index}: there are {len(self.packs)}")
        if enabled:
            self.disabled.pop(index, None)
        else:
            self.disabled[index] = reason
            self.packs[index].power_w = 0.0
        self.active = [pack for number, pack in enumerate(self.packs) if number not in self.disabled]

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

    def live(  # noqa: C901 - one loop, for its speed
        self,
        loads_w: Iterable[float],
        suns_w: Iterable[float],
        seconds: float,
        order: Order | None,
        trims_w: Iterable[float] = NO_TRIMS,
    ) -> None:
        """Live at the grid, `seconds` [s] for each pair of what the house wants and the roof could give [W].

        order: what the packs do; None is a system that is stopped.
        trims_w: how far the control misses its aim in each step [W]; the grid makes it good.
        """
        self.dark = self.is_islanded = False
        if self.generator is not None:
            self.generator.able_w(1.0, needed=False)
        hours, packs, sight, counters = seconds / 3600, self.active, self.sight, self.counters
        reserve = order.reserve if order is not None else 0.0
        export_w = order.export_w if order is not None else math.inf
        fixed_w = order.fixed_w if order is not None else None
        reserve_wh = reserve * self.full_wh
        sinks_wh = reserve_wh - RESERVE_HYSTERESIS * self.full_wh
        refilling, serves = self.refilling and reserve > 0, False
        bought_wh, sold_wh = counters.site_imported, counters.site_exported  # step by step, however many come at once
        made_wh, drawn_wh = counters.solar_exported, counters.solar_imported
        load_w = sun_w = there_w = site_w = battery_w = 0.0
        free = [(pack, *pack.free_range_wh(reserve * pack.spec.full_wh, hours)) for pack in packs]
        for load_w, there_w, trim_w in zip(loads_w, suns_w, trims_w, strict=False):  # a constant may be endless
            sun_w, wanted_w = there_w, 0.0
            if order is not None:
                if reserve:
                    energy_wh = 0.0
                    for pack in packs:
                        energy_wh += pack.energy_wh
                    refilling = energy_wh < (reserve_wh if refilling else sinks_wh)
                serves = order.serves and not refilling
                wanted_w = load_w - sun_w if sight is CLEAR else sight.aim_w(load_w, sun_w)
                if not serves:
                    wanted_w = min(wanted_w, -(order.refill_w if refilling else order.charge_w))
                if wanted_w:
                    wanted_w += trim_w
                if fixed_w is not None:
                    wanted_w = fixed_w
            if not serves and wanted_w > 0:
                wanted_w = 0.0
            battery_w = self._drive(wanted_w, reserve, hours, free)
            site_w = load_w - sun_w - battery_w
            if site_w < -export_w:  # the inverters are held back
                sun_w = max(min(0.0, there_w), sun_w + site_w + export_w)
                site_w = load_w - sun_w - battery_w
            seen_w, seen_sun_w = site_w, sun_w
            if sight is not CLEAR:
                seen_w = sight.site.shown_w(load_w, sun_w, battery_w, 0.0, joined=True)
                seen_sun_w = sight.solar.shown_w(load_w, sun_w, battery_w, 0.0, joined=True)
            if seen_w > 0:
                bought_wh += seen_w * hours
            else:
                sold_wh -= seen_w * hours
            if seen_sun_w > 0:
                made_wh += seen_sun_w * hours
            else:
                drawn_wh -= seen_sun_w * hours
        counters.site_imported, counters.site_exported = bought_wh, sold_wh
        counters.solar_exported, counters.solar_imported = made_wh, drawn_wh
        self.refilling = refilling
        self.flows = Flows(site_w, battery_w, load_w, sun_w)
        self.sun_share = sun_w / there_w if there_w > 0 else 1.0

    def live_alone(self, loads_w: Iterable[float], suns_w: Iterable[float], seconds: float, *, running: bool) -> None:
        """Live as an island, `seconds` [s] for each pair of what the house wants and the roof could give [W].

        Sun that neither house nor packs can take is held back, a generator carries
        what sun does not when the charge is low; what nothing serves is shed.
        At the end of its charge the island goes dark.
        """
        self.is_islanded = True
        hours, packs, floor = seconds / 3600, self.active, self.alone_floor
        dark_wh = (floor + DARK_LEVEL) * self.full_wh
        free = [(pack, *pack.free_range_wh(floor * pack.spec.full_wh, hours)) for pack in packs]
        made_w = drawn_w = 0.0  # sums over the steps
        flows, there_w = Flows(), 0.0
        for load_w, there_w in zip(loads_w, suns_w, strict=False):
            able_w = self.generator.able_w(self.level, needed=running) if self.generator is not None else 0.0
            empty = load_w > there_w and not able_w and sum([pack.energy_wh for pack in packs]) <= dark_wh
            self.dark = self.dark and not able_w
            if not running or empty or self.dark:
                self.dark = self.dark or empty
                self._rest(0.0 if self.dark else hours)  # a dark island sleeps, and spends nothing
                flows = Flows()
                continue
            generator_w = min(able_w, max(0.0, load_w - there_w)) if able_w else 0.0
            wanted_w = load_w - there_w - generator_w
            battery_w = self._drive(wanted_w, floor, hours, free)
            # surplus that the packs do not take is held back at the roof; what they do not give is shed
            sun_w = there_w if wanted_w >= 0 or battery_w == wanted_w else load_w - battery_w
            flows = Flows(0.0, battery_w, sun_w + generator_w + battery_w, sun_w, generator_w)
            if self.sight is not CLEAR or generator_w:
                self._count_alone(flows, hours)
            elif sun_w > 0:
                made_w += sun_w
            else:
                drawn_w -= sun_w
        self.counters.solar_exported += made_w * hours
        self.counters.solar_imported += drawn_w * hours
        self.flows = flows
        lit = there_w > 0 and running and not self.dark
        self.sun_share = flows.solar_w / there_w if lit else 1.0

    def _drive(self, wanted_w: float, floor: float, hours: float, free: Iterable[Range] = ()) -> float:
        """Share the wish among the packs by what each can do; return the sum achieved [W].

        free: for each pack, where it does its best both ways; with it the same is found by a shorter way.
        """
        packs, able_w = self.active, 0.0
        if not wanted_w or not packs:
            return self._rest(hours)
        for pack, low_wh, high_wh in free:
            if not low_wh < pack.energy_wh < high_wh:
                able_w = 0.0
                break
            able_w += pack.spec.power_w
        rooms = None
        if not able_w:
            rooms = [
                pack.gives_w(floor * pack.spec.full_wh, hours) if wanted_w > 0 else pack.takes_w(hours)
                for pack in packs
            ]
            able_w = sum(rooms)
            if not able_w:
                return self._rest(hours)
        given_w = -able_w if wanted_w < -able_w else able_w if wanted_w > able_w else wanted_w
        share = given_w / able_w
        for number, pack in enumerate(packs):
            room_w = pack.spec.power_w if rooms is None else rooms[number]
            if share > 0:
                pack.discharge(room_w * share, hours)
            else:
                pack.charge(room_w * -share, hours)
        return given_w

    def _rest(self, hours: float) -> float:
        for pack in self.active:
            pack.rest(hours)
        return 0.0

    def _count_alone(self, flows: Flows, hours: float) -> None:
        self.flows, counters = flows, self.counters
        site_w, made_w, generated_w = self.seen_w
        counters.site_imported += max(0.0, site_w) * hours
        counters.site_exported += max(0.0, -site_w) * hours
        counters.solar_exported += max(0.0, made_w) * hours
        counters.solar_imported += max(0.0, -made_w) * hours
        counters.generator_exported += max(0.0, generated_w) * hours
        counters.generator_imported += max(0.0, -generated_w) * hours

    @property
    def seen_w(self) -> tuple[float, float, float]:
        """What the meters show of site, solar and generator [W]."""
        flows, sight, joined = self.flows, self.sight, not self.is_islanded
        given = (flows.load_w, flows.solar_w, flows.battery_w, flows.generator_w)
        return (
            sight.site.shown_w(*given, joined=joined),
            sight.solar.shown_w(*given, joined=joined),
            sight.generator.shown_w(*given, joined=joined),
        )
