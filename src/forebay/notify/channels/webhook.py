"""A POST to an address: of an automation, a push service, or a program of one's own."""

from __future__ import annotations

import os
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from email.header import Header
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

import aiohttp

from forebay.errors import ConfigError, NotDelivered
from forebay.notify.channels.channel import SEND_S, first_line, headers_of, tls_words, trusting, variable
from forebay.notify.notice import Message
from forebay.notify.settings import WebhookSettings

_REFUSED = frozenset({400, 405, 406, 410, 413, 414, 415, 422, 431})
"""Answers that the same message would get again."""
_LONGEST_WAIT_S = 3600.0


class Webhook:
    """Posts each message to one address. Build it with settings; raises ConfigError naming the key.

    A receiver that answers 2xx has it. Redirects are not followed: the address is a secret.
    """

    kind = "webhook"

    def __init__(self, settings: WebhookSettings, key: str) -> None:
        self.name = settings.name
        self.rules: tuple[str, ...] = settings.rules
        self._format = settings.format
        self._url = _address(settings, key)
        self._own = {} if settings.headers_file is None else headers_of(settings.headers_file, f"{key}.headers_file")
        parts = urlsplit(self._url)
        self._tls = trusting(settings.ca, f"{key}.ca") if parts.scheme == "https" else True
        self.place = f"{parts.scheme}://{parts.hostname}{f':{parts.port}' if parts.port else ''}/…"

    @asynccontextmanager
    async def opened(self, *, is_trial: bool = False) -> AsyncIterator[None]:
        """Nothing lasts longer than a message."""
        del is_trial
        yield

    def _request(self, message: Message) -> tuple[dict[str, str], bytes]:
        """Return headers and body."""
        headers = {"Idempotency-Key": message.id, "User-Agent": "forebay"}
        if self._format == "json":
            return {**headers, "Content-Type": "application/json"}, message.to_json().encode()
        headers["Content-Type"] = "text/plain; charset=utf-8"
        if self._format == "ntfy":  # its documentation: headers that are not ASCII are encoded as in mail
            title = message.headline()
            headers["Title"] = title if title.isascii() else Header(title, "utf-8", maxlinelen=10_000).encode()
            headers["Priority"] = "high" if message.is_urgent else "default"
            return headers, message.text.encode()
        return headers, f"{message.headline()}\n{message.text}\n".encode()

    def shown(self, message: Message) -> str:
        """Return the request without the address and without the headers of the file."""
        headers, body = self._request(message)
        lines = [f"POST {self.place}", *(f"{name}: {value}" for name, value in headers.items())]
        lines += [f"{name}: …" for name in self._own]
        return "\n".join([*lines, "", body.decode()])

    async def send(self, message: Message) -> None:
        """Post it. Raises NotDelivered."""
        headers, body = self._request(message)
        timeout = aiohttp.ClientTimeout(total=SEND_S, sock_connect=10.0)
        try:
            async with (
                aiohttp.ClientSession(timeout=timeout, trust_env=False, cookie_jar=aiohttp.DummyCookieJar()) as session,
                session.post(
                    self._url, data=body, headers={**headers, **self._own}, ssl=self._tls, allow_redirects=False
                ) as answer,
            ):
                status, after_s = answer.status, _wait_s(answer.headers.get("Retry-After"))
        except aiohttp.ClientConnectorCertificateError as exc:
            inner = exc.certificate_error
            words = tls_words(inner) if isinstance(inner, ssl.SSLError) else "its certificate is not to be trusted"
            raise NotDelivered(f"{self.place}: {words}") from None
        except aiohttp.ClientConnectorSSLError:
            raise NotDelivered(f"{self.place}: TLS failed; does it speak https?") from None
        except aiohttp.ClientConnectorDNSError:
            raise NotDelivered(f"{self.place}: nobody knows this name") from None
        except TimeoutError:
            raise NotDelivered(f"{self.place}: no answer in time") from None
        except (aiohttp.ClientError, OSError) as exc:  # their words may hold the address
            number = getattr(exc, "errno", None)
            why = os.strerror(number).lower() if number else "the connection broke off"
            raise NotDelivered(f"{self.place}: {why}") from None
        if not 200 <= status < 300:
            hint = "; redirects are not followed" if 300 <= status < 400 else ""
            raise NotDelivered(
                f"{self.place}: answered {status}{hint}", is_refused=status in _REFUSED, retry_after_s=after_s
            )


def _address(settings: WebhookSettings, key: str) -> str:
    """Find the address: the environment's, the file's, the settings'. Raises ConfigError, which does not repeat it."""
    given = os.environ.get(variable(settings.name, "URL"))
    if not given:
        if (settings.url is None) is (settings.url_file is None):
            raise ConfigError(f"{key}: give one of url and url_file")
        given = settings.url if settings.url_file is None else first_line(settings.url_file, f"{key}.url_file")
    address = str(given).strip()
    try:
        parts = urlsplit(address)
        is_usable = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_usable = False
    if not is_usable or any(ord(c) < 33 for c in address):
        raise ConfigError(f"{key}: its address must be like https://host/path (it is not shown, it may be a secret)")
    return address


def _wait_s(told: str | None) -> float:
    """Return how long a receiver asked to wait, in seconds or as a date [s]; 0 where it did not."""
    if not told:
        return 0.0
    if told.strip().isdecimal():
        wait_s = float(told)
    else:
        try:
            wait_s = (parsedate_to_datetime(told).astimezone(UTC) - datetime.now(UTC)).total_seconds()
        except (ValueError, OverflowError):
            return 0.0
    return min(max(0.0, wait_s), _LONGEST_WAIT_S)
