"""Stand-ins: what a private word is replaced by, of the same form and always the same.

The n-th private word becomes the n-th stand-in of its form, so that nothing can
be reckoned back and a redacted capture that is redacted again stays as it is.
See docs/decisions/0081.
"""

from __future__ import annotations

import base64
import ipaddress
import re
from datetime import UTC, datetime
from urllib.parse import quote
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

EMAIL = re.compile(r"[^\s@<>,;:\"']+@[^\s@<>,;:\"']+\.[A-Za-z0-9-]{2,}")
MAC = re.compile(r"(?<![0-9A-Fa-f:])[0-9A-Fa-f]{2}(?:([:-])[0-9A-Fa-f]{2})(?:\1[0-9A-Fa-f]{2}){4}(?![0-9A-Fa-f:])")
IPV4 = re.compile(r"(?<![\d.])(?:25[0-5]|2[0-4]\d|1?\d?\d)(?:\.(?:25[0-5]|2[0-4]\d|1?\d?\d)){3}(?![\d.])")
IPV6 = re.compile(r"(?<![0-9A-Fa-f:])(?:[0-9A-Fa-f]{0,4}:){3,7}[0-9A-Fa-f]{0,4}(?![0-9A-Fa-f:])")
UUID = re.compile(r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}")
SERIAL = re.compile(r"(?<![A-Za-z0-9])(?=[A-Z0-9]*\d{5})[A-Z]{1,4}[A-Z0-9]{8,18}(?![A-Z0-9])")
PHONE = re.compile(r"\+\d[\d ()-]{6,}\d")
HEX = re.compile(r"(?=[0-9a-f]*[a-f])[0-9a-f]{12,}|(?=[0-9A-F]*[A-F])[0-9A-F]{12,}")
DIN = re.compile(r"(?P<head>(?:[A-Z]{3,8}--)?\d{7}-\d\d-[A-Z0-9]{1,3}--|[A-Z]{3,8}--)(?P<serial>\S.*)")

PATTERNS = (EMAIL, UUID, MAC, IPV4, IPV6, SERIAL, PHONE)
"""Forms that are private wherever they stand."""

_LOWER = "xabcdefghijklmnopqrstuvwyz"
_UPPER = _LOWER.upper()
_DIGITS = "0123456789"
_SEPARATORS = frozenset(" -_.,:;/@+=()#'&*")


def stand_in(word: str, number: int) -> str:
    """Return the stand-in of the `number`-th private word, of the form that the word has."""
    if EMAIL.fullmatch(word):
        return f"owner{number}@example.com"
    if UUID.fullmatch(word):
        return f"00000000-0000-4000-8000-{number:012x}"
    if MAC.fullmatch(word):
        return (":" if ":" in word else "-").join(f"02000000{number & 0xFFFF:04x}"[i : i + 2] for i in range(0, 12, 2))
    if IPV4.fullmatch(word):
        return str(ipaddress.IPv4Address("198.18.0.0") + number % 0x1FFFF)
    if _is_ipv6(word):
        return str(ipaddress.IPv6Address("2001:db8::") + number)
    if HEX.fullmatch(word):
        digits = "f" + f"{number:x}".zfill(len(word) - 1)
        return digits.upper() if word.isupper() else digits
    return _shaped(word, number)


def _is_ipv6(word: str) -> bool:
    try:
        return ":" in word and bool(ipaddress.IPv6Address(word))
    except ValueError:
        return False


def _shaped(word: str, number: int) -> str:
    """Write the number into the word's own letters and digits, from the right."""
    alphabets = [_alphabet(char) for char in word]
    room = 1
    for alphabet in alphabets:
        room *= len(alphabet) if isinstance(alphabet, str) and alphabet in (_DIGITS, _LOWER, _UPPER) else 1
    while room <= number:
        alphabets.append(_DIGITS)
        room *= 10
    out: list[str] = []
    rest = number
    for alphabet in reversed(alphabets):
        if len(alphabet) == 1:
            out.append(alphabet)
        else:
            rest, at = divmod(rest, len(alphabet))
            out.append(alphabet[at])
    return "".join(reversed(out))


def _alphabet(char: str) -> str:
    if char in _SEPARATORS:
        return char
    if char in _DIGITS:
        return _DIGITS
    return _UPPER if char.isascii() and char.isupper() else _LOWER


def number_stand_in(literal: str, number: int) -> str:
    """Return the stand-in of a private whole number, with as many digits."""
    digits = max(len(literal.lstrip("-").partition(".")[0]), len(str(number)) + 1)
    return "1" + str(number).zfill(digits - 1)


def zone_stand_in(name: str) -> str:
    """Return the time zone without a place that has the same standard time, cut to whole hours."""
    try:
        offset = datetime(2024, 1, 1, tzinfo=UTC).astimezone(ZoneInfo(name)).utcoffset()
        summer = datetime(2024, 7, 1, tzinfo=UTC).astimezone(ZoneInfo(name)).utcoffset()
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return "Etc/UTC"
    least = min(part for part in (offset, summer) if part is not None)
    hours = int(least.total_seconds() / 3600)
    return f"Etc/GMT{-hours:+d}" if hours else "Etc/UTC"


def packed_address(text: str) -> str | None:
    """Return the address that four or sixteen bytes in base64 say; None for other texts."""
    if len(text) not in (8, 24):
        return None
    try:
        raw = base64.b64decode(text, validate=True)
        return str(ipaddress.ip_address(raw))
    except ValueError:
        return None


def pack_address(address: str) -> str:
    """Return an address as base64 of its bytes."""
    return base64.b64encode(ipaddress.ip_address(address).packed).decode()


def disguises(word: str, replacement: str) -> list[tuple[str, str]]:
    """Return the other forms under which a word may hide, each with the same form of its stand-in."""
    forms = [(quote(word, safe=""), quote(replacement, safe=""))]
    raw, new = word.encode("utf-8", "surrogatepass"), replacement.encode()
    if len(raw) >= 5:
        forms += [
            (raw.hex(), new.hex()),
            (raw.hex().upper(), new.hex().upper()),
            (base64.b64encode(raw).decode(), base64.b64encode(new).decode()),
            (base64.b64encode(raw).decode().rstrip("="), base64.b64encode(new).decode().rstrip("=")),
            (base64.urlsafe_b64encode(raw).decode(), base64.urlsafe_b64encode(new).decode()),
        ]
    return [(old, fresh) for old, fresh in forms if old != word]
