"""A capture on disk: all of it, or nothing."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

from forebay.errors import ConfigError
from forebay.wire import captured
from forebay.wire.captured import Capture


def check_free(folder: Path) -> None:
    """Raise ConfigError unless the folder can become a new capture: absent, or empty."""
    try:
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise ConfigError(f"{folder}: is there already, and not empty; name a new folder")
        parent = folder.absolute().parent
        if not parent.is_dir():
            raise ConfigError(f"{parent}: no such folder; make it first")
        if not os.access(parent, os.W_OK):
            raise ConfigError(f"{parent}: may not be written to; name another folder")
    except OSError as exc:
        raise ConfigError(f"{folder}: cannot be used: {exc.strerror or exc}") from exc


def write(folder: Path, capture: Capture, bodies: Mapping[str, bytes]) -> None:
    """Write index and bodies beside the folder's place, then put them there in one step.

    Raises ConfigError naming the folder; nothing is left behind then.
    """
    check_free(folder)
    folder = folder.absolute()
    draft: Path | None = None
    try:
        draft = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
        (draft / captured.BODIES).mkdir()
        for name, body in bodies.items():
            _write(draft / name, body)
        _write(draft / captured.INDEX, captured.encode(capture))
        draft.chmod(0o755)
        if folder.exists():
            folder.rmdir()
        draft.rename(folder)
    except OSError as exc:
        if draft is not None:
            shutil.rmtree(draft, ignore_errors=True)
        raise ConfigError(f"{folder}: cannot be written: {exc.strerror or exc}") from exc


def _write(path: Path, content: bytes) -> None:
    with path.open("xb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
