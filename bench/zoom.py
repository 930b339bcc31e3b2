"""From the turn of the wheel to the drawn chart, a year down to five seconds, in a browser over a year's record."""

from __future__ import annotations

import math
import random
import socket
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from importlib import import_module
from pathlib import Path
from typing import Any

from bench.report import Table
from bench.stats import spread
from forebay.clock import SimClock
from forebay.records.reading import Reading
from forebay.store import Store
from forebay.views.web import build, stop_streams
from forebay.views.web.pages import STATIC

LIMIT_MS = 100.0
"""Up to this a change is taken for the hand's own [ms]."""
CHROMIUM = Path("/usr/bin/chromium")
START = datetime(2025, 6, 1, 7, tzinfo=UTC)
_NAME = "From the wheel to the drawn chart"
_TURNS, _PAUSE_MS = 24, 300
_WATCH = """() => {
  window.frames_ms = [];
  const chart = document.querySelector(".chart");
  addEventListener("wheel", () => {
    const began = performance.now();
    const before = chart.getAttribute("aria-label");
    const look = () => requestAnimationFrame(() => {
      if (chart.getAttribute("aria-label") === before) {
        if (performance.now() - began < 2000) look();
      } else requestAnimationFrame(() => window.frames_ms.push(performance.now() - began));
    });
    look();
  }, { capture: true, passive: true });
}"""
_ASKED = """() => performance.getEntriesByType("resource").filter((entry) => entry.name.includes("/api/series"))
  .map((entry) => entry.duration)"""


def run(quick: bool = False) -> list[Table]:
    """Record a year by the minute, open the page in Chromium, turn the wheel; skipped where there is no browser."""
    table = Table(_NAME, ["", "median (middle half) [ms]", f"÷ limit {LIMIT_MS:.0f} ms"])
    try:
        playwright = import_module("playwright.sync_api").sync_playwright
    except ModuleNotFoundError:
        table.skip("the browser", "playwright is not installed (pip install .[dev])")
        return [table]
    if not CHROMIUM.exists() or not (STATIC / "index.html").is_file():
        table.skip("the browser", "Chromium (apt-get install chromium) or the built page (make page) is missing")
        return [table]
    days = 20 if quick else 365
    with tempfile.TemporaryDirectory() as folder, _served(Path(folder), days) as address, playwright() as started:
        frames_ms, answers_ms = _turned(started, address)
    for name, values in (("a frame that shows the new span", frames_ms), ("an answer at its own step", answers_ms)):
        middle = spread(values)
        table.add(name, middle.text(), f"{middle.median / LIMIT_MS:.2f}")
    table.notes.append(f"{days} days, a reading a minute; {_TURNS} turns of the wheel from all of it to five seconds.")
    table.notes.append("What is at hand is drawn at once, stretched; the answer at its own step replaces it.")
    return [table]


def _turned(started: Any, address: str) -> tuple[list[float], list[float]]:
    browser = started.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox", "--disable-gpu"])
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.goto(address)
    page.wait_for_selector(".chart canvas")
    page.wait_for_timeout(1000)
    for _ in range(12):
        page.click("[aria-label='Longer span']")
        page.wait_for_timeout(150)
    page.wait_for_timeout(1500)
    box = page.locator(".chart .u-over").first.bounding_box()
    page.mouse.move(box["x"] + box["width"] * 0.6, box["y"] + 60)
    page.evaluate(_WATCH)
    page.wait_for_timeout(500)
    before = len(page.evaluate(_ASKED))
    for _ in range(_TURNS):
        page.mouse.wheel(0, -450)
        page.wait_for_timeout(_PAUSE_MS)
    page.wait_for_timeout(1000)
    frames_ms, answers_ms = page.evaluate("window.frames_ms"), page.evaluate(_ASKED)[before:]
    browser.close()
    return frames_ms, answers_ms


@contextmanager
def _served(folder: Path, days: int) -> Iterator[str]:
    """Serve the page over a record of so many days; give its address."""
    uvicorn = import_module("uvicorn")
    with Store.open(folder / "forebay.db") as store:
        end = _record(store, days)
        app = build(store, clock=SimClock(end + timedelta(seconds=2)))
        listener = socket.socket()
        listener.bind(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(app, log_level="error", lifespan="off"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}/"
        finally:
            stop_streams(app)
            server.should_exit = True
            thread.join(10)
            listener.close()


def _record(store: Store, days: int) -> datetime:
    """Record a made-up house by the minute; gives the last reading's time."""
    gateway = store.gateway_id("home")
    store.identify(gateway, site_name="Home", timezone="America/Los_Angeles")
    dice, sun_wh, home_wh, site_wh = random.Random(1), 0.0, 0.0, 0.0
    at = START
    for minute in range(days * 1440):
        at = START + timedelta(minutes=minute)
        hour = minute / 60 % 24
        sun_w = max(0.0, 5000 * math.sin(math.pi * (hour - 6) / 12)) * dice.uniform(0.6, 1.0)
        home_w = 400 + 1800 * math.exp(-(((hour - 19) / 1.2) ** 2)) + dice.gauss(0, 40)
        sun_wh, home_wh, site_wh = sun_wh + sun_w / 60, home_wh + home_w / 60, site_wh + max(0.0, home_w - sun_w) / 60
        store.append(
            gateway,
            Reading(
                at=at,
                solar_power_w=sun_w,
                load_power_w=home_w,
                battery_power_w=0.0,
                site_power_w=home_w - sun_w,
                solar_export_wh=sun_wh,
                load_wh=home_wh,
                site_import_wh=site_wh,
                charge_wire_pct=50.0,
            ),
        )
    store.flush()
    return at
