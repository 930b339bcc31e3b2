"""A small gateway over TLS that counts what it is asked, written without the client's code."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

import pytest
from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from tests.client.between import Between, device_of

from forebay.client.gateway import Gateway
from forebay.clock import SimClock
from forebay.wire import catalogue
from forebay.wire.firmware import parse_version

START = datetime(2026, 6, 21, 6, tzinfo=UTC)

METER = {"instant_power": 21.5, "energy_exported": 1, "energy_imported": 2}
IDLE = """
battery_target_power battery_target_reactive_power max_power_energy_remaining max_power_energy_to_be_charged
max_charge_power max_discharge_power max_apparent_power instantaneous_max_discharge_power
instantaneous_max_charge_power grid_services_power ffr_power_availability_high ffr_power_availability_low
load_charge_constraint max_sustained_ramp_rate smart_inv_delta_p smart_inv_delta_q solar_real_power_limit score
auxiliary_load inverter_nominal_usable_power expected_energy_remaining available_blocks blocks_controlled
"""
PACK_FREE_STATUS = {
    **dict.fromkeys(IDLE.split(), 0),
    "command_source": "Configuration",
    "nominal_full_pack_energy": 14061,
    "nominal_energy_remaining": 5964,
    "system_island_state": "SystemGridConnected",
    "battery_blocks": [],
    "grid_faults": [],
    "can_reboot": "Yes",
    "last_toggle_timestamp": "2021-12-16T22:17:15.683707425-07:00",
    "primary": True,
    "all_enable_lines_high": True,
}
BODIES: dict[str, Any] = {
    "/api/meters/aggregates": {"site": METER, "battery": METER, "load": METER, "solar": METER},
    "/api/meters/site": None,
    "/api/meters/solar": None,
    "/api/system_status/soe": {"percentage": 42.5},
    "/api/system_status/grid_status": {"grid_status": "SystemGridConnected"},
    "/api/system_status/grid_faults": [],
    "/api/system_status": PACK_FREE_STATUS,
    "/api/operation": {"real_mode": "self_consumption", "backup_reserve_percent": 24.6},
    "/api/sitemaster": {"running": True, "connected_to_tesla": True},
    "/api/site_info": {
        "site_name": "Home",
        "timezone": "Europe/Madrid",
        "max_site_meter_power_kW": 1000000000,
        "min_site_meter_power_kW": -1000000000,
        "nominal_system_energy_kWh": 13.5,
        "nominal_system_power_kW": 5,
        "grid_code": "*",
    },
    "/api/customer/registration": {
        "privacy_notice": True,
        "limited_warranty": True,
        "grid_services": None,
        "marketing": None,
        "registered": True,
        "timed_out_registration": False,
    },
}


@dataclass(frozen=True)
class Seen:
    """A request as it arrived."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def has_credentials(self) -> bool:
        return "authorization" in self.headers or "cookie" in self.headers


Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass
class FakeGateway:
    """Answers like a gateway of one firmware; `answers` overrides it by path."""

    tls: ssl.SSLContext
    firmware: str = "21.44"
    password: str = "56789"
    cookies_only: bool = False
    answers: dict[str, Answer] = field(default_factory=dict)
    seen: list[Seen] = field(default_factory=list)
    tokens: set[str] = field(default_factory=set)
    logins: int = 0
    busy: int = 0
    busiest: int = 0
    delay_s: float = 0.0
    server_names: list[str | None] = field(default_factory=list)
    port: int = 0
    _runner: web.AppRunner | None = None

    async def start(self) -> FakeGateway:
        app = web.Application()
        app.router.add_route("*", "/{rest:.*}", self._handle)
        self.tls.sni_callback = lambda _socket, name, _context: self.server_names.append(name)
        self._runner = web.AppRunner(app, shutdown_timeout=0.05, handler_cancellation=True)
        await self._runner.setup()
        listener = socket.create_server(("127.0.0.1", self.port))
        self.port = listener.getsockname()[1]
        await web.SockSite(self._runner, listener, ssl_context=self.tls).start()
        return self

    async def stop(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()

    def count(self, path: str) -> int:
        """How often a path was asked for."""
        return sum(seen.path == path for seen in self.seen)

    def always(self, path: str, status: int, body: object = b"", **headers: str) -> None:
        """Answer a path in one way from now on."""
        content = body if isinstance(body, bytes) else json.dumps(body).encode()

        async def answer(_: web.Request) -> web.StreamResponse:
            return web.Response(status=status, body=content, headers=headers)

        self.answers[path] = answer

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        headers = {name.lower(): value for name, value in request.headers.items()}
        seen = Seen(request.method, request.raw_path, headers, await request.read())
        self.seen.append(seen)
        self.busy += 1
        self.busiest = max(self.busiest, self.busy)
        try:
            await asyncio.sleep(self.delay_s)
            if seen.path in self.answers:
                return await self.answers[seen.path](request)
            return self.usual(seen)
        finally:
            self.busy -= 1

    def usual(self, seen: Seen) -> web.StreamResponse:
        """Answer as a healthy gateway does."""
        path = seen.path
        if path == "/api/login/Basic":
            return self._login(seen)
        row = catalogue.find(seen.method, path)
        if row is None:
            return web.Response(status=404)
        presented = seen.headers.get("authorization", "").removeprefix("Bearer ")
        if "cookie" in seen.headers:
            presented = seen.headers["cookie"].partition("AuthCookie=")[2].partition(";")[0]
        if not row.is_public(parse_version(self.firmware)) and presented not in self.tokens:
            return refused(403, "Unable to GET to resource", "User does not have adequate access rights")
        if path == "/api/status":
            text = {"start_time": "2026-01-01 00:00:00 +0800", "up_time_seconds": "1h0m0s", "is_new": False}
            return web.json_response({**text, "version": self.firmware, "git_hash": "ab"})
        if path == "/api/logout":
            self.tokens.discard(presented)
            return web.Response(status=204)
        if path not in BODIES:
            return web.Response(status=202)
        return web.json_response(BODIES[path])

    def _login(self, seen: Seen) -> web.StreamResponse:
        self.logins += 1
        if seen.json["password"] != self.password:
            return refused(401, "bad credentials", "Login Error")
        token = f"token-{self.logins}-secret=="
        self.tokens.add(token)
        if not self.cookies_only:
            return web.json_response({"token": token, "roles": ["Home_Owner"]})
        reply = web.json_response({"roles": ["Home_Owner"]})
        reply.headers.add("Set-Cookie", f"AuthCookie={token}; Path=/")
        reply.headers.add("Set-Cookie", "UserRecord=record-secret; Path=/")
        return reply


def refused(status: int, error: str, message: str) -> web.Response:
    """A refusal of the usual shape."""
    return web.json_response({"code": status, "error": error, "message": message}, status=status)


class MakeTls(Protocol):
    """Makes a self-signed certificate and a server context around it."""

    def __call__(self, *names: str, days: int = 9125) -> tuple[ssl.SSLContext, Path]: ...


@pytest.fixture
def make_tls(tmp_path: Path) -> MakeTls:
    """Contexts and PEM files of fresh certificates, by default with the names that gateways have."""

    def make(*names: str, days: int = 9125) -> tuple[ssl.SSLContext, Path]:
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "0123456789abcdef0123456789abcdef")])
        first_day = datetime(2020, 1, 1, tzinfo=UTC)
        certificate = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(subject)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(first_day)
            .not_valid_after(first_day + timedelta(days=days))
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .add_extension(
                x509.SubjectAlternativeName([x509.DNSName(n) for n in names or ("teg", "powerwall", "powerpack")]),
                critical=False,
            )
            .sign(key, hashes.SHA256())
        )
        pem = tmp_path / f"{certificate.serial_number}.pem"
        pem.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        key_file = pem.with_suffix(".key")
        key_file.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(pem, key_file)
        return context, pem

    return make


class Serve(Protocol):
    """Starts a fake gateway; it is stopped after the test."""

    async def __call__(self, **settings: Any) -> FakeGateway: ...


@pytest.fixture
async def serve(make_tls: MakeTls) -> AsyncIterator[Serve]:
    """Fake gateways of any firmware."""
    running: list[FakeGateway] = []

    async def start(**settings: Any) -> FakeGateway:
        fake = FakeGateway(**{"tls": make_tls()[0], **settings})
        running.append(fake)
        return await fake.start()

    yield start
    for fake in running:
        await fake.stop()


@pytest.fixture
async def fake(serve: Serve) -> FakeGateway:
    """A healthy gateway of firmware 21.44."""
    return await serve()


@pytest.fixture
def clock() -> SimClock:
    return SimClock(START)


@pytest.fixture
def state_dir(tmp_path: Path) -> Path:
    return tmp_path / "state"


class Meet(Protocol):
    """Builds a client of a fake gateway, or of whatever is at a port."""

    def __call__(self, fake: FakeGateway | int, password: str | None = "56789", **options: Any) -> Gateway: ...


@pytest.fixture
def meet(clock: SimClock, state_dir: Path) -> Meet:
    """Clients with short timeouts, simulated time and a state directory of the test's own."""

    def build(fake: FakeGateway | int, password: str | None = "56789", **options: Any) -> Gateway:
        port = fake if isinstance(fake, int) else fake.port
        usual: dict[str, Any] = {"port": port, "state_dir": state_dir, "clock": clock, "timeout_s": 2.0}
        return Gateway("127.0.0.1", password, **{**usual, **options})

    return build


class ServeBytes(Protocol):
    """Starts a port that greets every visitor with the same bytes and returns its number."""

    async def __call__(self, greeting: bytes, *, tls: ssl.SSLContext | None = None) -> int: ...


@pytest.fixture
async def serve_bytes() -> AsyncIterator[ServeBytes]:
    """Ports that speak no HTTP."""
    servers: list[asyncio.Server] = []
    visitors: list[asyncio.StreamWriter] = []

    async def start(greeting: bytes, *, tls: ssl.SSLContext | None = None) -> int:
        async def greet(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            visitors.append(writer)
            writer.write(greeting)

        server = await asyncio.start_server(greet, "127.0.0.1", 0, ssl=tls)
        servers.append(server)
        port: int = server.sockets[0].getsockname()[1]
        return port

    yield start
    for server in servers:
        server.close()
    for writer in visitors:
        writer.transport.abort()
    await asyncio.sleep(0)


Begin = Callable[[str], Awaitable[Between]]
Fresh = Callable[[], Path]


@pytest.fixture
async def begin(make_tls: MakeTls, tmp_path: Path) -> AsyncIterator[Begin]:
    """Emulated gateways with somebody in between; they end with the test."""
    tls = make_tls()[0]
    async with contextlib.AsyncExitStack() as stack:

        async def start(firmware: str) -> Between:
            home = Between(device_of(firmware), tls)
            return await stack.enter_async_context(home.standing(tmp_path / "certificates"))

        yield start


@pytest.fixture
def fresh(tmp_path: Path) -> Fresh:
    """State directories of which no two are the same."""
    numbers = iter(range(10_000))
    return lambda: tmp_path / f"state-{next(numbers)}"
