"""`forebay emulate --replay`: serve what a gateway once told."""

from __future__ import annotations

import argparse
import asyncio
from pathlib import Path

from forebay.cli.output import note
from forebay.errors import ConfigError

NOT_WITH: tuple[tuple[str, object, str], ...] = (
    ("home", None, "HOME.toml"),
    ("homes", None, "--homes"),
    ("firmware", None, "--firmware"),
    ("restricted", None, "--restricted"),
    ("speed", 1.0, "--speed"),
    ("start", None, "--start"),
    ("seed", 1, "--seed"),
    ("load_trace", None, "--load-trace"),
    ("solar_trace", None, "--solar-trace"),
    ("control_port", None, "--control-port"),
    ("server", None, "--server"),
    ("hold", None, "--hold"),
    ("scenario", [], "--scenario"),
)
"""Options of a home that lives: name, value when not given, how it is written."""


def replay(options: argparse.Namespace, state_dir: Path) -> int:
    """Serve a stored capture; print one line when it answers."""
    from forebay.emulator.replay import load
    from forebay.emulator.replay_serve import serve_replay
    from forebay.run import until_stopped

    for name, usual, written in NOT_WITH:
        if getattr(options, name, usual) != usual:
            raise ConfigError(f"{written} is for a home that lives; what --replay serves does not")
    recording = load(options.replay)
    for missing in recording.index.missing:
        note(f"forebay: the capture lacks {missing.path}: {missing.reason}")

    async def go() -> None:
        async with until_stopped() as stop:
            await serve_replay(
                recording,
                state_dir=state_dir,
                ready=lambda line: print(line, flush=True),
                stop=stop,
                bind=options.bind or "127.0.0.1",
                port=options.port,
                http_port=options.http_port,
                strict_names=options.strict_names,
                password=options.password,
                moves_time=options.moving_times,
            )

    asyncio.run(go())
    return 0
