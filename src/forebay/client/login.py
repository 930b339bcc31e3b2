"""What a login looks like in each era, and what it gives."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from forebay.client.memory import Credentials
from forebay.errors import MalformedReply
from forebay.wire import catalogue, firmware
from forebay.wire.firmware import Version
from forebay.wire.model import UNSET
from forebay.wire.site import Login

_COOKIES = ("AuthCookie", "UserRecord")
_LONGEST = 4096
_MOST_ROLES = 16


class _Answer(msgspec.Struct):
    token: str | None = None


class _Roles(msgspec.Struct):
    roles: tuple[str, ...] | None = None


def password_form(serial: str) -> str:
    """Return the password of 1.15: "S" and the serial; the label shows it without the S (A03)."""
    return serial if serial[:1] == "S" else f"S{serial}"


def login_body(version: Version, username: str, password: str, *, force: bool = False) -> Login:
    """Return the login that this firmware understands.

    1.15 takes a blank user and "S" + serial (A01), later ones a user's own
    password (A04, A05). force_sm_off is said only where a login stops the
    power system: by default false, so that a busy one refuses instead (A14).
    """
    forced = force if firmware.LOGIN_STOPS_SYSTEM.at(version) else UNSET
    if not firmware.LOGIN_NEEDS_USER.at(version):
        return Login(username="", password=password_form(password), force_sm_off=forced)
    return Login(username=username, password=password, email="", force_sm_off=forced)


def _fits_header(secret: str) -> bool:
    """Whether it can be sent back: a gateway must not be able to write lines into our requests."""
    return 0 < len(secret) <= _LONGEST and secret.isascii() and secret.isprintable()


def credentials_from(body: bytes, cookies: Mapping[str, str]) -> Credentials:
    """Return the token of a login's answer, else its cookies (A07, A08).

    Raises MalformedReply where there is neither.
    """
    try:
        token = msgspec.json.decode(body, type=_Answer).token
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        token = None
    roles = _roles_in(body)
    if token and _fits_header(token):
        return Credentials(token=token, roles=roles)
    kept = {name: cookies[name] for name in _COOKIES if _fits_header(cookies.get(name, ""))}
    if "AuthCookie" in kept:
        return Credentials(cookies=kept, roles=roles)
    raise MalformedReply(
        "the login was accepted, but its answer holds neither a token nor a cookie named AuthCookie that can be sent",
        path=catalogue.LOGIN.path,
        status=200,
    )


def _roles_in(body: bytes) -> tuple[str, ...]:
    """Return the roles that a login's answer names; nothing depends on them but what is told to a person."""
    try:
        names = msgspec.json.decode(body, type=_Roles).roles or ()
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return ()
    return tuple(name for name in names[:_MOST_ROLES] if _fits_header(name))
