"""The emulator: requests per second over TLS, beside nginx and a single-threaded simulator."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Callable
from pathlib import Path

from bench import nginx
from bench.gateway import AGGREGATES, Emulated, body_of, emulated
from bench.load import CLIENTS, CONNECTIONS, Rate, Target, kept_alive, one_handshake_each
from bench.processes import python, running
from bench.report import Missing, Table
from bench.stats import ratios, rotated, spread

PYPOWERWALL_SIMULATOR_PER_S = 120
"""Requests/s that pypowerwall's simulator was seen to give, one handshake each."""

SIMULATOR_GOAL, NGINX_GOAL = 40, 0.25
"""What the fast server is to be worth: so many of the simulator, and this share of nginx."""

ROUNDS = 7
SECONDS = 2
STAND_IN = "stand-in for pypowerwall's simulator"
NGINX = "nginx, static file"

Measure = Callable[[Target], Rate]


def run(quick: bool = False) -> list[Table]:
    """Measure both servers of the emulator on two releases."""
    rounds, seconds = (2, 1) if quick else (ROUNDS, SECONDS)
    keeping = Table(
        f"Emulator: kept alive (wrk, 1 thread, {CONNECTIONS} connections)",
        [
            "",
            "requests/s",
            "server CPU per request [µs]",
            f"÷ stand-in (goal {SIMULATOR_GOAL})",
            f"÷ nginx (goal {NGINX_GOAL})",
            "CPU ÷ nginx",
        ],
    )
    shaking = Table(
        f"Emulator: one full handshake each (openssl s_time, {CLIENTS} clients)",
        [
            "",
            "requests/s",
            "server CPU per request [µs]",
            f"÷ {PYPOWERWALL_SIMULATOR_PER_S}/s",
            "÷ stand-in",
            "CPU ÷ stand-in",
            "÷ nginx",
        ],
    )
    with tempfile.TemporaryDirectory(prefix="forebay-bench-") as name, contextlib.ExitStack() as opened:
        targets = _servers(opened, Path(name), (keeping, shaking))
        body_bytes = len((Path(name) / "body").read_bytes())
        _kept_alive(keeping, targets, rounds, seconds)
        _handshakes(shaking, targets, rounds, seconds, body_bytes)
    said = f"{rounds} rounds in turn, {seconds} s each; median of the rounds (middle half); body of {body_bytes} bytes."
    keeping.notes.append(
        f"{said} nginx: TLS 1.3, one worker, same certificate, same machine as the load. The stand-in for "
        "pypowerwall's simulator closes after each answer, so each of its requests has a handshake (openssl s_time)."
    )
    shaking.notes.append(
        f"{said} The stand-in is Python's `http.server` with a TLS listening socket, one thread, closing after each "
        f"answer, with the same certificate and body; {PYPOWERWALL_SIMULATOR_PER_S}/s: pypowerwall's own, elsewhere."
    )
    return [keeping, shaking]


def _servers(opened: contextlib.ExitStack, folder: Path, tables: tuple[Table, Table]) -> dict[str, Target]:
    targets: dict[str, Target] = {}
    first: Emulated | None = None
    for firmware in ("21.44", "1.40.2"):
        for server in ("faithful", "fast"):
            home = folder / f"{server}-{firmware}"
            home.mkdir()
            gateway = opened.enter_context(emulated(home, server=server, firmware=firmware))
            first = first or gateway
            credentials = "Bearer" if gateway.token else "no login"
            targets[f"forebay {server}, {firmware}, {credentials}"] = Target(
                gateway.pid, gateway.port, AGGREGATES, gateway.headers
            )
    assert first is not None
    (folder / "body").write_bytes(body_of(first))
    command = python("-m", "bench.stand_in", str(first.certificate), str(first.key), str(folder / "body"))
    process, line = opened.enter_context(running(command, "ready "))
    targets[STAND_IN] = Target(process.pid, int(line.split()[1]), AGGREGATES, {})
    try:
        pid, port = opened.enter_context(
            nginx.serving(folder / "nginx", (folder / "body").read_bytes(), first.certificate, first.key)
        )
    except Missing as exc:
        for table in tables:
            table.skip("nginx", exc)
    else:
        targets[NGINX] = Target(pid, port, nginx.PATH, {})
    return targets


def _measured(targets: dict[str, Target], rounds: int, measure: Measure) -> dict[str, list[Rate]]:
    results: dict[str, list[Rate]] = {name: [] for name in targets}
    for order in rotated(list(targets), rounds):
        for name in order:
            results[name].append(measure(targets[name]))
    return results


def _kept_alive(table: Table, targets: dict[str, Target], rounds: int, seconds: int) -> None:
    simulator = targets[STAND_IN]

    def measure(target: Target) -> Rate:
        return one_handshake_each(target, seconds, 0) if target is simulator else kept_alive(target, seconds)

    try:
        results = _measured(targets, rounds, measure)
    except Missing as exc:
        table.skip("all of it", exc)
        return
    for name, rates in results.items():
        peers = results.get(NGINX)
        table.add(name, *_own(rates), _over(rates, results[STAND_IN]), _over(rates, peers), _cpu_over(rates, peers))


def _handshakes(table: Table, targets: dict[str, Target], rounds: int, seconds: int, body_bytes: int) -> None:
    try:
        results = _measured(targets, rounds, lambda target: one_handshake_each(target, seconds, body_bytes // 2))
    except Missing as exc:
        table.skip("all of it", exc)
        return
    for name, rates in results.items():
        named = [rate.per_s / PYPOWERWALL_SIMULATOR_PER_S for rate in rates]
        table.add(
            name,
            *_own(rates),
            spread(named).text(),
            _over(rates, results[STAND_IN]),
            _cpu_over(rates, results[STAND_IN]),
            _over(rates, results.get(NGINX)),
        )


def _own(rates: list[Rate]) -> tuple[str, str]:
    return spread([rate.per_s for rate in rates]).text(), spread([rate.cpu_us for rate in rates]).text()


def _over(rates: list[Rate], peers: list[Rate] | None) -> str:
    if peers is None:
        return "–"
    return spread(ratios([rate.per_s for rate in rates], [peer.per_s for peer in peers])).text()


def _cpu_over(rates: list[Rate], peers: list[Rate] | None) -> str:
    if peers is None:
        return "–"
    return spread(ratios([rate.cpu_us for rate in rates], [peer.cpu_us for peer in peers])).text()
