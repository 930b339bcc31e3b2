"""The gateway as an ASGI application: catalogue, sessions, refusals, injected faults.

A request meets, in this order: an injected fault, the catalogue (404, 405), the
role (403), the state of the site master (502 and the like), the resource.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import msgspec

from forebay.emulator import page_facts, published
from forebay.emulator.body import TooLarge, read_body
from forebay.emulator.device import Device
from forebay.emulator.injected import InjectedFault
from forebay.emulator.injection import GARBAGE, Injection, fault_for
from forebay.emulator.page import WebPage, guarded
from forebay.emulator.refusal import Refused
from forebay.emulator.replies import BROKEN, Dates, Reply, encoded, refusal, success
from forebay.emulator.routes import Dialect, Route, WrongMethod, routes_of
from forebay.emulator.sessions import Sessions, has_cookie, read_login
from forebay.wire import firmware
from forebay.wire.catalogue import LOGIN, WEB_PAGE
from forebay.wire.codec import decode_body, encode
from forebay.wire.endpoint import Access, Needs
from forebay.wire.faults import BY_KEY, TOO_LARGE, Fault
from forebay.wire.site import Session

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]
Headers = list[tuple[bytes, bytes]]

_ADDRESS = re.compile(r"(?i)https?://[^/]+(/.*)?", re.DOTALL)
_CACHED_PATHS = 512

log = logging.getLogger(__name__)


class _Gone(Exception):
    """The client went away, or the server is closing: there is nobody to answer."""


class GatewayApp:
    """One emulated gateway, whatever server carries it."""

    def __init__(self, device: Device, sessions: Sessions, injection: Injection) -> None:
        self._device = device
        self._sessions = sessions
        self._injection = injection
        self._release = device.release
        self._routes = routes_of(Dialect.of(device))
        self._extra = encoded(firmware.EXTRA_HEADERS.at(device.version))
        self._dates = Dates(device.clock)
        self._page = WebPage()
        self._closing = asyncio.Event()
        self._cache: dict[str, Reply] = {}
        self._cache_revision = device.revision

    def close(self) -> None:
        """Let go of every request that is held back by an injected fault."""
        self._closing.set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return
        injected = self._injection.take(scope["path"])
        try:
            if injected is None:
                await self._send(scope, send, await self._answer(scope, receive))
            else:
                await self._misbehave(injected, scope, receive, send)
        except _Gone:
            return

    async def _send(self, scope: Scope, send: Send, reply: Reply) -> None:
        headers = [*reply.headers, self.date()]
        await send({"type": "http.response.start", "status": reply.status, "headers": headers})
        body = b"" if scope["method"] == "HEAD" else reply.body
        await send({"type": "http.response.body", "body": body})

    async def _misbehave(self, injected: InjectedFault, scope: Scope, receive: Receive, send: Send) -> None:
        if injected.delay_s:
            await self._stay_silent(injected.delay_s)
        if injected.hang:
            await _client_gone(receive)
        fault = fault_for(injected)
        if fault is None:
            reply = await self._answer(scope, receive)
        else:
            reply = self._refuse(fault, scope["method"], scope["path"])
        if injected.garbage:
            headers = [(name, value) for name, value in reply.headers if name != b"content-length"]
            reply = Reply(reply.status, [*headers, (b"content-length", b"%d" % len(GARBAGE))], GARBAGE)
        if injected.retry_after_s is not None:
            later = (b"retry-after", b"%d" % injected.retry_after_s)
            reply = Reply(reply.status, [*reply.headers, later], reply.body)
        if injected.cut_after is not None:
            await self._cut_off(injected.cut_after, send, reply)
        elif injected.bytes_per_s is not None:
            await self._drip(injected.bytes_per_s, send, reply)
        else:
            await self._send(scope, send, reply)

    async def _stay_silent(self, delay_s: float) -> None:
        try:
            await asyncio.wait_for(self._closing.wait(), delay_s)
        except TimeoutError:
            return
        raise _Gone

    async def _cut_off(self, after: int, send: Send, reply: Reply) -> None:
        promised = b"%d" % max(len(reply.body), after + 1)
        headers = [(name, promised if name == b"content-length" else value) for name, value in reply.headers]
        await send({"type": "http.response.start", "status": reply.status, "headers": [*headers, self._dates.header()]})
        await send({"type": "http.response.body", "body": reply.body[:after], "more_body": True})
        # returning without the rest makes every server break the connection

    async def _drip(self, bytes_per_s: int, send: Send, reply: Reply) -> None:
        await send({"type": "http.response.start", "status": reply.status, "headers": [*reply.headers, self.date()]})
        for start in range(0, len(reply.body), bytes_per_s):
            piece = reply.body[start : start + bytes_per_s]
            await send({"type": "http.response.body", "body": piece, "more_body": True})
            await self._stay_silent(1.0)
        await send({"type": "http.response.body", "body": b""})

    async def _answer(self, scope: Scope, receive: Receive) -> Reply:
        method, path, headers = scope["method"], asked_path(scope["path"]), scope["headers"]
        try:
            reply = self._reply(method, path, headers, None)
            if reply is None:
                reply = self._reply(method, path, headers, await read_body(receive))
            assert reply is not None  # noqa: S101 - the body is there
            return reply
        except Exception as exc:
            return self._failure(exc, method, path)

    def prompt(self, method: str, path: str, headers: Headers) -> Reply | None:
        """Return the answer to a request that has no body; None where it is not due at once.

        It is not due when a fault is injected or a body is wanted: then the request must be carried by ASGI.
        """
        if not self._injection.is_empty:
            return None
        try:
            return self._reply(method, path, headers, None)
        except Exception as exc:
            return self._failure(exc, method, path)

    def date(self) -> tuple[bytes, bytes]:
        """Return the header `date` of an answer that leaves now."""
        return self._dates.header()

    def _failure(self, exc: Exception, method: str, path: str) -> Reply:
        """Return what is answered instead."""
        if isinstance(exc, WrongMethod):
            if method == "OPTIONS" and self._extra:  # what a browser asks before a request of another origin (T14)
                return Reply(204, self._extra, b"")  # the status is unverified
            reply = self._refuse(BY_KEY[exc.key], method, path)
            return Reply(reply.status, [(b"allow", exc.allow.encode()), *reply.headers], reply.body)
        if isinstance(exc, Refused):
            return self._refuse(BY_KEY[exc.key], method, path, error=exc.error, message=exc.message)
        if isinstance(exc, TooLarge):
            return self._refuse(TOO_LARGE, method, path)
        log.error("%s %s failed", method, path, exc_info=exc)
        return self._refuse(BROKEN, method, path)

    def _refuse(self, fault: Fault, method: str, path: str, **changes: Any) -> Reply:
        return self._with_extra(refusal(fault, self._device.version, method=method, path=path, **changes))

    def _with_extra(self, reply: Reply) -> Reply:
        """Return an answer with the headers that the release adds to every one."""
        return Reply(reply.status, [*self._extra, *reply.headers], reply.body) if self._extra else reply

    def _success(self, route: Route, body: bytes) -> Reply:
        return self._with_extra(success(route.status, route.content_type, body))

    def _reply(self, method: str, path: str, headers: Headers, body: bytes | None) -> Reply | None:
        """Return the answer; None, with nothing done yet, when it takes a body and none was given.

        Raises what `_failure` knows.
        """
        device = self._device
        device.catch_up()  # an update installed meanwhile brings other rows
        if not path.startswith("/api/") and (file := self._file(method, path)) is not None:
            return file
        route, params = self._route(method, path)
        if route.access is not Access.PUBLIC:
            role = self._sessions.role_of(headers)
            if role < route.access:
                status = self._sessions.stranger_status if role is Access.PUBLIC else None
                return self._refuse(BY_KEY["forbidden"], method, path, status=status)
        if route.takes_body and body is None:
            return None
        if route.needs is Needs.RUNNING and device.clock.held:
            device.clock.release()  # a held clock waits for whoever reads a measurement
            device.catch_up()
            if device.release is not self._release:
                route, params = self._route(method, path)
        if route.resource is None:
            return self._log_in(body or b"") if route.row is LOGIN else self._log_out(route, headers)
        measuring = device.sitemaster.is_measuring and bool(device.power.active)
        if (route.needs is Needs.RUNNING and not measuring) or (route.needs is Needs.STOPPED and device.running):
            raise Refused(route.row.refusal)
        if route.writes and device.sitemaster.is_busy:
            raise Refused("busy")
        if not route.reads:
            return self._call(route, _decoded(route, body or b"") if route.takes_body else None, params)
        return self._read(route, path, params)

    def _file(self, method: str, path: str) -> Reply | None:
        """Return a part of the web page; None where the path is none."""
        dialect = Dialect.of(self._device)
        if dialect.restricted is not None:
            return None
        if path == published.PATH:
            is_served = self._device.home.gateway.openapi
            file = success(200, b"application/json", published.body_of(self._device)) if is_served else None
        else:
            file = page_facts.reply(dialect) if path == page_facts.PATH else self._page.find(path)
        if file is not None and method not in ("GET", "HEAD"):
            raise WrongMethod("GET, HEAD")
        return file

    def _route(self, method: str, path: str) -> tuple[Route, Mapping[str, str]]:
        release = self._device.release
        if release is not self._release:
            self._release, self._routes = release, routes_of(Dialect.of(self._device))
            self._extra = encoded(firmware.EXTRA_HEADERS.at(self._device.version))
        return self._routes.find(method, path)

    def _read(self, route: Route, path: str, params: Mapping[str, str]) -> Reply:
        revision = self._device.revision
        if revision != self._cache_revision or len(self._cache) > _CACHED_PATHS:
            self._cache.clear()
            self._cache_revision = revision
        reply = self._cache.get(path)
        if reply is None:
            reply = self._cache[path] = self._call(route, None, params)
        return reply

    def _call(self, route: Route, body: Any, params: Mapping[str, str]) -> Reply:
        assert route.resource is not None  # noqa: S101 - session rows never come here
        model = route.resource(self._device, body, params)
        if model is None and route.row.reply is not type(None) and route.content_type:
            return self._success(route, b"null")
        if isinstance(model, Session):
            return self._opened(route, model)
        reply = self._success(route, encode(model, self._device.version))
        return guarded(reply) if route.row is WEB_PAGE else reply

    def _log_in(self, raw: bytes) -> Reply:
        session: Session = self._sessions.log_in(read_login(raw))
        route, _ = self._routes.find("POST", LOGIN.path)
        return self._opened(route, session)

    def _opened(self, route: Route, session: Session) -> Reply:
        reply = self._success(route, encode(session, self._device.version))
        if not firmware.LOGIN_SETS_COOKIES.at(self._device.version):
            return reply
        values = {"AuthCookie": session.token, "UserRecord": self._sessions.user_record(session.token)}
        cookies = [(b"set-cookie", f"{name}={value}; Path=/".encode()) for name, value in values.items()]
        return Reply(reply.status, [*reply.headers, *cookies], reply.body)

    def _log_out(self, route: Route, headers: list[tuple[bytes, bytes]]) -> Reply:
        self._sessions.log_out(headers)
        reply = self._success(route, b"")
        if has_cookie(headers) and firmware.LOGIN_SETS_COOKIES.at(self._device.version):
            return Reply(reply.status, [*reply.headers, (b"set-cookie", b"AuthCookie=; Path=/; Max-Age=0")], b"")
        return reply


def asked_path(target: str) -> str:
    """Return the path of a request's target, which may be a whole address (RFC 9112, 3.2.2)."""
    if target.startswith("/"):
        return target
    match = _ADDRESS.fullmatch(target)
    return target if match is None else match[1] or "/"


async def _client_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    raise _Gone


def _decoded(route: Route, raw: bytes) -> Any:
    try:
        return decode_body(route.row.body, raw)
    except msgspec.ValidationError as exc:
        raise Refused("bad_value") from exc
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as exc:
        raise Refused("bad_json") from exc
