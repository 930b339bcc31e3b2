"""Broken HTTP/2: frames in disorder, floods, resets; no hang, no growth, the next good request is answered."""

from __future__ import annotations

import contextlib
import struct
import time
from random import Random
from typing import Any

import pytest
from tests.fuzz.conftest import Gateway

pytestmark = [pytest.mark.slow]

hpack: Any = pytest.importorskip("hpack", reason="hpack is not installed")

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, PRIORITY, RST, SETTINGS, PUSH, PING, GOAWAY, WINDOW, CONTINUATION = range(10)
END_STREAM, END_HEADERS, ACK = 1, 4, 1
GROWTH_KB = 16_384
LONGEST_S = 8.0


def frame(kind: int, flags: int = 0, stream: int = 0, body: bytes = b"") -> bytes:
    return struct.pack(">I", len(body))[1:] + bytes([kind, flags]) + struct.pack(">I", stream) + body


def head(path: str = "/api/status", method: str = "GET", **more: str) -> bytes:
    fields = [(":method", method), (":scheme", "https"), (":authority", "powerwall"), (":path", path), *more.items()]
    return bytes(hpack.Encoder().encode(fields))


HELLO = PREFACE + frame(SETTINGS)
ASK = frame(HEADERS, END_STREAM | END_HEADERS, 1, head())
LOGIN_HEAD = head("/api/login/Basic", "POST")

FLOODS: dict[str, bytes] = {
    "no preface": b"GET / HTTP/1.1\r\n\r\n" * 20,
    "a preface of noise": b"PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n" + ASK,
    "a frame beyond all": PREFACE + b"\xff\xff\xff\x04\x00\x00\x00\x00\x00",
    "settings without end": HELLO + frame(SETTINGS, body=b"\x00\x03\x00\x00\x00\x64" * 100) * 500,
    "pings without end": HELLO + frame(PING, body=b"12345678") * 20_000,
    "a ping too short": HELLO + frame(PING, body=b"1"),
    "resets without end": HELLO
    + b"".join(
        frame(HEADERS, END_STREAM | END_HEADERS, n, head()) + frame(RST, 0, n, b"\x00\x00\x00\x08")
        for n in range(1, 4001, 2)
    ),
    "a head that goes on and on": HELLO
    + frame(HEADERS, END_STREAM, 1, head())
    + frame(CONTINUATION, 0, 1, b"\x00\x01a\x01b" * 2000) * 400,
    "a head of noise": HELLO + frame(HEADERS, END_STREAM | END_HEADERS, 1, Random(1).randbytes(300)),
    "a bomb of a head": HELLO
    + frame(HEADERS, END_STREAM | END_HEADERS, 1, head() + b"\x40\x01a\x7f\x80\x1f" + b"b" * 4000 + b"\xbe" * 12_000),
    "a stream of even number": HELLO + frame(HEADERS, END_STREAM | END_HEADERS, 2, head()),
    "a stream that goes back": HELLO + frame(HEADERS, END_STREAM | END_HEADERS, 5, head()) + ASK,
    "a stream that waits for itself": HELLO + frame(PRIORITY, 0, 1, b"\x00\x00\x00\x01\x00") + ASK,
    "data without a head": HELLO + frame(DATA, END_STREAM, 1, b"{}"),
    "data for all and nobody": HELLO + frame(DATA, 0, 0, b"{}"),
    "a window of nothing": HELLO + frame(WINDOW, 0, 0, b"\x00\x00\x00\x00"),
    "a window beyond all": HELLO + frame(WINDOW, 0, 0, b"\x7f\xff\xff\xff") * 3,
    "a body beyond the window": HELLO
    + frame(HEADERS, END_HEADERS, 1, LOGIN_HEAD)
    + frame(DATA, 0, 1, b"[" * 16_000) * 200,
    "a body that lies": HELLO
    + frame(HEADERS, END_HEADERS, 1, head("/api/login/Basic", "POST", **{"content-length": "5"}))
    + frame(DATA, END_STREAM, 1, b"{}"),
    "a push from a client": HELLO + frame(PUSH, END_HEADERS, 1, b"\x00\x00\x00\x02" + head()),
    "an early farewell": HELLO + frame(GOAWAY, 0, 0, b"\x00" * 8) + ASK,
    "unknown frames": HELLO + frame(0x77, 0xFF, 9, b"x" * 1000) * 2000 + ASK,
    "no path": HELLO + frame(HEADERS, END_STREAM | END_HEADERS, 1, bytes(hpack.Encoder().encode([(":method", "GET")]))),
    "raw bytes in the path": HELLO
    + frame(HEADERS, END_STREAM | END_HEADERS, 1, head("/api/\udcff".encode("utf-8", "replace").decode())),
    "upper case in a head": HELLO + frame(HEADERS, END_STREAM | END_HEADERS, 1, head(**{"X-Upper": "y"})),
    "a head of HTTP/1.1": HELLO + frame(HEADERS, END_STREAM | END_HEADERS, 1, head(connection="keep-alive")),
    "noise": HELLO + Random(2).randbytes(100_000),
}


def _flood(gateway: Gateway, data: bytes) -> float:
    """Send all of it, read whatever comes, and leave; how long that took [s]."""
    began = time.monotonic()
    with contextlib.closing(gateway.tls(alpn="h2")) as tls:
        tls.settimeout(0.5)
        with contextlib.suppress(OSError):
            tls.sendall(data)
            while tls.recv(65_536) and time.monotonic() - began < LONGEST_S:
                pass
    return time.monotonic() - began


@pytest.mark.parametrize("name", FLOODS)
def test_frames_in_disorder_harm_nobody_else(gateway: Gateway, name: str) -> None:
    assert _flood(gateway, FLOODS[name]) < LONGEST_S
    assert gateway.answers()


def test_floods_leave_nothing_behind(gateway: Gateway) -> None:
    small = [data for data in FLOODS.values() if len(data) < 200_000]
    for data in small:
        _flood_and_leave(gateway, data)
    open_before, kb_before = gateway.sockets(), gateway.rss_kb()

    for number in range(400):
        _flood_and_leave(gateway, small[number % len(small)])

    assert gateway.settles(open_before)
    assert gateway.rss_kb() - kb_before < GROWTH_KB
    assert gateway.answers()


def _flood_and_leave(gateway: Gateway, data: bytes) -> None:
    with contextlib.closing(gateway.tls(alpn="h2")) as tls, contextlib.suppress(OSError):
        tls.settimeout(1)
        tls.sendall(data)
        tls.recv(100)


def test_a_hundred_streams_at_once_are_all_answered(gateway: Gateway) -> None:
    asked = b"".join(frame(HEADERS, END_STREAM | END_HEADERS, n, head()) for n in range(1, 200, 2))
    with contextlib.closing(gateway.tls(alpn="h2")) as tls:
        tls.settimeout(10)
        tls.sendall(HELLO + asked)
        answer = b""
        ended: set[int] = set()
        while len(ended) < 100:
            piece = tls.recv(65_536)
            assert piece, "the gateway broke off"
            answer += piece
            while len(answer) >= 9 and len(answer) >= 9 + int.from_bytes(answer[:3], "big"):
                size, flags, stream = int.from_bytes(answer[:3], "big"), answer[4], int.from_bytes(answer[5:9], "big")
                if answer[3] in (DATA, HEADERS) and flags & END_STREAM:
                    ended.add(stream)
                answer = answer[9 + size :]
                if answer[3:4] == bytes([DATA]):
                    tls.sendall(frame(WINDOW, 0, 0, struct.pack(">I", 65_535)))

    assert ended == set(range(1, 200, 2))
