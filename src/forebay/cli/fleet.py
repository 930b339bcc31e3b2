"""`forebay emulate --homes N`: be many gateways until interrupted."""

from __future__ import annotations

import argparse
import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

from forebay.errors import ConfigError

if TYPE_CHECKING:
    from forebay.emulator.home import Home


def emulate_fleet(options: argparse.Namespace, state_dir: Path) -> int:
    """Serve a fleet of homes; print one line when all of them answer."""
    from forebay.emulator.build import Beginning, changed_home, read_traces
    from forebay.emulator.fleet import FIRST_ADDRESS, Fleet, first_address
    from forebay.emulator.fleet_serve import FleetReady, serve_fleet
    from forebay.emulator.library import find_scenario
    from forebay.run import until_stopped

    if options.http_port is not None:
        raise ConfigError("--http-port is for one home: leave it out with --homes or a folder of homes")
    homes = [
        (
            name,
            changed_home(home, firmware=options.firmware, password=options.password, restricted=options.restricted),
        )
        for name, home in described(options.home)
    ]
    load, solar = read_traces(options.load_trace, options.solar_trace)
    fleet = Fleet(
        homes,
        len(homes) if options.homes is None else options.homes,
        Beginning(
            start=options.start,
            speed=options.speed,
            hold=bool(options.hold),
            load=load,
            solar=solar,
            scenarios=tuple(find_scenario(named) for named in options.scenario),
        ),
        seed=options.seed,
        first=first_address(options.bind) if options.bind else FIRST_ADDRESS,
    )

    def ready(line: FleetReady) -> None:
        print(line, flush=True)

    async def go() -> None:
        async with until_stopped() as stop:
            await serve_fleet(
                fleet,
                state_dir=state_dir,
                ready=ready,
                stop=stop,
                port=options.port,
                control_port=options.control_port,
                server=options.server or "fast",
                strict_names=options.strict_names,
            )

    asyncio.run(go())
    return 0


def described(named: str | None) -> list[tuple[str, Home]]:
    """Return the home of a name or file, or those of a folder's files in the order of their names.

    Raises ConfigError naming a folder without homes, EmulatorError naming file and key.
    """
    from forebay.emulator.library import find_home

    if named is None or not Path(named).is_dir():
        return [(named or "the built-in home", find_home(named))]
    files = [str(file) for file in sorted(Path(named).glob("*.toml"))]
    if not files:
        raise ConfigError(f"{named}: no homes there: put HOME.toml files into the folder")
    return [(file, find_home(file)) for file in files]
