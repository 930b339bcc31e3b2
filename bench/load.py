"""Load over TLS: wrk on kept-alive connections, openssl for one full handshake each.

wrk is not used for handshakes: it resumes its TLS sessions (392 of 400 connections
did when counted), which spares the server its signature.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import time
from dataclasses import dataclass

from bench.processes import cpu_s
from bench.report import Missing

CONNECTIONS = 8
CLIENTS = 4
"""Clients that connect anew for each request, at the same time."""


@dataclass(frozen=True, slots=True)
class Rate:
    """What a server did in one round. cpu_us: its processor time for each request [µs]."""

    per_s: float
    cpu_us: float


@dataclass(frozen=True, slots=True)
class Target:
    """A server to load. headers: what each request must carry; pid: whose processor time counts."""

    pid: int
    port: int
    path: str
    headers: dict[str, str]


def kept_alive(target: Target, seconds: int) -> Rate:
    """Ask again and again over eight connections. Raises Missing without wrk."""
    if shutil.which("wrk") is None:
        raise Missing("wrk is not installed (apt-get install wrk)")
    command = ["wrk", "-t", "1", "-c", str(CONNECTIONS), "-d", f"{seconds}s"]
    for name, value in target.headers.items():
        command += ["-H", f"{name}: {value}"]
    began_s = cpu_s(target.pid)
    done = subprocess.run(
        [*command, f"https://127.0.0.1:{target.port}{target.path}"],
        capture_output=True,
        text=True,
        timeout=seconds + 30,
        check=True,
    )
    requests, per_s = read_wrk(done.stdout)
    return Rate(per_s, (cpu_s(target.pid) - began_s) / requests * 1e6)


def read_wrk(text: str) -> tuple[int, float]:
    """Return requests and requests per second of wrk's report. Raises RuntimeError when any failed."""
    if "Non-2xx" in text or "Socket errors" in text:
        raise RuntimeError(f"requests failed: {text}")
    requests = re.search(r"(\d+) requests in", text)
    per_s = re.search(r"Requests/sec:\s+([\d.]+)", text)
    if requests is None or per_s is None or int(requests[1]) == 0:
        raise RuntimeError(f"wrk measured nothing: {text}")
    return int(requests[1]), float(per_s[1])


def one_handshake_each(target: Target, seconds: int, body_bytes: int) -> Rate:
    """Connect, shake hands in full, ask once, and again, from four clients. Raises Missing without openssl."""
    if shutil.which("openssl") is None:
        raise Missing("openssl is not installed (apt-get install openssl)")
    command = ["openssl", "s_time", "-connect", f"127.0.0.1:{target.port}", "-new", "-time", str(seconds)]
    command += ["-www", with_headers(target.path, target.headers)]
    began_s, began = cpu_s(target.pid), time.perf_counter()
    clients = [
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) for _ in range(CLIENTS)
    ]
    count = 0
    try:
        for client in clients:
            text, _ = client.communicate(timeout=seconds + 30)
            connections, each_bytes = read_s_time(text)
            if each_bytes < body_bytes:
                raise RuntimeError(f"{each_bytes} bytes an answer, of a body of {body_bytes}: requests failed")
            count += connections
    finally:
        took_s = time.perf_counter() - began
        for client in clients:
            client.kill()
            client.wait()
    return Rate(count / took_s, (cpu_s(target.pid) - began_s) / count * 1e6)


def with_headers(path: str, headers: dict[str, str]) -> str:
    """Return what openssl's `-www` must be given so that headers go with the path.

    It writes "GET <this> HTTP/1.0" and an empty line, so the request line ends
    inside, and its own end becomes the value of a last header.
    """
    if not headers:
        return path
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"{path} HTTP/1.0\r\n{lines}X-Rest:"


def read_s_time(text: str) -> tuple[int, int]:
    """Return connections and bytes of each answer of `openssl s_time`. Raises RuntimeError without any."""
    found = re.search(r"(\d+) connections in \d+ real seconds, (\d+) bytes read per connection", text)
    if found is None or int(found[1]) == 0:
        raise RuntimeError(f"openssl measured nothing: {text[-500:]}")
    return int(found[1]), int(found[2])
