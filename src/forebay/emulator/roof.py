"""The strings of the roof at an instant: what each gives, and the inverters within the Powerwalls.

A Powerwall with an inverter takes four strings, A to D. A roof without such
Powerwalls has an inverter of its own, of which no string is known.
"""

from __future__ import annotations

from dataclasses import dataclass

from forebay.emulator.device import Device

SOLAR_INVERTER_PART = "1538100-00-F"
"""Part number of the solar inverter within a Powerwall; from the public vitals."""
INVERTER_W = 7_680
"""What one such inverter can give [W]; from the public vitals."""
LETTERS = "ABCD"

_DARK_V = 10.3
"""What a string shows at night [V]; from a published reply."""
_OPEN_V = -2.5
"""What an input shows to which no string is connected [V]; captured."""
_VOLTS_PER_PEAK_W = 0.085
"""Voltage of a string under sun for each watt of its peak: panels of 400 W with 34 V each."""
_LEAST_V, _MOST_V = 120.0, 450.0


@dataclass(frozen=True, slots=True)
class StringShown:
    """One input of an inverter: whole W, V, A. number: of the string in HOME.toml, None is an unused input."""

    letter: str
    number: int | None
    is_connected: bool
    power_w: int
    voltage_v: float
    current_a: float


@dataclass(frozen=True, slots=True)
class InverterShown:
    """The solar inverter of a Powerwall. pack: its place; is_off: switched off or restarting."""

    pack: int
    serial: str
    is_off: bool
    power_w: int
    strings: tuple[StringShown, ...]


class Roof:
    """Where the strings of the roof are connected, and which inverters are off."""

    def __init__(self, device: Device) -> None:
        self._device = device
        self._off: frozenset[int] = frozenset()

    @property
    def inverters(self) -> list[int]:
        """The places of the Powerwalls that have an inverter for the roof."""
        return [index for index, pack in enumerate(self._device.home.packs) if pack.model == "plus"]

    def is_off(self, pack: int) -> bool:
        """Whether the inverter of a Powerwall feeds nothing."""
        return pack in self._off

    def switch(self, off: frozenset[int]) -> None:
        """Let the inverters of these Powerwalls feed nothing, and the others what their strings give."""
        device, self._off = self._device, off
        device.catch_up()
        places = self.inverters
        fed_by = {n: places[n // len(LETTERS)] for n in range(len(device.home.solar))} if places else {}
        device.world.set_unfed(number for number, pack in fed_by.items() if pack in off)
        device.settle()


def inverters(device: Device) -> tuple[InverterShown, ...]:
    """Return what each Powerwall's solar inverter and its strings show; none where there is no such Powerwall.

    The strings give together what the inverter gives, and the inverters what flows.
    """
    roof = device.area(Roof)
    solar_w = round(device.power.flows.solar_w)
    weights = device.world.string_weights(device.now_s)
    shares = _share_out(solar_w if solar_w > 0 else 0, weights)
    found = []
    for place, pack in enumerate(roof.inverters):
        first = place * len(LETTERS)
        strings = tuple(_string(device, first + offset, shares) for offset in range(len(LETTERS)))
        given_w = sum(string.power_w for string in strings)
        if solar_w < 0 and place == 0:  # what all of them draw at night
            given_w = solar_w
        serial = f"CN{device.pack_serials[pack][2:].rjust(12, '0')[-12:]}"
        found.append(InverterShown(pack, serial, roof.is_off(pack), given_w, strings))
    return tuple(found)


def _string(device: Device, number: int, shares: list[int]) -> StringShown:
    letter, table = LETTERS[number % len(LETTERS)], device.home.solar
    if number >= len(table) or number in device.world.overrides.strings_out:
        known = number if number < len(table) else None
        return StringShown(letter, known, False, 0, _OPEN_V, 0.0)
    power_w = shares[number]
    if not power_w:
        return StringShown(letter, number, True, 0, _DARK_V, 0.0)
    peak_w = table[number].peak_w
    lit = min(1.0, power_w / peak_w) if peak_w else 0.0
    volts = min(_MOST_V, max(_LEAST_V, peak_w * _VOLTS_PER_PEAK_W)) * (0.95 + 0.05 * lit)
    volts = round(volts * 10) * 0.1
    return StringShown(letter, number, True, power_w, volts, round(power_w / volts, 2))


def _share_out(whole_w: int, weights: list[float]) -> list[int]:
    """Share whole watts out by weights so that nothing is lost; the largest rests get one more."""
    total = sum(weights)
    if not whole_w or total <= 0:
        return [0] * len(weights)
    exact = [whole_w * weight / total for weight in weights]
    shares = [int(share) for share in exact]
    rests = sorted(range(len(weights)), key=lambda n: (shares[n] - exact[n], n))
    for number in rests[: whole_w - sum(shares)]:
        shares[number] += 1
    return shares
