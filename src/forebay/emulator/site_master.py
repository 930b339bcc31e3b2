"""What runs the power system: stopping, starting, starting for commissioning, and what forbids it.

Source: behaviour.md S01–S13, E05, E13; how long it takes and what commissioning
holds back is unverified.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from forebay.emulator.home import SiteMasterTable
from forebay.emulator.refusal import Refused

BUSY_W = 3_000.0
"""Battery power above which stopping needs force [W]; unverified."""


class SiteMaster:
    """Whether the power system runs.

    running: it charges, discharges and measures. since: the instant from which on it does.
    commissioning: it runs and measures, but the packs rest until it is run or the settings are committed.
    powerwalls_on: their switch; off, nothing is measured (S03).
    staging: an update is being prepared. installing: it is being installed. stuck: it will not stop, forced or not.
    occupation: what an area of the gateway is busy with, in the words of S07; "" for nothing.
    """

    def __init__(
        self,
        table: SiteMasterTable,
        since: datetime,
        *,
        later: Callable[[float, Callable[[], None]], None],
        now: Callable[[], datetime],
        changed: Callable[[], None],
    ) -> None:
        self._table, self._later, self._now, self._changed = table, later, now, changed
        self.running = True
        self.since = since
        self.commissioning = False
        self.powerwalls_on = True
        self.staging = False
        self.installing = False
        self.occupation = ""
        self.stuck = table.stuck
        self._busy_until: datetime | None = None
        self._wish = 0

    @property
    def is_measuring(self) -> bool:
        """Whether there is anything that measures: else the rows of the meters are 502."""
        return self.running and self.powerwalls_on

    @property
    def is_busy(self) -> bool:
        """Whether the configuration is busy: else nothing can be changed now (E13)."""
        return self._busy_until is not None and self._now() < self._busy_until

    def obstacle(self, *, islanded: bool, battery_w: float) -> str:
        """Say "Yes", or why stopping needs force; "" when stopped (S07)."""
        if not self.running:
            return ""
        if self.staging:
            return "Site Package Update in progress"
        if self.occupation:
            return self.occupation
        if islanded:
            return "Backup Mode"
        return "Power flow is too high" if abs(battery_w) > BUSY_W else "Yes"

    def be_busy(self, seconds: float) -> None:
        """Let the configuration be busy for so long [s]."""
        self._busy_until = self._now() + timedelta(seconds=seconds) if seconds > 0 else None

    def stop(self, obstacle: str, *, force: bool) -> None:
        """Stop it, which takes `stop_s`.

        obstacle: why it needs force; "Yes" for nothing. Raises Refused("cannot_stop").
        """
        self._wish += 1  # what was about to start does not
        if not self.running:
            return
        if self.stuck or (obstacle != "Yes" and not force):
            raise Refused("cannot_stop")
        self._in(self._table.stop_s, self._stopped)

    def run(self, *, commissioning: bool = False) -> None:
        """Start it, which takes `start_s`.

        Raises Refused("busy") while an update is being installed.
        """
        if self.installing:
            raise Refused("busy")
        if self.running:
            self._wish += 1  # what was about to stop does not
            self.set_commissioning(commissioning)
        else:
            self._in(self._table.start_s, lambda: self._started(commissioning))

    def set_commissioning(self, commissioning: bool) -> None:
        """Let the packs rest for commissioning, or work."""
        if commissioning is not self.commissioning:
            self.commissioning = commissioning
            self._changed()

    def _stopped(self) -> None:
        self.running = self.commissioning = False
        self._changed()

    def _started(self, commissioning: bool) -> None:
        self.running, self.since, self.commissioning = True, self._now(), commissioning
        self._changed()

    def _in(self, seconds: float, action: Callable[[], None]) -> None:
        self._wish += 1
        wish = self._wish
        if not seconds:
            action()
            return

        def act() -> None:
            if wish == self._wish:  # else somebody wished for something else meanwhile
                action()

        self._later(seconds, act)
