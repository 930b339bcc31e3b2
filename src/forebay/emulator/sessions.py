"""Who may log in, what a token is worth, and when logging in is over for a while.

Source: behaviour.md A01–A25, X09, X10. Tokens are made from the home's seed, so
that the same requests get the same bytes: they protect nothing but an emulated house.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import parse_qsl

import msgspec

from forebay.emulator import readings
from forebay.emulator.device import Device
from forebay.emulator.refusal import Refused
from forebay.wire import firmware
from forebay.wire.codec import decode_body
from forebay.wire.endpoint import Access
from forebay.wire.roles import HOME_OWNER, PROVIDER, ROLES, USER_ROLES
from forebay.wire.site import Login, Session

NAMED_ROLES = {access.name.lower(): role for role, access in ROLES.items()}
"""The names of roles in HOME.toml → the roles."""

USERS: dict[str, str] = {name: USER_ROLES[name] for name in ("customer", "installer")}
"""Users with a password of their own and the role they get (A04, A05)."""

FAILURE_WINDOW_S = 300.0
"""Log-ins within this span count together [s of emulated time]; unverified."""

LOCKOUT_S = 300.0
"""How long every login then gets 429 [s of emulated time] (A23); unverified."""

MOST_SESSIONS = 4096
"""The oldest sessions end when more than this many are open."""

Headers = Iterable[tuple[bytes, bytes]]


@dataclass(frozen=True, slots=True)
class _Grant:
    role: Access
    ends: datetime


class Sessions:
    """The users of one gateway and the tokens it gave; settings are [gateway] of its HOME.toml."""

    def __init__(self, device: Device) -> None:
        self._device = device
        self._settings = device.home.gateway
        self._gateway_password = f"S{device.serial}"
        self._grants: dict[str, _Grant] = {}
        self._given = 0
        self._failures: deque[datetime] = deque()
        self._logins: deque[datetime] = deque()
        self._locked_until: datetime | None = None

    @property
    def stranger_status(self) -> int:
        """What a request without a valid token gets (X10)."""
        return self._settings.missing_login_status

    def log_in(self, request: Login) -> Session:
        """Return a new session with its token.

        On releases where a token stops the house, it is stopped first.
        Raises Refused: bad_login, needs_toggle, throttled, cannot_stop.
        """
        device, now = self._device, self._device.clock.now()
        if self._locked_until is not None and now < self._locked_until:
            raise Refused("throttled")
        role = self._role_for(request.username, request.password)
        if role is None:
            self._count(self._failures, now, self._settings.login_failures)
            raise Refused("bad_login", error=firmware.BAD_PASSWORD.at(device.version))
        toggle_needed = role == PROVIDER and firmware.INSTALLER_NEEDS_TOGGLE.at(device.version)
        if toggle_needed and not device.switch_toggled:
            raise Refused("needs_toggle")
        if firmware.LOGIN_STOPS_SYSTEM.at(device.version) and device.running:
            device.stop(request.force_sm_off is True or not firmware.LOGIN_ASKS_BEFORE_STOPPING.at(device.version))
        if self._settings.login_limit is not None:
            self._count(self._logins, now, self._settings.login_limit)
        return self._open(request, role)

    def log_in_present(self, request: Login) -> Session:
        """Return a new session for somebody who is at the house and has proved it by the switch (A16).

        Raises Refused("bad_login") for a user name that the gateway does not know.
        """
        if request.username not in USERS:
            raise Refused("bad_login", error=firmware.BAD_PASSWORD.at(self._device.version))
        return self._open(request, USERS[request.username])

    def _open(self, request: Login, role: str) -> Session:
        return Session(
            email=self._email_for(request),
            roles=(role,),
            token=self._grant(ROLES[role], self._device.clock.now()),
            loginTime=readings.stamp(self._device, 0.0, 31),
        )

    def user_record(self, token: str) -> str:
        """Return the value of the cookie UserRecord that goes with a token."""
        return _text(self._bytes(f"record {token}"))

    def role_of(self, headers: Headers) -> Access:
        """Return the best role among the tokens presented; PUBLIC without a valid one."""
        best, now = Access.PUBLIC, None
        for token in presented_tokens(headers):
            grant = self._grants.get(token)
            if grant is None or grant.role <= best:
                continue
            now = now or self._device.clock.now()
            if now < grant.ends:
                best = grant.role
        return best

    def log_out(self, headers: Headers) -> None:
        """End every session whose token is presented."""
        for token in presented_tokens(headers):
            self._grants.pop(token, None)

    def end_all(self) -> None:
        """End every session."""
        self._grants.clear()

    def lock(self, seconds: float) -> None:
        """Refuse every login for so long [s of emulated time]; 0 looks at them again."""
        self._locked_until = self._device.now + timedelta(seconds=seconds)
        self._failures.clear()

    def _role_for(self, username: str, password: str) -> str | None:
        version, role = self._device.version, None
        if firmware.LOGIN_IGNORES_USER.at(version) and _same(password, self._gateway_password):
            role = PROVIDER
        if not firmware.LOGIN_NEEDS_USER.at(version):
            chosen = self._settings.password
            return PROVIDER if role or (chosen is not None and _same(password, chosen)) else None
        passwords = {"customer": self._device.password, "installer": self._device.installer_password}
        for user, own_role in USERS.items():
            if user == username and _same(password, passwords[user]):
                role = own_role
        for other in self._device.home.users:
            if other.name not in USERS and other.name == username and _same(password, other.password):
                role = NAMED_ROLES[other.role] if other.role else USER_ROLES.get(username, HOME_OWNER)
        return role

    def _email_for(self, request: Login) -> str | None:
        if not firmware.LOGIN_ECHOES_EMAIL.at(self._device.version):
            return None
        return request.email if isinstance(request.email, str) else ""

    def _grant(self, role: Access, now: datetime) -> str:
        ended = [token for token, grant in self._grants.items() if grant.ends <= now]
        if not ended and len(self._grants) >= MOST_SESSIONS:
            ended = [next(iter(self._grants))]
        for token in ended:
            del self._grants[token]
        self._given += 1
        token = _text(self._bytes(f"token {self._given}"))
        self._grants[token] = _Grant(role, now + timedelta(hours=self._settings.token_life_h))
        return token

    def _bytes(self, purpose: str) -> bytes:
        return hashlib.sha512(f"{self._device.rng_seed} {self._device.serial} {purpose}".encode()).digest()

    def _count(self, counted: deque[datetime], now: datetime, limit: int) -> None:
        """Count a log-in; with `limit` of them within the window, no more are looked at for a while."""
        since = now - timedelta(seconds=FAILURE_WINDOW_S)
        while counted and counted[0] <= since:
            counted.popleft()
        counted.append(now)
        if len(counted) >= limit:
            self._locked_until = now + timedelta(seconds=LOCKOUT_S)
            counted.clear()


def presented_tokens(headers: Headers) -> Iterator[str]:
    """Yield every token of a request: Bearer header, or AuthCookie however often it comes (A09)."""
    for name, value in headers:
        if name == b"authorization":
            scheme, _, token = value.decode("latin-1").partition(" ")
            if scheme.lower() == "bearer":
                yield token.strip()
        elif name == b"cookie":
            for part in value.decode("latin-1").split(";"):
                key, _, token = part.strip().partition("=")
                if key == "AuthCookie":
                    yield token.strip('"')


def has_cookie(headers: Headers) -> bool:
    """Whether a request carries an AuthCookie, valid or not."""
    return any(name == b"cookie" and b"AuthCookie=" in value for name, value in headers)


def read_login(raw: bytes) -> Login:
    """Read a login body: JSON whatever the content type says, or a real form (T18, T19).

    Raises Refused("bad_json").
    """
    if raw.lstrip()[:1] != b"{" and b"=" in raw:
        return _read_form(raw)
    try:
        login: Login = decode_body(Login, raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as exc:
        raise Refused("bad_json") from exc
    return login


def _read_form(raw: bytes) -> Login:
    try:
        fields = dict(reversed(parse_qsl(raw.decode(), keep_blank_values=True, max_num_fields=32)))
    except ValueError as exc:
        raise Refused("bad_json") from exc
    return Login(
        username=fields.get("username", ""),
        password=fields.get("password", ""),
        email=fields.get("email", ""),
        force_sm_off=fields.get("force_sm_off") == "true",
    )


def _same(given: str, right: str) -> bool:
    return hmac.compare_digest(given.encode("utf-8", "surrogatepass"), right.encode())


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode()
