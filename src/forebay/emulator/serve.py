"""Serve one emulated gateway: certificate, sockets, HTTPS, control port, plain http."""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from forebay.emulator.certificate import Certificate, certificate_at, fresh_certificate
from forebay.emulator.control import ControlApp
from forebay.emulator.device import Device
from forebay.emulator.faithful import Faithful
from forebay.emulator.fast import Fast
from forebay.emulator.front import Front, Line
from forebay.emulator.http import GatewayApp
from forebay.emulator.injection import Injection
from forebay.emulator.listening import BACKLOG, bound, own_addresses, tls_context, url_of
from forebay.emulator.redirect import RedirectApp
from forebay.emulator.replies import Dates
from forebay.emulator.scenario import on_time
from forebay.emulator.sessions import Sessions
from forebay.errors import EmulatorError
from forebay.wire.firmware import HTTP2, PLAIN_HTTP_REDIRECTS

ServerName = Literal["faithful", "fast"]
SERVERS: dict[ServerName, type[Faithful]] = {"faithful": Faithful, "fast": Fast}


@dataclass(frozen=True, slots=True, kw_only=True)
class Ready:
    """What a gateway that answers says of itself; as text, the line that is printed.

    fingerprint: SHA-256 of the certificate, lower-case hex in pairs joined by ":".
    """

    url: str
    firmware: str
    serial: str
    fingerprint: str
    control_url: str | None = None
    http_url: str | None = None

    def __str__(self) -> str:
        parts = [f"ready {self.url} firmware {self.firmware} serial {self.serial} fingerprint {self.fingerprint}"]
        if self.control_url:
            parts.append(f"control {self.control_url}")
        if self.http_url:
            parts.append(f"http {self.http_url}")
        return " ".join(parts)


async def serve(
    device: Device,
    *,
    state_dir: Path,
    ready: Callable[[Ready], object],
    stop: asyncio.Event,
    bind: str = "127.0.0.1",
    port: int = 8443,
    control_port: int | None = None,
    http_port: int | None = None,
    control_bind: str = "127.0.0.1",
    server: ServerName = "faithful",
    strict_names: bool = False,
) -> None:
    """Answer as the gateway of this home until `stop` is set.

    state_dir: where the certificate is kept from one start to the next.
    ready: called once, when everything answers. Ports of 0 take free ones.
    strict_names: refuse TLS for any name but the gateway's.
    Raises EmulatorError naming the port, file or setting; nothing is left open.
    """
    require_loopback(control_bind)
    injection = device.area(Injection)
    app = GatewayApp(device, device.area(Sessions), injection)
    front = device.area(Front)
    async with contextlib.AsyncExitStack() as opened:
        listener = opened.enter_context(bound(bind, port, "--port"))
        certificate = certificate_at(state_dir, own_addresses(bind))
        tls = _Tls(strict_names, device)
        house = _House(SERVERS[server], app, certificate, listener, bind=bind, tls=tls)
        opened.callback(house.close)
        parts: list[Faithful] = [house.https]
        control_url = None
        if control_port is not None:
            control = opened.enter_context(bound(control_bind, control_port, "--control-port"))
            parts.append(Faithful(ControlApp(device, injection), control))
            control_url = url_of("http", control_bind, control.getsockname()[1])
        if http_port is not None:
            plain = opened.enter_context(bound(bind, http_port, "--http-port"))
            redirect = RedirectApp(0, Dates(device.clock), lambda: _answers_plainly(device, app))
            parts.append(house.add_http(plain, redirect))
        for part in parts:
            opened.push_async_callback(part.close)
            await part.start()
        opened.callback(app.close)
        front.attach(house)
        opened.callback(front.attach, None)
        await opened.enter_async_context(on_time(device))
        ready(
            Ready(
                url=house.url,
                firmware=device.home.gateway.firmware,
                serial=device.serial,
                fingerprint=certificate.fingerprint,
                control_url=control_url,
                http_url=house.http_url,
            )
        )
        await stop.wait()


class _Tls:
    """How a gateway shakes hands: by its certificate, and by its release, which an update changes."""

    def __init__(self, strict_names: bool, device: Device) -> None:
        self._strict = strict_names
        self._device = device
        self._made: tuple[Certificate, bool, ssl.SSLContext] | None = None

    def context(self, certificate: Certificate) -> ssl.SSLContext:
        """Return TLS that shows this certificate; the same as before while nothing changes."""
        http2 = HTTP2.at(self._device.version)
        if self._made is None or self._made[0] is not certificate or self._made[1] != http2:
            # a context of its own: sessions of the old one must not be resumed, that would hide the new one
            self._made = (certificate, http2, tls_context(certificate, strict_names=self._strict, http2=http2))
        return self._made[2]


class _House:
    """The doors of one gateway: https, and plain http where there is any."""

    def __init__(
        self,
        server: type[Faithful],
        app: GatewayApp,
        certificate: Certificate,
        listener: socket.socket,
        *,
        bind: str,
        tls: _Tls,
    ) -> None:
        self._kept = self._shown = certificate
        tls.context(certificate)  # a certificate that cannot be shown fails here
        self._bind, self._port = bind, int(listener.getsockname()[1])
        self.https = server(app, listener, lambda _local: tls.context(self._shown))
        self._http: Faithful | None = None
        self._http_port = 0
        self._redirect: RedirectApp | None = None
        self._held: socket.socket | None = None

    def add_http(self, listener: socket.socket, redirect: RedirectApp) -> Faithful:
        """Answer plain http too."""
        self._redirect, self._http_port = redirect, int(listener.getsockname()[1])
        redirect.https_port = self._port
        self._http = Faithful(redirect, listener)
        return self._http

    @property
    def url(self) -> str:
        """Where https answers."""
        return url_of("https", self._bind, self._port)

    @property
    def address(self) -> tuple[str, int]:
        """Where https listens."""
        return self._bind, self._port

    @property
    def http_url(self) -> str | None:
        """Where plain http answers."""
        return url_of("http", self._bind, self._http_port) if self._http else None

    @property
    def fingerprint(self) -> str:
        """Which certificate is shown."""
        return self._shown.fingerprint

    def rotate_certificate(self) -> None:
        """Show a fresh certificate."""
        self._shown = fresh_certificate(own_addresses(self._bind))

    def restore_certificate(self) -> None:
        """Show the kept certificate."""
        self._shown = self._kept

    def move(self, bind: str | None, port: int | None) -> None:
        """Answer elsewhere; plain http keeps its port."""
        bind = self._bind if bind is None else bind
        port = self._port if port is None else port
        if (bind, port) == (self._bind, self._port):
            return
        if self._held is not None:
            raise EmulatorError("connections are refused, so the address cannot be changed; open the line first")
        with contextlib.ExitStack() as on_failure:
            https = on_failure.enter_context(bound(bind, port, "port"))
            http = None
            if self._http is not None and bind != self._bind:
                http = on_failure.enter_context(bound(bind, self._http_port, "the port of plain http"))
            on_failure.pop_all()
        self._bind, self._port = bind, int(https.getsockname()[1])
        self.https.move(https)
        if self._redirect is not None:
            self._redirect.https_port = self._port
        if self._http is not None and http is not None:
            self._http.move(http)

    def set_line(self, line: Line) -> None:
        """Let the way in be open or broken."""
        if line == "refused" and self._held is None:
            self.https.leave(None)
            # bound but not listening: the system refuses for us, and nobody else takes the port
            self._held = bound(self._bind, self._port, "port", listens=False)
        elif line != "refused" and self._held is not None:
            held, self._held = self._held, None
            held.listen(BACKLOG)
            self.https.add(held)
        self.https.set_line(line)

    def close(self) -> None:
        """Let go of a port that is held without an answer."""
        if self._held is not None:
            self._held.close()


def _answers_plainly(device: Device, app: GatewayApp) -> GatewayApp | None:
    """Return what answers plain http; None where the release sends on to https."""
    return None if PLAIN_HTTP_REDIRECTS.at(device.version) else app


def require_loopback(control_bind: str) -> None:
    """Raise EmulatorError for an address where others could reach the control port."""
    if not _is_loopback(control_bind):
        raise EmulatorError(f"the control port opens on loopback only, not on {control_bind}")


def _is_loopback(bind: str) -> bool:
    try:
        return ipaddress.ip_address(bind).is_loopback
    except ValueError:
        return False
