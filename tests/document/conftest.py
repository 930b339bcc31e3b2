"""The gateway of the founding document, release 1.40.2, asked in raw requests."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
import pytest
from tests.emulator.conftest import Answer, Asked, gateway, served

from forebay.emulator.home import Home

__all__ = ["gateway", "served"]

Get = Callable[..., Awaitable[Answer]]


@pytest.fixture
def house(gateway: Callable[..., Asked]) -> Asked:
    """A home with the release that the document describes."""
    return gateway("1.40.2")


async def login(house: Asked, **more: Any) -> Answer:
    """The document's own login: no user name, "S" and the serial as the password, and the right content type."""
    body = {"username": "", "password": f"S{house.device.serial}", "force_sm_off": True, **more}
    return await house.ask(
        "POST", "/api/login/Basic", [("content-type", "application/json")], body=json.dumps(body).encode()
    )


async def bearer(house: Asked) -> list[tuple[str, str]]:
    """A token as the document sends it; the login has stopped the system, so it is started again."""
    token = (await login(house)).json["token"]
    header = [("authorization", f"Bearer {token}")]
    assert (await house.ask("GET", "/api/sitemaster/run", header)).status == 202
    return header


@pytest.fixture
def make_home() -> Callable[..., Home]:
    """Build a home whose gateway differs from the built-in one."""

    def make(**changes: Any) -> Home:
        home = Home()
        return msgspec.structs.replace(home, gateway=msgspec.structs.replace(home.gateway, **changes))

    return make
