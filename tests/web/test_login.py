"""A browser logs in and out of a dashboard with a password; the page for it can be read by everybody."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from tests.web.axe import axe_of
from tests.web.conftest import STATIC

from forebay.store import Store
from forebay.views.web import build, stop_streams
from forebay.views.web.access import Access, AccessFile, Role, hashed

pytestmark = pytest.mark.browser
PASSWORD = "correct horse battery"


@pytest.fixture(scope="module")
def content() -> AccessFile:
    return AccessFile(passwords={Role.OWNER: hashed(PASSWORD)})


@pytest.fixture
def access(content: AccessFile) -> Access:
    return Access(content, time.monotonic)


@pytest.fixture
def locked(tmp_path: Path, access: Access) -> Iterator[str]:
    """Serve an empty record behind a password, under a path as a proxy would; give its address."""
    if not (STATIC / "index.html").is_file():
        pytest.skip("the page is not built: python hatch_build.py builds it")
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    with Store.open(tmp_path / "forebay.db") as store:
        app = build(store, access=access, prefix="/house")
        server = uvicorn.Server(uvicorn.Config(app, log_level="error", lifespan="off"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/house/"
        stop_streams(app)
        server.should_exit = True
        thread.join(10)
    listener.close()


def opened(browser: Any, address: str, **options: Any) -> Any:
    page = browser.new_context(**options).new_page()
    page.set_default_timeout(15_000)
    page.goto(address)
    page.wait_for_selector("#password")
    return page


def test_the_right_password_leads_in_and_logging_out_leads_back(browser: Any, locked: str) -> None:
    page = opened(browser, locked)

    page.fill("#password", "wrong horse")
    page.press("#password", "Enter")
    told = page.inner_text("[role=alert]")
    page.fill("#password", PASSWORD)
    page.press("#password", "Enter")
    page.wait_for_selector("nav >> text=Energy")
    inside = page.url
    page.click("text=Log out")
    page.wait_for_selector("#password")

    assert told == "That is not the password."
    assert inside == locked
    assert page.url == f"{locked}login"
    page.goto(locked)
    page.wait_for_selector("#password")
    page.context.close()


def test_a_session_that_is_over_leads_to_the_log_in(browser: Any, locked: str, access: Access) -> None:
    page = opened(browser, locked)
    page.fill("#password", PASSWORD)
    page.press("#password", "Enter")
    page.wait_for_selector("nav >> text=Energy")

    secret = next(cookie["value"] for cookie in page.context.cookies() if cookie["name"] == "forebay_session")
    access.end(secret)

    page.wait_for_selector("#password", timeout=40_000)
    page.context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_on_the_log_in_page(browser: Any, locked: str, scheme: Any) -> None:
    page = opened(browser, locked, viewport={"width": 320, "height": 640}, color_scheme=scheme)
    page.fill("#password", "wrong horse")
    page.press("#password", "Enter")
    page.wait_for_selector("[role=alert]")

    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") == 0
    assert axe_of(page) == []
    page.context.close()
