"""Asking a gateway politely: which rows are due, and how long to be silent after a failure."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol, TypeVar

from forebay.errors import Advice, ForebayError, GatewayError, NotOffered, Throttled, Unreachable
from forebay.records.reading import Reading, fast_reading
from forebay.records.tempo import Source
from forebay.wire.endpoint import Endpoint
from forebay.wire.power import Aggregates
from forebay.wire.system import GridStatus, StateOfEnergy

B = TypeVar("B")
R = TypeVar("R")

_log = logging.getLogger(__name__)

_LONGEST_RETRY_S = 30.0
_FIRST_STOP_S = 60.0
_LONGEST_STOP_S = 600.0
_DROPPED_S = 3600.0


class Caller(Protocol):
    """What the recorder needs of a client."""

    async def call(self, row: Endpoint[None, R], /) -> R:
        """Return the row's model. Raises GatewayError."""
        ...


@dataclass(frozen=True, slots=True)
class Answer:
    """What one fast poll brought, with the times it was told at.

    real_s: monotonic. at: by our clock. told: by the gateway's, None where it tells none.
    """

    real_s: float
    at: datetime
    told: datetime | None
    aggregates: Aggregates
    charge: StateOfEnergy | None
    grid: GridStatus | None

    def reading(self, source: Source) -> Reading:
        """Return the reading, stamped with the time of the clock that is followed."""
        at = self.told if source == "gateway" and self.told else self.at
        return fast_reading(at, self.aggregates, self.charge, self.grid)


class Pause:
    """How long to wait after failures in a row [real s]."""

    def __init__(self) -> None:
        self._last_s = 0.0

    def after(self, error: ForebayError, first_s: float) -> float:
        """Return the next wait: doubled each time, long where only a person can help."""
        if isinstance(error, Throttled):
            return max(1.0, error.retry_after_s)
        is_hopeless = error.advice in {Advice.STOP, Advice.SKIP}
        low_s, high_s = (_FIRST_STOP_S, _LONGEST_STOP_S) if is_hopeless else (first_s, _LONGEST_RETRY_S)
        self._last_s = min(high_s, max(low_s, 2 * self._last_s))
        return self._last_s

    def reset(self) -> None:
        """Begin anew after a success."""
        self._last_s = 0.0


class Asker:
    """Asks one gateway for rows and remembers when each may be asked again."""

    def __init__(self, gateway: Caller, real_s: Callable[[], float]) -> None:
        self._gateway = gateway
        self._real_s = real_s
        self._due_s: dict[str, float] = {}
        self._failing: dict[str, str] = {}

    async def call(self, row: Endpoint[Any, R]) -> R:
        """Return the row's model. Raises ForebayError and nothing else."""
        try:
            return await self._gateway.call(row)
        except ForebayError:
            raise
        except OSError as exc:  # TimeoutError is one
            raise Unreachable(f"no answer: {exc}", path=row.path) from exc
        except Exception as exc:
            # a defect must not end the recording; it is told once, with where it happened
            if self._failing.get(repr(exc)) is None:
                self._failing[repr(exc)] = "defect"
                _log.exception("%s failed in an unexpected way", row.name)
            raise GatewayError(f"unexpected {type(exc).__name__}: {exc}", path=row.path) from exc

    async def try_call(self, row: Endpoint[Any, Any]) -> object:
        """Return the row's model, None where it fails; the failure is logged once."""
        try:
            model: object = await self.call(row)
        except GatewayError as exc:
            self._postpone(row, exc)
            if self._failing.get(row.name) != type(exc).__name__:
                self._failing[row.name] = type(exc).__name__
                _log.warning("%s is missing from the readings: %s", row.name, exc)
            return None
        if self._failing.pop(row.name, None):
            _log.info("%s is back", row.name)
        return model

    def is_due(self, row: Endpoint[Any, Any]) -> bool:
        """Whether the row may be asked now."""
        return self._real_s() >= self._due_s.get(row.name, float("-inf"))

    def wait(self, row: Endpoint[Any, Any], wait_s: float) -> None:
        """Do not ask the row for so long [real s]."""
        self._due_s[row.name] = self._real_s() + wait_s

    def _postpone(self, row: Endpoint[Any, Any], error: GatewayError) -> None:
        if isinstance(error, NotOffered):
            self.wait(row, _DROPPED_S)
        elif isinstance(error, Throttled):
            self.wait(row, error.retry_after_s)
        elif error.advice is Advice.STOP:
            self.wait(row, _LONGEST_STOP_S)
