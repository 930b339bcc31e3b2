"""How the house hangs on the utility: leaving it, living alone, going dark, coming back.

Source: behaviour.md G01–G03 for the states; how long each lasts, at which charge
an island ends and how it tries to begin again are settings, unverified.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from forebay.emulator.home import Grid
from forebay.emulator.levers import read_hours
from forebay.emulator.power import DARK_LEVEL, PowerSystem
from forebay.wire.system import GridState

OVER_FREQUENCY = "PINV_a007_vfCheckOverFrequency"
UNDER_FREQUENCY = "PINV_a006_vfCheckUnderFrequency"
RECOVERED = 0.005
"""How far above its floor the charge must be until a restarted island counts as any other (0–1)."""
TRY_COSTS = 0.01
"""How much of the charge one attempt to start again may use (0–1)."""
ALERTS_KEPT = 64
SAME_TIME = timedelta(minutes=10)
"""How long sun must not have been held back until that is told anew."""

_ALONE = (GridState.ISLANDED, GridState.ISLAND_READY)
_DARK = (GridState.FAULTED, GridState.WAITS_FOR_USER)


@dataclass(frozen=True, slots=True)
class GridAlert:
    """What an inverter told of the grid: when, which alert, at which frequency [Hz], and which Powerwall."""

    at: datetime
    name: str
    frequency_hz: float
    pack: int = 0


class GridTie:
    """The switch between house and utility, and what it waits for.

    later: does something when so many seconds have passed; now: the instant of the home.
    """

    def __init__(
        self,
        table: Grid,
        power: PowerSystem,
        rng: Random,
        *,
        later: Callable[[float, Callable[[], None]], None],
        now: Callable[[], datetime],
        local: Callable[[], datetime],
    ) -> None:
        self._table, self._power, self._rng = table, power, rng
        self._later, self._now, self._local = later, now, local
        self._hours = read_hours((table.black_start_span,))
        self.state = GridState.CONNECTED if table.present else GridState.ISLANDED
        self.utility_up = True
        self.is_site_without_grid = not table.present
        self.off_grid_wanted = False
        self.outages_at: list[datetime] = []
        self.alerts: list[GridAlert] = []
        self.tries = 0
        self._run = 0
        self._curtailed_at: datetime | None = None
        self._floor = table.island_floor_pct / 100
        power.alone_floor = self._floor

    def use(self, table: Grid) -> None:
        """Take the values of another grid from now on."""
        self._table = table

    @property
    def is_grid_there(self) -> bool:
        """Whether there is a utility that the house may hang on."""
        return self.utility_up and not self.is_site_without_grid

    @property
    def islanded(self) -> bool:
        """Whether the house is cut off from the utility."""
        return self.state is not GridState.CONNECTED

    @property
    def frequency_shift_hz(self) -> float:
        """How far above its nominal frequency an island runs, to hold its inverters back [Hz]."""
        if not self.islanded or self._power.sun_share >= 1:
            return 0.0
        low, high = self._table.curtail_from_hz, self._table.curtail_to_hz
        return low + (1 - self._power.sun_share) * (high - low)

    # -- what happens to it ------------------------------------------------------

    def set_utility(self, up: bool) -> None:
        """Fail the utility or bring it back."""
        if up == self.utility_up:
            return
        there = self.is_grid_there
        self.utility_up = up
        if not up and there and not self.off_grid_wanted:
            self.outages_at = [*self.outages_at[-9:], self._now()]
            nominal_hz = self._table.frequency_hz
            for pack in range(len(self._power.active)):
                self._tell(UNDER_FREQUENCY, nominal_hz * self._rng.uniform(0.945, 0.96), pack)
        self._follow(there)

    def set_site_without_grid(self, without: bool) -> None:
        """Take the utility for something that this site has not (E109)."""
        there = self.is_grid_there
        self.is_site_without_grid = without
        self._follow(there)

    def leave(self) -> bool:
        """Make an island on purpose: no outage, and no alert tells of it (G03); whether that is new."""
        if self.off_grid_wanted:
            return False
        self.off_grid_wanted = True
        if self.state in (GridState.CONNECTED, GridState.TO_GRID):
            self._go(GridState.TO_ISLAND)
            ready_s = self._table.leave_s * 2 / 3
            self._then(ready_s, lambda: self._ready(self._table.leave_s - ready_s))
        return True

    def rejoin(self) -> bool:
        """End an island made on purpose; during an outage the house joins when the grid is back."""
        if not self.off_grid_wanted:
            return False
        self.off_grid_wanted = False
        if self.is_grid_there:
            self._join(self._table.rejoin_s)
        return True

    def watch(self) -> None:
        """Take note of what the power system did: an island that went dark, or that holds its sun back."""
        power = self._power
        if not self.islanded:
            self._curtailed_at = None
            return
        if power.dark and self.state in _ALONE:
            self._went_dark()
        elif not power.dark and self.state in _DARK:
            self._relit()
        elif power.alone_floor < self._floor and power.level > self._floor + RECOVERED:
            power.alone_floor = self._floor
        if power.sun_share < 1:
            if not self._held_back(self._now()):
                self._tell(OVER_FREQUENCY, self._table.frequency_hz + self.frequency_shift_hz, 0)
            self._curtailed_at = self._now()

    def _held_back(self, now: datetime) -> bool:
        """Whether sun was held back a short while ago: then it is the same time, told once."""
        return self._curtailed_at is not None and now - self._curtailed_at <= SAME_TIME

    # -- how it goes on ----------------------------------------------------------

    def _follow(self, was_there: bool) -> None:
        there = self.is_grid_there
        if there == was_there or self.off_grid_wanted:
            return  # the utility's coming and going does not reach an island made on purpose
        if there:
            self._join(self._table.reconnect_s)
        else:
            self._go(GridState.TO_ISLAND)
            self._then(self._table.island_s, lambda: self._go(GridState.ISLANDED))

    def _join(self, seconds: float) -> None:
        self._go(GridState.TO_GRID)
        self._then(seconds, self._joined)

    def _joined(self) -> None:
        self._power.alone_floor, self.tries = self._floor, 0
        self._go(GridState.CONNECTED)

    def _ready(self, seconds: float) -> None:
        self._go(GridState.ISLAND_READY)
        self._then(seconds, lambda: self._go(GridState.ISLANDED))

    def _relit(self) -> None:
        self.tries = 0
        self._power.alone_floor = self._floor
        self._go(GridState.ISLANDED)

    def _went_dark(self) -> None:
        if self.off_grid_wanted and self.is_grid_there:  # the fail-safe of an island made on purpose
            self.off_grid_wanted = False
            self._join(self._table.rejoin_s)
            return
        if self._power.level <= DARK_LEVEL:
            self._go(GridState.WAITS_FOR_USER)
            return
        self._go(GridState.FAULTED)
        self._then(self._table.black_start_every_s, self._try_again)

    def _try_again(self) -> None:
        """Energise the dark island for a while, to see whether the sun carries it."""
        power, local = self._power, self._local()
        if power.level <= DARK_LEVEL:
            self._go(GridState.WAITS_FOR_USER)
        elif not self._hours.holds(local.hour * 3600 + local.minute * 60):
            self._then(self._table.black_start_every_s, self._try_again)
        else:
            self.tries += 1
            power.alone_floor = max(0.0, min(self._floor, power.level) - TRY_COSTS)
            power.dark = False
            self._go(GridState.ISLAND_READY)
            self._then(self._table.black_start_s, self._tried)

    def _tried(self) -> None:
        if self._power.flows.battery_w > 0:  # the sun did not carry the house
            self._power.dark = True
            self._went_dark()
        else:
            self._go(GridState.ISLANDED)

    def _tell(self, name: str, frequency_hz: float, pack: int) -> None:
        self.alerts = [*self.alerts[1 - ALERTS_KEPT :], GridAlert(self._now(), name, round(frequency_hz, 3), pack)]

    def _go(self, state: GridState) -> None:
        self.state = state
        self._run += 1

    def _then(self, seconds: float, action: Callable[[], None]) -> None:
        run = self._run

        def act() -> None:
            if run == self._run:  # else something else has begun meanwhile
                action()

        self._later(seconds, act)
