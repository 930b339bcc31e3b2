"""An emulated gateway in a process of its own, and a raw stranger's way into it."""

from __future__ import annotations

import contextlib
import http.client
import json
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bench.processes import python, running

AGGREGATES = "/api/meters/aggregates"
PASSWORD = "56789"
START = "2026-06-21T12:00:00"


@dataclass(frozen=True, slots=True)
class Emulated:
    """A gateway that answers. token: empty where the firmware asks for none."""

    pid: int
    host: str
    port: int
    fingerprint: str
    token: str
    certificate: Path
    key: Path

    @property
    def headers(self) -> dict[str, str]:
        """What a request must carry."""
        return {"Authorization": f"Bearer {self.token}"} if self.token else {}


def parsed(line: str) -> dict[str, str]:
    """Return the words of the line that `forebay emulate` prints, by the word before each."""
    words = line.split()
    return dict(zip(words[::2], words[1::2], strict=False))


@contextlib.contextmanager
def emulated(folder: Path, *, server: str, firmware: str = "21.44") -> Iterator[Emulated]:
    """Emulate the built-in home at noon of a summer day, at the pace of life."""
    command = python("-m", "forebay", "emulate", "--port", "0", "--server", server, "--firmware", firmware)
    command += ["--password", PASSWORD, "--start", START, "--state-dir", str(folder)]
    with running(command, "ready ") as (process, line):
        words = parsed(line)
        host, _, port = words["ready"].removeprefix("https://").rpartition(":")
        token = "" if firmware.startswith("1.") else log_in(host, int(port))
        yield Emulated(
            process.pid, host, int(port), words["fingerprint"], token, folder / "gateway.pem", folder / "gateway.key"
        )


def log_in(host: str, port: int) -> str:
    """Return a token for the customer."""
    body = json.dumps({"username": "customer", "password": PASSWORD, "email": "", "force_sm_off": False})
    answer = json.loads(exchange(host, port, "POST", "/api/login/Basic", body))
    return str(answer["token"])


def body_of(gateway: Emulated) -> bytes:
    """Return an aggregates body as it is sent."""
    return exchange(gateway.host, gateway.port, "GET", AGGREGATES, headers=gateway.headers)


def exchange(
    host: str, port: int, method: str, path: str, body: str | None = None, headers: dict[str, str] | None = None
) -> bytes:
    """Return the body of one answer. Raises RuntimeError for any status but 200."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    connection = http.client.HTTPSConnection(host, port, timeout=10, context=context)
    with contextlib.closing(connection):
        connection.request(method, path, body, {"Content-Type": "application/json", **(headers or {})})
        answer = connection.getresponse()
        content = answer.read()
        if answer.status != http.client.OK:
            raise RuntimeError(f"{method} {path}: {answer.status} {content[:200]!r}")
        return content
