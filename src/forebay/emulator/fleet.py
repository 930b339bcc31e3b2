"""Many homes in one process: each described, none alive before somebody asks for it.

A home that nobody asked for is a number: its address, serial and seed follow
from that. It is built at its first request, as if it had lived since the start;
what was done to all homes meanwhile is done to it then, each at its instant.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from ipaddress import IPv4Address
from random import Random
from typing import Any

import msgspec

from forebay.emulator.build import Beginning, device_of
from forebay.emulator.device import Device
from forebay.emulator.home import Home
from forebay.emulator.http import GatewayApp
from forebay.emulator.injection import Injection
from forebay.emulator.refusal import Refused
from forebay.emulator.sessions import Sessions
from forebay.emulator.verb_kinds import BadRequest
from forebay.errors import EmulatorError

FIRST_ADDRESS = IPv4Address("127.1.0.1")
"""Where home 1 lives unless told otherwise; each further home has the next address."""

MOST_HOMES = 100_000
MOST_ORDERS = 10_000
"""How much can be done to all homes at once before the fleet must be started anew."""

log = logging.getLogger(__name__)

_LOOPBACK = range(int(IPv4Address("127.0.0.1")), int(IPv4Address("127.255.255.255")))


@dataclass(frozen=True, slots=True)
class Order:
    """What is done to all homes. at_s: when, on the clock that all of them run by [s]."""

    at_s: float
    act: Callable[[Device], object]


@dataclass(slots=True)
class Resident:
    """A home that lives. done: how many of the orders to all homes it has carried out."""

    number: int
    device: Device
    app: GatewayApp
    injection: Injection
    done: int = 0


class Fleet:
    """The homes, from number 1 on.

    homes: descriptions with what each is called in messages; they are taken in turn until there are `count`.
    first: address of home 1.
    seed: of home 1; each further home has the next.
    on_awake: called with each home that begins to live, before anybody sees it.
    Raises EmulatorError naming what is impossible.
    """

    def __init__(
        self,
        homes: Sequence[tuple[str, Home]],
        count: int,
        beginning: Beginning,
        *,
        seed: int = 1,
        first: IPv4Address = FIRST_ADDRESS,
    ) -> None:
        if not 1 <= count <= MOST_HOMES:
            raise EmulatorError(f"a fleet has from 1 to {MOST_HOMES:,} homes, not {count:,}")
        if int(first) not in _LOOPBACK or int(first) + count - 1 not in _LOOPBACK:
            raise EmulatorError(
                f"{count:,} homes from {first} on do not all have a loopback address; "
                f"begin somewhere from 127.0.0.1 to 127.255.255.254, such as {FIRST_ADDRESS}"
            )
        self.count = count
        self.first = first
        self._homes = homes
        self._repeated = count > len(homes)
        self._seed = seed
        self._real_s = beginning.real_s
        self._began_s = self._real_s()
        self._past_s: float | None = self._began_s
        if beginning.start is None and beginning.load is None and beginning.solar is None:
            beginning = replace(beginning, start=datetime.now(UTC))
        self._beginning = replace(beginning, real_s=self._now_s)
        for _, home in homes:  # a time that no home can begin at is told before the first asks
            self._beginning.clock(home.zone)
        self._past_s = None
        self.on_awake: Callable[[Resident], object] = lambda _resident: None
        self._residents: dict[int, Resident] = {}
        self._moved: dict[str, int] = {}
        self._left: set[int] = set()
        self._orders: list[Order] = []
        self._numbers = self._by_serial()

    def _now_s(self) -> float:
        return self._real_s() if self._past_s is None else self._past_s

    def _by_serial(self) -> Mapping[str, int]:
        numbers: dict[str, int] = {}
        for number in range(1, self.count + 1):
            other = numbers.setdefault(self.serial(number), number)
            if other != number:
                names = " and ".join(self._homes[(one - 1) % len(self._homes)][0] for one in (other, number))
                raise EmulatorError(f"{names}: both have the serial number {self.serial(number)}; give each its own")
        return numbers

    # -- what follows from a number ----------------------------------------------

    def address(self, number: int) -> str:
        """Return the address that a home is given at the start."""
        return str(self.first + number - 1)

    def serial(self, number: int) -> str:
        """Return a home's serial number: the description's, where only one home is made of that."""
        given = self._home(number).gateway.serial
        return given if given and not self._repeated else serial_of(number, self._seed)

    def firmware(self, number: int) -> str:
        """Return the release that a home begins with."""
        return self._home(number).gateway.firmware

    def password(self, number: int) -> str:
        """Return the customer's password: the description's, else the end of the serial number."""
        return self._home(number).gateway.password or self.serial(number)[-5:]

    def _home(self, number: int) -> Home:
        return self._homes[(number - 1) % len(self._homes)][1]

    def number_of(self, name: str) -> int | None:
        """Return the number of the home that is called so: by number or by serial number."""
        if name.isascii() and name.isdigit() and len(name) < 10:
            return int(name) if 1 <= int(name) <= self.count else None
        return self._numbers.get(name)

    def number_at(self, address: str) -> int | None:
        """Return the number of the home that lives at an address now."""
        moved = self._moved.get(address)
        if moved is not None:
            return moved
        number = int(IPv4Address(address)) - int(self.first) + 1
        return number if 1 <= number <= self.count and number not in self._left else None

    def address_of(self, number: int) -> str:
        """Return the address where a home lives now."""
        if number in self._left:
            return next(address for address, who in self._moved.items() if who == number)
        return self.address(number)

    def move(self, number: int, address: str) -> None:
        """Let a home live elsewhere in 127.0.0.0/8.

        Raises EmulatorError naming the address where it cannot: then it stays.
        """
        try:
            there = IPv4Address(address)
        except ValueError as exc:
            raise EmulatorError(f"{address} is not an IPv4 address, such as 127.9.0.1") from exc
        if int(there) not in _LOOPBACK:
            raise EmulatorError(f"{address}: homes of a fleet live on loopback, from 127.0.0.1 on")
        other = self.number_at(str(there))
        if other is not None and other != number:
            raise EmulatorError(f"{address}: home {other} lives there")
        for old in [old for old, who in self._moved.items() if who == number]:
            del self._moved[old]
        self._left.discard(number)
        if str(there) != self.address(number):
            self._left.add(number)
            self._moved[str(there)] = number

    # -- the homes that live --------------------------------------------------------

    def is_awake(self, number: int) -> bool:
        """Whether somebody asked for a home already."""
        return number in self._residents

    @property
    def awake(self) -> int:
        """How many homes live."""
        return len(self._residents)

    def resident(self, number: int) -> Resident:
        """Return a home, living and up to the orders given to all."""
        resident = self._residents.get(number)
        if resident is None:
            resident = self._residents[number] = self._build(number)
            self.on_awake(resident)
        if resident.done < len(self._orders):
            self._obey(resident)
        return resident

    def _build(self, number: int) -> Resident:
        home = self._home(number)
        gateway = msgspec.structs.replace(home.gateway, serial=self.serial(number))
        home = msgspec.structs.replace(home, gateway=gateway)
        if self._repeated:
            home = own_life(home, Random(f"home:{self._seed}:{number}"))  # noqa: S311 - habits, not secrets
        self._past_s = self._began_s
        try:
            device = device_of(home, self._beginning, self._seed + number - 1)
        finally:
            self._past_s = None
        injection = device.area(Injection)
        return Resident(number, device, GatewayApp(device, device.area(Sessions), injection), injection)

    def _obey(self, resident: Resident) -> None:
        """Carry out what was done to all homes since this one was asked last; what it refuses is logged."""
        device = resident.device
        try:
            while resident.done < len(self._orders):
                order = self._orders[resident.done]
                resident.done += 1
                self._past_s = order.at_s
                device.catch_up()
                try:
                    order.act(device)
                except (BadRequest, EmulatorError, Refused) as exc:
                    log.warning("home %d does not do what all should: %s", resident.number, exc)
        finally:
            self._past_s = None

    def order_all(self, act: Callable[[Device], object]) -> None:
        """Do something to all homes, now: those that nobody asks for find out when somebody does.

        Home 1 is tried at once, so that what cannot be done is told to who orders it.
        Raises EmulatorError when too many orders were given already, and what `act` raises for home 1.
        """
        if len(self._orders) >= MOST_ORDERS:
            raise EmulatorError(f"{MOST_ORDERS:,} orders to all homes were given; start the fleet anew")
        first = self.resident(1)
        first.device.catch_up()
        act(first.device)
        self._orders.append(Order(self._now_s(), act))
        first.done = len(self._orders)

    def close(self) -> None:
        """Let go of every request that is held back."""
        for resident in self._residents.values():
            resident.app.close()


def serial_of(number: int, seed: int) -> str:
    """Return the serial number of a home of a fleet: no two have the same, and no two the same end.

    Its last five characters are the password that a gateway has when nobody gave it one.
    """
    end = (number * 61_681 + seed * 7_919) % 100_000  # 61,681 shares no factor with 100,000
    return f"TG{(seed * 1_000_003 + number) % 10_000_000:07d}{end:05d}"


def own_life(home: Home, rng: Random) -> Home:
    """Return a home with habits and charge of its own, and with its own numbers on its packs."""
    house = msgspec.structs.replace(home.house, daily_kwh=round(home.house.daily_kwh * rng.uniform(0.6, 1.4), 1))
    packs = tuple(
        msgspec.structs.replace(pack, serial=None, charge_pct=round(rng.uniform(25, 95), 1)) for pack in home.packs
    )
    changed: dict[str, Any] = {"house": house, "packs": packs}
    return msgspec.structs.replace(home, **changed)


def first_address(bind: str) -> IPv4Address:
    """Return the address of home 1 that somebody asked for. Raises EmulatorError naming it."""
    try:
        return IPv4Address(bind)
    except ValueError as exc:
        raise EmulatorError(f"{bind} is not the IPv4 address of a first home, such as {FIRST_ADDRESS}") from exc
