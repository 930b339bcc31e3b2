"""nginx serving one static file over TLS from a temporary folder."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

from bench.processes import stop
from bench.report import Missing

PATH = "/aggregates.json"


def config(folder: Path, port: int, certificate: Path, key: Path) -> str:
    """Return a configuration: one worker, TLS 1.3, connections kept, no sessions resumed, no logs."""
    user = "user root;" if os.geteuid() == 0 else ""
    temporary = "\n".join(
        f"  {kind}_temp_path {folder}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    return f"""\
{user}
daemon off;
worker_processes 1;
pid {folder}/nginx.pid;
error_log {folder}/error.log crit;
events {{ worker_connections 1024; }}
http {{
  access_log off;
{temporary}
  default_type application/json;
  sendfile on;
  keepalive_requests 1000000000;
  open_file_cache max=10;
  server {{
    listen 127.0.0.1:{port} ssl;
    ssl_certificate {certificate};
    ssl_certificate_key {key};
    ssl_protocols TLSv1.3;
    ssl_session_tickets off;
    ssl_session_cache off;
    root {folder}/root;
  }}
}}
"""


@contextlib.contextmanager
def serving(folder: Path, body: bytes, certificate: Path, key: Path) -> Iterator[tuple[int, int]]:
    """Serve `body` at PATH until the block ends; give process id and port. Raises Missing."""
    program = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
    if program is None:
        raise Missing("nginx is not installed (apt-get install nginx-light)")
    (folder / "root").mkdir(parents=True)
    (folder / "root" / PATH[1:]).write_bytes(body)
    port = free_port()
    written = folder / "nginx.conf"
    written.write_text(config(folder, port, certificate, key), encoding="utf-8")
    process = subprocess.Popen(
        [program, "-c", str(written), "-e", str(folder / "error.log")], stderr=subprocess.PIPE, text=True
    )
    try:
        wait_for(port, process)
        yield process.pid, port
    finally:
        stop(process)


def free_port() -> int:
    """Return a port of 127.0.0.1 that nobody had a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(port: int, process: subprocess.Popen[str], within_s: float = 10.0) -> None:
    """Wait until a port answers. Raises RuntimeError when its process ends or the time is over."""
    until = time.monotonic() + within_s
    while time.monotonic() < until and process.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.05)
    words = process.stderr.read() if process.poll() is not None and process.stderr else "no answer"
    raise RuntimeError(f"nginx does not serve: {words}")
