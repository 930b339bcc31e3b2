"""Serve one emulated gateway: certificate, sockets, HTTPS, control port, plain http."""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from forebay.emulator.certificate import certificate_at
from forebay.emulator.control import ControlApp
from forebay.emulator.device import Device
from forebay.emulator.faithful import Faithful
from forebay.emulator.fast import Fast
from forebay.emulator.http import GatewayApp
from forebay.emulator.injection import Injection
from forebay.emulator.listening import bound, tls_context
from forebay.emulator.redirect import RedirectApp
from forebay.emulator.replies import Dates
from forebay.emulator.sessions import Sessions
from forebay.errors import EmulatorError
from forebay.wire.firmware import PLAIN_HTTP_REDIRECTS

ServerName = Literal["faithful", "fast"]


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
    strict_names: refuse TLS for any name but the gateway's (faithful server only).
    Raises EmulatorError naming the port, file or setting; nothing is left open.
    """
    if strict_names and server == "fast":
        raise EmulatorError("strict server names need the faithful server: the fast one cannot see them")
    if not _is_loopback(control_bind):
        raise EmulatorError(f"the control port opens on loopback only, not on {control_bind}")
    injection = Injection()
    app = GatewayApp(device, device.area(Sessions), injection)
    async with contextlib.AsyncExitStack() as opened:
        listener = opened.enter_context(bound(bind, port, "--port"))
        certificate = certificate_at(state_dir, () if _is_any(bind) else (bind.partition("%")[0],))
        https_port = listener.getsockname()[1]
        running: Faithful | Fast
        if server == "fast":
            running = Fast(app, listener, certificate)
        else:
            running = Faithful(app, listener, tls_context(certificate, strict_names=strict_names))
        urls: dict[str, str] = {}
        side: list[Faithful] = []
        if control_port is not None:
            control = opened.enter_context(bound(control_bind, control_port, "--control-port"))
            side.append(Faithful(ControlApp(device, injection), control))
            urls["control_url"] = _url("http", control_bind, control.getsockname()[1])
        if http_port is not None:
            plain = opened.enter_context(bound(bind, http_port, "--http-port"))
            redirects = PLAIN_HTTP_REDIRECTS.at(device.version)
            side.append(Faithful(RedirectApp(https_port, Dates(device.clock)) if redirects else app, plain))
            urls["http_url"] = _url("http", bind, plain.getsockname()[1])
        for part in (running, *side):
            opened.push_async_callback(part.close)
            await part.start()
        opened.callback(app.close)
        ready(
            Ready(
                url=_url("https", bind, https_port),
                firmware=device.home.gateway.firmware,
                serial=device.serial,
                fingerprint=certificate.fingerprint,
                **urls,
            )
        )
        await stop.wait()


def _is_loopback(bind: str) -> bool:
    try:
        return ipaddress.ip_address(bind).is_loopback
    except ValueError:
        return False


def _is_any(bind: str) -> bool:
    return bind in ("0.0.0.0", "::")


def _url(scheme: str, bind: str, port: int) -> str:
    host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(bind, f"[{bind}]" if ":" in bind else bind)
    return f"{scheme}://{host}:{port}"
