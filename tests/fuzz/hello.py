"""Broken beginnings: what is sent to a TLS port that is no handshake, or half of one."""

from __future__ import annotations

import ssl
from random import Random

from tests.fuzz.conftest import unchecked


def client_hello(alpn: str = "h2") -> bytes:
    """The first bytes of a real handshake."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    tls = unchecked(alpn).wrap_bio(incoming, outgoing, server_hostname="powerwall")
    try:
        tls.do_handshake()
    except ssl.SSLWantReadError:
        return outgoing.read()
    raise AssertionError("a handshake wants an answer")


def broken(seed: int) -> bytes:
    """One broken beginning of many: cut, flipped, stretched, foreign, random."""
    rng = Random(seed)
    hello = client_hello()
    kind = seed % 8
    if kind == 0:
        return hello[: rng.randrange(1, len(hello))]
    if kind == 1:
        flipped = bytearray(hello)
        for _ in range(rng.randrange(1, 8)):
            flipped[rng.randrange(len(flipped))] ^= 1 << rng.randrange(8)
        return bytes(flipped)
    if kind == 2:
        return b"GET /api/status HTTP/1.1\r\nHost: powerwall\r\n\r\n"
    if kind == 3:
        return rng.randbytes(rng.randrange(1, 4096))
    if kind == 4:
        return b"\x16\x03\x01\xff\xff" + rng.randbytes(200)
    if kind == 5:
        return hello * 3
    if kind == 6:
        return b"\x15\x03\x03\x00\x02\x02\x28"  # an alert: handshake failure
    return hello[:5] + b"\x0e" + hello[6:]  # another message in the place of the hello
