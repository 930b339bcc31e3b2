"""The pages beside Now and Energy: their addresses, and who answers them.

An answer that reads a whole record is made once and kept for the minute that it is about, or until something is
imported; one at a time, and with a connection of its own, so that nobody who asks holds up the recording. So it may be
as far behind as a flush.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from forebay.records.site import UNTOLD, Site
from forebay.store.imports import revision
from forebay.store.store import Store
from forebay.views.web.alerts import alerts
from forebay.views.web.asked import Asked
from forebay.views.web.battery import battery
from forebay.views.web.grid import grid
from forebay.views.web.guard import json_reply, refusal
from forebay.views.web.houses import Houses
from forebay.views.web.solar import solar
from forebay.views.web.system import system

MAX_LAST = 36_600
_KEPT = 16

ANSWERS: dict[str, Callable[[Asked], dict[str, Any]]] = {
    "/api/battery": battery,
    "/api/solar": solar,
    "/api/grid": grid,
    "/api/alerts": alerts,
    "/api/system": system,
}
"""Address -> who makes its object."""


class More:
    """Answers of the pages, for one gateway each. facts: what the owner has told, by name of the gateway."""

    def __init__(self, houses: Houses, facts: Mapping[str, Site] | None = None) -> None:
        self._houses = houses
        self._facts = dict(facts or {})
        self._kept: dict[tuple[object, ...], dict[str, Any]] = {}
        self._turn = asyncio.Lock()  # two at once would need twice the memory, and two of the few threads

    def handler(self, path: str) -> Callable[[Request], Awaitable[Response]]:
        """Return the handler of an address of `ANSWERS`."""

        async def answer(request: Request) -> Response:
            last = request.query_params.get("last", "365")
            if not (last.isascii() and last.isdigit() and len(last) <= 6 and 1 <= int(last) <= MAX_LAST):
                return refusal(400, f"{last!r} is not a number of days.", f"Ask for 1 to {MAX_LAST} days.")
            choice = request.query_params.get("gateway")
            async with self._turn:
                return json_reply(await asyncio.to_thread(self._answer, path, choice, int(last)))

        return answer

    def _answer(self, path: str, choice: str | None, last: int) -> dict[str, Any]:
        house = self._houses.single(choice)
        now: datetime = house.time()
        key = (path, house.gateway_id, last, now.replace(second=0, microsecond=0), revision(house.store))
        if key not in self._kept:
            name = "" if house.gateway_id is None else house.store.gateway(house.gateway_id).name
            with Store.read(house.store.database.path) as store:
                asked = Asked(store, house.gateway_id, now, self._facts.get(name, UNTOLD), last)
                made = ANSWERS[path](asked)
            while len(self._kept) >= _KEPT:
                self._kept.pop(next(iter(self._kept)))
            self._kept[key] = made
        return self._kept[key]
