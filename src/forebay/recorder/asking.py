"""Asking a gateway politely: which rows are due, and how long to be silent after a failure."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol, TypeVar

from forebay.errors import Advice, ForebayError, GatewayError, NotOffered, NotPermitted, Throttled, Unreachable
from forebay.records.reading import Reading, fast_reading
from forebay.records.tempo import Source
from forebay.wire.endpoint import Endpoint
from forebay.wire.power import Aggregates
from forebay.wire.system import GridStatus, StateOfEnergy

B = TypeVar("B")
R = TypeVar("R")

_log = logging.getLogger(__name__)

_LONGEST_RETRY_S = 30.0
_STOP_S = 60.0
"""How often it is looked whether a person has helped: has trusted a certificate, mended a password [s]."""
_ROW_STOP_S = 600.0
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
    idle_s: how long nothing was asked before it [real s]; the rest of the time the gateway was waited for.
    """

    real_s: float
    at: datetime
    told: datetime | None
    aggregates: Aggregates
    charge: StateOfEnergy | None
    grid: GridStatus | None
    idle_s: float = 0.0

    def reading(self, source: Source) -> Reading:
        """Return the reading, stamped with the time of the clock that is followed."""
        at = self.told if source == "gateway" and self.told else self.at
        return fast_reading(at, self.aggregates, self.charge, self.grid)


class Pause:
    """How long to wait after failures in a row [real s]."""

    def __init__(self) -> None:
        self._last_s = 0.0

    def after(self, error: ForebayError, first_s: float) -> float:
        """Return the next wait: doubled each time up to half a minute, a minute where only a person can help."""
        if isinstance(error, Throttled):
            return max(1.0, error.retry_after_s)
        if error.advice in {Advice.STOP, Advice.SKIP}:
            return _STOP_S
        self._last_s = min(_LONGEST_RETRY_S, max(first_s, 2 * self._last_s))
        return self._last_s

    def reset(self) -> None:
        """Begin anew after a success."""
        self._last_s = 0.0


class Asker:
    """Asks one gateway for rows and remembers when each may be asked again. name: of the gateway, for the log."""

    def __init__(self, gateway: Caller, real_s: Callable[[], float], name: str) -> None:
        self.name = name
        self._gateway = gateway
        self._real_s = real_s
        self._due_s: dict[str, float] = {}
        self._failing: dict[str, str] = {}
        self._news: dict[str, ForebayError] = {}
        self._refused: dict[str, ForebayError] = {}

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
                _log.exception("%s: %s failed in an unexpected way", self.name, row.name)
            raise GatewayError(f"unexpected {type(exc).__name__}: {exc}", path=row.path) from exc

    async def try_call(self, row: Endpoint[Any, Any]) -> object:
        """Return the row's model, None where it fails; `tell` logs that once."""
        try:
            model: object = await self.call(row)
        except ForebayError as exc:
            self._postpone(row, exc)
            self._refused[row.name] = exc
            if self._failing.get(row.name) != type(exc).__name__:
                self._news[row.name] = exc
            return None
        self._news.pop(row.name, None)
        self._refused.pop(row.name, None)
        if self._failing.pop(row.name, None):
            _log.info("%s: %s is back", self.name, row.name)
        return model

    def tell(self) -> None:
        """Log which rows fail since lately while the meters are read."""
        for name, error in self._news.items():
            self._failing[name] = type(error).__name__
            _log.warning("%s: %s is missing from the readings: %s", self.name, name, error)
        self._news.clear()

    def hush(self) -> None:
        """Forget what has failed lately: nothing answers, and that is told once for all."""
        self._news.clear()

    def is_failing(self, row: Endpoint[Any, Any]) -> bool:
        """Whether the row did not answer when it was asked last."""
        return row.name in self._refused

    def is_left_out(self, row: Endpoint[Any, Any]) -> bool:
        """Whether the gateway does not offer the row, or not to this login."""
        return isinstance(self._refused.get(row.name), NotOffered | NotPermitted)

    def is_due(self, row: Endpoint[Any, Any]) -> bool:
        """Whether the row may be asked now."""
        return self._real_s() >= self._due_s.get(row.name, float("-inf"))

    def wait(self, row: Endpoint[Any, Any], wait_s: float) -> None:
        """Do not ask the row for so long [real s]."""
        self._due_s[row.name] = self._real_s() + wait_s

    def _postpone(self, row: Endpoint[Any, Any], error: ForebayError) -> None:
        if isinstance(error, NotOffered):
            self.wait(row, _DROPPED_S)
        elif isinstance(error, Throttled):
            self.wait(row, error.retry_after_s)
        elif error.advice is Advice.STOP:
            self.wait(row, _ROW_STOP_S)
