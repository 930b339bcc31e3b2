"""`forebay up` records a gateway and shows it; `forebay demo` brings its own."""

from __future__ import annotations

import argparse
import asyncio
import logging
import tempfile
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from forebay import config
from forebay.cli.connect import log_to_stderr, need_host, open_gateway, settings_of

if TYPE_CHECKING:
    from forebay.clock import ScaledClock
    from forebay.emulator.serve import Ready

MORNING_SPEED = 3_600.0
"""Speed at which the demo lives through the hours before it is watched."""
HEAD_START_S = 1.5
"""How long the demo's clock waits for the recorder, so that the day is recorded from its start [s]."""


def up(options: argparse.Namespace) -> int:
    """Record the gateway and serve its dashboard until interrupted."""
    from forebay.run import Recording, record_and_show, until_stopped

    log_to_stderr(options, logging.INFO)
    settings = settings_of(options)
    host = need_host(settings)
    recording = Recording(
        db=options.db or settings.store.path or config.default_store_path(),
        name=host,
        fast_s=settings.recorder.fast_s,
        slow_s=settings.recorder.slow_s,
        flush_s=settings.store.flush_s,
        clock_source=options.clock or settings.recorder.clock,
        bind=options.page_bind or settings.page.bind,
        port=settings.page.port if options.page_port is None else options.page_port,
    )

    async def go() -> None:
        async with until_stopped() as stop, open_gateway(settings) as gateway:
            await record_and_show(
                gateway,
                recording,
                stop=stop,
                ready=lambda url: print(f"ready {url} recording {host} into {recording.db}", flush=True),
            )

    asyncio.run(go())
    return 0


def demo(options: argparse.Namespace) -> int:
    """Emulate a home, record it and show it until interrupted."""
    log_to_stderr(options)
    if options.dir is not None:
        options.dir.mkdir(parents=True, exist_ok=True)
        return _demo(options, options.dir)
    with tempfile.TemporaryDirectory(prefix="forebay-demo-") as folder:
        return _demo(options, Path(folder))


def _demo(options: argparse.Namespace, folder: Path) -> int:
    from forebay.client.gateway import Gateway
    from forebay.emulator.build import build_device
    from forebay.emulator.home import Home
    from forebay.emulator.serve import serve
    from forebay.run import Recording, record_and_show, until_stopped

    home = Home()
    midnight = datetime.now(home.zone).replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None)
    device = build_device(home, start=midnight, speed=0, seed=options.seed)
    recording = Recording(db=folder / "forebay.db", name="demo", clock_source="gateway", port=options.page_port)
    answers: asyncio.Queue[Ready] = asyncio.Queue()

    async def go() -> None:
        gateway_stop = asyncio.Event()
        emulated = asyncio.create_task(
            serve(device, state_dir=folder, ready=answers.put_nowait, stop=gateway_stop, port=0, control_port=0)
        )
        try:
            line = await _first(answers, emulated)
            address = line.url.removeprefix("https://")

            def ready(url: str) -> None:
                print(
                    f"ready {url} shows an emulated home at {options.speed:g}×; "
                    f"gateway {line.url} password {device.password} control {line.control_url}; Ctrl-C ends it",
                    flush=True,
                )

            async with (
                until_stopped() as stop,
                Gateway(address, device.password, fingerprint=line.fingerprint, state_dir=folder) as gateway,
            ):
                morning = asyncio.create_task(_hasten(device.clock, options.hours, options.speed))
                try:
                    await record_and_show(gateway, recording, stop=stop, ready=ready)
                finally:
                    morning.cancel()
        finally:
            gateway_stop.set()
            await emulated

    asyncio.run(go())
    return 0


async def _hasten(clock: ScaledClock, hours: float, speed: float) -> None:
    """Live quickly through the first hours of the day, so that there is something to see."""
    until = clock.now() + timedelta(hours=hours)
    await asyncio.sleep(HEAD_START_S)
    for faster in (60.0, 600.0, max(speed, MORNING_SPEED)):  # by steps, so that the recorder keeps up
        clock.set_speed(faster)
        await asyncio.sleep(0.5)
    await clock.sleep((until - clock.now()).total_seconds())
    clock.set_speed(speed)


async def _first(answers: asyncio.Queue[Ready], task: asyncio.Task[None]) -> Ready:
    waiting = asyncio.create_task(answers.get())
    await asyncio.wait({waiting, task}, return_when=asyncio.FIRST_COMPLETED)
    if not waiting.done():
        waiting.cancel()
        task.result()
    return await waiting
