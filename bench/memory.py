"""Memory of the demo: emulator, client, recorder, store and page in one process, with one viewer."""

from __future__ import annotations

import contextlib
import http.client
import threading
import time
from collections.abc import Iterator
from urllib.parse import urlsplit

from bench.processes import memory_kb, python, running
from bench.report import Table
from bench.stats import Spread, figure, ratios, spread

SECONDS = 40.0
EVERY_S = 0.5
RUNS = 2
STEADY_PART = 0.25
"""The last part of the samples, which counts as steady."""

LIMIT = "imports alone"
_LIBRARIES = (
    "import aiohttp, uvicorn, google.protobuf.message, google.protobuf.descriptor_pool, "
    "cryptography.x509, cryptography.hazmat.primitives.asymmetric.ec"
)
_IMPORTS = f"{_LIBRARIES}\nprint('ready', flush=True)\nimport time\ntime.sleep(60)"


def run(quick: bool = False) -> list[Table]:
    """Watch the demo while one viewer looks at its page."""
    table = Table(
        "Memory of `forebay demo`, one viewer",
        ["", "peak RSS [MiB]", "steady RSS [MiB]", "steady PSS [MiB]", f"steady RSS ÷ {LIMIT}"],
    )
    seconds = 10.0 if quick else SECONDS
    limits, peaks, steadies, shares, growths, events = [], [], [], [], [], 0
    for _ in range(1 if quick else RUNS):
        limits.append(_imports_kb())
        samples, seen = _demo(seconds)
        rss = [sample["Rss"] / 1024 for sample in samples]
        peaks.append(max(rss))
        steadies.append(steady(rss).median)
        shares.append(steady([sample["Pss"] / 1024 for sample in samples]).median)
        growths.append(growth(rss))
        events += seen
    limit_rss = [limit["Rss"] / 1024 for limit in limits]
    limit_pss = [limit["Pss"] / 1024 for limit in limits]
    table.add(
        "`forebay demo`",
        spread(peaks).text(),
        spread(steadies).text(),
        spread(shares).text(),
        spread(ratios(steadies, limit_rss)).text(),
    )
    name = f"{LIMIT}: aiohttp, uvicorn, protobuf, cryptography"
    table.add(name, "–", spread(limit_rss).text(), spread(limit_pss).text(), "1")
    table.notes.append(
        f"Runs: {len(peaks)}, of {seconds:.0f} s at 60×, sampled every {EVERY_S} s, summed over the process and its "
        f"children; steady: median of the last quarter. The viewer read {events} live events. From the third to the "
        f"last quarter it grew by {figure(spread(growths).median)} MiB."
    )
    return [table]


def steady(values: list[float]) -> Spread:
    """Return the spread of the last quarter of the samples."""
    return spread(values[-max(1, int(len(values) * STEADY_PART)) :])


def growth(values: list[float]) -> float:
    """Return how far the last quarter's median lies above the third quarter's."""
    quarter = max(1, int(len(values) * STEADY_PART))
    return spread(values[-quarter:]).median - spread(values[-2 * quarter : -quarter]).median


def _imports_kb() -> dict[str, int]:
    with running(python("-c", _IMPORTS), "ready") as (process, _):
        return memory_kb(process.pid)


def _demo(seconds: float) -> tuple[list[dict[str, int]], int]:
    with running(python("-m", "forebay", "demo", "--page-port", "0"), "ready ") as (process, line):
        page = urlsplit(line.split()[1])
        assert page.hostname is not None
        assert page.port is not None
        with _viewer(page.hostname, page.port) as events:
            samples, until = [], time.monotonic() + seconds
            while time.monotonic() < until:
                samples.append(memory_kb(process.pid))
                time.sleep(EVERY_S)
            return samples, len(events)


@contextlib.contextmanager
def _viewer(host: str, port: int) -> Iterator[list[bytes]]:
    """Read what the page reads, then its live events until the block ends; give the events' lines."""
    for path in ("/", "/api/now", "/api/day", "/api/days?last=14"):
        with contextlib.closing(http.client.HTTPConnection(host, port, timeout=10)) as connection:
            connection.request("GET", path)
            connection.getresponse().read()
    live = http.client.HTTPConnection(host, port, timeout=30)
    live.request("GET", "/api/events")
    answer = live.getresponse()
    assert answer.status == http.client.OK, answer.status
    events: list[bytes] = []
    ended = threading.Event()

    def read() -> None:
        with contextlib.suppress(OSError, ValueError, http.client.HTTPException):
            while not ended.is_set() and (line := answer.readline()):
                if line.startswith(b"event: now"):
                    events.append(line)

    reader = threading.Thread(target=read, daemon=True)
    reader.start()
    try:
        yield events
    finally:
        ended.set()
        reader.join(5)
        live.close()
