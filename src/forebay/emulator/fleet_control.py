"""The control port of a fleet: one home's by number or serial number, or all of them at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qs

import msgspec

from forebay.emulator.control import ControlApp, is_loopback_host
from forebay.emulator.device import Device
from forebay.emulator.fleet import Fleet
from forebay.emulator.http import Receive, Scope, Send

ALL = "all"
MOST_LISTED = 1_000

Describe = Callable[[int], Mapping[str, object]]


class ControlOfOne(ControlApp):
    """The control port of one home."""

    def __init__(self, fleet: Fleet, number: int) -> None:
        resident = fleet.resident(number)
        super().__init__(resident.device, resident.injection)


class ControlOfAll(ControlOfOne):
    """The same for all homes; home 1 stands for them where something is shown."""

    def __init__(self, fleet: Fleet) -> None:
        super().__init__(fleet, 1)
        self._fleet = fleet

    def apply(self, act: Callable[[Device], object]) -> None:
        """Do something to all homes."""
        self._fleet.order_all(act)

    def state(self) -> dict[str, Any]:
        """Return how many there are."""
        return {"homes": self._fleet.count, "awake": self._fleet.awake}


class FleetControlApp:
    """`/homes` lists them; `/homes/NAME/…` is the control port of one home, or of all.

    describe: what can be said of a home without waking it.
    """

    def __init__(self, fleet: Fleet, describe: Describe) -> None:
        self._fleet = fleet
        self._describe = describe

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return
        host = next((value.decode("latin-1") for name, value in scope["headers"] if name == b"host"), "")
        path: str = scope["path"]
        part, _, below = path.removeprefix("/").partition("/")
        name, _, rest = below.partition("/")
        status: int
        answer: Any
        if not is_loopback_host(host):
            status, answer = 403, _error("the Host header must name loopback, such as 127.0.0.1 or localhost")
        elif part == "homes" and name:
            number = self._fleet.number_of(name)
            if number is not None or name == ALL:
                one: ControlApp = ControlOfAll(self._fleet) if number is None else ControlOfOne(self._fleet, number)
                await one({**scope, "path": f"/{rest}"}, receive, send)
                return
            status, answer = 404, _error(f"no home is called {name[:40]}: give its number or its serial number")
        elif scope["method"] not in ("GET", "HEAD"):
            status, answer = 405, _error("this path takes GET")
        elif path == "/":
            status, answer = 200, self._help()
        elif path == "/homes":
            status, answer = self._list(scope["query_string"])
        else:
            status, answer = 404, _error("no such path; GET / says what there is")
        await _send(send, status, answer, scope["method"] == "HEAD")

    def _list(self, query: bytes) -> tuple[int, Any]:
        asked = parse_qs(query.decode("latin-1"))
        try:
            first = int(asked.get("from", ["1"])[-1])
            count = int(asked.get("count", ["100"])[-1])
        except ValueError:
            return 400, _error("from and count must be whole numbers")
        if first < 1 or not 1 <= count <= MOST_LISTED:
            return 400, _error(f"from must be 1 or more, and count from 1 to {MOST_LISTED}")
        last = min(self._fleet.count, first + count - 1)
        homes = [self._describe(number) for number in range(first, last + 1)]
        return 200, {"count": self._fleet.count, "awake": self._fleet.awake, "homes": homes}

    def _help(self) -> dict[str, str]:
        return {
            "GET /homes?from=1&count=100": "List homes: number, address, serial number, certificate, awake or not.",
            "GET /homes/NAME/": "Show what can be done to a home; NAME is its number or its serial number.",
            "GET /homes/NAME/state": "Show one home, the time and the site master.",
            "POST /homes/NAME/VERB": "Do something to one home, as its own control port would.",
            "POST /homes/all/VERB": "Do it to all homes; those that sleep find it done when they wake.",
        }


def _error(words: str) -> dict[str, str]:
    return {"error": words}


async def _send(send: Send, status: int, answer: Any, is_head: bool) -> None:
    body = msgspec.json.format(msgspec.json.encode(answer), indent=2) + b"\n"
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if is_head else body})
