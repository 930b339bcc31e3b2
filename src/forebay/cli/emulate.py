"""`forebay emulate`: be a gateway until interrupted."""

from __future__ import annotations

import argparse
import asyncio
import logging
from pathlib import Path

from forebay.cli.connect import log_to_stderr
from forebay.cli.output import note
from forebay.errors import ConfigError


def emulate(options: argparse.Namespace) -> int:
    """Serve an emulated home; print one line when it answers."""
    from forebay.emulator.build import build_device
    from forebay.emulator.library import HOMES, SCENARIOS, find_home, find_scenario
    from forebay.emulator.serve import Ready, serve
    from forebay.run import until_stopped

    log_to_stderr(options)
    hush_server()
    if options.replay is not None:
        from forebay.cli.replay import replay

        return replay(options, options.state_dir or default_state_dir())
    if options.moving_times:
        raise ConfigError("--moving-times is for --replay DIR: the times of a home that lives move anyhow")
    if options.list_homes or options.list_scenarios:
        for shelf, wanted in ((HOMES, options.list_homes), (SCENARIOS, options.list_scenarios)):
            for name in shelf.names() if wanted else ():
                print(f"{shelf.prefix}{name}\n    {shelf.about(name)}")
        return 0
    if options.homes is not None or (options.home is not None and Path(options.home).is_dir()):
        from forebay.cli.fleet import emulate_fleet

        return emulate_fleet(options, options.state_dir or default_state_dir())
    device = build_device(
        find_home(options.home),
        start=options.start,
        speed=options.speed,
        seed=options.seed,
        load_trace=options.load_trace,
        solar_trace=options.solar_trace,
        hold=True,
        firmware=options.firmware,
        password=options.password,
        scenarios=[find_scenario(named) for named in options.scenario],
        restricted=options.restricted,
    )
    if not device.release.is_profile:
        note(f"forebay: firmware {device.release.name} behaves as {device.profile.name}, the nearest known release")
    has_trace = bool(options.load_trace or options.solar_trace)
    waits = has_trace if options.hold is None else options.hold
    if waits:
        note("forebay: time stands still until somebody reads a meter (--no-hold lets it flow)")

    def ready(line: Ready) -> None:
        """Print the line; unless time waits for a reader, it begins at --start now."""
        print(line, flush=True)
        if not waits:
            device.clock.release()

    async def go() -> None:
        async with until_stopped() as stop:
            await serve(
                device,
                state_dir=options.state_dir or default_state_dir(),
                ready=ready,
                stop=stop,
                bind=options.bind or "127.0.0.1",
                port=options.port,
                control_port=options.control_port,
                http_port=options.http_port,
                server=options.server or "faithful",
                strict_names=options.strict_names,
            )

    asyncio.run(go())
    return 0


def hush_server() -> None:
    """Keep what broken clients do off stderr, where it would grow without end; our own failures have their own log."""
    logging.getLogger("uvicorn").setLevel(logging.CRITICAL)


def default_state_dir() -> Path:
    """Return where an emulated gateway keeps its certificate."""
    from forebay.client.statefile import default_state_dir as client_state_dir

    return client_state_dir() / "emulator"
