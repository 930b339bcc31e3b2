"""The integral of the recorded powers over any windows: what a record without counters would have to go by.

Between two readings a power is taken to change evenly; over more than five minutes it tells nothing.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any

from forebay.records.flows import FLOWS, Flow
from forebay.store.raw import sealed_until
from forebay.store.rollup import QUARTER_MS, floor_ms
from forebay.store.state import from_ms, to_ms
from forebay.store.steps import TRUST_MS
from forebay.store.store import Store

_CHUNK_MS = 31 * 86_400_000
"""How much is asked for at once: what fits into the memory of the archive's library [ms]."""


@dataclass(slots=True)
class Integral:
    """What the power of one flow sums to in a window.

    wh: energy of the time that is known [Wh]. known_ms: how much that is. n: pairs of readings in it.
    unsure_wh2: the variance of the error, if a power changes once, at any moment, between two readings [Wh²].
    """

    wh: float = 0.0
    known_ms: float = 0.0
    n: int = 0
    unsure_wh2: float = 0.0


Progress = Callable[[datetime], object]
"""Is told of every span that begins."""


def powers_between(
    store: Store, gateway_id: int, edges: Sequence[datetime], progress: Progress = lambda _: None
) -> list[dict[str, Integral]]:
    """Return the integral of every flow's power over each window between neighbouring edges, by name of the flow."""
    found = integrals(store, gateway_id, FLOWS, [to_ms(at) for at in edges], progress)
    return [dict(zip((flow.name for flow in FLOWS), window, strict=True)) for window in found]


def integrals(
    store: Store,
    gateway_id: int,
    flows: Sequence[Flow],
    edges_ms: Sequence[int],
    progress: Progress = lambda _: None,
) -> list[list[Integral]]:
    """Return the same of some flows, in their order.

    edges_ms: rising [ms since 1970 UTC].
    """
    found = [[Integral() for _ in flows] for _ in edges_ms[1:]]
    if len(edges_ms) < 2:
        return found
    cut = {floor_ms(edge, QUARTER_MS) for edge in edges_ms if edge % QUARTER_MS}
    low_ms, high_ms = edges_ms[0], edges_ms[-1]
    with store.database.snapshot():
        sealed_ms = sealed_until(store.database, gateway_id, "samples") or low_ms
        for start_ms, end_ms in _chunks(low_ms - TRUST_MS, high_ms + TRUST_MS + 1, sealed_ms):
            progress(from_ms(max(start_ms, low_ms)))
            for number, flow in enumerate(flows):
                _add_whole(store, gateway_id, flow, start_ms, end_ms, cut, edges_ms, [w[number] for w in found])
            _add_seam(store, gateway_id, flows, end_ms, edges_ms, found)
    return found


def _chunks(start_ms: int, end_ms: int, sealed_ms: int) -> Iterable[tuple[int, int]]:
    """Cut a span where the readings move from files to the database, and into parts of a month."""
    turns = [start_ms, *(ms for ms in (sealed_ms,) if start_ms < ms < end_ms), end_ms]
    for low_ms, high_ms in pairwise(turns):
        for at_ms in range(low_ms, high_ms, _CHUNK_MS):
            yield at_ms, min(at_ms + _CHUNK_MS, high_ms)


def _watts(flow: Flow) -> str:
    signed = f"cast({flow.sign} * {flow.power} AS DOUBLE)"
    return f"CASE WHEN {signed} > 0 THEN {signed} ELSE 0.0 END"


def _add_whole(  # noqa: PLR0917 - what it adds to comes last
    store: Store,
    gateway_id: int,
    flow: Flow,
    start_ms: int,
    end_ms: int,
    cut: set[int],
    edges_ms: Sequence[int],
    found: Sequence[Integral],
) -> None:
    """Add the pairs of readings of a span: summed up by quarter, or each alone where a window may end between them."""
    odd = f" OR quarter IN ({', '.join(map(str, sorted(cut)))})" if cut else ""
    alone = f"next_ms > quarter + {QUARTER_MS}{odd}"
    select = (
        "SELECT quarter, next_ms, first_ms, first_w, next_w, wh, ms, n, unsure FROM (SELECT quarter,"  # noqa: S608
        f" CASE WHEN {alone} THEN at_ms ELSE quarter END AS first_ms,"
        f" max(next_ms) AS next_ms, max(w) AS first_w, max(next_w) AS next_w,"
        " sum((w + next_w) / 2 * (next_ms - at_ms)) / 3.6e6 AS wh, sum(next_ms - at_ms) AS ms, count(*) AS n,"
        " sum((next_w - w) * (next_w - w) / 12.96e12 * (next_ms - at_ms) * (next_ms - at_ms)) / 12 AS unsure,"
        f" max(CASE WHEN {alone} THEN 1 ELSE 0 END) AS is_alone"
        f" FROM (SELECT at_ms, at_ms - at_ms % {QUARTER_MS} AS quarter, w,"
        " lead(at_ms) OVER (ORDER BY at_ms) AS next_ms, lead(w) OVER (ORDER BY at_ms) AS next_w"
        f" FROM (SELECT at_ms, {_watts(flow)} AS w FROM {{table}} WHERE {flow.power} IS NOT NULL) AS known)"
        f" AS pairs WHERE next_ms - at_ms <= {TRUST_MS} GROUP BY 1, 2) AS summed"
    )
    for rows in store.raw(gateway_id).ask(select, start_ms, end_ms):
        for quarter, next_ms, first_ms, first_w, next_w, wh, ms, n, unsure_wh2 in rows:
            if n == 1 and (next_ms > quarter + QUARTER_MS or quarter in cut):
                _add_pair(edges_ms, found, (first_ms, first_w), (next_ms, next_w))
                continue
            window = bisect_right(edges_ms, quarter) - 1
            if 0 <= window < len(found):
                one = found[window]
                one.wh, one.known_ms, one.n = one.wh + wh, one.known_ms + ms, one.n + n
                one.unsure_wh2 += unsure_wh2


def _add_pair(
    edges_ms: Sequence[int], found: Sequence[Integral], first: tuple[int, float], then: tuple[int, float]
) -> None:
    """Add one pair of readings to the windows it lies in."""
    (at0, w0), (at1, w1) = first, then
    slope = (w1 - w0) / (at1 - at0)
    window = max(0, bisect_right(edges_ms, at0) - 1)
    while window < len(found) and edges_ms[window] < at1:
        low_ms, high_ms = max(at0, edges_ms[window]), min(at1, edges_ms[window + 1])
        if high_ms > low_ms:
            mean_w = w0 + slope * ((low_ms + high_ms) / 2 - at0)
            one = found[window]
            one.wh += mean_w * (high_ms - low_ms) / 3.6e6
            one.known_ms += high_ms - low_ms
            one.n += at0 >= edges_ms[window]
            one.unsure_wh2 += ((w1 - w0) * (high_ms - low_ms) / 3.6e6) ** 2 / 12
        window += 1


def _add_seam(  # noqa: PLR0917 - what it adds to comes last
    store: Store,
    gateway_id: int,
    flows: Sequence[Flow],
    seam_ms: int,
    edges_ms: Sequence[int],
    found: Sequence[Sequence[Integral]],
) -> None:
    """Add the pair of readings on both sides of where two spans meet."""
    if seam_ms > edges_ms[-1] + TRUST_MS:
        return
    for number, flow in enumerate(flows):
        select = f"SELECT at_ms, {_watts(flow)} AS w FROM {{table}} WHERE {flow.power} IS NOT NULL ORDER BY at_ms"  # noqa: S608
        parts: list[list[tuple[Any, ...]]] = store.raw(gateway_id).ask(select, seam_ms - TRUST_MS, seam_ms + TRUST_MS)
        for first, then in pairwise([row for part in parts for row in part]):
            if first[0] < seam_ms <= then[0] <= first[0] + TRUST_MS:
                _add_pair(edges_ms, [window[number] for window in found], (first[0], first[1]), (then[0], then[1]))
