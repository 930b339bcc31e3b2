"""The dashboard's ASGI application; the contract is docs/reference/dashboard-api.md."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import date
from pathlib import Path

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Mount, Route

from forebay.clock import Clock, SystemClock
from forebay.errors import NoSuchGateway, NoSuchPart, StoreError
from forebay.records.site import Site
from forebay.store.store import Store
from forebay.views.web.access import Access
from forebay.views.web.answers import Answers
from forebay.views.web.door import Door, role, still
from forebay.views.web.guard import Guard, json_reply, refusal
from forebay.views.web.houses import Houses
from forebay.views.web.live import Streams
from forebay.views.web.more import ANSWERS, More
from forebay.views.web.pages import STATIC, Pages
from forebay.views.web.totals import Totals
from forebay.views.web.windows import Windows

MAX_DAYS = 3660

_EVENT_HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
_HINT = "Look at docs/reference/dashboard-api.md."


class _Api:
    """The API's handlers."""

    def __init__(self, houses: Houses, streams: Streams) -> None:
        self._houses = houses
        self._streams = streams

    def _of(self, request: Request) -> Answers | Totals:
        return self._houses.of(request.query_params.get("gateway"))

    async def gateways(self, _: Request) -> Response:
        return json_reply(await asyncio.to_thread(self._houses.listing))

    async def now(self, request: Request) -> Response:
        return json_reply(await asyncio.to_thread(lambda: self._of(request).now()))

    async def day(self, request: Request) -> Response:
        text = request.query_params.get("date")
        try:
            day = date.fromisoformat(text) if text else await asyncio.to_thread(lambda: self._of(request).today())
        except ValueError:
            return refusal(400, f"{text!r} is not a date.", "Write it as 2026-06-21.")
        if not date.min.year < day.year < date.max.year:
            return refusal(400, f"{day} is outside the calendar.", "Ask for a day with readings.")
        return json_reply(await asyncio.to_thread(lambda: self._of(request).day(day)))

    async def days(self, request: Request) -> Response:
        text = request.query_params.get("last", "14")
        if not (text.isascii() and text.isdigit() and len(text) <= 6 and 1 <= int(text) <= MAX_DAYS):
            return refusal(400, f"{text!r} is not a number of days.", f"Ask for 1 to {MAX_DAYS} days.")
        return json_reply(await asyncio.to_thread(lambda: self._of(request).days(int(text))))

    @staticmethod
    async def me(request: Request) -> Response:
        return json_reply({"role": role(request.scope), "can_log_out": "forebay.role" in request.scope})

    async def events(self, request: Request) -> Response:
        kind = "text/event-stream"
        if request.method == "HEAD":
            return Response(headers=_EVENT_HEADERS, media_type=kind)
        house = await asyncio.to_thread(self._of, request)
        stream = self._streams.stream(house, still(request.scope))
        return StreamingResponse(stream, headers=_EVENT_HEADERS, media_type=kind)

    @staticmethod
    async def missing(_: Request) -> Response:
        return refusal(404, "There is nothing at this address.", _HINT)


async def _no_such_gateway(_: Request, exc: Exception) -> Response:
    return refusal(404, str(exc), "GET /api/gateways lists them.")


async def _no_such_part(_: Request, exc: Exception) -> Response:
    return refusal(404, str(exc), "GET /api/system lists the parts.")


async def _store_failed(_: Request, exc: Exception) -> Response:
    return refusal(503, str(exc), "Run forebay doctor.")


async def _http_failed(_: Request, exc: Exception) -> Response:
    status = exc.status_code if isinstance(exc, HTTPException) else 500
    return refusal(status, str(exc), _HINT)


async def _failed(_: Request, __: Exception) -> Response:
    return refusal(500, "The dashboard failed; the reason is in forebay's log.", "Report it with that log.")


def build(
    store: Store,
    *,
    clock: Clock | None = None,
    static_dir: Path | None = None,
    hosts: Iterable[str] = (),
    gateways: Sequence[str] = (),
    sites: Mapping[str, str] | None = None,
    facts: Mapping[str, Site] | None = None,
    access: Access | None = None,
    prefix: str = "",
    is_secure: bool = False,
) -> Starlette:
    """Return the dashboard of a store's gateways.

    static_dir: the built page, by default the one in this package.
    hosts: what the server is bound to, beside loopback; other Host headers are refused.
    gateways: the names of those recorded now, the first of them is shown first. sites: the site of each, by name.
    facts: what the owner has told of the site of each gateway, by the gateway's name.
    access: who may look; without it everybody who reaches the server.
    prefix: what a reverse proxy leaves in front of the paths. is_secure: whether clients come over TLS.
    Long-lived streams keep a server from stopping: call `stop_streams` first.
    """
    houses = Houses(store, clock or SystemClock(), gateways, sites)
    streams = Streams(store)
    api = _Api(houses, streams)
    more = More(houses, facts)
    windows = Windows(houses)

    def get(path: str, handler: Callable[[Request], Awaitable[Response]]) -> Route:
        return Route(path, handler, methods=["GET"])

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        yield
        streams.stop()

    door = [] if access is None else [Middleware(Door, access=access, is_secure=is_secure, prefix=prefix)]
    posts = () if access is None or access.is_open else ("/login", "/logout")
    app = Starlette(
        routes=[
            get("/api/gateways", api.gateways),
            get("/api/now", api.now),
            get("/api/day", api.day),
            get("/api/days", api.days),
            get("/api/series", windows.series),
            get("/api/extent", windows.extent),
            get("/api/energy", windows.energy),
            get("/api/peaks", windows.peaks),
            get("/api/events", api.events),
            get("/api/me", api.me),
            *(get(path, more.handler(path)) for path in ANSWERS),
            get("/api/{rest:path}", api.missing),
            Mount("/", Pages(static_dir or STATIC)),
        ],
        middleware=[Middleware(Guard, hosts=tuple(hosts), prefix=prefix, posts=posts), *door],
        exception_handlers={
            NoSuchGateway: _no_such_gateway,
            NoSuchPart: _no_such_part,
            StoreError: _store_failed,
            HTTPException: _http_failed,
            Exception: _failed,
        },
        lifespan=lifespan,
    )
    app.state.streams = streams
    return app


def stop_streams(app: Starlette) -> None:
    """End all live streams of an application made by `build`, so that its server can stop.

    Call it as soon as the server is asked to stop: servers wait for open
    answers before they run the application's own shutdown.
    """
    streams: Streams = app.state.streams
    streams.stop()
