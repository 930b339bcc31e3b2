"""Broken TLS: no hang, no growth, and the next good request is answered."""

from __future__ import annotations

import contextlib
import shutil
import socket
import ssl
import subprocess
import time
from random import Random

import pytest
from tests.fuzz.conftest import Gateway
from tests.fuzz.hello import broken

pytestmark = [pytest.mark.slow]

GROWTH_KB = 12_288
"""How much more memory thousands of bad beginnings may leave behind: allocators keep some."""


def _send_and_leave(gateway: Gateway, data: bytes, *, abruptly: bool = False) -> None:
    with contextlib.closing(gateway.connect()) as raw, contextlib.suppress(OSError):
        raw.sendall(data)
        if abruptly:
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
        else:
            raw.shutdown(socket.SHUT_WR)
            raw.settimeout(5)
            while raw.recv(65_536):
                pass


def test_thousands_of_broken_beginnings_leave_nothing_behind(gateway: Gateway) -> None:
    for seed in range(160):  # what is made once is made
        _send_and_leave(gateway, broken(seed))
    open_before, kb_before = gateway.sockets(), gateway.rss_kb()

    for seed in range(2000):
        _send_and_leave(gateway, broken(seed), abruptly=seed % 3 == 0)

    assert gateway.settles(open_before)
    assert gateway.rss_kb() - kb_before < GROWTH_KB
    assert gateway.answers()


def test_a_plain_request_at_the_tls_port_ends_at_once(gateway: Gateway) -> None:
    began = time.monotonic()
    with contextlib.closing(gateway.connect()) as raw:
        raw.sendall(b"GET / HTTP/1.1\r\nHost: powerwall\r\n\r\n")
        with contextlib.suppress(ConnectionError):
            while raw.recv(4096):
                pass

    assert time.monotonic() - began < 5


def test_noise_after_a_good_handshake_ends_the_connection_only(gateway: Gateway) -> None:
    open_before = gateway.sockets()

    for seed in range(60):
        tls = gateway.tls(alpn="h2" if seed % 2 else "http/1.1")
        raw = socket.socket(fileno=tls.detach())  # below TLS: what comes now is no record
        with contextlib.closing(raw), contextlib.suppress(OSError):
            raw.sendall(Random(seed).randbytes(2000))
            raw.settimeout(5)
            while raw.recv(4096):
                pass

    assert gateway.settles(open_before)
    assert gateway.answers()


def test_old_tls_is_refused(gateway: Gateway) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.warns(DeprecationWarning, match="TLSv1_1"):
        context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_1

    with contextlib.closing(gateway.connect()) as raw, pytest.raises((ssl.SSLError, OSError)):
        context.wrap_socket(raw, server_hostname="powerwall")


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")
def test_a_renegotiation_is_not_let_in_and_harms_nobody(gateway: Gateway) -> None:
    command = ["openssl", "s_client", "-connect", f"127.0.0.1:{gateway.port}", "-tls1_2", "-servername", "powerwall"]

    done = subprocess.run(command, input=b"R\n" * 50, capture_output=True, timeout=15, check=False)

    assert b"BEGIN CERTIFICATE" in done.stdout
    assert gateway.answers()
