"""Mail by SMTP: encrypted, or to a server on this computer."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from forebay.errors import ConfigError, NotDelivered
from forebay.notify.channels.channel import SEND_S, is_loopback, password_of, reason_words, trusting, variable, without
from forebay.notify.notice import Message
from forebay.notify.settings import EmailSettings

_log = logging.getLogger(__name__)

_PORTS = {"starttls": 587, "implicit": 465, "none": 25}
_PERMANENT = 500
"""From this reply on a server says no for good (RFC 5321, 4.2.1)."""
_ALWAYS_RETRIED = frozenset({530, 534, 535, 538})
"""Refused log-ins: a password is put right sooner or later."""


class Email:
    """Hands each message to one mail server. Build it with settings; raises ConfigError naming the key."""

    kind = "email"

    def __init__(self, settings: EmailSettings, key: str) -> None:
        self.name = settings.name
        self.rules: tuple[str, ...] = settings.rules
        self._settings = settings
        self._port = settings.port or _PORTS[settings.tls]
        self.place = f"{settings.host}:{self._port}"
        self._password = password_of(settings.name, settings.password_file, f"{key}.password_file")
        if settings.tls == "none" and not is_loopback(settings.host):
            raise ConfigError(f"{key}.tls: none is for a server on this computer; take starttls or implicit")
        if settings.username is not None and self._password is None:
            words = f"a username needs a password: name a file, or set ${variable(settings.name, 'PASSWORD')}"
            raise ConfigError(f"{key}.password_file: {words}")
        self._tls = None if settings.tls == "none" else trusting(settings.ca, f"{key}.ca")

    @asynccontextmanager
    async def opened(self, *, is_trial: bool = False) -> AsyncIterator[None]:
        """Nothing lasts longer than a message."""
        del is_trial
        yield

    def _mail(self, message: Message) -> EmailMessage:
        mail = EmailMessage(policy=SMTP)
        mail["Subject"] = message.headline()
        mail["From"] = self._settings.sender
        mail["To"] = ", ".join(self._settings.receivers)
        mail["Date"] = format_datetime(message.at)
        mail["Message-ID"] = f"<{message.id}@{self._settings.sender.partition('@')[2]}>"
        mail["Auto-Submitted"] = "auto-generated"
        mail["X-Forebay-Rule"] = message.rule or message.kind
        if message.is_urgent:
            mail["Importance"] = "high"
        mail.set_content(f"{message.text}\n\n-- \nforebay, {message.house}\n", cte="quoted-printable")
        return mail

    def shown(self, message: Message) -> str:
        """Return the mail."""
        mail = self._mail(message)
        head = "\n".join(f"{name}: {value}" for name, value in mail.items())
        return f"{head}\n\n{mail.get_content().strip()}"

    async def send(self, message: Message) -> None:
        """Hand it to the server. Raises NotDelivered."""
        import aiosmtplib

        settings, mail = self._settings, self._mail(message)
        server = aiosmtplib.SMTP(
            hostname=settings.host,
            port=self._port,
            use_tls=settings.tls == "implicit",
            start_tls=settings.tls == "starttls",
            tls_context=self._tls,
            timeout=SEND_S,
            local_hostname="[127.0.0.1]",
        )
        try:
            async with asyncio.timeout(SEND_S):
                await server.connect()
                if settings.username is not None and self._password is not None:
                    await server.login(settings.username, self._password)
                refused, _ = await server.send_message(mail)
        except aiosmtplib.SMTPRecipientsRefused as exc:
            code = max((one.code for one in exc.recipients), default=_PERMANENT)
            raise NotDelivered(
                f"{self.place}: no receiver was accepted ({code})", is_refused=code >= _PERMANENT
            ) from None
        except aiosmtplib.SMTPAuthenticationError as exc:
            raise NotDelivered(
                f"{self.place}: the log-in was refused ({exc.code} {self._words(exc.message)})"
            ) from None
        except aiosmtplib.SMTPResponseException as exc:
            is_refused = exc.code >= _PERMANENT and exc.code not in _ALWAYS_RETRIED
            words = f"{self.place}: answered {exc.code} {self._words(exc.message)}"
            raise NotDelivered(words, is_refused=is_refused) from None
        except (aiosmtplib.SMTPTimeoutError, TimeoutError):
            raise NotDelivered(f"{self.place}: no answer in time") from None
        except (aiosmtplib.SMTPException, OSError, ValueError) as exc:
            raise NotDelivered(f"{self.place}: {reason_words(exc, self._password, settings.username)}") from None
        else:
            with contextlib.suppress(aiosmtplib.SMTPException, TimeoutError):  # it has the mail; goodbye is manners
                await server.quit(timeout=2.0)
        finally:  # its own context manager waits for the server, also when one is cancelled
            server.close()
        if refused:  # the others have it: to send it again would tell them twice
            _log.warning("%s: %d of the receivers were refused", self.place, len(refused))

    def _words(self, said: str) -> str:
        return without(self._password, self._settings.username, said)
