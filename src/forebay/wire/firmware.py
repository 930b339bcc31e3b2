"""Firmware versions and the facts that change with them.

Versions order as the gateway's releases did: 1.15 … 1.50, then 20.49 (year and
week) … 23.44. A fact that differs between releases is a `Timeline`: one datum,
read by the client (what to expect) and by the emulator (what to do).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Generic, TypeVar

from forebay.errors import ConfigError

T = TypeVar("T")

Version = tuple[int, int, int]
"""Major (or year), minor (or week), patch; compares in release order."""

_VERSION = re.compile(r"\s*(\d{1,2})\.(\d{1,3})(?:\.(\d{1,4}))?(?:[\s+-].*)?", re.DOTALL)


def parse_version(text: str) -> Version:
    """Read "1.40.2", "21.44", "21.44 223a56cd", also with a newline at the end.

    Raises ConfigError when the text does not start with a version.
    """
    match = _VERSION.fullmatch(text)
    if match is None:
        raise ConfigError(f"not a firmware version: {text.strip()[:60]!r}; expected a form like 21.44 or 1.40.2")
    major, minor, patch = match.groups()
    return int(major), int(minor), int(patch or 0)


def print_version(version: Version) -> str:
    """Write a version the short way: (21, 44, 0) is "21.44"."""
    major, minor, patch = version
    return f"{major}.{minor}.{patch}" if patch else f"{major}.{minor}"


class Timeline(Generic[T]):
    """A fact by firmware: `Timeline(("1.15", old), ("20.49", new))`.

    The first entry also holds for everything before it.
    """

    __slots__ = ("_steps",)

    def __init__(self, *steps: tuple[str, T]) -> None:
        self._steps: tuple[tuple[Version, T], ...] = tuple((parse_version(v), fact) for v, fact in steps)
        versions = [version for version, _ in self._steps]
        if not versions or versions != sorted(set(versions)):
            raise ValueError(f"a timeline needs rising versions, got {versions}")

    def at(self, version: Version) -> T:
        """Return the fact in force at `version`."""
        fact = self._steps[0][1]
        for since, value in self._steps:
            if since <= version:
                fact = value
        return fact

    @property
    def steps(self) -> tuple[tuple[Version, T], ...]:
        """All entries, oldest first."""
        return self._steps

    def __repr__(self) -> str:
        return f"Timeline{tuple((print_version(v), fact) for v, fact in self._steps)!r}"


def always(fact: T) -> Timeline[T]:
    """Return a fact that no release changed."""
    return Timeline(("1.15", fact))


@dataclass(frozen=True, slots=True)
class Profile:
    """A release whose behaviour is known well enough to be imitated.

    name: as the user writes it. git_hash: an invented one of the real shape.
    """

    name: str
    version: Version
    git_hash: str


PROFILES: tuple[Profile, ...] = (
    Profile("1.40.2", (1, 40, 2), "5f3c9a1be07d42688c15aa20f7e3d96b4410c2e7"),
    Profile("21.44", (21, 44, 0), "b7d20c5e94f1a3366e08d1c79ab25f4083e6d5a1"),
)


def nearest_profile(version: Version) -> Profile:
    """Return the newest profile not newer than `version`.

    Raises ConfigError, listing the profiles, when there is none.
    """
    found = [profile for profile in PROFILES if profile.version <= version]
    if not found:
        names = ", ".join(profile.name for profile in PROFILES)
        raise ConfigError(f"firmware {print_version(version)} is older than every known profile: {names}")
    return found[-1]


# Facts that belong to no single resource. Source: behaviour.md, by its ids.

LOGIN_STOPS_SYSTEM = Timeline(("1.15", True), ("1.43", False))
"""Whether getting a token stops the site master (A13, A15); boundary unverified."""

LOGIN_IGNORES_USER = Timeline(("1.15", True), ("20.49", False))
"""Whether "S" + serial opens any user name, blank too (A01, A02, A04)."""

LOGIN_NEEDS_USER = Timeline(("1.15", False), ("1.20", True))
"""Whether customer and installer have passwords of their own (A04, A05)."""

INSTALLER_NEEDS_TOGGLE = Timeline(("1.15", False), ("1.50.1", True))
"""Whether an installer's login needs the switch on the Powerwall toggled (A16)."""

LOGIN_SETS_COOKIES = Timeline(("1.15", False), ("1.37", True))
"""Whether a login answers with AuthCookie and UserRecord (A08)."""

STOPPED_MEANS_DISCONNECTED = Timeline(("1.15", True), ("20.49", False))
"""Whether connected_to_tesla is false while stopped (S09, X05)."""

VERSION_SHOWS_HASH = Timeline(("1.15", False), ("1.50", True))
"""Whether version reads "21.44 b7d20c5e" (F12)."""

GIT_HASH_SUFFIX = Timeline(("1.15", "\n"), ("1.20", "+"), ("1.43", ""))
"""What follows the forty digits of git_hash (F12); boundaries unverified."""

PLAIN_HTTP_REDIRECTS = Timeline(("1.15", False), ("1.20", True))
"""Whether plain http answers 301 (T10, T11)."""

BAD_PASSWORD = Timeline(("1.15", "Invalid Credentials"), ("1.37", "bad credentials"))
"""The error member of a refused login (E03)."""
