"""What a gateway does wrong is told on the page as a person sees it, each in one sentence with what to do."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.e2e.conftest import CHROMIUM, PASSWORD, Recorded

Record = Callable[..., Recorded]

TOLD: tuple[tuple[str, dict[str, Any], dict[str, Any] | None, str, str], ...] = (
    ("/sitemaster", {"run": False}, {"run": True}, "The power system is stopped", "Start it again"),
    ("/line", {"state": "refused"}, {"state": "open"}, "refused the connection on port", "gateway has power"),
    ("/line", {"state": "noise"}, {"state": "open"}, "TLS failed", "gateway has power"),
    ("/certificate", {"fresh": True}, None, "a certificate that is not the trusted one", "forebay trust"),
)


@pytest.mark.browser
def test_a_person_reads_what_is_wrong_with_the_gateway_and_what_to_do(record: Record, tmp_path: Path) -> None:
    if not CHROMIUM.exists():
        pytest.skip("Chromium is not installed: apt-get install chromium")
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed: pip install .[dev]")
    house = record("--control-port", "0")
    house.settle()
    flags = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=flags)
        page = browser.new_page()
        page.set_default_timeout(40_000)
        page.goto(house.page)
        page.get_by_text("Live, last reading").first.wait_for()
        for number, (verb, begin, end, words, advice) in enumerate(TOLD):
            house.move(verb, **begin)
            if end is None:  # who is connected has seen the old certificate
                house.move("/line", state="cut")
                house.move("/line", state="open")
            page.get_by_text(words).first.wait_for()
            page.get_by_text(advice).first.wait_for()
            page.screenshot(path=tmp_path / f"told-{number}.png")
            text = page.inner_text("body")
            assert "Traceback" not in text
            assert PASSWORD not in text
            if end is not None:
                house.move(verb, **end)
                page.get_by_text("Live, last reading").first.wait_for()
        browser.close()
