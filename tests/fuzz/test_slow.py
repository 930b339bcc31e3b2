"""Slow clients: half a handshake, head or body; the gateway lets go of them and serves the others."""

from __future__ import annotations

import contextlib
import socket
import time

import pytest
from tests.fuzz.conftest import Gateway
from tests.fuzz.hello import client_hello
from tests.fuzz.odd import HOST, get

from forebay.emulator.patience import REQUEST_S
from forebay.emulator.tls import HANDSHAKE_S

pytestmark = [pytest.mark.slow]

BEGUN = (
    b"",
    b"GET /api/status HTTP/1.1\r\nX: ",
    get(b"/api/status") + b"GET /api/status HTTP/1.1\r\nX: ",
    b"POST /api/login/Basic HTTP/1.1\r\n" + HOST + b"Content-Length: 60000\r\n\r\n{",
)
"""Over TLS: nothing, half a head, half a second head, half a body."""


def test_those_who_never_finish_are_let_go_of_and_keep_nobody_out(gateway: Gateway) -> None:
    open_before = gateway.sockets()
    hello = client_hello()
    with contextlib.ExitStack() as opened:
        silent = [opened.enter_context(contextlib.closing(gateway.connect())) for _ in range(150)]
        for number, raw in enumerate(silent):
            raw.sendall(hello[: number % len(hello)])
        dripping: list[socket.socket] = [silent[40]]
        for number in range(40):
            tls = opened.enter_context(contextlib.closing(gateway.tls()))
            tls.sendall(BEGUN[number % len(BEGUN)])
            dripping.append(tls)
        assert gateway.answers()

        end = time.monotonic() + max(REQUEST_S, HANDSHAKE_S) + 10
        alive = dripping
        while alive and time.monotonic() < end:
            alive = [one for one in alive if _drips_on(one)]
            time.sleep(0.5)  # drips, as such a client does
        assert alive == []
        assert gateway.settles(open_before)  # the silent ones are gone too, though nobody closed them here

    assert gateway.answers()


def _drips_on(one: socket.socket) -> bool:
    """Send one more byte; whether the connection still stands."""
    try:
        one.sendall(b"a")
        one.settimeout(0.001)
        while piece := one.recv(4096):
            if b" 400 " in piece or b" 408 " in piece:
                return False
    except TimeoutError:
        return True
    except OSError:
        return False
    return False
