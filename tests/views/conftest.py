"""A store with a morning in it, the dashboard over it, and a way to ask that dashboard."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette

from forebay.clock import SimClock
from forebay.records.reading import Reading, SlowReading
from forebay.records.tempo import Tempo
from forebay.store import Store
from forebay.store.state import Connection
from forebay.views.web import build

MIDNIGHT = datetime(2026, 6, 21, 7, tzinfo=UTC)
"""In Los Angeles."""


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path / "forebay.db") as opened:
        yield opened


@pytest.fixture
def clock() -> SimClock:
    return SimClock(MIDNIGHT + timedelta(hours=13, seconds=2))


@pytest.fixture
def static(tmp_path: Path) -> Path:
    folder = tmp_path / "static"
    (folder / "assets").mkdir(parents=True)
    (folder / "index.html").write_text("<!doctype html><title>forebay</title>")
    (folder / "assets" / "index-abc123.js").write_text("1")
    (folder / "assets" / "font.woff2").write_text("1")
    (folder / "icon.svg").write_text("<svg/>")
    (tmp_path / "secret.txt").write_text("secret")
    return folder


@pytest.fixture
def app(store: Store, clock: SimClock, static: Path) -> Starlette:
    return build(store, clock=clock, static_dir=static)


class Client:
    """Asks an application as a browser would, without a network."""

    def __init__(self, app: Starlette, base_url: str = "http://127.0.0.1:8080") -> None:
        self._app = app
        self._base_url = base_url

    def request(self, method: str, path: str, headers: dict[str, str] | None = None) -> httpx.Response:
        async def ask() -> httpx.Response:
            transport = httpx.ASGITransport(self._app, raise_app_exceptions=False)
            async with httpx.AsyncClient(transport=transport, base_url=self._base_url) as client:
                return await client.request(method, path, headers=headers)

        return asyncio.run(ask())

    def get(self, path: str, headers: dict[str, str] | None = None) -> httpx.Response:
        return self.request("GET", path, headers)

    def head(self, path: str) -> httpx.Response:
        return self.request("HEAD", path)


@pytest.fixture
def make_client() -> Callable[[Starlette], Client]:
    return Client


@pytest.fixture
def client(app: Starlette) -> Client:
    return Client(app)


@pytest.fixture
def record_morning(store: Store, clock: SimClock) -> Callable[[], int]:
    def record() -> int:
        """Record thirteen hours from midnight, every minute, and one gap; return the gateway's id."""
        i = store.gateway_id("gateway")
        store.identify(i, site_name="Home Energy Gateway", timezone="America/Los_Angeles")
        for minute in range(13 * 60 + 1):
            if 300 < minute < 344:
                continue
            hours = minute / 60
            store.append(
                i,
                Reading(
                    at=MIDNIGHT + timedelta(minutes=minute),
                    solar_power_w=3210.0,
                    load_power_w=840.0,
                    battery_power_w=-2000.0,
                    site_power_w=-370.0,
                    solar_export_wh=5e6 + 3210 * hours,
                    solar_import_wh=100.0,
                    load_wh=6e6 + 840 * hours,
                    battery_charge_wh=7e6 + 2000 * hours,
                    battery_discharge_wh=6e5,
                    site_export_wh=3e6 + 370 * hours,
                    site_import_wh=4e6,
                    charge_wire_pct=63.1,
                    grid_state="SystemGridConnected",
                ),
            )
        store.append_slow(
            i,
            SlowReading(
                at=MIDNIGHT + timedelta(hours=13),
                firmware="21.44 b7d20c5e",
                pack_full_wh=13_500.0,
                pack_remaining_wh=8_500.0,
                operation_mode="self_consumption",
                reserve_wire_pct=24.0,
            ),
        )
        store.set_tempo(i, Tempo("system", 1.0, clock.now(), clock.now()))
        store.set_connection(i, Connection("live", MIDNIGHT))
        return i

    return record
