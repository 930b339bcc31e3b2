"""The gateway's three ways of writing time: Go timestamps, Go durations, its own text.

Source: behaviour.md F01–F06.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, tzinfo
from functools import lru_cache

NEVER = "0001-01-01T00:00:00Z"
"""Go's zero time: it never happened."""

_STAMP = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)")
_DURATION = re.compile(r"(-)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+(?:\.\d+)?)s)?")
_SMALL = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3}
_SMALL_DURATION = re.compile(r"(\d+(?:\.\d+)?)(ns|us|µs|ms)")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def instant(stamp: str) -> datetime | None:
    """Read an RFC 3339 timestamp of up to nine fractional digits as UTC; None is never.

    Digits beyond microseconds are cut. Raises ValueError for other text.
    """
    match = _STAMP.fullmatch(stamp)
    if match is None:
        raise ValueError(f"not a timestamp: {stamp!r}")
    if stamp == NEVER:
        return None
    whole, fraction, offset = match.groups()
    micro = (fraction or "").ljust(6, "0")[:6]
    try:
        return datetime.fromisoformat(f"{whole}.{micro}{'+00:00' if offset == 'Z' else offset}").astimezone(UTC)
    except OverflowError as exc:
        raise ValueError(f"outside the calendar: {stamp!r}") from exc


def print_instant(when: datetime, zone: tzinfo, nanoseconds: int = 0) -> str:
    """Write a timestamp with local offset, as Go does: trailing zeros dropped.

    nanoseconds: 0–999, added below the microseconds of `when`.
    """
    second, suffix = _second(when.replace(microsecond=0), zone)
    fraction = f"{when.microsecond:06d}{nanoseconds:03d}".rstrip("0")
    return f"{second}.{fraction}{suffix}" if fraction else second + suffix


@lru_cache(maxsize=256)
def _second(when: datetime, zone: tzinfo) -> tuple[str, str]:
    """Write a whole second, and the offset that follows its fraction; readings come several to a second."""
    local = when.astimezone(zone)
    offset = local.utcoffset() or timedelta()
    minutes = int(offset.total_seconds() // 60)
    sign, minutes = ("-", -minutes) if minutes < 0 else ("+", minutes)
    suffix = "Z" if minutes == 0 else f"{sign}{minutes // 60:02d}:{minutes % 60:02d}"
    return f"{local:%Y-%m-%dT%H:%M:%S}", suffix


def seconds(duration: str) -> float:
    """Read a Go duration such as "223h5m51.577762169s" [s].

    Raises ValueError for other text.
    """
    if small := _SMALL_DURATION.fullmatch(duration):
        return float(small[1]) * _SMALL[small[2]]
    match = _DURATION.fullmatch(duration)
    if match is None or not any(match.groups()[1:]):
        raise ValueError(f"not a Go duration: {duration!r}")
    sign, hours, minutes, secs = match.groups()
    total = float(hours or 0) * 3600 + float(minutes or 0) * 60 + float(secs or 0)
    return -total if sign else total


def print_seconds(nanoseconds: int) -> str:
    """Write a span of at least one second [ns] as a Go duration; shorter ones likewise."""
    if nanoseconds == 0:
        return "0s"
    if nanoseconds < 1_000_000_000:
        for unit, size in (("ms", 1_000_000), ("µs", 1_000), ("ns", 1)):
            if nanoseconds >= size:
                return f"{_trim(nanoseconds, size)}{unit}"
    minutes, rest = divmod(nanoseconds, 60_000_000_000)
    text = f"{_trim(rest, 1_000_000_000)}s"
    if minutes == 0:
        return text
    hours, minutes = divmod(minutes, 60)
    return f"{hours}h{minutes}m{text}" if hours else f"{minutes}m{text}"


def _trim(amount: int, unit: int) -> str:
    whole, rest = divmod(amount, unit)
    digits = str(rest).zfill(len(str(unit)) - 1).rstrip("0") if unit > 1 else ""
    return f"{whole}.{digits}" if digits else str(whole)


def print_start(when: datetime, zone: tzinfo) -> str:
    """Write start_time: local wall clock and the constant text "+0800" (F02)."""
    return f"{when.astimezone(zone):%Y-%m-%d %H:%M:%S} +0800"


def milliseconds(when: datetime) -> int:
    """Return whole milliseconds since 1970 UTC."""
    return (when - _EPOCH) // timedelta(milliseconds=1)
