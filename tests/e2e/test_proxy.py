"""The page behind nginx, set up word for word as docs/how-to/show-the-page.md says."""

from __future__ import annotations

import re
import shutil
import socket
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from tests.cli.processes import ROOT, wait_for

from forebay.views.web.access import GUESSES, AccessFile, Role, hashed, save

from .conftest import Recorded

PASSWORD = "a sentence that nobody guesses"
PROXY = "127.0.0.8"
NGINX = shutil.which("nginx", path="/usr/sbin:/usr/bin:/usr/local/bin:/opt/homebrew/bin")

pytestmark = pytest.mark.skipif(NGINX is None, reason="nginx is not installed")


def block() -> str:
    page = (ROOT / "docs/how-to/show-the-page.md").read_text()
    found = re.search(r"^```nginx\n(.*?)^```", page, re.DOTALL | re.MULTILINE)
    assert found is not None
    return found[1]


@pytest.fixture
def proxied(tmp_path: Path, record: Callable[..., Recorded]) -> Iterator[str]:
    state = tmp_path / "state"
    state.mkdir(mode=0o700)
    save(state / "page-access.json", AccessFile(passwords={Role.OWNER: hashed(PASSWORD)}))
    recorded = record(more='hosts = ["home.example"]\nprefix = "/forebay"\n')
    address = urlsplit(recorded.page).netloc
    with socket.create_server((PROXY, 0)) as free:
        port = free.getsockname()[1]
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    temporary = "".join(f"{kind}_temp_path {tmp_path}/nginx-{kind};\n" for kind in kinds)
    settings = tmp_path / "nginx.conf"
    settings.write_text(
        f"daemon off; worker_processes 1; pid {tmp_path}/nginx.pid; error_log {tmp_path}/nginx.log;\nevents {{}}\n"
        f"http {{ access_log off;\n{temporary}server {{ listen {PROXY}:{port};\n"
        f"{block().replace('127.0.0.1:8480', address)}}} }}\n"
    )
    nginx = subprocess.Popen([str(NGINX), "-e", str(tmp_path / "nginx.log"), "-c", str(settings)])
    try:
        wait_for(lambda: _is_listening(port))
        yield f"http://{PROXY}:{port}/forebay"
    finally:
        nginx.terminate()
        nginx.wait(10)


def _is_listening(port: int) -> bool:
    with socket.socket() as one:
        return one.connect_ex((PROXY, port)) == 0


def test_who_is_asked_by_a_proxy_logs_in_and_looks_and_a_made_up_address_wins_no_guess(proxied: str) -> None:
    named = {"Host": "home.example", "Accept": "text/html"}
    with httpx.Client(headers=named, timeout=20, trust_env=False, transport=_from("127.0.0.7")) as guest:
        assert guest.get(f"{proxied}/").headers["location"] == "./login"
        origin = {"Origin": "http://home.example"}
        entered = guest.post(f"{proxied}/login", data={"password": PASSWORD}, headers=origin)
        assert (entered.status_code, entered.headers["location"]) == (303, "./")
        assert "Path=/forebay/;" in entered.headers["set-cookie"]
        seen = {"Cookie": entered.headers["set-cookie"].split(";")[0]}
        assert guest.get(f"{proxied}/api/me", headers=seen).json()["role"] == "owner"
        assert guest.get(f"{proxied}/", headers=seen).status_code == 200
        with guest.stream("GET", f"{proxied}/api/events", headers=seen) as live:
            assert any(line == "event: now" for line in live.iter_lines())

    with httpx.Client(headers=named, timeout=20, trust_env=False, transport=_from("127.0.0.9")) as guesser:
        said = [
            guesser.post(
                f"{proxied}/login", data={"password": f"guess {i}"}, headers={"X-Forwarded-For": f"192.0.2.{i}"}
            ).status_code
            for i in range(GUESSES + 2)
        ]
    assert said == [401] * GUESSES + [429] * 2


def _from(address: str) -> httpx.HTTPTransport:
    return httpx.HTTPTransport(local_address=address)
