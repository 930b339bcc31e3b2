"""Homes and scenarios of the package, from the command line."""

from __future__ import annotations

import hashlib
import ssl
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from tests.cli.conftest import Forebay
from tests.cli.processes import Started, wait_for

from forebay.emulator.library import HOMES, SCENARIOS

Start = Callable[..., Started]


def test_homes_and_scenarios_are_listed_with_what_they_are_for(forebay: Forebay) -> None:
    homes, scenarios = forebay("emulate", "--list-homes"), forebay("emulate", "--list-scenarios")

    assert homes.code == scenarios.code == 0
    assert [line for line in homes.out.splitlines() if not line.startswith(" ")] == [
        f"gallery:{name}" for name in HOMES.names()
    ]
    assert all(f"scenario:{name}\n    {SCENARIOS.about(name)}\n" in scenarios.out for name in SCENARIOS.names())


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("gallery:pair",), "gallery:pair: there is none of this name; did you mean gallery:pair-1.40?"),
        (("gallery:zzzz",), "forebay emulate --list-homes shows them"),
        (("--scenario", "scenario:outage"), "did you mean scenario:evening-outage?"),
        (("--scenario", "missing.toml"), "missing.toml: cannot be read: No such file or directory"),
        (("--replay", ".", "--scenario", "scenario:bad-line"), "--scenario is for a home that lives"),
        (("--replay", "nowhere"), "nowhere"),
    ],
)
def test_what_is_not_there_is_told(forebay: Forebay, arguments: tuple[str, ...], words: str) -> None:
    outcome = forebay("emulate", *arguments, "--port", "0")

    assert (outcome.code, outcome.out) == (1, "")
    assert words in outcome.err


def test_a_wrong_scenario_is_told_by_file_line_and_key(forebay: Forebay, home: Path) -> None:
    file = home / "play.toml"
    file.write_text('[[events]]\nat = "18:00"\ngird = { up = false }\n')
    outcome = forebay("emulate", "--scenario", file, "--port", "0")

    assert outcome.code == 1
    assert f"{file}:3: events[0].gird: no such key; did you mean grid?" in outcome.err


def test_a_scenario_comes_at_its_time_while_nobody_asks(start: Start) -> None:
    """The certificate changes by itself: nothing but a handshake is asked for."""
    running = start(
        "emulate", "gallery:pair-1.40", "--scenario", "scenario:wrong-certificate", "--port", "0", "--speed", "100"
    )
    words = running.ready()
    kept = words[words.index("fingerprint") + 1]
    port = urlsplit(words[1]).port or 0

    def shown() -> str:
        return (
            hashlib.sha256(ssl.PEM_cert_to_DER_cert(ssl.get_server_certificate(("127.0.0.1", port)))).digest().hex(":")
        )

    assert wait_for(lambda: shown() != kept, 10)  # after a minute: 0.6 s here
    assert wait_for(lambda: shown() == kept, 30)  # after twenty more: 12 s here
    assert running.end() == 0
