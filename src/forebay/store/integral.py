"""The integral of the recorded powers over any windows: what a record without counters would have to go by.

Between two readings a power is taken to change evenly; over more than five minutes it tells nothing.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from forebay.records.flows import FLOWS, Flow
from forebay.store.raw import sealed_until
from forebay.store.state import from_ms, to_ms
from forebay.store.steps import TRUST_MS
from forebay.store.store import Store

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

_CHUNK_MS = 86_400_000
"""How much is asked of the database at once: what fits into memory, however long nothing could be sealed [ms]."""


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
    low_ms, high_ms = edges_ms[0], edges_ms[-1]
    sums = [_Sum(flow, edges_ms, [window[number] for window in found]) for number, flow in enumerate(flows)]
    with store.database.snapshot():
        for part in _parts(store, gateway_id, flows, low_ms - TRUST_MS, high_ms + TRUST_MS + 1):
            if len(part["at_ms"]):
                progress(from_ms(max(int(part["at_ms"][0]), low_ms)))
            for one in sums:
                one.add(part)
    for one in sums:
        one.tell()
    return found


def _parts(
    store: Store, gateway_id: int, flows: Sequence[Flow], start_ms: int, end_ms: int
) -> Iterator[Mapping[str, Array]]:
    """Yield the powers of [start, end) in parts, oldest first."""
    raw, names = store.raw(gateway_id), list(dict.fromkeys(flow.power for flow in flows))
    sealed_ms = min(max(sealed_until(store.database, gateway_id, "samples") or start_ms, start_ms), end_ms)
    if start_ms < sealed_ms:
        yield from raw.columns(names, start_ms, sealed_ms)
    for at_ms in range(sealed_ms, end_ms, _CHUNK_MS):
        yield from raw.columns(names, at_ms, min(at_ms + _CHUNK_MS, end_ms))


class _Sum:
    """The integral of one flow over the windows between some edges, part of the readings by part."""

    def __init__(self, flow: Flow, edges_ms: Sequence[int], found: Sequence[Integral]) -> None:
        import numpy as np

        self._flow = flow
        self._edges_ms = edges_ms
        self._found = found
        self._edges = np.array(edges_ms, dtype=np.int64)
        self._sums = np.zeros((4, len(found)))
        self._last: tuple[Array, Array] = (np.empty(0, dtype=np.int64), np.empty(0))

    def add(self, part: Mapping[str, Array]) -> None:
        """Take in the next readings."""
        import numpy as np

        signed_w = self._flow.sign * part[self._flow.power]
        is_known = ~np.isnan(signed_w)
        at = np.concatenate([self._last[0], part["at_ms"][is_known]])
        w = np.concatenate([self._last[1], np.maximum(0.0, signed_w[is_known])])
        self._last = at[-1:], w[-1:]
        ms = np.diff(at)
        first = np.searchsorted(self._edges, at[:-1], side="right") - 1
        last = np.searchsorted(self._edges, at[1:], side="left") - 1
        is_close = ms <= TRUST_MS
        is_whole = is_close & (first == last) & (first >= 0) & (first < len(self._found))
        if is_whole.any():
            window, hours = first[is_whole], ms[is_whole] / 3.6e6
            low_w, high_w = w[:-1][is_whole], w[1:][is_whole]
            begin = int(window[0])
            told = ((low_w + high_w) / 2 * hours, ms[is_whole], None, ((high_w - low_w) * hours) ** 2 / 12)
            for number, weights in enumerate(told):
                some = np.bincount(window - begin, weights)
                self._sums[number, begin : begin + len(some)] += some
        for n in np.flatnonzero(is_close & ~is_whole & (last >= 0) & (first < len(self._found))).tolist():
            _add_pair(self._edges_ms, self._found, (int(at[n]), float(w[n])), (int(at[n + 1]), float(w[n + 1])))

    def tell(self) -> None:
        """Put the sums into the windows."""
        for one, (wh, ms, n, unsure_wh2) in zip(self._found, self._sums.T.tolist(), strict=True):
            one.wh, one.known_ms, one.n = one.wh + wh, one.known_ms + round(ms), one.n + round(n)
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
