"""The gateway's self-signed certificate: real shape, own key, kept on disk.

A kept certificate is never replaced, whatever address is bound later: clients
pin it, as they pin a real gateway's. Delete the two files for a fresh one.
Source: behaviour.md T02, T03, git:22ac32e:full-cacert.pem.
"""

from __future__ import annotations

import ipaddress
import logging
import os
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from forebay.errors import EmulatorError

log = logging.getLogger(__name__)

SERVER_NAMES = ("teg", "powerwall", "powerpack")
"""The only names a gateway answers to (T02, T08)."""

SERVICE_ADDRESSES = ("192.168.90.1", "192.168.90.2", "192.168.91.1")
VALIDITY = timedelta(days=9125)
CERTIFICATE_FILE, KEY_FILE = "gateway.pem", "gateway.key"


@dataclass(frozen=True, slots=True)
class Certificate:
    """A certificate and its key, in PEM.

    fingerprint: SHA-256 of the certificate, lower-case hex in pairs joined by ":".
    """

    pem: bytes
    key_pem: bytes = field(repr=False)
    fingerprint: str


def certificate_at(state_dir: Path, addresses: Iterable[str] = ()) -> Certificate:
    """Return the certificate kept in `state_dir`, making one where there is none.

    addresses: IP addresses that a fresh certificate names besides the loopback ones; it is logged when a kept one
        does not.
    Raises EmulatorError naming the file when it cannot be read, written or used.
    """
    addresses = tuple(addresses)
    cert_path, key_path = state_dir / CERTIFICATE_FILE, state_dir / KEY_FILE
    try:
        state_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not cert_path.exists():
            made = fresh_certificate(addresses)
            write_file(key_path, made.key_pem, 0o600)  # first: a certificate on disk has its key
            write_file(cert_path, made.pem, 0o644)
        pem, key_pem = cert_path.read_bytes(), key_path.read_bytes()
    except OSError as exc:
        raise EmulatorError(
            f"{exc.filename or state_dir}: {exc.strerror or exc}; the certificate is to be kept there; see --state-dir"
        ) from exc
    try:
        certificate = x509.load_pem_x509_certificate(pem)
        key = serialization.load_pem_private_key(key_pem, None)
    except (ValueError, TypeError) as exc:
        raise EmulatorError(f"{cert_path} and {key_path.name} are damaged; delete both for fresh ones") from exc
    if key.public_key() != certificate.public_key():
        raise EmulatorError(f"{cert_path} and {key_path.name} do not belong together; delete both for fresh ones")
    if unnamed := _unnamed(certificate, addresses):
        log.warning(
            "the kept certificate does not name %s, where clients that check it will refuse it; "
            "delete %s and %s for one that does",
            ", ".join(unnamed),
            cert_path,
            key_path.name,
        )
    return Certificate(pem, key_pem, _fingerprint(certificate))


def _unnamed(certificate: x509.Certificate, addresses: Iterable[str]) -> list[str]:
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return list(addresses)
    known = {str(number) for number in names.get_values_for_type(x509.IPAddress)}
    return [number for number in addresses if str(ipaddress.ip_address(number)) not in known]


def fresh_certificate(addresses: Iterable[str] = ()) -> Certificate:
    """Return a certificate with a key of its own, kept nowhere.

    addresses: IP addresses that it names besides the loopback ones.
    """
    key = ec.generate_private_key(ec.SECP256R1())
    certificate = _signed(key, addresses)
    key_pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return Certificate(certificate.public_bytes(serialization.Encoding.PEM), key_pem, _fingerprint(certificate))


def _fingerprint(certificate: x509.Certificate) -> str:
    return certificate.fingerprint(hashes.SHA256()).hex(":")


def _signed(key: ec.EllipticCurvePrivateKey, addresses: Iterable[str]) -> x509.Certificate:
    name = x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "US"),
            x509.NameAttribute(NameOID.STATE_OR_PROVINCE_NAME, "California"),
            x509.NameAttribute(NameOID.LOCALITY_NAME, "Palo Alto"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Tesla"),
            x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, "Tesla Energy Products"),
            x509.NameAttribute(NameOID.COMMON_NAME, secrets.token_hex(16)),
        ]
    )
    numbers = dict.fromkeys((*SERVICE_ADDRESSES, "127.0.0.1", "::1", *addresses))
    names: list[x509.GeneralName] = [x509.DNSName(server_name) for server_name in SERVER_NAMES]
    names += [x509.IPAddress(ipaddress.ip_address(number)) for number in numbers]
    since = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=1)
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(since)
        .not_valid_after(since + VALIDITY)
        .add_extension(_usage(), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
    )
    return builder.sign(key, hashes.SHA256())


def _usage() -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=True,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=True,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )


def write_file(path: Path, content: bytes, mode: int) -> None:
    """Write a file whole or not at all, with these rights from its first byte on. Raises OSError."""
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    except OSError:
        draft.unlink(missing_ok=True)
        raise
