"""What every request must pass and every answer carries: methods, host names, headers."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable

import msgspec
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
        "font-src 'self'; connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'self'; "
        "frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    # Under "no-referrer" a browser hides the Origin of our own log-in form, too, and the door would refuse it.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "X-Frame-Options": "DENY",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_HOST = re.compile(r"(?:\[(?P<six>[0-9A-Fa-f:.]+)\]|(?P<name>[^\s:@/\[\]]+))(?::\d*)?")
_ANY = frozenset({"0.0.0.0", "::", ""})


def json_reply(content: object, status: int = 200) -> Response:
    """Return a JSON answer that nobody keeps."""
    body = msgspec.json.encode(content)
    return Response(body, status, {"Cache-Control": "no-store"}, "application/json")


def refusal(status: int, error: str, advice: str) -> Response:
    """Return an error as the API tells it."""
    return json_reply({"error": error, "advice": advice}, status)


def _host_of(header: str) -> str:
    """Return the name or address of a Host header; nothing for one that is neither."""
    found = _HOST.fullmatch(header)
    return (found["six"] or found["name"]).lower().rstrip(".") if found else ""


class Guard:
    """Refuses other methods than GET and HEAD, and names this server does not have.

    A page elsewhere may point its own name at this address (DNS rebinding);
    the Host header then carries that name. hosts: names and addresses bound;
    a wildcard lets any address pass, as an address cannot be rebound. prefix: what a reverse proxy leaves in front
    of the paths, such as "/forebay". posts: the paths that take a POST.
    """

    def __init__(self, app: ASGIApp, hosts: Iterable[str] = (), *, prefix: str = "", posts: Iterable[str] = ()) -> None:
        self._app = app
        self._prefix = prefix
        self._posts = frozenset(posts)
        names = {host.strip("[]").lower() for host in hosts}
        self._hosts = _LOOPBACK | (names - _ANY)
        self._any_address = bool(names & _ANY)

    def _knows(self, host: str) -> bool:
        if host in self._hosts:
            return True
        if not self._any_address:
            return False
        try:
            ipaddress.ip_address(host)
        except ValueError:
            return False
        return True

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
            return
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers[name] = value
            await send(message)

        answer: ASGIApp = self._app
        if self._prefix and scope["path"] == self._prefix:
            answer = RedirectResponse(f"{self._prefix}/", 308)
        elif self._prefix and scope["path"].startswith(f"{self._prefix}/"):
            scope = {**scope, "path": scope["path"].removeprefix(self._prefix)}
        headers = Headers(scope=scope)
        if "content-length" in headers and "transfer-encoding" in headers:  # a proxy may have read another request
            answer = refusal(400, "Content-Length and Transfer-Encoding contradict each other.", "Send one of them.")
            answer.headers["Connection"] = "close"
        elif not self._knows(_host_of(headers.get("host", ""))):
            answer = refusal(421, "This server does not go by that name.", "Use the address that forebay prints.")
        elif scope["method"] not in {"GET", "HEAD"} and (scope["method"] != "POST" or scope["path"] not in self._posts):
            answer = refusal(405, f"{scope['method']} is not offered here.", "Everything here is read with GET.")
            answer.headers["Allow"] = "GET, HEAD"
        await answer(scope, receive, send_with_headers)
