"""`forebay up` records a gateway and shows it; `forebay demo` brings its own."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import logging
import tempfile
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from forebay.cli.connect import (
    access_file,
    log_to_stderr,
    need_host,
    open_gateway,
    password_source,
    record_path,
    settings_of,
)
from forebay.cli.output import note
from forebay.clock import SystemClock
from forebay.config import Settings, by_name
from forebay.wire import catalogue

if TYPE_CHECKING:
    from forebay.clock import Clock, ScaledClock
    from forebay.emulator.serve import Ready
    from forebay.recorder.asking import Caller
    from forebay.records.site import Site
    from forebay.wire.endpoint import Endpoint

R = TypeVar("R")

_FIRST_PACE, _MORNING_PACE = 60.0, 3_600.0
"""Emulated seconds in each second of the demo's morning: it begins slowly, so that the recorder sees no clock set."""
_LONGEST_STEP_S = 180.0
"""How far apart the readings of the demo's morning may be [s]."""


def up(options: argparse.Namespace) -> int:
    """Record the gateways and serve their dashboard until interrupted."""
    from forebay.run import House, Page, Recording, record_and_show, until_stopped
    from forebay.store.retention import Bound

    log_to_stderr(options, logging.INFO)
    settings = settings_of(options)
    known = by_name(settings) or {need_host(settings): settings.gateway}
    recording = Recording(
        db=record_path(options, settings),
        fast_s=settings.recorder.fast_s,
        slow_s=settings.recorder.slow_s,
        parts_s=settings.recorder.parts_s,
        flush_s=settings.store.flush_s,
        bound=Bound(settings.store.keep_days, settings.store.keep_mb),
        clock_source=options.clock or settings.recorder.clock,
        bind=options.page_bind or settings.page.bind,
        port=settings.page.port if options.page_port is None else options.page_port,
        notify=settings.notify,
        page=Page(
            access=access_file(settings),
            hosts=settings.page.hosts,
            prefix=settings.page.prefix,
            behind_tls=settings.page.behind_tls,
            certificate=settings.page.certificate,
            key=settings.page.key,
        ),
    )

    async def go() -> None:
        async with until_stopped() as stop, contextlib.AsyncExitStack() as stack:
            houses = []
            for name, one in known.items():
                password = password_source(options, name)
                password()  # what cannot be looked up at all is told at once
                opened = open_gateway(settings, one, password=password, login_may_stop=False)
                gateway = await stack.enter_async_context(opened)
                houses.append(House(gateway, name, one.host, one.site, facts_of(settings, name, one.site)))
            names = ", ".join(known)
            await record_and_show(
                houses,
                recording,
                stop=stop,
                ready=lambda url: print(f"ready {url} recording {names} into {recording.db}", flush=True),
            )

    asyncio.run(go())
    return 0


def facts_of(settings: Settings, name: str, site: str) -> Site:
    """Return what the owner has told of a gateway's site: under the site's name, the gateway's, or for all."""
    from forebay.records.ageing import Warranty
    from forebay.records.site import Site

    told = settings.sites.get(site) or settings.sites.get(name) or settings.site
    return Site(
        commissioned=told.commissioned,
        pack_nominal_wh=told.pack_kwh * 1000,
        warranty=Warranty(told.warranty_years, told.warranty_pct / 100),
        voltage_v=told.voltage_v,
        frequency_hz=told.frequency_hz,
        voltage_tolerance_pct=told.voltage_tolerance_pct,
        frequency_tolerance_hz=told.frequency_tolerance_hz,
    )


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
    from forebay.run import House, Recording, record_and_show, until_stopped

    home = Home()
    midnight = datetime.now(home.zone).replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None)
    device = build_device(home, start=midnight, speed=0, seed=options.seed)
    recording = Recording(db=folder / "forebay.db", clock_source="gateway", port=options.page_port)
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
                print(f"ready {url} shows an emulated home at {options.speed:g}×; Ctrl-C ends it", flush=True)
                note(f"Its gateway is {line.url} with password {device.password}, its control port {line.control_url}")

            async with (
                until_stopped() as stop,
                Gateway(address, device.password, fingerprint=line.fingerprint, state_dir=folder) as gateway,
            ):
                morning = Morning(gateway, device.clock, options.hours * 3600, options.speed)
                await record_and_show([House(morning, "demo")], recording, stop=stop, ready=ready)
        finally:
            gateway_stop.set()
            await emulated

    asyncio.run(go())
    return 0


class Morning:
    """Asks a gateway whose clock stands, and moves it on before each look at the meters.

    So the hours that have passed before somebody watches are recorded without
    a gap, on a slow computer too. After them time flows at `speed`.
    seconds: how much is lived through so [s]. real: the clock of the person who waits.
    """

    def __init__(
        self,
        gateway: Caller,
        clock: ScaledClock,
        seconds: float,
        speed: float,
        *,
        real: Clock | None = None,
    ) -> None:
        self._gateway = gateway
        self._clock = clock
        self._left_s = seconds
        self._speed = speed
        self._real = real or SystemClock()
        self._heard: datetime | None = None
        self._pace = _FIRST_PACE
        self._is_over = False

    async def call(self, row: Endpoint[None, R], /) -> R:
        """Return the row's model. Raises GatewayError."""
        if self._is_over or row.name != catalogue.AGGREGATES.name:
            return await self._gateway.call(row)
        if self._heard is not None:
            await self._move_on((self._real.now() - self._heard).total_seconds())
        model = await self._gateway.call(row)
        self._heard = self._real.now()
        if self._left_s <= 0:
            self._is_over = True
            self._clock.set_speed(self._speed)
        return model

    async def _move_on(self, passed_s: float) -> None:
        shortest_s = _LONGEST_STEP_S / _MORNING_PACE
        await self._real.sleep(shortest_s - passed_s)
        step_s = min(_LONGEST_STEP_S, self._left_s, self._pace * max(shortest_s, passed_s))
        self._clock.jump(step_s)
        self._left_s -= step_s
        self._pace = min(_MORNING_PACE, 1.5 * self._pace)


async def _first(answers: asyncio.Queue[Ready], task: asyncio.Task[None]) -> Ready:
    waiting = asyncio.create_task(answers.get())
    await asyncio.wait({waiting, task}, return_when=asyncio.FIRST_COMPLETED)
    if not waiting.done():
        waiting.cancel()
        task.result()
    return await waiting
