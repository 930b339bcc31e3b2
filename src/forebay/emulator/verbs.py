"""What can be done to a home from outside, as a table: the control port's, a scenario's, a test's.

Whoever uses a verb brings the home up to the instant first, so that a change
acts from then on, and once more afterwards, so that the state it shows is new.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from forebay.emulator.device import Device
from forebay.emulator.front import LINES
from forebay.emulator.home import Home
from forebay.emulator.injected import HARMS
from forebay.emulator.injection import Injection
from forebay.emulator.networks_state import SERVICES
from forebay.emulator.sessions import USERS, Sessions
from forebay.emulator.verb_acts import (
    Body,
    inject,
    move_address,
    move_back,
    move_sitemaster,
    move_time,
    offer_update,
    restore_sitemaster,
    set_line,
    set_password,
    show_certificate,
    switch_appliance,
    switch_computer,
    switch_network,
    switch_pack,
    switch_string,
)
from forebay.emulator.verb_kinds import Anything, BadRequest, Firmware, Flag, Kind, Number, OneOf, Text, problems

Act = Callable[[Device, Body], Any]


@dataclass(frozen=True, slots=True)
class Verb:
    """One thing to be done to the home.

    members: what the body may hold; exactly_one: no more than one of them; needed: those
        that must be there otherwise; some: at least one of these must be.
    example: a body that works, printed on the reference pages.
    undo: how it ends when it was done for a while, given the body and what `act` returned;
        None for what does not last. undone: the same in words.
    counts: the list of the home that `number` counts, "" for none.
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
    counts: Literal["", "packs", "solar"] = ""

    @property
    def path(self) -> str:
        """Where the control port has it."""
        return f"/{self.name}"

    def misfit(self, home: Home, body: Body) -> str:
        """Return why the body can never be done to a home, "" where it can."""
        there = len(getattr(home, self.counts)) if self.counts else 0
        if not self.counts or body["number"] <= there:
            return ""
        return f"{self.name}.number: the home has {there} [[{self.counts}]], got {body['number']}"

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
        switch_appliance,
        needed=("name", "watts"),
        undo=lambda device, body, _: switch_appliance(device, {**body, "watts": 0}),
        undone="it is switched off",
    ),
    Verb(
        "string",
        "Let a string of panels fail or work again; number counts the [[solar]] tables from 1.",
        {"number": Number(1, 100, whole=True), "up": Flag()},
        {"number": 1, "up": False},
        switch_string,
        needed=("number", "up"),
        undo=lambda device, body, _: switch_string(device, {**body, "up": not body["up"]}),
        undone="it works again",
        counts="solar",
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
        switch_pack,
        needed=("number", "enabled"),
        undo=lambda device, body, _: device.set_pack_enabled(body["number"] - 1, not body["enabled"]),
        undone="it works again",
        counts="packs",
    ),
    Verb(
        "sitemaster",
        "Stop or run the power system, let it refuse to stop, switch the Powerwalls, refuse changes for a while.",
        {"run": Flag(), "stuck": Flag(), "powerwalls_on": Flag(), "busy_s": Number(0, MOST_ADVANCE_S, "s")},
        {"run": False},
        move_sitemaster,
        some=("run", "stuck", "powerwalls_on", "busy_s"),
        undo=restore_sitemaster,
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
        move_time,
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
        switch_network,
        needed=("kind", "up"),
        undo=lambda device, body, _: switch_network(device, {**body, "up": not body["up"]}),
        undone="the network is on again",
    ),
    Verb(
        "update",
        "Offer a newer firmware; with upgrade_after_s the gateway installs it by itself, at null in a night's hour.",
        {"available": Firmware(), "upgrade_after_s": Number(0, MOST_ADVANCE_S, "s", or_null=True)},
        {"available": "22.1.1"},
        offer_update,
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
        set_password,
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
        show_certificate,
        needed=("fresh",),
        undo=lambda device, body, _: show_certificate(device, {"fresh": not body["fresh"]}),
        undone="it shows the kept one",
    ),
    Verb(
        "address",
        "Answer at another address of this machine, at another port (0 is a free one), or both.",
        {"bind": Text(45), "port": Number(0, 65_535, whole=True)},
        {"port": 0},
        move_address,
        some=("bind", "port"),
        undo=move_back,
        undone="it answers where it did",
    ),
    Verb(
        "line",
        "Let nobody reach the gateway: refused connections, silence, a cut during the handshake, noise; or open it.",
        {"state": OneOf(LINES)},
        {"state": "refused"},
        set_line,
        needed=("state",),
        undo=lambda device, *_: set_line(device, {"state": "open"}),
        undone="the line is open",
    ),
    Verb(
        "computer",
        "Switch the gateway's computer off, or on again: its uptime begins anew, and no token is worth anything.",
        {"up": Flag()},
        {"up": False},
        switch_computer,
        needed=("up",),
        undo=lambda device, body, _: switch_computer(device, {"up": not body["up"]}),
        undone="it is on again",
    ),
    Verb(
        "faults",
        "Let requests for a path, or for all of them, go wrong.",
        {
            "path": Text(200, "/", ("*",)),
            "status": Number(200, 599, whole=True),
            "delay_s": Number(0, 600, "s"),
            "cut_after": Number(0, 1_000_000, "bytes", whole=True),
            "bytes_per_s": Number(1, 1_000_000, "bytes", whole=True),
            "garbage": Flag(),
            "retry_after_s": Number(0, 604_800, "s", whole=True),
            "hang": Flag(),
            "times": Number(1, 1_000_000, whole=True),
            "body": Anything(),
        },
        {"path": "/api/meters/aggregates", "status": 503, "times": 3},
        inject,
        needed=("path",),
        some=HARMS,
        undo=lambda device, _, fault: device.area(Injection).end(fault),
        undone="requests go right again",
    ),
)

BY_NAME: dict[str, Verb] = {verb.name: verb for verb in VERBS}
