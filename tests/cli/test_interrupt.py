"""Ctrl-C at a question ends the command at once, and nothing is agreed to."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
from pathlib import Path

import pytest
from tests.cli.conftest import Emulated
from tests.cli.processes import command, environment


@pytest.mark.parametrize(
    ("typed", "question"),
    [([], b"address"), (["{host}"], b"yes/no"), (["{host}", "yes"], b"Password")],
    ids=["host", "fingerprint", "password"],
)
def test_an_interrupt_at_a_question_of_setup_ends_it(
    home: Path, gateway: Emulated, typed: list[str], question: bytes
) -> None:
    process = subprocess.Popen(
        [*command(), "setup"],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        env=environment(home),
    )
    assert process.stdin is not None
    assert process.stderr is not None
    watchdog = threading.Timer(15, process.kill)
    watchdog.start()
    process.stdin.write("".join(f"{line.format(host=gateway.host)}\n" for line in typed).encode())
    process.stdin.flush()
    said = b""
    while question not in said.rpartition(b"\n")[2]:
        said += os.read(process.stderr.fileno(), 4096) or pytest.fail(said.decode())
    process.send_signal(signal.SIGINT)
    code = process.wait(10)
    watchdog.cancel()
    rest = process.stderr.read()
    process.stdin.close()
    process.stderr.close()

    assert (code, b"Traceback" in rest) == (130, False)
    assert not (home / ".config/forebay/forebay.toml").exists()
    assert (home / "state/known_gateways.json").exists() == (typed[1:] == ["yes"])
