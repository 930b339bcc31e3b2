"""The certificate: real shape, kept, private, and the documented steps with real tools."""

from __future__ import annotations

import asyncio
import ipaddress
import shutil
import socket
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID

from forebay.emulator.certificate import KEY_FILE, certificate_at
from forebay.emulator.listening import own_addresses
from forebay.errors import EmulatorError

needs_tools = pytest.mark.skipif(
    not (shutil.which("openssl") and shutil.which("curl")), reason="no openssl or no curl on this machine"
)


def loaded(folder: Path, *addresses: str) -> x509.Certificate:
    return x509.load_pem_x509_certificate(certificate_at(folder, addresses).pem)


def test_the_certificate_has_the_shape_of_a_real_one(tmp_path: Path) -> None:
    """S006, S011."""
    certificate = loaded(tmp_path, "127.0.0.9")

    subject = certificate.subject.rfc4514_string().split(",")
    assert certificate.subject == certificate.issuer
    assert subject[1:] == ["OU=Tesla Energy Products", "O=Tesla", "L=Palo Alto", "ST=California", "C=US"]
    assert len(bytes.fromhex(subject[0].removeprefix("CN="))) == 16
    assert certificate.signature_algorithm_oid.dotted_string == "1.2.840.10045.4.3.2"
    key = certificate.public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey)
    assert key.curve.name == "secp256r1"
    assert (certificate.not_valid_after_utc - certificate.not_valid_before_utc).days == 9125


def test_the_extensions_are_those_of_a_real_one(tmp_path: Path) -> None:
    extensions = loaded(tmp_path, "127.0.0.9").extensions

    constraints = extensions.get_extension_for_class(x509.BasicConstraints)
    assert constraints.critical
    assert constraints.value.ca
    usage = extensions.get_extension_for_class(x509.KeyUsage)
    assert usage.critical
    assert usage.value.digital_signature
    assert usage.value.key_encipherment
    assert usage.value.key_cert_sign
    assert list(extensions.get_extension_for_class(x509.ExtendedKeyUsage).value) == [ExtendedKeyUsageOID.SERVER_AUTH]
    names = extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["teg", "powerwall", "powerpack"]
    addresses = ["192.168.90.1", "192.168.90.2", "192.168.91.1", "127.0.0.1", "::1", "127.0.0.9"]
    assert names.get_values_for_type(x509.IPAddress) == [ipaddress.ip_address(text) for text in addresses]


def test_a_restart_keeps_the_certificate_whatever_address_it_binds(tmp_path: Path) -> None:
    first = certificate_at(tmp_path / "state")

    assert certificate_at(tmp_path / "state", ["127.0.0.77"]) == first
    assert certificate_at(tmp_path / "other").fingerprint != first.fingerprint


def test_a_kept_certificate_that_does_not_name_a_new_address_is_told(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    certificate_at(tmp_path, ["127.0.0.9"])
    certificate_at(tmp_path, ["127.0.0.9"])
    certificate_at(tmp_path, ["::1"])
    assert caplog.messages == []

    certificate_at(tmp_path, ["127.0.0.9", "127.0.0.77"])

    assert [message.partition(",")[0] for message in caplog.messages] == [
        "the kept certificate does not name 127.0.0.77"
    ]
    assert str(tmp_path / "gateway.pem") in caplog.messages[0]


@pytest.mark.parametrize("bind", ["0.0.0.0", "::"])
def test_who_listens_everywhere_is_named_by_the_machines_own_addresses(
    monkeypatch: pytest.MonkeyPatch, bind: str
) -> None:
    monkeypatch.setattr(socket, "gethostname", lambda: "127.0.0.1")

    found = own_addresses(bind)

    assert found[0] == "127.0.0.1"
    assert len(set(found)) == len(found)
    for address in found:  # nobody can listen on what is not his
        with socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET) as listener:
            listener.bind((address, 0))


def test_who_listens_on_one_address_is_named_by_it() -> None:
    assert own_addresses("127.0.0.7") == ("127.0.0.7",)
    assert own_addresses("fe80::1%lo") == ("fe80::1",)


def test_only_the_owner_may_read_the_key(tmp_path: Path) -> None:
    certificate_at(tmp_path / "state")

    assert (tmp_path / "state" / KEY_FILE).stat().st_mode & 0o777 == 0o600
    assert sorted(path.name for path in (tmp_path / "state").iterdir()) == ["gateway.key", "gateway.pem"]


@pytest.mark.parametrize("name", ["gateway.pem", "gateway.key"])
def test_a_damaged_file_is_named_and_never_replaced(tmp_path: Path, name: str) -> None:
    certificate_at(tmp_path)
    (tmp_path / name).write_bytes(b"-----BEGIN NOTHING-----")

    with pytest.raises(EmulatorError, match=r"gateway\.pem and gateway\.key are damaged; delete both"):
        certificate_at(tmp_path)


def test_a_key_of_another_certificate_is_refused(tmp_path: Path) -> None:
    certificate_at(tmp_path / "a")
    certificate_at(tmp_path / "b")
    (tmp_path / "b" / KEY_FILE).replace(tmp_path / "a" / KEY_FILE)

    with pytest.raises(EmulatorError, match="do not belong together"):
        certificate_at(tmp_path / "a")


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(EmulatorError, match=r"file.*--state-dir"):
        certificate_at(tmp_path / "file" / "state")


async def shell(command: str) -> tuple[int, str]:
    process = await asyncio.create_subprocess_exec(
        "bash", "-c", command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    output, _ = await asyncio.wait_for(process.communicate(), 10)
    return process.returncode or 0, output.decode(errors="replace")


Serve = Callable[..., Awaitable[Any]]

FETCH = "echo quit | openssl s_client -showcerts -servername powerwall -connect 127.0.0.1:{port} > {pem}"
FETCH_BY_SED = (
    "openssl s_client -showcerts -connect 127.0.0.1:{port} < /dev/null"
    " | sed --quiet '/BEGIN CERTIFICATE/,/END CERTIFICATE/p' > {pem}"
)


@needs_tools
@pytest.mark.parametrize("server", ["faithful", "fast"])
@pytest.mark.parametrize("fetch", [FETCH, FETCH_BY_SED])
async def test_the_documented_steps_work_with_the_real_tools(
    served: Serve, tmp_path: Path, server: str, fetch: str
) -> None:
    """S014, S015."""
    gateway = await served("1.40.2", server=server)
    pem = tmp_path / "cacert.pem"
    await shell(fetch.format(port=gateway.port, pem=pem))
    there = f"--connect-to powerwall:{gateway.port}:127.0.0.1:{gateway.port}"
    url = f"https://powerwall:{gateway.port}/api/meters/aggregates"

    assert pem.read_text().count("-----BEGIN CERTIFICATE-----") == 1
    code, reply = await shell(f"curl -s --cacert {pem} {there} {url}")
    assert (code, reply[:8]) == (0, '{"site":')
    code, reply = await shell(f"curl -s -k https://127.0.0.1:{gateway.port}/api/meters/aggregates")
    assert (code, reply[:8]) == (0, '{"site":')


@needs_tools
async def test_a_name_that_is_not_in_the_certificate_fails_as_documented(served: Serve, tmp_path: Path) -> None:
    """S016."""
    gateway = await served()
    pem = tmp_path / "cacert.pem"
    await shell(FETCH.format(port=gateway.port, pem=pem))
    there = f"--connect-to gateway.example:{gateway.port}:127.0.0.1:{gateway.port}"

    code, words = await shell(f"curl -sS --cacert {pem} {there} https://gateway.example:{gateway.port}/api/status")
    assert code in (51, 60)  # 51 up to curl 7.61, 60 since
    assert "no alternative certificate subject name matches target host name" in words
    code, _ = await shell(f"curl -s https://127.0.0.1:{gateway.port}/api/status")
    assert code == 60
