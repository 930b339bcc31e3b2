"""Who may look at the dashboard: passwords, tokens for machines, sessions, and how often one may guess.

The file holds scrypt hashes of passwords and SHA-256 of tokens (which are 256
random bits), never a secret. Sessions live in memory: a restart ends them.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from collections import OrderedDict, deque
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path

import msgspec

from forebay.errors import ConfigError

LEAST_CHARACTERS = 10
"""A shorter password can be guessed in an afternoon."""
SESSION_S = 30 * 86_400.0
"""How long a browser stays logged in after its last visit [s]."""
MOST_SESSIONS = 256
GUESSES, GUESSES_S = 5, 60.0
"""So many wrong passwords from one address in so many seconds, then 429."""
MOST_GUESSES = 60
"""From all addresses together, in the same time."""

_SCRYPT = {"n": 1 << 14, "r": 8, "p": 1, "maxmem": 64 << 20, "dklen": 32}


class Role(StrEnum):
    """Who somebody is: an owner may all that the page offers, a viewer may look."""

    OWNER = "owner"
    VIEWER = "viewer"


class Hashed(msgspec.Struct, frozen=True, kw_only=True):
    """A password as it is kept."""

    salt: str
    scrypt: str


class Granted(msgspec.Struct, frozen=True, kw_only=True):
    """A machine's token as it is kept."""

    name: str
    sha256: str


class AccessFile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the file holds."""

    passwords: dict[Role, Hashed] = {}
    tokens: tuple[Granted, ...] = ()

    @property
    def is_open(self) -> bool:
        """Whether nobody has set a password, so that everybody may look."""
        return not self.passwords


def load(path: Path) -> AccessFile:
    """Read the file; none is one without passwords. Raises ConfigError when it is damaged: never open then."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=AccessFile)
    except FileNotFoundError:
        return AccessFile()
    except (OSError, msgspec.DecodeError, msgspec.ValidationError) as exc:
        raise ConfigError(f"{path}: cannot be read as the page's passwords: {exc}; mend or delete it") from exc


def save(path: Path, content: AccessFile) -> None:
    """Write the file for its owner's eyes alone, whole or not at all. Raises ConfigError."""
    part = path.with_name(path.name + ".part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        part.unlink(missing_ok=True)
        handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(msgspec.json.encode(content))
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except OSError as exc:
        raise ConfigError(f"{path}: cannot be written: {exc.strerror or exc}") from exc


def hashed(password: str) -> Hashed:
    """Return a password as it is kept. Raises ConfigError for one that is too short."""
    if len(password) < LEAST_CHARACTERS:
        raise ConfigError(f"the password is too short: at least {LEAST_CHARACTERS} characters, a sentence is fine")
    salt = os.urandom(16)
    return Hashed(salt=salt.hex(), scrypt=_scrypt(password, salt).hex())


def new_token(name: str) -> tuple[str, Granted]:
    """Return a token for a machine, to be shown once, and what is kept of it."""
    token = secrets.token_urlsafe(32)
    return token, Granted(name=name, sha256=_sha256(token))


def _scrypt(password: str, salt: bytes) -> bytes:
    return hashlib.scrypt(password.encode("utf-8", "surrogatepass"), salt=salt, **_SCRYPT)


def _sha256(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


class Access:
    """Passwords, tokens and sessions of a running dashboard.

    real_s: a clock that never goes back [s].
    """

    def __init__(self, content: AccessFile, real_s: Callable[[], float]) -> None:
        self._content = content
        self._real_s = real_s
        self._sessions: OrderedDict[str, tuple[Role, float]] = OrderedDict()
        self._wrong: OrderedDict[str, deque[float]] = OrderedDict()
        self._all_wrong: deque[float] = deque()

    @property
    def is_open(self) -> bool:
        """Whether everybody may look."""
        return self._content.is_open

    def wait_s(self, address: str) -> float:
        """Return how long this address must wait before it may try a password [s]; 0 for not at all."""
        now = self._real_s()
        own = self._wrong.get(address, deque())
        waits = [0.0]
        for guesses, most in ((own, GUESSES), (self._all_wrong, MOST_GUESSES)):
            while guesses and guesses[0] <= now - GUESSES_S:
                guesses.popleft()
            if len(guesses) >= most:
                waits.append(guesses[0] + GUESSES_S - now)
        return max(waits)

    def guess(self, address: str) -> None:
        """Count a try, before its password is looked at: tries side by side count all the same."""
        now = self._real_s()
        self._wrong.setdefault(address, deque()).append(now)
        self._wrong.move_to_end(address)
        self._all_wrong.append(now)
        while len(self._wrong) > 1024:
            self._wrong.popitem(last=False)

    def role_of_password(self, password: str) -> Role | None:
        """Return whose password this is; takes the same time for a wrong one. Slow by intent: call it in a thread."""
        found = None
        for role, kept in self._content.passwords.items():
            if hmac.compare_digest(_scrypt(password, bytes.fromhex(kept.salt)).hex(), kept.scrypt):
                found = found or role
        return found

    def begin(self, address: str, role: Role) -> str:
        """Return a new session's secret; the address has shown that it does not guess."""
        self._wrong.pop(address, None)
        secret = secrets.token_urlsafe(32)
        self._sessions[_sha256(secret)] = (role, self._real_s())
        while len(self._sessions) > MOST_SESSIONS:
            self._sessions.popitem(last=False)
        return secret

    def end(self, secret: str) -> None:
        """End a session."""
        self._sessions.pop(_sha256(secret), None)

    def role_of_session(self, secret: str) -> Role | None:
        """Return whose session this is, None where there is none any more."""
        key, now = _sha256(secret), self._real_s()
        role, used_s = self._sessions.get(key, (None, 0.0))
        if role is None or now - used_s > SESSION_S:
            self._sessions.pop(key, None)
            return None
        self._sessions[key] = (role, now)
        self._sessions.move_to_end(key)
        return role

    def role_of_token(self, token: str) -> Role | None:
        """Return what a machine's token opens: looking, and no more."""
        digest = _sha256(token)
        found = [hmac.compare_digest(digest, granted.sha256) for granted in self._content.tokens]
        return Role.VIEWER if any(found) else None
