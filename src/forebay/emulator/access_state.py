"""Who waits for the switch on a Powerwall, and what the owner's password becomes."""

from __future__ import annotations

from datetime import datetime
from random import Random
from string import ascii_uppercase

from forebay.emulator.device import TOGGLE_OPEN_S, Device
from forebay.emulator.refusal import Refused
from forebay.wire.access import NewPassword
from forebay.wire.gotime import print_instant

_LETTERS = 10
_UNABLE = "Unable to set password"


class AccessState:
    """The waiting for the switch, and the changes of the owner's password.

    Source: behaviour.md A16, A17, A24; issue 23 of vloschiavo/powerwall2 for the ten letters.
    """

    def __init__(self, device: Device) -> None:
        self._device = device
        self._rng = Random(f"access:{device.rng_seed}")  # noqa: S311 - passwords of an emulated house
        self._begun: datetime | None = None

    @property
    def is_waiting(self) -> bool:
        """Whether somebody has begun to log in by the switch, not too long ago."""
        return self._begun is not None and (self._device.now - self._begun).total_seconds() < TOGGLE_OPEN_S

    def begin(self) -> None:
        """Begin to wait for the switch."""
        self._begun = self._device.now
        self._device.touch()

    def end(self) -> None:
        """Stop to wait for the switch."""
        self._begun = None
        self._device.touch()

    def change(self, wish: NewPassword) -> str:
        """Change the owner's password; return it. Raises Refused: bad_value, no_toggle."""
        self._prove(wish, self._device.password)
        if not wish.new_password:
            raise Refused("bad_value", error="password must not be empty", message=_UNABLE)
        return self._set(wish.new_password)

    def reset(self, wish: NewPassword) -> str:
        """Give the owner a new password for the gateway's serial number. Raises Refused: bad_value, no_toggle."""
        self._prove(wish, f"S{self._device.serial}")
        return self._set(wish.new_password) if wish.new_password else self.generate()

    def generate(self) -> str:
        """Give the owner a password of ten letters."""
        return self._set("".join(self._rng.choice(ascii_uppercase) for _ in range(_LETTERS)))

    def _prove(self, wish: NewPassword, secret: str) -> None:
        device = self._device
        if wish.toggled_pw:
            if not device.switch_toggled:
                zone = device.home.zone
                last, now = print_instant(device.last_toggle_at, zone), print_instant(device.now, zone)
                story = f"Last toggle time from SM ({last}) is not updated or after last received ({now})"
                raise Refused("no_toggle", message=f"{_UNABLE} (Toggle Error: {story})")
        elif wish.old_password != secret:
            raise Refused("bad_value", error="bad credentials", message=_UNABLE)

    def _set(self, password: str) -> str:
        self._device.password = password
        self._device.touch()
        return password
