"""Users with roles and passwords, and faults, that a HOME.toml describes."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from tests.conftest import MakeDevice

from forebay.emulator.home_file import load_home
from forebay.emulator.sessions import NAMED_ROLES
from forebay.wire.roles import ROLES

Serve = Callable[..., Awaitable[Any]]

HOME = """
[[users]]
name = "customer"
password = "owner's"

[[users]]
name = "installer"
password = "fitter's"

[[users]]
name = "grandma"
password = "cuckoo"
role = "kiosk"

[[users]]
name = "maker"
password = "theirs"
role = "engineer"

[[users]]
name = "tenant"
password = "lease"

[[faults]]
path = "/api/status"
status = 503
times = 2

[[faults]]
path = "/api/site_info"
body = { odd = true }
"""


@pytest.fixture
async def home(served: Serve, make_device: MakeDevice, tmp_path: Path) -> Any:
    file = tmp_path / "home.toml"
    file.write_text(HOME)
    return await served(device=make_device("20.49", home=load_home(file)))


def test_every_role_has_a_name_in_a_home() -> None:
    assert sorted(NAMED_ROLES.values()) == sorted(ROLES)
    assert set(NAMED_ROLES) == {"kiosk", "customer", "installer", "engineer"}


@pytest.mark.parametrize(
    ("user", "password", "role"),
    [
        ("customer", "owner's", "Home_Owner"),
        ("grandma", "cuckoo", "Kiosk_Viewer"),
        ("maker", "theirs", "Tesla_Engineer"),
        ("tenant", "lease", "Home_Owner"),
    ],
)
async def test_each_user_logs_in_with_the_role_described(home: Any, user: str, password: str, role: str) -> None:
    """A04, A05, A18."""
    body = msgspec.json.encode({"username": user, "password": password})
    answer = await home.ask("POST", "/api/login/Basic", body=body)

    assert answer.status == 200
    assert answer.json["roles"] == [role]


async def test_the_installer_has_the_password_described(home: Any) -> None:
    await home.control("POST", "/switch", {})
    body = msgspec.json.encode({"username": "installer", "password": "fitter's"})

    assert (await home.ask("POST", "/api/login/Basic", body=body)).json["roles"] == ["Provider_Engineer"]


async def test_nobody_logs_in_with_the_password_of_another(home: Any) -> None:
    for user, password in (("grandma", "theirs"), ("customer", "cuckoo"), ("nobody", "lease"), ("", "owner's")):
        body = msgspec.json.encode({"username": user, "password": password})
        assert (await home.ask("POST", "/api/login/Basic", body=body)).status == 401


async def test_faults_go_wrong_from_the_start(home: Any) -> None:
    statuses = [(await home.ask("GET", "/api/status")).status for _ in range(3)]
    odd = await home.ask("GET", "/api/site_info")

    assert statuses[:2] == [503, 503]
    assert statuses[2] != 503
    assert (odd.status, odd.json) == (200, {"odd": True})
