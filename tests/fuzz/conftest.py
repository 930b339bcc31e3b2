"""A gateway in a process of its own, so that its memory and its sockets can be counted."""

from __future__ import annotations

import contextlib
import http.client
import os
import re
import signal
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SERVERS = ("faithful", "fast")


@dataclass
class Gateway:
    """A served gateway: where it is, and what it takes up."""

    process: subprocess.Popen[str]
    port: int
    serial: str

    def rss_kb(self) -> int:
        """Resident memory [kB]."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.findall(r"VmRSS:\s+(\d+)", status)[0])

    def sockets(self) -> int:
        """How many sockets it holds."""
        folder = f"/proc/{self.process.pid}/fd"
        found = 0
        for name in os.listdir(folder):
            with contextlib.suppress(OSError):
                found += os.readlink(f"{folder}/{name}").startswith("socket:")
        return found

    def settles(self, most: int, within_s: float = 15.0) -> bool:
        """Whether it comes to hold no more than `most` sockets in time."""
        end = time.monotonic() + within_s
        while self.sockets() > most:
            if time.monotonic() > end:
                return False
            time.sleep(0.02)  # waits for a count in another process, which tells nobody
        return True

    def connect(self) -> socket.socket:
        """A plain connection to the TLS port."""
        return socket.create_connection(("127.0.0.1", self.port), timeout=10)

    def tls(self, *, alpn: str = "http/1.1", least: ssl.TLSVersion | None = None) -> ssl.SSLSocket:
        """A connection with TLS agreed on."""
        context = unchecked(alpn)
        if least is not None:
            context.maximum_version = least
        return context.wrap_socket(self.connect(), server_hostname="powerwall")

    def answers(self) -> bool:
        """Whether the next good request is answered as it should be."""
        connection = http.client.HTTPSConnection("127.0.0.1", self.port, timeout=10, context=unchecked())
        with contextlib.closing(connection):
            connection.request("GET", "/api/status")
            reply = connection.getresponse()
            return reply.status == 200 and self.serial.encode() in reply.read()


def unchecked(alpn: str = "http/1.1") -> ssl.SSLContext:
    """TLS that believes everybody."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_alpn_protocols([alpn])
    return context


@pytest.fixture(scope="session", params=SERVERS)
def gateway(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """Serve the built-in home in a process, once for each server."""
    folder = tmp_path_factory.mktemp(f"fuzz-{request.param}")
    command = [sys.executable, "-m", "forebay", "emulate", "--port", "0", "--server", request.param]
    with (folder / "stderr").open("w") as errors:
        process = subprocess.Popen(
            [*command, "--state-dir", str(folder)],
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
        )
    try:
        assert process.stdout is not None
        match = re.match(r"ready https://127\.0\.0\.1:(\d+) firmware \S+ serial (\S+)", process.stdout.readline())
        assert match is not None, (folder / "stderr").read_text()
        running = Gateway(process, int(match[1]), match[2])
        assert running.answers()
        yield running
        assert process.poll() is None
        said = (folder / "stderr").read_text()
        assert "Traceback" not in said
        assert len(said) < 2000  # nobody fills a disk by sending noise
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(10)
        if process.stdout is not None:
            process.stdout.close()
