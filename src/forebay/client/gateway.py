"""The gateway as a typed object: give it a catalogue row, get that row's model."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypedDict, TypeVar, overload
from urllib.parse import quote

from forebay.client import statefile
from forebay.client.address import parse_address
from forebay.client.capabilities import Capabilities, find_capabilities
from forebay.client.memory import Memory
from forebay.client.password import Given, Password, require_text
from forebay.client.reconfigure import Reconfiguration, Transaction
from forebay.client.reply import OnReply, Reply
from forebay.client.session import Session
from forebay.client.snapshot import MEMBERS, USUAL_ROWS, Round, Snapshot
from forebay.client.tls import Certificate, FirstUse, Identity, Trust
from forebay.client.wish import wish_for
from forebay.clock import Clock, SystemClock
from forebay.errors import ConfigError, GatewayError, NotConfirmed, NotOffered, NotPermitted, Unreachable
from forebay.wire import catalogue, codec, firmware, vitals
from forebay.wire.endpoint import Effect, Endpoint
from forebay.wire.firmware import Version
from forebay.wire.model import UNSET, UnsetType
from forebay.wire.percent import AppPercent, WirePercent
from forebay.wire.site import Operation, OperationMode
from forebay.wire.system import Status
from forebay.wire.vitals import VitalsDevice

B = TypeVar("B")
R = TypeVar("R")


class Options(TypedDict, total=False):
    """The keyword arguments of Gateway, which explains them."""

    port: int
    username: str
    server_name: str | None
    trust: Trust | None
    first_use: FirstUse
    on_first_use: Callable[[Certificate], None] | None
    fingerprint: str | None
    cacert: Path | str | None
    insecure: bool
    state_dir: Path | str | None
    clock: Clock | None
    timeout_s: float
    connect_timeout_s: float
    concurrency: int
    run_after_login: bool
    login_may_stop: bool
    force_login: bool
    on_reply: OnReply | None


class Gateway:
    """A gateway on the LAN, used as `async with Gateway("powerwall", password=…) as gw:`.

    host: a name or an IP address, also "host:port" or "https://host:port".
    password: None reads what is public, or goes on with a kept session. What can be called
        is asked for it at each login, so that a changed one is used without a restart.
    username: "customer" or "installer"; 1.15 knows none.
    server_name: the name to ask for in TLS; by default one that gateways know.
    trust: the known gateways; by default those in `state_dir`.
    first_use: "pin" pins a stranger's certificate, "ask" raises CertificateUnknown.
    on_first_use: is shown a stranger's certificate before it is pinned.
    fingerprint: SHA-256 the certificate must have, instead of a pin.
    cacert: PEM file that must vouch for certificate and name, instead of a pin.
    insecure: check nothing, and warn about it.
    state_dir: where pins and sessions are kept; by default `statefile.default_state_dir()`.
    timeout_s, connect_timeout_s: for one answer and for one connection [s].
    concurrency: most requests at once.
    run_after_login: whether to start the power system that a login on 1.x stops.
    login_may_stop: whether a call may log in at all where that stops the power
        system for a moment; without, rows that need a login raise NotPermitted there.
    force_login: whether such a login stops a busy power system, too; GatewayBusy without.
    on_reply: is shown every answer as it comes, refusals and log-ins too: row, path, answer.

    Every call raises a GatewayError when it fails; its `advice` says what to do.
    """

    def __init__(
        self,
        host: str,
        password: Given = None,
        *,
        port: int = 443,
        username: str = "customer",
        server_name: str | None = None,
        trust: Trust | None = None,
        first_use: FirstUse = "pin",
        on_first_use: Callable[[Certificate], None] | None = None,
        fingerprint: str | None = None,
        cacert: Path | str | None = None,
        insecure: bool = False,
        state_dir: Path | str | None = None,
        clock: Clock | None = None,
        timeout_s: float = 10.0,
        connect_timeout_s: float = 5.0,
        concurrency: int = 3,
        run_after_login: bool = True,
        login_may_stop: bool = True,
        force_login: bool = False,
        on_reply: OnReply | None = None,
    ) -> None:
        self._login_may_stop = login_may_stop
        self.address = parse_address(host, port)
        require_text("username", username)
        own_password = Password(password)
        self._clock: Clock = clock or SystemClock()
        directory = Path(state_dir) if state_dir is not None else statefile.default_state_dir()
        self._identity = Identity(
            self.address,
            trust or Trust(directory, clock=self._clock),
            server_name=server_name,
            fingerprint=fingerprint,
            cacert=None if cacert is None else Path(cacert),
            insecure=insecure,
            first_use=first_use,
            on_first_use=on_first_use,
            timeout_s=connect_timeout_s,
        )
        self._open: Callable[[], Session] = lambda: Session(
            self._identity,
            Memory(directory, self.address, username, self._clock),
            self._clock,
            username=username,
            password=own_password,
            timeout_s=timeout_s,
            connect_timeout_s=connect_timeout_s,
            concurrency=concurrency,
            run_after_login=run_after_login,
            force_login=force_login,
            on_reply=on_reply,
        )
        self._session: Session | None = None

    def __repr__(self) -> str:
        return f"<Gateway {self.address}>"

    async def __aenter__(self) -> Self:
        self._session = self._open()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    @property
    def _live(self) -> Session:
        if self._session is None:
            raise RuntimeError("a Gateway is used inside `async with Gateway(…) as gw:`")
        return self._session

    @property
    def firmware(self) -> Version | None:
        """The firmware's version, None until the first answer has told it."""
        return self._live.firmware

    @property
    def has_login(self) -> bool:
        """Whether a login is kept, accepted or not."""
        return self._live.has_credentials

    async def identify(self) -> Status:
        """Return the status, which needs no login, and learn the firmware from it."""
        return await self._live.identify()

    @overload
    async def call(
        self, row: Endpoint[None, R], body: None = None, *, confirm: bool = False, **path_params: str
    ) -> R: ...
    @overload
    async def call(self, row: Endpoint[B, R], body: B, *, confirm: bool = False, **path_params: str) -> R: ...
    async def call(self, row: Endpoint[Any, R], body: Any = None, *, confirm: bool = False, **path_params: str) -> R:
        """Call one catalogue row and return its model.

        confirm: has to be True for a row that changes the house.
        path_params: what goes into the placeholders of the row's path.
        Raises NotConfirmed, with nothing sent, for a row that writes without `confirm`.
        """
        reply = await self.request_raw(row, body, confirm=confirm, **path_params)
        return self._decoded(row, reply)

    async def request_raw(
        self, row: Endpoint[Any, Any], body: Any = None, *, confirm: bool = False, **path_params: str
    ) -> Reply:
        """Call one catalogue row and return its success as it came: status, headers, bytes.

        body: a model, or bytes sent as they are. Raises as `call` does.
        """
        _allow(row, confirm)
        path = _path(row, path_params)
        if row is catalogue.LOGOUT:
            await self.logout()
            return Reply(204, {}, b"")
        content = b"" if body is None else body if isinstance(body, bytes) else codec.encode_request(body)
        may_login = row is catalogue.STATUS or await self._may_login()
        return await self._live.request(row, path, content, may_login=may_login)

    async def _may_login(self, *, where_it_stops: bool = True) -> bool:
        if where_it_stops and self._login_may_stop:
            return True
        return not firmware.LOGIN_STOPS_SYSTEM.at(await self._live.version())

    def _decoded(self, row: Endpoint[Any, R], reply: Reply) -> R:
        if reply.status in (202, 204) and not reply.body:
            nothing: Any = None
            return nothing  # type: ignore[no-any-return] # an accepted row answers with nothing
        model = codec.decode(row, reply.body)
        if isinstance(model, Status) and row is catalogue.STATUS:
            self._live.learn(model)
        return model

    async def vitals(self) -> list[VitalsDevice]:
        """Return every device with what it says of itself. Raises NotOffered from 23.44 on."""
        return vitals.decode(await self.call(catalogue.VITALS))

    async def snapshot(
        self, rows: Sequence[Endpoint[Any, Any]] | None = None, *, allow_login: bool = False
    ) -> Snapshot:
        """Return one reading of the rows asked for, none sent twice, several at once.

        Fails for no row: the error of each is in `missing`. Rows that the
        firmware does not offer are not sent. Nor, unless allow_login, are those
        that would need a login on firmware where a login stops the power
        system. Once a gateway proves unreachable the rest is not sent.
        """
        chosen = USUAL_ROWS if rows is None else tuple(rows)
        for row in chosen:
            if row.name not in MEMBERS:
                raise ConfigError(f"{row.name} cannot be part of a snapshot")
        session, began_at, work = self._live, self._clock.now(), Round(chosen)
        if session.firmware is None:
            await self._begin(work)
        async with asyncio.TaskGroup() as group:
            for _ in range(session.concurrency):
                group.create_task(self._ask_in_turn(work, allow_login))
        return work.result(began_at, self._clock.now(), session.firmware)

    async def _begin(self, work: Round) -> None:
        """Learn the firmware first, and keep the status if it was asked for."""
        is_wanted = catalogue.STATUS in work.waiting
        try:
            status = await self.identify()
        except GatewayError as exc:
            if not isinstance(exc, NotOffered | NotPermitted):
                work.give_up(exc)
            elif is_wanted:
                work.waiting.remove(catalogue.STATUS)
                work.missing[catalogue.STATUS.name] = exc
            return
        if is_wanted:
            work.waiting.remove(catalogue.STATUS)
            work.answers[catalogue.STATUS.name] = status

    async def _ask_in_turn(self, work: Round, allow_login: bool) -> None:
        while (row := work.next()) is not None:
            try:
                work.answers[row.name] = await self._ask(row, allow_login)
            except GatewayError as exc:
                work.missing[row.name] = exc
                lost = sum(isinstance(error, Unreachable) for error in work.missing.values())
                if isinstance(exc, Unreachable) and lost >= self._live.concurrency and not work.answers:
                    work.give_up(exc)

    async def _ask(self, row: Endpoint[Any, Any], allow_login: bool) -> Any:
        session = self._live
        version = await session.version()
        if not row.offered_by(version):
            raise NotOffered(f"firmware {firmware.print_version(version)} does not offer it", path=row.path)
        may_login = await self._may_login(where_it_stops=allow_login)
        model = self._decoded(row, await session.request(row, row.path, may_login=may_login))
        return vitals.decode(model) if row is catalogue.VITALS else model

    async def capabilities(self) -> Capabilities:
        """Return what this gateway offers and to whom; never logs in and never writes.

        Asks the status and a few rows that read, each once and with the login
        that is kept, if there is one. Raises Unreachable and the errors of certificates.
        """
        return await find_capabilities(self._live)

    async def reconfigure(
        self,
        *,
        mode: OperationMode | str | None = None,
        reserve: AppPercent | WirePercent | None = None,
        export_limit_kw: float | UnsetType | None = UNSET,
        confirm: bool = False,
        dry_run: bool = False,
    ) -> Reconfiguration:
        """Change mode, reserve or export limit, commit it, see that the house runs, and read it back.

        What is not given stays as the gateway shows it, to the last digit. Doing the same
        again is harmless: it only commits. A change that was begun is brought to its end
        even if the caller gives up.

        reserve: on the scale that its type says.
        export_limit_kw: most solar power that may flow into the grid [kW]; None is no limit.
        confirm: has to be True, as this changes the house.
        dry_run: only return the plan; reads, but does not log in where that stops the power system.

        Raises NotConfirmed, with nothing sent, without `confirm`; MayNotReconfigure where
        this login may not, which is normal; NotReconfigured where it broke off. Both say,
        in words and as data, which state the house is in and how to get back.
        """
        session, wish = self._live, wish_for(mode, reserve, export_limit_kw)
        change = Transaction(_House(self, session, confirm), wish)
        if dry_run:
            return await change.plan(may_login=await self._may_login(where_it_stops=False))
        _allow(catalogue.SET_OPERATION, confirm)
        return await session.flights.alone(change.carry_out)

    async def login(self, *, anyway: bool = False) -> None:
        """Log in now, whatever is kept: proves the password. Calls log in by themselves.

        anyway: try even a password that was refused lately; for a person who insists.
        Raises LoginRejected, without asking while the password is known to be refused.
        """
        await self._live.login(anyway=anyway)

    async def logout(self) -> None:
        """End the session at the gateway and forget it here."""
        await self._live.logout()

    async def certificate(self) -> Certificate:
        """Return the certificate that the gateway shows now, pinned or not."""
        return await self._identity.presented()

    async def fingerprint(self) -> str:
        """Return the SHA-256 of the certificate that the gateway shows now, pinned or not."""
        return (await self.certificate()).sha256


class _House:
    """What a transaction is given: this gateway's session, and the caller's yes."""

    def __init__(self, gateway: Gateway, session: Session, confirm: bool) -> None:
        self._gateway = gateway
        self._session = session
        self._confirm = confirm

    @property
    def has_login(self) -> bool:
        return self._session.has_credentials

    async def status(self) -> Status | None:
        try:
            return await self._session.identify()
        except (NotOffered, NotPermitted):
            return None

    async def version(self) -> Version:
        return await self._session.version()

    async def log_in(self) -> None:
        if not await self._gateway._may_login():
            raise NotPermitted(
                "needs a login, which stops the power system on this firmware", path=catalogue.LOGIN.path
            )
        await self._session.login()

    async def ask(self, row: Endpoint[Any, Any], body: Operation | None = None, *, may_login: bool = True) -> Any:
        _allow(row, self._confirm)
        content = b"" if body is None else codec.encode_request(body)
        allowed = may_login and await self._gateway._may_login()
        reply = await self._session.request(row, row.path, content, may_login=allowed, alone=True)
        return None if row.writes else self._gateway._decoded(row, reply)

    async def probe(self, row: Endpoint[Any, Any]) -> Any:
        return self._gateway._decoded(row, await self._session.probe(row))


def _allow(row: Endpoint[Any, Any], confirm: bool) -> None:
    """Refuse what nobody has said yes to: the one place that stands before every write."""
    if row.effect is Effect.WRITES and not confirm:
        raise NotConfirmed(f"{row.name} ({row.method} {row.path}) changes the house and was not confirmed; not sent")
    if row is catalogue.LOGIN:
        raise ConfigError("log in with Gateway.login(), which counts logins; nothing was sent")


def _path(row: Endpoint[Any, Any], given: dict[str, str]) -> str:
    if set(given) != set(row.placeholders):
        expected = ", ".join(row.placeholders) or "none"
        raise ConfigError(f"{row.name}: path parameters are {expected}; given: {', '.join(given) or 'none'}")
    parts = {name: quote(value, safe="") for name, value in given.items()}
    return row.path.format(**parts) if parts else row.path
