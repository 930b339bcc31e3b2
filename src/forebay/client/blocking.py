"""The gateway for scripts: the same methods, each waiting for its answer.

An event loop of its own runs in a thread, so that it also works where another
loop is running, as in a notebook.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine, Sequence
from types import TracebackType
from typing import Any, Self, TypeVar, Unpack, overload

from forebay.client.address import Address
from forebay.client.capabilities import Capabilities
from forebay.client.gateway import Gateway, Options
from forebay.client.reconfigure import Reconfiguration
from forebay.client.reply import Reply
from forebay.client.snapshot import Snapshot
from forebay.client.tls import Certificate
from forebay.wire.endpoint import Endpoint
from forebay.wire.firmware import Version
from forebay.wire.model import UNSET, UnsetType
from forebay.wire.percent import AppPercent, WirePercent
from forebay.wire.site import OperationMode
from forebay.wire.system import Status
from forebay.wire.vitals import VitalsDevice

B = TypeVar("B")
R = TypeVar("R")
T = TypeVar("T")


class BlockingGateway:
    """Gateway without async: `with BlockingGateway("powerwall", password=…) as gw:`.

    Takes the same arguments and may be used from several threads.
    """

    def __init__(self, host: str, password: str | None = None, **options: Unpack[Options]) -> None:
        self._gateway = Gateway(host, password, **options)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None

    def __repr__(self) -> str:
        return f"<BlockingGateway {self._gateway.address}>"

    def __enter__(self) -> Self:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="forebay-gateway", daemon=True)
        self._thread.start()
        self._wait(self._gateway.__aenter__())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        loop, thread = self._loop, self._thread
        if loop is None or thread is None:
            return
        try:
            self._wait(self._gateway.__aexit__(kind, exc, traceback))
            self._wait(loop.shutdown_asyncgens())
            self._wait(loop.shutdown_default_executor())
        finally:
            self._loop = self._thread = None
            loop.call_soon_threadsafe(loop.stop)
            thread.join()
            loop.close()

    def _wait(self, errand: Coroutine[Any, Any, T]) -> T:
        if self._loop is None:
            errand.close()
            raise RuntimeError("a BlockingGateway is used inside `with BlockingGateway(…) as gw:`")
        future = asyncio.run_coroutine_threadsafe(errand, self._loop)
        try:
            return future.result()
        except BaseException:
            future.cancel()
            raise

    @property
    def address(self) -> Address:
        """Where the gateway is."""
        return self._gateway.address

    @property
    def firmware(self) -> Version | None:
        """The firmware's version, None until the first answer has told it."""
        return self._gateway.firmware

    @property
    def has_login(self) -> bool:
        """Whether a login is kept, accepted or not."""
        return self._gateway.has_login

    def identify(self) -> Status:
        """Return the status; see Gateway.identify."""
        return self._wait(self._gateway.identify())

    @overload
    def call(self, row: Endpoint[None, R], body: None = None, *, confirm: bool = False, **path_params: str) -> R: ...
    @overload
    def call(self, row: Endpoint[B, R], body: B, *, confirm: bool = False, **path_params: str) -> R: ...
    def call(self, row: Endpoint[Any, R], body: Any = None, *, confirm: bool = False, **path_params: str) -> R:
        """Call one catalogue row and return its model; see Gateway.call."""
        return self._wait(self._gateway.call(row, body, confirm=confirm, **path_params))

    def request_raw(
        self, row: Endpoint[Any, Any], body: Any = None, *, confirm: bool = False, **path_params: str
    ) -> Reply:
        """Call one catalogue row and return its success as it came; see Gateway.request_raw."""
        return self._wait(self._gateway.request_raw(row, body, confirm=confirm, **path_params))

    def vitals(self) -> list[VitalsDevice]:
        """Return every device with what it says of itself; see Gateway.vitals."""
        return self._wait(self._gateway.vitals())

    def snapshot(self, rows: Sequence[Endpoint[Any, Any]] | None = None, *, allow_login: bool = False) -> Snapshot:
        """Return one reading of the rows asked for; see Gateway.snapshot."""
        return self._wait(self._gateway.snapshot(rows, allow_login=allow_login))

    def capabilities(self) -> Capabilities:
        """Return what this gateway offers and to whom; see Gateway.capabilities."""
        return self._wait(self._gateway.capabilities())

    def reconfigure(
        self,
        *,
        mode: OperationMode | str | None = None,
        reserve: AppPercent | WirePercent | None = None,
        export_limit_kw: float | UnsetType | None = UNSET,
        confirm: bool = False,
        dry_run: bool = False,
    ) -> Reconfiguration:
        """Change mode, reserve or export limit as one transaction; see Gateway.reconfigure."""
        return self._wait(
            self._gateway.reconfigure(
                mode=mode, reserve=reserve, export_limit_kw=export_limit_kw, confirm=confirm, dry_run=dry_run
            )
        )

    def login(self, *, anyway: bool = False) -> None:
        """Log in now; see Gateway.login."""
        self._wait(self._gateway.login(anyway=anyway))

    def logout(self) -> None:
        """End the session at the gateway and forget it here."""
        self._wait(self._gateway.logout())

    def certificate(self) -> Certificate:
        """Return the certificate that the gateway shows now, pinned or not."""
        return self._wait(self._gateway.certificate())

    def fingerprint(self) -> str:
        """Return the SHA-256 of the certificate that the gateway shows now, pinned or not."""
        return self._wait(self._gateway.fingerprint())
