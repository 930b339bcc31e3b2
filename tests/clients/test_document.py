"""Every command of the founding document, typed as it stands there, against the releases that it describes. S175.

What stands above its line 172 belongs to 1.40.2, what stands below to 1.15. Typed means: in a shell in which
`curl` and `openssl` reach the emulated gateway under every name, which stands in for the name server of step 1, and
leaves the certificate unchecked where a line names none. Repaired is one slip of spelling, "httsp". The token is the
one that the gateway gave, in the place of the document's; the gateway's serial number is the document's T123456789.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import pytest
from tests.cli.test_shell import as_cmd_passes_it_on, as_the_program_splits_it
from tests.clients.conftest import Served, served
from tests.conftest import SHARED

from forebay.emulator.home import Home, SolarString
from forebay.wire import catalogue, codec

pytestmark = pytest.mark.skipif(
    not (shutil.which("curl") and shutil.which("openssl")), reason="no curl or no openssl on this machine"
)

TOKEN = "OgiGHjoNvwx17SRIaYFIOWPJSaKBYwmMGc5K4tTz57EziltPYsdtjU_DJ08tJqaWbWjTuI3fa_8QW32ED5zg1A=="
SERIAL = "T123456789"
SEED = SHARED / "spec" / "seed.txt"
FETCH = "echo quit | openssl s_client -showcerts -servername powerwall -connect powerwall:443 > cacert.pem"

OPEN = [f"curl --cacert cacert.pem https://powerwall/api/{path}" for path in (
    "meters/aggregates", "meters/site", "meters/solar", "system_status/soe", "sitemaster", "powerwalls",
    "customer/registration", "system_status/grid_status", "site_info", "site_info/site_name", "status",
    "system_status/grid_faults",
)]  # fmt: skip
CLOSED_ON_1_40 = [f"curl --cacert cacert.pem https://powerwall/api/{path}" for path in (
    "system/update/status", "sitemaster/stop", "sitemaster/run", "config/completed",
)]  # fmt: skip
LOGOUT = "curl --cacert cacert.pem -i https://powerwall/api/logout"
_JSON = 'curl{} -s -i -X POST -H "Content-Type: application/json" -d {} https://{}/api/login/Basic'
_BODY = '{"username":"","password":"ST123456789","force_sm_off":false}'
LOGIN = _JSON.format(" --cacert cacert.pem", f"'{_BODY}'", "powerwall")
LOGIN_ON_WINDOWS = _JSON.format("", '"' + _BODY.replace('"', '\\"') + '"', "192.168.xxx.xxx")
_WITH_TOKEN = f'curl --header "Authorization: Bearer {TOKEN}"'
_THERE = "https://192.168.xxx.xxx/api"
WISH = '{"mode":"self_consumption","backup_reserve_percent":24.6}'
POST = f"{_WITH_TOKEN} -X POST -d '{WISH}' {_THERE}/operation"
READS = [f"{_WITH_TOKEN} {_THERE}/{path}" for path in (
    "operation", "powerwalls/status", "site_info/grid_codes", "solars", "solars/brands > api_solars_brands.json",
    "solars/brands/SolarEdge%20Technologies", "generators", "customer", "config", "generators/disconnect_types",
    "meters", "installer",
)]  # fmt: skip
LINES = [*OPEN, *CLOSED_ON_1_40, LOGOUT, LOGIN, LOGIN_ON_WINDOWS, POST, *READS]

SAID: dict[str, Any] = {
    "customer/registration": {
        "privacy_notice": True,
        "limited_warranty": True,
        "grid_services": None,
        "marketing": None,
        "registered": True,
        "timed_out_registration": False,
    },
    "system_status/grid_status": {"grid_status": "SystemGridConnected", "grid_services_active": False},
    "system_status/grid_faults": [],
    "powerwalls/status": {
        "code": 409,
        "error": "Sitemaster is current running",
        "message": "Sitemaster is current running",
    },
    "solars": [
        {
            "brand": "SolarEdge Technologies",
            "model": "SE5000 (240V) w/ -ER-US or A-US",
            "power_rating_watts": 6000,
        }
    ],
    "generators": {"disconnect_type": "None", "generators": []},
    "generators/disconnect_types": ["DownstreamATS"],
}
"""Answers that the document gives in full and that do not depend on the house."""

MEMBERS: dict[str, str] = {
    "meters/aggregates": "site battery load solar busway frequency generator",
    "system_status/soe": "percentage",
    "sitemaster": "running uptime connected_to_tesla",
    "site_info": "max_site_meter_power_kW min_site_meter_power_kW nominal_system_energy_kWh nominal_system_power_kW "
    "site_name timezone grid_code grid_voltage_setting grid_freq_setting grid_phase_setting country state distributor "
    "utility retailer region",
    "site_info/site_name": "site_name timezone",
    "status": "start_time up_time_seconds is_new version git_hash",
    "system/update/status": "state info current_time",
    "operation": "mode backup_reserve_percent",
    "customer": "city state zip country registered privacy_notice limited_warranty emailed_registration",
    "config": "vin",
}
"""Names of the members that the document shows, in its order."""


@dataclass
class Typist:
    """Somebody with the document, a terminal and a gateway."""

    house: Served
    folder: Path
    token: str = TOKEN

    def types(self, line: str) -> str:
        """Type one line; return what is printed."""
        port = self.house.host.rpartition(":")[2]
        shell = (
            f'curl() {{ command curl -sS --connect-to "::127.0.0.1:{port}" "$@"; }}\n'
            f'openssl() {{ args=; for word in "$@"; do [ "$word" = powerwall:443 ] && word=127.0.0.1:{port}; '
            'args="$args $word"; done; command openssl $args; }\n'
        )
        if "--cacert" not in line:
            shell = shell.replace("curl -sS", "curl -sS -k")
        env = {"PATH": os.environ["PATH"], "HOME": str(self.folder)}
        done = subprocess.run(
            ["sh", "-c", shell + line.replace(TOKEN, self.token)],
            cwd=self.folder,
            env=env,
            capture_output=True,
            text=True,
            timeout=20,
            check=False,
        )
        assert done.returncode == 0, (line, done.stderr)
        return done.stdout

    def logs_in(self, line: str = LOGIN) -> dict[str, Any]:
        """Type the login, and keep the token as the document says. S108."""
        head, _, body = self.types(line).replace("\r", "").partition("\n\n")
        assert " 200" in head.splitlines()[0], head
        reply: dict[str, Any] = json.loads(body)
        self.token = reply["token"]
        return reply


def typist(certificates: Path, folder: Path, firmware: str) -> Iterator[Typist]:
    """A gateway with the document's serial number and solar power, and its certificate fetched as the document does."""
    home = Home()
    gateway, roof = msgspec.structs.replace(home.gateway, serial=SERIAL), (SolarString(peak_w=6000),)
    home = msgspec.structs.replace(home, gateway=gateway, solar=roof)
    with served(certificates, firmware, home=home) as house:
        someone = Typist(house, folder)
        someone.types(FETCH)
        yield someone


@pytest.fixture
def on_1_40(certificates: Path, tmp_path: Path) -> Iterator[Typist]:
    yield from typist(certificates, tmp_path, "1.40.2")


@pytest.fixture
def on_1_15(certificates: Path, tmp_path: Path) -> Iterator[Typist]:
    yield from typist(certificates, tmp_path, "1.15")


def path_of(line: str) -> str:
    return line.split("/api/")[1].split(" ")[0]


def check(line: str, printed: str) -> None:
    """Hold an answer to what the document says of it, and to the catalogue's model."""
    path, reply = path_of(line), json.loads(printed)
    if path in SAID:
        assert reply == SAID[path], path
    elif path in MEMBERS:
        assert list(reply) == MEMBERS[path].split(), path
    row = catalogue.find("GET", f"/api/{path}")
    assert row is not None
    if "code" not in reply:
        codec.decode(row, printed.encode())
        assert reply or path == "system_status/grid_faults", path


@pytest.mark.skipif(
    not (SHARED / "spec" / "seed.txt").is_file(), reason="the founding document is not beside this clone"
)
def test_no_command_of_the_document_is_left_out() -> None:
    text = SEED.read_text("utf-8").replace("httsp://", "https://")
    found = re.findall(r"^(?:[Rr]equest: |e\.g\. )?(curl [^\n]*/api/[^\n]*|echo quit[^\n]*)$", text, re.MULTILINE)

    assert len(found) > 30
    assert {line.strip() for line in found} == {FETCH, *LINES}


@pytest.mark.parametrize("line", OPEN, ids=path_of)
def test_what_is_open_answers_as_the_document_says(on_1_40: Typist, line: str) -> None:
    """S015, S031–S033, S044–S046, S048, S050, S052, S054–S056, S083, S084, S086, S091."""
    check(line, on_1_40.types(line))


def test_what_wants_a_login_on_1_40_refuses_the_documents_line_and_takes_it_with_a_token(on_1_40: Typist) -> None:
    """S059, S092, S095, S097–S099."""
    for line in CLOSED_ON_1_40:
        assert json.loads(on_1_40.types(line))["code"] == 403, line
    on_1_40.house.calm()
    on_1_40.logs_in()
    assert not on_1_40.house.state()["running"]
    for line, status, running in (
        (CLOSED_ON_1_40[2], " 202", True),
        (CLOSED_ON_1_40[0], " 200", True),
        (CLOSED_ON_1_40[1], " 202", False),
        (CLOSED_ON_1_40[3], " 202", False),
        (CLOSED_ON_1_40[2], " 202", True),
    ):
        with_token = line.replace("curl ", f'curl -i --header "Authorization: Bearer {TOKEN}" ', 1)
        assert status in on_1_40.types(with_token).splitlines()[0], line
        assert on_1_40.house.state()["running"] is running, line


def test_a_busy_house_of_1_40_cannot_be_stopped(on_1_40: Typist) -> None:
    """S094: the words of the 500."""
    on_1_40.house.calm()
    on_1_40.logs_in()
    with_token = f'curl --cacert cacert.pem --header "Authorization: Bearer {TOKEN}"'
    on_1_40.types(f"{with_token} https://powerwall/api/sitemaster/run")
    on_1_40.house.move("/load", watts=4500)

    told = json.loads(on_1_40.types(f"{with_token} https://powerwall/api/sitemaster/stop"))

    assert told == {"code": 500, "error": "Cannot Start Wizard", "message": "Unable to stop sitemaster"}


def test_logging_out_answers_204_over_http_2_with_a_date(on_1_40: Typist) -> None:
    """S088–S090."""
    head = on_1_40.types(LOGOUT).replace("\r", "").strip().split("\n")

    assert head[0].strip() == "HTTP/2 204"
    assert [line.partition(":")[0].lower() for line in head[1:]] == ["date"]


@pytest.mark.parametrize("release", ["on_1_40", "on_1_15"])
def test_the_login_line_gives_a_token_and_the_documents_members(request: pytest.FixtureRequest, release: str) -> None:
    """S102, S103, S105–S108."""
    someone: Typist = request.getfixturevalue(release)
    someone.house.calm()
    reply = someone.logs_in()

    assert list(reply) == ["email", "firstname", "lastname", "roles", "token", "provider"]
    token = reply.pop("token")
    assert reply == {
        "email": None,
        "firstname": "Tesla",
        "lastname": "Energy",
        "roles": ["Provider_Engineer"],
        "provider": "Basic",
    }
    assert re.fullmatch(r"[\w-]{86}==", token)
    assert not someone.house.state()["running"]


def test_the_windows_line_is_the_same_login_once_windows_has_read_it(on_1_15: Typist) -> None:
    """S109, S110."""
    on_1_15.house.calm()
    words = as_the_program_splits_it(as_cmd_passes_it_on(LOGIN_ON_WINDOWS))
    assert words[words.index("-d") + 1] == _BODY

    on_1_15.logs_in(" ".join(f"'{word}'" for word in words).replace("'curl'", "curl"))
    assert on_1_15.logs_in(LOGIN_ON_WINDOWS)["roles"] == ["Provider_Engineer"]  # sh happens to read it alike


def test_on_1_15_what_stands_above_the_login_wants_no_token(on_1_15: Typist) -> None:
    """S092, S095, S097–S099."""
    on_1_15.house.calm()
    for line, running in zip(CLOSED_ON_1_40, (True, False, True, True), strict=True):
        on_1_15.types(line)
        assert on_1_15.house.state()["running"] is running, line


@pytest.mark.parametrize("release", ["on_1_15", "on_1_40"])
def test_what_stands_below_the_login_answers_to_its_token(request: pytest.FixtureRequest, release: str) -> None:
    """S111, S115, S116, S134–S141, S143–S145."""
    someone: Typist = request.getfixturevalue(release)
    someone.house.calm()
    for line in READS[:1]:
        assert json.loads(someone.types(line))["code"] == 403  # the document's own token is not of this gateway
    someone.logs_in()
    someone.types(f'curl --header "Authorization: Bearer {TOKEN}" https://192.168.xxx.xxx/api/sitemaster/run')
    for line in READS:
        printed = someone.types(line)
        if ">" in line:
            assert not printed
            printed = (someone.folder / "api_solars_brands.json").read_text()
        check(line, printed)


@pytest.mark.parametrize("release", ["on_1_15", "on_1_40"])
def test_the_post_is_echoed_staged_and_in_force_when_committed(request: pytest.FixtureRequest, release: str) -> None:
    """S113, S114, S117, S118: the body goes out under the content type of a form."""
    someone: Typist = request.getfixturevalue(release)
    someone.house.calm()
    someone.logs_in()
    with_token = f'curl --header "Authorization: Bearer {TOKEN}" https://192.168.xxx.xxx/api'
    someone.types(f"{with_token}/sitemaster/run")

    assert someone.types(POST) == WISH
    assert someone.house.state()["reserve_wire_pct"] == 24
    someone.types(f"{with_token}/config/completed")
    assert someone.house.state()["reserve_wire_pct"] == 24.6
    assert json.loads(someone.types(READS[0])) == json.loads(WISH)
