"""A fleet: ten thousand homes in one process on one core, each polled every five seconds on a connection of its own."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

from bench.gateway import parsed
from bench.processes import cpu_s, environment, memory_kb, python, running
from bench.report import Table
from bench.stats import figure

HOMES = 10_000
EVERY_S = 5.0
WARM_S = 10.0
SECONDS = 30.0
IDLE_S = 5.0
MOST_MB = 1_000.0
"""What the whole process may take [MB, resident]."""


def run(quick: bool = False) -> list[Table]:
    """Start a fleet twice, let it sleep, then poll all of it."""
    homes, warm_s, seconds = (300, 2.0, 5.0) if quick else (HOMES, WARM_S, SECONDS)
    with tempfile.TemporaryDirectory(prefix="forebay-bench-") as name:
        folder = Path(name)
        first_s = _started_s(homes, folder)
        began = time.perf_counter()
        with running(_command(homes, folder), "ready ") as (process, line):
            again_s = time.perf_counter() - began
            cores = sorted(os.sched_getaffinity(0))
            os.sched_setaffinity(process.pid, {cores[0]})
            asleep_mb = memory_kb(process.pid)["Rss"] / 1000
            before_s = cpu_s(process.pid)
            time.sleep(IDLE_S)
            idle = (cpu_s(process.pid) - before_s) / IDLE_S
            told, busy, awake_mb = _polled(process, parsed(line)["list"], warm_s, seconds, cores[-1])
    return [_asleep(homes, first_s, again_s, asleep_mb, idle), _awake(told, busy, awake_mb, len(cores) > 1)]


def _command(homes: int, folder: Path) -> list[str]:
    return python(
        *("-m", "forebay", "emulate", "--homes", str(homes), "--port", "0", "--state-dir", str(folder)),
        *("--start", "2026-06-21T12:00:00"),
    )


def _started_s(homes: int, folder: Path) -> float:
    began = time.perf_counter()
    with running(_command(homes, folder), "ready "):
        return time.perf_counter() - began


def _polled(
    process: subprocess.Popen[str], list_path: str, warm_s: float, seconds: float, core: int
) -> tuple[dict[str, Any], float, float]:
    """Return what the load tells, the share of a core that the server used, and its memory [MB]."""
    command = python("-m", "bench.swarm", list_path, str(EVERY_S), str(warm_s), str(seconds), str(core))
    with subprocess.Popen(command, env=environment(), stdout=subprocess.PIPE, text=True) as load:
        try:
            assert load.stdout is not None
            _expect(load.stdout.readline(), "measuring")
            before_s, began = cpu_s(process.pid), time.perf_counter()
            told = load.stdout.readline()
            busy = (cpu_s(process.pid) - before_s) / (time.perf_counter() - began)
            return json.loads(told), busy, memory_kb(process.pid)["Rss"] / 1000
        finally:
            load.kill()


def _expect(line: str, word: str) -> None:
    if line.strip() != word:
        raise RuntimeError(f"the load did not get so far; its last word is {line.strip()!r}")


def _asleep(homes: int, first_s: float, again_s: float, asleep_mb: float, idle: float) -> Table:
    table = Table(
        f"A fleet of {homes:,} homes, asleep",
        ["", "first start [s]", "later start [s]", "resident [MB]", "kB a home", "one core used [%]"],
    )
    table.add(
        "`forebay emulate --homes`",
        figure(first_s),
        figure(again_s),
        figure(asleep_mb),
        figure(asleep_mb * 1000 / homes),
        figure(100 * idle),
    )
    table.notes.append("The first start makes the certificates, later ones find them.")
    return table


def _awake(told: dict[str, Any], busy: float, awake_mb: float, two_cores: bool) -> Table:
    table = Table(
        f"The same, each polled every {EVERY_S:.0f} s on a kept-alive connection",
        [
            "homes",
            "polls/s",
            "p50 [ms]",
            "p99 [ms]",
            "worst [ms]",
            f"later than {EVERY_S:.0f} s",
            "wrong",
            "one core used [%]",
            "CPU per poll [µs]",
            "resident [MB]",
            f"÷ limit {MOST_MB:.0f} MB",
        ],
    )
    table.add(
        f"{told['homes']:,}",
        figure(told["per_s"]),
        figure(told["p50_ms"]),
        figure(told["p99_ms"]),
        figure(told["worst_ms"]),
        str(told["late"]),
        json.dumps(told["wrong"]) if told["wrong"] else "0",
        figure(100 * busy),
        figure(busy / told["per_s"] * 1e6),
        figure(awake_mb),
        figure(awake_mb / MOST_MB),
    )
    where = "on another core" if two_cores else "on the same core"
    table.notes.append(
        f"The server on one core, the load {where} ({figure(100 * told['load_core'])} % of it). Half of the homes are "
        "asked for aggregates, half for their charge. Every certificate and serial number was compared with the list, "
        "and every answer was decoded; time counts from the moment a poll was due. All homes were connected, logged in "
        f"and woken in {figure(told['connect_s'])} s."
    )
    return table
