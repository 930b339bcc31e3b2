"""Take the picture of the gateway's own page from an emulated gateway that really runs.

`python -m tools.gateway_picture` writes docs/images/gateway-flow.png.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

PICTURE = Path(__file__).parents[1] / "docs" / "images" / "gateway-flow.png"
CHROMIUM = "/usr/bin/chromium"
START = "2026-06-21T11:40"
"""Local time at which the sun both runs the home and charges the Powerwall."""


def main() -> None:
    """Run a gateway of 1.40.2, whose flow is open to everybody, and look at it."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "forebay", "emulate", "--firmware", "1.40.2", "--port", "0", "--start", START]
        home = {**os.environ, "PYTHONPATH": "src", "XDG_STATE_HOME": folder, "HOME": folder}
        gateway = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=home)
        try:
            assert gateway.stdout is not None
            address = gateway.stdout.readline().split()[1]
            with sync_playwright() as play:
                browser = play.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
                context = browser.new_context(viewport={"width": 1280, "height": 720}, ignore_https_errors=True)
                page = context.new_page()
                page.goto(address)
                page.wait_for_selector("[data-state=live]")
                page.wait_for_timeout(2_500)
                page.screenshot(path=PICTURE)
                browser.close()
        finally:
            gateway.send_signal(signal.SIGINT)
            gateway.wait(20)


if __name__ == "__main__":
    main()
