"""States in words, one place for page and terminal."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from forebay.records.reading import Reading
from forebay.records.reasons import BY_REASON, Reason
from forebay.records.tempo import STILL, Tempo
from forebay.store.state import Connection

State = Literal["waiting", "live", "stale", "down"]

_GRID = {
    "SystemGridConnected": "Grid connected",
    "SystemIslandedActive": "Grid down, the home runs on its own",
    "SystemTransitionToGrid": "Grid back, synchronising",
    "SystemTransitionToIsland": "Leaving the grid",
    "SystemIslandedReady": "Off the grid, ready to connect",
    "SystemMicroGridFaulted": "Grid down, and the home's own supply has a fault",
    "SystemWaitForUser": "Off the grid, waiting for a person",
}
_MODES = {
    "self_consumption": "Self-powered",
    "autonomous": "Time-based control",
    "backup": "Backup only",
    "scheduler": "Aggregation",
    "site_control": "Site control",
    "direct": "Direct control",
}
_STALE_INTERVALS = 3
_STALE_S = 2.0
_OTHER_PROCESS_S = 15.0


@dataclass(frozen=True, slots=True)
class Standing:
    """How a recording stands now, for people.

    since: since when, in the recording's time, None if never.
    words: a sentence. advice: what to do, None where nothing.
    """

    state: State
    since: datetime | None
    words: str
    advice: str | None


def grid_words(state: str | None) -> str | None:
    """Return the state of the grid in words; one nobody knows is told as it is."""
    return None if state is None else _GRID.get(state, f"Grid state {state}")


def mode_words(mode: str | None) -> str | None:
    """Return the operation mode as the vendor's app calls it; an unknown one as it is."""
    return None if mode is None else _MODES.get(mode, mode)


def gap_words(reason: Reason) -> str:
    """Return why readings are missing, as a sentence."""
    return BY_REASON[reason].words


def span_words(seconds: float) -> str:
    """Return a span in its largest fitting unit: "12 s", "3 min", "5 h", "4 days"."""
    for size_s, unit in ((86_400, "days"), (3600, "h"), (60, "min")):
        if seconds >= 2 * size_s:
            return f"{seconds / size_s:.0f} {unit}"
    return f"{max(0.0, seconds):.0f} s"


def standing(
    connection: Connection, latest: Reading | None, tempo: Tempo | None, real: datetime, *, is_same_process: bool = True
) -> Standing:
    """Return how the recording stands at the real time `real`.

    is_same_process: False where another process records; its news come with each flush.
    """
    if connection.state == "down":
        return Standing("down", connection.since, connection.words, connection.advice)
    if latest is None or tempo is None:
        return Standing("waiting", connection.since, "Waiting for the gateway's first answer.", connection.advice)
    ago = span_words((tempo.now(real) - latest.at).total_seconds())
    silent_s = (real - tempo.heard).total_seconds()
    usual_s = tempo.interval_s / tempo.speed if tempo.speed > STILL else 1.0
    limit_s = max(_STALE_S, _STALE_INTERVALS * usual_s) + (0.0 if is_same_process else _OTHER_PROCESS_S)
    if connection.state == "waiting":
        return Standing("stale", latest.at, f"Asking the gateway; the last reading is {ago} old.", None)
    if silent_s > limit_s:
        return Standing(
            "stale",
            latest.at,
            f"The last reading is {ago} old.",
            "If it does not go on in a minute, check that forebay up is running.",
        )
    return Standing("live", connection.since, f"Live, last reading {ago} ago.", connection.advice)
