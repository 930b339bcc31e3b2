"""What can be done to a home from outside, as a table: the control port's, a scenario's, a test's.

Whoever uses a verb brings the home up to the instant first, so that a change
acts from then on, and once more afterwards, so that the state it shows is new.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import msgspec

from forebay.emulator.device import Device
from forebay.emulator.front import Front
from forebay.emulator.home import LIVABLE, is_livable
from forebay.emulator.injected import HARMS, InjectedFault
from forebay.emulator.injection import MOST_FAULTS, Injection
from forebay.emulator.networks_state import SERVICES, NetworksState
from forebay.emulator.sessions import USERS, Sessions
from forebay.emulator.updates_state import UpdatesState
from forebay.emulator.verb_kinds import Anything, BadRequest, Flag, Kind, Number, OneOf, Text, problems
from forebay.errors import ConfigError

Body = Mapping[str, Any]
Act = Callable[[Device, Body], Any]


@dataclass(frozen=True, slots=True)
class Verb:
    """One thing to be done to the home.

    members: what the body may hold; exactly_one: no more than one of them; needed: those
        that must be there otherwise; some: at least one of these must be.
    example: a body that works, printed on the reference pages.
    undo: how it ends when it was done for a while, given the body and what `act` returned;
        None for what does not last. undone: the same in words.
    """

    name: str
    summary: str
    members: Mapping[str, Kind]
    example: Body
    act: Act
    exactly_one: bool = False
    needed: tuple[str, ...] = ()
    some: tuple[str, ...] = ()
    undo: Callable[[Device, Body, Any], object] | None = None
    undone: str = ""

    @property
    def path(self) -> str:
        """Where the control port has it."""
        return f"/{self.name}"

    def do(self, device: Device, body: object) -> Any:
        """Do it to the home, at the home's present.

        Returns what `undo` needs. Raises BadRequest naming the key, Refused when the gateway will not.
        """
        for key, words in problems(body, self.members, self.needed, exactly_one=self.exactly_one, some=self.some):
            raise BadRequest(f'"{key}" {words}' if key else words)
        assert isinstance(body, dict)  # noqa: S101 - said by problems
        return self.act(device, body)


MOST_SPEED = 100_000.0
MOST_ADVANCE_S = 366 * 86_400.0
MOST_WATTS = 1_000_000.0


def _time(device: Device, body: Body) -> None:
    if "speed" in body:
        device.clock.set_speed(body["speed"])
    elif "release" in body:
        device.clock.release()
    else:
        jump_s = body["advance_s"] if "advance_s" in body else -body["set_back_s"]
        if not is_livable(device.clock.now() + timedelta(seconds=jump_s)):
            raise BadRequest(LIVABLE)
        device.clock.jump(jump_s)


def _update(device: Device, body: Body) -> None:
    updates = device.area(UpdatesState)
    try:
        updates.offer(body["available"])
    except ConfigError as no:
        raise BadRequest(f'"available": {no}') from no
    if "upgrade_after_s" in body:
        updates.upgrade_itself(body["upgrade_after_s"])


def _appliance(device: Device, body: Body) -> None:
    device.catch_up()
    device.world.overrides.appliances_w[body["name"]] = body["watts"]
    if not body["watts"]:
        del device.world.overrides.appliances_w[body["name"]]
    device.settle()


def _string(device: Device, body: Body) -> None:
    there = len(device.home.solar)
    if body["number"] > there:
        raise BadRequest(f'"number": the roof has {there} strings')
    device.catch_up()
    out = device.world.overrides.strings_out
    changed = {body["number"] - 1}
    device.world.set_strings_out(out - changed if body["up"] else out | changed)
    device.settle()


def _pack(device: Device, body: Body) -> None:
    reason = {"reason": body["reason"]} if "reason" in body else {}
    try:
        device.set_pack_enabled(body["number"] - 1, body["enabled"], **reason)
    except IndexError as no:
        raise BadRequest(f'"number": the home has {len(device.power.packs)} packs') from no


def _password(device: Device, body: Body) -> None:
    if body["user"] == "customer":
        device.password = body["password"]
    else:
        device.installer_password = body["password"]
    device.touch()


def _sitemaster(device: Device, body: Body) -> None:
    master = device.sitemaster
    master.stuck = body.get("stuck", master.stuck)
    master.powerwalls_on = body.get("powerwalls_on", master.powerwalls_on)
    if "busy_s" in body:
        master.be_busy(body["busy_s"])
    if body.get("run") is True:
        device.run()
    elif body.get("run") is False:
        device.stop(force=True)
    device.settle()


def _sitemaster_back(device: Device, body: Body, _: Any) -> None:
    _sitemaster(device, {key: 0.0 if key == "busy_s" else not value for key, value in body.items()})


def _network(device: Device, body: Body) -> None:
    for saved in device.area(NetworksState).of(SERVICES[body["kind"]]):
        saved.enabled = body["up"]
    device.touch()


def _certificate(device: Device, body: Body) -> None:
    front = device.area(Front)
    if body["fresh"]:
        front.rotate_certificate()
    else:
        front.restore_certificate()


def _address(device: Device, body: Body) -> tuple[str, int]:
    front = device.area(Front)
    before = front.address
    front.move(bind=body.get("bind"), port=body.get("port"))
    return before


def _move_back(device: Device, _body: Body, before: tuple[str, int]) -> None:
    device.area(Front).move(bind=before[0], port=before[1])


def _fault(device: Device, body: Body) -> InjectedFault:
    injection = device.area(Injection)
    if injection.is_full:
        raise BadRequest(f"{MOST_FAULTS} faults are in force already; DELETE /faults ends them")
    return injection.add(msgspec.convert(body, InjectedFault))


_WATTS = Number(0, MOST_WATTS, "W", or_null=True)

VERBS: tuple[Verb, ...] = (
    Verb(
        "grid",
        "Let the utility's grid fail or return.",
        {"up": Flag()},
        {"up": False},
        lambda device, body: device.set_grid(body["up"]),
        needed=("up",),
        undo=lambda device, body, _: device.set_grid(not body["up"]),
        undone="the grid is back",
    ),
    Verb(
        "clouds",
        "Cover the sky: 0 is clear, 1 is overcast, null the weather of the seed.",
        {"cover": Number(0, 1, or_null=True)},
        {"cover": 0.8},
        lambda device, body: device.set_clouds(body["cover"]),
        needed=("cover",),
        undo=lambda device, *_: device.set_clouds(None),
        undone="the weather of the seed",
    ),
    Verb(
        "load",
        "Fix what the house uses; null is the house's own use.",
        {"watts": _WATTS},
        {"watts": 3500},
        lambda device, body: device.set_load_w(body["watts"]),
        needed=("watts",),
        undo=lambda device, *_: device.set_load_w(None),
        undone="the house's own use",
    ),
    Verb(
        "solar",
        "Fix what the panels produce; null is what the sun gives.",
        {"watts": _WATTS},
        {"watts": 4200},
        lambda device, body: device.set_solar_w(body["watts"]),
        needed=("watts",),
        undo=lambda device, *_: device.set_solar_w(None),
        undone="what the sun gives",
    ),
    Verb(
        "appliance",
        "Switch something on in the house beside its own use, such as a car; 0 W switches it off.",
        {"name": Text(80), "watts": Number(0, MOST_WATTS, "W")},
        {"name": "car", "watts": 7400},
        _appliance,
        needed=("name", "watts"),
        undo=lambda device, body, _: _appliance(device, {**body, "watts": 0}),
        undone="it is switched off",
    ),
    Verb(
        "string",
        "Let a string of panels fail or work again; number counts the [[solar]] tables from 1.",
        {"number": Number(1, 100, whole=True), "up": Flag()},
        {"number": 1, "up": False},
        _string,
        needed=("number", "up"),
        undo=lambda device, body, _: _string(device, {**body, "up": not body["up"]}),
        undone="it works again",
    ),
    Verb(
        "charge",
        "Set the charge of all packs, on the gateway's scale (its 5 % are the app's 0 %).",
        {"percent": Number(0, 100, "%")},
        {"percent": 60},
        lambda device, body: device.set_charge_pct(body["percent"]),
        needed=("percent",),
    ),
    Verb(
        "pack",
        "Take a Powerwall out, or let it work again; number counts from 1, reason is what /api/system_status tells.",
        {"number": Number(1, 10, whole=True), "enabled": Flag(), "reason": Text(80)},
        {"number": 2, "enabled": False},
        _pack,
        needed=("number", "enabled"),
        undo=lambda device, body, _: device.set_pack_enabled(body["number"] - 1, not body["enabled"]),
        undone="it works again",
    ),
    Verb(
        "sitemaster",
        "Stop or run the power system, let it refuse to stop, switch the Powerwalls, refuse changes for a while.",
        {"run": Flag(), "stuck": Flag(), "powerwalls_on": Flag(), "busy_s": Number(0, MOST_ADVANCE_S, "s")},
        {"run": False},
        _sitemaster,
        some=("run", "stuck", "powerwalls_on", "busy_s"),
        undo=_sitemaster_back,
        undone="it is as it was",
    ),
    Verb(
        "time",
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
        "site",
        "Name the site, as its owner does in the app.",
        {"name": Text(120)},
        {"name": "Lake house"},
        lambda device, body: device.set_site_name(body["name"]),
        needed=("name",),
    ),
    Verb(
        "connected",
        "Connect the gateway to its maker's servers, or cut it off.",
        {"up": Flag()},
        {"up": False},
        lambda device, body: device.set_connected(body["up"]),
        needed=("up",),
        undo=lambda device, body, _: device.set_connected(not body["up"]),
        undone="it is connected again",
    ),
    Verb(
        "network",
        "Switch one of the gateway's networks off or on; without any its maker is out of reach.",
        {"kind": OneOf(tuple(SERVICES)), "up": Flag()},
        {"kind": "wifi", "up": False},
        _network,
        needed=("kind", "up"),
        undo=lambda device, body, _: _network(device, {**body, "up": not body["up"]}),
        undone="the network is on again",
    ),
    Verb(
        "update",
        "Offer a newer firmware; with upgrade_after_s the gateway installs it by itself, at null in a night's hour.",
        {"available": Text(40), "upgrade_after_s": Number(0, MOST_ADVANCE_S, "s", or_null=True)},
        {"available": "22.1.1"},
        _update,
        needed=("available",),
    ),
    Verb(
        "switch",
        "Toggle the switch on a Powerwall: an installer may log in for the next minutes.",
        {},
        {},
        lambda device, _: device.toggle_switch(),
    ),
    Verb(
        "password",
        "Change the password of the customer or of the installer, as somebody else might; open sessions stay open.",
        {"user": OneOf(tuple(USERS)), "password": Text(200)},
        {"user": "customer", "password": "fresh"},
        _password,
        needed=("user", "password"),
    ),
    Verb(
        "lockout",
        "Answer 429 to every log-in for so many seconds, as after too many wrong passwords; 0 ends it.",
        {"seconds": Number(0, MOST_ADVANCE_S, "s")},
        {"seconds": 300},
        lambda device, body: device.area(Sessions).lock(body["seconds"]),
        needed=("seconds",),
        undo=lambda device, *_: device.area(Sessions).lock(0.0),
        undone="log-ins are looked at again",
    ),
    Verb(
        "logout",
        "End every session: the tokens given so far are worth nothing.",
        {},
        {},
        lambda device, _: device.area(Sessions).end_all(),
    ),
    Verb(
        "certificate",
        "Show a fresh certificate, as a replaced gateway or a stranger in its place would, or the kept one.",
        {"fresh": Flag()},
        {"fresh": True},
        _certificate,
        needed=("fresh",),
        undo=lambda device, body, _: _certificate(device, {"fresh": not body["fresh"]}),
        undone="it shows the kept one",
    ),
    Verb(
        "address",
        "Answer at another address of this machine, at another port (0 is a free one), or both.",
        {"bind": Text(45), "port": Number(0, 65_535, whole=True)},
        {"port": 0},
        _address,
        some=("bind", "port"),
        undo=_move_back,
        undone="it answers where it did",
    ),
    Verb(
        "faults",
        "Let requests for a path, or for all of them, go wrong.",
        {
            "path": Text(200, "/", ("*",)),
            "status": Number(200, 599, whole=True),
            "delay_s": Number(0, 600, "s"),
            "cut_after": Number(0, 1_000_000, "bytes", whole=True),
            "garbage": Flag(),
            "hang": Flag(),
            "times": Number(1, 1_000_000, whole=True),
            "body": Anything(),
        },
        {"path": "/api/meters/aggregates", "status": 503, "times": 3},
        _fault,
        needed=("path",),
        some=HARMS,
        undo=lambda device, _, fault: device.area(Injection).end(fault),
        undone="requests go right again",
    ),
)

BY_NAME: dict[str, Verb] = {verb.name: verb for verb in VERBS}
