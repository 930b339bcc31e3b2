"""Where a gateway is and which server name it answers to."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from forebay.errors import ConfigError

KNOWN_NAMES = ("powerwall", "teg", "powerpack")
"""Server names of every gateway's certificate; others abort the handshake (T02, T08)."""


@dataclass(frozen=True, slots=True)
class Address:
    """A host and a port; prints as the user would write it."""

    host: str
    port: int = 443

    def __str__(self) -> str:
        return self._host if self.port == 443 else self.key

    @property
    def _host(self) -> str:
        return f"[{self.host}]" if ":" in self.host else self.host

    @property
    def key(self) -> str:
        """The form "host:port" under which pins and sessions are kept."""
        return f"{self._host}:{self.port}"

    @property
    def server_name(self) -> str:
        """The name to send when connecting: the host itself if a gateway knows it, else "powerwall"."""
        return self.host if self.host in KNOWN_NAMES else KNOWN_NAMES[0]


def parse_address(text: str, port: int = 443) -> Address:
    """Read "powerwall", "192.168.1.9:8443", "[fe80::1]" or "https://powerwall/".

    port: used where the text names none. Raises ConfigError for anything else.
    """
    stripped = text.strip()
    if stripped.count(":") > 1 and "[" not in stripped and "//" not in stripped:
        stripped = f"[{stripped}]"
    scheme, separator, rest = stripped.partition("://")
    if separator and scheme.lower() != "https":
        raise ConfigError(f"gateway host {text!r}: only https is spoken")
    try:
        parts = urlsplit(f"//{rest if separator else stripped}")
        host, named_port = parts.hostname, parts.port
    except ValueError as exc:
        raise ConfigError(f"gateway host {text!r}: {exc}") from exc
    if not host or parts.path.strip("/") or parts.query or "@" in parts.netloc or any(c.isspace() for c in host):
        raise ConfigError(
            f"gateway host {text!r}: expected a form like powerwall, 192.168.1.9:8443 or https://powerwall"
        )
    if named_port == 0:
        raise ConfigError(f"gateway host {text!r}: 0 is not a port")
    try:
        host.encode("idna")
    except UnicodeError as exc:
        raise ConfigError(f"gateway host {text!r}: not a name that can be looked up") from exc
    return Address(host.lower(), named_port or port)
