"""What the control port can do, as a table: path, members, limits, effect.

Every verb brings the home up to the present first, so that a change acts from
now on, and once more afterwards, so that the state it answers with shows it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Protocol

from forebay.emulator.device import Device
from forebay.emulator.home import LIVABLE, is_livable
from forebay.emulator.updates_state import UpdatesState
from forebay.errors import ConfigError


class BadRequest(Exception):
    """A request the control port does not take; the text names the key and what is allowed."""


class Kind(Protocol):
    """What a member may be."""

    @property
    def words(self) -> str:
        """The allowed values in words."""
        ...

    def allows(self, value: object) -> bool:
        """Whether the value may be given."""
        ...


@dataclass(frozen=True, slots=True)
class Number:
    """A number within limits, null too where `or_null`."""

    least: float
    most: float
    unit: str = ""
    or_null: bool = False
    whole: bool = False

    @property
    def words(self) -> str:
        """The allowed values in words."""
        kind = "a whole number" if self.whole else "a number"
        unit = f" {self.unit}" if self.unit else ""
        return f"{kind} from {self.least:,.10g} to {self.most:,.10g}{unit}{' or null' if self.or_null else ''}"

    def allows(self, value: object) -> bool:
        """Whether the value may be given."""
        if value is None:
            return self.or_null
        if isinstance(value, bool) or not isinstance(value, int if self.whole else int | float):
            return False
        return self.least <= value <= self.most


@dataclass(frozen=True, slots=True)
class Flag:
    """true or false, or true only."""

    true_only: bool = False

    @property
    def words(self) -> str:
        """The allowed values in words."""
        return "true" if self.true_only else "true or false"

    def allows(self, value: object) -> bool:
        """Whether the value may be given."""
        return value is True or (value is False and not self.true_only)


@dataclass(frozen=True, slots=True)
class Text:
    """A text of bounded length that starts with `start`, or is one of `others`."""

    most: int
    start: str = ""
    others: tuple[str, ...] = ()

    @property
    def words(self) -> str:
        """The allowed values in words."""
        start = f" that starts with {self.start}" if self.start else ""
        return " or ".join([f"a text of 1 to {self.most} characters{start}", *(f'"{other}"' for other in self.others)])

    def allows(self, value: object) -> bool:
        """Whether the value may be given."""
        if not isinstance(value, str):
            return False
        return value in self.others or (0 < len(value) <= self.most and value.startswith(self.start))


@dataclass(frozen=True, slots=True)
class Anything:
    """Any JSON value."""

    words: str = "a text, sent as it is, or any other JSON value"

    def allows(self, value: object) -> bool:
        """Whether the value may be given: always."""
        return True


@dataclass(frozen=True, slots=True)
class Verb:
    """One thing to be done to the home.

    members: what the JSON object may hold; exactly_one: no more than one of them;
        needed: those that must be there otherwise.
    example: a body that works, printed on the reference page.
    """

    path: str
    summary: str
    members: Mapping[str, Kind]
    example: Mapping[str, Any]
    act: Callable[[Device, Mapping[str, Any]], None]
    exactly_one: bool = False
    needed: tuple[str, ...] = ()


MOST_SPEED = 100_000.0
MOST_ADVANCE_S = 366 * 86_400.0
MOST_WATTS = 1_000_000.0


def _time(device: Device, body: Mapping[str, Any]) -> None:
    if "speed" in body:
        device.clock.set_speed(body["speed"])
    elif "release" in body:
        device.clock.release()
    else:
        jump_s = body["advance_s"] if "advance_s" in body else -body["set_back_s"]
        if not is_livable(device.clock.now() + timedelta(seconds=jump_s)):
            raise BadRequest(LIVABLE)
        device.clock.jump(jump_s)


def _update(device: Device, body: Mapping[str, Any]) -> None:
    updates = device.area(UpdatesState)
    try:
        updates.offer(body["available"])
    except ConfigError as no:
        raise BadRequest(f'"available": {no}') from no
    if "upgrade_after_s" in body:
        updates.upgrade_itself(body["upgrade_after_s"])


_WATTS = Number(0, MOST_WATTS, "W", or_null=True)

VERBS: tuple[Verb, ...] = (
    Verb(
        "/grid",
        "Let the utility's grid fail or return.",
        {"up": Flag()},
        {"up": False},
        lambda device, body: device.set_grid(body["up"]),
        needed=("up",),
    ),
    Verb(
        "/clouds",
        "Cover the sky: 0 is clear, 1 is overcast, null the weather of the seed.",
        {"cover": Number(0, 1, or_null=True)},
        {"cover": 0.8},
        lambda device, body: device.set_clouds(body["cover"]),
        needed=("cover",),
    ),
    Verb(
        "/load",
        "Fix what the house uses; null is the house's own use.",
        {"watts": _WATTS},
        {"watts": 3500},
        lambda device, body: device.set_load_w(body["watts"]),
        needed=("watts",),
    ),
    Verb(
        "/solar",
        "Fix what the panels produce; null is what the sun gives.",
        {"watts": _WATTS},
        {"watts": 4200},
        lambda device, body: device.set_solar_w(body["watts"]),
        needed=("watts",),
    ),
    Verb(
        "/charge",
        "Set the charge of all packs, on the gateway's scale (its 5 % are the app's 0 %).",
        {"percent": Number(0, 100, "%")},
        {"percent": 60},
        lambda device, body: device.set_charge_pct(body["percent"]),
        needed=("percent",),
    ),
    Verb(
        "/time",
        "Set the pace of time (0 stands still), live through some at once, set the clock back, or let it begin.",
        {
            "speed": Number(0, MOST_SPEED),
            "advance_s": Number(0, MOST_ADVANCE_S, "s"),
            "set_back_s": Number(0, MOST_ADVANCE_S, "s"),
            "release": Flag(true_only=True),
        },
        {"advance_s": 3600},
        _time,
        exactly_one=True,
    ),
    Verb(
        "/site",
        "Name the site, as its owner does in the app.",
        {"name": Text(120)},
        {"name": "Lake house"},
        lambda device, body: device.set_site_name(body["name"]),
        needed=("name",),
    ),
    Verb(
        "/connected",
        "Connect the gateway to its maker's servers, or cut it off.",
        {"up": Flag()},
        {"up": False},
        lambda device, body: device.set_connected(body["up"]),
        needed=("up",),
    ),
    Verb(
        "/update",
        "Offer a newer firmware; with upgrade_after_s the gateway installs it by itself, at null in a night's hour.",
        {"available": Text(40), "upgrade_after_s": Number(0, MOST_ADVANCE_S, "s", or_null=True)},
        {"available": "22.1.1"},
        _update,
        needed=("available",),
    ),
    Verb(
        "/switch",
        "Toggle the switch on a Powerwall: an installer may log in for the next minutes.",
        {},
        {},
        lambda device, _: device.toggle_switch(),
    ),
)

FAULT_MEMBERS: dict[str, Kind] = {
    "path": Text(200, "/", ("*",)),
    "status": Number(200, 599, whole=True),
    "delay_s": Number(0, 600, "s"),
    "cut_after": Number(0, 1_000_000, "bytes", whole=True),
    "garbage": Flag(),
    "hang": Flag(),
    "times": Number(1, 1_000_000, whole=True),
    "body": Anything(),
}
"""Members of a fault; all but the path may be left out, but not all of them."""


def check(body: object, members: Mapping[str, Kind], needed: tuple[str, ...], *, exactly_one: bool = False) -> None:
    """Raise BadRequest naming the key, unless the body is an object of these members."""
    if not isinstance(body, dict):
        raise BadRequest(f"expected a JSON object with {_list(members)}")
    for key, value in body.items():
        kind = members.get(key)
        if kind is None:
            raise BadRequest(f'unknown key "{key}"; allowed: {_list(members)}')
        if not kind.allows(value):
            raise BadRequest(f'"{key}" must be {kind.words}')
    for key in needed:
        if key not in body:
            raise BadRequest(f'"{key}" is missing; it must be {members[key].words}')
    if exactly_one and len(body) != 1:
        raise BadRequest(f"give exactly one of {_list(members)}")


def _list(members: Mapping[str, Kind]) -> str:
    return ", ".join(f'"{key}"' for key in members) or "no keys"
