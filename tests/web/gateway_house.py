"""An emulated gateway in a thread of its own, and a visitor with a browser at its page."""

from __future__ import annotations

import asyncio
import json
import ssl
import threading
import urllib.error
import urllib.request
from collections.abc import Callable
from concurrent.futures import Future
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import unquote, urlsplit

import msgspec

from forebay.clock import ScaledClock
from forebay.emulator.device import Device
from forebay.emulator.home import Home
from forebay.emulator.page import STATIC
from forebay.emulator.serve import Ready, ServerName, serve
from forebay.emulator.world import World
from forebay.wire.firmware import parse_version

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

T = TypeVar("T")
BUILT = (STATIC / "index.html").is_file()
LIMIT_S = 20.0


class House:
    """One gateway behind TLS on a free port of this machine; its device is touched only on its own loop."""

    def __init__(
        self, firmware: str, state_dir: Path, *, server: ServerName = "faithful", home: Home | None = None
    ) -> None:
        described = home or Home()
        gateway = msgspec.structs.replace(described.gateway, firmware=firmware)
        described = msgspec.structs.replace(described, gateway=gateway)
        self.firmware = firmware
        self.version = parse_version(firmware)
        clock = ScaledClock(datetime(2026, 6, 21, 19, 0, 3, tzinfo=UTC), 1.0)
        self.device = Device(described, clock, World(described, 1), seed=1)
        self.device.set_solar_w(4200.0)
        self.device.set_load_w(1300.0)
        self._loop = asyncio.new_event_loop()
        self._stop = asyncio.Event()
        self._failure: BaseException | None = None
        ready: Future[Ready] = Future()
        self._thread = threading.Thread(target=self._run, args=(ready, state_dir, server), daemon=True)
        self._thread.start()
        self.url = ready.result(LIMIT_S).url

    def _run(self, ready: Future[Ready], state_dir: Path, server: ServerName) -> None:
        asyncio.set_event_loop(self._loop)
        life = serve(self.device, state_dir=state_dir, ready=ready.set_result, stop=self._stop, port=0, server=server)
        try:
            self._loop.run_until_complete(life)
        except BaseException as exc:  # told by whoever waits for it
            self._failure = exc
            if not ready.done():
                ready.set_exception(exc)
        finally:
            self._loop.run_until_complete(self._loop.shutdown_asyncgens())
            self._loop.close()

    def close(self) -> None:
        """End the gateway and wait for it."""
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(LIMIT_S)
        assert not self._thread.is_alive()
        if self._failure is not None:
            raise self._failure

    def do(self, act: Callable[[Device], T]) -> T:
        """Touch the device where it lives."""

        async def acted() -> T:
            self.device.catch_up()
            return act(self.device)

        return asyncio.run_coroutine_threadsafe(acted(), self._loop).result(LIMIT_S)

    def ask(self, path: str, token: str | None = None, method: str = "GET", body: Any = None) -> Any:
        """Ask the API past the page; the JSON of a success, the status of a refusal."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        raw = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, raw, method=method)
        if token:
            request.add_header("Authorization", f"Bearer {token}")
        try:
            with urllib.request.urlopen(request, timeout=LIMIT_S, context=context) as reply:
                return json.loads(reply.read() or b"null")
        except urllib.error.HTTPError as refused:
            with refused:
                return refused.code

    def token(self, user: str = "customer") -> str:
        """Log in past the page."""
        body = {"username": user, "password": self.do(lambda device: device.password)}
        return str(self.ask("/api/login/Basic", method="POST", body=body)["token"])


class Visitor:
    """Somebody at the page: what was asked of the gateway, what the browser complained about, where requests went."""

    def __init__(self, browser: Browser, house: House, **options: Any) -> None:
        options = {"viewport": {"width": 1280, "height": 860}, "ignore_https_errors": True, **options}
        self.house = house
        self.context = browser.new_context(**options)
        self.page: Page = self.context.new_page()
        self.page.set_default_timeout(12_000)
        self.asked: list[tuple[str, str]] = []
        self.hosts: set[str | None] = set()
        self.complaints: list[str] = []
        self.page.on("request", self._note)
        self.page.on("console", self._listen)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def _note(self, request: Any) -> None:
        address = urlsplit(request.url)
        if address.scheme != "blob":
            self.hosts.add(address.hostname)
            self.asked.append((request.method, unquote(address.path)))

    def _listen(self, message: Any) -> None:
        if message.type in {"error", "warning"}:
            self.complaints.append(message.text)

    def open(self, place: str = "") -> Page:
        """Go to a place of the page."""
        self.page.goto(f"{self.house.url}/#/{place}")
        self.page.wait_for_selector("main h1")
        return self.page

    def log_in(self, user: str = "customer", password: str | None = None, *, place: str = "login") -> Page:
        """Log in by the form, as a person does."""
        page = self.open(place)
        if self.house.version < (20, 49, 0):
            page.fill("[name=username]", user if user == "installer" else "")
            page.fill("[name=password]", password or f"S{self.house.device.serial}")
            for force in page.locator("[name=force_sm_off]").all():
                force.check()
        else:
            page.check(f"[name=username][value={user}]")
            page.fill("[name=password]", password or self.house.device.password)
        page.click("button:text-is('Log in')")
        return page

    def act(self, row: str) -> Any:
        """Return the form of an action; a closed one is opened."""
        form = self.page.locator(f"form[data-row={row}]")
        form.wait_for(state="attached")
        closed = self.page.locator(f"details.doing:not([open]):has(form[data-row={row}]) > summary")
        if closed.count():
            closed.first.click()
        return form

    def words(self) -> str:
        """Return what the page says, with ordinary spaces."""
        return " ".join(str(self.page.inner_text("body")).replace("\u00a0", " ").split())
