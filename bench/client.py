"""The client: time and processor time of a call, beside raw aiohttp and tesla_powerwall.

All of them talk to one emulated gateway in another process, over connections
kept alive, in turns of the same event loop.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import importlib
import json
import tempfile
import time
import warnings
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp

from bench.gateway import AGGREGATES, PASSWORD, Emulated, emulated
from bench.report import Missing, Table
from bench.stats import percentile, ratios, rotated, spread
from forebay import Gateway, catalogue

Call = Callable[[], Awaitable[object]]

ROUNDS = 15
CALLS = 100
WARM_UP = 30
FAST_PATHS = (AGGREGATES, "/api/system_status/soe", "/api/system_status/grid_status")
FAST_ROWS = (catalogue.AGGREGATES, catalogue.STATE_OF_ENERGY, catalogue.GRID_STATUS)


@dataclass(slots=True)
class Measured:
    """What each round gave for one contender. cpu_us: for each call; the rest: percentiles [µs]."""

    p50_us: list[float] = field(default_factory=list)
    p90_us: list[float] = field(default_factory=list)
    p99_us: list[float] = field(default_factory=list)
    cpu_us: list[float] = field(default_factory=list)


def run(quick: bool = False) -> list[Table]:
    """Measure one row and the three fast rows."""
    with tempfile.TemporaryDirectory(prefix="forebay-bench-") as folder:
        (Path(folder) / "gateway").mkdir()
        with emulated(Path(folder) / "gateway", server="fast") as gateway:
            return asyncio.run(_both(gateway, Path(folder), 3 if quick else ROUNDS))


async def _both(gateway: Emulated, folder: Path, rounds: int) -> list[Table]:
    one = Table("Client: one row, `/api/meters/aggregates`", _columns("raw aiohttp"))
    three = Table("Client: the three fast rows (aggregates, charge, grid)", _columns("raw aiohttp, in turn"))
    async with contextlib.AsyncExitStack() as opened:
        get = await _raw(opened, gateway)
        forebay = await opened.enter_async_context(
            Gateway(
                f"{gateway.host}:{gateway.port}",
                PASSWORD,
                fingerprint=gateway.fingerprint,
                state_dir=folder / "client",
            )
        )
        singles: dict[str, Call] = {
            "raw aiohttp": lambda: get(AGGREGATES),
            "forebay `call`": lambda: forebay.call(catalogue.AGGREGATES),
        }

        async def in_turn() -> None:
            for path in FAST_PATHS:
                await get(path)

        triples: dict[str, Call] = {
            "raw aiohttp, in turn": in_turn,
            "raw aiohttp, at once": lambda: asyncio.gather(*(get(path) for path in FAST_PATHS)),
            "forebay `snapshot`": lambda: forebay.snapshot(FAST_ROWS),
        }
        try:
            singles["tesla_powerwall"], triples["tesla_powerwall"] = await _tesla_powerwall(opened, gateway)
        except Missing as exc:
            one.skip("tesla_powerwall", exc)
            three.skip("tesla_powerwall", exc)
        _fill(one, await _measure(singles, rounds), "raw aiohttp")
        _fill(three, await _measure(triples, rounds), "raw aiohttp, in turn")
    one.notes.append(
        f"{rounds} rounds in turn, {CALLS} calls each; median of the rounds (middle half). Raw aiohttp: pinned "
        "fingerprint, `json.loads`, no types. tesla_powerwall: `get_meters()`, certificate not checked."
    )
    three.notes.append("tesla_powerwall: `get_meters()`, `get_charge()`, `get_grid_status()`, as its README does.")
    return [one, three]


def _columns(peer: str) -> list[str]:
    return ["", "p50 [µs]", "p90 [µs]", "p99 [µs]", "CPU per call [µs]", f"p50 ÷ {peer}", f"CPU ÷ {peer}"]


async def _raw(opened: contextlib.AsyncExitStack, gateway: Emulated) -> Callable[[str], Awaitable[object]]:
    session = await opened.enter_async_context(aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()))
    pin = aiohttp.Fingerprint(bytes.fromhex(gateway.fingerprint.replace(":", "")))
    base = f"https://{gateway.host}:{gateway.port}"

    async def get(path: str) -> object:
        async with session.get(base + path, headers=gateway.headers, ssl=pin) as answer:
            return json.loads(await answer.read())

    return get


async def _tesla_powerwall(opened: contextlib.AsyncExitStack, gateway: Emulated) -> tuple[Call, Call]:
    try:
        library: Any = importlib.import_module("tesla_powerwall")
    except ImportError as exc:
        raise Missing("not installed (pip install tesla_powerwall)") from exc
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # its own use of aiohttp
        powerwall: Any = await opened.enter_async_context(library.Powerwall(f"https://{gateway.host}:{gateway.port}"))
        await powerwall.login(PASSWORD)

    async def three() -> None:
        await powerwall.get_meters()
        await powerwall.get_charge()
        await powerwall.get_grid_status()

    return powerwall.get_meters, three


async def _measure(contenders: dict[str, Call], rounds: int) -> dict[str, Measured]:
    results = {name: Measured() for name in contenders}
    for call in contenders.values():
        for _ in range(WARM_UP):
            await call()
    for order in rotated(list(contenders), rounds):
        for name in order:
            await _round(contenders[name], results[name])
    return results


async def _round(call: Call, into: Measured) -> None:
    gc.collect()
    took_us = []
    cpu_began = time.process_time_ns()
    for _ in range(CALLS):
        began = time.perf_counter_ns()
        await call()
        took_us.append((time.perf_counter_ns() - began) / 1000)
    into.cpu_us.append((time.process_time_ns() - cpu_began) / 1000 / CALLS)
    into.p50_us.append(percentile(took_us, 50))
    into.p90_us.append(percentile(took_us, 90))
    into.p99_us.append(percentile(took_us, 99))


def _fill(table: Table, results: dict[str, Measured], peer: str) -> None:
    base = results[peer]
    for name, one in results.items():
        table.add(
            name,
            spread(one.p50_us).text(),
            spread(one.p90_us).text(),
            spread(one.p99_us).text(),
            spread(one.cpu_us).text(),
            spread(ratios(one.p50_us, base.p50_us)).text(),
            spread(ratios(one.cpu_us, base.cpu_us)).text(),
        )
