"""The state of the virtual gateway and how it moves with time; knows no HTTP.

State is brought up to date only when somebody asks. Physics lives on a grid of
half seconds, so that who asks and how often changes nothing; only a silence of
more than an hour is crossed in whole minutes, with energy conserved exactly.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any, TypeVar

from msgspec.structs import replace

from forebay.clock import ScaledClock
from forebay.emulator.agenda import Agenda
from forebay.emulator.equipment import power_of
from forebay.emulator.grid_tie import GridTie
from forebay.emulator.home import Home
from forebay.emulator.layouts import first_sight, kind_of
from forebay.emulator.levers import Levers, Setting, snapped
from forebay.emulator.power import NO_TRIMS, Counters
from forebay.emulator.site_master import SiteMaster
from forebay.emulator.world import World
from forebay.wire import firmware
from forebay.wire.percent import AppPercent
from forebay.wire.site import OperationMode
from forebay.wire.system import GridState

TICK_S = 0.5
INSTANT_S = 1e-6
"""A span in which a change shows and nothing is lived through [s]."""
CONTROL_ERROR_W = 9.0
"""How far the battery misses the house's need at most [W]; samples show such rests at the grid."""
FINE_TICKS = 7_200
COARSE_TICKS = 120
_FEW = 2  # spans of up to a day, or hundreds of half seconds
TOGGLE_OPEN_S = 300.0
A = TypeVar("A")

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Device:
    """Everything that the API can report."""

    def __init__(self, home: Home, clock: ScaledClock, world: World, *, seed: int = 1) -> None:
        self.home = home
        self.clock = clock
        self.world = world
        self.rng_seed = seed
        self._take(firmware.release(home.gateway.firmware))
        rng = Random(f"device:{seed}")  # noqa: S311 - an invented identity
        self.serial = home.gateway.serial or f"TG{rng.randrange(10**7):07d}56789"
        self.password = home.gateway.password or self.serial[-5:]
        self.installer_password = home.gateway.installer_password or self.serial[-5:]
        self.pack_serials = [
            pack.serial or f"TG{rng.randrange(10**9):09d}{number:03d}" for number, pack in enumerate(home.packs, 1)
        ]
        self.meter_serial = f"OBB{rng.randrange(10**10):010d}"
        self.sync_serial = f"TSY{rng.randrange(10**11):011d}"
        self.sensor_id = f"0x{rng.randrange(2**64):016X}"
        self.site_uid = "".join(rng.choice("0123456789abcdef") for _ in range(32))
        self.power = power_of(home, rng)
        self.levers = Levers(home.operation, grid_charging=home.grid.charging)
        counters = self.power.counters
        counters.solar_exported = rng.uniform(4e6, 9e6)
        counters.solar_imported = rng.uniform(5e3, 2e4)
        counters.site_imported = rng.uniform(2e6, 5e6)
        counters.site_exported = rng.uniform(1e6, 3e6)
        if not home.solar:  # no sun was ever counted, nor sold
            counters.solar_exported = counters.solar_imported = counters.site_exported = 0.0
        self.connected = True
        self.site_name = home.site.name
        self.may_export = True
        reserve = AppPercent(home.operation.reserve_app_pct).wire
        self.setting = Setting(OperationMode(home.operation.mode), reserve, home.operation.max_pv_export_kw)
        self.staged: Setting | None = None
        self.commission_count = 11
        self.revision = 0
        self._areas: dict[Callable[[Device], Any], Any] = {}
        start = clock.now()
        self._tick = tick_of(start)
        self.started_s = self._tick * TICK_S
        self.booted_at = (start - timedelta(hours=223, minutes=5, seconds=start.second)).replace(microsecond=0)
        self.sitemaster = SiteMaster(
            home.sitemaster,
            self.booted_at + timedelta(seconds=31),
            later=self.later,
            now=lambda: self.now,
            changed=self.settle,
        )
        self.toggled_at: datetime | None = None
        self.last_toggle_at = self.booted_at + timedelta(seconds=228)
        self.agenda = Agenda()
        self._travellers = 0
        self.tie = GridTie(
            home.grid,
            self.power,
            Random(f"tie:{seed}"),  # noqa: S311 - an invented frequency
            later=self.later,
            now=lambda: self.now,
            local=lambda: self.world.local(self.now_s),
        )
        for outage in home.grid.outages:
            begin = outage.start.replace(tzinfo=home.zone).astimezone(UTC)
            end = begin + timedelta(minutes=outage.minutes)
            if end > start:
                self.agenda.plan(tick_of(begin), lambda: self.tie.set_utility(False))
                self.agenda.plan(tick_of(end), lambda: self.tie.set_utility(True))
        self.power.sight = first_sight(self)
        self.agenda.act(self._tick)
        self._solve(INSTANT_S)  # readings exist from the first moment

    @property
    def now_s(self) -> float:
        """The instant of the present readings, seconds since 1970 UTC."""
        return self._tick * TICK_S

    @property
    def now(self) -> datetime:
        """The instant of the present readings, UTC."""
        return _EPOCH + timedelta(seconds=self.now_s)

    @property
    def counters(self) -> Counters:
        """Lifetime energy at site and solar [Wh]."""
        return self.power.counters

    @property
    def running(self) -> bool:
        """Whether the power system runs."""
        return self.sitemaster.running

    @property
    def islanded(self) -> bool:
        """Whether the house is cut off from the utility."""
        return self.tie.islanded

    @property
    def grid_up(self) -> bool:
        """Whether there is a utility that is up."""
        return self.tie.is_grid_there

    @property
    def grid_state(self) -> GridState:
        """What the house does with the utility, in all the words that later releases know."""
        return self.tie.state

    @property
    def frequency_hz(self) -> float:
        """The frequency that the house has [Hz]; 0 in the dark."""
        if not self.islanded:
            return self.world.frequency_hz(self.now_s)
        if self.power.dark:
            return 0.0
        return self.home.grid.frequency_hz + self.tie.frequency_shift_hz + 0.004 * self.world.wobble(self.now_s, 6)

    @property
    def switch_toggled(self) -> bool:
        """Whether somebody toggled the switch on a Powerwall in the last five minutes."""
        return self.toggled_at is not None and (self.clock.now() - self.toggled_at).total_seconds() < TOGGLE_OPEN_S

    @property
    def can_reboot(self) -> str:
        """Say "Yes", or why stopping needs force; "" when stopped (S07)."""
        return self.sitemaster.obstacle(islanded=self.islanded, battery_w=self.power.flows.battery_w)

    def catch_up(self) -> None:
        """Bring the state to the clock's now; cheap when nothing passed.

        What happens at an instant sees the home as it is then: it does not run ahead.
        """
        if self.agenda.is_acting or self._travellers:
            return
        target = tick_of(self.clock.now())
        if target < self._tick:  # the clock was set back: counters stay, time goes on from there
            self._tick = target
            self.revision += 1
        while self._tick < target:
            self._live(target)
        if self.agenda.act(self._tick):  # due before the home began
            self.settle()

    def travel(self) -> Iterator[None]:
        """Bring the state to the clock's now bit by bit.

        Yields every few milliseconds: whoever asks in between sees the state reached so far.
        """
        self._travellers += 1
        try:
            while self._tick < (target := tick_of(self.clock.now())):
                for _ in range(_FEW if target - self._tick > FINE_TICKS else 100 * _FEW):
                    if self._tick < target:
                        self._live(target)
                yield
        finally:
            self._travellers -= 1
        self.catch_up()

    def _live(self, target: int) -> None:
        """Live on towards a tick, at most to the next event: by half seconds, or by whole minutes if it is far."""
        due = self.agenda.next_tick
        until = due if due is not None and self._tick < due < target else target
        at_s, far = self._tick * TICK_S, target - self._tick - FINE_TICKS
        if far <= 0 and not self.islanded:
            loads_w, suns_w, misses = self.world.halves(at_s, until - self._tick)
            self._flow(loads_w, suns_w, TICK_S, [CONTROL_ERROR_W * miss for miss in misses])
            self._tick += len(misses)
        elif self._tick % COARSE_TICKS == 0 and min(until - self._tick, far) >= COARSE_TICKS:
            self._live_minutes(min(until - self._tick, far) // COARSE_TICKS)
        else:
            ticks = min(until - self._tick, COARSE_TICKS - self._tick % COARSE_TICKS if far > 0 else 1)
            self._solve(ticks * TICK_S)
            self._tick += ticks
        self.revision += 1
        self.tie.watch()
        if self.agenda.act(self._tick):
            self._solve(INSTANT_S)
            self.tie.watch()

    def _live_minutes(self, most: int) -> None:
        """Live through whole minutes, as many as one order stands, at most `most`."""
        at_s = self._tick * TICK_S
        if not self.islanded:
            stands_s = self.levers.stands_s(self.setting, self.world.local(at_s))
            most = min(most, max(1, int(stands_s // 60)))
        loads_w, suns_w, count = self.world.minutes(at_s, most)
        self._flow(loads_w, suns_w, 60.0)
        self._tick += count * COARSE_TICKS

    def later(self, seconds: float, action: Callable[[], None]) -> None:
        """Do something when `seconds` [s] of the home's time have passed, whoever asks."""
        self.agenda.plan(self._tick + max(1, round(seconds / TICK_S)), action)

    def _solve(self, seconds: float) -> None:
        """Find the flows of the present instant and live with them for `seconds` [s]."""
        at_s = self._tick * TICK_S
        trim_w = CONTROL_ERROR_W * self.world.wobble(at_s, 5) if seconds <= TICK_S else 0.0
        self._flow((self.world.load_w(at_s, seconds),), (self.world.solar_w(at_s, seconds),), seconds, (trim_w,))

    def _flow(
        self, loads_w: Iterable[float], suns_w: Iterable[float], seconds: float, trims_w: Iterable[float] = NO_TRIMS
    ) -> None:
        if self.islanded:
            self.power.live_alone(loads_w, suns_w, seconds, running=self.sitemaster.is_measuring)
            return
        order = None
        if self.sitemaster.is_measuring and not self.sitemaster.commissioning:
            local = self.world.local(self._tick * TICK_S) if self.setting.mode is OperationMode.TIME_OF_USE else _EPOCH
            packs = len(self.power.active)
            order = self.levers.order(self.setting, local, packs, may_export=self.may_export)
        self.power.live(loads_w, suns_w, seconds, order, trims_w)

    def stop(self, force: bool) -> None:
        """Stop the power system. Raises Refused when it is busy and `force` is false, or when it is stuck."""
        self.sitemaster.stop(self.can_reboot, force=force)

    def run(self) -> None:
        """Start the power system; a committed setting is in force.

        Raises Refused while an update is being installed.
        """
        self.sitemaster.run()

    def leave_grid(self) -> None:
        """Make an island on purpose (G03)."""
        if self.tie.leave():
            self.settle()

    def rejoin_grid(self) -> None:
        """End an island made on purpose."""
        if self.tie.rejoin():
            self.settle()

    def become(self, name: str) -> None:
        """Restart as another release; what the house does and knows stays."""
        self.home = replace(self.home, gateway=replace(self.home.gateway, firmware=name))
        measured_by = kind_of(self)
        self._take(firmware.release(name))
        if kind_of(self) != measured_by:  # the gateway's own clamps take over
            self.power.sight = first_sight(self)
        self.booted_at = self.now.replace(microsecond=0)
        self.touch()

    def _take(self, release: firmware.Release) -> None:
        self.release, self.profile = release, release.profile
        self.version = release.profile.version  # not the release's own: docs/decisions/0061

    def stage(self, setting: Setting) -> None:
        """Take a mode and a reserve that wait for `commit`."""
        self.staged = setting
        self.revision += 1

    def commit(self) -> None:
        """Put what is staged into force at once, and count the commissioning (S10)."""
        if self.staged is not None:
            chosen = self.home.operation.snaps_reserve
            snaps = firmware.SNAPS_RESERVE.at(self.version) if chosen is None else chosen
            self.setting, self.staged = snapped(self.staged) if snaps else self.staged, None
        self.commission_count += 1
        self.sitemaster.be_busy(self.home.sitemaster.commit_busy_s if firmware.COMMIT_IS_BUSY.at(self.version) else 0)
        self.sitemaster.set_commissioning(False)
        self.settle()

    def area(self, kind: Callable[[Device], A]) -> A:
        """Return the state of one area of the gateway, made by `kind` when it is first asked for."""
        if kind not in self._areas:
            self._areas[kind] = kind(self)
        state: A = self._areas[kind]
        return state

    def touch(self) -> None:
        """Note that a body may differ from now on."""
        self.revision += 1

    def set_grid(self, up: bool) -> None:
        """Fail the utility or bring it back."""
        self.catch_up()
        self.tie.set_utility(up)
        self.settle()

    def set_site_without_grid(self, without: bool) -> None:
        """Take the utility for something that this site has not (E109)."""
        self.tie.set_site_without_grid(without)
        self.settle()

    def set_clouds(self, cover: float | None) -> None:
        """Cover the sky, 0–1; None gives it back to the weather."""
        self.catch_up()
        self.world.overrides.cloud_cover = cover
        self.settle()

    def set_load_w(self, watts: float | None) -> None:
        """Fix the use of the house [W]; None gives it back to its people."""
        self.catch_up()
        self.world.overrides.load_w = watts
        self.settle()

    def set_solar_w(self, watts: float | None) -> None:
        """Fix what the roof could give [W]; None gives it back to the sun."""
        self.catch_up()
        self.world.overrides.solar_w = watts
        self.settle()

    def set_charge_pct(self, wire_pct: float) -> None:
        """Set the charge of every pack [% on the gateway's scale]."""
        self.catch_up()
        for pack in self.power.packs:
            pack.energy_wh = pack.spec.full_wh * min(100.0, max(0.0, wire_pct)) / 100
        self.power.dark = False
        self.settle()

    def set_pack_enabled(self, index: int, enabled: bool, reason: str = "DisabledExcessiveVoltageDrop") -> None:
        """Let the Powerwall of this place work, counted from 0, or take it out; `reason` tells why.

        Raises IndexError when there is none.
        """
        self.catch_up()
        self.power.enable(index, enabled, reason)
        self.settle()

    def set_connected(self, connected: bool) -> None:
        """Cut or restore the way to the maker's servers."""
        self.connected = connected
        self.settle()

    def set_site_name(self, name: str) -> None:
        """Rename the site, as the vendor's app does (S085)."""
        self.site_name = name
        self.settle()

    def set_may_export(self, allowed: bool) -> None:
        """Let sun flow into the grid, or hold it back while the system runs."""
        self.may_export = allowed
        self.settle()

    def set_timezone(self, name: str) -> None:
        """Tell local times in another zone; the house and its people keep their days."""
        self.home = replace(self.home, site=replace(self.home.site, timezone=name))
        self.settle()

    def toggle_switch(self) -> None:
        """Toggle the switch on a Powerwall: an installer may log in for five minutes."""
        self.toggled_at = self.last_toggle_at = self.clock.now()
        self.settle()

    def settle(self) -> None:
        """Let a change of what steers the house show in the readings of this very moment."""
        self._solve(INSTANT_S)
        self.tie.watch()
        self.revision += 1


def tick_of(when: datetime) -> int:
    """Return the tick in which an instant lies."""
    return int((when - _EPOCH) / timedelta(seconds=TICK_S))
