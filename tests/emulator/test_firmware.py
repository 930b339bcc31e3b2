"""Firmware as data: which release behaves as which, and that nothing else decides."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests import asked
from tests.conftest import MakeDevice
from tests.emulator.conftest import Asked

from forebay.emulator.build import build_device
from forebay.emulator.home import Home
from forebay.errors import ConfigError, EmulatorError
from forebay.wire import catalogue, firmware
from forebay.wire.endpoint import Access
from forebay.wire.firmware import PROFILES, Timeline, release

MakeGateway = Callable[..., Asked]
NAMES = ("1.15", "1.20", "1.40.2", "1.50", "20.49", "21.39", "21.44", "22.36", "23.44")
SRC = Path(__file__).parents[2] / "src" / "forebay"


def test_the_profiles_are_the_nine_known_ones_and_the_restricted_one() -> None:
    assert tuple(profile.name for profile in PROFILES) == NAMES
    assert release("restricted").profile.is_restricted
    assert len({profile.git_hash for profile in (*PROFILES, firmware.RESTRICTED)}) == len(PROFILES) + 1


@pytest.mark.parametrize(
    ("name", "profile"),
    [
        ("1.15", "1.15"),
        ("1.15.0", "1.15"),
        ("1.17.1", "1.15"),
        ("1.25.0", "1.20"),
        ("1.40", "1.20"),
        ("1.40.1", "1.20"),
        ("1.40.2", "1.40.2"),
        ("1.43.3", "1.40.2"),
        ("1.50.1", "1.50"),
        ("20.40.3", "1.50"),
        ("20.49.0", "20.49"),
        ("21.39.1", "21.39"),
        ("21.43", "21.39"),
        ("22.18.3", "21.44"),
        ("22.36.9", "22.36"),
        ("23.28.2", "22.36"),
        ("24.4.0", "23.44"),
    ],
)
def test_a_release_behaves_as_the_nearest_profile_below_and_is_told_as_given(
    make_device: MakeDevice, name: str, profile: str
) -> None:
    device = make_device(name)

    assert (device.release.name, device.profile.name) == (name, profile)
    assert device.version == device.profile.version


@pytest.mark.parametrize("name", ["banana", "21", "v21.44", "1.14", "1.14.9", "0.9", "", "21.", "21.44.1.2", "21,44",
                                  " 21.44", "21.44 b7d20c5e", "1.40.2\n", "٢١.٤٤", "-1.40"])  # fmt: skip
def test_an_unknown_form_is_an_error_that_lists_the_profiles(name: str) -> None:
    listed = ", ".join(NAMES)

    with pytest.raises(ConfigError, match=re.escape(listed)) as caught:
        release(name)
    assert "restricted" in str(caught.value)
    with pytest.raises(EmulatorError, match=re.escape(listed)):
        build_device(Home(), firmware=name)


async def everything(home: Asked) -> dict[str, tuple[Any, ...]]:
    """What every row answers to an installer and to a stranger, each asked of the same instant."""
    told: dict[str, tuple[Any, ...]] = {}
    for row in catalogue.ALL:
        body = asked.BODIES.get(row.name, b"")
        for who, headers in (("stranger", []), ("installer", home.token())):
            answer = await home.ask(row.method, asked.path(row), headers, body)
            told[f"{row.name} {who}"] = (answer.status, answer.headers, answer.body)
    return told


@pytest.mark.parametrize(
    ("one", "other"),
    [("1.15.0", "1.17.3"), ("1.20", "1.37.1"), ("1.40.2", "1.45.0"), ("1.50.1", "20.4"), ("21.39.1", "21.43.0"),
     ("21.44.1", "22.18.3"), ("22.36.9", "23.36.4"), ("23.44", "99.1.1")],
)  # fmt: skip
async def test_two_releases_of_one_profile_differ_only_in_what_they_call_themselves(
    gateway: MakeGateway, one: str, other: str
) -> None:
    told, also = await everything(gateway(one)), await everything(gateway(other))

    for key, (status, headers, body) in told.items():
        lengths = [value for name, value in headers if name == "content-length"]
        for name, value in headers:
            if name != "content-length":
                assert (name, value) in also[key][1], key
        named = body.replace(one.encode(), other.encode())
        assert (status, named) == (also[key][0], also[key][2]), key
        assert lengths == [str(len(body))] * len(lengths), key
    assert told["STATUS stranger"][2] != also["STATUS stranger"][2]


def test_what_the_client_must_know_beforehand_changes_at_profiles_only() -> None:
    """A client that knows a gateway's own version may not take it for safer than the profile is."""
    profiles = {profile.version for profile in PROFILES}
    facts: dict[str, Timeline[Any]] = {"login stops": firmware.LOGIN_STOPS_SYSTEM}
    for row in catalogue.ALL:
        facts |= {f"{row.name} offered": row.offered, f"{row.name} needs": row.needs, f"{row.name} access": row.access}

    between = {name for name, fact in facts.items() if any(version not in profiles for version, _ in fact.steps)}

    assert between == {"SET_OPERATION access"}
    assert catalogue.SET_OPERATION.access.at((1, 37, 0)) is Access.INSTALLER


def test_no_code_outside_the_tables_decides_by_the_version() -> None:
    """Each difference between releases is one datum: a `Timeline` or a row (behaviour.md, all sections)."""
    compared = re.compile(
        r"\b(version|release|firmware|profile)\s*(==|!=|<=|>=|<|>)\s*[(\"'\d]|(<=|>=|<|>)\s*[\w.]*version\b"
        r"|\b(profile|firmware|release)\.name\s*(==|!=|in\b)|\bversion\[|\bversion\S*\.startswith"
    )
    found = [
        f"{file.relative_to(SRC)}:{number}: {line.strip()}"
        for part in ("emulator", "client", "records", "recorder", "views", "cli")
        for file in sorted((SRC / part).rglob("*.py"))
        for number, line in enumerate(file.read_text("utf-8").splitlines(), 1)
        if compared.search(line)
    ]

    assert found == []
    assert compared.search("if device.version >= (20, 49, 0):")
    assert compared.search('if device.profile.name == "1.15":')
