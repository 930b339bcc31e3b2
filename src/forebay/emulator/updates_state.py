"""The firmware update: looking, downloading, staging, installing, by the home's own time.

Source: behaviour.md U01–U06; the order of the states is inferred from their names
there, and how long each takes is unverified but for the fifteen minutes (seed L126).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from random import Random

from forebay.emulator.device import Device
from forebay.emulator.networks_state import NetworksState
from forebay.emulator.refusal import Refused
from forebay.emulator.sessions import Sessions
from forebay.wire.firmware import Timeline, release
from forebay.wire.system import UpdateState

BYTES_PER_SECOND = 1_250_000.0

NOTHING_TO_DO = "nonactionable"
ERROR = "error"
BUSY = "ignoring"

_RESTING = Timeline(("1.15", UpdateState.FAILED), ("20.49", UpdateState.SUCCEEDED))
_QUIET_HOURS = (1, 5)
"""Local hours between which a gateway updates itself when nobody says when."""


class UpdatesState:
    """The state machine behind the status of the update; its times are [updates] of the home."""

    def __init__(self, device: Device) -> None:
        self._device = device
        self._table = device.home.updates
        self._rng = Random(f"updates:{device.rng_seed}")  # noqa: S311 - an invented hour
        self.state = _RESTING.at(device.version)
        self.reasons: tuple[str, ...] = (NOTHING_TO_DO,)
        self.available: str | None = None
        self.changed_at: datetime | None = None
        self._installs = False
        self._run = 0
        if self._table.available is not None:
            self.offer(self._table.available)
            self._plan_own_upgrade()

    @property
    def newer(self) -> str | None:
        """The version that could be installed; None when the present one is the newest."""
        if self.available is None or not release(self.available).is_newer_than(self._device.release):
            return None
        return self.available

    def offer(self, version: str) -> None:
        """Let the maker offer a version. Raises ConfigError for a text that is none."""
        release(version)
        self.available = version
        self._device.touch()

    def _plan_own_upgrade(self) -> None:
        wanted, device = self._table.upgrade_at, self._device
        if wanted is not None:
            wait_s = (wanted.replace(tzinfo=device.home.zone) - device.now).total_seconds()
            if wait_s >= 0:
                self.upgrade_itself(wait_s)
        elif self._table.upgrades_itself:
            self.upgrade_itself(None)

    def upgrade_itself(self, after_s: float | None) -> None:
        """Let the gateway fetch and install what is offered, after `after_s` [s] or in a quiet hour (S075)."""
        if after_s is None:
            device = self._device
            local = device.now.astimezone(device.home.zone)
            first, last = _QUIET_HOURS
            hour = self._rng.uniform(first, last)
            night = local.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(hours=hour)
            if night <= local:
                night += timedelta(days=1)
            after_s = (night - local).total_seconds()
        self._device.later(after_s, self.install)

    def check(self) -> None:
        """Look for a newer version, and download it."""
        if self._is_under_way:
            self.reasons = (BUSY,)
            self._device.touch()
            return
        self._go(UpdateState.CHECKING)
        self._then(self._table.check_s, self._checked)

    def install(self) -> None:
        """Install what was downloaded; what was not yet, is fetched first."""
        if self.state is UpdateState.DOWNLOADED and self.newer is not None:
            self._stage()
            return
        if not self._is_under_way:
            self.check()
        self._installs = True

    @property
    def _is_under_way(self) -> bool:
        return self.state in (UpdateState.CHECKING, UpdateState.DOWNLOADING, UpdateState.STAGED)

    def _go(self, state: UpdateState, *reasons: str) -> None:
        self.state, self.reasons = state, reasons
        self._device.sitemaster.staging = state is UpdateState.STAGED
        self.changed_at = self._device.now
        self._run += 1
        if state in (UpdateState.FAILED, UpdateState.SUCCEEDED):
            self._installs = False
        self._device.touch()

    def _then(self, seconds: float, action: Callable[[], None]) -> None:
        run = self._run

        def act() -> None:
            if run == self._run:  # else something else has begun meanwhile
                action()

        self._device.later(seconds, act)

    def _checked(self) -> None:
        device = self._device
        if not device.area(NetworksState).reaches_maker:
            self._go(UpdateState.FAILED, ERROR)
        elif device.islanded:
            self._go(UpdateState.FAILED, BUSY)
        elif self.newer is None:
            self._go(UpdateState.FAILED, NOTHING_TO_DO)
        else:
            self._go(UpdateState.DOWNLOADING)
            self._then(self._table.download_s, self._downloaded)

    def _downloaded(self) -> None:
        if not self._device.area(NetworksState).reaches_maker:
            self._go(UpdateState.FAILED, ERROR)
            return
        self._go(UpdateState.DOWNLOADED)
        if self._installs:
            self._stage()

    def _stage(self) -> None:
        self._go(UpdateState.STAGED)
        self._then(self._table.stage_s, self._begin_installing)

    def _begin_installing(self) -> None:
        device = self._device
        if device.islanded:  # an update would leave the house dark
            self._go(UpdateState.FAILED, BUSY)
            return
        was_running = device.running
        try:
            device.stop(force=True)
        except Refused:  # it will not stop
            self._go(UpdateState.FAILED, BUSY)
            return
        device.sitemaster.staging, device.sitemaster.installing = False, True
        self._then(self._table.install_s, lambda: self._installed(was_running))

    def _installed(self, was_running: bool) -> None:
        device, version = self._device, self.available
        device.sitemaster.installing = False
        if version is not None:
            device.become(version)
        if self._table.ends_sessions:
            device.area(Sessions).end_all()
        if self._table.reverts_passwords:
            device.password = device.installer_password = device.serial[-5:]
        if was_running:
            device.run()
        self._go(UpdateState.UNKNOWN_STATE)
        self._then(self._table.restart_s, lambda: self._go(UpdateState.SUCCEEDED, NOTHING_TO_DO))
