"""Composition root: build the parts and run them in one task group."""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import logging
import signal
import socket
import ssl
import time
from collections.abc import AsyncIterator, Callable, Generator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import uvicorn
from starlette.applications import Starlette

from forebay.clock import Clock, SystemClock
from forebay.errors import ConfigError, StoreError
from forebay.notify.channels.build import channels_of
from forebay.notify.channels.channel import Channel
from forebay.notify.settings import NotifySettings
from forebay.recorder.asking import Caller
from forebay.recorder.identity import rename_known
from forebay.recorder.recorder import Recorder
from forebay.records.site import UNTOLD, Site
from forebay.store.retention import EVERYTHING, Bound, let_go, words
from forebay.store.seal import upkeep
from forebay.store.store import Store
from forebay.views.web.access import Access, AccessFile
from forebay.views.web.access import load as load_access
from forebay.views.web.app import build, stop_streams

UPKEEP_S = 300.0
"""How often it is looked whether a day is to be sealed [real s]."""

log = logging.getLogger(__name__)


@contextlib.asynccontextmanager
async def until_stopped() -> AsyncIterator[asyncio.Event]:
    """Give an event that an interrupt, a termination or a closed terminal sets; a second one ends at once.

    A closed terminal is no reason to end where it is ignored already, as under `nohup`.
    """
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    numbers = [signal.SIGINT, signal.SIGTERM]
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
        numbers.append(signal.SIGHUP)

    def asked() -> None:
        stop.set()
        give_back()

    def give_back() -> None:
        for number in numbers:
            loop.remove_signal_handler(number)

    for number in numbers:
        loop.add_signal_handler(number, asked)
    try:
        yield stop
    finally:
        give_back()


class _Server(uvicorn.Server):
    """A server that leaves signals to its caller."""

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        """Catch nothing."""
        yield

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Let nobody in any more, then whoever was just let in be known, then close.

        asyncio's server loses those whom it is just letting in: https://github.com/python/cpython/issues/109564
        """
        for one in sockets or ():
            asyncio.get_running_loop().remove_reader(one.fileno())
        for _ in range(_TURNS):
            await asyncio.sleep(0)
        await super().shutdown(sockets)


_TURNS = 3
"""So many turns of the loop pass between letting somebody in and knowing of him."""


async def serve_page(
    app: Starlette, recording: Recording, *, stop: asyncio.Event, ready: Callable[[str], object]
) -> None:
    """Serve the dashboard until `stop` is set; `ready` gets its address.

    Raises ConfigError when the port or the certificate cannot be had.
    """
    from forebay.views.web.crowd import Listener, Patient

    bind, port, page = recording.bind, recording.port, recording.page
    family = socket.AF_INET6 if ":" in bind else socket.AF_INET
    with Listener(family) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((bind, port))
        except OSError as exc:
            raise ConfigError(
                f"the dashboard cannot listen on {bind} port {port}: {exc.strerror}; choose another with --page-port"
            ) from exc
        listener.listen(128)
        settings = uvicorn.Config(
            app,
            http=Patient,
            ws="none",
            log_level="error",  # its warnings are of what strangers send: they would fill the log as they please
            access_log=False,
            server_header=False,
            lifespan="off",
            timeout_graceful_shutdown=2,
            proxy_headers=bool(page.behind_tls or page.prefix),  # else anybody could name another address as his own
            ssl_certfile=page.certificate,
            ssl_keyfile=page.key,
        )
        server = _Server(settings)
        task = asyncio.create_task(server.serve(sockets=[listener]))
        # the socket listens already: whoever comes before the server is up is answered when it is
        host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(bind, f"[{bind}]" if ":" in bind else bind)
        scheme = "https" if page.certificate else "http"
        ready(f"{scheme}://{host}:{listener.getsockname()[1]}{page.prefix}/")
        waiting = asyncio.create_task(stop.wait())
        try:
            await asyncio.wait({task, waiting}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            waiting.cancel()
            stop_streams(app)
            server.should_exit = True
            await task


async def keep_up(store: Store, bound: Bound = EVERYTHING, clock: Clock | None = None) -> None:
    """Move days that are over into the archive, for ever; a failure is logged once and tried again later.

    bound: what is let go of the archive; nothing unless told.
    """
    clock = clock or SystemClock()
    said = ""
    while True:
        wait_s = UPKEEP_S
        try:
            if await asyncio.to_thread(upkeep, store):
                wait_s, said = 1.0, ""
            elif not bound.is_none:
                gone = await asyncio.to_thread(let_go, store, bound, clock.now())
                if gone.files:
                    log.info("%s", words(gone.files))
        except StoreError as exc:
            if str(exc) != said:
                log.warning("%s", exc)
                said = str(exc)
        await asyncio.sleep(wait_s)


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """How the dashboard is reached; see [page] in the settings.

    access: the file of its passwords and tokens, None for a page that has none.
    """

    access: Path | None = None
    hosts: tuple[str, ...] = ()
    prefix: str = ""
    behind_tls: bool = False
    certificate: Path | None = None
    key: Path | None = None


def _door(bind: str, page: Page) -> Access:
    """Return who may look. Raises ConfigError for a page that would be open to the network."""
    access = Access(load_access(page.access) if page.access else AccessFile(), time.monotonic)
    if access.is_open and not _is_loopback(bind):
        raise ConfigError(
            f"the dashboard would be open to everybody on {bind}; set a password first with `forebay page password`"
        )
    if not _is_loopback(bind) and not (page.certificate or page.behind_tls):
        log.warning("the dashboard's password crosses the network in clear; give page.certificate and page.key")
    return access


def _check_tls(page: Page) -> None:
    """Raise ConfigError for a certificate and key that no browser could be answered with."""
    if page.certificate is None:
        if page.key is not None:
            raise ConfigError("page.key: goes with page.certificate, which is not given")
        return
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(page.certificate, page.key, password="")
    except FileNotFoundError as exc:
        lost = [str(file) for file in (page.certificate, page.key) if file is not None and not file.exists()]
        raise ConfigError(f"page.certificate, page.key: {', '.join(lost)}: no such file") from exc
    except ssl.SSLError as exc:
        where = "page.certificate: holds no key; name it in page.key" if page.key is None else "page.key"
        raise ConfigError(f"{where}: {exc.reason or exc}; both are PEM files, the key without a password") from exc
    except OSError as exc:
        raise ConfigError(f"page.certificate, page.key: cannot be read: {exc.strerror or exc}") from exc


def _is_loopback(bind: str) -> bool:
    try:
        return ipaddress.ip_address(bind.partition("%")[0]).is_loopback
    except ValueError:
        return bind == "localhost"


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """What `record_and_show` needs to know beside the gateways."""

    db: Path
    fast_s: float = 5.0
    slow_s: float = 60.0
    parts_s: float | None = None
    flush_s: float = 10.0
    bound: Bound = EVERYTHING
    clock_source: Literal["auto", "system", "gateway"] = "auto"
    bind: str = "127.0.0.1"
    port: int = 8480
    page: Page = Page()
    notify: NotifySettings = field(default_factory=NotifySettings)


@dataclass(frozen=True, slots=True)
class House:
    """A gateway to record.

    name: what the record calls it. host: where it is asked, by which an older record may know it.
    site: gateways of one site are also shown added up. facts: what its owner has told of it.
    """

    gateway: Caller
    name: str
    host: str = ""
    site: str = ""
    facts: Site = UNTOLD


async def _record(house: House, store: Store, recording: Recording, clock: Clock | None, others: set[str]) -> None:
    await rename_known(house.gateway, store, name=house.name, host=house.host, others=others)
    recorder = Recorder(
        house.gateway,
        store,
        clock=clock,
        name=house.name,
        fast_s=recording.fast_s,
        slow_s=recording.slow_s,
        parts_s=recording.parts_s,
        clock_source=recording.clock_source,
    )
    await recorder.run()


async def _tell(store: Store, names: Sequence[str], recording: Recording, channels: Sequence[Channel]) -> None:
    """Send notifications for ever; whatever is wrong with them, the recording goes on."""
    from forebay.notify.notifier import Notifier

    log.info("notifications go to %s", ", ".join(f"{one.name} ({one.place})" for one in channels))
    try:
        await Notifier(store, names, recording.notify, channels).run()
    except Exception:
        log.exception("notifications have stopped; recording goes on")


async def record_and_show(
    houses: Sequence[House],
    recording: Recording,
    *,
    stop: asyncio.Event,
    ready: Callable[[str], object],
    clock: Clock | None = None,
) -> None:
    """Record gateways and serve their dashboard until `stop` is set.

    ready: gets the dashboard's address once it answers.
    Raises StoreError or ConfigError when it cannot begin.
    """
    access = _door(recording.bind, recording.page)
    _check_tls(recording.page)
    channels = channels_of(recording.notify)
    names = {house.name for house in houses}
    with Store.open(recording.db, flush_s=recording.flush_s) as store:
        beside = [asyncio.create_task(keep_up(store, recording.bound, clock))]
        if channels:
            beside.append(asyncio.create_task(_tell(store, [house.name for house in houses], recording, channels)))
        app = build(
            store,
            hosts=(recording.bind, *recording.page.hosts),
            gateways=[house.name for house in houses],
            sites={house.name: house.site for house in houses if house.site},
            facts={house.name: house.facts for house in houses},
            access=access,
            prefix=recording.page.prefix,
            is_secure=bool(recording.page.certificate or recording.page.behind_tls),
        )
        tasks = [asyncio.create_task(_record(house, store, recording, clock, names - {house.name})) for house in houses]
        page = asyncio.create_task(serve_page(app, recording, stop=stop, ready=ready))
        try:
            await asyncio.wait({*tasks, page}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            stop.set()
            for task in (*tasks, *beside):
                task.cancel()
            results = await asyncio.gather(*tasks, page, *beside, return_exceptions=True)
        for result in results:
            if isinstance(result, Exception):
                raise result
