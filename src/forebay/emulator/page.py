"""The gateway's own web page as files: where they are, of what type, and under which policy.

They come from web/gateway by the wheel's build step (docs/decisions/0065).
Without them a plain page says what to do, and the API answers all the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path

from forebay.emulator.replies import HeaderList, Reply

STATIC = Path(__file__).parent / "static"
"""Where the page's build step puts it."""

_INDEX = "/index.html"
_TYPES = {
    ".css": b"text/css; charset=utf-8",
    ".html": b"text/html; charset=utf-8",
    ".js": b"text/javascript; charset=utf-8",
    ".json": b"application/json",
    ".svg": b"image/svg+xml",
    ".txt": b"text/plain; charset=utf-8",
}
_POLICY = (
    b"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    b"base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_GUARD: HeaderList = [
    (b"content-security-policy", _POLICY),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
]
_FOREVER = b"public, max-age=31536000, immutable"

NOT_BUILT = b"""<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Emulated gateway</title>
<h1>Emulated gateway</h1>
<p>This is forebay, imitating the local gateway of a home battery. No real house is behind it.</p>
<p>Its page is not built. Run <code>make page</code> (or <code>python hatch_build.py</code>) in the source tree
and start the emulator again, or install the wheel, which brings the page ready-built.</p>
<p>The API answers all the same: <a href="/api/status"><code>/api/status</code></a> is open to everybody.</p>
</html>
"""


class WebPage:
    """The page's files of one folder, with types, caching and a strict content policy."""

    def __init__(self, folder: Path = STATIC) -> None:
        self._files = read_files(folder)

    @property
    def is_built(self) -> bool:
        """Whether there is a page to show."""
        return _INDEX in self._files

    def index(self) -> bytes:
        """Return the page itself, or words on how to get it."""
        return self._files.get(_INDEX, NOT_BUILT)

    def find(self, path: str) -> Reply | None:
        """Return a file of the page; None where there is none at that path."""
        body = self._files.get(path)
        if body is None or path == _INDEX:
            return None
        return file_reply(path, body, _FOREVER if path.startswith("/assets/") else b"no-cache")


def guarded(reply: Reply) -> Reply:
    """Add what keeps a page from loading or running anything that is not its own."""
    return Reply(reply.status, [*reply.headers, *_GUARD, (b"cache-control", b"no-cache")], reply.body)


def file_reply(path: str, body: bytes, caching: bytes) -> Reply:
    """Return a file with the type that its name tells."""
    content_type = _TYPES.get(Path(path).suffix, b"application/octet-stream")
    headers = [(b"content-type", content_type), (b"content-length", b"%d" % len(body)), (b"cache-control", caching)]
    return Reply(200, [*headers, *_GUARD], body)


@cache
def read_files(folder: Path) -> Mapping[str, bytes]:
    """Return every file of a built page by its path in the address; once for all homes of a process."""
    if not (folder / _INDEX[1:]).is_file():
        return {}
    found = (path for path in folder.rglob("*") if path.is_file() and not path.name.startswith("."))
    return {f"/{path.relative_to(folder).as_posix()}": path.read_bytes() for path in found}
