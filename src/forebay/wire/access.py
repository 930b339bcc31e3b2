"""Passwords, and logging in by the switch on a Powerwall."""

from __future__ import annotations

from forebay.wire.model import Wire
from forebay.wire.site import Login


class ToggleSupport(Wire, kw_only=True):
    """The reply of /api/auth/toggle/supported."""

    toggle_auth_supported: bool


class ToggleLogin(Login, kw_only=True):
    """The body of /api/auth/toggle/login: user name and e-mail, no password."""

    def __repr__(self) -> str:
        return f"ToggleLogin(username={self.username!r})"


class NewPassword(Wire, kw_only=True):
    """The body that changes a password.

    old_password: the present one, or "S" and the gateway's serial number for a reset.
    toggled_pw: whether the switch was toggled instead of knowing the old one.
    """

    old_password: str = ""
    new_password: str = ""
    toggled_pw: bool = False

    def __repr__(self) -> str:
        return f"NewPassword(toggled_pw={self.toggled_pw!r})"


class Password(Wire, kw_only=True):
    """The reply to a change of password: the new one, in clear."""

    password: str

    def __repr__(self) -> str:
        return "Password(…)"
