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

_VERSION = re.compile(r"\s*([0-9]{1,2})\.([0-9]{1,3})(?:\.([0-9]{1,4}))?(?:[\s+-].*)?", re.DOTALL)


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
    is_restricted: whether only the rows that say so are answered, as on a Powerwall 3.
    """

    name: str
    version: Version
    git_hash: str
    is_restricted: bool = False


PROFILES: tuple[Profile, ...] = (
    Profile("1.15", (1, 15, 0), "0c4e9d1f72ab83655d10e4c8f7b2963a1e5d80b4"),
    Profile("1.20", (1, 20, 0), "93b1f6e02c7d4a58e61f0d9b85c3a7724df01e6c"),
    Profile("1.40.2", (1, 40, 2), "5f3c9a1be07d42688c15aa20f7e3d96b4410c2e7"),
    Profile("1.50", (1, 50, 0), "e82d5b07c1f94a36b0d87e23f56a9c1840d3b7f9"),
    Profile("20.49", (20, 49, 0), "4a6f10d8e5b27c93f18e04d2b9a7c65310f8e2d4"),
    Profile("21.39", (21, 39, 0), "d15e7c2a90f3b846c7e2019f4d8b5a63e70c1f92"),
    Profile("21.44", (21, 44, 0), "b7d20c5e94f1a3366e08d1c79ab25f4083e6d5a1"),
    Profile("22.36", (22, 36, 0), "2fe8b4d6017a95c3e4d10f7b86a2c95d3f01e8b7"),
    Profile("23.44", (23, 44, 0), "c90a3e7f5d26b1480fe3d7a94c16b852d0e7f3a5"),
)
"""What is imitated, oldest first; a release between two behaves as the older."""

RESTRICTED = Profile("restricted", (23, 44, 0), "7b1d8e40f6c2a9534ed0b7f81c63a2e95f04d8c6", is_restricted=True)
"""A gateway that answers a login, the meters, the charge and the state of the grid, and nothing else."""


@dataclass(frozen=True, slots=True)
class Release:
    """A firmware as somebody names it, and the profile that it behaves as.

    name: as given. version: its own; the profile's may be older.
    """

    name: str
    version: Version
    profile: Profile

    @property
    def is_profile(self) -> bool:
        """Whether the release itself is imitated, and not an older one for it."""
        return self.version == self.profile.version

    def is_newer_than(self, other: Release) -> bool:
        """Whether the release came out after another."""
        return self.version > other.version


_RELEASE = re.compile(r"[0-9]{1,2}\.[0-9]{1,3}(\.[0-9]{1,4})?")


def release(name: str) -> Release:
    """Return the release that a setting names: "21.39.1", "1.40.2" or "restricted".

    Raises ConfigError, listing the profiles, for another form and for what is older than all of them.
    """
    if name == RESTRICTED.name:
        return Release(name, RESTRICTED.version, RESTRICTED)
    if _RELEASE.fullmatch(name) is None:
        raise ConfigError(f"not a firmware: {name[:60]!r}; give {_choices()}")
    version = parse_version(name)
    return Release(name, version, nearest_profile(version))


def nearest_profile(version: Version) -> Profile:
    """Return the newest profile not newer than `version`.

    Raises ConfigError, listing the profiles, when there is none.
    """
    found = [profile for profile in PROFILES if profile.version <= version]
    if not found:
        raise ConfigError(f"firmware {print_version(version)} is older than every profile; give {_choices()}")
    return found[-1]


def _choices() -> str:
    names = ", ".join(profile.name for profile in PROFILES)
    return f"one of {names}, any version after the first (such as 21.39.1), or {RESTRICTED.name}"


# Facts that belong to no single resource. Source: behaviour.md, by its ids.

LOGIN_STOPS_SYSTEM = Timeline(("1.15", True), ("1.50", False))
"""Whether getting a token stops the site master (A13, A15); the boundary is unverified: after 1.40, before 20.49."""

LOGIN_IGNORES_USER = Timeline(("1.15", True), ("20.49", False))
"""Whether "S" + serial opens any user name, blank too (A01, A02, A04)."""

LOGIN_NEEDS_USER = Timeline(("1.15", False), ("1.20", True))
"""Whether customer and installer have passwords of their own (A04, A05)."""

INSTALLER_NEEDS_TOGGLE = Timeline(("1.15", False), ("1.50", True))
"""Whether an installer's login needs the switch on the Powerwall toggled (A16); first seen on 1.50.1."""

LOGIN_SETS_COOKIES = Timeline(("1.15", False), ("1.37", True))
"""Whether a login answers with AuthCookie and UserRecord (A08)."""

STOPPED_MEANS_DISCONNECTED = Timeline(("1.15", True), ("20.49", False))
"""Whether connected_to_tesla is false while stopped (S09, X05)."""

LOGIN_ECHOES_EMAIL = Timeline(("1.15", False), ("1.43", True))
"""Whether a log-in tells the e-mail that it was given; null else (A01, A05)."""

VERSION_SHOWS_HASH = Timeline(("1.15", False), ("1.50", True))
"""Whether version reads "21.44 b7d20c5e" (F12)."""

VERSION_SUFFIX = Timeline(("1.15", "\n"), ("1.20", ""))
"""What follows the version (F12, X16); the boundary is unverified."""

GIT_HASH_SUFFIX = Timeline(("1.15", "\n"), ("1.20", "+"), ("1.43", ""))
"""What follows the forty digits of git_hash (F12); boundaries unverified."""

LOGIN_ASKS_BEFORE_STOPPING = Timeline(("1.15", False), ("1.20", True))
"""Whether a log-in that would stop a busy house wants force_sm_off (A14); first seen on 1.17.1."""

HTTP2 = Timeline(("1.15", False), ("1.40.2", True))
"""Whether HTTP/2 is offered over TLS (T12–T14); the boundary is unverified."""

EXTRA_HEADERS = Timeline[tuple[tuple[str, str], ...]](
    (
        "1.15",
        (
            ("access-control-allow-credentials", "false"),
            (
                "access-control-allow-headers",
                "X-Requested-With, X-HTTP-Method-Override, Content-Type, Accept, Accept-Encoding, Authorization",
            ),
            ("access-control-allow-methods", "GET, POST, PUT, DELETE, PATCH, HEAD, OPTIONS"),
            ("access-control-allow-origin", "*"),
            ("access-control-max-age", "86400"),
        ),
    ),
    ("1.20", ()),
)
"""Headers of every answer, which let pages of other origins read it (T14, T15); the boundary is unverified."""

REFUSAL_HEADERS = always((("cache-control", "no-cache, no-store"),))
"""Headers of every refusal (T16): captured from 21.x, unverified before."""

REFUSAL_BODY_HEADERS = always((("x-content-type-options", "nosniff"),))
"""Further headers of a refusal that has a body (T16): captured from 21.x, unverified before."""

COMMIT_IS_BUSY = Timeline(("1.15", False), ("20.49", True))
"""Whether changes are refused for a while after a commit (E13); the boundary is unverified."""

SNAPS_RESERVE = Timeline(("1.15", False), ("22.36", True))
"""Whether a reserve of 81–99 % in the app becomes 80 % (levers.md: "newer"); the boundary is unverified."""

PLAIN_HTTP_REDIRECTS = Timeline(("1.15", False), ("1.20", True))
"""Whether plain http answers 301 (T10, T11)."""

BAD_PASSWORD = Timeline(("1.15", "Invalid Credentials"), ("1.37", "bad credentials"))
"""The error member of a refused login (E03)."""
