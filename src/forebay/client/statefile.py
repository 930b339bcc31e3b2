"""Small JSON files that only their owner may read, replaced in one step."""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import msgspec

from forebay.errors import ConfigError

T = TypeVar("T")

STATE_DIR_VARIABLE = "FOREBAY_STATE_DIR"

_TURN_WAIT_S, _TURN_TRIES = 0.05, 600


def default_state_dir() -> Path:
    """Return where pins and sessions are kept: FOREBAY_STATE_DIR, else the user's state directory."""
    if chosen := os.environ.get(STATE_DIR_VARIABLE):
        return Path(chosen)
    from platformdirs import user_state_dir

    return Path(user_state_dir("forebay", appauthor=False))


def read(path: Path, kind: type[T]) -> T | None:
    """Return the file's content, None where there is no file.

    Raises ConfigError, naming the file, when it cannot be read or understood.
    """
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as exc:
        raise ConfigError(f"{path}: cannot be read: {exc.strerror}") from exc
    try:
        return msgspec.json.decode(raw, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError) as exc:
        raise ConfigError(f"{path}: not as this program writes it: {exc}; mend or remove the file") from exc


def write(path: Path, content: object) -> None:
    """Replace the file at once, mode 0600. Raises ConfigError, naming it, when it cannot be written."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(msgspec.json.format(msgspec.json.encode(content)) + b"\n")
                file.flush()
                os.fsync(file.fileno())
            os.replace(name, path)
        except BaseException:
            os.unlink(name)
            raise
    except OSError as exc:
        raise ConfigError(
            f"{path}: cannot be written: {exc.strerror}; set {STATE_DIR_VARIABLE} to a directory of yours"
        ) from exc


@contextmanager
def exclusive(path: Path) -> Iterator[None]:
    """Hold off other processes while the file is read and replaced."""
    if sys.platform == "win32":
        yield
        return
    import fcntl

    handle = _opened(path.with_name(f".{path.name}.lock"), path)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


async def take_turn(path: Path) -> Callable[[], None]:
    """Wait for other processes to finish what they do in their turn, half a minute at most; return what ends ours.

    path: names what is done in turn. Raises ConfigError when it cannot be written.
    """
    if sys.platform == "win32":
        return lambda: None
    import fcntl

    handle = _opened(path.with_name(f".{path.name}.turn"), path)
    for _ in range(_TURN_TRIES):
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            break
        except BlockingIOError:
            await asyncio.sleep(_TURN_WAIT_S)
    return lambda: os.close(handle)


def _opened(lock: Path, path: Path) -> int:
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        return os.open(lock, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as exc:
        raise ConfigError(
            f"{path}: cannot be written: {exc.strerror}; set {STATE_DIR_VARIABLE} to a directory of yours"
        ) from exc
