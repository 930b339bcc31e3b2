"""A gateway for other people's tests: without pytest, and with it in a project of its own."""

from __future__ import annotations

import asyncio
import gc
import hashlib
import http.client
import inspect
import json
import os
import re
import socket
import ssl
import subprocess
import sys
import threading
import tomllib
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from forebay import pytest_plugin, testing
from forebay.emulator.verbs import BY_NAME
from forebay.errors import EmulatorError
from forebay.testing import EmulatedGateway, gateway

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "how-to" / "test-your-integration.md"
TITLED = re.compile(r"^```py title=(\S+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SETTINGS = (
    "[pytest]\nfilterwarnings = error\naddopts = --strict-markers\nasyncio_default_fixture_loop_scope = function\n"
)


def ask(running: EmulatedGateway, path: str, token: str | None = None, body: object = None) -> tuple[int, Any]:
    """Ask as a blocking client that trusts the certificate."""
    context = ssl.create_default_context(cafile=running.certificate)
    connection = http.client.HTTPSConnection(running.host, running.port, timeout=5, context=context)
    try:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        raw = None if body is None else json.dumps(body)
        connection.request("GET" if raw is None else "POST", path, raw, headers)
        answer = connection.getresponse()
        said = answer.read()
        return answer.status, json.loads(said) if said else None
    finally:
        connection.close()


def log_in(running: EmulatedGateway) -> tuple[int, Any]:
    return ask(running, "/api/login/Basic", body={"username": running.username, "password": running.password})


def test_a_gateway_answers_trusted_and_logs_its_owner_in() -> None:
    with gateway(password="open sesame") as running:
        status, said = log_in(running)
        charge = ask(running, "/api/system_status/soe", said["token"])[1]

        assert (status, running.password) == (200, "open sesame")
        assert charge["percentage"] == pytest.approx(running.state["charge_wire_pct"], abs=0.05)
        assert ask(running, "/api/status")[1]["version"].startswith(running.firmware)
        assert running.serial in ask(running, "/api/status")[1]["din"]


def test_time_stands_still_until_it_is_moved() -> None:
    with gateway(firmware="1.40.2") as running:
        first, again = (ask(running, "/api/meters/aggregates") for _ in range(2))
        began = running.now
        running.advance(days=1, hours=2, minutes=3, seconds=4)

        assert first == again
        assert (running.now - began).total_seconds() == 86_400 + 2 * 3_600 + 3 * 60 + 4
        assert ask(running, "/api/meters/aggregates") != first
        assert began.isoformat()[:16] == testing.START[:16]


def test_the_world_can_be_moved() -> None:
    with gateway(firmware="1.40.2") as running:
        running.clouds(0)
        bright = running.state["power_w"]["solar"]
        running.clouds()
        assert running.state["power_w"]["solar"] < bright / 2

        running.load_w(3210)
        running.appliance("car", 1000)
        running.solar_w(0)
        running.charge_pct(77)
        assert running.state["power_w"]["load"] == pytest.approx(4210)
        assert ask(running, "/api/system_status/soe")[1]["percentage"] == pytest.approx(77, abs=0.05)


def test_the_grid_goes_and_comes_with_its_transitions() -> None:
    """S056–S058."""
    with gateway(firmware="1.40.2") as running:
        back = lambda: running.grid_up(settle=False)  # noqa: E731 - one step among others
        steps: tuple[Callable[[], None], ...] = (running.grid_down, back, lambda: running.advance(hours=1))
        seen = []
        for step in steps:
            step()
            seen.append(ask(running, "/api/system_status/grid_status")[1]["grid_status"])

        assert seen == ["SystemIslandedActive", "SystemTransitionToGrid", "SystemGridConnected"]


def test_the_gateway_can_be_stopped_locked_and_robbed_of_sessions() -> None:
    """S043, A23."""
    with gateway() as running:
        token = log_in(running)[1]["token"]
        running.stop()
        assert ask(running, "/api/meters/aggregates", token)[0] == 502
        running.run()
        assert ask(running, "/api/meters/aggregates", token)[0] == 200
        running.end_sessions()
        assert ask(running, "/api/meters/aggregates", token)[0] == 403
        running.lock_out(60)
        assert log_in(running)[0] == 429
        running.advance(seconds=61)
        running.change_password("other")
        assert running.password == "other"
        assert log_in(running)[0] == 200


def test_faults_meet_requests_and_are_over() -> None:
    with gateway(firmware="1.40.2") as running:
        running.fault("/api/system_status/soe", status=503, times=2)
        running.fault("/api/status", body={"odd": True})
        statuses = [ask(running, "/api/system_status/soe")[0] for _ in range(3)]
        assert statuses == [503, 503, 200]
        assert ask(running, "/api/status") == (200, {"odd": True})

        running.clear_faults()
        running.fault("/api/status", cut_after=5)
        with pytest.raises(http.client.IncompleteRead):
            ask(running, "/api/status")
        assert ask(running, "/api/site_info/site_name")[0] == 200


def test_the_certificate_changes_and_the_gateway_moves() -> None:
    with gateway(firmware="1.40.2") as running:
        pem = running.certificate.read_text()
        kept = hashlib.sha256(ssl.PEM_cert_to_DER_cert(pem)).digest().hex(":")
        assert running.fingerprint == kept
        running.new_certificate()
        with pytest.raises(ssl.SSLCertVerificationError):
            ask(running, "/api/status")
        assert running.fingerprint != kept
        running.kept_certificate()

        before = running.url
        running.move(host="127.0.0.3")
        assert running.url != before
        assert running.host == "127.0.0.3"


def test_a_scenario_is_played_from_the_start_or_later() -> None:
    with gateway(scenario="scenario:evening-outage", start="2027-01-10T17:59:00") as running:
        assert running.state["grid"]["up"]
        running.advance(minutes=2)
        assert not running.state["grid"]["up"]
    with gateway(start="2027-01-10T17:59:00") as running:
        running.play("scenario:evening-outage")
        running.advance(minutes=2)
        assert not running.state["grid"]["up"]


def test_the_same_seed_gives_the_same_bytes() -> None:
    heard = []
    for seed in (3, 3, 4):
        with gateway(firmware="1.40.2", seed=seed) as running:
            running.advance(hours=5)
            heard.append(ask(running, "/api/meters/aggregates"))

    assert heard[0] == heard[1] != heard[2]


def test_wrong_settings_are_told_before_anything_runs(tmp_path: Path) -> None:
    file = tmp_path / "home.toml"
    file.write_text("[house]\ndaily_kw = 3\n")
    before = threading.active_count()
    with pytest.raises(EmulatorError, match=r"home\.toml:2: house\.daily_kw: "), gateway(file):
        pass
    with pytest.raises(EmulatorError, match="did you mean gallery:"), gateway("gallery:alps"):
        pass
    with pytest.raises(EmulatorError, match=r"192\.0\.2\.1"), gateway(host="192.0.2.1"):
        pass
    assert threading.active_count() == before


def test_wrong_wishes_are_told_in_words() -> None:
    with gateway() as running:
        with pytest.raises(ValueError, match="no such verb: gird; there are grid"):
            running.do("gird", up=False)
        with pytest.raises(ValueError, match='"cover" must be a number from 0 to 1'):
            running.clouds(2)
        with pytest.raises(EmulatorError, match=r"192\.0\.2\.1"):
            running.move(host="192.0.2.1")
    with pytest.raises(EmulatorError, match="this gateway has ended"):
        running.grid_down()


@pytest.mark.parametrize("name", BY_NAME)
def test_every_verb_can_be_done(name: str) -> None:
    with gateway() as running:
        running.do(name, **BY_NAME[name].example)


def test_nothing_is_left_when_it_ends() -> None:
    threads, sockets = threading.enumerate(), len(os.listdir("/proc/self/fd"))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for _ in range(3):
            with gateway(firmware="1.40.2") as running:
                folder = running.certificate.parent
                ask(running, "/api/status")
        gc.collect()

    assert threading.enumerate() == threads
    assert len(os.listdir("/proc/self/fd")) <= sockets + 1
    assert not folder.exists()


async def test_it_answers_while_the_loop_of_the_test_waits() -> None:
    with gateway(firmware="1.40.2") as running:
        context = ssl.create_default_context(cafile=running.certificate)
        reader, writer = await asyncio.open_connection(running.host, running.port, ssl=context)
        writer.write(b"GET /api/status HTTP/1.1\r\nHost: powerwall\r\nConnection: close\r\n\r\n")
        assert (await asyncio.wait_for(reader.read(), 5)).startswith(b"HTTP/1.1 200 OK")
        writer.close()
        await writer.wait_closed()


# -- the plugin ---------------------------------------------------------------


def run_pytest(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run pytest in a project of its own, where forebay is installed: its entry points are on the path."""
    site = folder / "site"
    info = site / "forebay_installed-0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: forebay-installed\nVersion: 0\n")
    points = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["entry-points"]["pytest11"]
    lines = "".join(f"{name} = {module}\n" for name, module in points.items())
    (info / "entry_points.txt").write_text(f"[pytest11]\n{lines}")
    project = folder / "project"
    env = {"PATH": os.environ["PATH"], "HOME": str(folder), "PYTHONPATH": f"{ROOT / 'src'}:{site}"}
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments],
        cwd=project, env=env, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A fresh project of somebody else."""
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "pytest.ini").write_text(SETTINGS)
    return folder


def test_the_documented_example_passes_in_a_project_of_its_own(project: Path) -> None:
    """The files of the page, to the letter."""
    pytest.importorskip("tesla_powerwall")
    files = TITLED.findall(PAGE.read_text("utf-8"))
    assert [name for name, _ in files] == ["coordinator.py", "test_coordinator.py"]
    for name, text in files:
        (project / name).write_text(text)

    outcome = run_pytest(project.parent)
    assert outcome.returncode == 0, outcome.stdout + outcome.stderr
    assert re.search(r"\b10 passed in", outcome.stdout)


def test_a_test_that_cannot_pass_fails(project: Path) -> None:
    """The example's own claim, planted wrong."""
    (project / "test_it.py").write_text(
        "def test_it(powerwall_gateway):\n    powerwall_gateway.grid_down()\n"
        "    assert powerwall_gateway.state['grid']['up']\n"
    )
    outcome = run_pytest(project.parent)
    assert outcome.returncode == 1
    assert "1 failed" in outcome.stdout


def test_markers_of_module_class_and_test_add_up(project: Path) -> None:
    (project / "test_it.py").write_text(
        "import pytest\n"
        "pytestmark = pytest.mark.powerwall(firmware='20.49', password='module')\n"
        "@pytest.mark.powerwall(firmware='1.40.2')\n"
        "class TestIt:\n"
        "    @pytest.mark.powerwall(seed=7)\n"
        "    def test_it(self, powerwall_gateway, powerwall_gateways):\n"
        "        assert powerwall_gateway.firmware == '1.40.2'\n"
        "        assert powerwall_gateway.password == 'module'\n"
        "        assert powerwall_gateway.state['seed'] == 7\n"
        "        other = powerwall_gateways(firmware='23.44')\n"
        "        assert (other.firmware, other.password, other.state['seed']) == ('23.44', 'module', 7)\n"
        "        assert other.port != powerwall_gateway.port\n"
    )
    outcome = run_pytest(project.parent)
    assert outcome.returncode == 0, outcome.stdout


def test_gateways_of_one_test_are_different_houses_the_same_ones_every_time(project: Path) -> None:
    (project / "test_it.py").write_text(
        "import pytest\n"
        "SEEN = []\n"
        "@pytest.mark.parametrize('time', [1, 2])\n"
        "def test_it(powerwall_gateway, powerwall_gateways, time):\n"
        "    three = [powerwall_gateway, powerwall_gateways(), powerwall_gateways(firmware='1.40.2')]\n"
        "    serials = [one.serial for one in three]\n"
        "    assert len(set(serials)) == 3, serials\n"
        "    assert powerwall_gateways(seed=three[1].state['seed']).serial == serials[1]\n"
        "    SEEN.append(serials)\n"
        "    assert SEEN[0] == serials\n"
    )
    outcome = run_pytest(project.parent)
    assert outcome.returncode == 0, outcome.stdout


@pytest.mark.parametrize(
    ("marker", "words"),
    [
        ("frimware='21.44'", "does not know frimware; it knows home, firmware"),
        ("'21.44'", "takes keywords only"),
        ("firmware='banana'", "banana"),
    ],
)
def test_a_wrong_marker_is_told(project: Path, marker: str, words: str) -> None:
    (project / "test_it.py").write_text(
        f"import pytest\n@pytest.mark.powerwall({marker})\ndef test_it(powerwall_gateway):\n    pass\n"
    )
    outcome = run_pytest(project.parent)
    assert outcome.returncode == 1
    assert words in outcome.stdout


def test_tests_that_ask_for_no_gateway_load_nothing(project: Path) -> None:
    (project / "test_it.py").write_text(
        "import sys\ndef test_it():\n"
        "    assert [m for m in sys.modules if m.startswith('forebay.')] == ['forebay.pytest_plugin']\n"
    )
    outcome = run_pytest(project.parent)
    assert outcome.returncode == 0, outcome.stdout


def test_a_suite_that_forbids_sockets_is_asked_for_them(project: Path) -> None:
    """As pytest-socket does, and with it the plugin for Home Assistant's components."""
    (project / "conftest.py").write_text(
        "import socket\nimport pytest\n"
        "class Guarded(socket.socket):\n"
        "    def __new__(cls, *args, **more):\n        raise RuntimeError('no sockets here')\n"
        "@pytest.fixture(autouse=True)\ndef forbidden(monkeypatch):\n"
        "    monkeypatch.setattr(socket, 'socket', Guarded)\n"
        "@pytest.fixture\ndef socket_enabled(forbidden, monkeypatch):\n"
        "    monkeypatch.setattr(socket, 'socket', Guarded.__base__)\n"
    )
    (project / "test_it.py").write_text(
        "import socket\nimport pytest\n"
        "def test_it(powerwall_gateway):\n    assert powerwall_gateway.state['running']\n"
        "def test_others_have_none():\n    pytest.raises(RuntimeError, socket.socket)\n"
    )
    outcome = run_pytest(project.parent)
    assert outcome.returncode == 0, outcome.stdout


def test_the_fixtures_and_the_marker_are_explained(project: Path) -> None:
    fixtures = run_pytest(project.parent, "--fixtures").stdout
    assert "powerwall_gateway" in fixtures
    assert "powerwall_gateways" in fixtures


def test_the_page_and_the_marker_name_every_setting_and_member() -> None:
    text = PAGE.read_text("utf-8")
    settings = inspect.signature(gateway).parameters
    members = [name for name in vars(EmulatedGateway) if not name.startswith("_")] + ["certificate", "serial"]

    assert [name for name in settings if f"`{name}`" not in text] == []
    assert [name for name in members if f"`{name}" not in text] == []
    assert all(name in inspect.getsource(pytest_plugin.pytest_configure) for name in settings)


def test_a_line_is_broken_and_a_computer_reboots_on_demand() -> None:
    with gateway() as running:
        running.line("refused")
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection((running.host, running.port), timeout=5)

        running.line("open")
        socket.create_connection((running.host, running.port), timeout=5).close()
        running.advance(hours=2)
        running.reboot()
        assert ask(running, "/api/status")[1]["up_time_seconds"].startswith("0s")
