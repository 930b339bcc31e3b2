"""The addresses that ask about a window of time: what is asked, checked, and who answers."""

from __future__ import annotations

import asyncio
from datetime import date, timedelta
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from forebay.store.curves import GAUGES
from forebay.store.fed import PARTS
from forebay.store.parts import OFFERED
from forebay.views.web.answers import Answers
from forebay.views.web.energy import MOST_BUCKETS, By, energy_of, peaks_of
from forebay.views.web.guard import json_reply, refusal
from forebay.views.web.houses import Houses
from forebay.views.web.series import KEPT_AS, extent, instant, series, together
from forebay.views.web.totals import Totals

MOST_POINTS, MOST_SIGNALS = 5000, 40
_MOST_DAYS = 200 * 366
_MOST_DIGITS = 9
_TIMES = "Write times as 2026-06-21T07:00:00Z, or as seconds since 1970."


class Windows:
    """Handlers of /api/series, /api/extent, /api/energy and /api/peaks."""

    def __init__(self, houses: Houses) -> None:
        self._houses = houses

    async def series(self, request: Request) -> Response:
        """Answer GET /api/series."""
        query = request.query_params
        try:
            start, end = instant(query.get("start", "")), instant(query.get("end", ""))
        except (ValueError, OverflowError, OSError):
            return refusal(400, f"{query.get('start')!r} to {query.get('end')!r} is no window of time.", _TIMES)
        if not timedelta(0) < end - start <= timedelta(days=_MOST_DAYS):
            return refusal(400, "The window must end after it begins, 200 years later at most.", _TIMES)
        if not date.min.year < start.year <= end.year < date.max.year:
            return refusal(400, f"{start.date()} to {end.date()} is outside the calendar.", _TIMES)
        points = query.get("points", "1000")
        if not (_is_number(points) and 1 <= int(points) <= MOST_POINTS):
            return refusal(400, f"{points[:20]!r} is not a number of points.", f"Ask for 1 to {MOST_POINTS}.")
        names = list(dict.fromkeys(name for name in query.get("signals", "").split(",") if name))
        known = {*GAUGES, *KEPT_AS, *PARTS}
        wrong = next((name for name in names if name not in known and not _is_of_part(name)), None)
        if not names or wrong is not None or len(names) > MOST_SIGNALS:
            said = "No signal is asked for." if not names else f"{wrong or names[-1]}: no curve can be drawn of this."
            return refusal(400, said, f"Ask for {MOST_SIGNALS} at most of {', '.join(sorted(known))}, part/ID/name.")
        choice = query.get("gateway")

        def made() -> dict[str, Any]:
            houses = self._several(choice)
            if len(houses) == 1:
                return series(next(iter(houses.values())), start, end, names, int(points))
            if any("/" in name for name in names):
                self._houses.single(choice)  # says that a part is one gateway's
            return together(houses, start, end, names, int(points))

        return json_reply(await asyncio.to_thread(made))

    async def extent(self, request: Request) -> Response:
        """Answer GET /api/extent."""
        choice = request.query_params.get("gateway")
        return json_reply(await asyncio.to_thread(lambda: extent(list(self._several(choice).values()))))

    async def energy(self, request: Request) -> Response:
        """Answer GET /api/energy."""
        span = _days(request)
        if isinstance(span, Response):
            return span
        by = request.query_params.get("by", str(By.DAY))
        if by not in set(By):
            return refusal(400, f"{by!r} is no length of a bucket.", f"Ask for {', '.join(By)}.")
        choice = request.query_params.get("gateway")
        try:
            told = await asyncio.to_thread(lambda: energy_of(list(self._several(choice).values()), *span, By(by)))
        except ValueError:
            return refusal(400, "That is too many buckets.", f"Ask for {MOST_BUCKETS} at most: longer ones, or fewer.")
        return json_reply(told)

    async def peaks(self, request: Request) -> Response:
        """Answer GET /api/peaks."""
        span = _days(request)
        if isinstance(span, Response):
            return span
        choice = request.query_params.get("gateway")
        return json_reply(await asyncio.to_thread(lambda: peaks_of(list(self._several(choice).values()), *span)))

    def _several(self, choice: str | None) -> dict[str, Answers]:
        found = self._houses.of(choice)
        names = found.names if isinstance(found, Totals) else ()
        return {name: self._houses.one(name) for name in names} if names else {"": self._houses.single(choice)}


def _is_number(text: str) -> bool:
    """Whether a text is a number of few digits: what is long takes its time, and means something else."""
    return text.isascii() and text.isdecimal() and len(text) <= _MOST_DIGITS


def _is_of_part(name: str) -> bool:
    kind, _, rest = name.partition("/")
    number, _, signal = rest.partition("/")
    return kind == "part" and _is_number(number) and any(signal in names for names in OFFERED.values())


def _days(request: Request) -> tuple[date, date] | Response:
    """Return the days `from` and `to` of a request, or why they are none."""
    told = [request.query_params.get(name, "") for name in ("from", "to")]
    try:
        first, end = (date.fromisoformat(text) for text in told)
    except ValueError:
        return refusal(400, f"{told[0]!r} to {told[1]!r} are no days.", "Write them as from=2026-06-01&to=2026-07-01.")
    if not first < end or not date.min.year < first.year <= end.year < date.max.year:
        return refusal(400, f"{first} to {end} is no span.", "`to` is the first day after it, within the calendar.")
    if (end - first).days > _MOST_DAYS:
        return refusal(400, f"{first} to {end} is too long.", "Ask for 200 years at most.")
    return first, end
