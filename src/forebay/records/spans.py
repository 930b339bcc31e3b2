"""What lasts for a while: alerts, problems, time without the grid, and what the gateway was set to."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class SpanKind(StrEnum):
    """What sort of thing lasts. The value is the word in the record."""

    ALERT = "alert"
    """Raised by a device; name is the device's word, source which device it is."""
    PROBLEM = "problem"
    """Of the installation, as the gateway's own list tells it."""
    GRID = "grid"
    """The house is not simply connected to the grid; name is the state of the grid."""
    FIRMWARE = "firmware"
    """Name is the version."""
    MODE = "mode"
    """Name is the mode of operation."""
    UPDATE = "update"
    """Name is the state of the firmware update."""


@dataclass(frozen=True, slots=True)
class SpanRow:
    """A kind of span in words. is_exclusive: whether one ends when another of the kind begins."""

    kind: SpanKind
    label: str
    name_is: str
    is_exclusive: bool = False


SPAN_KINDS: tuple[SpanRow, ...] = (
    SpanRow(SpanKind.ALERT, "Alert of a device", "the alert, as the device says it"),
    SpanRow(SpanKind.PROBLEM, "Problem of the installation", "the problem, as the gateway says it"),
    SpanRow(SpanKind.GRID, "Grid away, or the house going to or from it", "the state of the grid", True),
    SpanRow(SpanKind.FIRMWARE, "Firmware", "the version", True),
    SpanRow(SpanKind.MODE, "Mode of operation", "the mode", True),
    SpanRow(SpanKind.UPDATE, "Firmware update", "its state", True),
)
"""One row for each kind."""

GRID_CONNECTED = "SystemGridConnected"
"""The state of the grid that is no span: everything is as it should be."""
