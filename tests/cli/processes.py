"""The command as its users start it: a process with a home folder of its own."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")

ROOT = Path(__file__).parents[2]
INSTALLED = Path(sys.executable).with_name("forebay")
"""The console script of the running environment; from the sources where it is not installed."""


def command() -> list[str]:
    return [str(INSTALLED)] if INSTALLED.exists() else [sys.executable, "-m", "forebay"]


def environment(home: Path, **more: str) -> dict[str, str]:
    """An environment in which nothing of the user's own is read or written."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("FOREBAY_", "XDG_", "COV_"))}
    own = {
        "HOME": str(home),
        "XDG_CONFIG_HOME": str(home / ".config"),
        "XDG_DATA_HOME": str(home / ".local/share"),
        "XDG_STATE_HOME": str(home / ".local/state"),
        "XDG_CACHE_HOME": str(home / ".cache"),
        "FOREBAY_STATE_DIR": str(home / "state"),
        "TMPDIR": str(home),
        "PYTHONPATH": str(ROOT / "src"),
        "PYTHONUNBUFFERED": "1",
    }
    if INSTALLED.exists():
        del own["PYTHONPATH"]
    return {**kept, **own, **more}


def wait_for(what: Callable[[], T | None], within_s: float = 15.0, every_s: float = 0.05) -> T:
    """Return the first truthy answer; fails when there is none in time."""
    until = time.monotonic() + within_s
    while True:
        answer = what()
        if answer:
            return answer
        if time.monotonic() > until:
            raise AssertionError(f"not within {within_s} s, last answer {answer!r}")
        time.sleep(every_s)


def run(home: Path, *arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
    """Run a command as a process, where logging is as its users have it."""
    return subprocess.run(
        [*command(), *arguments],
        env=environment(home, **env),
        cwd=home,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
        stdin=subprocess.DEVNULL,
    )


class Started:
    """A running command; its output is kept in files."""

    def __init__(self, home: Path, *arguments: str, env: Mapping[str, str] | None = None) -> None:
        number = len(list(home.glob("*.out")))
        self._out, self._err = home / f"{number}.out", home / f"{number}.err"
        with self._out.open("wb") as out, self._err.open("wb") as err:
            self.process = subprocess.Popen(
                [*command(), *arguments],
                cwd=home,
                env=environment(home, **(env or {})),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                start_new_session=True,
            )

    @property
    def out(self) -> str:
        return self._out.read_text()

    @property
    def err(self) -> str:
        return self._err.read_text()

    def ready(self, within_s: float = 20.0) -> list[str]:
        """Wait for the line that says it answers; return its words."""

        def line() -> list[str] | None:
            assert self.process.poll() is None, self.err
            text = self.out
            return text.splitlines()[0].split() if text.endswith("\n") else None

        return wait_for(line, within_s)

    def end(self, number: int = signal.SIGINT, within_s: float = 10.0) -> int:
        """Send a signal and return how it ended."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        return self.process.wait(within_s)

    def clean_up(self) -> None:
        """End it and whatever it started, however it stands."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(10)
