"""What is remembered about one user at one gateway from process to process.

Two files of mode 0600 in the state directory: the session of a user (token or
cookies, refused passwords as salted digests), and the silence that a gateway
asked for, which binds every user. No file name tells a secret.
"""

from __future__ import annotations

import asyncio
import logging
import re
import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from hashlib import scrypt, sha256
from pathlib import Path

import msgspec
from msgspec import structs

from forebay.client import statefile
from forebay.client.address import Address
from forebay.clock import Clock
from forebay.errors import ConfigError, LoginRejected, Throttled
from forebay.wire import catalogue

log = logging.getLogger(__name__)

FIRST_REFUSAL_S = 300.0
"""How long a refused password is not tried again the first time [s]; doubles each time."""

LONGEST_REFUSAL_S = 3600.0
"""How long at most [s]."""

_REMEMBERED_PASSWORDS = 8
_CLOCK_SLACK_S = 60.0


class Hold(msgspec.Struct, frozen=True):
    """A span to wait out: `for_s` [s] from `since` on."""

    since: datetime
    for_s: float

    def left_s(self, now: datetime) -> float:
        """Return what is left of it [s], 0 when it is over or the clock was put back behind its start."""
        passed_s = (now - self.since).total_seconds()
        return 0.0 if passed_s < -_CLOCK_SLACK_S else max(0.0, self.for_s - passed_s)


class Credentials(msgspec.Struct, frozen=True):
    """What a login gave: a token, or cookies where the body had none, and the roles it named."""

    token: str = ""
    cookies: dict[str, str] = {}
    roles: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.token or self.cookies)

    def __repr__(self) -> str:
        return f"Credentials({'token' if self.token else 'cookies' if self.cookies else 'none'})"

    @property
    def headers(self) -> dict[str, str]:
        """The request headers that present them."""
        if self.token:
            return {"Authorization": f"Bearer {self.token}"}
        if self.cookies:
            return {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
        return {}


class _Kept(msgspec.Struct, frozen=True):
    credentials: Credentials = Credentials()
    logged_in_at: datetime | None = None
    run_owed: bool = False
    salt: str = ""
    refused: dict[str, Hold] = {}


class Memory:
    """The session file of a user and the silence file of his gateway.

    Where the files cannot be used, the memory lasts as long as the process.
    """

    def __init__(self, state_dir: Path, address: Address, username: str, clock: Clock) -> None:
        place = re.sub(r"[^a-z0-9.]+", "-", address.key).strip("-")
        digest = sha256(f"{address.key}:{username}".encode()).hexdigest()[:12]
        self.session_path = state_dir / f"session-{place}-{digest}.json"
        self.silence_path = state_dir / f"silence-{place}.json"
        self._address = address
        self._clock = clock
        self._kept: _Kept | None = None
        self._silence: Hold | None = None
        self._has_disk = True
        self._digested: tuple[str, str, str] | None = None

    def check_silence(self, path: str) -> None:
        """Raise Throttled while the gateway wants silence; nothing may be sent then."""
        held = [hold for hold in (self._silence, self._silence_on_disk()) if hold is not None]
        now = self._clock.now()
        left_s = max((hold.left_s(now) for hold in held), default=0.0)
        if left_s > 0:
            raise Throttled(
                f"{self._address} asked for silence; nothing is sent for another {left_s:.0f} s",
                path=path,
                status=None,
                retry_after_s=left_s,
            )

    def _silence_on_disk(self) -> Hold | None:
        if not self._has_disk:
            return None
        try:
            return statefile.read(self.silence_path, Hold)
        except ConfigError as exc:
            log.warning("%s", exc)
            return None

    def keep_silence(self, for_s: float) -> None:
        """Remember that nothing may be sent for `for_s` [s], for every process."""
        self._silence = Hold(self._clock.now(), for_s)
        self._to_disk(lambda: statefile.write(self.silence_path, self._silence))

    def credentials(self, *, reread: bool = False) -> Credentials:
        """Return what the last login gave, here or (reread) in another process."""
        return self._load(reread=reread).credentials

    @property
    def run_owed(self) -> bool:
        """Whether a login stopped the power system and nothing has started it since."""
        return self._load().run_owed

    def owe_run(self, owed: bool) -> None:
        """Remember whether the power system has yet to be started again."""
        self._change(lambda kept: structs.replace(kept, run_owed=owed))

    @asynccontextmanager
    async def login_turn(self) -> AsyncIterator[None]:
        """Let one process at a time log in, so that the others can use what it got."""
        try:
            end = await statefile.take_turn(self.session_path) if self._has_disk else None
        except ConfigError:  # it is told when something is to be kept there
            end = None
        try:
            yield
        finally:
            if end is not None:
                end()

    def logged_in(self, credentials: Credentials) -> None:
        """Keep what a login gave; earlier refusals are forgiven."""
        now = self._clock.now()
        self._change(lambda kept: structs.replace(kept, credentials=credentials, logged_in_at=now, refused={}))

    def logged_out(self) -> None:
        """Forget what the last login gave."""
        self._change(lambda kept: structs.replace(kept, credentials=Credentials(), logged_in_at=None))

    async def check_password(self, password: str) -> None:
        """Raise LoginRejected while this very password is known to be refused."""
        kept = self._load(reread=True)
        if not kept.refused:
            return
        hold = kept.refused.get(await self._digest(password, kept.salt))
        left_s = hold.left_s(self._clock.now()) if hold else 0.0
        if left_s > 0:
            raise LoginRejected(
                f"{self._address} refused this password; to spare the account it is not tried again for "
                f"{left_s:.0f} s; another password is tried at once",
                path=catalogue.LOGIN.path,
            )

    async def refuse_password(self, password: str) -> None:
        """Remember, as a salted digest, that a password was refused; each time for twice as long."""
        salt = self._load(reread=True).salt or secrets.token_hex(16)
        digest = await self._digest(password, salt)

        def change(kept: _Kept) -> _Kept:
            refused = dict(kept.refused) if kept.salt == salt else {}
            before = refused.pop(digest, None)
            for_s = min(before.for_s * 2, LONGEST_REFUSAL_S) if before else FIRST_REFUSAL_S
            rest = dict(list(refused.items())[-_REMEMBERED_PASSWORDS + 1 :])
            return structs.replace(kept, salt=salt, refused={**rest, digest: Hold(self._clock.now(), for_s)})

        self._change(change)

    def _load(self, *, reread: bool = False) -> _Kept:
        if self._kept is None or (reread and self._has_disk):
            try:
                self._kept = statefile.read(self.session_path, _Kept) or _Kept()
            except ConfigError as exc:
                log.warning("%s; a new session is begun", exc)
                self._kept = self._kept or _Kept()
        return self._kept

    def _change(self, change: Callable[[_Kept], _Kept]) -> None:
        def read_and_replace() -> None:
            with statefile.exclusive(self.session_path):
                changed = change(self._load(reread=True))
                statefile.write(self.session_path, changed)
                self._kept = changed

        if not self._to_disk(read_and_replace):
            self._kept = change(self._load())

    def _to_disk(self, act: Callable[[], None]) -> bool:
        if self._has_disk:
            try:
                act()
                return True
            except ConfigError as exc:
                self._has_disk = False
                log.warning("%s; until then every process logs in anew", exc)
        return False

    async def _digest(self, password: str, salt: str) -> str:
        # slow on purpose, and asked for at each refused call: the last one is kept
        if self._digested is None or self._digested[:2] != (password, salt):
            digest = await asyncio.to_thread(_scrypt, password, salt)
            self._digested = (password, salt, digest)
        return self._digested[2]


def _scrypt(password: str, salt: str) -> str:
    return scrypt(password.encode(), salt=bytes.fromhex(salt), n=2**14, r=8, p=1, dklen=32).hex()
