"""Start-up: how much longer than bare Python the command and the imports take."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
import threading
import time
from pathlib import Path

from bench.processes import environment, python
from bench.report import Table
from bench.stats import rotated, spread

RUNS = 25
HELP_LIMIT_MS = 100.0
"""What `forebay --help` may cost more than bare Python [ms]."""

BARE = "python -c pass"
HELP = "forebay --help"
_PEERS = {"import tesla_powerwall": "tesla_powerwall", "import pypowerwall": "pypowerwall"}


def commands() -> dict[str, list[str]]:
    """Return what is started, by its name; peers that are missing too."""
    script = Path(sys.executable).parent / "forebay"
    help_ = [str(script), "--help"] if script.exists() else python("-m", "forebay", "--help")
    found = {
        BARE: python("-c", "pass"),
        "python -I -c pass": python("-I", "-c", "pass"),
        HELP: help_,
    }
    for line in ("import forebay", "from forebay import Gateway", "import aiohttp", *_PEERS):
        found[line] = python("-c", line)
    return found


def run(quick: bool = False) -> list[Table]:
    """Start every command in turn, after one start of each that writes its bytecode."""
    table = Table("Start-up and imports", ["", "wall [ms]", "more than bare [ms]", f"÷ limit {HELP_LIMIT_MS:.0f} ms"])
    wanted = commands()
    for line, module in _PEERS.items():
        if importlib.util.find_spec(module) is None:
            del wanted[line]
            table.skip(line, f"not installed (pip install {module})")
    runs = 5 if quick else RUNS
    for command in wanted.values():
        _start_ms(command)
    took_ms: dict[str, list[float]] = {name: [] for name in wanted}
    for order in rotated(list(wanted), runs):
        for name in order:
            took_ms[name].append(_start_ms(wanted[name]))
    for name, values in took_ms.items():
        more = spread([value - bare for value, bare in zip(values, took_ms[BARE], strict=True)])
        over = more.text() if name != BARE else "–"
        table.add(f"`{name}`", spread(values).text(), over, _of_limit(name, more.median, more.low, more.high))
    how = "the console script" if wanted[HELP][0] != sys.executable else "`python -m forebay`, for want of a script"
    table.notes.append(f"{runs} starts in turn; median (middle half). `{HELP}` ran through {how}.")
    return [table]


def _of_limit(name: str, *values_ms: float) -> str:
    if name != HELP:
        return "–"
    middle, low, high = (f"{value / HELP_LIMIT_MS:.2f}" for value in values_ms)
    return f"{middle} ({low}–{high})"


def _start_ms(command: list[str]) -> float:
    began = time.perf_counter()
    process = subprocess.Popen(command, env=environment(), stdout=subprocess.DEVNULL)
    watchdog = threading.Timer(60, process.kill)  # wait(timeout) would poll, in steps of up to 50 ms
    watchdog.start()
    code = process.wait()
    took_ms = (time.perf_counter() - began) * 1000
    watchdog.cancel()
    if code != 0:
        raise RuntimeError(f"{' '.join(command)} ended with {code}")
    return took_ms
