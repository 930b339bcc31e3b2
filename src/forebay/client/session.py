"""One user's connection to a gateway: the only file that imports the HTTP library.

It decides when to log in and, more often, when not to: logins are counted by
the gateway, and on 1.x one stops the power system.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import ssl
from typing import Any

import aiohttp
from yarl import URL

from forebay.client import explain
from forebay.client.flight import Flights
from forebay.client.login import credentials_from, login_body
from forebay.client.logins import LoginHistory
from forebay.client.memory import Credentials, Memory
from forebay.client.password import Password
from forebay.client.reply import OnReply, Reply
from forebay.client.tls import Identity, Verification
from forebay.clock import Clock
from forebay.errors import (
    Advice,
    ConfigError,
    GatewayError,
    GatewayFailed,
    LoginRejected,
    MalformedReply,
    NotOffered,
    NotPermitted,
    Throttled,
    Unreachable,
)
from forebay.wire import catalogue, codec, firmware
from forebay.wire.endpoint import Effect, Endpoint
from forebay.wire.faults import BY_KEY
from forebay.wire.firmware import Version
from forebay.wire.system import Status

log = logging.getLogger(__name__)

BODY_MAX = 8 * 1024 * 1024  # the longest answer that is read [bytes]
RUN_ATTEMPTS = 3
_TOLD_LATE = "it told its firmware only now, and there a login stops the power system; ask again"

RESTRICTED: Version = (23, 44, 0)
"""What a gateway is taken for that does not tell its version, as one of a Powerwall 3."""


class _BrokenOff(Exception):
    """The connection broke during a request that must not be sent twice."""


async def _once(request: aiohttp.ClientRequest, send: aiohttp.ClientHandlerType) -> aiohttp.ClientResponse:
    # the library repeats GETs on a broken connection, but on this device GETs write
    try:
        return await send(request)
    except aiohttp.ClientConnectorError:
        raise
    except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError) as exc:
        raise _BrokenOff from exc


class Session:
    """Sends catalogue rows, logging in when the firmware asks for it.

    password: looked up at each login. concurrency: requests at once.
    run_after_login: whether to start the power system that a login on 1.x stops.
    force_login: whether such a login stops a busy one, too.
    on_reply: is shown every answer as it comes.
    """

    def __init__(
        self,
        identity: Identity,
        memory: Memory,
        clock: Clock,
        *,
        username: str,
        password: Password,
        timeout_s: float,
        connect_timeout_s: float,
        concurrency: int,
        run_after_login: bool,
        force_login: bool = False,
        on_reply: OnReply | None = None,
    ) -> None:
        self._on_reply = on_reply
        self._identity, self._address = identity, identity.address
        self._memory = memory
        self._clock = clock
        self._username, self._password = username, password
        self._run_after_login, self._force_login = run_after_login, force_login
        self.concurrency = concurrency
        self._slots = asyncio.Semaphore(concurrency)
        self.flights = Flights()
        self._timeout = aiohttp.ClientTimeout(total=timeout_s, sock_connect=connect_timeout_s)
        self._http = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=concurrency, resolver=aiohttp.ThreadedResolver(), use_dns_cache=False),
            cookie_jar=aiohttp.DummyCookieJar(),
            trust_env=False,
            headers={"Accept-Encoding": "identity", "User-Agent": "forebay"},
            timeout=self._timeout,
        )
        self._checks: tuple[Verification, aiohttp.Fingerprint | ssl.SSLContext | bool] | None = None
        self._logins = LoginHistory(clock)
        self.firmware: Version | None = None
        self._is_told = False

    async def close(self) -> None:
        """End what is under way and close every connection."""
        await self.flights.land()
        await self._http.close()

    # Which firmware

    async def identify(self) -> Status:
        """Read the status and learn the firmware from it.

        A gateway that has no status is taken for a restricted one, after
        which NotOffered or NotPermitted is raised all the same.
        """
        row = catalogue.STATUS
        try:
            reply = await self.request(row, row.path)
        except (NotOffered, NotPermitted):
            if self.firmware is None:
                log.info("%s does not tell its firmware; taking it for a restricted one", self._address)
                self.firmware = RESTRICTED
            raise
        status = codec.decode(row, reply.body)
        self.learn(status)
        return status

    def learn(self, status: Status) -> None:
        """Take the firmware from a status. Raises MalformedReply where it tells none."""
        try:
            self.firmware, self._is_told = status.firmware, True
        except ConfigError as exc:
            raise MalformedReply(str(exc), path=catalogue.STATUS.path, status=200) from exc

    async def version(self) -> Version:
        """Return the firmware's version, asking only the first time."""
        if self.firmware is None:
            try:
                await self.identify()
            except (NotOffered, NotPermitted):
                if self.firmware is None:
                    raise
        assert self.firmware is not None  # noqa: S101 - identify has set it or raised
        return self.firmware

    @property
    def has_credentials(self) -> bool:
        """Whether a token or cookies are at hand, accepted or not."""
        return bool(self._memory.credentials())

    @property
    def roles(self) -> tuple[str, ...]:
        """The roles that the kept login named."""
        return self._memory.credentials().roles

    # Requests

    async def request(
        self, row: Endpoint[Any, Any], path: str, body: bytes = b"", *, may_login: bool = True, alone: bool = False
    ) -> Reply:
        """Send one row and return its success; identical reads at the same time are sent once, unless `alone`.

        may_login: whether a login may be made for it. Raises a GatewayError.
        """
        if alone or row.effect is not Effect.READS:
            return await self._request(row, path, body, may_login)
        return await self.flights.share((path, may_login), lambda: self._request(row, path, body, may_login))

    async def _request(self, row: Endpoint[Any, Any], path: str, body: bytes, may_login: bool) -> Reply:
        self._memory.check_silence(path)
        is_public = row is catalogue.STATUS or row.is_public(await self.version())
        if row is catalogue.LOGOUT:
            return await self._exchange(row, path, body, self._memory.credentials())
        used = Credentials() if is_public else await self._credentials(path, may_login)
        try:
            reply = await self._exchange(row, path, body, used)
        except (LoginRejected, NotPermitted) as refused:
            renewed = await self._renewed(row, refused, used, is_public=is_public, may_login=may_login)
            try:
                reply = await self._exchange(row, path, body, renewed)
            except (LoginRejected, NotPermitted):
                self._logins.refused(row.name)
                raise
        self._logins.served(row.name)
        return reply

    async def _credentials(self, path: str, may_login: bool) -> Credentials:
        credentials = self._memory.credentials()
        if not credentials:
            if not may_login:
                raise NotPermitted("needs a login, which stops the power system on this firmware", path=path)
            await self._log_in_instead_of(credentials)
        elif self._memory.run_owed and self._run_after_login and may_login:
            await self.flights.share("run", self._run, must_finish=True)
        return self._memory.credentials()

    async def _renewed(
        self,
        row: Endpoint[Any, Any],
        refused: LoginRejected | NotPermitted,
        used: Credentials,
        *,
        is_public: bool,
        may_login: bool,
    ) -> Credentials:
        """Return other credentials for a second try, or raise the refusal."""
        known = self._memory.credentials(reread=True)
        if known and known != used:
            return known  # from a login made meanwhile, here or in another process
        if is_public or not may_login or not self._logins.may_renew(row.name):
            raise refused
        if self._password.now() is None:
            raise LoginRejected(
                "the kept session has ended, and no password was given", path=refused.path, status=refused.status
            ) from refused
        await self._log_in_instead_of(used)
        return self._memory.credentials()

    async def probe(self, row: Endpoint[Any, Any]) -> Reply:
        """Ask a row that reads once, with what is at hand: never a login, never a second try.

        Raises a GatewayError, NotPermitted where a login or a higher role is needed.
        """
        return await self._exchange(row, row.path, b"", self._memory.credentials())

    # Logging in and out

    async def login(self, *, anyway: bool = False) -> None:
        """Log in once, however many ask at the same time.

        anyway: try even a password that was refused lately; for a person who insists.
        Raises LoginRejected, without asking while the password is known to be refused.
        """
        await self.flights.share("login", lambda: self._login(anyway), must_finish=True)

    async def _log_in_instead_of(self, used: Credentials) -> None:
        """Log in, unless another process does so first."""
        await self.flights.share("login", lambda: self._login(used=used), must_finish=True)

    async def _login(self, anyway: bool = False, used: Credentials | None = None) -> None:
        row = catalogue.LOGIN
        if (password := self._password.now()) is None:
            raise LoginRejected("this needs a login, and no password was given", path=row.path)
        version = await self.version()
        if not self._is_told:  # nobody logs in on a guess: it may be one that a login stops
            with contextlib.suppress(NotOffered, NotPermitted):
                version = (await self.identify()).firmware
            if used is not None and firmware.LOGIN_STOPS_SYSTEM.at(version):
                raise NotPermitted(_TOLD_LATE, path=row.path)
        async with self._memory.login_turn():
            known = self._memory.credentials(reread=True)
            if used is not None and known and known != used:
                return
            if not anyway:
                await self._memory.check_password(password)
                self._logins.check_pause()
            await self._login_now(version, password)

    async def _login_now(self, version: Version, password: str) -> None:
        row = catalogue.LOGIN
        stops = firmware.LOGIN_STOPS_SYSTEM.at(version) and self._run_after_login
        if stops:
            self._memory.owe_run(True)
        body = codec.encode_request(login_body(version, self._username, password, force=self._force_login))
        try:
            reply = await self._exchange(row, row.path, body, Credentials())
            credentials = credentials_from(reply.body, reply.cookies)
        except LoginRejected as exc:
            if BY_KEY["needs_toggle"].error in exc.message:  # the password is right, a switch is not
                self._logins.failed(exc)
            else:
                await self._memory.refuse_password(password)
            if stops:
                self._memory.owe_run(False)
            raise
        except (Unreachable, Throttled):
            raise
        except GatewayError as exc:
            self._logins.failed(exc)
            raise
        self._logins.succeeded()
        self._memory.logged_in(credentials)
        if stops:
            await self._run()

    async def _run(self) -> None:
        """Start the power system that a login has stopped (A13)."""
        row = catalogue.SITEMASTER_RUN
        for attempt in range(1, RUN_ATTEMPTS + 1):
            try:
                await self._exchange(row, row.path, b"", self._memory.credentials())
            except GatewayError as exc:
                if attempt < RUN_ATTEMPTS and exc.advice is Advice.RETRY and not isinstance(exc, Throttled):
                    await self._clock.sleep(1.0)
                    continue
                words = f"the login stopped the power system, and it could not be started again: {exc.message}"
                log.error("%s: %s", self._address, words)
                raise GatewayFailed(words, path=row.path, status=exc.status) from exc
            self._memory.owe_run(False)
            return

    async def logout(self) -> None:
        """End the session at the gateway and forget it here; without one, send nothing."""
        try:
            if self.has_credentials:
                await self.request(catalogue.LOGOUT, catalogue.LOGOUT.path)
        finally:
            self._memory.logged_out()
            self._logins.ended()

    # One exchange

    async def _exchange(self, row: Endpoint[Any, Any], path: str, body: bytes, credentials: Credentials) -> Reply:
        async with self._slots:
            self._memory.check_silence(path)
            reply = await self._send(row, path, body, credentials)
        if self._on_reply is not None:
            self._on_reply(row, path, reply)
        secrets = (credentials.token, *credentials.cookies.values(), *self._password.secrets)
        error = explain.refusal(
            row,
            path,
            version=self.firmware,
            status=reply.status,
            headers=reply.headers,
            body=reply.body,
            now=self._clock.now(),
            secrets=secrets,
        )
        if isinstance(error, Throttled):
            self._memory.keep_silence(error.retry_after_s)
        if error is not None:
            raise error
        return reply

    async def _send(self, row: Endpoint[Any, Any], path: str, body: bytes, credentials: Credentials) -> Reply:
        if (checked := self._identity.decided) is None:
            checked = await self.flights.share("identity", self._identity.verification)
        url = URL.build(scheme="https", host=self._address.host, port=self._address.port, path=path, encoded=True)
        headers = {**credentials.headers, **({"Content-Type": "application/json"} if body else {})}
        try:
            async with self._http.request(
                row.method,
                url,
                data=body or None,
                headers=headers,
                ssl=self._check_for(checked),
                server_hostname=self._identity.server_name,
                allow_redirects=False,
                middlewares=() if row.effect is Effect.READS else (_once,),
            ) as answer:
                content = await _read(answer, path)
                found = {name.lower(): value for name, value in answer.headers.items()}
                cookies = {name: morsel.value for name, morsel in answer.cookies.items()}
                return Reply(answer.status, found, content, cookies)
        except aiohttp.ServerFingerprintMismatch as exc:
            raise self._identity.changed(checked, exc.got.hex(":")) from exc
        except aiohttp.ClientConnectorCertificateError as exc:
            if isinstance(exc.certificate_error, ssl.SSLCertVerificationError):
                raise await self._identity.refused(exc.certificate_error) from exc
            raise Unreachable(str(exc), path=path) from exc
        except aiohttp.ClientResponseError as exc:
            raise MalformedReply(f"the answer is not HTTP: {explain.printable(exc.message)}", path=path) from exc
        except aiohttp.ClientPayloadError as exc:
            raise Unreachable(f"{self._address} broke off in the middle of its answer", path=path) from exc
        except (aiohttp.ClientError, OSError, TimeoutError, _BrokenOff) as exc:
            words = explain.connection_failure(exc, self._address, self._identity.server_name)
            raise Unreachable(words, path=path) from exc

    def _check_for(self, checked: Verification) -> aiohttp.Fingerprint | ssl.SSLContext | bool:
        """Return the library's form of a check; one object for each, so that connections are reused."""
        if self._checks is None or self._checks[0] is not checked:
            if checked.fingerprint is not None:
                self._checks = (checked, aiohttp.Fingerprint(bytes.fromhex(checked.fingerprint.replace(":", ""))))
            else:
                self._checks = (checked, checked.context or False)
        return self._checks[1]


async def _read(answer: aiohttp.ClientResponse, path: str) -> bytes:
    content = bytearray()
    async for piece in answer.content.iter_any():
        content += piece
        if len(content) > BODY_MAX:
            answer.close()
            raise MalformedReply(f"the answer is longer than {BODY_MAX >> 20} MiB", path=path, status=answer.status)
    return bytes(content)
