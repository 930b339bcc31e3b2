"""Bodies of the rows of passwords and of logging in by the switch."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from forebay.emulator.access_state import AccessState
from forebay.emulator.device import Device
from forebay.emulator.refusal import Refused
from forebay.emulator.sessions import Sessions
from forebay.wire import catalogue
from forebay.wire.access import NewPassword, Password, ToggleLogin, ToggleSupport
from forebay.wire.endpoint import Endpoint
from forebay.wire.site import Session

Parts = Mapping[str, str]


def supported(device: Device, _body: None, _parts: Parts) -> ToggleSupport:
    """Report whether the switch can be used: not while the system is stopped (A17)."""
    return ToggleSupport(toggle_auth_supported=device.running)


def start(device: Device, _body: None, _parts: Parts) -> None:
    """Begin to wait for the switch."""
    device.area(AccessState).begin()


def log_in(device: Device, body: ToggleLogin, _parts: Parts) -> Session:
    """Log in once the switch was toggled."""
    access = device.area(AccessState)
    if not access.is_waiting:
        raise Refused("bad_value", error="toggle authentication not started", message="Login Error")
    if not device.switch_toggled:
        raise Refused("not_toggled")
    session = device.area(Sessions).log_in_present(body)
    access.end()
    return session


def cancel(device: Device, _body: None, _parts: Parts) -> None:
    """Stop to wait for the switch."""
    access = device.area(AccessState)
    if not access.is_waiting:
        raise Refused("absent", error="toggle authentication not started", message="Unable to cancel")
    access.end()


def change(device: Device, body: NewPassword, _parts: Parts) -> Password:
    """Change the owner's password."""
    return Password(password=device.area(AccessState).change(body))


def reset(device: Device, body: NewPassword, _parts: Parts) -> Password:
    """Give the owner a new password for the gateway's serial number."""
    return Password(password=device.area(AccessState).reset(body))


def generate(device: Device, _body: None, _parts: Parts) -> Password:
    """Give the owner a password of ten letters."""
    return Password(password=device.area(AccessState).generate())


RESOURCES: dict[Endpoint[Any, Any], Callable[[Device, Any, Parts], Any]] = {
    catalogue.TOGGLE_SUPPORTED: supported,
    catalogue.TOGGLE_START: start,
    catalogue.TOGGLE_LOGIN: log_in,
    catalogue.TOGGLE_CANCEL: cancel,
    catalogue.CHANGE_PASSWORD: change,
    catalogue.RESET_PASSWORD: reset,
    catalogue.GENERATE_PASSWORD: generate,
    catalogue.CHANGE_DEFAULT_PASSWORD: generate,
}
"""What answers the rows of passwords and of the switch."""
