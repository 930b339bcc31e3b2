"""The control port: plain HTTP and JSON on loopback, to move the emulated world.

It answers this machine only: it is bound to loopback, wants a Host header that
names loopback (a web page that rebinds its name gets nothing), and takes JSON
under its own content type only (a web page's form cannot send that).
"""

from __future__ import annotations

import asyncio
import ipaddress
import logging
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from forebay.emulator import published
from forebay.emulator.description import describe
from forebay.emulator.device import Device
from forebay.emulator.http import Receive, Scope, Send
from forebay.emulator.injection import Injection
from forebay.emulator.refusal import Refused
from forebay.emulator.verb_kinds import BadRequest
from forebay.emulator.verbs import VERBS, Verb
from forebay.errors import EmulatorError

BODY_LIMIT_BYTES = 1_048_576

log = logging.getLogger(__name__)

_BY_PATH: dict[str, Verb] = {verb.path: verb for verb in VERBS}


class _Answer(Exception):
    """An answer that is not a success."""

    def __init__(self, status: int, words: str, headers: tuple[tuple[bytes, bytes], ...] = ()) -> None:
        super().__init__(words)
        self.status, self.words, self.headers = status, words, headers


class ControlApp:
    """The verbs of `verbs.VERBS`, and the faults, over HTTP."""

    def __init__(self, device: Device, injection: Injection) -> None:
        self._device = device
        self._injection = injection

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return
        status = 200
        extra: tuple[tuple[bytes, bytes], ...] = ()
        answer: Any
        try:
            answer = await self._answer(scope, receive)
        except _Answer as no:
            status, answer, extra = no.status, {"error": no.words}, no.headers
        except BadRequest as no:
            status, answer = 400, {"error": str(no)}
        except EmulatorError as no:
            status, answer = 409, {"error": str(no)}
        except Refused as no:
            status, answer = 409, {"error": f"the gateway refuses: {no.key}"}
        except Exception:
            log.exception("control: %s %s failed", scope["method"], scope["path"])
            status, answer = 500, {"error": "the emulator failed; its log says why"}
        body = msgspec.json.format(msgspec.json.encode(answer), indent=2) + b"\n"
        headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body)), *extra]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})

    async def _answer(self, scope: Scope, receive: Receive) -> Any:
        headers = {name: value.decode("latin-1") for name, value in scope["headers"]}
        if not is_loopback_host(headers.get(b"host", "")):
            raise _Answer(403, "the Host header must name loopback, such as 127.0.0.1 or localhost")
        method, path = scope["method"], scope["path"]
        if method == "HEAD":
            method = "GET"
        if path == published.PATH:
            _only(method, "GET")
            return msgspec.Raw(published.body_of(self._device))
        if path in ("/", "/state"):
            _only(method, "GET")
            return self.state() if path == "/state" else help_text()
        if path == "/faults" and method in ("GET", "DELETE"):
            if method == "DELETE":
                self.apply(lambda device: device.area(Injection).clear())
            return self._injection.faults()
        verb = _BY_PATH.get(path)
        if verb is None:
            raise _Answer(404, f"no such verb; GET / lists them: {', '.join(_BY_PATH)}, /state")
        _only(method, "POST") if path != "/faults" else _only(method, "GET", "POST", "DELETE")
        body = await _read_json(headers, receive, may_be_empty=not verb.members)
        self.apply(lambda device: verb.do(device, body))
        for _ in self._device.travel():  # a long jump lets others through
            await asyncio.sleep(0)
        return self._injection.faults() if path == "/faults" else self.state()

    def apply(self, act: Callable[[Device], object]) -> None:
        """Do something to the home at its present."""
        self._device.catch_up()
        act(self._device)

    def state(self) -> dict[str, Any]:
        """Return what GET /state shows."""
        self._device.catch_up()
        return {**describe(self._device), "faults": len(self._injection.faults())}


def help_text() -> dict[str, Any]:
    """Return what GET / prints: every verb with its members and an example."""
    listed: dict[str, Any] = {"GET /state": "Show the home, the time and the site master."}
    for verb in VERBS:
        listed[f"POST {verb.path}"] = {
            "does": verb.summary,
            "members": {key: kind.words for key, kind in verb.members.items()},
            "example": verb.example,
        }
    listed[f"GET {published.PATH}"] = "Describe the gateway's own API, as OpenAPI 3.1."
    listed["GET /faults"] = "List the faults in force."
    listed["DELETE /faults"] = "End all of them."
    return listed


def is_loopback_host(host: str) -> bool:
    """Whether a Host header names loopback, with or without a port."""
    name = host.rsplit(":", 1)[0] if host.rpartition(":")[2].isdigit() else host
    if name.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(name.removeprefix("[").removesuffix("]")).is_loopback
    except ValueError:
        return False


def _only(method: str, *allowed: str) -> None:
    if method not in allowed:
        allow = ", ".join(allowed)
        raise _Answer(405, f"this path takes {allow}", ((b"allow", allow.encode()),))


async def _read_json(headers: Mapping[bytes, str], receive: Receive, *, may_be_empty: bool = False) -> Any:
    raw = b""
    while True:
        message = await receive()
        raw += message.get("body", b"")
        if len(raw) > BODY_LIMIT_BYTES:
            raise _Answer(413, f"the body is longer than {BODY_LIMIT_BYTES} bytes")
        if not message.get("more_body", False):
            break
    if headers.get(b"content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise _Answer(415, "send JSON with the header Content-Type: application/json")
    if not raw.strip() and may_be_empty:
        return {}
    try:
        return msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as exc:
        raise _Answer(400, f"the body is not JSON: {exc}") from exc
