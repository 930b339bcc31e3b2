"""What every channel is, and the secrets it was given."""

from __future__ import annotations

import base64
import ipaddress
import os
import re
import socket
import ssl
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Protocol

from forebay.errors import ConfigError
from forebay.notify.notice import Message, plain

SEND_S = 30.0
"""How long a message may take, from the first packet to the receiver's yes [s]."""


class Channel(Protocol):
    """A way to people.

    kind: "webhook", "email" or "mqtt". name: of the settings. place: where it leads, without secrets.
    rules: those it tells; none is all.
    """

    kind: str
    name: str
    place: str
    rules: tuple[str, ...]

    def opened(self, *, is_trial: bool = False) -> AbstractAsyncContextManager[None]:
        """Keep open what lasts longer than a message. is_trial: for one message alone, beside another process."""
        ...

    async def send(self, message: Message) -> None:
        """Send until the receiver has said yes. Raises NotDelivered."""
        ...

    def shown(self, message: Message) -> str:
        """Return what would be sent, without secrets."""
        ...


def variable(name: str, what: str) -> str:
    """Return the environment's name for a secret of a channel: FOREBAY_NOTIFY_PHONE_URL."""
    return f"FOREBAY_NOTIFY_{re.sub('[^A-Z0-9]', '_', name.upper())}_{what}"


def first_line(path: Path, key: str) -> str:
    """Return the first line of a file of secrets. Raises ConfigError naming the key."""
    return _lines(path, key)[0].strip()


def _lines(path: Path, key: str) -> list[str]:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as exc:
        why = exc.strerror if isinstance(exc, OSError) else "it is not UTF-8 text"
        raise ConfigError(f"{key}: {path} cannot be read: {why}") from None
    if not lines or not lines[0].strip():
        raise ConfigError(f"{key}: {path} holds nothing in its first line")
    return lines


_HEADER = re.compile(r"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([\x20-\x7e]*?)[ \t]*")


def headers_of(path: Path, key: str) -> dict[str, str]:
    """Return the headers of a file of `Name: value` lines. Raises ConfigError naming the key and the line."""
    found: dict[str, str] = {}
    for number, line in enumerate(_lines(path, key), 1):
        if not line.strip() or line.startswith("#"):
            continue
        match = _HEADER.fullmatch(line)
        if match is None:
            raise ConfigError(f"{key}: {path}, line {number}: write it as `Name: value`")
        found[match[1]] = match[2]
    return found


def password_of(name: str, path: Path | None, key: str) -> str | None:
    """Return a channel's password, of the environment or of its file; None where there is none."""
    return os.environ.get(variable(name, "PASSWORD")) or (None if path is None else first_line(path, key))


def trusting(ca: Path | None, key: str) -> ssl.SSLContext:
    """Return TLS that checks the certificate and its name. Raises ConfigError for a file that is no certificate."""
    try:
        return ssl.create_default_context(cafile=None if ca is None else str(ca))
    except (OSError, ssl.SSLError) as exc:
        raise ConfigError(f"{key}: {ca} cannot be used: {exc.strerror or exc}") from None


def is_loopback(host: str) -> bool:
    """Whether a host is this computer by its address or by the name localhost."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


def without(password: str | None, username: str | None, text: str) -> str:
    """Return the words of others in one line, without a password that they may repeat in any form it is sent in."""
    said = plain(text)
    if password:
        pairs = (f"\0{username or ''}\0{password}", f"{username or ''}\0{username or ''}\0{password}", password)
        for form in (*(base64.b64encode(pair.encode()).decode() for pair in pairs), password):
            said = said.replace(form, "…")
    return said[:300]


def reason_words(error: BaseException, password: str | None, username: str | None) -> str:
    """Return in words what broke, from the cause that tells it best."""
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, ssl.SSLError):
            return tls_words(seen)
        if isinstance(seen, socket.gaierror):
            return "nobody knows this name"
        if isinstance(seen, OSError) and seen.errno:
            return os.strerror(seen.errno).lower()
        seen = seen.__cause__ or seen.__context__
    return without(password, username, str(error)) or "the connection was lost"


def tls_words(error: ssl.SSLError) -> str:
    """Return in words why a certificate or a handshake was refused."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not to be trusted: {error.verify_message}"
    return f"TLS failed: {(error.reason or 'no reason was given').replace('_', ' ').lower()}"
