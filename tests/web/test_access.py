"""The page passes axe, in both colours and in every state; its own unit tests pass too."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from tests.web.axe import axe_of

if TYPE_CHECKING:
    from playwright.sync_api import Browser
    from tests.web.conftest import Stub

WEB = Path(__file__).parents[2] / "web"


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("state", ["live", "down", "table", "zoomed", "together"])
def test_axe_finds_nothing(browser: Browser, stub: Stub, scheme: Any, state: str) -> None:
    context = browser.new_context(viewport={"width": 1280, "height": 900}, color_scheme=scheme)
    page = context.new_page()
    if state == "down":
        stub.now["connection"] |= {"state": "down", "words": "The gateway does not answer.", "advice": "Look at it."}
    if state == "together":
        one = {"name": "house", "site": "Home", "is_recorded": True, "words": "Live."}
        rows = [one, {**one, "name": "barn"}]
        group = {"name": "+", "title": "All gateways", "gateways": ["house", "barn"]}
        stub.answers["gateways"] = {"gateways": rows, "together": [group]}
        stub.now |= {"gateways": ["house", "barn"], "missing": ["barn"]}
    page.goto(stub.address)
    page.wait_for_selector(".chart canvas")
    if state == "zoomed":
        page.focus(".chart")
        page.keyboard.press("+")
        page.keyboard.press("Home")
    if state == "together":
        page.wait_for_selector(".gateways li")
    if state == "table":
        page.click("text=Show as a table")

    found = axe_of(page)
    context.close()
    assert found == []


def test_the_pages_own_tests_pass() -> None:
    if not (WEB / "node_modules/vitest").is_dir():
        pytest.skip("vitest is not installed: npm ci in web/")
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("npm is not installed")

    done = subprocess.run([npm, "test"], cwd=WEB, capture_output=True, text=True, timeout=180, check=False)

    assert done.returncode == 0, done.stdout + done.stderr


def test_the_lock_file_names_no_address_and_has_a_hash_for_every_package() -> None:
    text = (WEB / "package-lock.json").read_text("utf-8")
    packages = {name: entry for name, entry in json.loads(text)["packages"].items() if name}

    assert "http" not in text
    assert "resolved" not in text
    assert [name for name, entry in packages.items() if "integrity" not in entry] == []
