"""The door of a dashboard that has a password: a log-in page, a cookie, tokens, and nothing else without them."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable
from functools import partial
from html import escape
from typing import Any
from urllib.parse import parse_qs, urlsplit

from starlette.datastructures import Headers
from starlette.requests import HTTPConnection
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from forebay.views.web.access import SESSION_S, Access, Role
from forebay.views.web.guard import refusal

COOKIE = "forebay_session"
_MOST_BYTES = 4096
_AT_ONCE = 2
"""So many passwords are checked at once: each takes 16 MB and a moment."""

_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark"><title>Log in · forebay</title><style>
:root {{ color-scheme: light dark; --ground: #f7f8f8; --raised: #fdfdfd; --ink: #16191c; --muted: #565d64;
 --rule: #8b939a; font: 100%/1.5 Inter, system-ui, "Segoe UI", Roboto, sans-serif; }}
@media (prefers-color-scheme: dark) {{ :root {{ --ground: #111416; --raised: #171b1e; --ink: #eceeef;
 --muted: #a0a8ae; --rule: #6b747b; }} }}
body {{ margin: 0; min-height: 100vh; display: grid; place-items: center; background: var(--ground);
 color: var(--ink); }}
form {{ width: min(22rem, 88vw); display: grid; gap: 0.75rem; padding: 1.5rem 0 6rem; }}
.brand {{ display: flex; align-items: center; gap: 0.45rem; font-weight: 600; }}
svg {{ width: 1.35rem; fill: none; stroke: currentColor; stroke-width: 2; stroke-linecap: round; }}
h1 {{ font-size: 1.5rem; line-height: 1.25; margin: 0.6rem 0 0.3rem; font-weight: 500; letter-spacing: -0.018em; }}
p {{ margin: 0; }} .note {{ font-size: 0.85rem; color: var(--muted); }}
input, button {{ font: inherit; padding: 0.6rem 0.75rem; border-radius: 6px; border: 1px solid var(--rule); }}
input {{ background: var(--raised); color: var(--ink); }}
button {{ background: var(--ink); color: var(--ground); border-color: var(--ink); cursor: pointer; font-weight: 600; }}
:focus-visible {{ outline: 2px solid var(--ink); outline-offset: 3px; }}
[role=alert] {{ border-left: 4px solid; padding: 0.2rem 0 0.2rem 0.75rem; }}
</style></head><body><main><form method="post" action="login">
<p class="brand"><svg viewBox="0 0 24 24" aria-hidden="true"><path
 d="M3 10c2-2.4 4-2.4 6 0s4 2.4 6 0M3 16c2-2.4 4-2.4 6 0s4 2.4 6 0M19.5 4v16"/></svg>forebay</p>
<h1>This house has a password</h1>{words}
<label for="password">Password</label>
<input id="password" name="password" type="password" autocomplete="current-password" required autofocus>
<button>Log in</button>
<p class="note">Forgotten? On the machine that runs forebay, <code>forebay page password</code> sets another.</p>
</form></main></body></html>
"""


class Door:
    """Lets nobody in without a password, a session or a token; asks nobody where no password is set.

    is_secure: whether clients come over TLS, so that the cookie may say so.
    """

    def __init__(self, app: ASGIApp, access: Access, *, is_secure: bool = False, prefix: str = "") -> None:
        self._app = app
        self._access = access
        self._is_secure = is_secure
        self._cookie_path = f"{prefix}/"
        self._room = asyncio.Semaphore(_AT_ONCE)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http" or self._access.is_open:
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        path = scope["path"]
        answer: ASGIApp
        if path in ("/login", "/logout") and scope["method"] == "POST":
            answer = await self._post(path, headers, scope, receive)
        elif path == "/login":
            answer = _page()
        else:
            who = partial(self._role, headers, _cookie(scope))
            role = who()
            if role is None:
                answer = _stranger(path, headers)
            else:
                scope.update({"forebay.role": role, "forebay.still": lambda: who() is not None})
                answer = self._app
        await answer(scope, receive, send)

    def _role(self, headers: Headers, secret: str | None) -> Role | None:
        kind, _, token = headers.get("authorization", "").partition(" ")
        if kind.lower() == "bearer":
            return self._access.role_of_token(token.strip())
        return self._access.role_of_session(secret) if secret else None

    async def _post(self, path: str, headers: Headers, scope: Scope, receive: Receive) -> ASGIApp:
        if not _is_same_origin(headers):
            return refusal(403, "This request comes from another site.", "Log in on forebay's own page.")
        if path == "/logout":
            self._access.end(_cookie(scope) or "")
            return self._sent_on("./login", "", 0)
        address = (scope.get("client") or ("unknown",))[0]
        body = await _body(receive)
        if body is None:
            return refusal(413, "That is no password.", "Send the log-in page's form.")
        wait_s = self._access.wait_s(address)  # nothing may be awaited from here to the guess that is counted
        if wait_s > 0:
            return _too_often(wait_s)
        self._access.guess(address)
        password = (parse_qs(body.decode("utf-8", "replace")).get("password") or [""])[0]
        async with self._room:
            role = await asyncio.to_thread(self._access.role_of_password, password)
        if role is None:
            return _page("That is not the password.", 401)
        return self._sent_on("./", self._access.begin(address, role), int(SESSION_S))

    def _sent_on(self, to: str, secret: str, seconds: int) -> Response:
        answer = RedirectResponse(to, 303, {"Cache-Control": "no-store"})
        answer.set_cookie(
            COOKIE,
            secret,
            max_age=seconds,
            path=self._cookie_path,
            httponly=True,
            samesite="strict",
            secure=self._is_secure,
        )
        return answer


def _cookie(scope: Scope) -> str | None:
    """Return the session's secret; cookies of the host's other programs may hold whatever they like."""
    return HTTPConnection(scope).cookies.get(COOKIE)


def _is_same_origin(headers: Headers) -> bool:
    """Whether a browser says that the page which sends this is our own; what is no browser says nothing.

    Browsers say it in Sec-Fetch-Site, which no page can forge, wherever they trust the way. Where they do not, the
    Origin is held to the Host, which a proxy may have exchanged for a name of its own.
    """
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site in ("same-origin", "none")
    origin = headers.get("origin")
    return origin is None or urlsplit(origin).netloc.lower() == headers.get("host", "").lower()


def _stranger(path: str, headers: Headers) -> Response:
    if path.startswith("/api/"):
        answer = refusal(401, "The dashboard has a password.", "Log in on its page, or send a token.")
        answer.headers["WWW-Authenticate"] = 'Bearer realm="forebay"'
        return answer
    if "text/html" in headers.get("accept", ""):
        up = "../" * (path.count("/") - 1)
        return RedirectResponse(f"{up or './'}login", 303, {"Cache-Control": "no-store"})
    return refusal(401, "The dashboard has a password.", "Log in on its page.")


def _too_often(wait_s: float) -> Response:
    seconds = math.ceil(wait_s)
    answer = _page(f"Too many wrong passwords. Wait {seconds} s and try again.", 429)
    answer.headers["Retry-After"] = str(seconds)
    return answer


def _page(words: str = "", status: int = 200) -> Response:
    said = f'<p role="alert">{escape(words)}</p>' if words else ""
    return Response(_PAGE.format(words=said), status, {"Cache-Control": "no-store"}, "text/html; charset=utf-8")


async def _body(receive: Receive) -> bytes | None:
    body = b""
    while True:
        message: dict[str, Any] = dict(await receive())
        body += bytes(message.get("body", b""))
        if len(body) > _MOST_BYTES or message["type"] == "http.disconnect":
            return None
        if not message.get("more_body", False):
            return body


def role(scope: Scope) -> str:
    """Return who asks, for the page to say; an owner where the door is open."""
    return str(scope.get("forebay.role", Role.OWNER))


def still(scope: Scope) -> Callable[[], bool]:
    """Return what tells whether who asked may still look: a session can end while an answer goes on."""
    found: Callable[[], bool] = scope.get("forebay.still", lambda: True)
    return found
