"""Ctrl-C ends a command at once, at a question and before it has begun; a closed terminal ends what runs on."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import threading
from pathlib import Path

import pytest
from tests.cli.conftest import Emulated
from tests.cli.processes import command, environment

from forebay import cli
from forebay.run import until_stopped


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


def test_an_interrupt_while_the_command_is_still_being_read_is_130_without_a_traceback(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def interrupted(_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("forebay.cli.parser.parse", interrupted)

    assert cli.main(["demo"]) == 130


@pytest.mark.parametrize(("before", "ends"), [(signal.SIG_DFL, True), (signal.SIG_IGN, False)], ids=["plain", "nohup"])
async def test_a_closed_terminal_ends_what_runs_unless_it_was_told_to_live_on(
    before: signal.Handlers, ends: bool
) -> None:
    kept = signal.signal(signal.SIGHUP, before)
    try:
        async with until_stopped() as stop:
            os.kill(os.getpid(), signal.SIGHUP)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), 10 if ends else 0.2)

            assert stop.is_set() == ends
        assert signal.getsignal(signal.SIGHUP) is before
    finally:
        signal.signal(signal.SIGHUP, kept)
