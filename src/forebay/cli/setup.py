"""`forebay setup` and `forebay trust`: meeting a gateway."""

from __future__ import annotations

import argparse
import asyncio
import getpass
import socket
import sys
from typing import TYPE_CHECKING

import msgspec

from forebay import config
from forebay.cli.connect import DEFAULT_HOST, log_to_stderr, open_gateway, settings_of, state_dir_of
from forebay.cli.output import as_json, note, table
from forebay.errors import CertificateChanged, ConfigError, GatewayError, LoginRejected
from forebay.wire import catalogue
from forebay.wire.firmware import LOGIN_STOPS_SYSTEM, print_version

if TYPE_CHECKING:
    from forebay.client.address import Address
    from forebay.client.tls import Certificate, Trust


def _ask(question: str, default: str = "", command: str = "setup") -> str:
    print(f"{question}{f' [{default}]' if default else ''}: ", end="", file=sys.stderr, flush=True)
    line = sys.stdin.readline()
    if not line:
        raise ConfigError(f"no answer to “{question}”: the input ended; see `forebay {command} --help` for the options")
    return line.strip() or default


def ask_password(question: str, command: str = "setup") -> str:
    """Ask for a password, unseen on a terminal; else the next line of the input."""
    if sys.stdin.isatty():
        return getpass.getpass(f"{question}: ", stream=sys.stderr)
    return _ask(question, command=command)


def setup(options: argparse.Namespace) -> int:
    """Ask for the host, show the fingerprint, try the log-in, write forebay.toml."""
    log_to_stderr(options)
    path = options.config or config.named_by_variable() or config.default_config_path()
    settings = settings_of(options, is_written=True)
    given = settings.gateway
    host = options.host or _ask("Gateway's name or address", given.host or DEFAULT_HOST)
    gateway = msgspec.structs.replace(given, host=host)
    settings = msgspec.structs.replace(settings, gateway=gateway)
    _pin(options, settings)
    password = config.password_of(gateway) if _has_password(options, gateway) else None
    if password is not None:
        zone = asyncio.run(_try(settings, password))
    else:
        password, zone = _ask_until_accepted(settings)
    config.write(
        path,
        host=host,
        username=gateway.username,
        password=password or None,
        timezone=zone,
        name=options.house,
    )
    note(f"Wrote {path}, readable by you alone.\nNext: `forebay status` shows the house, `forebay up` records it.")
    return 0


def _has_password(options: argparse.Namespace, gateway: config.GatewaySettings) -> bool:
    return bool(options.password_file) or bool(config.password_of(gateway) and gateway.host == options.host)


def _ask_until_accepted(settings: config.Settings) -> tuple[str, str | None]:
    """Ask for the password, at a keyboard once more where it is refused; also return the site's time zone."""
    chances = 3 if sys.stdin.isatty() else 1
    while True:
        password = ask_password(
            f"Password of the {settings.gateway.username} (at first the last five characters of the gateway's "
            "serial number; empty: read only what is public)"
        )
        chances -= 1
        try:
            return password, asyncio.run(_try(settings, password or None))
        except LoginRejected as exc:
            if not chances:
                raise
            note(f"The gateway refused this password: {exc.message}.")


def _pin(options: argparse.Namespace, settings: config.Settings) -> None:
    """Show the certificate and pin it once somebody agreed; asked outside the event loop, which holds back Ctrl-C."""
    is_checked_otherwise = settings.gateway.insecure or settings.gateway.cacert or settings.gateway.fingerprint
    if is_checked_otherwise and not options.accept:
        return
    certificate, address, trust = asyncio.run(_meet(settings))
    if options.accept:
        _check_accepted(address, certificate, options.accept)
    if is_checked_otherwise:
        return
    pinned = trust.pinned(address)
    if pinned == certificate.sha256:
        note(f"The certificate is the one that is pinned:\n  {pinned}")
        return
    _describe(certificate)
    if pinned is not None:
        note(f"Another one is pinned:\n  {pinned}")
    if options.accept:
        _accept(trust, address, certificate, options.accept)
        return
    answer = _ask("Is this your gateway? Its fingerprint will be pinned (yes/no)", "yes" if pinned is None else "no")
    if answer.lower() not in ("y", "yes"):
        raise ConfigError("nothing was pinned or written")
    trust.accept(address, certificate.sha256)


async def _meet(settings: config.Settings) -> tuple[Certificate, Address, Trust]:
    from forebay.client.address import parse_address
    from forebay.client.tls import Trust, fetch_certificate

    gateway = settings.gateway
    address = parse_address(gateway.host or DEFAULT_HOST, gateway.port)
    certificate = await fetch_certificate(address.host, address.port, address.server_name)
    return certificate, address, Trust(state_dir_of(settings))


def _describe(certificate: Certificate) -> None:
    note("The gateway shows this certificate:")
    rows = [
        ("  SHA-256", certificate.sha256),
        ("  names", ", ".join(certificate.names)),
        ("  until", f"{certificate.not_after:%Y-%m-%d}"),
    ]
    note(table(rows))


def _check_accepted(address: Address, certificate: Certificate, wanted: str) -> None:
    """Raise CertificateChanged, naming both, where the certificate is another than the one to be accepted."""
    from forebay.client.tls import parse_fingerprint

    fingerprint = parse_fingerprint(wanted)
    if fingerprint != certificate.sha256:
        raise CertificateChanged(
            f"{address} shows {certificate.sha256}, not {fingerprint}; nothing was pinned or written",
            pinned=fingerprint,
            presented=certificate.sha256,
        )


def _accept(trust: Trust, address: Address, certificate: Certificate, wanted: str) -> None:
    _check_accepted(address, certificate, wanted)
    trust.accept(address, certificate.sha256)
    note(f"Pinned for {address}.")


async def _try(settings: config.Settings, password: str | None) -> str | None:
    """Read the status, log in where that is harmless or wanted; return the site's time zone."""
    async with open_gateway(settings, password=password or "") as gateway:
        status = await gateway.identify()
        note(f"Firmware {print_version(status.firmware)}.")
        if password:
            if LOGIN_STOPS_SYSTEM.at(status.firmware):
                note("On this firmware a log-in stops the Powerwall for a moment; it is started again at once.")
            try:
                await gateway.login(anyway=True)
            except LoginRejected as exc:
                raise LoginRejected(f"{exc.message}; nothing was written", path=exc.path, status=exc.status) from exc
            note("The log-in works.")
        try:
            return (await gateway.call(catalogue.SITE_NAME)).timezone
        except GatewayError as exc:
            if password:
                note(f"The site's name cannot be read: {exc.message}")
            return None


def trust(options: argparse.Namespace) -> int:
    """Show the gateway's certificate; accept it or forget its pin where asked."""
    log_to_stderr(options)
    if options.gateway:
        options.host = options.gateway
    settings = settings_of(options)
    if options.hosts_line:
        print(_hosts_line(settings))
        return 0
    certificate, address, known = asyncio.run(_meet(settings)) if not options.forget else _only_address(settings)
    if options.forget:
        if not known.forget(address):
            raise ConfigError(f"nothing is pinned for {address}")
        note(f"Forgot the pin of {address}; the next contact pins anew.")
        return 0
    assert certificate is not None  # noqa: S101 - fetched unless forgetting
    if options.accept:
        _accept(known, address, certificate, options.accept)
        return 0
    pinned = known.pinned(address)
    if options.pem:
        print(certificate.pem, end="")
    elif options.json:
        out = {"gateway": str(address), "presented": certificate.sha256, "pinned": pinned}
        print(as_json(out | {"names": list(certificate.names), "until": certificate.not_after.isoformat()}))
    else:
        print(
            table(
                [
                    ("presented", certificate.sha256),
                    ("pinned", pinned or "nothing yet"),
                    ("names", ", ".join(certificate.names)),
                    ("until", f"{certificate.not_after:%Y-%m-%d}"),
                ]
            )
        )
    if pinned is None:
        note(f"Accept it with `forebay trust {address} --accept {certificate.sha256}`")
    elif pinned != certificate.sha256:
        raise CertificateChanged(
            f"{address} shows another certificate than the pinned one. If you know why (a new gateway, a factory "
            f"reset), accept it with `forebay trust {address} --accept {certificate.sha256}`",
            pinned=pinned,
            presented=certificate.sha256,
        )
    return 0


def _hosts_line(settings: config.Settings) -> str:
    """Return the line that lets a name of the certificate lead to the gateway (S013)."""
    from forebay.client.address import KNOWN_NAMES, parse_address

    gateway = settings.gateway
    host = parse_address(gateway.host or DEFAULT_HOST, gateway.port).host
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except OSError as exc:
        raise ConfigError(f"no address is known for {host!r}; give the gateway's IP address") from exc
    return f"{found[0][4][0]} {host if host in KNOWN_NAMES else KNOWN_NAMES[0]}"


def _only_address(settings: config.Settings) -> tuple[None, Address, Trust]:
    from forebay.client.address import parse_address
    from forebay.client.tls import Trust

    gateway = settings.gateway
    return None, parse_address(gateway.host or DEFAULT_HOST, gateway.port), Trust(state_dir_of(settings))
