"""curl against the emulated gateway: the community's lines, with a cookie file and with a token.

The JSON goes out under the content type of a form, as curl sends what follows `-d`. S115, S116, S118.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from tests.clients.conftest import Served

pytestmark = pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")

releases = pytest.mark.parametrize("house", ["21.44", "21.44 fast", "1.40.2"], indirect=True)
OPERATION, CHARGE = "/api/operation", "/api/system_status/soe"


def curl(folder: Path, *words: str) -> str:
    """Type one command; return its output, with the status of the reply behind it."""
    env = {"PATH": os.environ["PATH"], "HOME": str(folder)}
    command = ["curl", "-s", "-k", "-w", " %{http_code}", *words]
    done = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, timeout=20, check=False)
    assert done.returncode == 0, done
    return done.stdout


def login_of(house: Served, password: str | None = None) -> str:
    about = {"username": "customer", "password": password or house.password, "email": "a@b.c", "force_sm_off": True}
    return json.dumps(about)


@releases
def test_a_login_in_a_cookie_file_opens_and_closes_the_gateway(house: Served, tmp_path: Path) -> None:
    at = f"https://{house.host}"
    assert curl(tmp_path, at + OPERATION).endswith(" 403")
    reply, _, status = curl(
        tmp_path, "-c", "cookie.txt", "-X", "POST", "-d", login_of(house), f"{at}/api/login/Basic"
    ).rpartition(" ")
    assert (status, json.loads(reply)["roles"]) == ("200", ["Home_Owner"])
    jar = (tmp_path / "cookie.txt").read_text()
    assert json.loads(reply)["token"] in jar
    assert "UserRecord" in jar

    if house.firmware == "1.40.2":  # where a log-in stops the house
        assert curl(tmp_path, at + CHARGE) == " 502"
        assert curl(tmp_path, "-b", "cookie.txt", f"{at}/api/sitemaster/run") == " 202"
    for path in (CHARGE, OPERATION, "/api/meters/aggregates"):
        reply, _, status = curl(tmp_path, "-b", "cookie.txt", at + path).rpartition(" ")
        assert status == "200"
        assert json.loads(reply)
    assert curl(tmp_path, "-b", "cookie.txt", "-d", '{"real_mode":"backup"}', at + OPERATION).endswith(" 403")

    shutil.copy(tmp_path / "cookie.txt", tmp_path / "kept.txt")
    assert curl(tmp_path, "-b", "cookie.txt", "-c", "cookie.txt", f"{at}/api/logout") == " 204"
    assert "AuthCookie" not in (tmp_path / "cookie.txt").read_text()
    assert curl(tmp_path, "-b", "kept.txt", at + OPERATION).endswith(" 403")


@releases
def test_a_token_in_a_header_opens_the_gateway(house: Served, tmp_path: Path) -> None:
    at = f"https://{house.host}"
    as_json = ("-H", "Content-Type: application/json", "-d", login_of(house))
    reply = curl(tmp_path, *as_json, f"{at}/api/login/Basic").rpartition(" ")[0]
    header = ("-H", f"Authorization: Bearer {json.loads(reply)['token']}")
    reply, _, status = curl(tmp_path, *header, at + OPERATION).rpartition(" ")
    assert (status, json.loads(reply)["backup_reserve_percent"]) == ("200", 24)

    house.move("/time", advance_s=25 * 3600)
    assert curl(tmp_path, *header, at + OPERATION).endswith(" 403")
    assert curl(tmp_path, *header, f"{at}/api/logout") == " 204"


@pytest.mark.parametrize("house", ["1.40.2"], indirect=True)
def test_mode_and_reserve_are_set_with_the_gateways_own_password(house: Served, tmp_path: Path) -> None:
    at, own = f"https://{house.host}", f"S{house.state()['serial']}"
    login = json.dumps({"username": "", "password": own, "force_sm_off": True})
    reply = curl(tmp_path, "-d", login, f"{at}/api/login/Basic").rpartition(" ")[0]
    header = ("-H", f"Authorization: Bearer {json.loads(reply)['token']}")
    wish = '{"mode":"backup","backup_reserve_percent":24.6}'
    assert curl(tmp_path, *header, "-d", wish, at + OPERATION) == f"{wish} 200"
    assert curl(tmp_path, *header, f"{at}/api/config/completed") == " 202"
    assert curl(tmp_path, *header, f"{at}/api/sitemaster/run") == " 202"

    state = house.state()
    assert (state["running"], state["mode"], state["reserve_wire_pct"]) == (True, "backup", 24.6)


@releases
def test_a_wrong_password_is_refused_and_sets_no_cookie(house: Served, tmp_path: Path) -> None:
    words = ("-c", "cookie.txt", "-d", login_of(house, "wrong"), f"https://{house.host}/api/login/Basic")
    assert curl(tmp_path, *words) == '{"code":401,"error":"bad credentials","message":"Login Error"} 401'
    assert "AuthCookie" not in (tmp_path / "cookie.txt").read_text()


@pytest.mark.parametrize("version", ["--http1.1", "--http2"])
@pytest.mark.parametrize("house", ["21.44", "21.44 fast"], indirect=True)
def test_its_compressed_and_piped_reads_are_the_plain_bytes(house: Served, tmp_path: Path, version: str) -> None:
    house.log_in()
    token = house._token
    words = (
        version,
        "--compressed",
        "-H",
        f"Authorization: Bearer {token}",
        f"https://{house.host}/api/devices/vitals",
    )
    assert curl(tmp_path, "-o", "vitals.bin", *words) == " 200"
    assert (tmp_path / "vitals.bin").read_bytes() == house.ask("/api/devices/vitals").content


@pytest.mark.parametrize("version", ["--http1.1", "--http2"])
@pytest.mark.parametrize("path", [OPERATION, "/api/nothing", "/api/status"])
@pytest.mark.parametrize("house", ["21.44", "21.44 fast"], indirect=True)
def test_a_body_that_comes_late_is_refused_all_the_same(house: Served, tmp_path: Path, path: str, version: str) -> None:
    status = {OPERATION: "403", "/api/nothing": "404", "/api/status": "405"}[path]
    command = (
        f"(sleep 0.05; printf 1) | curl -s -k {version} -w ' %{{http_code}}' -X POST -T - https://{house.host}{path}"
    )
    done = subprocess.run(command, shell=True, cwd=tmp_path, capture_output=True, text=True, timeout=20, check=False)
    assert (done.returncode, done.stdout[-4:]) == (0, f" {status}")
