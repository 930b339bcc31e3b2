"""Logging in by the switch, and the owner's password."""

from __future__ import annotations

from typing import Any

import pytest
from tests.conftest import MakeDevice

from forebay.emulator.device import TOGGLE_OPEN_S, Device
from forebay.emulator.refusal import Refused
from forebay.emulator.resources import RESOURCES
from forebay.emulator.sessions import Sessions
from forebay.wire import catalogue
from forebay.wire.access import NewPassword, ToggleLogin
from forebay.wire.endpoint import Access, Endpoint
from forebay.wire.site import Login

INSTALLER = ToggleLogin(username="installer", email="a@b.example")


def ask(device: Device, row: Endpoint[Any, Any], body: Any = None) -> Any:
    return RESOURCES[row](device, body, {})


def log_in(device: Device, password: str) -> None:
    device.area(Sessions).log_in(Login(username="customer", password=password))


@pytest.fixture
def device(make_device: MakeDevice) -> Device:
    return make_device("21.44")


def test_the_switch_can_be_used_only_while_the_system_runs(device: Device) -> None:
    running = ask(device, catalogue.TOGGLE_SUPPORTED).toggle_auth_supported
    device.stop(force=True)

    assert (running, ask(device, catalogue.TOGGLE_SUPPORTED).toggle_auth_supported) == (True, False)


def test_an_installer_logs_in_once_the_switch_was_toggled(device: Device) -> None:
    ask(device, catalogue.TOGGLE_START)
    with pytest.raises(Refused, match="not_toggled"):
        ask(device, catalogue.TOGGLE_LOGIN, INSTALLER)
    device.toggle_switch()
    session = ask(device, catalogue.TOGGLE_LOGIN, INSTALLER)

    assert (session.roles, session.email) == (("Provider_Engineer",), "a@b.example")
    bearer = [(b"authorization", f"Bearer {session.token}".encode())]
    assert device.area(Sessions).role_of(bearer) is Access.INSTALLER
    with pytest.raises(Refused, match="bad_value"):
        ask(device, catalogue.TOGGLE_LOGIN, INSTALLER)


def test_a_name_that_the_gateway_does_not_know_gets_nothing(device: Device) -> None:
    ask(device, catalogue.TOGGLE_START)
    device.toggle_switch()
    with pytest.raises(Refused, match="bad_login"):
        ask(device, catalogue.TOGGLE_LOGIN, ToggleLogin(username="mallory"))


def test_waiting_for_the_switch_ends_when_cancelled_or_too_long(device: Device) -> None:
    with pytest.raises(Refused, match="absent"):
        ask(device, catalogue.TOGGLE_CANCEL)
    ask(device, catalogue.TOGGLE_START)
    ask(device, catalogue.TOGGLE_CANCEL)
    with pytest.raises(Refused, match="bad_value"):
        ask(device, catalogue.TOGGLE_LOGIN, INSTALLER)

    ask(device, catalogue.TOGGLE_START)
    device.clock.jump(TOGGLE_OPEN_S + 1)
    device.catch_up()
    with pytest.raises(Refused, match="bad_value"):
        ask(device, catalogue.TOGGLE_LOGIN, INSTALLER)


def test_a_changed_password_is_the_one_that_opens(device: Device) -> None:
    old = device.password
    told = ask(device, catalogue.CHANGE_PASSWORD, NewPassword(old_password=old, new_password="open sesame"))

    assert told.password == "open sesame"
    assert "sesame" not in repr(told)
    log_in(device, "open sesame")
    with pytest.raises(Refused, match="bad_login"):
        log_in(device, old)


@pytest.mark.parametrize(("old", "new"), [("wrong", "x"), (None, "")])
def test_a_change_is_refused_without_the_old_password_or_with_none(device: Device, old: str | None, new: str) -> None:
    wish = NewPassword(old_password=old or device.password, new_password=new)
    with pytest.raises(Refused, match="bad_value"):
        ask(device, catalogue.CHANGE_PASSWORD, wish)

    log_in(device, device.password)


def test_the_switch_stands_for_the_old_password(device: Device) -> None:
    wish = NewPassword(new_password="new", toggled_pw=True)
    with pytest.raises(Refused, match="no_toggle") as caught:
        ask(device, catalogue.CHANGE_PASSWORD, wish)
    assert "Toggle Error: Last toggle time from SM" in str(caught.value.message)
    device.toggle_switch()
    ask(device, catalogue.CHANGE_PASSWORD, wish)

    log_in(device, "new")


def test_the_serial_number_resets_the_password_to_ten_letters(device: Device) -> None:
    told = ask(device, catalogue.RESET_PASSWORD, NewPassword(old_password=f"S{device.serial}"))
    log_in(device, told.password)

    assert len(told.password) == 10
    assert told.password.isalpha()
    with pytest.raises(Refused, match="bad_value"):
        ask(device, catalogue.RESET_PASSWORD, NewPassword(old_password=device.serial))


@pytest.mark.parametrize("row", [catalogue.GENERATE_PASSWORD, catalogue.CHANGE_DEFAULT_PASSWORD])
def test_a_generated_password_opens(device: Device, row: Endpoint[Any, Any]) -> None:
    told = ask(device, row)

    log_in(device, told.password)
    assert ask(device, row).password != told.password
