"""What logins led to: when another one may help, and when it would only cost.

A refusal can mean an ended session, which a login renews, or a role that is too
low, which none does. Logins are counted by the gateway (A23).
"""

from __future__ import annotations

from datetime import datetime

from forebay.clock import Clock
from forebay.errors import GatewayError

FRESH_S = 60.0
"""How young a login is that the refusal of a row not yet served with it cannot be blamed on [s]."""

RENEWAL_S = 5.0
"""The least time between two logins after the first, for rows that were served in between [s]."""

PAUSE_S = 60.0
"""How long to leave a login alone that failed otherwise than by a wrong password [s]."""


class LoginHistory:
    """The logins of one session of this process."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._succeeded_at: datetime | None = None
        self._renewed_at: datetime | None = None
        self._failure: tuple[datetime, GatewayError] | None = None
        self._served: set[str] = set()
        self._beyond_role: set[str] = set()

    def succeeded(self) -> None:
        """Note a login; which rows it serves is not known yet."""
        now = self._clock.now()
        if self._succeeded_at is not None:
            self._renewed_at = now
        self._succeeded_at, self._failure = now, None
        self._served.clear()
        self._beyond_role.clear()

    def failed(self, error: GatewayError) -> None:
        """Note a login that failed otherwise than by a wrong password."""
        self._failure = (self._clock.now(), error)

    def ended(self) -> None:
        """Note that the session was ended on purpose."""
        self._succeeded_at = None

    def served(self, row_name: str) -> None:
        """Note that a row answered."""
        self._beyond_role.discard(row_name)
        self._served.add(row_name)

    def refused(self, row_name: str) -> None:
        """Note a row that was refused even after a login."""
        self._beyond_role.add(row_name)

    def may_renew(self, row_name: str) -> bool:
        """Whether a login may help a refused row."""
        if row_name in self._beyond_role:
            return False
        if row_name in self._served:
            return not self._is_within(self._renewed_at, RENEWAL_S)
        return not self._is_within(self._succeeded_at, FRESH_S)

    def check_pause(self) -> None:
        """Raise the last login's failure again while it is too early for another try."""
        if self._failure is None:
            return
        since, failure = self._failure
        left_s = PAUSE_S - (self._clock.now() - since).total_seconds()
        if left_s > 0:
            words = f"the last login failed, and the next is made in {left_s:.0f} s: {failure.message}"
            raise type(failure)(words, path=failure.path, status=failure.status) from failure

    def _is_within(self, since: datetime | None, seconds: float) -> bool:
        return since is not None and 0 <= (self._clock.now() - since).total_seconds() < seconds
