"""A planted home, captured: every private word of it is known, so that none may be found."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from forebay.client.capture import Round, redacted
from forebay.client.capturefiles import write
from forebay.client.gateway import Gateway
from forebay.clock import SystemClock
from forebay.emulator.build import build_device
from forebay.emulator.device import Device
from forebay.emulator.home import Home
from forebay.emulator.serve import Ready, serve
from forebay.wire.captured import Capture
from forebay.wire.firmware import LOGIN_NEEDS_USER, print_version

START = datetime(2026, 6, 21, 19, 0, 3, tzinfo=UTC)

PLANTED = {
    "site": {
        "name": "Wolpertinger Cottage",
        "timezone": "Europe/Vaduz",
        "latitude_deg": 47.1411,
        "longitude_deg": 9.5215,
    },
    "gateway": {"serial": "QZ7193VADUZ4", "password": "pass-Wolpertinger"},
    "owner": {"city": "Quixville", "state": "Zembla", "zip": "97531", "country": "Ruritania"},
    "installer": {
        "company": "Drax & Söhne <Solar>",
        "phone": "+43 699 1234 777",
        "email": "hugo.drax@moonraker.example",
    },
    "packs": [{"serial": "QP5557770001"}, {"serial": "QP5557770002"}],
}


def planted(firmware: str, **changes: Any) -> Home:
    """A home whose every private word is one of PLANTED."""
    tables = {**PLANTED, **changes}
    tables["gateway"] = {**tables["gateway"], "firmware": firmware}
    return msgspec.convert(tables, Home)


def words_of(device: Device) -> list[str]:
    """Every private word that this device may tell, read from the device and from what it was given."""
    given = device.home
    words = [
        given.site.name,
        given.site.timezone,
        str(given.site.latitude_deg),
        str(given.site.longitude_deg),
        device.password,
        given.owner.city,
        given.owner.state,
        given.owner.zip,
        given.owner.country,
        given.installer.company,
        given.installer.phone,
        given.installer.email,
        device.serial,
        device.meter_serial,
        device.sync_serial,
        device.sensor_id,
        device.site_uid,
        *device.pack_serials,
    ]
    return [word for word in words if word]


def open_answers(bodies: dict[str, Any]) -> list[str]:
    """The private words that raw answers hold besides: networks and their addresses."""
    found: list[str] = []
    for network in bodies.get("/api/networks/access_points") or ():
        found += [network["ssid"], network["bssid"]]
    for network in bodies.get("/api/networks") or ():
        link = network.get("iface_network_info") or {}
        found += [network.get("ip_address", ""), link.get("hw_address", ""), link.get("gateway", "")]
        name = network.get("network_name") or (network.get("config") or {}).get("network_name", "")
        found.append("" if name.startswith("default_") or name.endswith("_tesla_internal_default") else name)
    return [word for word in found if word and not word.startswith("192.168.9")]


Captured = Callable[..., Awaitable[tuple[Capture, dict[str, bytes], Round, Device]]]


@pytest.fixture
def captured(tmp_path: Path) -> Captured:
    """Serve a home, capture it, and return the index, the bodies, what was heard, and the device."""

    async def run(
        firmware: str = "21.44",
        *,
        home: Home | None = None,
        before: Callable[[Device], object] = lambda _: None,
        folder: Path | None = None,
        login: bool = True,
        **serving: Any,
    ) -> tuple[Capture, dict[str, bytes], Round, Device]:
        device = build_device(home or planted(firmware), start=START, speed=0)
        device.set_load_w(0)  # a log-in on 1.x stops the house, which it lets happen when nothing flows
        device.set_solar_w(0)
        before(device)
        ready: asyncio.Future[Ready] = asyncio.get_running_loop().create_future()
        stop = asyncio.Event()
        settings = {"port": 0, "state_dir": tmp_path / "certificates", **serving}
        task = asyncio.create_task(serve(device, ready=ready.set_result, stop=stop, **settings))
        futures: set[asyncio.Future[Any]] = {task, ready}
        await asyncio.wait(futures, return_when=asyncio.FIRST_COMPLETED)
        if task.done():
            await task
        try:
            return (
                *await capture_from(ready.result().url, _password(device) if login else None, tmp_path, folder),
                device,
            )
        finally:
            stop.set()
            await asyncio.wait_for(task, 5)

    return run


def _password(device: Device) -> str:
    """What opens this gateway: 1.15 knows one password only (A01)."""
    return device.password if LOGIN_NEEDS_USER.at(device.version) else f"S{device.serial}"


async def capture_from(
    url: str, password: str | None, state: Path, folder: Path | None = None
) -> tuple[Capture, dict[str, bytes], Round]:
    """Capture whatever answers at this address."""
    work = Round(SystemClock(), pause_s=0)
    async with Gateway(url, password, state_dir=state / "client", on_reply=work.heard) as gateway:
        version = await work.run(gateway)
    index, bodies = redacted(work.gathered, print_version(version))
    if folder is not None:
        write(folder, index, bodies)
    return index, bodies, work
