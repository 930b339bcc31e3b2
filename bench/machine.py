"""The machine and the releases that a run's numbers belong to."""

from __future__ import annotations

import os
import platform
import shutil
import ssl
import subprocess
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

_PACKAGES = ("forebay", "aiohttp", "tesla_powerwall", "pypowerwall", "msgspec", "uvicorn", "zttp")


def facts() -> list[str]:
    """Return one line for each thing that the numbers depend on."""
    memory_kb = _first_number(Path("/proc/meminfo"), "MemTotal")
    return [
        f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, load average {', '.join(f'{load:.1f}' for load in os.getloadavg())}",
        f"{os.cpu_count()} × {_cpu()}, {memory_kb / 1024 / 1024:.1f} GiB",
        f"{_system()}, Linux {platform.release()}, Python {platform.python_version()}, {ssl.OPENSSL_VERSION}",
        ", ".join(f"{name} {_version(name)}" for name in _PACKAGES),
        ", ".join(_tool(*command) for command in (("nginx", "-v"), ("wrk", "-v"), ("openssl", "version"))),
    ]


def parsed_version(text: str) -> str:
    """Return the first word of a program's words that looks like a version, else "?"."""
    words = text.replace("/", " ").split()
    return next((word for word in words if word[0].isdigit() and "." in word), "?")


def _cpu() -> str:
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def _system() -> str:
    try:
        return platform.freedesktop_os_release()["PRETTY_NAME"]
    except OSError:
        return platform.system()


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed" if name != "forebay" else "from this tree"


def _tool(program: str, option: str) -> str:
    if shutil.which(program) is None:
        return f"{program} missing"
    done = subprocess.run([program, option], capture_output=True, text=True, timeout=10, check=False)
    return f"{program} {parsed_version(done.stdout + done.stderr)}"


def _first_number(path: Path, key: str) -> int:
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith(key):
            return int(line.split()[1])
    return 0
