"""The page's own files, with types and caching."""

from __future__ import annotations

from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.staticfiles import StaticFiles
from starlette.types import Receive, Scope, Send

STATIC = Path(__file__).parent / "static"
"""Where the page's build step puts it."""

_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".ico": "image/x-icon",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".map": "application/json",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    ".webmanifest": "application/manifest+json",
    ".woff2": "font/woff2",
}
_FOREVER = "public, max-age=31536000, immutable"
_NO_PAGE = "There is no such page here.\n"
_NOT_BUILT = (
    "The dashboard's page is not built. Run `make page` in a source tree (or `npm ci && npm run build` in web/), "
    "or install the wheel, which brings it. The data is at /api/now all the same.\n"
)


class Pages:
    """Serves a folder; a file under assets/ has its hash in its name and never changes."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._files = StaticFiles(directory=folder, html=True, check_dir=False)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        response = await self._answer(scope)
        await response(scope, receive, send)

    async def _answer(self, scope: Scope) -> Response:
        if not (self._folder / "index.html").is_file():
            return PlainTextResponse(_NOT_BUILT, 503, {"Cache-Control": "no-store"})
        path = self._files.get_path(scope)
        try:
            response = await self._files.get_response(path, scope)
        except HTTPException as exc:
            return PlainTextResponse(_NO_PAGE, exc.status_code, {"Cache-Control": "no-store"})
        if isinstance(response, RedirectResponse):  # of a folder's name, to an address that no proxy knows
            return PlainTextResponse(_NO_PAGE, 404, {"Cache-Control": "no-store"})
        suffix = Path(path).suffix if path != "." else ".html"
        if response.status_code == 200 and suffix in _TYPES:
            response.headers["Content-Type"] = _TYPES[suffix]
        is_hashed = Path(path).parts[:1] == ("assets",)
        response.headers["Cache-Control"] = _FOREVER if is_hashed and response.status_code < 400 else "no-cache"
        return response
