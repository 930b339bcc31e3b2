"""Whether a gateway is the one we know: its self-signed certificate, fetched, shown, pinned.

No authority vouches for a gateway, so the first certificate seen is pinned by
its SHA-256 fingerprint and every later one has to be the same.
"""

from __future__ import annotations

import asyncio
import logging
import re
import ssl
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Literal

import msgspec

from forebay.client import explain, statefile
from forebay.client.address import Address
from forebay.clock import Clock, SystemClock
from forebay.errors import (
    CertificateChanged,
    CertificateUnknown,
    ConfigError,
    GatewayError,
    MalformedReply,
    Unreachable,
)

log = logging.getLogger(__name__)

FirstUse = Literal["pin", "ask"]

_PEM = re.compile(r"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", re.DOTALL)
_NAME_MISMATCH = (62, 64)  # X509_V_ERR_HOSTNAME_MISMATCH, X509_V_ERR_IP_ADDRESS_MISMATCH
_NOT_IN_TIME = (9, 10)  # X509_V_ERR_CERT_NOT_YET_VALID, X509_V_ERR_CERT_HAS_EXPIRED


class InsecureWarning(UserWarning):
    """Certificates are not checked: password and readings go to whoever answers."""


def fingerprint_of(der: bytes) -> str:
    """Return the SHA-256 of a certificate: lower-case hex in pairs joined by ":"."""
    return sha256(der).digest().hex(":")


def parse_fingerprint(text: str) -> str:
    """Read a SHA-256 fingerprint, with or without colons, in either case.

    Raises ConfigError when it is none.
    """
    digits = re.sub(r"[\s:]", "", text.strip().lower().removeprefix("sha256:"))
    if not re.fullmatch(r"[0-9a-f]{64}", digits):
        raise ConfigError(f"not a SHA-256 fingerprint: {text!r}; expected 32 pairs of hex digits like ab:cd:…")
    return bytes.fromhex(digits).hex(":")


@dataclass(frozen=True, slots=True)
class Certificate:
    """A gateway's certificate as it was shown.

    sha256: fingerprint, lower-case hex in pairs joined by ":".
    names: every DNS name and address it is made out for. not_after: its last day, UTC.
    """

    pem: str = field(repr=False)
    der: bytes = field(repr=False)
    sha256: str
    names: tuple[str, ...]
    not_after: datetime


def read_certificate(der: bytes) -> Certificate:
    """Read a certificate's names and dates. Raises MalformedReply when it is none."""
    from cryptography import x509

    try:
        certificate = x509.load_der_x509_certificate(der)
        extensions = certificate.extensions
        not_after = certificate.not_valid_after_utc
        alternatives = extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        alternatives = x509.SubjectAlternativeName([])
    except (ValueError, x509.InvalidVersion, x509.DuplicateExtension, x509.UnsupportedGeneralNameType) as exc:
        raise MalformedReply(f"the certificate cannot be read: {explain.printable(str(exc))}") from exc
    # whoever made it chose the names, and they are shown beside the fingerprint
    names = tuple(
        explain.printable(str(name))
        for name in (
            *alternatives.get_values_for_type(x509.DNSName),
            *alternatives.get_values_for_type(x509.IPAddress),
        )
    )
    return Certificate(ssl.DER_cert_to_PEM_cert(der), der, fingerprint_of(der), names, not_after)


async def fetch_certificate(
    host: str, port: int = 443, server_name: str | None = None, *, timeout_s: float = 5.0
) -> Certificate:
    """Return the certificate that a gateway shows, unchecked, sending it nothing.

    server_name: what to ask for; by default one that gateways know.
    Raises Unreachable when there is no TLS at that address.
    """
    address = Address(host, port)
    name = server_name or address.server_name
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    try:
        async with asyncio.timeout(timeout_s):
            _, writer = await asyncio.open_connection(host, port, ssl=context, server_hostname=name)
    except (OSError, TimeoutError) as exc:
        raise Unreachable(explain.connection_failure(exc, address, name)) from exc
    try:
        tls = writer.get_extra_info("ssl_object")
        der = tls.getpeercert(binary_form=True) if tls else None
    finally:
        writer.transport.abort()
    if not der:
        raise Unreachable(f"TLS failed with {address}: it showed no certificate")
    return read_certificate(der)


class Pin(msgspec.Struct, frozen=True):
    """A gateway known by its certificate's fingerprint, and since when."""

    fingerprint: str
    pinned_at: datetime


class Trust:
    """The gateways known on this machine: `known_gateways.json` in the state directory."""

    def __init__(self, state_dir: Path | None = None, *, clock: Clock | None = None) -> None:
        self.path = (state_dir or statefile.default_state_dir()) / "known_gateways.json"
        self._clock = clock or SystemClock()

    def known(self) -> dict[str, Pin]:
        """Return every pin by "host:port". Raises ConfigError when the file is damaged."""
        return statefile.read(self.path, dict[str, Pin]) or {}

    def pinned(self, address: Address) -> str | None:
        """Return the fingerprint pinned for a gateway, None for a stranger."""
        pin = self.known().get(address.key)
        return None if pin is None else parse_fingerprint(pin.fingerprint)

    def accept(self, address: Address, fingerprint: str) -> None:
        """Pin a fingerprint, in place of any other. Raises ConfigError when it is none."""
        pin = Pin(parse_fingerprint(fingerprint), self._clock.now())
        with statefile.exclusive(self.path):
            statefile.write(self.path, {**self.known(), address.key: pin})

    def forget(self, address: Address) -> bool:
        """Unpin a gateway; whether it was pinned."""
        with statefile.exclusive(self.path):
            known = self.known()
            was_known = known.pop(address.key, None) is not None
            if was_known:
                statefile.write(self.path, known)
        return was_known


@dataclass(frozen=True, slots=True, eq=False)
class Verification:
    """How to check a connection: by fingerprint, by a CA file, or (neither) not at all."""

    fingerprint: str | None = None
    context: ssl.SSLContext | None = None


class Identity:
    """Who a gateway has to be, decided once and kept until it turns out wrong.

    fingerprint, cacert, insecure: at most one; otherwise the pin in `trust`.
    first_use: whether a stranger is pinned or asked about.
    on_first_use: is shown the certificate before it is pinned; it may raise to refuse.
    """

    def __init__(
        self,
        address: Address,
        trust: Trust,
        *,
        server_name: str | None = None,
        fingerprint: str | None = None,
        cacert: Path | None = None,
        insecure: bool = False,
        first_use: FirstUse = "pin",
        on_first_use: Callable[[Certificate], None] | None = None,
        timeout_s: float = 5.0,
    ) -> None:
        if (fingerprint is not None) + (cacert is not None) + insecure > 1:
            raise ConfigError("fingerprint, cacert and insecure exclude each other")
        if first_use not in ("pin", "ask"):
            raise ConfigError(f'first_use must be "pin" or "ask", got {first_use!r}')
        self.address = address
        self.server_name = server_name or address.server_name
        self._trust = trust
        self._cacert = cacert
        self._first_use = first_use
        self._on_first_use = on_first_use
        self._timeout_s = timeout_s
        self._expected = None if fingerprint is None else parse_fingerprint(fingerprint)
        self._decided: Verification | None = None
        if insecure:
            self._decided = Verification()
            words = f"the certificate of {address} is not checked: anyone on the network can read along and pretend"
            warnings.warn(words, InsecureWarning, stacklevel=4)
            log.warning("%s", words)

    @property
    def decided(self) -> Verification | None:
        """How to check this gateway where that is known already; spares each request a task."""
        return self._decided

    async def verification(self) -> Verification:
        """Return how to check this gateway; on first use fetch its certificate and pin it.

        Raises CertificateUnknown when strangers are to be asked about,
        ConfigError when the CA file or the known gateways cannot be read.
        """
        if self._decided is None:
            self._decided = await self._decide()
        return self._decided

    async def _decide(self) -> Verification:
        if self._expected is not None:
            return Verification(fingerprint=self._expected)
        if self._cacert is not None:
            return Verification(context=_context_for(self._cacert))
        pinned = self._trust.pinned(self.address)
        return Verification(fingerprint=pinned or await self._meet())

    async def _meet(self) -> str:
        shown = await self.presented()
        if self._first_use == "ask":
            raise CertificateUnknown(
                f"{self.address} is not known yet; it shows a certificate with the SHA-256 fingerprint "
                f"{shown.sha256}; to accept it: forebay trust {self.address} --accept {shown.sha256}",
                fingerprint=shown.sha256,
            )
        if self._on_first_use is not None:
            self._on_first_use(shown)
        else:
            log.warning("first contact with %s: pinning the certificate with SHA-256 %s", self.address, shown.sha256)
        self._trust.accept(self.address, shown.sha256)
        return shown.sha256

    async def presented(self) -> Certificate:
        """Return the certificate that the gateway shows now. Raises Unreachable."""
        return await fetch_certificate(
            self.address.host, self.address.port, self.server_name, timeout_s=self._timeout_s
        )

    def changed(self, checked: Verification, presented: str) -> CertificateChanged:
        """Return the error for a certificate other than the pinned one.

        The pin is read anew for the next connection, as someone may accept the change.
        """
        pinned = checked.fingerprint or ""
        accept = f"forebay trust {self.address} --accept {presented}"
        if self._expected is not None:  # it was given, so the file of pins is not asked
            accept = f"give {presented} as the fingerprint (gateway.fingerprint in the settings) and start anew"
        self._decided = None
        return CertificateChanged(
            f"{self.address} shows another certificate than the one pinned: pinned {pinned}, presented {presented}. "
            f"A reset or replaced gateway does that, and so does an impostor. If it is yours: {accept}",
            pinned=pinned,
            presented=presented,
        )

    async def refused(self, failure: ssl.SSLCertVerificationError) -> GatewayError:
        """Return the error for a certificate that the CA file does not vouch for."""
        shown = await self.presented()
        if failure.verify_code in _NAME_MISMATCH:
            names = ", ".join(shown.names) or "none at all"
            return CertificateUnknown(
                f"no name in the certificate matches the name asked for: {self.address} was asked for "
                f"{self.server_name!r}, its certificate is made out for {names}; use one of these names",
                fingerprint=shown.sha256,
            )
        if failure.verify_code in _NOT_IN_TIME:
            return CertificateUnknown(
                f"the certificate of {self.address} is not valid now ({failure.verify_message}; it ends "
                f"{shown.not_after.astimezone(UTC):%Y-%m-%d}); check this computer's clock, "
                "or pin the fingerprint instead",
                fingerprint=shown.sha256,
            )
        ours = _certificates_in(self._cacert) if self._cacert else []
        return CertificateChanged(
            f"{self.address} shows a certificate that {self._cacert} does not vouch for ({failure.verify_message}): "
            f"the file holds {', '.join(ours)}, presented {shown.sha256}. If it is yours, fetch the file again, "
            f"or leave it out and: forebay trust {self.address} --accept {shown.sha256}",
            pinned=ours[0] if ours else "",
            presented=shown.sha256,
        )


def _certificates_in(pem_file: Path) -> list[str]:
    try:
        text = pem_file.read_text("utf-8", "replace")
    except OSError as exc:
        raise ConfigError(f"cacert {pem_file}: cannot be read: {exc.strerror}") from exc
    try:
        return [fingerprint_of(ssl.PEM_cert_to_DER_cert(block)) for block in _PEM.findall(text)]
    except ValueError as exc:
        raise ConfigError(f"cacert {pem_file}: a certificate in it is damaged: {exc}") from exc


def _context_for(pem_file: Path) -> ssl.SSLContext:
    """Trust the certificates of a PEM file, text around them allowed, and check the name."""
    if not _certificates_in(pem_file):
        raise ConfigError(f"cacert {pem_file}: holds no certificate (no BEGIN CERTIFICATE line)")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    try:
        context.load_verify_locations(cafile=pem_file)
    except ssl.SSLError as exc:
        raise ConfigError(f"cacert {pem_file}: {exc.reason or exc}") from exc
    return context
