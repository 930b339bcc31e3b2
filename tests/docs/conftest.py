"""The documents as data, and a gateway beside which their examples run.

Documented substitution: where a page says `127.0.0.1:8443` and
`127.0.0.1:9000`, the examples are run with the ports that the emulated gateway
and its control port really have. Nothing else is changed.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = sorted(p for p in (*ROOT.glob("*.md"), *DOCS.rglob("*.md")) if p.is_file())
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block: its language, its text, and the line it begins on."""

    language: str
    text: str
    line: int


def blocks(page: Path) -> list[Block]:
    """Every fenced block of a page that names its language."""
    text = page.read_text("utf-8")
    return [Block(m[1], m[2], text.count("\n", 0, m.start()) + 1) for m in BLOCK.finditer(text)]


def name(page: Path) -> str:
    """Return a page's path from the root, for the names of tests."""
    return str(page.relative_to(ROOT))


@dataclass
class Shell:
    """A shell of a reader who follows a page, beside an emulated gateway that stands still."""

    folder: Path
    https_port: str
    control_port: str
    env: dict[str, str] = field(default_factory=dict)

    def substituted(self, text: str) -> str:
        """Put the real ports in the place of the printed ones."""
        return text.replace("127.0.0.1:8443", f"127.0.0.1:{self.https_port}").replace(
            "127.0.0.1:9000", f"127.0.0.1:{self.control_port}"
        )

    def type(self, command: str) -> str:
        """Run one command line; return what a terminal would show."""
        if export := re.fullmatch(r"export (\w+)=(\S+)", command):
            self.env[export[1]] = export[2]
            return ""
        return self._run(["sh", "-c", self.substituted(command)], errors=subprocess.STDOUT).stdout.decode()

    def execute(self, python: str) -> str:
        """Run a program, which must succeed; return what it prints on stdout."""
        done = self._run([sys.executable, "-W", "error", "-c", self.substituted(python)], errors=subprocess.PIPE)
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout.decode()

    def _run(self, command: list[str], *, errors: int) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(
            command,
            cwd=self.folder,
            env=self.env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=errors,
            timeout=60,
            check=False,
        )


@pytest.fixture
def shell(tmp_path: Path) -> Iterator[Shell]:
    """Start a gateway at noon of a June day, with time standing still."""
    bin_folder, work = tmp_path / "bin", tmp_path / "work"
    bin_folder.mkdir()
    work.mkdir()
    command = bin_folder / "forebay"
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m forebay "$@"\n')
    command.chmod(0o755)
    env = {
        "PATH": f"{bin_folder}:{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT / "src"),
        "PYTHONIOENCODING": "utf-8",
        "PYTHONUNBUFFERED": "1",  # both streams in the order a terminal shows
        "HOME": str(tmp_path),
        "FOREBAY_STATE_DIR": str(tmp_path / "state"),
    }
    options = ["--port", "0", "--control-port", "0", "--password", "56789", "--speed", "0"]
    options += ["--start", "2026-06-21T12:00:00", "--state-dir", str(tmp_path / "gateway")]
    gateway = subprocess.Popen([str(command), "emulate", *options], env=env, stdout=subprocess.PIPE, text=True)
    try:
        assert gateway.stdout is not None
        ready = gateway.stdout.readline()
        ports = re.findall(r"://127\.0\.0\.1:(\d+)", ready)
        assert len(ports) == 2, ready
        yield Shell(work, ports[0], ports[1], env)
    finally:
        gateway.terminate()
        until = time.monotonic() + 10
        while gateway.poll() is None and time.monotonic() < until:
            time.sleep(0.05)
        if gateway.poll() is None:
            gateway.kill()
        gateway.wait()
        if gateway.stdout is not None:
            gateway.stdout.close()
