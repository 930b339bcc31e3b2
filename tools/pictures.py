"""Take the README's pictures of the page from a demo that really runs.

`python -m tools.pictures` writes docs/images/now-light.png and now-dark.png.
The demo lives through the hours before in even steps, and at 60× while it is looked at.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from datetime import datetime
from pathlib import Path
from typing import Literal
from urllib.request import urlopen
from zoneinfo import ZoneInfo

from playwright.sync_api import sync_playwright

FOLDER = Path(__file__).parents[1] / "docs" / "images"
CHROMIUM = "/usr/bin/chromium"
HOUR = 14.5
"""Local hour of the emulated day at which the pictures are taken."""


def address_of(demo: subprocess.Popen[str]) -> str:
    """Return the page's address, which the demo's line names."""
    assert demo.stdout is not None
    return demo.stdout.readline().split()[1]


def hour_at(address: str) -> float | None:
    """Return the local hour that the page shows, None before the first reading."""
    with urlopen(f"{address}api/now", timeout=10) as answer:
        now = json.load(answer)
    if now["at"] is None:
        return None
    local = datetime.fromisoformat(now["at"]).astimezone(ZoneInfo(now["timezone"]))
    return local.hour + local.minute / 60


def take(address: str) -> None:
    """Take both pictures."""
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        schemes: tuple[Literal["light", "dark"], ...] = ("light", "dark")
        for scheme in schemes:
            page = browser.new_page(viewport={"width": 1280, "height": 860}, color_scheme=scheme)
            page.goto(address)
            page.wait_for_timeout(3_000)
            page.screenshot(path=FOLDER / f"now-{scheme}.png")
        browser.close()


def main() -> None:
    """Run the demo, take the pictures, end the demo."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "forebay", "demo", "--hours", str(HOUR), "--page-port", "0"]
        demo = subprocess.Popen(
            [*command, "--dir", folder], stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": "src"}
        )
        try:
            address = address_of(demo)
            while (hour_at(address) or 0.0) < HOUR:
                time.sleep(1)
            time.sleep(5)  # until the pace that the page shows is the new one
            take(address)
        finally:
            demo.send_signal(signal.SIGINT)
            demo.wait(20)


if __name__ == "__main__":
    main()
