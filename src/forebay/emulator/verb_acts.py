"""How the verbs change a home; each at the home's present, with a body that was checked."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import msgspec

from forebay.emulator.device import Device
from forebay.emulator.front import Front
from forebay.emulator.home import LIVABLE, is_livable
from forebay.emulator.injected import InjectedFault
from forebay.emulator.injection import MOST_FAULTS, Injection
from forebay.emulator.networks_state import SERVICES, NetworksState
from forebay.emulator.sessions import Sessions
from forebay.emulator.updates_state import UpdatesState
from forebay.emulator.verb_kinds import BadRequest
from forebay.errors import ConfigError

Body = Mapping[str, Any]


def move_time(device: Device, body: Body) -> None:
    """Set the pace of time, live through some, or set the clock back."""
    if "speed" in body:
        device.clock.set_speed(body["speed"])
    elif "release" in body:
        device.clock.release()
    else:
        jump_s = body["advance_s"] if "advance_s" in body else -body["set_back_s"]
        if not is_livable(device.clock.now() + timedelta(seconds=jump_s)):
            raise BadRequest(LIVABLE)
        device.clock.jump(jump_s)


def offer_update(device: Device, body: Body) -> None:
    """Let the maker offer a firmware."""
    updates = device.area(UpdatesState)
    try:
        updates.offer(body["available"])
    except ConfigError as no:
        raise BadRequest(f'"available": {no}') from no
    if "upgrade_after_s" in body:
        updates.upgrade_itself(body["upgrade_after_s"])


def switch_appliance(device: Device, body: Body) -> None:
    """Switch something in the house on or off."""
    device.catch_up()
    device.world.overrides.appliances_w[body["name"]] = body["watts"]
    if not body["watts"]:
        del device.world.overrides.appliances_w[body["name"]]
    device.settle()


def switch_string(device: Device, body: Body) -> None:
    """Let a string of panels fail or work."""
    there = len(device.home.solar)
    if body["number"] > there:
        raise BadRequest(f'"number": the roof has {there} strings')
    device.catch_up()
    out = device.world.overrides.strings_out
    changed = {body["number"] - 1}
    device.world.set_strings_out(out - changed if body["up"] else out | changed)
    device.settle()


def switch_pack(device: Device, body: Body) -> None:
    """Take a Powerwall out or let it work."""
    reason = {"reason": body["reason"]} if "reason" in body else {}
    try:
        device.set_pack_enabled(body["number"] - 1, body["enabled"], **reason)
    except IndexError as no:
        raise BadRequest(f'"number": the home has {len(device.power.packs)} packs') from no


def set_password(device: Device, body: Body) -> None:
    """Change the password of one of the gateway's two users."""
    if body["user"] == "customer":
        device.password = body["password"]
    else:
        device.installer_password = body["password"]
    device.touch()


def move_sitemaster(device: Device, body: Body) -> None:
    """Stop or run the power system, let it be stuck or busy, switch the Powerwalls."""
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


def restore_sitemaster(device: Device, body: Body, _: Any) -> None:
    """Undo what was done to the power system."""
    move_sitemaster(device, {key: 0.0 if key == "busy_s" else not value for key, value in body.items()})


def switch_network(device: Device, body: Body) -> None:
    """Switch the networks of a kind on or off."""
    for saved in device.area(NetworksState).of(SERVICES[body["kind"]]):
        saved.enabled = body["up"]
    device.touch()


def show_certificate(device: Device, body: Body) -> None:
    """Show a fresh certificate or the kept one."""
    front = device.area(Front)
    if body["fresh"]:
        front.rotate_certificate()
    else:
        front.restore_certificate()


def move_address(device: Device, body: Body) -> tuple[str, int]:
    """Answer elsewhere; return where it answered before."""
    front = device.area(Front)
    before = front.address
    front.move(bind=body.get("bind"), port=body.get("port"))
    return before


def move_back(device: Device, _body: Body, before: tuple[str, int]) -> None:
    """Answer where it did before."""
    device.area(Front).move(bind=before[0], port=before[1])


def set_line(device: Device, body: Body) -> None:
    """Let the way to the gateway be open or broken."""
    device.area(Front).set_line(body["state"])


def switch_computer(device: Device, body: Body) -> None:
    """Switch the gateway's computer off or on; the Powerwalls go on by themselves."""
    if body["up"]:
        device.area(Sessions).end_all()
        device.booted_at = device.now.replace(microsecond=0)
        device.touch()
    set_line(device, {"state": "open" if body["up"] else "refused"})


def inject(device: Device, body: Body) -> InjectedFault:
    """Let requests go wrong; return the fault, to end it."""
    injection = device.area(Injection)
    if injection.is_full:
        raise BadRequest(f"{MOST_FAULTS} faults are in force already; DELETE /faults ends them")
    return injection.add(msgspec.convert(body, InjectedFault))
