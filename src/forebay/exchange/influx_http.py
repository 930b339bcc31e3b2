"""A living InfluxDB 1.x, asked over HTTP a month at a time. Nothing is ever written to it.

Source: the query endpoint of InfluxDB 1.x (`/query`, chunked), tried on 1.6.
"""

from __future__ import annotations

import base64
import hashlib
import http.client
import json
import ssl
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode, urlsplit

from forebay.errors import ConfigError
from forebay.exchange.dashboard import FIELDS, MEASUREMENT, Minutes, left_out_notes
from forebay.exchange.intake import Taken
from forebay.store.packed import DAY_MS
from forebay.store.state import from_ms

_WINDOW_MS = 30 * DAY_MS
_CHUNK = 10_000
_MOST_LINE = 1 << 26
"""A chunk of an answer is one line; no honest one is longer [bytes]."""


@dataclass(frozen=True, slots=True)
class Server:
    """Where the database is and who asks. url: without a user; password: never shown."""

    url: str
    database: str
    policy: str
    username: str | None = None
    password: str | None = None
    timeout_s: float = 60.0

    def __post_init__(self) -> None:
        """Check the address. Raises ConfigError."""
        parts = urlsplit(self.url)
        if parts.username or parts.password:
            raise ConfigError(
                "a password in an address is seen by everybody on this computer; give --username, and the password"
                " in $FOREBAY_INFLUX_PASSWORD or --password-file"
            )
        try:
            is_right = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
        except ValueError:
            is_right = False
        if not is_right:
            raise ConfigError(f"{self.url}: is no address such as http://192.168.1.5:8086")

    @property
    def place(self) -> str:
        """The address as it may be shown."""
        return f"{self.url.rstrip('/')}/{self.database}/{self.policy}"

    def ask(self, query: str) -> Iterator[dict[str, Any]]:
        """Yield the parts of the answer to a query. Raises ConfigError with what is wrong and what to do."""
        parts = urlsplit(self.url)
        host, port = parts.hostname or "", parts.port
        connection: http.client.HTTPConnection = (
            http.client.HTTPSConnection(host, port or 443, timeout=self.timeout_s, context=ssl.create_default_context())
            if parts.scheme == "https"
            else http.client.HTTPConnection(host, port or 8086, timeout=self.timeout_s)
        )
        asked = urlencode(
            {"db": self.database, "epoch": "ms", "chunked": "true", "chunk_size": str(_CHUNK), "q": query}
        )
        headers = {"Accept": "application/json"}
        if self.username is not None:
            word = base64.b64encode(f"{self.username}:{self.password or ''}".encode()).decode()
            headers["Authorization"] = f"Basic {word}"
        try:
            connection.request("GET", f"{parts.path.rstrip('/')}/query?{asked}", headers=headers)
            with connection.getresponse() as answer:
                if answer.status != 200:
                    raise ConfigError(self._refusal(answer.status, answer.read(4096)))
                while line := answer.readline(_MOST_LINE):
                    if line.strip():
                        yield self._part(line)
        except (OSError, http.client.HTTPException) as exc:
            raise ConfigError(f"{self.url}: broke off or does not answer ({exc or type(exc).__name__})") from exc
        finally:
            connection.close()

    def _part(self, line: bytes) -> dict[str, Any]:
        try:
            part = json.loads(line)
            error = part.get("error") or next((one["error"] for one in part["results"] if "error" in one), None)
        except (ValueError, AttributeError, KeyError, TypeError) as exc:
            raise ConfigError(f"{self.url}: answers in words that are not InfluxDB's; is it version 1?") from exc
        if error:
            raise ConfigError(f"{self.url}: refuses: {error}")
        return dict(part)

    def _refusal(self, status: int, body: bytes) -> str:
        if status in (401, 403):
            return (
                f"{self.url}: refuses the log-in ({status}); give --username, and the password in"
                " $FOREBAY_INFLUX_PASSWORD or --password-file"
            )
        try:
            words = str(json.loads(body)["error"])
        except (ValueError, KeyError, TypeError):
            words = "no reason given"
        return f"{self.url}: answers {status}: {words}"

    def rows(self, query: str) -> Iterator[tuple[Sequence[str], list[list[Any]]]]:
        """Yield (columns, rows) of the answer, part by part."""
        for part in self.ask(query):
            for result in part["results"]:
                for series in result.get("series", ()):
                    yield series["columns"], series["values"]


def _quoted(name: str) -> str:
    escaped = name.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def read(server: Server, progress: Callable[[datetime], object] = lambda _: None) -> Taken:
    """Return what the server holds of the house by the minute. Raises ConfigError."""
    columns = ", ".join(_quoted(name) for name in FIELDS)
    source = ".".join(map(_quoted, (server.database, server.policy, MEASUREMENT)))
    asked = f"SELECT {columns} FROM {source} ORDER BY time"  # noqa: S608 - names are quoted
    first_ms, last_ms = (_edge(server, f"{asked} {way} LIMIT 1") for way in ("ASC", "DESC"))
    if first_ms is None or last_ms is None:
        raise ConfigError(f"{server.url}: {_what_there_is(server)}")
    minutes, total = Minutes(), hashlib.sha256()
    for low_ms in range(first_ms, last_ms + 1, _WINDOW_MS):
        progress(from_ms(low_ms))
        high_ms = min(low_ms + _WINDOW_MS, last_ms + 1)
        query = f'SELECT {columns}, "source"::tag FROM {source} WHERE time >= {low_ms}ms AND time < {high_ms}ms'  # noqa: S608
        for names, rows in server.rows(query):
            total.update(repr(rows).encode())
            _take(minutes, list(names), rows, server.place)
    taken = Taken(bad=list(minutes.bad), notes=left_out_notes(set(_policies(server)) - {server.policy}))
    candidate = minutes.candidate(server.place, total.hexdigest())
    if candidate is not None:
        taken.candidates.append(candidate)
    return taken


def _edge(server: Server, query: str) -> int | None:
    times = [int(row[0]) for _, rows in server.rows(query) for row in rows]
    return times[0] if times else None


def _take(minutes: Minutes, names: list[str], rows: list[list[Any]], place: str) -> None:
    import numpy as np

    source = names.index("source") if "source" in names else None
    for is_cloud in (False, True):
        mine = [row for row in rows if (source is not None and row[source] == "cloud") is is_cloud]
        if not mine:
            continue
        times = np.array([row[0] for row in mine], dtype=np.int64)
        for name in FIELDS:
            values = np.array([row[names.index(name)] for row in mine], dtype=np.float64)
            known = ~np.isnan(values)
            if known.any():
                minutes.add(name, times[known], values[known], is_cloud=is_cloud, place=(place, 0))


def _policies(server: Server) -> list[str]:
    asked = f"SHOW RETENTION POLICIES ON {_quoted(server.database)}"
    return [str(row[0]) for _, rows in server.rows(asked) for row in rows]


def _what_there_is(server: Server) -> str:
    names = [str(row[0]) for _, rows in server.rows("SHOW DATABASES") for row in rows]
    if server.database not in names:
        return f"has no database {server.database}; there are {', '.join(names) or 'none'}: say --database"
    policies = _policies(server)
    return (
        f"holds no powers of a house in {server.database}, policy {server.policy}, measurement {MEASUREMENT};"
        f" its policies are {', '.join(policies) or 'none'}: say --policy"
    )
