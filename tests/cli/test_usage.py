"""Help, wrong usage, and what never travels in an argument or shows in an output."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from tests.cli.conftest import Emulate, Forebay
from tests.cli.processes import command, environment, run

CLIENT = ["status", "meters", "soe", "grid", "vitals", "info", "watch", "up", "setup", "trust", "doctor", "call"]
CLIENT += ["mode", "reserve", "stop", "run", "off-grid", "on-grid", "update", "networks", "site", "solars", "logout"]
COMMANDS = [
    *CLIENT,
    "history",
    "check",
    "backup",
    "restore",
    "keep",
    "page",
    "notify",
    "export",
    "reconcile",
    "import",
    "endpoints",
    "demo",
    "emulate",
    "capture",
    "openapi",
]
EXAMPLE = {
    "import": ("list",),
    "page": ("show",),
    "backup": ("a.tar",),
    "restore": ("a.tar",),
    "call": ("GET", "/api/status"),
    "update": ("status",),
}


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_explains_itself(forebay: Forebay, name: str) -> None:
    outcome = forebay(name, "--help")

    assert (outcome.code, outcome.err) == (0, "")
    assert outcome.out.startswith(f"usage: forebay {name}")
    assert max(map(len, outcome.out.splitlines())) <= 120
    assert re.search(r"\n\n[A-Z][^\n]+[\s\S]*?\.\n\n(positional|options)", outcome.out), (
        "no sentence says what it is for"
    )


def test_the_help_names_every_command(forebay: Forebay) -> None:
    outcome = forebay("--help")

    assert outcome.code == 0
    assert set(re.findall(r"^    ([a-z-]+)\b", outcome.out, re.MULTILINE)) == set(COMMANDS)


def test_no_command_is_wrong_usage_and_shows_the_help(forebay: Forebay) -> None:
    outcome = forebay()

    assert (outcome.code, outcome.out) == (2, "")
    assert "usage: forebay" in outcome.err


def test_the_version_is_printed(forebay: Forebay) -> None:
    outcome = forebay("--version")

    assert outcome.code == 0
    assert outcome.out.startswith("forebay ")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["nothing"], "nothing"),
        (["status", "--nothing"], "--nothing"),
        (["call", "GET"], "PATH"),
        (["emulate", "--port", "70000"], "70000 is not a port: 0 to 65535"),
        (["emulate", "--port", "a"], "a is not a port: 0 to 65535"),
        (["emulate", "--speed", "-1"], "is not a speed: 0 to 1000000"),
        (["emulate", "--speed", "nan"], "nan is not a speed"),
        (["emulate", "--speed", "fast"], "fast is not a speed"),
        (["emulate", "--start", "noon"], "noon is not a time such as 2026-06-21T06:00:00"),
        (["emulate", "--server", "slow"], "slow"),
        (["watch", "--every", "0"], "0 must be a number above 0"),
        (["status", "--timeout", "soon"], "soon must be a number above 0"),
        (["up", "--page-port", "-2"], "-2"),
        (["up", "--clock", "mine"], "mine"),
    ],
    ids=" ".join,
)
def test_wrong_usage_is_exit_2_and_named_on_stderr(forebay: Forebay, arguments: list[str], words: str) -> None:
    outcome = forebay(*arguments)

    assert (outcome.code, outcome.out) == (2, "")
    assert words in outcome.err
    assert "_port" not in outcome.err
    assert "Traceback" not in outcome.err


@pytest.mark.parametrize("name", CLIENT)
def test_a_password_cannot_be_given_as_an_argument(forebay: Forebay, name: str, home: Path) -> None:
    for option in ("--password", "--pass", "-p"):
        outcome = forebay(name, *EXAMPLE.get(name, ()), "--host", "127.0.0.1:1", option, "hunter2")
        assert outcome.code == 2, option
    assert not list(home.rglob("*.json"))


def test_importing_the_parser_starts_nothing_heavy(home: Path) -> None:
    heavy = ("aiohttp", "rich", "starlette", "uvicorn", "cryptography", "msgspec", "asyncio")
    code = f"import forebay.cli.parser, sys; print([name for name in {heavy!r} if name in sys.modules])"
    python = [sys.executable, "-c", code]
    out = subprocess.run(python, env=environment(home), capture_output=True, text=True, check=True).stdout

    assert out.strip() == "[]"


@pytest.mark.parametrize("arguments", [["status"], ["info", "--json"], ["call", "GET", "/api/operation"], ["doctor"]])
def test_no_secret_shows_however_much_is_said(home: Path, emulate: Emulate, arguments: list[str]) -> None:
    secret = "hunter2-is-my-password"
    gateway = emulate(password=secret)
    outcome = run(home, *arguments, "--host", gateway.host, "-v", FOREBAY_PASSWORD=secret)

    assert outcome.returncode == 0, outcome.stderr
    (session,) = (home / "state").glob("session-*.json")
    token = json.loads(session.read_text())["credentials"]["token"]
    said = outcome.stdout + outcome.stderr
    assert len(token) == 88
    assert secret not in said
    assert token not in said
    assert token[:20] not in said
    assert gateway.device.serial not in outcome.stderr


def test_a_wrong_password_does_not_show_however_much_is_said(home: Path, emulate: Emulate) -> None:
    outcome = run(home, "status", "--host", emulate().host, "-v", FOREBAY_PASSWORD="hunter2-is-wrong")

    assert outcome.returncode == 1
    assert "hunter2" not in outcome.stdout + outcome.stderr


def test_not_checking_who_answers_warns_each_time(home: Path, emulate: Emulate) -> None:
    gateway = emulate()
    for _ in range(2):
        outcome = run(home, "soe", "--host", gateway.host, "--insecure", FOREBAY_PASSWORD=gateway.password)
        assert outcome.returncode == 0
        assert "is not checked: anyone on the network can read along" in outcome.stderr


def test_proxies_and_ca_bundles_of_the_environment_break_nothing(home: Path, emulate: Emulate) -> None:
    gateway = emulate()
    nowhere = {name: "http://127.0.0.1:1" for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY")}
    bundles = {name: "/nowhere.pem" for name in ("REQUESTS_CA_BUNDLE", "SSL_CERT_FILE", "CURL_CA_BUNDLE")}
    outcome = run(home, "soe", "--host", gateway.host, FOREBAY_PASSWORD=gateway.password, **nowhere, **bundles)

    assert outcome.returncode == 0, outcome.stderr


def test_a_reader_that_goes_away_is_not_a_traceback(home: Path) -> None:
    process = subprocess.Popen(
        [*command(), "endpoints", "--json"],
        env=environment(home),
        cwd=home,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()
    with process.stderr:
        said = process.stderr.read()

    assert process.wait(10) == 1
    assert said == b""


def test_nothing_is_written_outside_the_folders_that_were_named(home: Path, emulate: Emulate, tmp_path: Path) -> None:
    gateway = emulate()
    state = tmp_path / "elsewhere"
    outcome = run(home, "soe", "--host", gateway.host, "--state-dir", str(state), FOREBAY_PASSWORD=gateway.password)

    assert outcome.returncode == 0
    assert list(state.iterdir())
    assert not [path for path in home.rglob("*") if path.is_file()]
