"""The password of a log-in: given once, or looked up each time one is made.

Whoever looks it up in a file need not be started again when it was changed there.
"""

from __future__ import annotations

from collections.abc import Callable

from forebay.client.login import password_form
from forebay.errors import ConfigError

Given = str | Callable[[], str | None] | None


def require_text(name: str, text: str) -> None:
    """Raise ConfigError, without the text, where it holds bytes that are no text."""
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ConfigError(f"gateway {name}: holds bytes that are not UTF-8 text") from None


class Password:
    """What `given` says now. given: the password, what looks it up, or None for a client that never logs in."""

    def __init__(self, given: Given) -> None:
        if isinstance(given, str):
            require_text("password", given)
        self._given = given
        self._last: str | None = None

    def __repr__(self) -> str:
        return "Password()"

    def now(self) -> str | None:
        """Return the password, None where there is none. Raises ConfigError where it cannot be looked up."""
        if callable(self._given):
            self._last = self._given()
            require_text("password", self._last or "")
        else:
            self._last = self._given
        return self._last

    @property
    def secrets(self) -> tuple[str, ...]:
        """What must not be shown: the password as it was last used, in every form that is sent."""
        last = self._given if isinstance(self._given, str) else self._last
        return (last, password_form(last)) if last else ()
