"""Messages to an MQTT broker, over one connection that lasts and whose end the broker tells (last will)."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import re
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from forebay.errors import ConfigError, NotDelivered
from forebay.notify.channels.channel import SEND_S, is_loopback, password_of, reason_words, trusting, variable
from forebay.notify.notice import Message
from forebay.notify.settings import MqttSettings

if TYPE_CHECKING:
    import aiomqtt

    from forebay.notify.channels.mqtt_client import Client


_log = logging.getLogger(__name__)

ONLINE, OFFLINE = "online", "offline"
KEEPALIVE_S = 15
"""Also bounds how long a broker may take for TLS before the library gives up [s]."""
_ANSWER_S = 10.0
_PAUSES_S = (1.0, 5.0, 15.0, 60.0, 300.0)


class _Lost(Exception):
    """The connection ended before the broker had confirmed a message."""


class Mqtt:
    """Publishes each message under one topic. Build it with settings; raises ConfigError naming the key.

    <topic>/<gateway>/<rule> has the messages, with quality of service 1; <topic>/status is "online" or "offline",
    retained. A message is delivered when the broker has confirmed it.
    """

    kind = "mqtt"

    def __init__(self, settings: MqttSettings, key: str) -> None:
        self.name = settings.name
        self.rules: tuple[str, ...] = settings.rules
        self._settings = settings
        self._port = settings.port or (8883 if settings.tls else 1883)
        self.place = f"{settings.host}:{self._port} {settings.topic}"
        self._password = password_of(settings.name, settings.password_file, f"{key}.password_file")
        if settings.username is not None and self._password is None:
            words = f"a username needs a password: name a file, or set ${variable(settings.name, 'PASSWORD')}"
            raise ConfigError(f"{key}.password_file: {words}")
        if not settings.tls and settings.ca is not None:
            raise ConfigError(f"{key}.ca: goes with tls = true")
        self._tls = trusting(settings.ca, f"{key}.ca") if settings.tls else None
        if self._password is not None and not settings.tls and not is_loopback(settings.host):
            _log.warning("%s: the broker's password crosses the network in clear; tls = true encrypts it", self.name)
        self._client: aiomqtt.Client | None = None
        self._wanted, self._settled = asyncio.Event(), asyncio.Event()
        self._doubted, self._lost = asyncio.Event(), asyncio.Event()
        self._problem = "the connection was lost"

    def _build(self, *, is_trial: bool) -> Client:
        import aiomqtt

        from forebay.notify.channels.mqtt_client import Client

        status = f"{self._settings.topic}/status"
        return Client(
            self._settings.host,
            self._port,
            username=self._settings.username,
            password=self._password,
            identifier=f"forebay-{uuid.uuid4().hex[:12]}",
            will=None if is_trial else aiomqtt.Will(status, OFFLINE, qos=1, retain=True),
            tls_context=self._tls,
            timeout=_ANSWER_S,
            keepalive=KEEPALIVE_S,
            logger=_SILENT,
        )

    @asynccontextmanager
    async def opened(self, *, is_trial: bool = False) -> AsyncIterator[None]:
        """Keep a connection, and come back when it is lost."""
        keeping = asyncio.create_task(self._keep(is_trial=is_trial))
        try:
            yield
        finally:
            keeping.cancel()
            await asyncio.gather(keeping, return_exceptions=True)

    async def _keep(self, *, is_trial: bool) -> None:
        """Connect again and again; between two tries wait, or until somebody wants to send."""
        tries = 0
        while True:
            is_connected = False
            try:
                async with self._build(is_trial=is_trial).connected() as client:
                    is_connected, tries = True, 0
                    await self._hold(client, is_trial=is_trial)
            except Exception as exc:  # the library raises more than its own kind; none may end the channel
                self._problem = self._reason(exc)
            if not is_connected:
                self._settled.set()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_PAUSES_S[min(tries, len(_PAUSES_S) - 1)]):
                    await self._wanted.wait()
            self._wanted.clear()
            tries += 1

    async def _hold(self, client: aiomqtt.Client, *, is_trial: bool) -> None:
        """Stay until the connection is lost, or nobody believes in it any more."""
        self._doubted.clear()
        self._lost.clear()
        ends = [asyncio.create_task(_until_lost(client)), asyncio.create_task(self._doubted.wait())]
        try:
            if not is_trial:
                await client.publish(f"{self._settings.topic}/status", ONLINE, qos=1, retain=True)
            self._client = client
            self._settled.set()
            await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        except asyncio.CancelledError:
            await self._say_goodbye(client, is_trial=is_trial)
            raise
        finally:
            self._client = None
            self._lost.set()
            for end in ends:
                end.cancel()
            results = await asyncio.gather(*ends, return_exceptions=True)
        if isinstance(results[0], Exception):
            raise results[0]

    async def _say_goodbye(self, client: aiomqtt.Client, *, is_trial: bool) -> None:
        """Say offline oneself, since a broker publishes the last will only where nobody said goodbye."""
        import aiomqtt

        with contextlib.suppress(aiomqtt.MqttError, TimeoutError):
            async with asyncio.timeout(2.0):
                if not is_trial:
                    await client.publish(f"{self._settings.topic}/status", OFFLINE, qos=1, retain=True)

    def _topic(self, message: Message) -> str:
        gateway = re.sub(r"[\x00-\x1f+#/$]", "_", message.gateway) or "_"
        return f"{self._settings.topic}/{gateway}/{message.rule or message.kind}"

    def shown(self, message: Message) -> str:
        """Return topic and payload."""
        retained = ", retained" if self._is_retained(message) else ""
        return f"{self._topic(message)} (QoS 1{retained})\n{message.to_json()}"

    def _is_retained(self, message: Message) -> bool:
        return self._settings.retain and message.kind == "notice"

    async def send(self, message: Message) -> None:
        """Publish it and wait for the broker's confirmation. Raises NotDelivered."""
        import aiomqtt

        try:
            async with asyncio.timeout(SEND_S):
                for is_last in (False, True):
                    client = await self._connection()
                    try:
                        await self._publish(client, message)
                        return
                    except (aiomqtt.MqttError, _Lost) as exc:
                        self._doubt(client)
                        # the end of a connection is noticed late: another is tried at once, with the same id
                        if is_last or not isinstance(exc, aiomqtt.MqttCodeError | _Lost):
                            raise
        except TimeoutError:
            raise NotDelivered(f"{self.place}: no answer in time") from None
        except (aiomqtt.MqttError, ValueError, _Lost) as exc:
            raise NotDelivered(f"{self.place}: {self._reason(exc)}") from None

    async def _publish(self, client: aiomqtt.Client, message: Message) -> None:
        """Publish and wait for the confirmation, or until the connection ends: the library does not watch for that."""
        topic, retain = self._topic(message), self._is_retained(message)
        publishing = asyncio.ensure_future(
            client.publish(topic, message.to_json(), qos=1, retain=retain, timeout=_ANSWER_S)
        )
        lost = asyncio.ensure_future(self._lost.wait())
        try:
            await asyncio.wait({publishing, lost}, return_when=asyncio.FIRST_COMPLETED)
            if not publishing.done():
                raise _Lost("the connection was lost")
            publishing.result()
        finally:
            for one in (publishing, lost):
                one.cancel()
            await asyncio.gather(publishing, lost, return_exceptions=True)

    def _doubt(self, client: aiomqtt.Client) -> None:
        """Give a connection up."""
        if self._client is client:
            self._client = None
            self._doubted.set()

    async def _connection(self) -> aiomqtt.Client:
        """Return the connection, or wait for the outcome of the next try. Raises NotDelivered."""
        if self._client is None:
            self._settled.clear()
            self._wanted.set()
            await self._settled.wait()
        if self._client is None:
            raise NotDelivered(f"{self.place}: {self._problem}")
        return self._client

    def _reason(self, error: BaseException) -> str:
        return reason_words(error, self._password, self._settings.username)


async def _until_lost(client: aiomqtt.Client) -> None:
    """Return or raise MqttError when the connection ends: nothing is subscribed to, so no message ever comes."""
    async for _ in client.messages:
        continue


_SILENT = logging.getLogger("forebay.notify.mqtt.library")
"""The library says everything twice; what matters is told by the one who sends."""
_SILENT.addHandler(logging.NullHandler())
_SILENT.propagate = False
