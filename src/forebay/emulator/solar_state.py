"""The switches of the solar inverters within the Powerwalls."""

from __future__ import annotations

from forebay.emulator.device import Device
from forebay.emulator.refusal import Refused
from forebay.emulator.resources.system import pack_part
from forebay.emulator.roof import Roof
from forebay.wire.solar import PackChoice, Power

RESET_S = 60.0
"""How long an inverter takes to come back [s]; unverified."""


class SolarState:
    """Which inverters are switched off, and which restart.

    One that is off feeds nothing. Only a Powerwall of the model "plus" has an inverter for the roof; the switch of
    another one is kept, and moves nothing.
    """

    def __init__(self, device: Device) -> None:
        self._device = device
        self.setpoints = [Power.ON] * len(device.home.packs)
        self._restarts = [0] * len(device.home.packs)

    def number_of(self, choice: PackChoice) -> int:
        """Return which Powerwall a din names. Raises Refused: bad_value."""
        for index, serial in enumerate(self._device.pack_serials):
            if choice.battery_din.removeprefix("TETHC--") == f"{pack_part(self._device, index)}--{serial}":
                return index
        raise Refused("bad_value", error=f"unknown battery {choice.battery_din}", message="Unable to find battery")

    def counted(self, text: str) -> int:
        """Return which Powerwall a number in a path means. Raises Refused: absent."""
        if text.isdecimal() and text.isascii() and int(text[:4]) < len(self.setpoints):
            return int(text)
        raise Refused("absent")

    def is_off(self, number: int) -> bool:
        """Whether the inverter of a Powerwall feeds nothing now."""
        return self.setpoints[number] is not Power.ON or self._restarts[number] > 0

    def switch(self, number: int, setpoint: Power) -> None:
        """Switch an inverter on or off. Raises Refused: bad_value."""
        if not setpoint.is_known:
            raise Refused("bad_value", error=f"invalid power status: {setpoint}", message="Unable to set power status")
        self.setpoints[number] = setpoint
        self._moved()

    def restart(self, number: int) -> None:
        """Let an inverter restart: it is off for a while."""
        self._restarts[number] += 1
        self._moved()

        def back() -> None:
            self._restarts[number] -= 1
            self._moved()

        self._device.later(RESET_S, back)

    def _moved(self) -> None:
        self._device.area(Roof).switch(frozenset(n for n in range(len(self.setpoints)) if self.is_off(n)))
