"""What the gateway finds out about its Powerwalls when asked to, and its own setting up."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from forebay.emulator.device import Device
from forebay.emulator.wiring import PHASES
from forebay.wire.firmware import Timeline
from forebay.wire.packs import AutoconfigState, PhaseUse, PhaseUses

SCAN_S = 10.0
UPDATE_S = 120.0
DETECTION_S = 60.0
AUTOCONFIG_S = 5.0

SCANNING: Final = "Enumeration in progress"
UPDATING: Final = "Block Update in progress"
"""What keeps the system from being stopped, in the words of S07."""

_NOT_DETECTED = Timeline(("1.15", "phase detection not run"), ("20.49", "no phase information"))


class PacksState:
    """Examinations of the Powerwalls; how long each takes is unverified."""

    def __init__(self, device: Device) -> None:
        self._device = device
        self.scanning = False
        self.updating = False
        self.detecting = False
        self._detected = False
        first, second, third = (self._first_use(phase) for phase in range(3))
        self.uses = PhaseUses(phase1=first, phase2=second, phase3=third)
        self.autoconfig = AutoconfigState.NOT_APPLICABLE
        self._autoconfig_run = 0

    def _first_use(self, phase: int) -> PhaseUse:
        """Return how a phase is used at first: for backup where a Powerwall is on it."""
        home = self._device.home
        if phase >= PHASES[home.phase_kind].count:
            return PhaseUse.NOT_CONFIGURED
        return PhaseUse.BACKED_UP if phase < len(home.packs) else PhaseUse.NOT_BACKED_UP

    @property
    def has_phases(self) -> bool:
        """Whether the home has phases to tell apart; a split-phase one has none (E08)."""
        return self._device.home.phase_kind != "split"

    @property
    def detection_error(self) -> str:
        """Why the phases are not known; "" when they are."""
        return "" if self._detected else _NOT_DETECTED.at(self._device.version)

    def scan(self) -> None:
        """Look for Powerwalls on the bus."""
        if not self.scanning:
            self.scanning = True
            self._occupy(SCANNING, SCAN_S, self._scanned)

    def _scanned(self) -> None:
        self.scanning = False

    def update(self) -> None:
        """Bring the Powerwalls to the gateway's firmware."""
        if not self.updating:
            self.updating = True
            self._occupy(UPDATING, UPDATE_S, self._updated)

    def _updated(self) -> None:
        self.updating = False

    def detect(self) -> None:
        """Find out which Powerwall is on which phase."""
        if not self.detecting:
            self.detecting = True
            self._occupy("", DETECTION_S, self._found)

    def _found(self) -> None:
        # what is on which phase shows against the grid alone
        self.detecting, self._detected = False, self.has_phases and not self._device.islanded

    def _occupy(self, words: str, seconds: float, end: Callable[[], None]) -> None:
        device = self._device
        if words:
            device.sitemaster.occupation = words

        def over() -> None:
            end()
            device.sitemaster.occupation = SCANNING if self.scanning else UPDATING if self.updating else ""
            device.touch()

        device.later(seconds, over)
        device.touch()

    def use_phases(self, uses: PhaseUses) -> None:
        """Set how each phase is used."""
        self.uses = uses
        self._device.touch()

    def configure(self) -> None:
        """Let the gateway set itself up; it needs the way to its maker."""
        self._autoconfig_run += 1
        run = self._autoconfig_run
        self.autoconfig = AutoconfigState.STARTING

        def over() -> None:
            if run == self._autoconfig_run:
                connected = self._device.connected
                self.autoconfig = AutoconfigState.COMPLETE if connected else AutoconfigState.NO_INTERNET
                self._device.touch()

        self._device.later(AUTOCONFIG_S, over)
        self._device.touch()

    def cancel_configuring(self) -> None:
        """Stop setting up."""
        self._autoconfig_run += 1
        self.autoconfig = AutoconfigState.CANCELLED
        self._device.touch()
