"""Broken HTTP and JSON: the right refusal, no hang, no growth, and the next good request is answered."""

from __future__ import annotations

import contextlib
import re
import time

import pytest
from tests.fuzz.conftest import Gateway
from tests.fuzz.odd import BODIES, CASES, HOST, get, post

pytestmark = [pytest.mark.slow]

GROWTH_KB = 16_384
LONGEST_S = 5.0


def exchange(gateway: Gateway, data: bytes) -> tuple[int, bytes]:
    """Send bytes over TLS; return the first status and everything that came until the gateway stopped or ended."""
    answer = b""
    with contextlib.closing(gateway.tls()) as tls:
        tls.settimeout(LONGEST_S)
        with contextlib.suppress(OSError):  # the gateway may end while we still send
            tls.sendall(data)
        with contextlib.suppress(OSError):
            while not _is_whole(answer, has_body=not data.startswith(b"HEAD")):
                piece = tls.recv(65_536)
                if not piece:
                    break
                answer += piece
    match = re.match(rb"HTTP/1\.[01] (\d{3})", answer)
    return (int(match[1]) if match else 0), answer


def _is_whole(answer: bytes, *, has_body: bool) -> bool:
    head, end, body = answer.partition(b"\r\n\r\n")
    if not has_body:
        return bool(end)
    length = re.search(rb"(?i)content-length: (\d+)", head)
    return bool(end) and (length is None or len(body) >= int(length[1]))


@pytest.mark.parametrize("name", CASES)
def test_an_odd_request_is_answered_or_refused_rightly(gateway: Gateway, name: str) -> None:
    data, right = CASES[name]
    began = time.monotonic()

    status, answer = exchange(gateway, data)

    assert status in right, answer[:300]
    assert time.monotonic() - began < LONGEST_S
    assert gateway.answers()


@pytest.mark.parametrize("name", BODIES)
def test_an_odd_body_gets_a_refusal_of_the_document(gateway: Gateway, name: str) -> None:
    status, answer = exchange(gateway, post(BODIES[name]))

    assert status in (400, 401, 413, 429), answer[:300]
    assert answer.partition(b"\r\n\r\n")[2].startswith(b'{"code":%d,"error":' % status)
    assert gateway.answers()


def test_a_hundred_requests_in_one_piece_get_a_hundred_answers_in_order(gateway: Gateway) -> None:
    paths = [b"/api/status", b"/api/nothing", b"/api/auth/toggle/supported", b"/api/config"]
    asked = [paths[number % 4] for number in range(100)]
    last = get(b"/api/status", b"Connection: close\r\n")

    with contextlib.closing(gateway.tls()) as tls:
        tls.settimeout(10)
        tls.sendall(b"".join(get(path) for path in asked) + last)
        answer = b""
        while piece := tls.recv(65_536):
            answer += piece

    wanted = {b"/api/status": 200, b"/api/nothing": 404, b"/api/auth/toggle/supported": 200, b"/api/config": 403}
    found = [int(status) for status in re.findall(rb"HTTP/1\.1 (\d{3})", answer)]
    assert found == [wanted[path] for path in asked] + [200]


def test_a_body_shorter_than_promised_waits_for_its_rest_and_keeps_nobody_out(gateway: Gateway) -> None:
    open_before = gateway.sockets()
    waiting = [gateway.tls() for _ in range(50)]
    for tls in waiting:
        tls.sendall(b"POST /api/login/Basic HTTP/1.1\r\n" + HOST + b"Content-Length: 100\r\n\r\n{")

    assert gateway.answers()

    for tls in waiting:
        tls.close()
    assert gateway.settles(open_before)


def test_hundreds_of_broken_requests_leave_nothing_behind(gateway: Gateway) -> None:
    light = [data for data, _ in CASES.values() if len(data) < 5000] + [post(body) for body in BODIES.values()]
    for data in light:
        _send(gateway, data)
    open_before, kb_before = gateway.sockets(), gateway.rss_kb()

    for number in range(600):
        _send(gateway, light[number % len(light)])

    assert gateway.settles(open_before)
    assert gateway.rss_kb() - kb_before < GROWTH_KB
    assert gateway.answers()


def _send(gateway: Gateway, data: bytes) -> None:
    with contextlib.closing(gateway.tls()) as tls, contextlib.suppress(OSError):
        tls.sendall(data)
        tls.settimeout(1)
        tls.recv(100)
