"""The roles that a login's answer names, and what each may. Source: behaviour.md A18, A19."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from forebay.wire.endpoint import Access

HOME_OWNER: Final = "Home_Owner"
PROVIDER: Final = "Provider_Engineer"

ROLES: Final[dict[str, Access]] = {
    "Kiosk_Viewer": Access.KIOSK,
    HOME_OWNER: Access.CUSTOMER,
    PROVIDER: Access.INSTALLER,
    "Tesla_Engineer": Access.ENGINEER,
}
"""What each role may."""


USER_ROLES: Final[dict[str, str]] = {
    "customer": HOME_OWNER,
    "installer": PROVIDER,
    "engineer": "Tesla_Engineer",
    "admin": PROVIDER,
    "kiosk": "Kiosk_Viewer",
}
"""The role of each user name that the web page knows; those of admin and kiosk are unverified."""


def access_of(names: Iterable[str]) -> Access | None:
    """Return the most that roles allow together; None where none of them is known."""
    return max((ROLES[name] for name in names if name in ROLES), default=None)
