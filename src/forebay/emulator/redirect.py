"""Plain http: from 1.20 on, every request is sent on to https; 1.15 answers it (T10, T11)."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from html import escape

from forebay.emulator.http import Receive, Scope, Send
from forebay.emulator.replies import Dates
from forebay.wire.catalogue import PLAIN_HTTP
from forebay.wire.firmware import PROFILES

REDIRECT = PLAIN_HTTP.status.at(PROFILES[-1].version)
HTML = PLAIN_HTTP.content_type.at(PROFILES[-1].version).encode()

ASGIApp = Callable[[Scope, Receive, Send], Awaitable[None]]

_HOST = re.compile(rb"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(?::\d{1,5})?")


class RedirectApp:
    """Answer 301 with the same address under https, at the port where that is served.

    plain: what answers instead, asked at each request; None sends on.
    """

    def __init__(self, https_port: int, dates: Dates, plain: Callable[[], ASGIApp | None] = lambda: None) -> None:
        self.https_port = https_port
        self._dates = dates
        self._plain = plain

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; a body is sent for GET only, as Go's server does."""
        if scope["type"] != "http":
            return
        plain = self._plain()
        if plain is not None:
            await plain(scope, receive, send)
            return
        host = _HOST.fullmatch(next((value for name, value in scope["headers"] if name == b"host"), b""))
        if host is None:
            status, headers, body = 400, [(b"content-type", b"text/plain; charset=utf-8")], b"400 Bad Request"
        else:
            query = b"?" + scope["query_string"] if scope["query_string"] else b""
            port = b"" if self.https_port == 443 else b":%d" % self.https_port
            url = b"https://" + host[1] + port + scope["raw_path"] + query
            status, headers, body = REDIRECT, [(b"location", url)], b""
            if scope["method"] in ("GET", "HEAD"):
                headers = [(b"content-type", HTML), *headers]
                link = escape(url.decode("latin-1")).encode("latin-1")
                body = b'<a href="%s">Moved Permanently</a>.\n\n' % link
        headers = [*headers, (b"content-length", b"%d" % len(body)), self._dates.header()]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})
