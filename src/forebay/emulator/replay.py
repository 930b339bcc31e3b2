"""A stored capture as a gateway: what was answered is answered again, to the byte.

It does not live: measurements stand still, and what would change the house is
refused as to a user who may not (403). Time stamps move on where that is asked
for. See docs/decisions/0082.
"""

from __future__ import annotations

import base64
import hmac
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import unquote

from forebay.clock import Clock
from forebay.emulator.body import TooLarge, read_body
from forebay.emulator.http import Receive, Scope, Send, asked_path
from forebay.emulator.refusal import Refused
from forebay.emulator.replies import Dates, HeaderList, Reply, refusal, success
from forebay.emulator.sessions import MOST_SESSIONS, has_cookie, presented_tokens, read_login
from forebay.errors import ConfigError, EmulatorError
from forebay.wire import captured, catalogue, firmware
from forebay.wire.captured import Answer, Capture
from forebay.wire.codec import encode
from forebay.wire.endpoint import Effect
from forebay.wire.faults import BY_KEY, TOO_LARGE
from forebay.wire.firmware import Version, parse_version
from forebay.wire.gotime import NEVER, print_seconds, seconds
from forebay.wire.jsontext import Place, rewrite
from forebay.wire.roles import HOME_OWNER, PROVIDER
from forebay.wire.site import Session

MOST_BYTES = 16 * 1024 * 1024
"""The longest body that is served."""

_MILLISECONDS = frozenset({"current_time", "last_status_time", "timestamp", "last_download_status_time"})
_STAMP = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d{1,9})?(Z|[+-]\d\d:\d\d)")


@dataclass(frozen=True, slots=True)
class Stored:
    """One answer, ready to be sent. is_public: whether it is given without a login."""

    reply: Reply
    is_public: bool


@dataclass(frozen=True, slots=True)
class Recording:
    """A capture that has been read: answers by decoded path."""

    index: Capture
    version: Version
    answers: Mapping[str, Stored]


def load(folder: Path) -> Recording:
    """Read a capture. Raises EmulatorError naming the file, and the key where one is wrong."""
    path = folder / captured.INDEX
    try:
        index = captured.decode(path.read_bytes())
    except ConfigError as exc:
        raise EmulatorError(f"{path}: {exc}") from exc
    except OSError as exc:
        raise EmulatorError(f"{path}: cannot be read: {exc.strerror or exc}; is {folder} a capture?") from exc
    version = parse_version(index.firmware)
    answers = {
        unquote(answer.path): _stored(folder, index, answer, number, version)
        for number, answer in enumerate(index.answers)
    }
    return Recording(index, version, answers)


def _stored(folder: Path, index: Capture, answer: Answer, number: int, version: Version) -> Stored:
    body = _body(folder, answer, number)
    headers: HeaderList = [
        (name.encode(), value.encode()) for name, value in answer.headers.items() if name != "content-length"
    ]
    if answer.status != 204:
        headers.append((b"content-length", b"%d" % len(body)))
    row = catalogue.find("GET", unquote(answer.path))
    public = answer.public
    if public is None:  # what is not there is not there for strangers either
        public = answer.status in (404, 405) or (row is not None and row.is_public(version))
    return Stored(Reply(answer.status, headers, body), public)


def _body(folder: Path, answer: Answer, number: int) -> bytes:
    if not answer.body:
        return b""
    path = folder / answer.body
    where = f"{folder / captured.INDEX}: answers[{number}].body"
    try:
        if not path.resolve().is_relative_to(folder.resolve()):
            raise EmulatorError(f"{where}: {path} leads out of {folder}")
        if path.stat().st_size > MOST_BYTES:
            raise EmulatorError(f"{where}: {path} is longer than {MOST_BYTES >> 20} MiB")
        return path.read_bytes()
    except OSError as exc:
        raise EmulatorError(f"{where}: {path} cannot be read: {exc.strerror or exc}") from exc


class ReplayApp:
    """A recording as an ASGI application.

    password: what opens it; None takes any. moves_time: whether stamps are those of the clock's now.
    """

    def __init__(
        self, recording: Recording, clock: Clock, *, password: str | None = None, moves_time: bool = False
    ) -> None:
        if moves_time and recording.index.captured_at is None:
            raise EmulatorError("captured_at: without it nobody knows how far the time stamps have to move")
        self._recording = recording
        self._version = recording.version
        self._clock = clock
        self._dates = Dates(clock)
        self._password = password
        self._moves_time = moves_time
        self._tokens: dict[str, None] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return
        try:
            reply = await self._answer(scope, receive)
        except Refused as no:
            reply = self._refuse(scope, no.key, error=no.error, message=no.message)
        except TooLarge:
            reply = refusal(TOO_LARGE, self._version, method=scope["method"], path=scope["path"])
        headers = reply.headers
        if self._moves_time or all(name != b"date" for name, _ in headers):
            headers = [*(pair for pair in headers if pair[0] != b"date"), self._dates.header()]
        await send({"type": "http.response.start", "status": reply.status, "headers": headers})
        await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else reply.body})

    def _refuse(self, scope: Scope, key: str, error: str | None = None, message: str | None = None) -> Reply:
        where = {"method": scope["method"], "path": scope["path"]}
        return refusal(BY_KEY[key], self._version, error=error, message=message, **where)

    async def _answer(self, scope: Scope, receive: Receive) -> Reply:
        method, path, headers = scope["method"], asked_path(scope["path"]), scope["headers"]
        if method == "POST" and path == catalogue.LOGIN.path:
            return self._log_in(await read_body(receive))
        if method == "GET" and path == catalogue.LOGOUT.path:
            return self._log_out(headers)
        stored = self._recording.answers.get(path)
        if stored is not None and method in ("GET", "HEAD"):
            if not stored.is_public and not self._is_known(headers):
                raise Refused("forbidden")
            return self._moved(stored.reply) if self._moves_time else stored.reply
        row = catalogue.find(method, path)
        if row is not None and row.effect is not Effect.READS and row.offered_by(self._version):
            if row is catalogue.SITEMASTER_RUN:  # what a log-in on 1.x asks of its client
                return success(row.status.at(self._version), b"", b"")
            raise Refused("forbidden")
        if stored is not None:
            reply = self._refuse(scope, "wrong_method")
            return Reply(reply.status, [(b"allow", b"GET, HEAD"), *reply.headers], reply.body)
        raise Refused("absent")

    # Logging in and out

    def _is_known(self, headers: HeaderList) -> bool:
        return any(token in self._tokens for token in presented_tokens(headers))

    def _log_in(self, raw: bytes) -> Reply:
        request = read_login(raw)
        given = request.password.encode("utf-8", "surrogatepass")
        if self._password is not None and not hmac.compare_digest(given, self._password.encode()):
            raise Refused("bad_login", error=firmware.BAD_PASSWORD.at(self._version))
        token = base64.urlsafe_b64encode(secrets.token_bytes(64)).decode()
        self._tokens[token] = None
        while len(self._tokens) > MOST_SESSIONS:
            del self._tokens[next(iter(self._tokens))]
        is_old = firmware.LOGIN_IGNORES_USER.at(self._version) and not firmware.LOGIN_NEEDS_USER.at(self._version)
        session = Session(
            email=None if is_old else request.email if isinstance(request.email, str) else "",
            roles=(PROVIDER if is_old or request.username == "installer" else HOME_OWNER,),
            token=token,
            loginTime=self._clock.now().isoformat(),
        )
        row = catalogue.LOGIN
        reply = success(
            row.status.at(self._version),
            row.content_type.at(self._version).encode(),
            encode(session, self._version),
        )
        if not firmware.LOGIN_SETS_COOKIES.at(self._version):
            return reply
        record = base64.urlsafe_b64encode(secrets.token_bytes(64)).decode()
        cookies = [
            (b"set-cookie", f"{name}={value}; Path=/".encode())
            for name, value in (("AuthCookie", token), ("UserRecord", record))
        ]
        return Reply(reply.status, [*reply.headers, *cookies], reply.body)

    def _log_out(self, headers: HeaderList) -> Reply:
        for token in presented_tokens(headers):
            self._tokens.pop(token, None)
        reply = success(catalogue.LOGOUT.status.at(self._version), b"", b"")
        if has_cookie(headers) and firmware.LOGIN_SETS_COOKIES.at(self._version):
            return Reply(reply.status, [(b"set-cookie", b"AuthCookie=; Path=/; Max-Age=0"), *reply.headers], b"")
        return reply

    # Time

    def _moved(self, reply: Reply) -> Reply:
        began = self._recording.index.captured_at
        assert began is not None  # noqa: S101 - checked when this was made
        try:
            body = rewrite(reply.body, _Later(self._clock.now() - began))
        except ValueError:
            return reply  # vitals, or words
        headers = [(name, b"%d" % len(body) if name == b"content-length" else value) for name, value in reply.headers]
        return Reply(reply.status, headers, body)


class _Later:
    """Moves every stamp by the same span; "never" stays never."""

    def __init__(self, span: timedelta) -> None:
        self._span = span

    def key(self, place: Place, word: str) -> str:
        return word

    def text(self, place: Place, value: str) -> str:
        name = place[-1] if place else ""
        if name == "up_time_seconds":
            try:
                total_ns = round((seconds(value) + self._span.total_seconds()) * 1e9)
            except ValueError:
                return value
            return print_seconds(max(0, total_ns))
        match = _STAMP.fullmatch(value)
        if match is None or value == NEVER:
            return value
        return self._stamp(*match.groups(default=""))

    def _stamp(self, whole: str, fraction: str, offset: str) -> str:
        try:
            later = datetime.fromisoformat(whole) + timedelta(seconds=round(self._span.total_seconds()))
        except (ValueError, OverflowError):
            return f"{whole}{fraction}{offset}"  # no day of the calendar
        return f"{later.isoformat()}{fraction}{offset}"

    def number(self, place: Place, literal: str) -> str:
        if place and place[-1] in _MILLISECONDS and literal.isdecimal() and len(literal) == 13:
            return str(int(literal) + self._span // timedelta(milliseconds=1))
        return literal
