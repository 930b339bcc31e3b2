"""A small server that shows the built page a made-up house, and a browser to look at it."""

from __future__ import annotations

import copy
import json
import queue
import threading
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from tests.web.gateway_house import BUILT, House, Visitor
from tests.web.made_up import TODAY, day_of, extent, now_at, series
from tests.web.made_up_energy import energy, peaks

ROOT = Path(__file__).parents[2]
STATIC = ROOT / "src/forebay/views/web/static"
CHROMIUM = Path("/usr/bin/chromium")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
TYPES = {".html": "text/html; charset=utf-8", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}
# The strictest policy the page can be served under: it must not need more.
POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'"


class Stub:
    """The dashboard's server as far as the page can tell; can be stopped and started on the same port."""

    def __init__(self) -> None:
        self.now = now_at()
        self.until_min = 11 * 60 + 45
        self.day_asked = 0
        self.prefix = ""
        self.port = 0
        self._server: ThreadingHTTPServer | None = None
        self._thread: threading.Thread | None = None
        self._listeners: list[queue.Queue[str | None]] = []
        self.was_away = False
        self.answers: dict[str, Any] = {
            "extent": extent(),
            "me": {"role": "owner", "can_log_out": False},
            "series": series,
            "energy": energy,
            "peaks": peaks,
        }
        """What further addresses of the API answer: "energy" -> an object, or a function of the asked parameters;
        (status, object) is a refusal."""
        self.asked: list[tuple[str, dict[str, str]]] = []
        """Every question to the API so far, in order, with its parameters."""

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}{self.prefix}/"

    def start(self) -> None:
        stub = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, format: str, *args: object) -> None:
                """Keep the tests' output clean."""

            def do_GET(self) -> None:
                stub.answer(self)

        ThreadingHTTPServer.allow_reuse_address = True
        self._server = ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        self._server.daemon_threads = True
        self._server.block_on_close = False
        self.port = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self.was_away = True
        for listener in self._listeners:
            listener.put(None)
        self._listeners.clear()
        if self._server and self._thread:
            self._server.shutdown()
            self._thread.join(5)
            self._server.server_close()
        self._server = None

    def push(self, **changes: Any) -> None:
        """Change the house and tell every page that listens."""
        self.now = {**copy.deepcopy(self.now), **changes}
        for listener in list(self._listeners):
            listener.put(json.dumps(self.now))

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        url = urlsplit(request.path)
        path = url.path.removeprefix(self.prefix)
        name, params = path.removeprefix("/api/"), {key: values[0] for key, values in parse_qs(url.query).items()}
        if path.startswith("/api/"):
            self.asked.append((name, params))
        if path == "/api/events":
            self._events(request)
            return
        status, kind = 200, "application/json"
        if path == "/api/now":
            body = json.dumps(self.now).encode()
        elif path == "/api/day":
            self.day_asked += 1
            asked = date.fromisoformat(parse_qs(url.query).get("date", [TODAY.isoformat()])[0])
            body = json.dumps(self._day(asked)).encode()
        elif path.startswith("/api/") and name in self.answers:
            told = self.answers[name]
            told = told(params) if callable(told) else told
            status, told = told if isinstance(told, tuple) else (200, told)
            body = json.dumps(told).encode()
        elif path == "/api/gateways":
            one = {"name": "home", "site": "Home", "is_recorded": True}
            body = json.dumps({"gateways": [one], "together": []}).encode()
        else:
            file = STATIC / (path.lstrip("/") or "index.html")
            if file.is_file():
                body, kind = file.read_bytes(), TYPES.get(file.suffix, "application/octet-stream")
            else:
                status, body = 404, b'{"error": "There is no such page.", "advice": ""}'
        request.send_response(status)
        request.send_header("Content-Type", kind)
        request.send_header("Content-Length", str(len(body)))
        request.send_header("Content-Security-Policy", POLICY)
        request.send_header("Connection", "close")
        request.end_headers()
        request.wfile.write(body)
        request.close_connection = True

    def _day(self, asked: date) -> dict[str, Any]:
        if asked == TODAY:
            return day_of(asked, self.until_min)
        if TODAY - asked > timedelta(days=3):
            full = day_of(asked, 0)
            return {**full, "gaps": []}
        return day_of(asked, 24 * 60, has_gap=False)

    def _events(self, request: BaseHTTPRequestHandler) -> None:
        inbox: queue.Queue[str | None] = queue.Queue()
        inbox.put(json.dumps(self.now))
        self._listeners.append(inbox)
        request.send_response(200)
        request.send_header("Content-Type", "text/event-stream")
        request.send_header("Cache-Control", "no-store")
        request.send_header("Connection", "close")
        request.end_headers()
        request.close_connection = True
        try:
            request.wfile.write(b"retry: 2000\n\n")
            while (message := inbox.get()) is not None:
                request.wfile.write(f"event: now\ndata: {message}\n\n".encode())
                request.wfile.flush()
        except OSError:
            return  # the page went away


@pytest.fixture
def stub() -> Iterator[Stub]:
    """Serve the built page and a made-up house on a free port of this machine."""
    if not (STATIC / "index.html").is_file():
        pytest.skip("the page is not built: python hatch_build.py builds it")
    server = Stub()
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Start Debian's Chromium for the tests of one file.

    No longer: while playwright's own loop lives in this thread, no test that is a coroutine can run.
    """
    if not CHROMIUM.exists():
        pytest.skip("Chromium is not installed: apt-get install chromium")
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed: pip install .[dev]")
    with sync_api.sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        yield started
        started.close()


Opener = Callable[..., Any]


@pytest.fixture
def open_page(browser: Any, stub: Stub) -> Iterator[Opener]:
    """Open the page; afterwards hold that nothing left the host and nothing was complained about.

    open_page("#/energy", wait=".chart canvas", viewport=…, color_scheme="dark") gives playwright's page.
    """
    contexts: list[Any] = []
    hosts: set[str | None] = set()
    complaints: list[str] = []

    def opened(path: str = "", *, wait: str = ".chart canvas", **options: Any) -> Any:
        options.setdefault("viewport", {"width": 1280, "height": 800})
        context = browser.new_context(**options)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(15_000)
        page.on("request", lambda request: hosts.add(urlsplit(request.url).hostname))
        page.on(
            "console", lambda message: complaints.append(message.text) if message.type in {"error", "warning"} else None
        )
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(stub.address + path)
        page.wait_for_selector(wait)
        return page

    yield opened
    for context in contexts:
        context.close()
    assert hosts <= {"127.0.0.1", None}  # a file made by the page itself (blob:) has no host
    refused = any(isinstance(told, tuple) for told in stub.answers.values())
    # While the server is away, the browser itself reports each request that met nobody, in many words.
    foreseen = [*(["net::ERR_"] if stub.was_away else []), *(["the server responded with a status"] if refused else [])]
    assert [text for text in complaints if not any(part in text for part in foreseen)] == []


# --- the gateway's own page --------------------------------------------------------------------------------------

Visit = Callable[..., Visitor]


@pytest.fixture
def visit(browser: Any, tmp_path: Path) -> Iterator[Visit]:
    """Visit the page of a gateway; afterwards hold that nothing left the host and nothing unforeseen was refused."""
    if not BUILT:
        pytest.skip("the gateway's page is not built: python hatch_build.py builds it")
    houses: list[House] = []
    visitors: list[tuple[Visitor, tuple[int, ...]]] = []

    def visited(firmware: str = "21.44", *, refused: tuple[int, ...] = (), **options: Any) -> Visitor:
        described = {key: options.pop(key) for key in ("server", "home") if key in options}
        houses.append(House(firmware, tmp_path / f"state{len(houses)}", **described))
        visitors.append((Visitor(browser, houses[-1], **options), refused))
        return visitors[-1][0]

    yield visited
    for visitor, _ in visitors:
        visitor.context.close()
    for house in houses:
        house.close()
    for visitor, refused in visitors:
        assert visitor.hosts == {"127.0.0.1"}
        foreseen = [f"status of {status}" for status in refused] + (["ERR_"] if 0 in refused else [])
        assert [text for text in visitor.complaints if not any(part in text for part in foreseen)] == []
