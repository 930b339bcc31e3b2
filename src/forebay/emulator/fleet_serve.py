"""Serve a fleet: one socket for all its addresses, one TLS context that shows each its own certificate."""

from __future__ import annotations

import asyncio
import contextlib
import csv
import io
import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from ssl import OP_NO_TICKET, SSLContext

from forebay.emulator.certificate import Certificate, fresh_certificate, write_file
from forebay.emulator.faithful import Faithful
from forebay.emulator.fast import Fast
from forebay.emulator.fleet import Fleet, Resident
from forebay.emulator.fleet_control import FleetControlApp
from forebay.emulator.front import Front, Line
from forebay.emulator.http import GatewayApp, Receive, Scope, Send
from forebay.emulator.keyring import Keyring
from forebay.emulator.listening import allow_open_files, bound, bound_to_loopback, show, tls_context
from forebay.emulator.serve import ServerName, require_loopback
from forebay.emulator.tls import Local
from forebay.errors import EmulatorError

LIST_FILE = "fleet.csv"
LIST_COLUMNS = ("number", "url", "serial", "firmware", "fingerprint", "username", "password")


@dataclass(frozen=True, slots=True, kw_only=True)
class FleetReady:
    """What a fleet that answers says of itself; as text, the line that is printed.

    url, last_url: of the first and the last home. list_path: a CSV file with a line for each home.
    """

    url: str
    homes: int
    last_url: str
    list_path: Path
    control_url: str | None = None

    def __str__(self) -> str:
        control = f" control {self.control_url}" if self.control_url else ""
        return f"ready {self.url} homes {self.homes} last {self.last_url} list {self.list_path}{control}"


async def serve_fleet(
    fleet: Fleet,
    *,
    state_dir: Path,
    ready: Callable[[FleetReady], object],
    stop: asyncio.Event,
    port: int = 8443,
    control_port: int | None = None,
    control_bind: str = "127.0.0.1",
    server: ServerName = "fast",
    strict_names: bool = False,
) -> None:
    """Answer as all gateways of a fleet until `stop` is set.

    state_dir: where the certificates and the list are. The other settings are those of `serve`.
    Raises EmulatorError naming the port, file or setting; nothing is left open.
    """
    require_loopback(control_bind)
    allow_open_files(fleet.count)
    async with contextlib.AsyncExitStack() as opened:
        listeners = _listeners(opened, fleet, port)
        port = int(listeners[0].getsockname()[1])
        keyring = Keyring(state_dir)
        opened.callback(keyring.close)
        street = _Street(fleet, keyring, port, strict_names=strict_names)
        if server == "fast":
            https: Faithful = Fast(street, listeners[0], street.context_for, street.app_at)
        else:
            https = Faithful(street, listeners[0], street.context_for)
        street.attach(https, each_its_socket=listeners[0].getsockname()[0] != "0.0.0.0")
        for listener in listeners[1:]:
            https.add(listener)
        control_url = None
        parts = [https]
        if control_port is not None:
            control = opened.enter_context(bound(control_bind, control_port, "--control-port"))
            parts.append(Faithful(FleetControlApp(fleet, street.describe), control))
            host = f"[{control_bind}]" if ":" in control_bind else control_bind
            control_url = f"http://{host}:{control.getsockname()[1]}"
        for part in parts:
            opened.push_async_callback(part.close)
            await part.start()
        opened.callback(fleet.close)
        list_path = state_dir / LIST_FILE
        _write_list(list_path, street)
        ready(
            FleetReady(
                url=street.url(1),
                homes=fleet.count,
                last_url=street.url(fleet.count),
                list_path=list_path,
                control_url=control_url,
            )
        )
        await stop.wait()


def _listeners(opened: contextlib.AsyncExitStack, fleet: Fleet, port: int) -> list[socket.socket]:
    one = bound_to_loopback(port, "--port")
    if one is not None:
        opened.enter_context(one)
        return [one]
    allow_open_files(fleet.count, each=2)
    listeners: list[socket.socket] = []
    for number in range(1, fleet.count + 1):
        listener = opened.enter_context(bound(fleet.address(number), port, "--port"))
        port = int(listener.getsockname()[1])  # the free one that the first was given is all the others'
        listeners.append(listener)
    return listeners


class _Street:
    """Who lives where, as the server sees it: certificates, applications, moves."""

    def __init__(self, fleet: Fleet, keyring: Keyring, port: int, *, strict_names: bool) -> None:
        self.fleet = fleet
        self.port = port
        self._keyring = keyring
        self._swapped: dict[int, Certificate] = {}
        self.fingerprints = keyring.make(
            (fleet.serial(number), fleet.address(number)) for number in range(1, fleet.count + 1)
        )
        self._shown = 1
        self._context = self._fresh_context(strict_names)
        self._https: Faithful | None = None
        self._each_its_socket = False
        fleet.on_awake = self._wake

    def _fresh_context(self, strict_names: bool) -> SSLContext:
        context = tls_context(self.certificate(1), strict_names=strict_names)
        context.num_tickets = 0  # all homes share the context: no session of one may be resumed at another
        context.options |= OP_NO_TICKET
        return context

    def attach(self, https: Faithful, *, each_its_socket: bool) -> None:
        """Take over the server that carries the homes."""
        self._https, self._each_its_socket = https, each_its_socket

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand a request to the home that it was sent to."""
        if scope["type"] == "http":
            await self.app_at(scope["server"])(scope, receive, send)

    def app_at(self, local: Local) -> GatewayApp:
        """Return the gateway at an address."""
        number = self.fleet.number_at(local[0])
        if number is None:  # it moved away under its client, who is being cut off
            raise EmulatorError(f"nobody lives at {local[0]}")
        return self.fleet.resident(number).app

    def context_for(self, local: Local) -> SSLContext | None:
        """Return TLS that shows the certificate of whoever lives at an address."""
        number = self.fleet.number_at(local[0])
        if number is None:
            return None
        if number != self._shown:
            show(self._context, self.certificate(number))
            self._shown = number
        return self._context

    def certificate(self, number: int) -> Certificate:
        """Return what a home shows now."""
        swapped = self._swapped.get(number)
        return swapped or self._keyring.certificate(self.fleet.serial(number), self.fleet.address(number))

    def swap(self, number: int, certificate: Certificate | None) -> None:
        """Let a home show another certificate; None is the kept one."""
        if certificate is None:
            self._swapped.pop(number, None)
        else:
            self._swapped[number] = certificate
        if self._shown == number:
            self._shown = 0

    def move(self, number: int, address: str) -> None:
        """Let a home live elsewhere. Raises EmulatorError where it cannot: then it stays."""
        assert self._https is not None  # noqa: S101 - who moves is served
        old = self.fleet.address_of(number)
        if address == old:
            return
        listener = bound(address, self.port, "port") if self._each_its_socket else None
        try:
            self.fleet.move(number, address)
        except EmulatorError:
            if listener is not None:
                listener.close()
            raise
        self._https.leave(old)
        if listener is not None:
            self._https.add(listener)

    def url(self, number: int) -> str:
        """Return where a home answers now."""
        return f"https://{self.fleet.address_of(number)}:{self.port}"

    def fingerprint(self, number: int) -> str:
        """Return which certificate a home shows now."""
        swapped = self._swapped.get(number)
        kept = self.fingerprints[self.fleet.serial(number), self.fleet.address(number)]
        return swapped.fingerprint if swapped else kept

    def describe(self, number: int) -> Mapping[str, object]:
        """Return what can be said of a home without waking it."""
        fleet = self.fleet
        return {
            "number": number,
            "url": self.url(number),
            "serial": fleet.serial(number),
            "fingerprint": self.fingerprint(number),
            "awake": fleet.is_awake(number),
        }

    def _wake(self, resident: Resident) -> None:
        resident.device.area(Front).attach(_Door(self, resident.number))


class _Door:
    """The way into one home of a street."""

    def __init__(self, street: _Street, number: int) -> None:
        self._street = street
        self._number = number

    @property
    def url(self) -> str:
        """Where it answers."""
        return self._street.url(self._number)

    @property
    def address(self) -> tuple[str, int]:
        """Where https listens."""
        return self._street.fleet.address_of(self._number), self._street.port

    @property
    def fingerprint(self) -> str:
        """Which certificate it shows."""
        return self._street.fingerprint(self._number)

    def rotate_certificate(self) -> None:
        """Show a fresh certificate."""
        self._street.swap(self._number, fresh_certificate((self._street.fleet.address_of(self._number),)))

    def restore_certificate(self) -> None:
        """Show the kept certificate again."""
        self._street.swap(self._number, None)

    def move(self, bind: str | None, port: int | None) -> None:
        """Live at another address; the port is that of the whole fleet."""
        if port not in (None, self._street.port):
            raise EmulatorError(
                f"all homes of a fleet answer at port {self._street.port}; one moves to another address"
            )
        if bind is not None:
            self._street.move(self._number, bind)

    def set_line(self, line: Line) -> None:
        """Refuse: the homes of a fleet share their line."""
        if line != "open":
            raise EmulatorError("the homes of a fleet share their line; let requests go wrong with faults instead")


def _write_list(path: Path, street: _Street) -> None:
    fleet = street.fleet
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(LIST_COLUMNS)
    for number in range(1, fleet.count + 1):
        own = (street.url(number), fleet.serial(number), fleet.firmware(number), street.fingerprint(number))
        rows.writerow((number, *own, "customer", fleet.password(number)))
    try:
        write_file(path, text.getvalue().encode(), 0o600)  # it holds passwords
    except OSError as exc:
        raise EmulatorError(f"{path}: {exc.strerror or exc}") from exc
