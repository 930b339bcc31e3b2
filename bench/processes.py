"""Processes that a benchmark starts, and what Linux says of their time and memory."""

from __future__ import annotations

import contextlib
import os
import queue
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).parents[1]
READY_S = 60.0
STOP_S = 15.0
_TICKS_PER_S = os.sysconf("SC_CLK_TCK")


def environment() -> Mapping[str, str]:
    """Return this process's environment, with the sources of this tree where forebay is not installed."""
    paths = [str(ROOT / "src"), str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}


@contextlib.contextmanager
def running(command: Sequence[str], ready: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Run a command until the block ends; give the process and the line that begins with `ready`.

    Raises RuntimeError with the process's last words when it ends first or takes too long.
    """
    with tempfile.TemporaryFile("w+") as complaints:
        process = subprocess.Popen(
            list(command), env=environment(), cwd=ROOT, stdout=subprocess.PIPE, stderr=complaints, text=True
        )
        try:
            line = _line(process, ready)
            if line is None:
                process.kill()
                process.wait()
                complaints.seek(0)
                raise RuntimeError(f"{' '.join(command[:4])} did not get ready: {complaints.read()[-2000:]}")
            yield process, line
        finally:
            stop(process)


def _line(process: subprocess.Popen[str], ready: str) -> str | None:
    found: queue.Queue[str | None] = queue.Queue()

    def read() -> None:
        assert process.stdout is not None
        with process.stdout as output:
            for line in output:  # to its end, so that the process never waits for a reader
                if line.startswith(ready):
                    found.put(line.strip())
        found.put(None)

    threading.Thread(target=read, daemon=True).start()
    try:
        return found.get(timeout=READY_S)
    except queue.Empty:
        return None


def stop(process: subprocess.Popen[str]) -> None:
    """End a process as Ctrl-C does; kill it when that does not help."""
    if process.poll() is None:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def python(*arguments: str) -> list[str]:
    """Return the command that runs this interpreter."""
    return [sys.executable, *arguments]


def tree(pid: int) -> list[int]:
    """Return a process and all that it started, as far as they still live."""
    found = [pid]
    for parent in found:
        with contextlib.suppress(OSError):
            for task in Path(f"/proc/{parent}/task").iterdir():
                found += [int(word) for word in (task / "children").read_text(encoding="ascii").split()]
    return found


def cpu_s(pid: int) -> float:
    """Return the processor time that a process and its living children have used [s]."""
    total = 0
    for one in tree(pid):
        with contextlib.suppress(OSError):
            total += stat_ticks(Path(f"/proc/{one}/stat").read_text(encoding="utf-8"))
    return total / _TICKS_PER_S


def stat_ticks(text: str) -> int:
    """Return user and system time of a line of /proc/PID/stat [clock ticks]."""
    fields = text.rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])


def memory_kb(pid: int) -> dict[str, int]:
    """Return Rss and Pss of a process and its children, summed [kB]."""
    sums = {"Rss": 0, "Pss": 0}
    for one in tree(pid):
        with contextlib.suppress(OSError):
            for key, value in rollup(Path(f"/proc/{one}/smaps_rollup").read_text(encoding="ascii")).items():
                sums[key] += value
    return sums


def rollup(text: str) -> dict[str, int]:
    """Return Rss and Pss of the text of /proc/PID/smaps_rollup [kB]."""
    rows = (line.split() for line in text.splitlines())
    return {row[0][:-1]: int(row[1]) for row in rows if row and row[0] in ("Rss:", "Pss:")}
